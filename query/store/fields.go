package store

import (
	"context"
	"database/sql/driver"
	"maps"
	"slices"
	"strconv"
	"time"

	"spoor/loader/cloudtrail"
	"spoor/query"
)

// A binding says where a field of the catalogue lives in the case. Each slice of
// the program brings the bindings of its fields.
type binding interface {
	// where is the condition, over the table event_rows AS e, that a term on the
	// field holds; false for events without the field, never NULL.
	where(ctx context.Context, db *DB, t query.Term, clock query.Clock) (expr, error)
	// cols are the expressions over e that make up the field's value; they are
	// plain enough to group by.
	cols() []string
	// show turns values of cols into the value as people see it.
	show(db *DB, v []driver.Value) query.Value
}

// bindings lists where every field lives. A field that is missing here is absent
// from all events.
func bindings() map[string]binding {
	all := make(map[string]binding)
	for _, part := range []map[string]binding{
		coreBindings(),
		integrityBindings(),
	} {
		maps.Copy(all, part)
	}
	return all
}

// coreBindings are the fields that a load fills.
func coreBindings() map[string]binding {
	m := map[string]binding{
		"time":         timeField{},
		"id":           idField{},
		"object":       objectField{},
		"bytesin":      numberField{"e.bytes_in"},
		"bytesout":     numberField{"e.bytes_out"},
		"resource":     manyField{textField{"e.resource", domResource}},
		"resourcetype": manyField{textField{"e.rtype", domResourceType}},
		"outcome":      enumField{"e.outcome", []string{"ok", "denied", "throttled", "error"}},
		"category":     enumField{"e.category", []string{"Management", "Data", "NetworkActivity", "Insight", "Aggregated", "Other"}},
		"mfa":          enumField{"e.mfa", []string{"", "no", "yes"}},
		"readonly":     enumField{"e.readonly::UTINYINT", []string{"false", "true"}},
	}
	for name, f := range map[string]textField{
		"account": {"e.account", domAccount}, "region": {"e.region", domRegion}, "service": {"e.source", domSource},
		"event": {"e.name", domName}, "eventtype": {"e.etype", domEventType}, "ip": {"e.ip", domIP}, "agent": {"e.agent", domAgent},
		"error": {"e.ecode", domError}, "message": {"e.emsg", domMessage},
	} {
		m[name] = f
	}
	for name, i := range map[string]int{
		"actor": whoActor, "type": whoType, "principal": whoPrincipal, "key": whoKey, "role": whoRole,
		"sessionname": whoSessionName, "caller": whoAccount,
	} {
		m[name] = personField(i)
	}
	return m
}

// A textField is a column of text numbers.
type textField struct {
	col string
	dom domain
}

func (f textField) cols() []string { return []string{f.col} }

func (f textField) show(db *DB, v []driver.Value) query.Value {
	return textValue(db.dicts[f.dom].text(uint32(number(v[0]))))
}

func (f textField) where(_ context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	if t.Op == query.Present {
		return expr{sql: f.col + " <> 0"}, nil
	}
	test := t.Test(clock)
	if f.dom == domAccount {
		test = db.orName(test)
	}
	return f.holding(db, termKey(t), test)
}

// holding is the condition that the text passes a test, which is remembered by
// the key.
func (f textField) holding(db *DB, key string, test func(string) bool) (expr, error) {
	ids, n, err := db.dicts[f.dom].matching(key, test)
	return in(f.col, ids, n), err
}

// matching are the numbers of the texts that pass a test.
func matching(texts []string, test func(string) bool) []uint32 {
	var ids []uint32
	for id := 1; id < len(texts); id++ {
		if texts[id] != "" && test(texts[id]) {
			ids = append(ids, uint32(id))
		}
	}
	return ids
}

// passing is the condition that the text in a column passes a test; not for domains
// that lie on disk.
func (db *DB) passing(col string, dom domain, test func(string) bool) expr {
	texts := db.dicts[dom].all()
	return in(col, matching(texts, test), len(texts))
}

// calling is the condition that the name of the call, without its API date, passes a
// test.
func (db *DB) calling(test func(name string) bool) expr {
	return db.passing("e.name", domName, func(s string) bool { return test(cloudtrail.BaseName(s)) })
}

// callTo is calling for any of some names.
func (db *DB) callTo(names []string) expr {
	return db.calling(func(s string) bool { return slices.Contains(names, s) })
}

// A manyField is a text of which an event may have several: the first in its
// row, the others in the table touched.
type manyField struct{ textField }

func (f manyField) where(ctx context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	if t.Op == query.Present {
		return f.textField.where(ctx, db, t, clock)
	}
	return f.holding(db, termKey(t), t.Test(clock))
}

// holding is the condition that any of the texts passes a test, which is
// remembered by the key.
func (f manyField) holding(db *DB, key string, test func(string) bool) (expr, error) {
	ids, n, err := db.dicts[f.dom].matching(key, test)
	if err != nil || len(ids) == 0 {
		return exprFalse, err
	}
	others := in("touched."+f.col[len("e."):], ids, n)
	return any1(in(f.col, ids, n), expr{"e.seq IN (SELECT seq FROM touched WHERE " + others.sql + ")", others.args}), nil
}

// A personField is a text of the identity.
type personField int

func (f personField) cols() []string { return []string{"e.who"} }

func (f personField) show(db *DB, v []driver.Value) query.Value {
	return textValue(db.dicts[domPerson].text(db.people.get(uint32(number(v[0]))).texts[f]))
}

func (f personField) where(_ context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	ids, n := f.holding(db, t, clock)
	return in("e.who", ids, n), nil
}

// holding lists the identities that a term holds for, of how many there are.
func (f personField) holding(db *DB, t query.Term, clock query.Clock) (ids []uint32, n int) {
	rows := db.people.all()
	texts := db.dicts[domPerson].all()
	test := t.Test(clock)
	if f == whoAccount {
		test = db.orName(test)
	}
	known := make(map[uint32]bool)
	for _, r := range rows {
		text := r.texts[f]
		if text == 0 {
			continue
		}
		ok, seen := known[text]
		if !seen {
			ok = test(texts[text])
			known[text] = ok
		}
		if ok {
			ids = append(ids, r.id)
		}
	}
	return ids, len(rows)
}

// An enumField is a small number with a name each; one with an empty name stands
// for absent.
type enumField struct {
	col   string
	names []string
}

func (f enumField) cols() []string { return []string{f.col} }

func (f enumField) show(_ *DB, v []driver.Value) query.Value {
	if n := number(v[0]); int(n) < len(f.names) {
		return textValue(f.names[n])
	}
	return query.Value{Null: true}
}

func (f enumField) where(_ context.Context, _ *DB, t query.Term, clock query.Clock) (expr, error) {
	test := t.Test(clock)
	var ids []uint32
	for i, name := range f.names {
		if name != "" && test(name) {
			ids = append(ids, uint32(i))
		}
	}
	if len(ids) == 0 {
		return exprFalse, nil
	}
	return expr{sql: inList(f.col, "IN", ids)}, nil
}

// A numberField is a count that may be absent.
type numberField struct{ col string }

func (f numberField) cols() []string { return []string{f.col} }

func (f numberField) show(_ *DB, v []driver.Value) query.Value {
	if v[0] == nil {
		return query.Value{Null: true}
	}
	return query.Value{Text: strconv.FormatInt(number(v[0]), 10)}
}

func (f numberField) where(_ context.Context, _ *DB, t query.Term, clock query.Clock) (expr, error) {
	return within(f.col, t.Bounds(clock)), nil
}

// within is the condition that a column, which may be NULL, lies in any of some
// bounds.
func within(col string, bounds []query.Bound) expr {
	var list []expr
	for _, b := range bounds {
		list = append(list, expr{col + " BETWEEN ? AND ?", []any{b.From, b.To}})
	}
	return all(expr{sql: col + " IS NOT NULL"}, any1(list...))
}

// A timeField is the time of the event.
type timeField struct{}

func (timeField) cols() []string { return []string{"e.t"} }

func (timeField) show(_ *DB, v []driver.Value) query.Value {
	if v[0] == nil {
		return query.Value{Null: true}
	}
	return query.Value{Text: timeText(number(v[0]))}
}

// timeText is RFC 3339 in UTC, with as many digits of a second as there are.
func timeText(t int64) string { return time.UnixMicro(t).UTC().Format(time.RFC3339Nano) }

func (timeField) where(_ context.Context, _ *DB, t query.Term, clock query.Clock) (expr, error) {
	return within("e.t", t.Bounds(clock)), nil
}

// An objectField is the name of the object that carries the event.
type objectField struct{}

func (objectField) cols() []string { return []string{"e.object"} }

func (objectField) show(db *DB, v []driver.Value) query.Value {
	o, _ := db.objects.get(uint32(number(v[0])))
	return textValue(o.name)
}

func (objectField) where(_ context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	texts := db.objects.names()
	return in("e.object", matching(texts, t.Test(clock)), len(texts)), nil
}

// textValue is a text, or null when there is none.
func textValue(s string) query.Value { return query.Value{Text: s, Null: s == ""} }
