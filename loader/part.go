package loader

import (
	"slices"
	"time"

	"spoor/loader/cloudtrail"
)

// A Part says which events of an object are taken: those of any of its scopes. nil
// is all of them.
type Part []Scope

// maxScopes bounds how many scopes a part has. Beyond that the smallest scope around
// all of them takes their place: too much is taken, never too little.
const maxScopes = 16

func (p Part) takes(e *cloudtrail.Event) bool {
	return slices.ContainsFunc(p, func(s Scope) bool { return s.takes(e) })
}

// covers reports whether each scope of q lies in one of p.
func (p Part) covers(q Part) bool {
	return !slices.ContainsFunc(q, func(t Scope) bool {
		return !slices.ContainsFunc(p, func(s Scope) bool { return s.covers(&t) })
	})
}

// with is p and q together, in as few scopes as say exactly the same.
func (p Part) with(q Part) Part {
	p = slices.Clone(p)
	for _, t := range q {
		for i := 0; i < len(p); i++ {
			if both, ok := p[i].union(&t); ok {
				t, p = both, slices.Delete(p, i, i+1)
				i = -1 // what has grown may take in others
			}
		}
		p = append(p, t)
	}
	if len(p) > maxScopes {
		p = Part{p.around()}
	}
	if slices.ContainsFunc(p, Scope.everything) {
		return nil
	}
	return p
}

// around is the smallest scope that covers all of p.
func (p Part) around() Scope {
	out := p[0]
	for _, s := range p[1:] {
		out.Since, out.Until = earlier(out.Since, s.Since), later(out.Until, s.Until)
		out.Accounts, out.Regions = either(out.Accounts, s.Accounts), either(out.Regions, s.Regions)
	}
	return out
}

// covers reports whether all events of t are of s.
func (s *Scope) covers(t *Scope) bool {
	within := func(list, part []string) bool {
		return len(list) == 0 || len(part) > 0 && !slices.ContainsFunc(part, func(v string) bool { return !slices.Contains(list, v) })
	}
	return (s.Since.IsZero() || !t.Since.IsZero() && !t.Since.Before(s.Since)) &&
		(s.Until.IsZero() || !t.Until.IsZero() && !t.Until.After(s.Until)) &&
		within(s.Accounts, t.Accounts) && within(s.Regions, t.Regions)
}

// union is the scope that is exactly s and t together, if there is one: they differ
// in one thing only, or one covers the other.
func (s *Scope) union(t *Scope) (Scope, bool) {
	times := s.Since.Equal(t.Since) && s.Until.Equal(t.Until)
	accounts, regions := sameValues(s.Accounts, t.Accounts), sameValues(s.Regions, t.Regions)
	switch {
	case s.covers(t):
		return *s, true
	case t.covers(s):
		return *t, true
	case times && accounts, times && regions, accounts && regions && s.meets(t):
		return Part{*s, *t}.around(), true
	}
	return Scope{}, false
}

// meets reports whether no event can lie between the times of s and t: they overlap
// or follow on each other. Times of events are whole microseconds.
func (s *Scope) meets(t *Scope) bool {
	ends := func(until, since time.Time) bool {
		return until.IsZero() || since.IsZero() || !since.After(until.Add(time.Microsecond))
	}
	return ends(s.Until, t.Since) && ends(t.Until, s.Since)
}

func sameValues(a, b []string) bool {
	return slices.Equal(either(a, a), either(b, b))
}

// either are the values that one of two lists allows; an empty one allows all.
func either(a, b []string) []string {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	list := slices.Concat(a, b)
	slices.Sort(list)
	return slices.Compact(list)
}

// earlier is the earlier of two beginnings, the zero time if one is open.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && a.Before(b) {
		return a
	}
	return b
}

// later is the later of two ends, the zero time if one is open.
func later(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && a.After(b) {
		return a
	}
	return b
}
