package main

import (
	"context"

	"spoor/query"
	"spoor/query/store"
)

// settle waits until all of a filter's free text has been searched, so that a
// number is the number and not what is known so far.
func settle(ctx context.Context, db *store.DB, f query.Filter) (query.Count, error) {
	for {
		n, err := db.Count(ctx, f)
		if err != nil || !n.Partial {
			return n, err
		}
	}
}
