package session

import "slices"

// A Tree is a session and all that came of it.
type Tree struct {
	Session  *Session
	Maybe    bool // one of several sessions that may have issued its credentials
	Issued   []Issued
	Children []*Tree
}

// An Issued is a key that a session's calls gave out.
type Issued struct {
	Key   string // "" where the log hides it
	Call  string
	For   string // role, user or account it is for
	Event EventRef
	Time  int64
	Used  bool // some session in the case used it
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

// Contain lists what to take away from whoever holds these sessions.
type Contain struct {
	Keys       []string // long-term keys to disable: used by these sessions or made by them
	Temporary  []string // temporary keys given out or used; revoke their role's sessions
	Roles      []string // role ARNs, else names, whose sessions to revoke
	Principals []string // users and other principals at work
	People     []string // root actors
}

// Radius returns the trees below the sessions with these ids. A session below
// another one asked for appears there only.
func (r *Result) Radius(ids []string) Radius {
	b := blast{r: r, children: map[int][]int{}, seen: map[int]bool{}, used: map[string]bool{}}
	b.prepare()
	asked := map[int]bool{}
	for _, id := range ids {
		if i, ok := r.byID[id]; ok {
			asked[i] = true
		}
	}
	var out Radius
	for i := range r.Sessions {
		if asked[i] && !b.below(asked, i) && !b.seen[i] {
			out.Trees = append(out.Trees, b.tree(i, false, &out))
		}
	}
	for _, list := range []*[]string{&out.Contain.Keys, &out.Contain.Temporary, &out.Contain.Roles, &out.Contain.Principals, &out.Contain.People} {
		*list = sorted(*list)
	}
	return out
}

type blast struct {
	r        *Result
	children map[int][]int
	minted   map[int][]issued
	seen     map[int]bool
	used     map[string]bool
}

func (b *blast) prepare() {
	b.minted = map[int][]issued{}
	for _, m := range b.r.mints {
		b.minted[m.session] = append(b.minted[m.session], m)
	}
	for i := range b.r.Sessions {
		s := &b.r.Sessions[i]
		for _, k := range s.Keys {
			b.used[k] = true
		}
		for _, p := range parents(s) {
			b.children[b.r.byID[p]] = append(b.children[b.r.byID[p]], i)
		}
	}
}

// parents returns the ids of the sessions a session comes from, or may.
func parents(s *Session) []string {
	if s.Link != nil {
		return []string{s.Link.Parent}
	}
	var out []string
	for _, c := range s.Candidates {
		if !s.ring {
			out = append(out, c.Parent)
		}
	}
	return sorted(out)
}

// below reports whether a session hangs under another of the set.
func (b *blast) below(set map[int]bool, i int) bool {
	for n := 0; n < maxDepth && b.r.Sessions[i].Link != nil; n++ {
		i = b.r.byID[b.r.Sessions[i].Link.Parent]
		if set[i] {
			return true
		}
	}
	return false
}

func (b *blast) tree(i int, maybe bool, sum *Radius) *Tree {
	s := &b.r.Sessions[i]
	b.seen[i] = true
	t := &Tree{Session: s, Maybe: maybe}
	sum.Sessions++
	sum.Events += s.Events
	sum.Writes += s.Writes
	sum.Denied += s.Denied
	sum.Contain.add(s)
	for _, m := range b.minted[i] {
		if m.IssuedKey == "" && m.Target == "" && m.RoleARN == "" || opensConsole(m.Call) {
			continue
		}
		key := ""
		if realKey(m.IssuedKey) {
			key = m.IssuedKey
			sum.Contain.key(key)
		}
		t.Issued = append(t.Issued, Issued{Key: key, Call: m.Call, For: firstOf(m.RoleARN, m.Target, m.SessionName), Event: m.Event, Time: m.Ref.Time, Used: b.used[key]})
	}
	for _, c := range b.children[i] {
		if !b.seen[c] {
			t.Children = append(t.Children, b.tree(c, b.r.Sessions[c].Link == nil, sum))
		}
	}
	return t
}

func firstOf(list ...string) string {
	i := slices.IndexFunc(list, func(s string) bool { return s != "" })
	if i < 0 {
		return ""
	}
	return list[i]
}

func (c *Contain) add(s *Session) {
	for _, k := range s.Keys {
		c.key(k)
	}
	if role := firstOf(s.RoleARN, s.Role); role != "" {
		c.Roles = append(c.Roles, role)
	} else if s.Principal != "" && s.Kind != Service {
		c.Principals = append(c.Principals, s.Principal)
	}
	c.People = append(c.People, s.RootActor)
}

func (c *Contain) key(k string) {
	if temporary(k) {
		c.Temporary = append(c.Temporary, k)
	} else {
		c.Keys = append(c.Keys, k)
	}
}

// A Difference is what two sessions have in common and what only one has.
type Difference struct {
	What    string
	Both    []string
	OnlyOne []string
	OnlyTwo []string
}

// Compare sets two sessions side by side.
func Compare(one, two *Session) []Difference {
	return []Difference{
		split("addresses", one.IPs, two.IPs),
		split("user agents", one.Agents, two.Agents),
		split("services", one.Services, two.Services),
		split("regions", one.Regions, two.Regions),
		split("access keys", one.Keys, two.Keys),
	}
}

// split compares two sorted lists.
func split(what string, one, two []string) Difference {
	d := Difference{What: what}
	for _, v := range one {
		if _, ok := slices.BinarySearch(two, v); ok {
			d.Both = append(d.Both, v)
		} else {
			d.OnlyOne = append(d.OnlyOne, v)
		}
	}
	for _, v := range two {
		if _, ok := slices.BinarySearch(one, v); !ok {
			d.OnlyTwo = append(d.OnlyTwo, v)
		}
	}
	return d
}
