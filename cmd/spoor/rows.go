package main

import (
	"context"

	"spoor/query"
	"spoor/query/store"
)

// pageRows is how many rows one question of an export fetches.
const pageRows = 5000

// rowsRequest asks for all rows under a filter, in order.
type rowsRequest struct {
	filter  query.Filter
	order   query.Order
	limit   int64 // 0: all
	columns []string
	report  func(done int64) // told the rows done so far; may be nil
}

// eachPage hands fn the rows of r page by page and returns how many there were.
// A page that is not full because free text is still being searched is asked
// for again: the search goes on between.
func eachPage(ctx context.Context, db *store.DB, r rowsRequest, fn func([]query.Row) error) (int64, error) {
	var done int64
	req := query.PageRequest{Filter: r.filter, Order: r.order, Columns: r.columns}
	for {
		req.N = pageRows
		if r.limit > 0 {
			req.N = int(min(pageRows, r.limit-done))
		}
		page, err := db.Page(ctx, req)
		if err != nil {
			return done, err
		}
		if err := fn(page.Rows); err != nil {
			return done, err
		}
		if n := len(page.Rows); n > 0 {
			done += int64(n)
			req.From = page.Rows[n-1].Cursor()
			if r.report != nil {
				r.report(done)
			}
		}
		if (!page.More && !page.Partial) || (r.limit > 0 && done >= r.limit) {
			return done, nil
		}
	}
}

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
