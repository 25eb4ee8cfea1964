package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"spoor/query"
	"spoor/query/session"
)

// maxMade bounds the changes to identities that a radius lists.
const maxMade = 1000

// contain reads what the events of a condition made or altered by which somebody
// may get in, and lists what to do about that and about what their sessions hold.
func (db *DB) contain(ctx context.Context, where expr, c *session.Contain, out *query.Radius) error {
	made, err := db.made(ctx, where)
	if err != nil {
		return err
	}
	var names []uint32
	for _, n := range session.Undoings() {
		if k := db.dicts[domName].lookup(n); k != 0 {
			names = append(names, k)
		}
	}
	var undone []query.Change
	if len(names) > 0 {
		if undone, err = db.made(ctx, expr{sql: inList("e.name", "IN", names)}); err != nil {
			return err
		}
	}
	theirs := map[int64]bool{}
	for i := range made {
		theirs[made[i].Seq] = true
	}
	undone = slices.DeleteFunc(undone, func(c query.Change) bool { return theirs[c.Seq] })
	for _, m := range slices.SortedStableFunc(slices.Values(slices.Concat(made, undone)), func(a, b query.Change) int { return cmp.Compare(a.Time, b.Time) }) {
		c.Did(session.Deed{Service: m.Service, Name: m.Action, Resource: m.Resource, Account: m.Account, Summary: m.Summary, Seq: m.Seq, Time: m.Time, Theirs: theirs[m.Seq]})
	}
	for _, s := range c.Steps() {
		t := session.Tasks[s.Task]
		if n := len(out.Contain); n == 0 || out.Contain[n-1].Name != t.Name {
			out.Contain = append(out.Contain, query.Task{Name: t.Name, Title: t.Title, Field: t.Field})
		}
		at := &out.Contain[len(out.Contain)-1]
		at.Steps = append(at.Steps, query.Measure{What: s.What, Account: s.Account, Why: s.Why, Seq: s.Seq, Done: s.Done})
	}
	out.Partial = out.Partial || len(made) > maxMade
	out.Made = made[:min(len(made), maxMade)]
	return nil
}

// made reads the changes among events of a condition that were made in services
// which let people in, oldest first.
func (db *DB) made(ctx context.Context, where expr) ([]query.Change, error) {
	var sources []uint32
	for _, s := range session.DeedServices() {
		if k := db.dicts[domSource].lookup(s + ".amazonaws.com"); k != 0 {
			sources = append(sources, k)
		}
	}
	if len(sources) == 0 {
		return nil, nil
	}
	q := fmt.Sprintf("SELECT e.seq, e.t, e.who, e.name, e.account, e.region, e.ip, c.resource, c.rtype, c.summary, c.severity, e.source FROM changes_rows AS c JOIN event_rows AS e ON e.seq = c.seq "+
		"WHERE %s AND e.outcome = 0 AND (%s) ORDER BY e.t, e.seq", inList("e.source", "IN", sources), where.sql)
	return ask(ctx, db, func(ctx context.Context, c conn) ([]query.Change, error) {
		var out []query.Change
		err := c.each(ctx, q, where.args, func(v []driver.Value) error {
			d := func(dom domain, i int) string { return db.dicts[dom].text(uint32(number(v[i]))) }
			ch := query.Change{Seq: number(v[0]), Time: noTime, Actor: db.dicts[domPerson].text(db.people.get(uint32(number(v[2]))).texts[whoActor]),
				Action: d(domName, 3), Account: d(domAccount, 4), Region: d(domRegion, 5), Service: strings.TrimSuffix(d(domSource, 11), ".amazonaws.com"), SourceIP: d(domIP, 6),
				Resource: d(domResource, 7), ResourceType: d(domResourceType, 8), Summary: text(v[9]), Severity: uint8(number(v[10]))}
			if v[1] != nil {
				ch.Time = number(v[1])
			}
			out = append(out, ch)
			return nil
		})
		return out, err
	})
}
