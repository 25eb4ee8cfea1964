package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// descend walks down from sessions, by what they gave out and by what they reached.
func (db *DB) descend(ctx context.Context, x *sessionIndex, nums []uint32) (session.Radius, error) {
	calls, err := db.bringers(ctx, x)
	if err != nil {
		return session.Radius{}, err
	}
	d := descent{x: x, seen: make([]bool, len(x.list))}
	d.below(nums)
	for level := d.all; len(level) > 0 && len(d.all) < maxDescent; {
		reached, next, err := db.reached(ctx, calls, level)
		if err != nil {
			return session.Radius{}, err
		}
		d.reached = append(d.reached, reached...)
		before := len(d.all)
		d.below(next)
		level = d.all[before:]
	}
	slices.Sort(d.all)
	rows, err := db.sessionRows(ctx, x, d.all)
	if err != nil {
		return session.Radius{}, err
	}
	sessions := make([]session.Session, len(rows))
	for i := range rows {
		sessions[i] = rows[i].Session
	}
	ids := make([]string, len(nums))
	for i, n := range nums {
		ids[i] = x.id(int(n))
	}
	return session.Descend(sessions, db.issued(calls, d.all), d.reached, ids), nil
}

// A descent is what was found below some sessions so far.
type descent struct {
	x       *sessionIndex
	seen    []bool // by number
	all     []uint32
	reached []session.Reached
}

// below adds sessions and all that hang under them.
func (d *descent) below(nums []uint32) {
	take := func(level []uint32, n uint32) []uint32 {
		if d.seen[n] || len(d.all) >= maxDescent+len(nums) {
			return level
		}
		d.seen[n] = true
		d.all = append(d.all, n)
		return append(level, n)
	}
	var level []uint32
	for _, n := range nums {
		level = take(level, n)
	}
	for len(level) > 0 {
		var next []uint32
		for _, n := range level {
			for _, l := range d.x.children(d.x.list[n].id) {
				next = take(next, l.child)
			}
		}
		level = next
	}
}

// A doorway is a call after which somebody can work as an instance or as a user.
type doorway struct {
	by      int // session
	at      int64
	call    string
	what    string // instance or user
	account string // of the user, "" for an instance
}

// before orders the doorways to one session.
func (d *doorway) before(e *doorway, x *sessionIndex) bool {
	return cmp.Or(cmp.Compare(d.at, e.at), strings.Compare(x.id(d.by), x.id(e.by)), strings.Compare(d.call, e.call)) < 0
}

// reached finds the sessions of instances that sessions started or gave a role, and of
// users whose passwords they set. next are their numbers.
func (db *DB) reached(ctx context.Context, calls *bringers, from []uint32) (out []session.Reached, next []uint32, err error) {
	x, doors := calls.x, db.doorways(calls, from)
	if len(doors) == 0 {
		return nil, nil, nil
	}
	through := map[uint32]*doorway{} // by session, the last before it
	for w, r := range db.people.all() {
		name, account := uint32(0), ""
		switch cloudtrail.Kind(r.kind) {
		case cloudtrail.KindInstance:
			name = r.texts[whoSessionName]
		case cloudtrail.KindUser:
			name, account = r.texts[whoUserName], db.dicts[domPerson].text(r.texts[whoAccount])
		}
		if name == 0 {
			continue
		}
		list := doors[db.dicts[domPerson].text(name)]
		for i := range list {
			if door := &list[i]; door.account == account {
				x.through(door, uint32(w), through)
			}
		}
	}
	rows, err := db.sessionRows(ctx, x, slices.Sorted(maps.Keys(through)))
	if err != nil {
		return nil, nil, err
	}
	for i := range rows {
		s, door := &rows[i].Session, through[rows[i].num]
		if door.account != "" && s.Kind != session.Console && s.Kind != session.SignIn { // her keys are no matter of passwords
			continue
		}
		out = append(out, session.Reached{By: x.id(door.by), Session: s.ID, Why: "after " + door.call + " for " + door.what})
		next = append(next, rows[i].num)
	}
	return out, next, nil
}

// through notes a doorway for the sessions of an identity that began after it.
func (x *sessionIndex) through(door *doorway, who uint32, found map[uint32]*doorway) {
	for _, s := range x.of(who) {
		start := x.list[s.session].start
		if int(s.session) == door.by || door.at != noTime && start != noTime && start < door.at-stampReach {
			continue
		}
		if old := found[s.session]; old == nil || old.before(door, x) {
			found[s.session] = door
		}
	}
}

// doorways are such calls of some sessions, by the instance or user they are about.
func (db *DB) doorways(calls *bringers, from []uint32) map[string][]doorway {
	out := map[string][]doorway{}
	for _, n := range from {
		for _, p := range of(calls.led, n) {
			note := &calls.doors[p.at]
			d := doorway{by: int(n), at: note.at.t, call: db.dicts[domName].text(note.name), what: db.dicts[domResource].text(note.resource)}
			if slices.Contains(loginCalls, d.call) {
				d.account = db.dicts[domAccount].text(note.at.account)
			}
			out[d.what] = append(out[d.what], d)
		}
	}
	return out
}
