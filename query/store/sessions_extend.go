package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"spoor/query/session"
)

// extend works out anew what the new events touch, and leaves the rest as it is.
// The answer is that of working out everything: a session depends on its own
// events, on the calls that may have issued its credentials, and on the sessions
// above it. What changes above is followed down until nothing changes any more.
func (db *DB) extend(ctx context.Context, w *workbench) (*sessionIndex, error) {
	if !w.foreknown && (w.x == nil || w.x.from != w.from || w.state.events > 2*w.x.state.events) {
		return nil, errAnew // words of all sessions name the first event time
	}
	t := newTouched(w)
	if !t.begin() {
		return nil, errAnew
	}
	for round := 0; round < maxRounds || w.foreknown; round++ {
		t.settle()
		if slices.ContainsFunc(t.numbers(), func(n uint32) bool { return w.x.list[n].ring }) {
			break
		}
		if !w.foreknown && 2*t.count > len(w.x.list)+smallCase {
			break
		}
		p, err := ask(ctx, db, func(ctx context.Context, c conn) (*part, error) { return t.resolve(ctx, c) })
		if err != nil {
			return nil, err
		}
		if p.rings() {
			break
		}
		if !t.follow(p) {
			return db.join(ctx, t, p)
		}
	}
	return nil, errAnew
}

const (
	maxRounds = 12  // how often changes are followed down, before all is worked out anew
	smallCase = 200 // sessions that cost nothing to work out
)

// A part is what was worked out of the touched sessions.
type part struct {
	known []session.Session
	res   *session.Result
	told  []userRow // sessions left alone of the Identity Center users
	names map[string]string
}

// rings reports whether links lead round: which of them goes depends on all of
// the ring.
func (p *part) rings() bool {
	ring := func(s session.Session) bool { return s.Ring }
	return slices.ContainsFunc(p.res.Sessions, ring) || slices.ContainsFunc(p.known, ring)
}

// A userRow is a session of an Identity Center user.
type userRow struct {
	num           int
	behalf, actor string
	name          string // "" where the session's name isn't hers
}

// resolve works the touched sessions out.
func (t *touched) resolve(ctx context.Context, c conn) (*part, error) {
	s := &sums{naming: t.naming, input: session.Input{Idle: time.Duration(t.idle) * time.Microsecond, From: t.from, To: t.to, Assumed: t.assumed}}
	if err := t.activity(ctx, c, s); err != nil {
		return nil, err
	}
	p := &part{}
	var err error
	known := map[int]bool{}
	t.evidenceOf(s, known)
	if s.input.Known, err = t.known(ctx, c, known); err != nil {
		return nil, err
	}
	p.known = s.input.Known
	if p.told, err = t.users(ctx, c, s); err != nil {
		return nil, err
	}
	p.names = session.UserNames(s.input.Mints)
	s.input.Names = map[string]string{}
	for _, u := range p.told {
		if u.name != "" && (s.input.Names[u.behalf] == "" || u.name < s.input.Names[u.behalf]) {
			s.input.Names[u.behalf] = u.name
		}
	}
	s.input.Details = s.details()
	p.res = session.Resolve(s.input)
	for behalf, name := range s.input.Names {
		tell(p.names, behalf, name)
	}
	for i := range p.res.Sessions {
		if r := &p.res.Sessions[i]; r.Tells() {
			tell(p.names, r.Behalf, r.SessionName)
		}
	}
	return p, nil
}

func tell(names map[string]string, behalf, name string) {
	if old := names[behalf]; old == "" || name < old {
		names[behalf] = name
	}
}

// activity reads the sums of the touched sessions.
func (t *touched) activity(ctx context.Context, c conn, s *sums) error {
	where := all(expr{sql: fmt.Sprintf("upto <= %d", t.last)}, in("who", sortedKeys(t.members), len(t.rows)))
	t.read = 0
	return readSums(ctx, c, where, func(r *sumRow) {
		if r.upto <= t.after && !t.whole[r.who] {
			if n, ok := t.x.at(r.spot()); !ok || !t.in[n] {
				return
			}
		}
		t.read++
		s.add(r)
	})
}

// evidenceOf adds mints, causes and twins to the input; known are the sessions
// left alone that they name as callers.
func (t *touched) evidenceOf(s *sums, known map[int]bool) {
	caller := func(p spot, fresh bool) string {
		if n, ok := t.x.at(p); ok && !fresh && !t.in[n] {
			known[n] = true
			return t.x.id(n)
		}
		return ""
	}
	mints, matters := t.relevant()
	for i, n := range mints {
		m := &t.ev.mints[n]
		out := t.mint(m)
		if matters[i] {
			out.Caller = caller(m.at, n >= t.minted && n < t.until)
		}
		if s.input.Mints = append(s.input.Mints, out); m.from != 0 && out.Caller == "" {
			t.previous(m, known)
		}
	}
	for who, by := range t.ev.causes {
		if t.members[who] {
			s.input.Causes = append(s.input.Causes, session.Cause{Who: t.identity(who), By: t.ref(by)})
		}
	}
	for _, w := range t.ev.twins {
		if n, ok := t.x.at(w.hidden); t.members[w.hidden.who] && (!ok || t.in[n]) {
			out := t.twin(w)
			out.Caller = caller(w.full, w.seq > t.after)
			s.input.Twins = append(s.input.Twins, out)
		}
	}
}

// known reads sessions that are left alone, and all above them.
func (t *touched) known(ctx context.Context, c conn, wanted map[int]bool) ([]session.Session, error) {
	var out []session.Session
	have := map[uint32]bool{}
	for len(wanted) > 0 {
		var nums []uint32
		for n := range wanted {
			nums, have[uint32(n)] = append(nums, uint32(n)), true
		}
		slices.Sort(nums)
		rows, err := t.x.rows(ctx, c, t.lexicon, nums)
		if err != nil {
			return nil, err
		}
		wanted = map[int]bool{}
		for i := range rows {
			s := &rows[i].Session
			s.Face = t.identity(rows[i].face)
			for _, id := range session.Parents(s) {
				if n, ok := t.x.numbered(numberOfSession(id)); ok && !t.in[n] && !have[n] {
					wanted[int(n)] = true
				}
			}
			out = append(out, *s)
		}
	}
	return out, nil
}

// follow touches what hangs on what has changed, and reports whether anything does.
func (t *touched) follow(p *part) bool {
	before := t.count
	now := map[uint64]*session.Session{}
	for i := range p.res.Sessions {
		s := &p.res.Sessions[i]
		now[numberOfSession(s.ID)] = s
	}
	down := maps.Clone(t.down)
	for _, n := range t.numbers() {
		k := &t.x.list[n]
		if s := now[k.id]; s == nil || bearing(s, t.number[s.Face]) != k.bearing {
			down[k.id] = true
		}
	}
	for i := range t.ev.mints[:t.minted] { // a call may be another session's now
		if n, ok := t.was(t.ev.mints[i].at); ok {
			if at, found := p.res.Find(t.ref(t.ev.mints[i].at)); !found || p.res.Sessions[at].ID != t.x.id(n) {
				down[t.x.list[n].id] = true
			}
		}
	}
	for _, w := range t.ev.twins {
		if n, ok := t.was(w.full); ok && w.seq <= t.after {
			if at, found := p.res.Find(t.ref(w.full)); !found || p.res.Sessions[at].ID != t.x.id(n) {
				down[t.x.list[n].id] = true
			}
		}
	}
	for id := range down {
		for _, l := range t.x.children(id) {
			t.session(int(l.child))
		}
	}
	t.between(p)
	for _, u := range p.told {
		if name := p.names[u.behalf]; name != "" && name != u.actor {
			t.session(u.num)
		}
	}
	return t.count > before
}

// between touches the sessions left alone that have events between those of one
// stretch of work: of identities that sign in one second decides.
func (t *touched) between(p *part) {
	for i := range p.res.Spans {
		s := &p.res.Spans[i]
		if !s.ByIP() {
			continue
		}
		for _, old := range t.x.of(t.number[s.Who]) {
			if !t.in[old.session] && old.byIP && old.anchor == uint8(s.Anchor) && t.ip[old.ip] == s.IP && overlaps(&old, s.From, s.To) {
				t.session(int(old.session))
			}
		}
	}
}

// was returns the number of the touched session that a spot belonged to.
func (t *touched) was(p spot) (int, bool) {
	if !t.members[p.who] {
		return 0, false
	}
	n, ok := t.x.at(p)
	return n, ok && t.in[n]
}

// users lists the sessions left alone of the Identity Center users at work.
func (t *touched) users(ctx context.Context, c conn, s *sums) ([]userRow, error) {
	ids := map[uint32]bool{}
	enter := func(user string) {
		if n, ok := t.x.behalfs.number[user]; ok {
			ids[n] = true
		}
	}
	for who := range t.members {
		enter(t.person[t.rows[who].texts[whoOnBehalfOf]])
	}
	for i := range s.input.Known {
		enter(s.input.Known[i].Behalf)
	}
	if delete(ids, 0); len(ids) == 0 {
		return nil, nil
	}
	var nums []uint32
	for n := range t.x.list {
		if ids[t.x.list[n].behalf] && !t.in[n] {
			nums = append(nums, uint32(n))
		}
	}
	rows, err := t.x.rows(ctx, c, t.lexicon, nums)
	out := make([]userRow, len(rows))
	for i := range rows {
		r := &rows[i]
		if out[i] = (userRow{num: int(r.num), behalf: r.Behalf, actor: r.Actor}); r.Tells() {
			out[i].name = r.SessionName
		}
	}
	return out, err
}

// join puts what was worked out in spot of what was touched.
func (db *DB) join(ctx context.Context, t *touched, p *part) (*sessionIndex, error) {
	old := t.x
	x := &sessionIndex{state: t.state, idle: old.idle, from: old.from, exact: t.exact, roots: old.roots, behalfs: old.behalfs, traces: old.traces.Others(len(old.list) + len(p.res.Sessions))}
	x.list = make([]sessionKey, 0, len(old.list)+len(p.res.Sessions))
	to := make([]uint32, len(old.list)) // the number now, of those left alone
	placed := make([]uint32, len(p.res.Sessions))
	at := 0
	enter := func() {
		placed[at] = uint32(len(x.list))
		x.add(&p.res.Sessions[at], t.number[p.res.Sessions[at].Face])
	}
	for i := range old.list {
		for ; at < len(p.res.Sessions) && before(&p.res.Sessions[at], &old.list[i]); at++ {
			enter()
		}
		if !t.in[i] {
			to[i] = uint32(len(x.list))
			x.list = append(x.list, old.list[i])
			x.traces.All = append(x.traces.All, old.traces.All[i])
		}
	}
	for ; at < len(p.res.Sessions); at++ {
		enter()
	}
	for _, l := range old.lines {
		if !t.in[l.child] {
			x.lines = append(x.lines, lineage{l.parent, to[l.child]})
		}
	}
	x.listed()
	x.spans = mergeSpans(t, to, t.spansOf(db, p.res.Spans, func(n int) uint32 { return placed[n] }))
	x.begin()
	risks := x.assess(t.workbench)
	for i, n := range placed {
		p.res.Sessions[i].Risks = risks[n]
	}
	d := &delta{touched: t, x: x, to: to, placed: placed, sessions: p.res.Sessions, risks: risks}
	return x, db.keepSessions(ctx, d.write)
}

// before reports whether a session comes before one of an index.
func before(s *session.Session, k *sessionKey) bool {
	if s.Start != k.start {
		return s.Start < k.start
	}
	return numberOfSession(s.ID) < k.id
}

// mergeSpans puts new spans between those of sessions left alone.
func mergeSpans(t *touched, to []uint32, spans []whoSpan) []whoSpan {
	out := make([]whoSpan, 0, len(t.x.spans)+len(spans))
	for i := range t.x.spans {
		s := t.x.spans[i]
		if t.in[s.session] {
			continue
		}
		for len(spans) > 0 && spans[0].compare(&s) < 0 {
			out, spans = append(out, spans[0]), spans[1:]
		}
		s.session = to[s.session]
		out = append(out, s)
	}
	return append(out, spans...)
}
