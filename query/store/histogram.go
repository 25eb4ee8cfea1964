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

func (db *DB) histogram(ctx context.Context, c conn, r query.HistogramRequest, where expr, by string) (query.Histogram, error) {
	var out query.Histogram
	from, to := r.From.UnixMicro(), r.To.UnixMicro()
	n, err := c.int64s(ctx, "SELECT count(*) - count(e.t), min(e.t), max(e.t), count(e.t) FROM event_rows AS e WHERE "+where.sql, where.args...)
	if err != nil {
		return out, err
	}
	out.NoTime = n[0]
	if r.From.IsZero() {
		from = n[1]
	}
	if r.To.IsZero() {
		to = n[2] + 1
	}
	if n[3] == 0 || from >= to {
		return out, nil
	}
	step := max((to-from+int64(r.Buckets)-1)/int64(r.Buckets), 1)
	out.Start, out.Step = time.UnixMicro(from).UTC(), time.Duration(step)*time.Microsecond
	field := db.fields[by]
	series := make(map[string][]int64)
	q := fmt.Sprintf("SELECT (e.t - ?) // ? AS bucket, count(*), %s FROM event_rows AS e WHERE (%s) AND e.t >= ? AND e.t < ? GROUP BY ALL",
		strings.Join(field.cols(), ", "), where.sql)
	args := append(append([]any{from, step}, where.args...), from, to)
	err = c.each(ctx, q, args, func(v []driver.Value) error {
		name := field.show(db, v[2:]).Text
		if series[name] == nil {
			series[name] = make([]int64, r.Buckets)
		}
		series[name][number(v[0])] += number(v[1])
		return nil
	})
	out.Series = ordered(series, by)
	return out, err
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
		if sums[a.Name] != sums[b.Name] {
			return int(min(max(sums[b.Name]-sums[a.Name], -1), 1))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list
}
