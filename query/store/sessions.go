package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"spoor/query/session"
)

// sessions is what the case knows of its sessions. They are worked out from sums
// over all events, by package session, when somebody asks and events have come
// since. Tables keep the sums, the evidence and the sessions, so that only what the
// new events touch is worked out again, at the next start as well:
//
//	event_rows ──sumUp──▶ session_sums ──▶ session ──▶ session_rows, session_spans
//	mints, pairs ──────▶ evidence ─────────▶              │ in memory
//	(what came since)    (what it touches)                ▼
//	                        filters, pages ◀──────── sessionIndex
//
// The files tell of it in this order:
//
//	_sums, _evidence  what is kept of events: sums by identity and stretch of time,
//	_causes           calls that gave out credentials, what set services off
//	_gather           sums and evidence brought up to date, then one of three ways:
//	                  all at once, a large case part by part, or, as a rule,
//	_touch, _clues    what new events may change: more than that, never less
//	_extend           those sessions worked out again among the others as they are,
//	                  and what hangs on them, until nothing changes any more
//	_index            the sessions of any event, found and sorted in memory
//	_tables, _body    how sessions lie in the case
//	_delta            what of that a batch changes, in one transaction
//	_list, _fields …   what is asked of them
//
// A session is known by its id, a hash of what makes it one; its number is its
// place in an index, and another one in the next. Whatever way they were worked
// out, and whatever was cancelled on it, the tables say the same: tests compare
// them bit by bit.
//
// The memory of working all out goes with the rows of sums of one part, of which
// there are so many at most (sessionPortion), as far as no one session has more by
// itself; DuckDB spills what goes beyond its own limit. What goes with the case is in
// memory whole: identities, the index (some 170 bytes a session with one span and one
// link, twice while parts are joined) and the calls that gave out credentials; once a
// session was opened, those that started instances or set passwords as well.
type sessions struct {
	working  sync.Mutex // held while they are worked out; guards what follows, to lists
	index    atomic.Pointer[sessionIndex]
	bringers atomic.Pointer[bringers]
	unsure   atomic.Bool   // a write was cancelled: whether the tables say what index does is not known
	took     time.Duration // the last time
	done     time.Time     // when
	summed   bool          // whether session_sums holds what index was worked out from
	kept     *evidence     // what index was worked out from; nil when it is to be read
	extended int           // how many times what came since was added to what there was
	portion  int64         // how many rows of sums are worked out at once
	writing  sync.Mutex    // held while the tables are written, by what nobody may wait for any more
	batches  int64         // see manyBatches
	lists    sessionLists
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
	if x := db.sessions.index.Load(); x != nil && x.is(db.stateOfCase(), idle) && !db.sessions.unsure.Load() {
		return x, nil
	}
	stale = stale && db.loading()
	if !db.sessions.working.TryLock() {
		if x := db.sessions.index.Load(); stale && x != nil && (idle == 0 || idle == x.idle) {
			return x, nil // somebody is at it
		}
		db.sessions.working.Lock()
	}
	defer db.sessions.working.Unlock()
	x, err := db.takenUp(ctx)
	if err != nil {
		return nil, err
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
	x, err = db.workOut(ctx, idle)
	if err != nil {
		return nil, err
	}
	db.sessions.index.Store(x)
	db.sessions.done = time.Now()
	db.sessions.took = time.Since(began)
	db.bump() // events have a session and a root actor now, or others than before
	return x, nil
}

// takenUp returns what sessions were worked out last, nil for none, read from the
// case where that is not at hand.
func (db *DB) takenUp(ctx context.Context) (*sessionIndex, error) {
	db.sessions.writing.Lock() // what was cancelled has ended, one way or the other
	defer db.sessions.writing.Unlock()
	x := db.sessions.index.Load()
	if x != nil && !db.sessions.unsure.Load() {
		return x, nil
	}
	db.sessions.summed = false
	x, err := db.takeUpSessions(ctx)
	if err == nil && db.sessions.unsure.Swap(false) {
		db.sessions.index.Store(x)
		db.bump()
	}
	return x, err
}

// takeUpSessions reads what the last start left, if anything, while nobody else
// works sessions out.
func (db *DB) takeUpSessions(ctx context.Context) (*sessionIndex, error) {
	x, err := db.readIndex(ctx)
	if err == nil && x != nil {
		db.sessions.index.Store(x)
		db.sessions.summed = true
	}
	return x, err
}

// keepSessions writes to the tables, all or nothing. Whoever cancels need not wait:
// the next to work sessions out does, and reads what the tables say then.
func (db *DB) keepSessions(ctx context.Context, write func(context.Context, conn) error) error {
	_, err := askAlone(ctx, db, func(ctx context.Context, c conn) (struct{}, error) {
		return struct{}{}, c.inTx(ctx, func() error { return write(ctx, c) })
	})
	if err != nil {
		db.sessions.unsure.Store(true)
		return fmt.Errorf("keep sessions: %w", err)
	}
	return nil
}

// askAlone asks as ask does, one after the other: what was cancelled, for which nobody
// waits, may still be undoing what it wrote to the tables of sessions.
func askAlone[T any](ctx context.Context, db *DB, f func(context.Context, conn) (T, error)) (T, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) (T, error) {
		db.sessions.writing.Lock()
		defer db.sessions.writing.Unlock()
		if err := ctx.Err(); err != nil {
			var none T
			return none, err
		}
		return f(ctx, c)
	})
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
