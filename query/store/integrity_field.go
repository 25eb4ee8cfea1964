package store

import (
	"context"
	"database/sql/driver"

	"spoor/loader/digest"
	"spoor/query"
)

func integrityBindings() map[string]binding { return map[string]binding{"verdict": verdictField{}} }

// A verdictField is the verdict of the object that carries the event. It is
// absent before a check has looked at that object.
type verdictField struct{}

func (verdictField) cols() []string { return []string{"e.object"} }

func (verdictField) show(db *DB, v []driver.Value) query.Value {
	return textValue(db.verdicts.get(uint32(number(v[0]))).String())
}

func (verdictField) where(_ context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	test := t.Test(clock)
	var holds [digest.Uncovered + 1]bool
	for v := digest.Valid; v <= digest.Uncovered; v++ {
		holds[v] = t.Op == query.Present || test(v.String())
	}
	n := db.objects.next()
	var ids []uint32
	for id := uint32(1); id < n; id++ {
		if holds[db.verdicts.get(id)] {
			ids = append(ids, id)
		}
	}
	return in("e.object", ids, int(n)), nil
}
