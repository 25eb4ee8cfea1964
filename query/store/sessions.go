package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"spoor/query/session"
)

// sessions is what the case knows of its sessions. They are worked out from sums
// over all events, by package session, when somebody asks and events have come
// since; tables keep them for the next start:
//
//	event_rows, mints ──gather──▶ session ──▶ session_rows, session_spans
//	(what came since)                             (what changed)
//	                                              │ in memory
//	             filters, pages ◀── sessionIndex ◀┘
type sessions struct {
	working sync.Mutex // held while they are worked out
	index   atomic.Pointer[sessionIndex]
	took    time.Duration // the last time, under working
	done    time.Time     // when, under working
	kept    *gathering    // what they were worked out from, while a load goes on; under working
	written []uint64      // what the tables hold, a sum a session, beside kept
	lists   sessionLists
}

// patience is how many times as long as working sessions out takes their answers
// may be old while a load is running: it costs the load a tenth at most.
const patience = 10

// Resolve works the sessions of the case out, unless that has been done since
// the last event came. idle is what ends a session of a long-term key; 0 keeps
// what was asked for last, session.DefaultIdle at first.
func (db *DB) Resolve(ctx context.Context, idle time.Duration) error {
	_, err := db.resolved(ctx, idle, false)
	return err
}

// resolved returns the sessions as they are now. With stale, older ones will do
// while a load is running.
func (db *DB) resolved(ctx context.Context, idle time.Duration, stale bool) (*sessionIndex, error) {
	if x := db.sessions.index.Load(); x != nil && x.is(db.stateOfCase(), idle) {
		return x, nil
	}
	follows := stale // whoever puts up with old answers asks again when more has come
	stale = stale && db.loading()
	if !db.sessions.working.TryLock() {
		if x := db.sessions.index.Load(); stale && x != nil && (idle == 0 || idle == x.idle) {
			return x, nil // somebody is at it
		}
		db.sessions.working.Lock()
	}
	defer db.sessions.working.Unlock()
	x := db.sessions.index.Load()
	if x == nil {
		var err error
		if x, err = db.readSessions(ctx); err != nil {
			return nil, err
		}
		db.sessions.index.Store(x) // may still be nil
	}
	switch {
	case x != nil && x.is(db.stateOfCase(), idle):
		return x, nil
	case x != nil && stale && (idle == 0 || idle == x.idle) && time.Since(db.sessions.done) < patience*db.sessions.took:
		return x, nil
	}
	if idle == 0 {
		if idle = session.DefaultIdle; x != nil {
			idle = x.idle
		}
	}
	began := time.Now()
	x, err := db.workOut(ctx, idle, follows)
	if err != nil {
		return nil, err
	}
	db.sessions.index.Store(x)
	db.sessions.done = time.Now()
	db.sessions.took = time.Since(began)
	db.bump() // events have a session and a root actor now, or others than before
	return x, nil
}

// loading reports whether events are being appended.
func (db *DB) loading() bool {
	if !db.writing.TryLock() {
		return true
	}
	defer db.writing.Unlock()
	return db.lot != nil
}

// A caseState tells whether events came or went: a replaced object's events get
// new numbers.
type caseState struct{ events, last int64 }

func (db *DB) stateOfCase() caseState {
	s, _ := db.now()
	return caseState{s.events, s.last}
}

// workOut resolves the whole case and keeps the result. What it was worked out
// from is taken up again where events only came since, so that the case is not
// summed up anew; keep says whether that is likely.
func (db *DB) workOut(ctx context.Context, idle time.Duration, keep bool) (*sessionIndex, error) {
	g, old := db.sessions.kept, db.sessions.written
	db.sessions.kept, db.sessions.written = nil, nil // until all went well
	g, err := db.gathered(ctx, g, idle)
	if err != nil {
		return nil, err
	}
	if !keep {
		g.settle()
	}
	res := session.Resolve(g.input)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	x := newSessionIndex(g, res, idle)
	res = &session.Result{Sessions: res.Sessions} // without what finds events
	if !keep {
		g = &gathering{state: g.state, idle: g.idle, exact: g.exact} // nor what they were worked out from, the largest part
	}
	sums, err := db.writeSessions(ctx, g, res, x, old)
	if err == nil && keep {
		db.sessions.kept, db.sessions.written = g, sums
	}
	return x, err
}

// gathered brings a gathering up to date, or begins another.
func (db *DB) gathered(ctx context.Context, g *gathering, idle time.Duration) (*gathering, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) (*gathering, error) {
		if g != nil && g.idle == idle.Microseconds() {
			ok, err := g.adds(ctx, c, db.stateOfCase())
			if err != nil {
				return nil, err
			}
			if ok {
				if err = g.gather(ctx, c); !errors.Is(err, errAnew) {
					return g, err
				}
			}
		}
		g = newGathering(db, idle)
		return g, g.gather(ctx, c)
	})
}
