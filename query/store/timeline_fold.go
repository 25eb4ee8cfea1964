package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
)

const (
	foldGap     = int64(10 * time.Minute / time.Microsecond) // between two changes of a burst
	foldRoutine = int64(12 * time.Hour / time.Microsecond)   // likewise of what is graded info, which jobs do all day
	foldMost    = 5000                                       // changes in one row; a longer burst takes several
	foldNames   = 8                                          // resources that a row lists
	causeReach  = int64(15 * time.Minute / time.Microsecond) // between a call and what services make of it
)

// foldedChanges makes a page whose rows stand for bursts of alike changes.
// Rows next to each other in time order are alike when they have actor, API
// and outcome in common; where a burst begins and ends does not depend on where
// the page does.
func (db *DB) foldedChanges(ctx context.Context, r query.ChangeRequest, cd cond) (query.ChangePage, error) {
	var out query.ChangePage
	raw := r
	raw.N = max(r.N+r.N/2, 100)
	var groups []query.Change // in the direction of travel
	for {
		page, where, err := db.changePage(ctx, raw, cd)
		if err != nil {
			return out, err
		}
		if len(cd.leaves()) > 0 {
			where = expr{} // the findings of a search were let go: causes can't be looked for
		}
		rows, err := db.underCauses(ctx, where, page.Rows)
		if err != nil {
			return out, err
		}
		if r.Back {
			slices.Reverse(rows)
		}
		for _, c := range rows {
			groups = foldInto(groups, c, r.Back)
		}
		out.Partial = page.Partial
		out.More = page.More
		if !page.More || len(groups) > r.N || len(page.Rows) == 0 {
			break
		}
		raw.Include = false
		raw.From = page.Rows[len(page.Rows)-1].Cursor()
		if r.Back {
			raw.From = page.Rows[0].Cursor()
		}
	}
	if len(groups) > r.N {
		groups, out.More = groups[:r.N], true
	}
	if r.Back {
		slices.Reverse(groups)
	}
	out.Rows = groups
	return out, nil
}

// foldInto adds a change to the last group or as a new one. Going back, the
// change met last is the one that the row begins with.
func foldInto(groups []query.Change, c query.Change, back bool) []query.Change {
	if len(groups) == 0 || !alike(&groups[len(groups)-1], &c) {
		return append(groups, c)
	}
	g := groups[len(groups)-1]
	if g.Fold == nil {
		g.Fold = &query.Fold{Count: 1, First: g.Time, Last: g.Time, LastSeq: g.Seq}
		g.Fold.Resources = addName(nil, g.Resource)
	}
	f := g.Fold
	f.Count++
	f.First, f.Last = min(f.First, c.Time), max(f.Last, c.Time)
	f.Resources = addName(f.Resources, c.Resource)
	row, other := g, c
	if back {
		row, other = c, g
		row.Fold = f
	} else {
		f.LastSeq = c.Seq
	}
	if row.Action != other.Action && other.Action == bulkDelete { // it says what the single ones were part of
		row.Action, row.Summary, row.Resource, row.ResourceType = other.Action, other.Summary, other.Resource, other.ResourceType
	}
	row.Severity = max(row.Severity, other.Severity)
	row.Made += other.Made
	row.Public = row.Public || other.Public
	row.NewActor = row.NewActor || other.NewActor
	row.NewAddress = row.NewAddress || other.NewAddress
	if row.Mark == "" && row.Note == "" && len(row.Tags) == 0 {
		row.Mark, row.Note, row.Tags = other.Mark, other.Note, other.Tags
	}
	groups[len(groups)-1] = row
	return groups
}

// bulkDelete is followed by a record per object where data events are logged.
const bulkDelete = "DeleteObjects"

// family is the API that others come with.
func family(action string) string {
	if action == "DeleteObject" {
		return bulkDelete
	}
	return action
}

func addName(names []string, s string) []string {
	if s == "" || len(names) >= foldNames || slices.Contains(names, s) {
		return names
	}
	return append(names, s)
}

// alike reports whether c goes on with the burst g. Graver changes and those
// that expose something stand alone: a burst must not hide them.
func alike(g, c *query.Change) bool {
	last := g.Time
	if g.Fold != nil {
		if g.Fold.Count >= foldMost {
			return false
		}
		last = g.Fold.Last
		if c.Time < g.Fold.First {
			last = g.Fold.First
		}
	}
	gap := foldGap
	if c.Severity == uint8(change.Info) {
		gap = foldRoutine
	}
	near := c.Time == noTime && last == noTime || c.Time != noTime && last != noTime && max(c.Time-last, last-c.Time) <= gap
	grave := g.Severity == c.Severity || family(g.Action) == bulkDelete
	return near && grave && g.Actor == c.Actor && g.Account == c.Account && g.Service == c.Service && family(g.Action) == family(c.Action) &&
		g.Outcome == c.Outcome && g.Error == c.Error && g.Public == c.Public && g.Via == c.Via && g.Probe == c.Probe
}

// underCauses takes out the changes that a service made for a call in the
// timeline, and counts them at that call.
func (db *DB) underCauses(ctx context.Context, where expr, rows []query.Change) ([]query.Change, error) {
	if where.sql == "" {
		return rows, nil
	}
	near, err := db.around(ctx, where, rows)
	if err != nil || len(near) == 0 {
		return rows, err
	}
	cause, made := db.causes(near)
	out := rows[:0:0]
	for _, r := range rows {
		if cause[r.Seq] != 0 {
			continue
		}
		r.Made = made[r.Seq]
		out = append(out, r)
	}
	return out, nil
}

// A step is a change in numbers, as much of it as tells causes.
type step struct {
	seq, t               int64
	who, source, account uint32
	ok                   bool
}

// aroundMost bounds what is read to tell causes; beyond it changes stand alone.
const aroundMost = 20_000

// around reads, in order of time, the changes that services made and the calls
// to those services, by the actors of rows for whom that matters, near rows.
func (db *DB) around(ctx context.Context, where expr, rows []query.Change) ([]step, error) {
	servants := db.servants.of(db.people)
	actors, sources := map[uint32]bool{}, map[uint32]bool{}
	low, high := int64(noTime), int64(noTime)
	for _, r := range rows {
		actor := db.dicts[domPerson].lookup(r.Actor)
		by := servants[actor]
		service := db.dicts[domPerson].lookup(r.Service + ".amazonaws.com")
		if r.Time == noTime || len(by) == 0 || r.Via == "" && by[service] == nil {
			continue
		}
		for name := range by {
			sources[db.dicts[domSource].lookup(db.dicts[domPerson].text(name))] = true
		}
		if actors[actor] = true; low == noTime {
			low, high = r.Time, r.Time
		}
		low, high = min(low, r.Time), max(high, r.Time)
	}
	if len(actors) == 0 {
		return nil, nil
	}
	delete(sources, 0)
	where = all(where, expr{"e.t BETWEEN ? AND ?", []any{low - causeReach, high + causeReach}})
	// There may be very many identities: what they did is told apart here, and
	// by DuckDB only where that leaves too much.
	list, err := db.steps(ctx, where)
	if err == nil && len(list) == aroundMost {
		list, err = db.steps(ctx, all(where, db.ofServants(servants, actors, sources)))
	}
	return slices.DeleteFunc(list, func(s step) bool {
		p := db.people.get(s.who)
		return !actors[p.texts[whoActor]] || !madeByService(p) && !sources[s.source]
	}), err
}

// ofServants is the condition for what services made in the name of actors, and
// for what the actors did with the services.
func (db *DB) ofServants(servants map[uint32]map[uint32][]uint32, actors, sources map[uint32]bool) expr {
	var made []uint32
	for actor := range actors {
		for _, ids := range servants[actor] {
			made = append(made, ids...)
		}
	}
	either := in("e.who", made, len(db.people.all()))
	if len(sources) > 0 {
		either = any1(either, expr{sql: inList("e.source", "IN", sortedKeys(sources)) + " AND e.who IN (SELECT id FROM identities WHERE " + inList("actor", "IN", sortedKeys(actors)) + ")"})
	}
	return either
}

// madeByService reports whether an identity is a service acting with a caller's rights.
func madeByService(p identityRow) bool {
	return p.texts[whoInvokedBy] != 0 && cloudtrail.Kind(p.kind) != cloudtrail.KindService
}

// servants are the identities of services that act with people's rights, by
// actor and service, both numbers of domPerson. Identities are only ever added,
// so each is looked at once.
type servants struct {
	mu   sync.Mutex
	read int
	by   map[uint32]map[uint32][]uint32
}

// of returns them as of now; the maps in it are replaced, not changed, by later calls.
func (s *servants) of(p *people) map[uint32]map[uint32][]uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := p.all()
	if len(rows) == s.read {
		return s.by
	}
	all, own := maps.Clone(s.by), map[uint32]bool{}
	if all == nil {
		all = map[uint32]map[uint32][]uint32{}
	}
	for _, r := range rows[s.read:] {
		if !madeByService(r) {
			continue
		}
		actor, service := r.texts[whoActor], r.texts[whoInvokedBy]
		if !own[actor] {
			own[actor] = true
			if all[actor] = maps.Clone(all[actor]); all[actor] == nil {
				all[actor] = map[uint32][]uint32{}
			}
		}
		all[actor][service] = append(all[actor][service], r.id)
	}
	s.read, s.by = len(rows), all
	return s.by
}

func (db *DB) steps(ctx context.Context, where expr) ([]step, error) {
	q := fmt.Sprintf("SELECT e.seq, e.t, e.who, e.source, e.account, e.outcome FROM event_rows AS e WHERE %s ORDER BY e.t, e.seq LIMIT %d", where.sql, aroundMost)
	return ask(ctx, db, func(ctx context.Context, c conn) ([]step, error) {
		var out []step
		err := c.each(ctx, q, where.args, func(v []driver.Value) error {
			out = append(out, step{number(v[0]), number(v[1]), uint32(number(v[2])), uint32(number(v[3])), uint32(number(v[4])), number(v[5]) == 0})
			return nil
		})
		return out, err
	})
}

// causes tells for service-made changes, in order of time, which direct call
// they come from: the latest one of the same actor to that service, that
// succeeded, within reach.
func (db *DB) causes(list []step) (cause map[int64]int64, made map[int64]int) {
	type key struct {
		actor, account uint32
		service        string
	}
	cause, made = map[int64]int64{}, map[int64]int{}
	last := map[key]step{}
	for _, s := range list {
		p := db.people.get(s.who)
		if !madeByService(p) {
			if s.ok {
				last[key{p.texts[whoActor], s.account, db.dicts[domSource].text(s.source)}] = s
			}
			continue
		}
		by, ok := last[key{p.texts[whoActor], s.account, db.dicts[domPerson].text(p.texts[whoInvokedBy])}]
		if ok && s.t-by.t <= causeReach {
			cause[s.seq] = by.seq
			made[by.seq]++
		}
	}
	return cause, made
}

// ChangeCauses fills in Cause of unfolded rows, for output that keeps them.
func (db *DB) ChangeCauses(ctx context.Context, f query.Filter, rows []query.Change) error {
	h, err := db.filter(ctx, f)
	if err != nil {
		return err
	}
	defer h.release()
	near, err := db.around(ctx, all(h.where, anyChange), rows)
	if err != nil {
		return err
	}
	cause, _ := db.causes(near)
	for i := range rows {
		rows[i].Cause = cause[rows[i].Seq]
	}
	return nil
}
