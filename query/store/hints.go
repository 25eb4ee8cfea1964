package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"spoor/query"
)

// heed returns the condition for the events that the hints of a walk leave, true
// where they can't be told cheaply, and what is left of the filter. It holds until
// release.
func (db *DB) heed(ctx context.Context, w query.Walk) (only expr, left query.Filter, release func(), err error) {
	none := func() {}
	var find func(ctx context.Context, where expr) ([]int64, error)
	switch {
	case w.Dense != nil:
		if _, ok := db.allTell(w.Dense.By); ok {
			find = func(ctx context.Context, where expr) ([]int64, error) { return db.denseIn(ctx, where, *w.Dense) }
		}
	case w.Firsts != nil:
		if _, ok := db.allTell(append([]string{w.Firsts.Per}, w.Firsts.Values...)); ok {
			find = func(ctx context.Context, where expr) ([]int64, error) { return db.firstsIn(ctx, where, *w.Firsts) }
		}
	}
	if find == nil {
		return exprTrue, w.Filter, none, nil
	}
	h, err := db.settle(ctx, w.Filter)
	if err != nil {
		return exprTrue, w.Filter, none, err
	}
	defer h.release()
	seqs, err := find(ctx, all(h.where, expr{sql: "e.t IS NOT NULL"}))
	if err != nil || len(seqs) == 0 {
		return exprFalse, w.Filter, none, err
	}
	name, withdraw := db.feeds.offer(numbersFeed("seq", seqs))
	only = expr{"e.seq BETWEEN ? AND ? AND e.seq IN (SELECT seq FROM spoor_feed(?))", []any{slices.Min(seqs), slices.Max(seqs), name}}
	if len(seqs) >= db.many/4 { // all match, and the filter costs more than it spares
		return only, query.Filter{}, withdraw, nil
	}
	return only, w.Filter, withdraw, nil
}

// keys are the expressions of some columns, each of which tells.
func (j *lookups) keys(cells []cell) []string {
	var list []string
	for _, c := range cells {
		exprs, _ := j.key(c)
		list = append(list, exprs...)
	}
	return list
}

// denseIn returns the events around which there may be as many as asked for. Time
// is cut into spans: a span that slides along lies in two of them, so one of the
// two has half of what it has. That span and its neighbours are of use. Where
// different values are asked for, spans with enough events are looked for first:
// to tell the values of all events apart takes much longer than to count.
func (db *DB) denseIn(ctx context.Context, where expr, d query.Dense) ([]int64, error) {
	by, err := db.columns(d.By)
	if err != nil {
		return nil, err
	}
	j := lookups{db: db}
	defer j.release()
	cols := append(j.keys(by), fmt.Sprintf("e.t // %d", d.Within.Microseconds()))
	var names, distinct []string
	for i := range cols {
		cols[i] += fmt.Sprintf(" AS k%d", i)
		names = append(names, fmt.Sprintf("k%d", i))
	}
	keys := len(cols)
	if cells, ok := db.allTell(d.Distinct); ok { // else as many events will do
		for i, e := range j.keys(cells) {
			cols = append(cols, fmt.Sprintf("%s AS d%d", e, i))
			distinct = append(distinct, fmt.Sprintf("d%d", i))
		}
	}
	from := " FROM event_rows AS e" + j.sql.String() + " WHERE " + where.sql
	args := append(j.args, where.args...)
	spans := denseSpans{strings.Join(names, ", "), strings.Join(names[:keys-1], ", "), names[keys-1], (d.AtLeast + 1) / 2}
	q := "WITH " + spans.near("near", "SELECT "+strings.Join(cols[:keys], ", ")+from) +
		", around AS MATERIALIZED (SELECT * FROM (SELECT " + strings.Join(cols, ", ") + ", e.seq AS seq" + from + ") WHERE (" + spans.keys + ") IN (FROM near))"
	if len(distinct) == 0 {
		return db.seqs(ctx, q+" SELECT seq FROM around", append(args, args...))
	}
	q += ", " + spans.near("nearer", "SELECT DISTINCT "+spans.keys+", "+strings.Join(distinct, ", ")+" FROM around")
	return db.seqs(ctx, q+" SELECT seq FROM around WHERE ("+spans.keys+") IN (FROM nearer)", append(args, args...))
}

// denseSpans are spans of time of some values each: the keys, of which the last is
// the number of the span.
type denseSpans struct {
	keys, values, span string
	atLeast            int64
}

// near names a table of the spans of which there are enough in some rows, and of
// their neighbours.
func (s denseSpans) near(name, rows string) string {
	shifted := strings.TrimPrefix(s.values+", "+s.span+" + n", ", ")
	return fmt.Sprintf("%[1]s AS (SELECT DISTINCT %[2]s FROM (SELECT %[3]s FROM (%[4]s) GROUP BY ALL HAVING count(*) >= %[5]d), unnest([-1, 0, 1]) AS s(n))",
		name, shifted, s.keys, rows, s.atLeast)
}

// firstsIn returns the first events of each value, all of the same time, and
// those that count always.
func (db *DB) firstsIn(ctx context.Context, where expr, f query.Firsts) ([]int64, error) {
	var all []int64
	for _, name := range f.Values {
		cells, err := db.columns([]string{f.Per, name})
		if err != nil {
			return nil, err
		}
		j := lookups{db: db}
		cols := strings.Join(j.keys(cells), ", ")
		from := " FROM event_rows AS e" + j.sql.String() + " WHERE " + where.sql
		args := append(j.args, where.args...)
		q := fmt.Sprintf("WITH firsts AS (SELECT %[1]s, min(e.t)%[2]s GROUP BY %[1]s) SELECT e.seq%[2]s AND (%[1]s, e.t) IN (FROM firsts)", cols, from)
		seqs, err := db.seqs(ctx, q, append(args, args...))
		j.release()
		if err != nil {
			return nil, err
		}
		all = append(all, seqs...)
	}
	if f.Always != nil {
		h, err := db.settle(ctx, *f.Always)
		if err != nil {
			return nil, err
		}
		defer h.release()
		seqs, err := db.seqs(ctx, "SELECT e.seq FROM event_rows AS e WHERE ("+where.sql+") AND ("+h.where.sql+")", append(slices.Clone(where.args), h.where.args...))
		if err != nil {
			return nil, err
		}
		all = append(all, seqs...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// seqs asks for events.
func (db *DB) seqs(ctx context.Context, q string, args []any) ([]int64, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) (list []int64, err error) {
		err = c.each(ctx, q, args, func(v []driver.Value) error {
			list = append(list, v[0].(int64))
			return nil
		})
		return list, err
	})
}
