package store

import (
	"context"

	"spoor/query"
)

// RowsOf returns columns of events, in the order of seqs.
func (db *DB) RowsOf(ctx context.Context, seqs []int64, columns []string) ([]query.Row, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	cols, err := db.columns(columns)
	if err != nil {
		return nil, err
	}
	args := make([]any, len(seqs))
	for i, s := range seqs {
		args[i] = s
	}
	rows, err := ask(ctx, db, func(ctx context.Context, c conn) ([]query.Row, error) {
		return db.unordered(ctx, c, expr{"e.seq IN (" + marks(len(seqs)) + ")", args}, cols)
	})
	if err != nil {
		return nil, err
	}
	at := make(map[int64]query.Row, len(rows))
	for _, r := range rows {
		at[r.Seq] = r
	}
	out := make([]query.Row, len(seqs))
	for i, s := range seqs {
		r, ok := at[s]
		if !ok {
			return nil, ErrNoEvent
		}
		out[i] = r
	}
	return out, nil
}
