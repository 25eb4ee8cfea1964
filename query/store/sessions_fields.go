package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"spoor/query"
)

// caseBindings are the fields that take a look at the whole case: those that
// sessions fill, and how grave a change is.
func caseBindings(db *DB) map[string]binding {
	r := resolving{db}
	return map[string]binding{"session": sessionField{r}, "root": rootField{r}, "severity": severityField{db}}
}

// resolving is what the fields need that sessions fill.
type resolving struct{ db *DB }

// ready works the sessions out before a question that shows them.
func (r resolving) ready(ctx context.Context) error {
	_, err := r.db.resolved(ctx, 0, true)
	return err
}

// A sessionField is the id of the event's session.
type sessionField struct{ resolving }

func (sessionField) cols() []string { return strings.Split(refColumns, ", ") }

func (sessionField) show(db *DB, v []driver.Value) query.Value {
	x := db.sessions.index.Load()
	if n, ok := locate(x, v); ok {
		return textValue(x.id(n))
	}
	return query.Value{Null: true}
}

// tally counts events by session. It groups by what decides a session, which is
// far coarser than the time of each event.
func (f sessionField) tally(ctx context.Context, c conn, where expr, t tally) error {
	x := f.db.sessions.index.Load()
	return x.count(ctx, c, where, func(n int, ok bool, events int64) {
		v := query.Value{Null: true}
		if ok {
			v = textValue(x.id(n))
		}
		t[v] += events
	})
}

// tallyAll implements foreknown.
func (f sessionField) tallyAll(t tally) bool {
	x := f.db.upToDate()
	if x == nil {
		return false
	}
	for n := range x.list {
		t[textValue(x.id(n))] += x.list[n].events
	}
	return true
}

// upToDate returns the index if all events of the case are in it, else nil.
func (db *DB) upToDate() *sessionIndex {
	if x := db.sessions.index.Load(); x != nil && x.is(db.stateOfCase(), 0) {
		return x
	}
	return nil
}

// locate finds the session of refColumns.
func locate(x *sessionIndex, v []driver.Value) (int, bool) {
	if x == nil {
		return 0, false
	}
	t := noTime
	if v[4] != nil {
		t = number(v[4])
	}
	return x.find(uint32(number(v[0])), uint8(number(v[1])), uint32(number(v[2])), uint32(number(v[3])), t)
}

func (f sessionField) where(ctx context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	return db.whereSessions(f.wanted(ctx, t, clock))
}

// wanted tells, by number, the sessions whose id a term holds for.
func (f sessionField) wanted(ctx context.Context, t query.Term, clock query.Clock) (*sessionIndex, []bool, error) {
	x, err := f.db.resolved(ctx, 0, true)
	if err != nil {
		return nil, nil, err
	}
	wanted := make([]bool, len(x.list))
	if t.Op == query.Like && !slices.ContainsFunc(t.Values, func(m query.Match) bool { return len(m.Text) != sessionDigits || m.To != "" }) { // no need to look at all
		for _, m := range t.Values {
			if n, ok := x.named(strings.ToLower(m.Text)); ok {
				wanted[n] = true
			}
		}
		return x, wanted, nil
	}
	test := matcher(t, clock)
	for i := range x.list {
		wanted[i] = test(x.id(i))
	}
	return x, wanted, nil
}

// ofSessions is a field whose terms hold for whole sessions.
type ofSessions interface {
	wanted(context.Context, query.Term, query.Clock) (*sessionIndex, []bool, error)
}

// countTerm counts the events of a term without looking at them, where the index
// is up to date.
func (db *DB) countTerm(ctx context.Context, f query.Filter) (n int64, ok bool, err error) {
	t, ok := f.Root().(query.Term)
	if !ok {
		return 0, false, nil
	}
	field, ok := db.fields[t.Field].(ofSessions)
	if !ok {
		return 0, false, nil
	}
	x, wanted, err := field.wanted(ctx, t, db.clock())
	if err != nil || !x.is(db.stateOfCase(), 0) {
		return 0, false, err
	}
	for i, w := range wanted {
		if w {
			n += x.list[i].events
		}
	}
	return n, true, nil
}

// matcher is the test of a term; every event has a session, so Present always
// holds.
func matcher(t query.Term, clock query.Clock) func(string) bool {
	if t.Op == query.Present {
		return func(s string) bool { return s != "" }
	}
	return t.Test(clock)
}

// A rootField is the actor at the start of the chain of the event's session. It
// depends on the identity alone but for a few identities, those whose sessions
// begin with different actors: only they are told apart further.
type rootField struct{ resolving }

func (f rootField) cols() []string {
	x := f.db.sessions.index.Load()
	if x == nil {
		return []string{"e.who"}
	}
	mixed := x.mixed()
	if len(mixed) == 0 {
		return []string{"e.who"}
	}
	cols := []string{"e.who"}
	for _, c := range strings.Split(refColumns, ", ")[1:] {
		cols = append(cols, fmt.Sprintf("CASE WHEN %s THEN %s END", inList("e.who", "IN", mixed), c))
	}
	return cols
}

func (rootField) show(db *DB, v []driver.Value) query.Value {
	x := db.sessions.index.Load()
	if x == nil {
		return query.Value{Null: true}
	}
	if len(v) > 1 && v[1] != nil {
		if n, ok := locate(x, v); ok {
			return textValue(x.root(n))
		}
		return query.Value{Null: true}
	}
	if spans := x.of(uint32(number(v[0]))); len(spans) > 0 {
		return textValue(x.root(int(spans[0].session)))
	}
	return query.Value{Null: true}
}

// tallyAll implements foreknown.
func (f rootField) tallyAll(t tally) bool {
	x := f.db.upToDate()
	if x == nil {
		return false
	}
	sums := make([]int64, len(x.roots.names))
	for i := range x.list {
		sums[x.list[i].root] += x.list[i].events
	}
	for i, n := range sums {
		if n > 0 {
			t[textValue(x.roots.names[i])] += n
		}
	}
	return true
}

func (f rootField) where(ctx context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	return db.whereSessions(f.wanted(ctx, t, clock))
}

// wanted tells, by number, the sessions whose root actor a term holds for.
func (f rootField) wanted(ctx context.Context, t query.Term, clock query.Clock) (*sessionIndex, []bool, error) {
	x, err := f.db.resolved(ctx, 0, true)
	if err != nil {
		return nil, nil, err
	}
	test := matcher(t, clock)
	ok := make([]bool, len(x.roots.names))
	for i, name := range x.roots.names {
		ok[i] = test(name)
	}
	wanted := make([]bool, len(x.list))
	for i := range x.list {
		wanted[i] = ok[x.list[i].root]
	}
	return x, wanted, nil
}

// mixed are the identities whose sessions have different root actors.
func (x *sessionIndex) mixed() []uint32 {
	var out []uint32
	for i := 1; i < len(x.spans); i++ {
		a, b := &x.spans[i-1], &x.spans[i]
		if a.who == b.who && x.list[a.session].root != x.list[b.session].root && (len(out) == 0 || out[len(out)-1] != a.who) {
			out = append(out, a.who)
		}
	}
	return out
}

// readiness is what a binding may need before its values can be shown.
type readiness interface{ ready(context.Context) error }

// ready prepares fields for a question that shows them.
func (db *DB) ready(ctx context.Context, fields ...string) error {
	for _, name := range slices.Compact(slices.Sorted(slices.Values(fields))) {
		if b, ok := db.fields[name].(readiness); ok {
			if err := b.ready(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
