package store

import (
	"context"
	"database/sql/driver"
	"strings"

	"spoor/query"
)

// An idField is the eventID. Most are GUIDs and kept as numbers.
type idField struct{}

func (idField) cols() []string { return []string{"e.uid_hi", "e.uid_lo", "e.idkind", "e.idtext"} }

func (f idField) show(db *DB, v []driver.Value) query.Value {
	return f.of(db, v[0].(uint64), v[1].(uint64), v[2].(uint8), v[3].(uint32))
}

func (idField) of(db *DB, hi, lo uint64, kind uint8, text uint32) query.Value {
	switch kind {
	case idGUID:
		return query.Value{Text: guidText(hi, lo)}
	case idNone:
		return query.Value{Null: true}
	}
	return textValue(db.dicts[domID].text(text))
}

func (f idField) where(ctx context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	if t.Op == query.Present {
		return expr{sql: inList("e.idkind", "<>", []uint32{uint32(idNone)})}, nil
	}
	texts := db.dicts[domID].all()
	spelled := in("e.idtext", matching(texts, t.Test(clock)), len(texts))
	numbers, err := f.guids(ctx, db, t, clock)
	return any1(numbers, spelled), err
}

// guids is the condition for ids that are kept as numbers.
func (idField) guids(ctx context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	var list []expr
	for _, v := range t.Values {
		hi, lo, canonical, ok := guid(v.Text)
		switch {
		case ok && t.Op == query.Like, canonical && ok && t.Op == query.Exact:
			list = append(list, expr{"e.idkind = 0 AND e.uid_hi = ? AND e.uid_lo = ?", []any{hi, lo}})
		case t.Op == query.Regex, t.Op == query.Like && !v.Quoted && strings.ContainsAny(v.Text, "*?"):
			return matchingIDs(ctx, db, t, clock)
		}
	}
	return any1(list...), nil
}

// matchingIDs tries a pattern on every id of the case.
func matchingIDs(ctx context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	test := t.Test(clock)
	seqs, err := ask(ctx, db, func(ctx context.Context, c conn) ([]any, error) {
		var seqs []any
		err := c.each(ctx, "SELECT seq, uid_hi, uid_lo FROM event_rows WHERE idkind = 0", nil, func(v []driver.Value) error {
			if test(guidText(v[1].(uint64), v[2].(uint64))) {
				seqs = append(seqs, v[0])
			}
			return nil
		})
		return seqs, err
	})
	if len(seqs) == 0 {
		return exprFalse, err
	}
	return expr{"e.seq IN (SELECT unnest([" + marks(len(seqs)) + "]))", seqs}, err
}
