package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"sort"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// hostCalls are the calls by which an instance that did not have it works with a role;
// loginCalls those that set a user's password.
var (
	hostCalls  = []string{"RunInstances", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"}
	loginCalls = []string{"CreateLoginProfile", "UpdateLoginProfile"}
)

// bringers are the calls of a case by which one session brings others about, by the
// session that made them. They are few and stay in memory: a session that goes on
// through the whole case would have all of it read to find its own.
type bringers struct {
	x     *sessionIndex // as of which
	mints []mintNote    // by seq
	doors []doorNote    // likewise
	gave  []placed      // the mints, by session
	led   []placed      // the doors
}

// A doorNote is a successful call of hostCalls or loginCalls, and an instance or a user
// that it was about.
type doorNote struct {
	at             spot
	name, resource uint32
}

// A placed is the place of a call in a list, and the number of its session.
type placed struct{ session, at uint32 }

// bringers returns those of the sessions of an index. Those of the index before
// are gone on with, where events came and none went.
func (db *DB) bringers(ctx context.Context, x *sessionIndex) (*bringers, error) {
	old := db.sessions.bringers.Load()
	if old != nil && old.x == x {
		return old, nil
	}
	b, err := ask(ctx, db, func(ctx context.Context, c conn) (*bringers, error) {
		b, from := &bringers{x: x}, int64(0)
		if old != nil {
			n, err := c.int64s(ctx, fmt.Sprintf("SELECT count(*) FROM event_rows WHERE seq > %d AND seq <= %d", old.x.state.last, x.state.last))
			if err != nil {
				return nil, err
			}
			if old.x.state.events+n[0] == x.state.events {
				from, b.mints, b.doors = old.x.state.last, slices.Clip(old.mints), slices.Clip(old.doors)
			}
		}
		mints, err := readMints(ctx, c, from, x.state.last)
		if err != nil {
			return nil, err
		}
		doors, err := db.readDoors(ctx, c, from, x.state.last)
		b.mints, b.doors = append(b.mints, mints...), append(b.doors, doors...)
		return b, err
	})
	if err != nil {
		return nil, err
	}
	b.gave = x.place(len(b.mints), func(i int) *spot { return &b.mints[i].at })
	b.led = x.place(len(b.doors), func(i int) *spot { return &b.doors[i].at })
	db.sessions.bringers.Store(b)
	return b, nil
}

// readDoors reads the doors of events numbered above from, up to to.
func (db *DB) readDoors(ctx context.Context, c conn, from, to int64) ([]doorNote, error) {
	calls := db.callTo(slices.Concat(hostCalls, loginCalls))
	leads := db.passing("d.rtype", domResourceType, func(s string) bool { return s == "AWS::EC2::Instance" || s == "AWS::IAM::User" })
	if calls.sql == exprFalse.sql || leads.sql == exprFalse.sql {
		return nil, nil
	}
	q := fmt.Sprintf("WITH calls AS MATERIALIZED (SELECT "+refColumns+", e.name, e.resource, e.rtype, e.seq FROM event_rows AS e WHERE e.seq > %d AND e.seq <= %d AND e.outcome = 0 AND (%s)), "+
		"doors AS (SELECT * FROM calls UNION ALL SELECT "+refColumns+", e.name, t.resource, t.rtype, e.seq FROM calls AS e JOIN touched AS t ON t.seq = e.seq) "+
		"SELECT * FROM doors AS d WHERE %s ORDER BY d.seq, d.resource", from, to, calls.sql, leads.sql)
	var out []doorNote
	err := c.each(ctx, q, append(calls.args[:len(calls.args):len(calls.args)], leads.args...), func(v []driver.Value) error {
		out = append(out, doorNote{spotOf(v), uint32(number(v[5])), uint32(number(v[6]))})
		return nil
	})
	return out, err
}

// place sorts calls by the sessions that made them; of one session they stay in
// order.
func (x *sessionIndex) place(n int, at func(int) *spot) []placed {
	var out []placed
	for i := range n {
		if num, ok := x.at(*at(i)); ok {
			out = append(out, placed{uint32(num), uint32(i)})
		}
	}
	slices.SortStableFunc(out, func(a, b placed) int { return cmp.Compare(a.session, b.session) })
	return out
}

// of returns the calls of one session.
func of(list []placed, session uint32) []placed {
	first := sort.Search(len(list), func(i int) bool { return list[i].session >= session })
	last := first
	for last < len(list) && list[last].session == session {
		last++
	}
	return list[first:last]
}

// issued are the credentials that sessions gave out, by time.
func (db *DB) issued(b *bringers, sessions []uint32) []session.Issued {
	texts, ids := db.dicts[domPerson].all(), db.dicts[domID].all()
	var out []session.Issued
	for _, num := range sessions {
		for _, p := range of(b.gave, num) {
			n := &b.mints[p.at]
			m := session.Mint{Event: session.EventRef{ID: spellID(n.uidHi, n.uidLo, n.idkind, n.idtext, ids), Seq: n.seq}, Ref: session.Ref{Time: n.at.t},
				Mint: cloudtrail.Mint{Call: texts[n.call], IssuedKey: texts[n.issued], RoleARN: texts[n.roleARN], SessionName: texts[n.session], Target: texts[n.target], RoleName: texts[n.roleName]}}
			if i, ok := session.Credentials(&m, b.x.id(int(num))); ok {
				out = append(out, i)
			}
		}
	}
	timeless := func(i session.Issued) int {
		if i.Time == noTime {
			return 1
		}
		return 0
	}
	slices.SortFunc(out, func(a, b session.Issued) int {
		return cmp.Or(cmp.Compare(timeless(a), timeless(b)), cmp.Compare(a.Time, b.Time), cmp.Compare(a.Event.Seq, b.Event.Seq))
	})
	return out
}
