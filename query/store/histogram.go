package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"time"

	"spoor/query"
)

// defaultBuckets is how many steps a histogram has when nobody says.
const defaultBuckets = 60

// Histogram counts the matching events over time.
func (db *DB) Histogram(ctx context.Context, r query.HistogramRequest) (query.Histogram, error) {
	by := r.By
	if by == "" {
		by = "outcome"
	}
	f, path, err := query.ColumnPath(by)
	if err == nil && (path != nil || db.fields[f.Name] == nil) {
		err = fmt.Errorf("split by %s: only fields of the case can split a histogram", by)
	}
	if err != nil {
		return query.Histogram{}, err
	}
	if err := db.ready(ctx, f.Name); err != nil {
		return query.Histogram{}, err
	}
	h, err := db.filter(ctx, r.Filter)
	if err != nil {
		return query.Histogram{}, err
	}
	defer h.release()
	if r.Buckets <= 0 {
		r.Buckets = defaultBuckets
	}
	hist, err := ask(ctx, db, func(ctx context.Context, c conn) (query.Histogram, error) {
		return db.histogram(ctx, c, r, h.where, f.Name)
	})
	hist.Partial = !h.complete
	return hist, err
}

// A grid is where the buckets of a histogram lie, in µs.
type grid struct {
	from, step int64
	n          int
}

// shortestStep is a second, in µs: eventTime is to the second ("CloudTrail record
// contents"), so that shorter ones would stand empty.
const shortestStep = 1_000_000

// newGrid spreads n buckets over from..to, to excluded, or over what n seconds
// hold if that is more. Steps are of whole µs.
func newGrid(from, to int64, n int) grid {
	return grid{from, max((to-from+int64(n)-1)/int64(n), shortestStep), n}
}

func (db *DB) histogram(ctx context.Context, c conn, r query.HistogramRequest, where expr, by string) (query.Histogram, error) {
	var out query.Histogram
	from, to, err := db.bounds(ctx, c, r, where)
	if err != nil {
		return out, err
	}
	if s, _ := db.now(); s.noTime > 0 {
		n, err := c.int64s(ctx, "SELECT count(*) FROM event_rows AS e WHERE ("+where.sql+") AND e.t IS NULL", where.args...)
		if err != nil {
			return out, err
		}
		out.NoTime = n[0]
	}
	if from >= to {
		return out, nil
	}
	g := newGrid(from, to, r.Buckets)
	out.Start, out.Step = time.UnixMicro(g.from).UTC(), time.Duration(g.step)*time.Microsecond
	series, err := db.series(ctx, c, g, all(where, expr{"e.t >= ? AND e.t < ?", []any{from, to}}), db.fields[by])
	out.Series = ordered(series, by)
	return out, err
}

// bounds are the ends of a histogram: as asked for, else those of the matching
// events.
func (db *DB) bounds(ctx context.Context, c conn, r query.HistogramRequest, where expr) (from, to int64, err error) {
	s, _ := db.now()
	from, to = s.from, s.to+1
	if !r.Filter.All() && (r.From.IsZero() || r.To.IsZero()) {
		n, err := c.int64s(ctx, "SELECT count(e.t), min(e.t), max(e.t) FROM event_rows AS e WHERE "+where.sql, where.args...)
		if err != nil || n[0] == 0 {
			return 0, 0, err
		}
		from, to = n[1], n[2]+1
	}
	if s.events == s.noTime {
		return 0, 0, nil
	}
	if !r.From.IsZero() {
		from = r.From.UnixMicro()
	}
	if !r.To.IsZero() {
		to = r.To.UnixMicro()
	}
	return from, to, nil
}

// series counts by bucket and value.
func (db *DB) series(ctx context.Context, c conn, g grid, where expr, field binding) (map[string][]int64, error) {
	series := make(map[string][]int64)
	q := fmt.Sprintf("SELECT (e.t - %d) // %d AS bucket, count(*), %s FROM event_rows AS e WHERE %s GROUP BY ALL",
		g.from, g.step, strings.Join(field.cols(), ", "), where.sql)
	err := c.each(ctx, q, where.args, func(v []driver.Value) error {
		name := field.show(db, v[2:]).Text
		if series[name] == nil {
			series[name] = make([]int64, g.n)
		}
		series[name][number(v[0])] += number(v[1])
		return nil
	})
	return series, err
}

// ordered sorts series, the most frequent first; outcomes always as the field
// lists them, all of them.
func ordered(counts map[string][]int64, by string) []query.Series {
	var list []query.Series
	if by == "outcome" {
		f, _ := query.Lookup(by)
		n := 0
		for _, c := range counts {
			n = len(c)
		}
		for _, name := range f.Values {
			c := counts[name]
			if c == nil {
				c = make([]int64, n)
			}
			list = append(list, query.Series{Name: name, Counts: c})
		}
		return list
	}
	sums := make(map[string]int64)
	for name, c := range counts {
		list = append(list, query.Series{Name: name, Counts: c})
		for _, n := range c {
			sums[name] += n
		}
	}
	slices.SortFunc(list, func(a, b query.Series) int {
		return cmp.Or(cmp.Compare(sums[b.Name], sums[a.Name]), cmp.Compare(a.Name, b.Name))
	})
	return list
}
