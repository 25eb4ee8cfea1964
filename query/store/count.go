package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"spoor/query"
)

// Count returns how many events match.
func (db *DB) Count(ctx context.Context, f query.Filter) (query.Count, error) {
	if f.All() {
		return query.Count{N: db.Totals().Events}, nil
	}
	if n, ok, err := db.countTerm(ctx, f); ok || err != nil {
		return query.Count{N: n}, err
	}
	h, err := db.filter(ctx, f)
	if err != nil {
		return query.Count{}, err
	}
	defer h.release()
	n, err := db.countHits(ctx, h)
	if err != nil {
		return query.Count{}, err
	}
	return query.Count{N: n, Partial: !h.complete}, nil
}

func (db *DB) countHits(ctx context.Context, h *hits) (int64, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) (int64, error) {
		n, err := c.int64s(ctx, "SELECT count(*) FROM event_rows AS e WHERE "+h.where.sql, h.where.args...)
		if err != nil {
			return 0, err
		}
		return n[0], nil
	})
}

// filter makes the condition of a filter, with what a slice of searching the
// records found.
func (db *DB) filter(ctx context.Context, f query.Filter) (*hits, error) {
	cd, err := db.compile(ctx, f)
	if err != nil {
		return nil, err
	}
	return db.hits(ctx, cd, true)
}

// Facets counts the values of fields under a filter. Fields that the filter
// leaves alone share one pass over the events.
func (db *DB) Facets(ctx context.Context, r query.FacetRequest) ([]query.Facet, error) {
	if err := db.ready(ctx, r.Fields...); err != nil {
		return nil, err
	}
	out := make([]query.Facet, len(r.Fields))
	var shared []int
	for i, name := range r.Fields {
		f, path, err := query.ColumnPath(name)
		if err != nil {
			return nil, err
		}
		if path != nil {
			return nil, fmt.Errorf("count values of %s: only fields have facets", name)
		}
		out[i].Field = f.Name
		if own := r.Filter.Without(f.Name); r.Shop && !own.Equal(r.Filter) {
			if err := db.facets(ctx, own, out[i:i+1], r.Top); err != nil {
				return nil, err
			}
			continue
		}
		shared = append(shared, i)
	}
	part := make([]query.Facet, len(shared))
	for k, i := range shared {
		part[k] = out[i]
	}
	if err := db.facets(ctx, r.Filter, part, r.Top); err != nil {
		return nil, err
	}
	for k, i := range shared {
		out[i] = part[k]
	}
	return out, nil
}

// facets fills in facets that share a filter.
func (db *DB) facets(ctx context.Context, f query.Filter, list []query.Facet, top int) error {
	if len(list) == 0 {
		return nil
	}
	notes := map[int]noteCount{}
	for i := range list {
		if b, ok := db.fields[list[i].Field].(noteField); ok {
			n, err := b.counting(ctx)
			if err != nil {
				return err
			}
			notes[i] = n
		}
	}
	h, err := db.filter(ctx, f)
	if err != nil {
		return err
	}
	defer h.release()
	tallies, err := ask(ctx, db, func(ctx context.Context, c conn) ([]tally, error) {
		tallies := make([]tally, len(list))
		for i := range tallies {
			tallies[i] = make(tally)
		}
		for i, n := range notes {
			if err := n.into(ctx, c, h.where, tallies[i]); err != nil {
				return nil, err
			}
		}
		return tallies, db.tally(ctx, c, h.where, f.All(), list, tallies)
	})
	if err != nil {
		return err
	}
	for i := range list {
		tallies[i].into(&list[i], top)
		list[i].Partial = !h.complete
	}
	return nil
}

// A tally counts events by value.
type tally map[query.Value]int64

// A tallier is a field that counts its values in another way than by its columns.
type tallier interface {
	tally(ctx context.Context, c conn, where expr, t tally) error
}

// A foreknown field may know how often each of its values is among all events,
// and reports whether it does.
type foreknown interface{ tallyAll(t tally) bool }

// into makes the top values of a facet: most frequent first, then by name, the
// absent value among them by its count.
func (t tally) into(f *query.Facet, top int) {
	f.Values = make([]query.FacetValue, 0, len(t))
	for v, n := range t {
		f.Values = append(f.Values, query.FacetValue{Value: v, Count: n})
		if !v.Null {
			f.Distinct++
		}
	}
	slices.SortFunc(f.Values, func(a, b query.FacetValue) int {
		if c := cmp.Compare(b.Count, a.Count); c != 0 {
			return c
		}
		return strings.Compare(a.Value.Text, b.Value.Text)
	})
	if top > 0 && len(f.Values) > top {
		f.Values = slices.Clip(f.Values[:top])
	}
}

// tally counts by the columns of all fields in one pass; what several fields
// share (the caller) is counted once. Without a condition DuckDB is quicker with
// a pass each (10M events, 8 fields: 130 instead of 230 ms).
func (db *DB) tally(ctx context.Context, c conn, where expr, whole bool, list []query.Facet, tallies []tally) error {
	for i := range list {
		done := false
		if known, ok := db.fields[list[i].Field].(foreknown); ok && whole {
			done = known.tallyAll(tallies[i])
		}
		if own, ok := db.fields[list[i].Field].(tallier); ok && !done {
			if err := own.tally(ctx, c, where, tallies[i]); err != nil {
				return err
			}
			done = true
		}
		if done {
			return db.tally(ctx, c, where, whole, slices.Delete(slices.Clone(list), i, i+1), slices.Delete(slices.Clone(tallies), i, i+1))
		}
	}
	if whole && len(list) > 1 {
		for i := range list {
			if err := db.tally(ctx, c, where, whole, list[i:i+1], tallies[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	g := newFacetSets(db, list)
	if len(g.ends) == 0 {
		return nil
	}
	return c.each(ctx, g.query(where), where.args, func(v []driver.Value) error {
		for _, i := range g.users[g.of(v[1])] {
			tallies[i][g.fields[i].show(db, v[2+g.at[i]:])] += number(v[0])
		}
		return nil
	})
}
