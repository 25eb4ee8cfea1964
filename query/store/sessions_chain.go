package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/session"
)

// ErrNoSession says that no session of the case has the id asked for.
var ErrNoSession = errors.New("no such session")

// maxDescent bounds how many sessions a tree holds.
const maxDescent = 5000

// Session returns one session with its line up and what came of it.
func (db *DB) Session(ctx context.Context, id string) (query.SessionChain, error) {
	x, err := db.resolved(ctx, 0, true)
	if err != nil {
		return query.SessionChain{}, err
	}
	num, ok := x.named(id)
	if !ok {
		return query.SessionChain{}, fmt.Errorf("session %s: %w", id, ErrNoSession)
	}
	rows, err := db.sessionRows(ctx, x, []uint32{uint32(num)})
	if err != nil || len(rows) == 0 {
		return query.SessionChain{}, errors.Join(err, db.missing(rows, id))
	}
	out := query.SessionChain{Session: db.noted(view(&rows[0]))}
	for at := &rows[0]; at.Link != nil && len(out.Up) < at.Depth+maxUp; {
		parent, ok := x.named(at.Link.Parent)
		if !ok {
			break
		}
		up, err := db.sessionRows(ctx, x, []uint32{uint32(parent)})
		if err != nil {
			return out, err
		}
		if len(up) == 0 {
			break
		}
		out.Up = append(out.Up, db.noted(view(&up[0])))
		at = &up[0]
	}
	if rows[0].ActorKind == cloudtrail.KindInstance {
		if out.Started, err = db.starters(ctx, x, rows[0].SessionName, rows[0].Start); err != nil {
			return out, err
		}
	}
	r, err := db.descend(ctx, x, []uint32{uint32(num)})
	if err == nil && len(r.Trees) > 0 {
		out.Down = viewTree(r.Trees[0])
	}
	return out, err
}

// startCalls are the calls that start an instance with a role, or give it one.
var startCalls = append([]string{"StartInstances"}, hostCalls...)

// maxStarters bounds how many of them are listed.
const maxStarters = 10

// starters finds who started an instance, or gave it its role, before a session
// of it began.
func (db *DB) starters(ctx context.Context, x *sessionIndex, instance string, before int64) ([]query.Starter, error) {
	id := db.dicts[domResource].lookup(instance)
	starts := db.callTo(startCalls)
	if id == 0 || starts.sql == exprFalse.sql {
		return nil, nil
	}
	q := fmt.Sprintf("SELECT %s, e.seq, e.name FROM event_rows AS e WHERE %s AND e.outcome = 0 AND (e.t IS NULL OR e.t <= %d) "+
		"AND (e.resource = %d OR e.seq IN (SELECT seq FROM touched WHERE resource = %d)) ORDER BY e.t DESC, e.seq LIMIT %d",
		refColumns, starts.sql, max(before, 0), id, id, maxStarters)
	return ask(ctx, db, func(ctx context.Context, c conn) ([]query.Starter, error) {
		var out []query.Starter
		err := c.each(ctx, q, starts.args, func(v []driver.Value) error {
			s := query.Starter{Seq: number(v[5]), Time: noTime, Event: db.dicts[domName].text(uint32(number(v[6]))), Actor: db.dicts[domPerson].text(db.people.get(uint32(number(v[0]))).texts[whoActor])}
			if v[4] != nil {
				s.Time = number(v[4])
			}
			if n, ok := locate(x, v); ok {
				s.Session = x.id(n)
			}
			out = append(out, s)
			return nil
		})
		return out, err
	})
}

// SessionOf returns the id of the session that an event belongs to.
func (db *DB) SessionOf(ctx context.Context, seq int64) (string, error) {
	x, err := db.resolved(ctx, 0, true)
	if err != nil {
		return "", err
	}
	return ask(ctx, db, func(ctx context.Context, c conn) (string, error) {
		id := ""
		err := c.each(ctx, "SELECT "+refColumns+" FROM event_rows AS e WHERE e.seq = ?", []any{seq}, func(v []driver.Value) error {
			if n, ok := locate(x, v); ok {
				id = x.id(n)
			}
			return nil
		})
		if err == nil && id == "" {
			err = fmt.Errorf("session of event %d: %w", seq, ErrNoSession)
		}
		return id, err
	})
}

// maxUp bounds a line up; package session follows no more links than that.
const maxUp = 17

func (db *DB) missing(rows []sessionRow, id string) error {
	if len(rows) == 0 {
		return fmt.Errorf("session %s: %w", id, ErrNoSession)
	}
	return nil
}

// Radius returns everything that came of the sessions with an event that
// matches: what they are, what they gave out and made, and what to contain.
func (db *DB) Radius(ctx context.Context, f query.Filter) (query.Radius, error) {
	x, err := db.resolved(ctx, 0, true)
	if err != nil {
		return query.Radius{}, err
	}
	counts, _, err := db.matchSessions(ctx, x, f)
	if err != nil {
		return query.Radius{}, err
	}
	var nums []uint32
	for n := range counts {
		nums = append(nums, n)
	}
	slices.Sort(nums)
	if len(nums) > maxDescent {
		return query.Radius{}, fmt.Errorf("%d sessions match: narrow the filter to one actor, key, address or session", len(nums))
	}
	r, err := db.descend(ctx, x, nums)
	if err != nil {
		return query.Radius{}, err
	}
	out := query.Radius{Sessions: r.Sessions, Events: r.Events, Writes: r.Writes, Denied: r.Denied, Partial: r.Sessions >= maxDescent}
	wanted := make([]bool, len(x.list))
	for _, t := range r.Trees {
		out.Trees = append(out.Trees, viewTree(t))
		markTree(t, x, wanted)
	}
	return out, db.contain(ctx, db.whileAtWork(x, wanted, x.where(wanted)), &r.Contain, &out)
}

func markTree(t *session.Tree, x *sessionIndex, wanted []bool) {
	if n, ok := x.numbered(numberOfSession(t.Session.ID)); ok {
		wanted[n] = true
	}
	for _, c := range t.Children {
		markTree(c, x, wanted)
	}
}

func viewTree(t *session.Tree) query.SessionTree {
	row := sessionRow{Session: *t.Session, children: len(t.Children)}
	out := query.SessionTree{Session: view(&row), Maybe: t.Maybe, Why: t.Why}
	for _, i := range t.Issued {
		out.Issued = append(out.Issued, query.IssuedKey{Key: i.Key, Call: i.Call, For: i.For, Event: i.Event.ID, Seq: i.Event.Seq, Time: i.Time, Used: i.Used})
	}
	for _, c := range t.Children {
		out.Children = append(out.Children, viewTree(c))
	}
	return out
}
