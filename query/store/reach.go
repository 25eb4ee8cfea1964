package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"sync"
)

// A reach is an object and the times of its events that a page would want first
// and last.
type reach struct {
	o         objectRow
	edge, end int64
}

// within leaves out objects that have nothing to offer from a time on, in the
// order of the page.
func (r reach) within(from int64, desc bool) (reach, bool) {
	if desc {
		r.edge = min(r.edge, from)
		return r, r.end <= from
	}
	r.edge = max(r.edge, from)
	return r, r.end >= from
}

// objectsOf lists the objects that carry events of a condition, in the order in
// which a page wants them. For a condition that every event may satisfy the list
// is kept until the case changes.
func (db *DB) objectsOf(ctx context.Context, where expr, desc bool) ([]reach, error) {
	if where.sql != "true" {
		return db.reaches(ctx, where, desc)
	}
	k := &db.reach[0]
	if desc {
		k = &db.reach[1]
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	_, revision := db.now()
	if k.list != nil && k.revision == revision {
		return k.list, nil
	}
	list, err := db.reaches(ctx, where, desc)
	if err == nil {
		k.list, k.revision = list, revision
	}
	return list, err
}

// reached is the list of all objects as it was at a revision of the case.
type reached struct {
	mu       sync.Mutex
	revision uint64
	list     []reach
}

// reaches asks which objects carry events of a condition.
func (db *DB) reaches(ctx context.Context, where expr, desc bool) ([]reach, error) {
	edge, end, none := "max", "min", "-9223372036854775807" // events without a time come last
	if !desc {
		edge, end, none = "min", "max", "9223372036854775807"
	}
	where = all(where, db.visible())
	q := fmt.Sprintf("SELECT e.object, coalesce(%[1]s(e.t), %[3]s), CASE WHEN count(*) > count(e.t) THEN %[3]s ELSE %[2]s(e.t) END FROM event_rows AS e WHERE %[4]s GROUP BY e.object", edge, end, none, where.sql)
	list, err := ask(ctx, db, func(ctx context.Context, c conn) ([]reach, error) {
		var list []reach
		err := c.each(ctx, q, where.args, func(v []driver.Value) error {
			if o, ok := db.objects.get(v[0].(uint32)); ok {
				list = append(list, reach{o, v[1].(int64), v[2].(int64)})
			}
			return nil
		})
		return list, err
	})
	slices.SortFunc(list, func(a, b reach) int {
		if desc {
			a, b = b, a
		}
		return cmp.Or(cmp.Compare(a.edge, b.edge), cmp.Compare(a.o.id, b.o.id))
	})
	return list, err
}
