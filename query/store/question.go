package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"spoor/query"
)

// Answer answers a saved question. It reads as much of the case as the question
// needs, which may take seconds where records have to be read; cancel ctx to
// stop it.
func (db *DB) Answer(ctx context.Context, q *query.Question, values map[string]string) (query.Answer, error) {
	a, err := q.Answer(ctx, whole{db}, values)
	if err != nil {
		return a, fmt.Errorf("answer %s: %w", q.Saved.ID, err)
	}
	return a, nil
}

// Answers answers many questions, with variables only as found in the case, and
// calls yield with each answer as it comes: first those that need no records,
// then the others, a group of them by one pass through the objects. It costs far
// less than asking one by one.
func (db *DB) Answers(ctx context.Context, list []*query.Question, yield func(i int, a query.Answer)) error {
	answer := func(i int) error {
		a, err := db.Answer(ctx, list[i], nil)
		if err == nil {
			yield(i, a)
		}
		return err
	}
	var group []int
	var conds []cond
	leaves := 0
	flush := func() error {
		err := db.searchAll(ctx, conds)
		for _, i := range group {
			if err == nil {
				err = answer(i)
			}
		}
		group, conds, leaves = nil, nil, 0
		return err
	}
	var later []int
	for i, q := range list {
		cd, err := db.compile(ctx, q.Filter())
		if err == nil && len(cd.leaves()) == 0 {
			err = answer(i)
		} else if err == nil {
			later = append(later, i)
		}
		if err != nil {
			return err
		}
	}
	for _, i := range later {
		cd, err := db.compile(ctx, list[i].Filter())
		if n := len(cd.leaves()); err == nil && leaves+n > keepLeaves {
			err = flush()
		}
		if err != nil {
			return err
		}
		group, conds, leaves = append(group, i), append(conds, cd), leaves+len(cd.leaves())
	}
	return flush()
}

// searchAll searches the records for the leaves of several conditions, so that
// each finds its answer when it is put.
func (db *DB) searchAll(ctx context.Context, conds []cond) error {
	var uppers []expr
	var leaves []*leaf
	for _, cd := range conds {
		uppers, leaves = append(uppers, cd.upper), append(leaves, cd.leaves()...)
	}
	if len(leaves) == 0 {
		return nil
	}
	left, err := db.unitsOf(ctx, any1(uppers...), true)
	if err == nil {
		_, err = db.search(ctx, leaves, left, toTheEnd)
	}
	return err
}

// whole is the case as questions see it: answers are complete, never Partial.
type whole struct{ db *DB }

// Count implements query.Case.
func (w whole) Count(ctx context.Context, f query.Filter) (query.Count, error) {
	if f.All() {
		return w.db.Count(ctx, f)
	}
	h, err := w.db.settle(ctx, f)
	if err != nil {
		return query.Count{}, err
	}
	defer h.release()
	n, err := w.db.countHits(ctx, h)
	return query.Count{N: n}, err
}

// Rows implements query.Case. The rows are used again: yield must not keep them.
func (w whole) Rows(ctx context.Context, f query.Filter, columns []string, yield func(query.Row) error) error {
	_, err := w.db.EachRow(ctx, query.ExportRequest{Filter: f, Order: query.Oldest, Columns: columns}, func(rows []query.Row) error {
		for _, row := range rows {
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

func isPath(c cell) bool { return c.path != nil }

// Groups implements query.Case.
func (w whole) Groups(ctx context.Context, f query.Filter, by []string, sum string, yield func(query.Group) error) error {
	cols, err := w.db.columns(by)
	if err != nil {
		return err
	}
	g := grouping{index: make(map[string]*query.Group)}
	if slices.ContainsFunc(cols, isPath) {
		err = g.walk(ctx, w, f, by, sum)
	} else {
		err = g.count(ctx, w.db, f, cols, sum)
	}
	if err != nil {
		return err
	}
	for _, group := range g.order {
		if err := yield(*group); err != nil {
			return err
		}
	}
	return nil
}

// A grouping collects groups by their values.
type grouping struct {
	index map[string]*query.Group
	order []*query.Group
}

// add joins a group with those of the same values.
func (g *grouping) add(more query.Group) {
	var b strings.Builder
	for _, v := range more.Key {
		fmt.Fprintf(&b, "%t%d:%s", v.Null, len(v.Text), v.Text)
	}
	have := g.index[b.String()]
	if have == nil {
		g.index[b.String()] = &more
		g.order = append(g.order, &more)
		return
	}
	have.N += more.N
	have.Sum += more.Sum
	if more.First != noTime && (have.First == noTime || more.First < have.First) {
		have.First = more.First
	}
	have.Last = max(have.Last, more.Last) // noTime is the least number
}

// walk groups event by event.
func (g *grouping) walk(ctx context.Context, w whole, f query.Filter, by []string, sum string) error {
	columns := by
	if sum != "" {
		columns = append(by[:len(by):len(by)], sum)
	}
	return w.Rows(ctx, f, columns, func(r query.Row) error {
		group := query.Group{Key: r.Values[:len(by):len(by)], N: 1, First: r.Time, Last: r.Time}
		if sum != "" {
			n, err := strconv.ParseInt(r.Values[len(by)].Text, 10, 64)
			if err == nil { // absent counts as nothing
				group.Sum = n
			}
		}
		g.add(group)
		return nil
	})
}

// count groups in the database.
func (g *grouping) count(ctx context.Context, db *DB, f query.Filter, cols []cell, sum string) error {
	h, err := db.settle(ctx, f)
	if err != nil {
		return err
	}
	defer h.release()
	total := "0"
	if b, ok := db.fields[sum].(numberField); ok {
		total = "coalesce(sum(" + b.col + "), 0)::BIGINT"
	}
	q := fmt.Sprintf("SELECT count(*), %s, min(e.t), max(e.t)%s FROM event_rows AS e WHERE %s GROUP BY ALL", total, selects(cols), h.where.sql)
	groups, err := ask(ctx, db, func(ctx context.Context, c conn) ([]query.Group, error) {
		var groups []query.Group
		err := c.each(ctx, q, h.where.args, func(v []driver.Value) error {
			row := db.newRow(append([]driver.Value{int64(0)}, v[3:]...), cols)
			group := query.Group{Key: row.Values, N: number(v[0]), Sum: number(v[1]), First: noTime, Last: row.Time}
			if v[2] != nil {
				group.First = number(v[2])
			}
			if group.N > 0 { // without anything to group by, nothing is one group
				groups = append(groups, group)
			}
			return nil
		})
		return groups, err
	})
	for _, group := range groups {
		g.add(group)
	}
	return err
}

// toTheEnd is longer than any search takes.
const toTheEnd = 1000 * time.Hour

// settle searches the records until the condition of a filter is complete.
func (db *DB) settle(ctx context.Context, f query.Filter) (*hits, error) {
	cd, err := db.compile(ctx, f)
	if err != nil {
		return nil, err
	}
	return db.hitsWithin(ctx, cd, true, toTheEnd)
}
