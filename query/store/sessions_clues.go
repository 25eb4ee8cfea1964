package store

import (
	"slices"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// A clues is what a mint and the sessions of its credentials share.
type clues struct {
	keys    map[uint32]int64 // texts, with the earliest time of issue
	signIns map[uint32]bool
	names   map[uint32]bool    // session names, of those with a source identity and of uncaused ones
	seconds map[int64]bool     // when credentials were made, or given out
	roles   map[uint32]bool    // session names of those
	callers map[uint32]bool    // principals of those
	tokens  map[uint32][]int64 // when those asked for tokens to sign in with
}

func newClues() clues {
	return clues{map[uint32]int64{}, map[uint32]bool{}, map[uint32]bool{}, map[int64]bool{}, map[uint32]bool{}, map[uint32]bool{}, map[uint32][]int64{}}
}

const signInToken = "GetSigninToken"

// opened reports whether a token may have opened the console session of an
// identity.
func (c *clues) opened(r *identityRow) bool {
	return slices.ContainsFunc(c.tokens[r.texts[whoPrincipalID]], func(at int64) bool {
		return r.created >= at-stampReach && r.created-at <= session.TokenLife.Microseconds()
	})
}

// made reports whether a call may have made some of the credentials of a second.
func (c *clues) made(t *touched, m *mintNote) bool {
	call := t.person[m.call]
	if m.at.t == noTime || !c.seconds[m.at.t/1_000_000] && call != signInToken {
		return false
	}
	if session.Assumes(call) {
		return m.session == 0 || c.roles[m.session]
	}
	switch call {
	case "ConsoleLogin", signInToken, "GetSessionToken":
		return c.callers[t.rows[m.at.who].texts[whoPrincipalID]]
	}
	return true
}

// second notes a time, as well as it is known.
func (c *clues) second(at int64) {
	if at == noTime {
		return
	}
	for d := int64(-stampReach); d <= stampReach; d += 1_000_000 {
		c.seconds[(at+d)/1_000_000] = true
	}
}

// issued touches the sessions whose credentials a new call may have given out.
func (t *touched) issued() {
	c, shared := newClues(), map[[2]uint64]bool{}
	for i := t.minted; i < t.until; i++ {
		if m := &t.ev.mints[i]; m.sharedHi != 0 || m.sharedLo != 0 {
			shared[[2]uint64{m.sharedHi, m.sharedLo}] = true
		}
	}
	for i := range t.ev.mints {
		m := &t.ev.mints[i]
		if (i < t.minted || i >= t.until) && !shared[[2]uint64{m.sharedHi, m.sharedLo}] {
			continue
		}
		if old, ok := c.keys[m.issued]; !ok || m.at.t < old {
			c.keys[m.issued] = m.at.t
		}
		c.signIns[m.signIn], c.names[m.session] = true, true
		c.second(m.at.t)
		if p := t.rows[m.at.who].texts[whoPrincipalID]; t.person[m.call] == signInToken && m.at.t != noTime {
			c.tokens[p] = append(c.tokens[p], m.at.t)
		}
		if session.SignsIn(t.person[m.call]) {
			t.near(m.at.who, m.at.t)
		}
	}
	delete(c.keys, 0)
	delete(c.signIns, 0)
	for w := 1; w < len(t.rows); w++ {
		r := &t.rows[w]
		who, spans := uint32(w), t.x.of(uint32(w))
		if len(spans) == 0 {
			continue
		}
		at, hasKey := c.keys[r.texts[whoKey]]
		switch {
		case r.created != noTime && (c.seconds[r.created/1_000_000] || c.opened(r)), c.signIns[r.texts[whoSignIn]], hasKey && t.bound(who):
			t.reach(who)
		case r.created == noTime && r.texts[whoSourceIdentity] != 0 && c.names[r.texts[whoSessionName]]:
			t.all(spans, noTime)
		case t.uncaused(who) && c.names[r.texts[whoSessionName]]:
			t.reach(who)
		case hasKey:
			t.all(spans, at)
		}
	}
}

// uncaused reports whether a service worked with the rights of a role's session, and
// the call that set it off is not known: the calls that opened the session tell whose.
func (t *touched) uncaused(who uint32) bool {
	r := &t.rows[who]
	if r.texts[whoInvokedBy] == 0 || r.texts[whoRole] == 0 || r.texts[whoSessionName] == 0 {
		return false
	}
	return t.ev.causes[who] == (spot{})
}

// all touches the sessions of spans that ended after a time, about.
func (t *touched) all(spans []whoSpan, from int64) {
	for _, s := range spans {
		if from == noTime || t.x.list[s.session].end == noTime || t.x.list[s.session].end >= from-clockReach {
			t.session(int(s.session))
		}
	}
}

// named touches what the new steps of signing in to Identity Center name. It
// reports whether that will do.
func (t *touched) named() bool {
	var steps []session.Mint
	old := 0
	for i := range t.ev.mints {
		if !t.tells(&t.ev.mints[i]) {
			continue
		}
		if steps = append(steps, t.mint(&t.ev.mints[i])); i < t.minted {
			old = len(steps)
		}
	}
	if old == len(steps) || t.foreknown {
		return true
	}
	before, now := session.UserNames(steps[:old]), session.UserNames(steps)
	for user, name := range now {
		switch before[user] {
		case name:
		case "":
			for w := 1; w < len(t.rows); w++ {
				if t.person[t.rows[w].texts[whoOnBehalfOf]] == user {
					for _, s := range t.x.of(uint32(w)) {
						t.session(int(s.session))
						t.down[t.x.list[s.session].id] = true
					}
				}
			}
		default:
			return false
		}
	}
	return true
}

// relevant lists the mints that the touched sessions may come from or have made,
// and those that only tell names or when somebody signed in.
func (t *touched) relevant() (mints []int, matters []bool) {
	c, principals := newClues(), map[uint32]bool{}
	for who := range t.members {
		r := &t.rows[who]
		c.keys[r.texts[whoKey]], c.signIns[r.texts[whoSignIn]] = 0, true
		if c.second(r.created); r.created != noTime {
			c.roles[r.texts[whoSessionName]], c.callers[r.texts[whoPrincipalID]] = true, true
		}
		if r.created == noTime && r.texts[whoSourceIdentity] != 0 || t.uncaused(who) {
			c.names[r.texts[whoSessionName]] = true
		}
		if r.created == noTime {
			principals[r.texts[whoPrincipalID]] = true
		}
	}
	delete(c.keys, 0)
	delete(c.signIns, 0)
	is, signIn, shared := make([]bool, len(t.ev.mints)), make([]bool, len(t.ev.mints)), map[[2]uint64]bool{}
	for i := range t.ev.mints {
		m := &t.ev.mints[i]
		_, key := c.keys[m.issued]
		_, mine := t.was(m.at)
		signIn[i] = principals[t.rows[m.at.who].texts[whoPrincipalID]] && session.SignsIn(t.person[m.call])
		is[i] = i >= t.minted && i < t.until || mine || key || c.signIns[m.signIn] || c.names[m.session] || c.made(t, m)
		if is[i] && (m.sharedHi != 0 || m.sharedLo != 0) {
			shared[[2]uint64{m.sharedHi, m.sharedLo}] = true
		}
	}
	for i := range t.ev.mints {
		m := &t.ev.mints[i]
		is[i] = is[i] || shared[[2]uint64{m.sharedHi, m.sharedLo}]
		if !is[i] && !signIn[i] && !t.tells(m) {
			continue
		}
		mints, matters = append(mints, i), append(matters, is[i])
	}
	return mints, matters
}

// tells reports whether a mint may tell what an Identity Center user is called.
func (t *touched) tells(m *mintNote) bool {
	out := session.Mint{Mint: cloudtrail.Mint{Call: t.person[m.call]}}
	if m.signIn != 0 {
		out.Workflow = t.person[m.signIn]
	}
	return out.Names()
}

// previous adds to known the sessions of the principal that a mint was switched
// from.
func (t *touched) previous(m *mintNote, known map[int]bool) {
	for w := 1; w < len(t.rows); w++ {
		if t.rows[w].texts[whoPrincipal] != m.from {
			continue
		}
		for _, s := range t.x.of(uint32(w)) {
			k := &t.x.list[s.session]
			if !t.in[s.session] && (m.at.t == noTime || k.start == noTime || k.start <= m.at.t+stampReach && k.end >= m.at.t-longestLife-stampReach) {
				known[int(s.session)] = true
			}
		}
	}
}
