package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strings"

	"spoor/query"
)

// A noteField is what is noted about an event: on itself, on its session, or on
// a resource that it touches. A mark on a session is thus found on all that was
// done in it, and on the session in every view.
type noteField struct {
	db  *DB
	sep string // between several
	of  func(query.Annotation) []string
}

func annotationBindings(db *DB) map[string]binding {
	return map[string]binding{
		"mark": noteField{db, ", ", func(a query.Annotation) []string { return oneOrNone(a.Mark) }},
		"note": noteField{db, "\n", func(a query.Annotation) []string { return oneOrNone(a.Note) }},
		"tag":  noteField{db, ", ", func(a query.Annotation) []string { return a.Tags }},
	}
}

func oneOrNone(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// sessionCols is how many columns tell the session of an event.
var sessionCols = len(strings.Split(refColumns, ", "))

// cols are the event's name and, where such things are annotated, what tells its
// resource and its session. show knows them by their number.
func (f noteField) cols() []string {
	f.db.notes.mu.RLock()
	defer f.db.notes.mu.RUnlock()
	cols := []string{"e.uid_hi", "e.uid_lo"}
	if len(f.db.notes.resources) > 0 {
		cols = append(cols, "e.resource")
	}
	if f.db.notes.sessions > 0 {
		cols = append(cols, strings.Split(refColumns, ", ")...)
	}
	return cols
}

func (f noteField) show(db *DB, v []driver.Value) query.Value {
	var texts []string
	add := func(a query.Annotation) {
		for _, t := range f.of(a) {
			if !slices.Contains(texts, t) {
				texts = append(texts, t)
			}
		}
	}
	n := db.notes
	n.mu.RLock()
	defer n.mu.RUnlock()
	if a, ok := n.events[uid{v[0].(uint64), v[1].(uint64)}]; ok {
		add(a)
	}
	rest := v[2:]
	if at := len(rest) - sessionCols; at >= 0 {
		x := db.sessions.index.Load()
		if i, ok := locate(x, rest[at:]); ok {
			add(n.all[noteKey{query.AboutSession, x.id(i)}])
		}
		rest = rest[:at]
	}
	if len(rest) > 0 && len(n.resources) > 0 {
		name := db.dicts[domResource].text(uint32(number(rest[0])))
		for _, r := range n.resources {
			if name != "" && r.is(name) {
				add(r.note)
			}
		}
	}
	if len(texts) == 0 {
		return query.Value{Null: true}
	}
	return query.Value{Text: strings.Join(texts, f.sep)}
}

// called is the test whether a resource is the one that an annotation names, by
// the rule of the filter resource:"name".
func called(name string) func(string) bool {
	return query.Term{Field: "resource", Op: query.Like, Values: []query.Match{{Text: name, Quoted: true}}}.Test(query.Clock{})
}

// ready reads the sessions that the case knows. They are not worked out: the
// marks of a page must not keep it waiting.
func (f noteField) ready(ctx context.Context) error {
	if len(f.cols()) < sessionCols || f.db.sessions.index.Load() != nil || !f.db.sessions.working.TryLock() {
		return nil
	}
	defer f.db.sessions.working.Unlock()
	if f.db.sessions.index.Load() != nil {
		return nil // read meanwhile
	}
	_, err := f.db.takeUpSessions(ctx)
	return err
}

func (f noteField) where(ctx context.Context, _ *DB, t query.Term, clock query.Clock) (expr, error) {
	test := func(string) bool { return true }
	if t.Op != query.Present {
		test = t.Test(clock)
	}
	return f.holding(ctx, test)
}

// holding is the condition that something noted passes a test.
func (f noteField) holding(ctx context.Context, test func(string) bool) (expr, error) {
	list := f.db.notes.list(func(a query.Annotation) bool { return slices.ContainsFunc(f.of(a), test) })
	sessions, err := f.db.aboutSessions(ctx, list)
	if err != nil {
		return expr{}, err
	}
	resources, err := f.db.aboutResources(list)
	return any1(aboutEvents(list), resources, sessions), err
}

// aboutEvents is the condition that an event is one of those annotated.
func aboutEvents(list []query.Annotation) expr {
	var parts []string
	for _, a := range list {
		if a.About != query.AboutEvent {
			continue
		}
		if id, ok := uidOf(a.Name); ok {
			parts = append(parts, fmt.Sprintf("(e.uid_hi = %d AND e.uid_lo = %d)", id.hi, id.lo))
		}
	}
	if len(parts) == 0 {
		return exprFalse
	}
	return expr{sql: strings.Join(parts, " OR ")}
}

// aboutSessions is the condition that an event is of a session annotated.
func (db *DB) aboutSessions(ctx context.Context, list []query.Annotation) (expr, error) {
	ids := namesOf(list, query.AboutSession)
	if len(ids) == 0 {
		return exprFalse, nil
	}
	x, err := db.resolved(ctx, 0, true)
	if err != nil {
		return expr{}, err
	}
	wanted := make([]bool, len(x.list))
	for id := range ids {
		if n, ok := x.named(id); ok {
			wanted[n] = true
		}
	}
	return x.where(wanted), nil
}

// aboutResources is the condition that an event touches a resource annotated.
func (db *DB) aboutResources(list []query.Annotation) (expr, error) {
	names := namesOf(list, query.AboutResource)
	if len(names) == 0 {
		return exprFalse, nil
	}
	var tests []func(string) bool
	for name := range names {
		tests = append(tests, called(name))
	}
	field, _ := coreBindings()["resource"].(manyField)
	key := strings.Join(slices.Sorted(maps.Keys(names)), "\x00")
	return field.holding(db, key, func(s string) bool {
		return slices.ContainsFunc(tests, func(test func(string) bool) bool { return test(s) })
	})
}

func namesOf(list []query.Annotation, about query.About) map[string]bool {
	names := map[string]bool{}
	for _, a := range list {
		if a.About == about {
			names[a.Name] = true
		}
	}
	return names
}

// A noteCount counts the events of each value in one pass: a value of its own
// costs a comparison, where grouping by what tells events apart would make a
// group of every event.
type noteCount struct {
	values []string
	conds  []expr // one a value, then that there is none
}

func (f noteField) counting(ctx context.Context) (noteCount, error) {
	var n noteCount
	for _, a := range f.db.notes.list(func(query.Annotation) bool { return true }) {
		for _, v := range f.of(a) {
			if !slices.Contains(n.values, v) {
				n.values = append(n.values, v)
			}
		}
	}
	for _, v := range n.values {
		e, err := f.holding(ctx, func(s string) bool { return s == v })
		if err != nil {
			return n, err
		}
		n.conds = append(n.conds, e)
	}
	n.conds = append(n.conds, any1(n.conds...).not())
	return n, nil
}

// into counts under a condition.
func (n noteCount) into(ctx context.Context, c conn, where expr, t tally) error {
	q, args := "SELECT NULL", []any(nil)
	for _, e := range n.conds {
		q += ", count(*) FILTER (WHERE " + e.sql + ")"
		args = append(args, e.args...)
	}
	return c.each(ctx, q+" FROM event_rows AS e WHERE "+where.sql, append(args, where.args...), func(v []driver.Value) error {
		for i := range n.conds {
			k := number(v[i+1])
			switch {
			case k == 0:
			case i < len(n.values):
				t[query.Value{Text: n.values[i]}] = k
			default:
				t[query.Value{Null: true}] = k
			}
		}
		return nil
	})
}
