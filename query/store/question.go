package store

import (
	"context"
	"fmt"
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
// then the others, by one way through the records for as many of them as can
// share it.
func (db *DB) Answers(ctx context.Context, list []*query.Question, yield func(i int, a query.Answer)) error {
	var slow []*query.Question
	for _, q := range list {
		if q.ReadsRecords() {
			slow = append(slow, q)
		}
	}
	for _, want := range []bool{false, true} {
		if want {
			if err := db.ReadAhead(ctx, slow); err != nil {
				return err
			}
		}
		for i, q := range list {
			if q.ReadsRecords() != want {
				continue
			}
			a, err := db.Answer(ctx, q, nil)
			if err != nil {
				return err
			}
			yield(i, a)
		}
	}
	return nil
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

// Walk implements query.Case. The rows are used again: yield must not keep them.
func (w whole) Walk(ctx context.Context, walk query.Walk, yield func(query.Row) error) error {
	only, left, release, err := w.db.heed(ctx, walk)
	if err != nil {
		return err
	}
	defer release()
	r := query.ExportRequest{Filter: left, Order: query.Oldest, Columns: walk.Columns}
	_, err = w.db.eachRow(ctx, r, only, func(rows []query.Row) error {
		for _, row := range rows {
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// Groups implements query.Case.
func (w whole) Groups(ctx context.Context, f query.Filter, by []string, sum string, yield func(query.Group) error) error {
	g := grouping{db: w.db, index: make(map[string]*query.Group)}
	if err := g.run(ctx, f, by, sum); err != nil {
		return err
	}
	for _, group := range g.order {
		if err := yield(*group); err != nil {
			return err
		}
	}
	return nil
}

// toTheEnd is longer than any search takes.
const toTheEnd = 1000 * time.Hour

// settle searches the records until the condition of a filter is complete.
func (db *DB) settle(ctx context.Context, f query.Filter) (*hits, error) {
	cd, err := db.compile(ctx, f)
	if err != nil {
		return nil, err
	}
	return db.settleCond(ctx, cd, true)
}

// settleCond is settle for a condition; desc is the order in which to search.
func (db *DB) settleCond(ctx context.Context, cd cond, desc bool) (*hits, error) {
	if h, ok, err := db.settleNarrow(ctx, cd); ok || err != nil {
		return h, err
	}
	return db.hitsWithin(ctx, cd, desc, toTheEnd)
}
