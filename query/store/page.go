package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"time"

	"spoor/query"
)

// A stretch is a part of the order of events that one query can fetch: those
// with a time, or those without, which come last.
type stretch struct {
	timed bool
	from  *query.Cursor // exclusive unless incl; nil is the beginning of the stretch
	incl  bool
}

// stretches lists where the rows of a page may lie, in the direction of travel.
func stretches(r query.PageRequest) []stretch {
	timed, untimed := stretch{timed: true}, stretch{}
	switch {
	case !r.From.Set:
	case r.From.Time == noTime:
		untimed.from, untimed.incl = &r.From, r.Include
	default:
		timed.from, timed.incl = &r.From, r.Include
	}
	switch {
	case r.Back && timed.from != nil:
		return []stretch{timed}
	case r.Back:
		return []stretch{untimed, timed}
	case untimed.from != nil:
		return []stretch{untimed}
	}
	return []stretch{timed, untimed}
}

// where is the condition for the rows of a stretch beyond its start.
func (s stretch) where(desc bool) expr {
	op := ">"
	if desc {
		op = "<"
	}
	seqOp := op
	if s.incl {
		seqOp += "="
	}
	switch {
	case s.from == nil && s.timed:
		return expr{sql: "e.t IS NOT NULL"}
	case s.from == nil:
		return expr{sql: "e.t IS NULL"}
	case !s.timed:
		return expr{"e.t IS NULL AND e.seq " + seqOp + " ?", []any{s.from.Seq}}
	}
	// The first half lets DuckDB pass over row groups by their bounds.
	return expr{"e.t " + op + "= ? AND (e.t " + op + " ? OR e.seq " + seqOp + " ?)", []any{s.from.Time, s.from.Time, s.from.Seq}}
}

// nearEnough are the parts of the time left that a page is first looked for in,
// where telling events apart takes DuckDB long: it passes over the rest by its
// bounds, which it can't learn from a LIMIT when the newest come first.
var nearEnough = [...]int64{32, 4}

// manyEvents is from how many on that pays.
const manyEvents = 1_000_000

// costly reports whether a condition looks numbers up in strings of bits, as in makes them:
// 10M events take 200 ms of CPU, comparisons take 5, as much as a query does anyway.
func (e expr) costly() bool { return strings.Contains(e.sql, "get_bit(?") }

// near fetches the first n rows of a condition in a stretch, of the events
// close to its start where that is enough.
func near[T any](t query.Totals, where expr, s stretch, desc bool, n int, fetch func(near expr, n int) ([]T, error)) ([]T, error) {
	if s.timed && t.Events >= manyEvents && where.costly() {
		from, to := t.From.UnixMicro(), t.To.UnixMicro()
		if s.from != nil && desc {
			to = min(to, s.from.Time)
		} else if s.from != nil {
			from = max(from, s.from.Time)
		}
		rows, err := nearest(from, to, desc, n, func(near expr) ([]T, error) { return fetch(near, n) })
		if err != nil || len(rows) >= n {
			return rows, err
		}
	}
	return fetch(exprTrue, n)
}

// nearest fetches n rows from ever larger parts of a stretch of time, at its end
// or else at its start; fewer when the largest of the parts holds no more.
func nearest[T any](from, to int64, atEnd bool, n int, fetch func(near expr) ([]T, error)) (rows []T, err error) {
	for _, part := range nearEnough {
		near := expr{"e.t <= ?", []any{from + (to-from)/part}}
		if atEnd {
			near = expr{"e.t >= ?", []any{to - (to-from)/part}}
		}
		if rows, err = fetch(near); err != nil || len(rows) >= n {
			break
		}
	}
	return rows, err
}

// pageWait is for how long a page waits for free text to be found before it
// comes with what there is.
const pageWait = 400 * time.Millisecond

// firstSlice is for how long a page has the records searched before it is tried
// for the first time: about as long as trying takes.
const firstSlice = 10 * time.Millisecond

// Page returns one window of the matching events. With Back and no cursor it is
// the last window. A filter that needs the records (free text, paths) may take
// long: then the page is Partial, with the rows that are certain to come first,
// maybe none; to go on, ask again, from its last row or from where it began.
func (db *DB) Page(ctx context.Context, r query.PageRequest) (query.Page, error) {
	if err := db.ready(ctx, r.Columns...); err != nil {
		return query.Page{}, err
	}
	cols, err := db.columns(r.Columns)
	if err != nil {
		return query.Page{}, err
	}
	cd, err := db.compile(ctx, r.Filter)
	if err != nil {
		return query.Page{}, err
	}
	desc := (r.Order == query.Newest) != r.Back
	switch {
	case !r.From.Set:
	case cd.open().sql == "true" && r.From.Time != noTime: // then the list of all objects is at hand
		cd.from = &r.From.Time
	default:
		cd.upper = all(cd.upper, beyond(r, desc))
	}
	var page query.Page
	// The first objects often fill the page: it is tried after ever longer slices.
	slice := min(firstSlice, db.slice)
	for until := time.Now().Add(pageWait); ; slice = min(3*slice, db.slice) {
		h, err := db.hitsWithin(ctx, cd, desc, slice)
		if err != nil {
			return query.Page{}, err
		}
		page, err = ask(ctx, db, func(ctx context.Context, c conn) (query.Page, error) {
			return db.page(ctx, c, r, h, cols, desc)
		})
		h.release()
		if err != nil {
			return query.Page{}, err
		}
		if !page.Partial || len(page.Rows) == r.N || time.Now().After(until) {
			break
		}
	}
	if err := db.fillPaths(ctx, page.Rows, cols); err != nil {
		return query.Page{}, err
	}
	return page, nil
}

// beyond is the condition for all rows that a page may have.
func beyond(r query.PageRequest, desc bool) expr {
	var list []expr
	for _, s := range stretches(r) {
		list = append(list, s.where(desc))
	}
	return any1(list...)
}

// window fetches the rows of a page that meet a condition, in the direction of
// travel; more says whether there are others beyond them.
func window[T any](db *DB, r query.PageRequest, where expr, desc bool, fetch func(where expr, n int) ([]T, error)) (rows []T, more bool, err error) {
	totals := db.Totals()
	for _, s := range stretches(r) {
		if len(rows) > r.N || !s.timed && totals.NoTime == 0 {
			continue
		}
		found, err := near(totals, where, s, desc, r.N+1-len(rows), func(near expr, n int) ([]T, error) {
			return fetch(all(near, where, s.where(desc)), n)
		})
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, found...)
	}
	return rows[:min(len(rows), r.N)], len(rows) > r.N, nil
}

// page fetches the rows of a page.
func (db *DB) page(ctx context.Context, c conn, r query.PageRequest, h *hits, cols []cell, desc bool) (query.Page, error) {
	rows, more, err := window(db, r, h.where, desc, func(where expr, n int) ([]query.Row, error) {
		return db.rows(ctx, c, where, cols, desc, n)
	})
	if err != nil {
		return query.Page{}, err
	}
	p := query.Page{Rows: rows, More: more}
	if !h.complete {
		p.Partial, p.More = true, true
		p.Rows = p.Rows[:h.settled(p.Rows, desc)]
	}
	if r.Back {
		slices.Reverse(p.Rows)
	}
	return p, nil
}

// rows fetches the first n events of a condition in order of time.
func (db *DB) rows(ctx context.Context, c conn, where expr, cols []cell, desc bool, n int) ([]query.Row, error) {
	dir := "ASC"
	if desc {
		dir = "DESC"
	}
	return db.rowsOf(ctx, c, where, cols, fmt.Sprintf(" ORDER BY e.t %s, e.seq %s LIMIT %d", dir, dir, n))
}

// unordered fetches the events of a condition that few meet. To put even one of
// them in order, or to stop after it, costs DuckDB a join over all columns: 12 ms
// of CPU.
func (db *DB) unordered(ctx context.Context, c conn, where expr, cols []cell) ([]query.Row, error) {
	return db.rowsOf(ctx, c, where, cols, "")
}

func (db *DB) rowsOf(ctx context.Context, c conn, where expr, cols []cell, order string) ([]query.Row, error) {
	var rows []query.Row
	q := "SELECT e.seq, e.t" + selects(cols) + " FROM event_rows AS e WHERE " + where.sql + order
	err := c.each(ctx, q, where.args, func(v []driver.Value) error {
		rows = append(rows, db.newRow(v, cols))
		return nil
	})
	return rows, err
}

// A cell is a column of a page: a field, or a path into the record.
type cell struct {
	name  string
	field binding  // nil for a path, and for a field that nothing fills
	cols  []string // of field; working them out may take long
	path  []string // nil for a field
}

// columns resolves the names of columns.
func (db *DB) columns(names []string) ([]cell, error) {
	cells := make([]cell, len(names))
	for i, name := range names {
		f, path, err := query.ColumnPath(name)
		if err != nil {
			return nil, err
		}
		cells[i] = cell{name: name, path: path, field: db.fields[f.Name]}
		if b := cells[i].field; b != nil {
			cells[i].cols = b.cols()
		}
	}
	return cells, nil
}

// selects lists what the cells need, with a comma before each.
func selects(cols []cell) string {
	var b strings.Builder
	for _, c := range cols {
		for _, e := range c.cols {
			b.WriteString(", " + e)
		}
	}
	return b.String()
}

// newRow makes a row of seq, t and what selects lists.
func (db *DB) newRow(v []driver.Value, cols []cell) query.Row {
	r := query.Row{Seq: v[0].(int64), Time: noTime, Values: make([]query.Value, len(cols))}
	if v[1] != nil {
		r.Time = v[1].(int64)
	}
	at := 2
	for i, c := range cols {
		if c.field == nil {
			r.Values[i].Null = true
			continue
		}
		n := len(c.cols)
		r.Values[i] = c.field.show(db, v[at:at+n])
		at += n
	}
	return r
}

// fillPaths reads the cells that only the records can fill.
func (db *DB) fillPaths(ctx context.Context, rows []query.Row, cols []cell) error {
	if !slices.ContainsFunc(cols, func(c cell) bool { return c.path != nil }) {
		return nil
	}
	seqs := make([]int64, len(rows))
	for i, r := range rows {
		seqs[i] = r.Seq
	}
	return db.eachRecord(ctx, seqs, func(i int, record string) {
		for k, c := range cols {
			if c.path != nil {
				rows[i].Values[k] = pathValue(record, c.path)
			}
		}
	})
}

// pathValue is what a record has at a path; several values are listed.
func pathValue(record string, path []string) query.Value {
	text, ok := joinValues(query.Find(record, path))
	return query.Value{Text: strings.Clone(text), Null: !ok}
}
