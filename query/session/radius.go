package session

import "cmp"

// A Tree is a session and all that came of it.
type Tree struct {
	Session  *Session
	Maybe    bool   // one of several sessions that may have issued its credentials; or it was reached
	Why      string // in words: how it was reached, "" for one with credentials that were given out
	Issued   []Issued
	Children []*Tree
}

// An Issued is a set of credentials that a session's call gave out.
type Issued struct {
	Session string // id of the session that called
	Key     string // "" where the log hides it
	Call    string
	For     string // role, user or account it is for
	Event   EventRef
	Time    int64
	Used    bool // some session used it
}

// A Reached is a session that another brought about without giving out its
// credentials: that of an instance it started or gave a role, or of a user whose
// password it set. Who is at work there the records don't tell.
type Reached struct {
	By, Session string // ids
	Why         string // in words
}

// Credentials says what a mint gave out, and whether it gave out any: a console
// sign-in opens a session but hands over nothing to take away.
func Credentials(m *Mint, session string) (Issued, bool) {
	i := Issued{Session: session, Call: m.Call, For: cmp.Or(m.RoleARN, m.Target, m.RoleName, m.SessionName), Event: m.Event, Time: m.Ref.Time}
	if realKey(m.IssuedKey) && m.Call != "GetSigninToken" {
		i.Key = m.IssuedKey
	}
	return i, i.Key != "" || gives(m.Call)
}

// gives reports whether a call hands over credentials even where its record
// hides them.
func gives(call string) bool {
	switch call {
	case "AssumeRoot", "GetSessionToken", "GetFederationToken", "CreateAccessKey", "GetRoleCredentials", "CreateOAuth2Token":
		return true
	}
	return Assumes(call)
}

// A Radius is everything downstream of some sessions.
type Radius struct {
	Trees    []*Tree
	Sessions int
	Events   int64
	Writes   int64
	Denied   int64
	Contain  Contain
}

// Descend returns the trees below the sessions with these ids. sessions, issued
// and reached are the whole case or at least all that hangs below them. A session
// below another one asked for appears there only.
func Descend(sessions []Session, issued []Issued, reached []Reached, ids []string) Radius {
	b := newBlast(sessions, issued)
	b.reach(reached)
	asked := map[int]bool{}
	for _, id := range ids {
		if i, ok := b.byID[id]; ok {
			asked[i] = true
		}
	}
	var out Radius
	for i := range sessions {
		if asked[i] && !b.below(asked, i) && !b.seen[i] {
			out.Trees = append(out.Trees, b.tree(i, "", false, &out))
		}
	}
	return out
}

type blast struct {
	sessions []Session
	byID     map[string]int
	children map[int][]int
	issued   map[string][]Issued // by session
	reached  map[int][]step
	used     map[string]bool // keys
	seen     map[int]bool
}

// A step leads to a session that was reached.
type step struct {
	to  int
	why string
}

func newBlast(sessions []Session, issued []Issued) *blast {
	b := &blast{sessions: sessions, byID: map[string]int{}, children: map[int][]int{}, issued: map[string][]Issued{}, used: map[string]bool{}, seen: map[int]bool{}}
	for i := range sessions {
		b.byID[sessions[i].ID] = i
	}
	for i := range sessions {
		s := &sessions[i]
		for _, k := range s.Keys {
			b.used[k] = true
		}
		for _, p := range Parents(s) {
			if at, ok := b.byID[p]; ok {
				b.children[at] = append(b.children[at], i)
			}
		}
	}
	for _, i := range issued {
		b.issued[i.Session] = append(b.issued[i.Session], i)
	}
	return b
}

func (b *blast) reach(list []Reached) {
	b.reached = map[int][]step{}
	for _, r := range list {
		by, known := b.byID[r.By]
		to, ok := b.byID[r.Session]
		if known && ok {
			b.reached[by] = append(b.reached[by], step{to, r.Why})
		}
	}
}

// Parents returns the ids of the sessions a session comes from, or may.
func Parents(s *Session) []string {
	if s.Link != nil {
		return []string{s.Link.Parent}
	}
	if len(s.Candidates) < 2 { // one alone would close a ring
		return nil
	}
	var out []string
	for _, c := range s.Candidates {
		out = append(out, c.Parent)
	}
	return sorted(out)
}

// below reports whether a session hangs under another of the set.
func (b *blast) below(set map[int]bool, i int) bool {
	for n := 0; n < maxDepth && b.sessions[i].Link != nil; n++ {
		up, ok := b.byID[b.sessions[i].Link.Parent]
		if !ok {
			return false
		}
		if i = up; set[i] {
			return true
		}
	}
	return false
}

func (b *blast) tree(i int, why string, maybe bool, sum *Radius) *Tree {
	s := &b.sessions[i]
	b.seen[i] = true
	t := &Tree{Session: s, Maybe: maybe, Why: why}
	sum.Sessions++
	sum.Events += s.Events
	sum.Writes += s.Writes
	sum.Denied += s.Denied
	sum.Contain.session(s)
	for _, c := range b.issued[s.ID] {
		sum.Contain.issued(s, &c)
		if c.Key != "" {
			c.Used = b.used[c.Key]
		}
		t.Issued = append(t.Issued, c)
	}
	for _, c := range b.children[i] {
		if !b.seen[c] {
			t.Children = append(t.Children, b.tree(c, "", b.sessions[c].Link == nil, sum))
		}
	}
	for _, r := range b.reached[i] {
		if !b.seen[r.to] {
			t.Children = append(t.Children, b.tree(r.to, r.why, true, sum))
		}
	}
	return t
}
