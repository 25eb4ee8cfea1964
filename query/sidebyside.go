package query

import (
	"cmp"
	"slices"
	"strings"
)

// A Pair is a line of two sessions side by side: what is compared, and what
// each has; What is empty where a list goes on.
type Pair struct{ What, A, B string }

// Same reports whether both have the same.
func (p Pair) Same() bool { return p.A == p.B }

// SideBySide lists what two sessions have, line by line: figures first, then
// each value of their lists, in order, in the columns of those that have it.
// clock spells µs UTC.
func SideBySide(a, b Session, lists []Contrast, clock func(int64) string) []Pair {
	var out []Pair
	for _, f := range [...]struct {
		what string
		of   func(*Session) string
	}{
		{"actor", func(s *Session) string { return s.Actor }},
		{"root", func(s *Session) string { return s.RootActor }},
		{"kind", func(s *Session) string { return s.Kind }},
		{"principal", func(s *Session) string { return s.Principal }},
		{"account", func(s *Session) string { return s.Account }},
		{"start", func(s *Session) string { return clock(s.Start) }},
		{"end", func(s *Session) string { return clock(s.End) }},
		{"events", func(s *Session) string { return Number(s.Events) }},
		{"writes", func(s *Session) string { return Number(s.Writes) }},
		{"denied", func(s *Session) string { return Number(s.Denied) }},
		{"other errors", func(s *Session) string { return Number(s.Errors - s.Denied) }},
		{"MFA", func(s *Session) string { return cmp.Or(s.MFA, "not told") }},
		{"signs", func(s *Session) string { return strings.Join(slices.Sorted(slices.Values(s.Signs())), ", ") }},
	} {
		out = append(out, Pair{f.what, f.of(&a), f.of(&b)})
	}
	for _, c := range lists {
		out = append(out, c.pairs()...)
	}
	return out
}

// pairs lists the values of both.
func (c *Contrast) pairs() []Pair {
	var out []Pair
	for _, v := range c.Both {
		out = append(out, Pair{A: v, B: v})
	}
	for _, v := range c.OnlyA {
		out = append(out, Pair{A: v})
	}
	for _, v := range c.OnlyB {
		out = append(out, Pair{B: v})
	}
	slices.SortStableFunc(out, func(a, b Pair) int { return strings.Compare(max(a.A, a.B), max(b.A, b.B)) })
	if len(out) == 0 {
		out = []Pair{{}}
	}
	out[0].What = c.What
	return out
}
