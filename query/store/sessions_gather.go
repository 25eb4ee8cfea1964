package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"spoor/query/session"
)

// A workbench is what sessions are worked out on: the sums and the evidence of
// the case as of one moment, and what of it has come since the last time.
type workbench struct {
	*search
	x        *sessionIndex // of the last time, nil when all is to be worked out
	state    caseState
	from, to int64 // first and last event time of the case
	sumRows  int64 // how many rows of sums there are
	exact    []uint32
	ev       *evidence

	final     bool      // this is the last part
	foreknown bool      // evidence, names and the first event time are those of later parts as well
	late      []uint32  // identities that have turned out to sign in
	added     []sumRow  // the sums that are new
	read      int       // how many rows of sums were worked out
	minted    int       // the mints of ev from here on are new
	until     int       // and those from here on are of a later part
	dirty     []uint32  // identities whose cause was looked for again
	moved     []uint32  // those of them that have another one now
	paired    []twinRow // new twins
	refused   []uint32  // identities whose breaks were looked for again
}

// errAnew says that what came since can't be added to what there is.
var errAnew = errors.New("work out anew")

// prepare brings sums and evidence up to date. x is what was worked out last, or
// nil, and ev the evidence of that time, nil when it is to be read.
func (db *DB) prepare(ctx context.Context, c conn, x *sessionIndex, ev *evidence, idle time.Duration) (*workbench, error) {
	span, _ := db.now()
	w := &workbench{search: &search{naming: newNaming(db), db: db, idle: idle.Microseconds(), last: span.last}, state: caseState{span.events, span.last}, ev: ev}
	if span.from <= span.to {
		w.from, w.to = span.from, span.to
	}
	if ok, err := w.takeUp(ctx, c, x); err != nil {
		return nil, err
	} else if !ok {
		w.ev = &evidence{causes: map[uint32]spot{}, twins: map[twinKey]twinRow{}, breaks: map[uint32][]breakRow{}}
		if err := c.inTx(ctx, func() error {
			_, err := c.exec(ctx, "DELETE FROM session_state; DELETE FROM session_sums")
			return err
		}); err != nil {
			return nil, err
		}
	}
	if err := w.sum(ctx, c); err != nil {
		return nil, err
	}
	n, err := c.int64s(ctx, "SELECT sum(events)::BIGINT, count(*) FROM session_sums")
	if err != nil {
		return nil, err
	}
	if w.x != nil && n[0] != w.state.events { // a cancelled question may have come to its end after all
		return db.prepare(ctx, c, nil, nil, idle)
	}
	w.sumRows = n[1]
	w.ev.state = w.state
	return w, w.gather(ctx, c)
}

// takeUp reports whether what was worked out last can be added to: events came
// since, and none went. Then it makes it ready.
func (w *workbench) takeUp(ctx context.Context, c conn, x *sessionIndex) (bool, error) {
	if x == nil || x.idle.Microseconds() != w.idle {
		return false, nil
	}
	if _, err := c.exec(ctx, fmt.Sprintf("DELETE FROM session_sums WHERE upto > %d", x.state.last)); err != nil { // of a time that came to nothing
		return false, err
	}
	n, err := c.int64s(ctx, fmt.Sprintf("SELECT (SELECT count(*) FROM event_rows AS e WHERE e.seq > %d AND e.seq <= %d), (SELECT sum(events)::BIGINT FROM session_sums)", x.state.last, w.last))
	if err != nil || x.state.events+n[0] != w.state.events || n[1] != x.state.events {
		return false, err
	}
	if w.ev == nil || w.ev.state != x.state {
		if w.ev, err = readEvidence(ctx, c, x.state, w.idle); err != nil {
			return false, err
		}
	}
	w.x, w.after = x, x.state.last
	return true, pile(ctx, c, w.db.sessions.batches)
}

// sum reads the new mints, and sums the new events up.
func (w *workbench) sum(ctx context.Context, c conn) error {
	mints, err := readMints(ctx, c, w.after, w.last)
	if err != nil {
		return err
	}
	w.minted = len(w.ev.mints)
	w.ev.mints = append(w.ev.mints, mints...)
	w.until = len(w.ev.mints)
	w.exact = w.signers(w.ev.mints)
	if w.x != nil {
		for _, id := range w.exact {
			if _, known := slices.BinarySearch(w.x.exact, id); !known && len(w.x.of(id)) > 0 {
				w.late = append(w.late, id)
			}
		}
	}
	if len(w.late) > 0 { // summed up by stretches of time so far
		who := in("who", w.late, len(w.who))
		err := c.inTx(ctx, func() error {
			if _, err := c.exec(ctx, "DELETE FROM session_sums WHERE "+who.sql, who.args...); err != nil {
				return err
			}
			return sumUp(ctx, c, 0, w.after, in("e.who", w.late, len(w.who)), w.exact, w.idle)
		})
		if err != nil {
			return err
		}
	}
	return sumUp(ctx, c, w.after, w.last, exprTrue, w.exact, w.idle)
}

// gather looks for new evidence.
func (w *workbench) gather(ctx context.Context, c conn) error {
	f, err := w.freshly(ctx, c)
	if err != nil {
		return err
	}
	causes, err := w.causes(ctx, c, f)
	if err != nil {
		return fmt.Errorf("look for causes: %w", err)
	}
	w.dirty = sortedKeys(keysOf(causes))
	for _, who := range w.dirty {
		p := causes[who]
		if w.ev.causes[who] != p {
			w.moved = append(w.moved, who)
		}
		if delete(w.ev.causes, who); p != (spot{}) {
			w.ev.causes[who] = p
		}
	}
	twins, err := w.twins(ctx, c)
	if err != nil {
		return fmt.Errorf("look for twins: %w", err)
	}
	for _, t := range twins {
		if w.ev.pair(t, w.idle) {
			w.paired = append(w.paired, t)
		}
	}
	refused, breaks, err := w.breaks(ctx, c, f)
	if err != nil {
		return fmt.Errorf("look for refusals: %w", err)
	}
	for who, at := range refused {
		w.refused = append(w.refused, who)
		w.ev.breaks[who] = slices.DeleteFunc(w.ev.breaks[who], func(b breakRow) bool { return b.at.t >= at.from && b.at.t <= at.to })
	}
	for _, b := range breaks {
		w.ev.breaks[b.at.who] = append(w.ev.breaks[b.at.who], b)
	}
	return nil
}

func keysOf[V any](m map[uint32]V) map[uint32]bool {
	out := make(map[uint32]bool, len(m))
	for k := range m {
		out[k] = true
	}
	return out
}

// freshly says what the new events touch, and reads their sums where they are
// added to others.
func (w *workbench) freshly(ctx context.Context, c conn) (fresh, error) {
	f := fresh{}
	if w.x == nil {
		f[everyone] = timeSpan{w.from, w.to}
		return f, nil
	}
	err := readSums(ctx, c, expr{sql: fmt.Sprintf("upto > %d", w.after)}, func(r *sumRow) {
		w.added = append(w.added, *r)
		f.add(r.who, r.first, r.last)
	})
	return f, err
}

// everything is the input of the whole case.
func (w *workbench) everything(ctx context.Context, c conn) (*sums, error) {
	s := &sums{naming: w.naming, input: session.Input{Idle: time.Duration(w.idle) * time.Microsecond, From: w.from, To: w.to}}
	if err := readSums(ctx, c, exprTrue, s.add); err != nil {
		return nil, err
	}
	s.input.Details = s.details()
	for i := range w.ev.mints {
		s.input.Mints = append(s.input.Mints, w.mint(&w.ev.mints[i]))
	}
	for who, by := range w.ev.causes {
		s.input.Causes = append(s.input.Causes, session.Cause{Who: w.identity(who), By: w.ref(by)})
	}
	for _, t := range w.ev.twins {
		s.input.Twins = append(s.input.Twins, w.twin(t))
	}
	return s, nil
}

func (n *naming) twin(t twinRow) session.Twin {
	return session.Twin{Hidden: n.ref(t.hidden), Full: n.ref(t.full), Event: session.EventRef{ID: spellID(t.hi, t.lo, t.idkind, t.idtext, n.id), Seq: t.seq}}
}

// workOut brings the sessions up to date and keeps them.
func (db *DB) workOut(ctx context.Context, idle time.Duration) (*sessionIndex, error) {
	x, ev := db.sessions.index.Load(), db.sessions.kept
	if !db.sessions.summed {
		x, ev = nil, nil
	}
	db.sessions.kept, db.sessions.summed = nil, x != nil && x.idle == idle // until all went well
	w, err := askAlone(ctx, db, func(ctx context.Context, c conn) (*workbench, error) { return db.prepare(ctx, c, x, ev, idle) })
	if err != nil {
		return nil, err
	}
	next, err := db.extend(ctx, w)
	if err == nil {
		db.sessions.extended++
	}
	if errors.Is(err, errAnew) {
		next, err = db.anew(ctx, w)
	}
	if err == nil {
		db.sessions.kept, db.sessions.summed = w.ev, true
	}
	return next, err
}

// anew works out all sessions of the sums there are: of a large case part by
// part, as batches that come one after the other, so that memory need hold what
// one of them touches only.
func (db *DB) anew(ctx context.Context, w *workbench) (*sessionIndex, error) {
	db.sessions.summed = false
	if w.sumRows >= 2*db.sessions.portion {
		if x, err := db.inParts(ctx, w); !errors.Is(err, errAnew) {
			return x, err
		}
		w.naming = newNaming(db)
	}
	return db.atOnce(ctx, w)
}

// inParts works all out part by part; errAnew when that won't do.
func (db *DB) inParts(ctx context.Context, w *workbench) (*sessionIndex, error) {
	x := newSessionIndex(caseState{}, time.Duration(w.idle)*time.Microsecond, w.from, w.exact)
	w.naming = nil // parts have their own, which goes with them
	ends, err := ask(ctx, db, func(ctx context.Context, c conn) ([]caseState, error) {
		if err := clearSessions(ctx, c); err != nil {
			return nil, err
		}
		return w.parts(ctx, c, db.sessions.portion)
	})
	for at, n, together := -1, 0, 1; at < len(ends)-1 && err == nil; n++ {
		if n%partsTogether == 0 {
			db.settleTables(ctx)
		}
		at = min(at+together, len(ends)-1)
		end := ends[at]
		part := &workbench{search: &search{naming: newNaming(db), db: db, idle: w.idle, after: x.state.last, last: end.last}, x: x, state: end, from: w.from, to: w.to, exact: w.exact,
			ev: w.ev, foreknown: true, final: at == len(ends)-1}
		if err = part.take(ctx); err == nil {
			x, err = db.extend(ctx, part)
		}
		if part.read > 2*len(part.added) { // a session that goes on through all parts is worked out again in each
			together *= 2
		}
		if err == nil {
			db.sessions.index.Store(x) // goes with what the tables hold
		}
	}
	if errors.Is(err, errAnew) {
		db.sessions.index.Store(nil) // nothing goes with half of the tables
	}
	return x, err
}

// partsTogether is how many parts are written before DuckDB packs what they left.
const partsTogether = 2

// settleTables has DuckDB pack what was committed, which it would keep in memory
// until much more has come. While others write it can't be had; then they pay.
func (db *DB) settleTables(ctx context.Context) {
	_ = db.with(ctx, func(c conn) error { _, err := c.exec(ctx, "CHECKPOINT"); return err })
}

// parts cuts the sums there are into parts of so many rows at most, as far as they
// were not summed up in larger ones.
func (w *workbench) parts(ctx context.Context, c conn, most int64) ([]caseState, error) {
	var out []caseState
	var events, rows int64
	err := c.each(ctx, "SELECT upto, sum(events)::BIGINT, count(*) FROM session_sums GROUP BY upto ORDER BY upto", nil, func(v []driver.Value) error {
		events, rows = events+number(v[1]), rows+number(v[2])
		if n := len(out); n > 0 && rows <= most {
			out[n-1] = caseState{events, number(v[0])}
		} else {
			out, rows = append(out, caseState{events, number(v[0])}), number(v[2])
		}
		return nil
	})
	if n := len(out); n > 0 {
		out[n-1].last = w.state.last
	}
	return out, err
}

// take reads the sums of a part, and finds what evidence bears on it.
func (w *workbench) take(ctx context.Context) error {
	w.minted, _ = slices.BinarySearchFunc(w.ev.mints, w.after, func(m mintNote, seq int64) int { return cmp.Compare(m.seq, seq+1) })
	w.until, _ = slices.BinarySearchFunc(w.ev.mints, w.last, func(m mintNote, seq int64) int { return cmp.Compare(m.seq, seq+1) })
	rows, err := ask(ctx, w.db, func(ctx context.Context, c conn) ([]sumRow, error) {
		var rows []sumRow
		err := readSums(ctx, c, expr{sql: fmt.Sprintf("upto > %d AND upto <= %d", w.after, w.last)}, func(r *sumRow) { rows = append(rows, *r) })
		return rows, err
	})
	if err != nil {
		return err
	}
	w.added = rows
	who := map[uint32]bool{}
	for i := range rows {
		who[rows[i].who] = true
	}
	for id, by := range w.ev.causes {
		if who[by.who] {
			w.moved = append(w.moved, id)
		}
	}
	for _, t := range w.ev.twins {
		if who[t.hidden.who] || who[t.full.who] {
			w.paired = append(w.paired, t)
		}
	}
	return nil
}

// atOnce works all out in one go.
func (db *DB) atOnce(ctx context.Context, w *workbench) (*sessionIndex, error) {
	res, err := ask(ctx, db, func(ctx context.Context, c conn) (*session.Result, error) {
		s, err := w.everything(ctx, c)
		if err != nil {
			return nil, err
		}
		return session.Resolve(s.input), nil
	})
	if err != nil {
		return nil, err
	}
	x := newSessionIndex(w.state, time.Duration(w.idle)*time.Microsecond, w.from, w.exact)
	for i := range res.Sessions {
		x.add(&res.Sessions[i], w.number[res.Sessions[i].Face])
	}
	x.listed()
	x.spans = w.spansOf(db, res.Spans, func(n int) uint32 { return uint32(n) })
	x.begin()
	for i, risks := range x.assess(w) {
		res.Sessions[i].Risks = risks
	}
	sessions := res.Sessions
	return x, db.keepSessions(ctx, func(ctx context.Context, c conn) error { return w.writeAll(ctx, c, x, sessions) })
}

// assess looks for signs of risk and notes how many each session has.
func (x *sessionIndex) assess(w *workbench) [][]session.Risk {
	var met []session.Met
	for _, b := range w.ev.sorted(w.search) {
		if n, ok := x.at(b.at); ok {
			met = append(met, session.Met{Break: session.Break{Ref: w.ref(b.at), Call: w.name[b.call], Denied: b.denied}, Session: n})
		}
	}
	risks := x.traces.Assess(met)
	for i, list := range risks {
		x.list[i].carry(list)
	}
	return risks
}
