package queries

import (
	"fmt"
	"strconv"
	"strings"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/text"
)

// aboutHeight is the number of lines under the list that tell of the question.
const aboutHeight = 4

// View implements pane.Pane.
func (v *View) View(focused bool) string {
	s := v.state.Styles
	if s == nil || v.h <= 0 {
		return ""
	}
	list := v.list.View(s, focused)
	if v.open != nil {
		list = v.found.View(s, focused)
	}
	if v.sql.open {
		list = v.sqlBody(focused)
	}
	if v.h <= aboutHeight {
		return list
	}
	lines := []string{list, s.Paint(themes.Line, strings.Repeat(s.Glyphs.H, v.w))}
	for _, l := range v.about() {
		lines = append(lines, s.Paint(l.Role, string(text.Pad(" "+l.Text, v.w, text.Safe(s.Glyphs.Ellipsis)))))
	}
	return strings.Join(lines, "\n")
}

// about tells what the question under the cursor means and how it is asked.
func (v *View) about() [aboutHeight - 1]grid.Cell {
	if v.sql.open {
		return v.aboutSQL()
	}
	e, ok := v.current()
	if v.open != nil {
		e, ok = v.open, true
	}
	if !ok {
		return [aboutHeight - 1]grid.Cell{{Text: "n keeps the filter in force as a question of your own", Role: themes.Dim}}
	}
	return [aboutHeight - 1]grid.Cell{
		{Text: text.Clean(e.saved.Description)},
		{Text: text.Clean(e.saved.Filter), Role: themes.Key},
		v.verdict(e),
	}
}

// verdict says in words what the answer is worth.
func (v *View) verdict(e *entry) grid.Cell {
	switch {
	case e.state == failed:
		return grid.Cell{Text: text.Clean("can't be asked: " + e.err.Error()), Role: themes.Error}
	case e.state == waiting:
		if percent, ok := v.percent(e); ok {
			return grid.Cell{Text: text.Safe(fmt.Sprintf("reading records for it: %d %%", percent)), Role: themes.Accent}
		}
		return grid.Cell{Text: "not asked yet", Role: themes.Dim}
	case e.answer.Status == query.NotRecorded:
		return grid.Cell{Text: "nothing found, but these logs hold no event of the sort: " + text.Clean(e.answer.Lacks.String()), Role: themes.Warn}
	case e.answer.Status == query.Asks:
		return grid.Cell{Text: "enter asks for: " + text.Clean(e.answer.Missing.Prompt), Role: themes.Accent}
	case e.answer.N == 0:
		return grid.Cell{Text: "none found; the logs hold events of the sort", Role: themes.Good}
	case len(e.answer.Findings) > 0 && v.open == nil:
		return grid.Cell{Text: "enter lists the findings", Role: themes.Dim}
	}
	return grid.Cell{Text: "enter opens the events", Role: themes.Dim}
}

func (v *View) heading(l line, _ int) []grid.Cell {
	if l.entry != nil {
		return nil
	}
	return []grid.Cell{{Text: text.Clean(l.topic), Role: themes.Title}}
}

func (v *View) cell(l line, column string) grid.Cell {
	switch column {
	case "answer":
		return v.answerCell(l.entry)
	case "attack":
		return grid.Cell{Text: text.Clean(strings.Join(l.saved.Attack, " ")), Role: themes.Dim}
	}
	return grid.Cell{Text: "  " + text.Clean(l.saved.Name)}
}

func (v *View) answerCell(e *entry) grid.Cell {
	g := v.state.Styles.Glyphs
	switch {
	case e.state == failed:
		return grid.Cell{Text: text.Safe(g.No + " error"), Role: themes.Error}
	case e.state == waiting:
		if percent, ok := v.percent(e); ok {
			return grid.Cell{Text: text.Safe(fmt.Sprintf("%d %%", percent)), Role: themes.Dim}
		}
		return grid.Cell{Text: text.Safe(g.Ellipsis), Role: themes.Dim}
	case e.answer.Status == query.NotRecorded:
		return grid.Cell{Text: "not in logs", Role: themes.Literal}
	case e.answer.Status == query.Asks:
		return grid.Cell{Text: "asks", Role: themes.Accent}
	case e.answer.N == 0:
		return grid.Cell{Text: "none", Role: themes.Dim}
	}
	c := grid.Cell{Text: text.Safe(query.Number(e.answer.N)), Role: themes.Write}
	if e.state == stale {
		c.Role = themes.Dim
	}
	return c
}

// showFindings lists what a rule found.
func (v *View) showFindings(e *entry) {
	var rows []finding
	for i, f := range e.answer.Findings {
		rows = append(rows, finding{n: int64(i), Finding: f})
	}
	columns := []grid.Column{{ID: "n", Title: "Events", Width: 8, Min: 6, Right: true}}
	if len(rows) > 0 {
		for i, c := range rows[0].Columns {
			title := text.Clean(c)
			if f, ok := query.Lookup(c); ok {
				title = text.Safe(f.Title)
			}
			columns = append(columns, grid.Column{ID: strconv.Itoa(i), Title: title, Width: 24, Min: 12, Grow: 1, Priority: i})
		}
		if rows[0].What != "" {
			columns = append(columns, grid.Column{ID: "what", Title: "New", Width: 24, Min: 12, Grow: 1, Priority: 1})
		}
	}
	columns = append(columns, grid.Column{ID: "first", Title: "First", Width: 19, Min: 19, Priority: 2}, grid.Column{ID: "last", Title: "Last", Width: 19, Min: 19, Priority: 8})
	if v.open != e {
		v.found.SetColumns(columns)
	}
	v.open = e
	v.found.Set(rows)
}

func (v *View) findingCell(f finding, column string) grid.Cell {
	switch column {
	case "n":
		if f.Distinct > 0 {
			return grid.Cell{Text: text.Safe(fmt.Sprintf("%d/%d", f.Distinct, f.N)), Role: themes.Write}
		}
		return grid.Cell{Text: text.Safe(query.Number(f.N)), Role: themes.Write}
	case "what":
		return grid.Cell{Text: text.CleanLine(f.What, 200)}
	case "first":
		return v.timeCell(f.First)
	case "last":
		return v.timeCell(f.Last)
	}
	i, err := strconv.Atoi(column)
	if err != nil || i >= len(f.Key) {
		return grid.Cell{}
	}
	if f.Key[i].Null {
		return grid.Cell{Text: "(none)", Role: themes.Literal}
	}
	return grid.Cell{Text: text.CleanLine(f.Key[i].Text, 200)}
}

func (v *View) timeCell(t int64) grid.Cell {
	c := grid.Cell{Text: v.state.Clock(t)}
	if t == cloudtrail.NoTime {
		c.Role = themes.Dim
	}
	return c
}
