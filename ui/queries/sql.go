package queries

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// SQL runs SQL on the case, reading only. Its zero value takes the prompt away.
type SQL struct {
	// Run gives head the names of the columns and row each row, limit at most where
	// that is not 0. It ends with ctx and with the first error that row returns.
	Run func(ctx context.Context, sql string, limit int64, head func([]string) error, row func([]query.Value) error) error
	// Write writes the whole answer to a file in the format of its ending and
	// returns how many rows there were; progress is told now and then.
	Write func(ctx context.Context, sql, path string, progress func(rows int64)) (int64, error)
}

// shownRows is how many rows of an answer the screen holds.
const shownRows = 10_000

// aboutColumns lists the columns of the views for people, by the views.
const aboutColumns = `SELECT table_name, column_name FROM duckdb_columns() WHERE table_name IN (SELECT view_name FROM duckdb_views() WHERE NOT internal)`

// keywords are words of SQL worth completing.
var keywords = []string{"SELECT", "FROM", "WHERE", "GROUP BY", "GROUP BY ALL", "ORDER BY", "LIMIT", "HAVING", "JOIN", "USING", "DISTINCT", "DESCRIBE", "SHOW TABLES", "SUMMARIZE",
	"INTERVAL", "BETWEEN", "ILIKE", "IS NOT NULL", "IS NULL", "DESC", "count(*)", "count(DISTINCT", "min(", "max(", "sum(", "time_bucket(INTERVAL 1 hour, time)"}

// A console is SQL asked on the screen and its answer.
type console struct {
	run     SQL
	open    bool
	sql     string
	rows    *grid.Grid[answerRow]
	names   []string
	n       int  // rows held
	more    bool // there are more than are held
	took    time.Duration
	err     error
	line    pane.Line
	writing pane.Line
	written *atomic.Int64 // rows of the writing that is out
	history []string
	words   []string // columns and views of the case; nil before they are known
}

type answerRow struct {
	n     int64
	cells []query.Value
}

type (
	sqlMsg struct {
		n     uint64
		names []string
		rows  []answerRow
		more  bool
		took  time.Duration
		err   error
	}
	wordsMsg   struct{ words []string }
	writingMsg struct{ n uint64 } // time to look how far the writing is
	writeMsg   struct {
		n    uint64
		path string
		rows int64
		err  error
	}
)

// askSQL opens the prompt.
func (v *View) askSQL() (pane.Intent, tea.Cmd) {
	c := &v.sql
	if c.run.Run == nil {
		return pane.Say{Text: "this case takes no SQL"}, nil
	}
	return pane.Ask{Title: "SQL on the case, reading only", Initial: c.sql, History: c.history, Complete: c.complete, Wide: true,
		Help: "SELECT, DESCRIBE or SHOW on events, changes, resources, sessions, objects, verdicts; tab completes",
		Done: func(sql string) (pane.Intent, tea.Cmd, error) {
			if sql == "" {
				return nil, nil, errors.New("type a query, such as SELECT event, count(*) FROM events GROUP BY ALL")
			}
			return nil, v.runSQL(sql), nil
		}}, v.learn()
}

// learn reads which words the case knows, once.
func (v *View) learn() tea.Cmd {
	if v.sql.words != nil {
		return nil
	}
	run, ctx := v.sql.run.Run, v.state.Ctx
	return func() tea.Msg {
		views, columns := []string{}, []string{}
		err := run(ctx, aboutColumns, 0, func(names []string) error {
			if len(names) != 2 {
				return fmt.Errorf("%d columns about columns", len(names))
			}
			return nil
		}, func(cells []query.Value) error {
			views, columns = append(views, cells[0].Text), append(columns, cells[1].Text)
			return nil
		})
		if err != nil {
			return nil // completion goes without
		}
		slices.Sort(views)
		slices.Sort(columns)
		return wordsMsg{slices.Concat(slices.Compact(views), slices.Compact(columns))}
	}
}

// complete offers what the word before the cursor may become.
func (c *console) complete(before string) (int, []string) {
	from := strings.LastIndexFunc(before, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) + 1
	word := strings.ToLower(before[from:])
	var list []string
	for _, w := range slices.Concat(c.words, keywords) {
		if word != "" && strings.HasPrefix(strings.ToLower(w), word) && !strings.EqualFold(w, word) {
			list = append(list, w)
		}
	}
	return from, list
}

// runSQL puts a query.
func (v *View) runSQL(sql string) tea.Cmd {
	c := &v.sql
	c.history = append(slices.DeleteFunc(c.history, func(s string) bool { return s == sql }), sql)
	c.open, c.sql, c.err, c.n, c.more, c.names = true, sql, nil, 0, false, nil
	c.rows.Set(nil)
	c.rows.SetColumns(toCome)
	ctx, n := c.line.Next(v.state.Ctx)
	run := c.run.Run
	return func() tea.Msg {
		start := time.Now()
		m := sqlMsg{n: n}
		m.err = run(ctx, sql, shownRows+1, func(names []string) error { m.names = names; return nil }, func(cells []query.Value) error {
			if m.more = len(m.rows) == shownRows; !m.more {
				m.rows = append(m.rows, answerRow{int64(len(m.rows)), cells})
			}
			return nil
		})
		m.took = time.Since(start)
		return m
	}
}

func (v *View) sqlAnswered(m sqlMsg) (pane.Intent, tea.Cmd) {
	c := &v.sql
	if !c.line.Is(m.n) || errors.Is(m.err, context.Canceled) {
		return nil, nil
	}
	c.names, c.n, c.more, c.took, c.err = m.names, len(m.rows), m.more, m.took, m.err
	c.rows.SetColumns(answerColumns(m.names, m.rows))
	c.rows.Set(m.rows)
	return nil, nil
}

// answerColumns are columns as wide as what the first rows hold.
func answerColumns(names []string, rows []answerRow) []grid.Column {
	var cols []grid.Column
	for i, name := range names {
		w := text.Width(text.Clean(name))
		right := len(rows) > 0
		for _, r := range rows[:min(len(rows), 200)] {
			w = max(w, text.Width(text.CleanLine(r.cells[i].Text, 60)))
			_, err := strconv.ParseFloat(r.cells[i].Text, 64)
			right = right && (err == nil || r.cells[i].Null)
		}
		w = min(max(w, 4), 60)
		cols = append(cols, grid.Column{ID: strconv.Itoa(i), Title: text.Clean(name), Width: w, Min: min(w, 12), Right: right, Priority: i})
	}
	return cols
}

func (v *View) sqlCell(r answerRow, column string) grid.Cell {
	i, err := strconv.Atoi(column)
	if err != nil || i >= len(r.cells) {
		return grid.Cell{}
	}
	if r.cells[i].Null {
		return grid.Cell{Text: "NULL", Role: themes.Literal}
	}
	return grid.Cell{Text: text.CleanLine(r.cells[i].Text, 400)}
}

// readRow shows a row in full.
func (v *View) readRow() (pane.Intent, tea.Cmd) {
	r, ok := v.sql.rows.Current()
	if !ok {
		return nil, nil
	}
	var lines []text.Safe
	for i, name := range v.sql.names {
		value := text.Safe("NULL")
		if !r.cells[i].Null {
			value = text.Clean(r.cells[i].Text)
		}
		lines = append(lines, text.Clean(name)+": "+value)
	}
	return pane.Read{Title: text.Safe(fmt.Sprintf("Row %d", r.n+1)), Lines: lines}, nil
}

// writeSQL asks for the file to write the whole answer to.
func (v *View) writeSQL() (pane.Intent, tea.Cmd) {
	sql := v.sql.sql
	return pane.Ask{Title: "Write the whole answer to a file", Initial: "answer.csv", Help: "a file ending in .csv, .ndjson or .json; esc stops the writing",
		Done: func(path string) (pane.Intent, tea.Cmd, error) {
			ctx, n := v.sql.writing.Next(v.state.Ctx)
			write, written := v.sql.run.Write, new(atomic.Int64)
			v.sql.written = written
			return pane.Say{Text: "writing " + text.CleanLine(path, 100)}, tea.Batch(watchWriting(n), func() tea.Msg {
				rows, err := write(ctx, sql, path, written.Store)
				return writeMsg{n: n, path: path, rows: rows, err: err}
			}), nil
		}}, nil
}

// watchEvery is how often the rows written are shown anew.
const watchEvery = 200 * time.Millisecond

func watchWriting(n uint64) tea.Cmd {
	return tea.Tick(watchEvery, func(time.Time) tea.Msg { return writingMsg{n} })
}

// sqlWriting draws the progress, and goes on while there is some.
func (v *View) sqlWriting(m writingMsg) tea.Cmd {
	if !v.sql.writing.Out() || m.n != v.sql.writing.Number() {
		return nil
	}
	return watchWriting(m.n)
}

func (v *View) sqlWritten(m writeMsg) (pane.Intent, tea.Cmd) {
	switch {
	case !v.sql.writing.Is(m.n):
		return nil, nil
	case m.err != nil:
		return pane.Failed("write the answer", m.err), nil
	}
	return pane.Say{Text: text.Safe("wrote "+query.Counted(m.rows, "row")+" to ") + text.CleanLine(m.path, 100)}, nil
}

// leaveSQL stops what runs; when nothing does, it goes back to the questions.
func (v *View) leaveSQL() (pane.Intent, tea.Cmd) {
	c := &v.sql
	switch {
	case c.writing.Out():
		c.writing.Stop()
		return pane.Say{Text: "writing stopped; no file was left behind"}, nil
	case c.line.Out():
		c.line.Stop()
		c.err = errors.New("stopped")
	default:
		c.open = false
	}
	return nil, nil
}

// aboutSQL tells what was asked and what came of it.
func (v *View) aboutSQL() [aboutHeight - 1]grid.Cell {
	c := &v.sql
	out := [aboutHeight - 1]grid.Cell{{Text: text.CleanLine(c.sql, 400), Role: themes.Key}}
	rows := text.Safe(fmt.Sprintf("%s in %.1f s", query.Counted(c.n, "row"), c.took.Seconds()))
	switch {
	case c.line.Out():
		out[1] = grid.Cell{Text: "running; esc stops it", Role: themes.Accent}
	case c.writing.Out():
		out[1] = grid.Cell{Text: text.Safe("writing: " + query.Counted(c.written.Load(), "row") + "; esc stops it"), Role: themes.Accent}
	case c.err != nil:
		out[1] = grid.Cell{Text: "Q changes the query", Role: themes.Dim}
	case c.more:
		out[1] = grid.Cell{Text: text.Safe(fmt.Sprintf("the first %d rows; w writes all to a file", shownRows)), Role: themes.Warn}
	default:
		out[1] = grid.Cell{Text: rows, Role: themes.Dim}
	}
	return out
}

// sqlBody is the answer, or why there is none.
func (v *View) sqlBody(focused bool) string {
	s := v.state.Styles
	if v.sql.err == nil {
		return v.sql.rows.View(s, focused)
	}
	h := max(v.h-aboutHeight, 1)
	lines := make([]string, 0, h)
	for l := range strings.SplitSeq(v.sql.err.Error(), "\n") {
		if len(lines) < h {
			lines = append(lines, s.Paint(themes.Error, string(text.Pad(" "+text.CleanLine(l, v.w), v.w, text.Safe(s.Glyphs.Ellipsis)))))
		}
	}
	for len(lines) < h {
		lines = append(lines, text.Spaces(v.w))
	}
	return strings.Join(lines, "\n")
}
