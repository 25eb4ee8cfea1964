package store

import (
	"slices"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// touched are the sessions that new events may change, found by what ties
// events and sessions together. It may well be more than those that do change,
// but never fewer.
//
// Identities come in two kinds. What a bound one did is of one session as a rule:
// it has a temporary key, or credentials of a known second. All of it is worked
// out again, with all that shares its key, its second or its sign-in. Of the
// others, users with lasting keys and services, only the stretches of work about
// the new events are.
type touched struct {
	*workbench
	in      []bool          // sessions, by number of the last time
	count   int             // of them
	whole   map[uint32]bool // bound identities with all they did
	members map[uint32]bool // identities with events of touched sessions, and new ones
	queue   []uint32        // sessions to spread from
	assumed map[string]bool // accounts in which a role was assumed

	spansOfSession [2][]uint32 // where the spans of each session begin, and their places
	temporary      map[uint32]bool
	ties           ties
	spread         bool             // ties have come that were not looked for yet
	causedBy       map[int][]uint32 // sessions, the identities that services at work in them set off
	alike          map[peerKey][]uint32
	down           map[uint64]bool // sessions by id, all below which is touched
}

// A peerKey is what identities share whose stretches of work may be one.
type peerKey struct{ principal, key, service uint32 }

// ties are what touched identities share with others.
type ties struct {
	keys, signIns map[uint32]bool // texts
	stamps        map[stampTie]bool
	hours         map[uint32][]int64 // by principal: times near which sign-ins matter
}

// A stampTie is a principal and when its credentials were made.
type stampTie struct {
	principal uint32
	created   int64
}

// How far apart, in µs, what belongs together may be: a sign-in and its steps, a
// call and the credentials it made (the rules of package session, and some more).
const (
	signInReach = 6 * 60 * 1_000_000
	stampReach  = 3 * 1_000_000
	clockReach  = 120 * 1_000_000
	longestLife = 36 * 3600 * 1_000_000
)

func newTouched(w *workbench) *touched {
	t := &touched{workbench: w, in: make([]bool, len(w.x.list)), whole: map[uint32]bool{}, members: map[uint32]bool{},
		assumed: map[string]bool{}, temporary: map[uint32]bool{}, causedBy: map[int][]uint32{}, down: map[uint64]bool{},
		ties: ties{map[uint32]bool{}, map[uint32]bool{}, map[stampTie]bool{}, map[uint32][]int64{}}}
	first, places := make([]uint32, len(w.x.list)+1), make([]uint32, len(w.x.spans))
	for i := range w.x.spans {
		first[w.x.spans[i].session+1]++
	}
	for i := range w.x.list {
		first[i+1] += first[i]
	}
	next := slices.Clone(first)
	for i := range w.x.spans {
		n := w.x.spans[i].session
		places[next[n]] = uint32(i)
		next[n]++
	}
	t.spansOfSession = [2][]uint32{first, places}
	for who, by := range w.ev.causes {
		if w.rows[by.who].texts[whoInvokedBy] == 0 {
			continue // what comes of a call in person is of the same session
		}
		if n, ok := w.x.at(by); ok {
			t.causedBy[n] = append(t.causedBy[n], who)
		}
	}
	return t
}

// numbers lists the touched sessions.
func (t *touched) numbers() []uint32 {
	out := make([]uint32, 0, t.count)
	for n, in := range t.in {
		if in {
			out = append(out, uint32(n))
		}
	}
	return out
}

// temp reports whether an identity has a temporary key that tells it.
func (t *touched) temp(r *identityRow) bool {
	key := r.texts[whoKey]
	if key == 0 {
		return false
	}
	is, ok := t.temporary[key]
	if !ok {
		is = session.Temporary(t.person[key])
		t.temporary[key] = is
	}
	return is
}

func (t *touched) bound(who uint32) bool {
	r := &t.rows[who]
	if cloudtrail.Kind(r.kind) == cloudtrail.KindService {
		return false
	}
	return r.created != noTime || r.texts[whoSignIn] != 0 || t.temp(r)
}

// session touches a session.
func (t *touched) session(n int) {
	if !t.in[n] {
		t.in[n] = true
		t.count++
		t.queue = append(t.queue, uint32(n))
	}
}

// reach touches all that an identity did, if it is a bound one.
func (t *touched) reach(who uint32) {
	if t.members[who] = true; t.whole[who] || !t.bound(who) {
		return
	}
	t.whole[who] = true
	for _, s := range t.x.of(who) {
		t.session(int(s.session))
	}
	r := &t.rows[who]
	if t.temp(r) {
		t.ties.keys[r.texts[whoKey]] = true
	}
	if r.texts[whoSignIn] != 0 {
		t.ties.signIns[r.texts[whoSignIn]] = true
	}
	if r.created != noTime {
		t.ties.stamps[stampTie{r.texts[whoPrincipalID], r.created}] = true
		t.near(who, r.created)
	}
	t.spread = true
}

// near touches the sign-ins of an identity's principal about a time.
func (t *touched) near(who uint32, at int64) {
	if at == noTime {
		return
	}
	p := t.rows[who].texts[whoPrincipalID]
	t.ties.hours[p] = append(t.ties.hours[p], at)
	t.spread = true
}

// settle touches all that hangs together with what is touched.
func (t *touched) settle() {
	for len(t.queue) > 0 || t.spread {
		for len(t.queue) > 0 {
			n := t.queue[len(t.queue)-1]
			t.queue = t.queue[:len(t.queue)-1]
			first, places := t.spansOfSession[0], t.spansOfSession[1]
			for _, i := range places[first[n]:first[n+1]] {
				t.reach(t.x.spans[i].who)
			}
			for _, who := range t.causedBy[int(n)] {
				t.reach(who)
			}
		}
		if t.spread {
			t.spread = false
			t.tied()
			t.setOff()
			t.switched()
		}
	}
}

// tied touches the identities that share what touched ones have.
func (t *touched) tied() {
	for w := 1; w < len(t.rows); w++ {
		r := &t.rows[w]
		who := uint32(w)
		if t.whole[who] || len(t.x.of(who)) == 0 {
			continue
		}
		if key := r.texts[whoKey]; key != 0 && t.ties.keys[key] || r.texts[whoSignIn] != 0 && t.ties.signIns[r.texts[whoSignIn]] ||
			r.created != noTime && t.ties.stamps[stampTie{r.texts[whoPrincipalID], r.created}] {
			t.reach(who)
			continue
		}
		if r.created != noTime {
			continue
		}
		for _, at := range t.ties.hours[r.texts[whoPrincipalID]] {
			for _, s := range t.x.of(who) {
				if s.byIP && overlaps(&s, at-signInReach, at+signInReach) {
					t.session(int(s.session))
				}
			}
		}
	}
}

// overlaps reports whether a stretch of work has a part in a time.
func overlaps(s *whoSpan, from, to int64) bool { return s.from <= to && s.to >= from }

// setOff touches what set the touched work of services off.
func (t *touched) setOff() {
	for who := range t.members {
		if by, ok := t.ev.causes[who]; ok {
			if n, ok := t.x.at(by); ok {
				t.session(n)
			}
		}
	}
}

// switched touches the sessions that were switched to from touched ones.
func (t *touched) switched() {
	var names map[uint32]bool
	for i := range t.ev.mints {
		m := &t.ev.mints[i]
		if m.from == 0 {
			continue
		}
		if names == nil {
			names = map[uint32]bool{}
			for who := range t.members {
				names[t.rows[who].texts[whoPrincipal]] = true
			}
		}
		if names[m.from] {
			if n, ok := t.x.at(m.at); ok {
				t.session(n)
			}
		}
	}
}

// begin touches what the new events and the new evidence touch. It reports
// whether that will do, or all must be worked out anew.
func (t *touched) begin() bool {
	if !t.assume() {
		return false
	}
	for i := range t.added {
		t.fresh(&t.added[i])
	}
	for _, who := range t.late {
		t.members[who] = true
		t.all(t.x.of(who), noTime)
	}
	t.issued()
	for _, who := range t.moved {
		t.reach(who)
		if by, ok := t.ev.causes[who]; ok {
			if n, ok := t.x.at(by); ok {
				t.session(n)
			}
		}
	}
	for _, w := range t.paired {
		if n, ok := t.x.at(w.hidden); ok {
			t.session(n)
		}
	}
	return t.named()
}

// assume notes where roles were assumed. It reports whether that is known: else
// words of sessions say that nobody did.
func (t *touched) assume() bool {
	type role struct{ call, arn uint32 }
	seen := map[role]bool{}
	for i := range t.ev.mints {
		r := role{t.ev.mints[i].call, t.ev.mints[i].roleARN}
		if seen[r] {
			continue
		}
		seen[r] = true
		m := session.Mint{Mint: cloudtrail.Mint{Call: t.person[r.call], RoleARN: t.person[r.arn]}}
		account, ok := m.AssumedIn()
		if ok && i >= t.minted && !t.assumed[account] && !t.foreknown {
			return false
		}
		if ok {
			t.assumed[account] = true
		}
	}
	return true
}

// fresh touches the stretches of work that new events continue.
func (t *touched) fresh(r *sumRow) {
	t.reach(r.who)
	id := &t.rows[r.who]
	if id.bare() {
		t.near(r.who, r.first)
	}
	idle := t.idle
	for _, peer := range t.peers()[peerOf(id)] {
		for _, s := range t.x.of(peer) {
			switch {
			case !s.byIP:
				if s.account == r.account {
					t.session(int(s.session))
				}
			case s.ip != r.ip:
			case r.first == noTime:
				if s.to == noTime {
					t.session(int(s.session))
				}
			case overlaps(&s, r.first-idle, r.last+idle):
				t.session(int(s.session))
			}
		}
	}
}

func peerOf(r *identityRow) peerKey {
	if cloudtrail.Kind(r.kind) != cloudtrail.KindService {
		return peerKey{principal: r.texts[whoPrincipalID], key: r.texts[whoKey]}
	}
	if by := r.texts[whoInvokedBy]; by != 0 {
		return peerKey{service: by}
	}
	return peerKey{service: r.texts[whoActor]}
}

// peers lists identities by what they share.
func (t *touched) peers() map[peerKey][]uint32 {
	if t.alike == nil {
		t.alike = map[peerKey][]uint32{}
		for i := range t.added {
			t.alike[peerOf(&t.rows[t.added[i].who])] = nil
		}
		for w := 1; w < len(t.rows); w++ {
			k := peerOf(&t.rows[w])
			if list, asked := t.alike[k]; asked && len(t.x.of(uint32(w))) > 0 {
				t.alike[k] = append(list, uint32(w))
			}
		}
	}
	return t.alike
}
