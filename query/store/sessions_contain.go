package store

import (
	"cmp"
	"context"
	"database/sql/driver"
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
	since := c.Since()
	if len(made) > 0 {
		since = min(since, made[0].Time)
	}
	did := make([]session.Deed, len(made))
	for i := range made {
		did[i] = deed(&made[i], true)
	}
	undone, err := db.made(ctx, all(db.callTo(c.Undoings(did)), expr{"e.t >= ?", []any{since}}))
	if err != nil {
		return err
	}
	theirs := map[int64]bool{}
	for i := range made {
		theirs[made[i].Seq] = true
	}
	undone = slices.DeleteFunc(undone, func(c query.Change) bool { return theirs[c.Seq] })
	for _, m := range slices.SortedStableFunc(slices.Values(slices.Concat(made, undone)), func(a, b query.Change) int { return cmp.Compare(a.Time, b.Time) }) {
		c.Did(deed(&m, theirs[m.Seq]))
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

// deed is a change as a step of containment sees it.
func deed(m *query.Change, theirs bool) session.Deed {
	return session.Deed{Service: m.Service, Name: m.Action, Resource: m.Resource, Account: m.Account, Summary: m.Summary, Seq: m.Seq, Time: m.Time, Theirs: theirs}
}

// made reads the changes among events of a condition that were made in services
// which let people in, oldest first.
func (db *DB) made(ctx context.Context, where expr) ([]query.Change, error) {
	services := session.DeedServices()
	where = all(db.passing("e.source", domSource, func(s string) bool { return slices.Contains(services, strings.TrimSuffix(s, ".amazonaws.com")) }),
		anyChange, expr{sql: "e.outcome = 0"}, where)
	if where.sql == exprFalse.sql {
		return nil, nil
	}
	q := "SELECT " + changeColumns + ", c.summary FROM event_rows AS e JOIN changes_rows AS c ON c.seq = e.seq WHERE " + where.sql + " ORDER BY e.t, e.seq"
	return ask(ctx, db, func(ctx context.Context, c conn) ([]query.Change, error) {
		var out []query.Change
		err := c.each(ctx, q, where.args, func(v []driver.Value) error {
			ch := db.newChange(v)
			ch.Summary = text(v[len(v)-1])
			out = append(out, ch)
			return nil
		})
		return out, err
	})
}
