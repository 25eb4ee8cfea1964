package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"spoor/query"
)

// An export reads the events of a filter in order, without end and in bounded
// memory: DuckDB sorts a stretch of time at a time, because an answer is held as
// a whole, and what it gives goes on in slabs of rows, of which each processor
// works on one:
//
//	event_rows ──window of time──▶ sorted numbers ──slabs──▶ rows, text ──in order──▶ fn
//
// All windows are read in one transaction: a load beside it changes nothing.
const (
	windowRows = 1 << 17 // about as many rows as DuckDB sorts at a time
	slabRows   = 1 << 11 // DuckDB's own portion
	pathRows   = 1 << 15 // instead, with columns that are paths: each slab reads the blocks it needs
)

// exportOrder breaks ties of time by what is in the record, so that two loads of
// the same files come out alike; only unidentifiable twins fall back to seq.
const exportOrder = "e.t %[1]s, e.uid_hi %[1]s, e.uid_lo %[1]s, e.seq %[1]s"

// EachRow hands fn the rows of an export, some thousand at a time, and returns
// how many there were. fn must not keep them. It ends with ctx.
func (db *DB) EachRow(ctx context.Context, r query.ExportRequest, fn func([]query.Row) error) (int64, error) {
	return db.eachRow(ctx, r, exprTrue, fn)
}

// eachRow is EachRow for the events of a further condition.
func (db *DB) eachRow(ctx context.Context, r query.ExportRequest, only expr, fn func([]query.Row) error) (int64, error) {
	return db.shown(ctx, r, only, func() Encode { return nil }, func(c *slab) error { return fn(c.rows) })
}

// An Encode appends what is to be written of some rows. It may change them, but
// must not keep them.
type Encode func(b []byte, rows []query.Row) ([]byte, error)

// EachText is EachRow for rows that are written as text: fn gets what an Encode
// made of some thousand of them, in their order. Each processor has an Encode of
// its own.
func (db *DB) EachText(ctx context.Context, r query.ExportRequest, encode func() Encode, fn func([]byte) error) (int64, error) {
	return db.shown(ctx, r, exprTrue, encode, func(c *slab) error { return fn(c.text) })
}

// shown hands fn slabs whose rows are made, and the text of them if there is an
// Encode.
func (db *DB) shown(ctx context.Context, r query.ExportRequest, only expr, encode func() Encode, fn func(*slab) error) (int64, error) {
	if err := db.ready(ctx, r.Columns...); err != nil {
		return 0, err
	}
	cells, err := db.columns(r.Columns)
	if err != nil {
		return 0, err
	}
	few := r.Limit > 0 && r.Limit <= slabRows
	n, rows := processors(), slabRows
	if slices.ContainsFunc(cells, func(c cell) bool { return c.path != nil }) { // blocks of records are read by all processors at once
		n, rows = 1, pathRows
	}
	workers := make([]func(context.Context, *slab) error, n)
	var exprs []string
	for i := range workers {
		s, err := newShower(db, cells, few)
		if err != nil {
			return 0, err
		}
		text := encode()
		workers[i] = func(ctx context.Context, c *slab) (err error) {
			if err = s.show(ctx, c); err == nil && text != nil {
				c.text, err = text(c.text[:0], c.rows)
			}
			return err
		}
		exprs = s.exprs
	}
	return db.slabs(ctx, r, only, rows, exprs, workers, fn)
}

// slabs hands fn the slabs of an export, of so many rows, where a further
// condition holds, when a worker is done with them.
func (db *DB) slabs(ctx context.Context, r query.ExportRequest, only expr, rows int, exprs []string, workers []func(context.Context, *slab) error, fn func(*slab) error) (int64, error) {
	cd, err := db.compile(ctx, r.Filter)
	if err != nil {
		return 0, err
	}
	// One slab is filled, some are on their way, some worked on.
	read := &reading{db: db, req: r, only: only, rows: rows, exprs: exprs, cond: cd, free: make(chan *slab, 1+streamAhead+1+len(workers))}
	var done int64
	err = inOrder(ctx, db, func(ctx context.Context, c conn, emit func(*slab) error) error {
		read.emit = emit
		return read.run(ctx, c)
	}, workers, func(c *slab) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(c); err != nil {
			return err
		}
		if done += int64(c.len()); r.Progress != nil {
			r.Progress(done)
		}
		read.free <- c // it has room for all there are
		return nil
	})
	return done, err
}

// A reading is the part of an export that asks the database.
type reading struct {
	db    *DB
	req   query.ExportRequest
	only  expr
	rows  int // of a slab
	exprs []string
	cond  cond
	emit  func(*slab) error
	free  chan *slab // used slabs, to be filled again
	taken int64      // rows, for the limit
}

func (r *reading) desc() bool { return r.req.Order == query.Newest }

// few reports whether the limit asks for so little that one sorted answer holds
// it. Then free text need not be searched to the end either.
func (r *reading) few() bool { return r.req.Limit > 0 && r.req.Limit <= int64(r.db.window) }

// run settles the filter and reads what matches.
func (r *reading) run(ctx context.Context, c conn) error {
	if !r.few() {
		h, err := r.db.settleCond(ctx, r.cond, r.desc())
		if err != nil {
			return err
		}
		defer h.release()
		return r.windows(ctx, c, all(h.where, r.only))
	}
	for {
		h, err := r.db.hitsWithin(ctx, r.cond, r.desc(), r.db.slice)
		if err != nil {
			return err
		}
		if h.complete {
			defer h.release()
			return r.windows(ctx, c, all(h.where, r.only))
		}
		done, err := r.early(ctx, c, h)
		h.release()
		if done || err != nil {
			return err
		}
	}
}

// early sends the rows of a limit if they are settled though the search is not
// over.
func (r *reading) early(ctx context.Context, c conn, h *hits) (bool, error) {
	var times []query.Row
	var list []*slab
	w := &slabWriter{r: r, emit: func(s *slab) error { list = append(list, s); return nil }}
	err := r.ask(ctx, c, all(h.where, r.only, expr{sql: "e.t IS NOT NULL"}), func(v vectors) error {
		for _, t := range v.ints(1) {
			times = append(times, query.Row{Time: t})
		}
		return w.add(v)
	})
	if err == nil {
		err = w.flush()
	}
	if err != nil || int64(h.settled(times, r.desc())) < r.req.Limit {
		return false, err
	}
	for _, s := range list {
		if err := r.emit(s); err != nil {
			return false, err
		}
	}
	return true, nil
}

// windows reads all that matches, a stretch of time after the other.
func (r *reading) windows(ctx context.Context, c conn, where expr) error {
	if err := c.begin(ctx, "BEGIN TRANSACTION READ ONLY"); err != nil {
		return err
	}
	defer c.exec(context.WithoutCancel(ctx), "ROLLBACK") // it only ends the reading
	parts, err := r.stretches(ctx, c, where)
	if err != nil {
		return err
	}
	w := &slabWriter{r: r, emit: r.emit}
	for _, p := range parts {
		if r.req.Limit > 0 && w.taken >= r.req.Limit {
			break
		}
		r.taken = w.taken
		if err := r.ask(ctx, c, all(where, p), w.add); err != nil {
			return err
		}
	}
	return w.flush()
}

// stretches cuts the matching events into parts of about windowRows by time, in
// the order of the export; those without a time come last.
func (r *reading) stretches(ctx context.Context, c conn, where expr) ([]expr, error) {
	timed, untimed := expr{sql: "e.t IS NOT NULL"}, expr{sql: "e.t IS NULL"}
	n, err := c.int64s(ctx, "SELECT count(*), count(e.t) FROM event_rows AS e WHERE "+where.sql, where.args...)
	if err != nil {
		return nil, err
	}
	var parts []expr
	if n[1] > 0 {
		parts = []expr{timed}
	}
	if n[1] > int64(r.db.window) && !r.few() {
		cuts, err := cutTimes(ctx, c, where, int(n[1])/r.db.window+1)
		if err != nil {
			return nil, err
		}
		parts = between(cuts)
	}
	if r.desc() {
		slices.Reverse(parts)
	}
	if n[0] > n[1] {
		parts = append(parts, untimed)
	}
	return parts, nil
}

// cutTimes are times that divide the matching events into n parts about equal.
func cutTimes(ctx context.Context, c conn, where expr, n int) ([]int64, error) {
	shares := make([]string, n-1)
	for i := range shares {
		shares[i] = fmt.Sprintf("%.9f", float64(i+1)/float64(n))
	}
	q := fmt.Sprintf("SELECT DISTINCT unnest(approx_quantile(e.t, [%s])) AS cut FROM event_rows AS e WHERE %s ORDER BY cut", strings.Join(shares, ", "), where.sql)
	var cuts []int64
	err := c.each(ctx, q, where.args, func(v []driver.Value) error {
		cuts = append(cuts, number(v[0]))
		return nil
	})
	return cuts, err
}

// between are the conditions for the stretches that cuts make, oldest first.
func between(cuts []int64) []expr {
	parts := []expr{{sql: fmt.Sprintf("e.t <= %d", cuts[0])}}
	for i := 1; i < len(cuts); i++ {
		parts = append(parts, expr{sql: fmt.Sprintf("e.t > %d AND e.t <= %d", cuts[i-1], cuts[i])})
	}
	return append(parts, expr{sql: fmt.Sprintf("e.t > %d", cuts[len(cuts)-1])})
}

// ask reads the rows of a condition in order: seq, t and the expressions.
func (r *reading) ask(ctx context.Context, c conn, where expr, fn func(vectors) error) error {
	dir := "ASC"
	if r.desc() {
		dir = "DESC"
	}
	cols := strings.Join(append([]string{"e.seq", "e.t"}, r.exprs...), ", ")
	q := "SELECT " + cols + " FROM event_rows AS e WHERE " + where.sql + " ORDER BY " + fmt.Sprintf(exportOrder, dir)
	if r.req.Limit > 0 {
		q += fmt.Sprintf(" LIMIT %d", r.req.Limit-r.taken)
	}
	return c.chunks(ctx, q, where.args, fn)
}

// A slabWriter fills slabs and sends them off.
type slabWriter struct {
	r     *reading
	emit  func(*slab) error
	c     *slab
	taken int64 // rows
}

func (w *slabWriter) add(v vectors) error {
	if w.c == nil {
		w.c = w.r.empty()
	}
	w.taken += int64(v.rows)
	if err := w.c.add(v); err != nil {
		return err
	}
	if w.c.len() < w.r.rows {
		return nil
	}
	return w.flush()
}

func (w *slabWriter) flush() error {
	if w.c == nil {
		return nil
	}
	full := w.c
	w.c = nil
	return w.emit(full)
}

// empty returns a slab to be filled.
func (r *reading) empty() *slab {
	select {
	case c := <-r.free:
		c.clear()
		return c
	default:
		return &slab{cols: make([]slabColumn, len(r.exprs))}
	}
}
