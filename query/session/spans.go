package session

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
)

// A spanIndex finds spans: those of an identity lie together, ordered by what
// they are looked up by.
type spanIndex struct {
	spans  []Span
	number map[*cloudtrail.Identity]int32 // of identities, in the order met
	first  []int32                        // by number: where its spans begin; one more at the end
}

// order is how spans of one identity lie.
func (s *Span) order(anchor cloudtrail.Anchor, account, ip string, from int64) int {
	return cmp.Or(cmp.Compare(s.Anchor, anchor), strings.Compare(s.Account, account), strings.Compare(s.IP, ip), cmp.Compare(s.From, from))
}

// samePlace reports whether two spans differ in time only.
func samePlace(a, b *Span) bool {
	return a.Who == b.Who && a.Anchor == b.Anchor && a.Account == b.Account && a.IP == b.IP
}

// find returns the session of the span that an event lies in.
func (x *spanIndex) find(ref Ref) (int, bool) {
	n, ok := x.number[ref.Who]
	if !ok {
		return 0, false
	}
	spans := x.spans[x.first[n]:x.first[n+1]]
	for _, p := range [...]struct{ account, ip string }{{"", ref.IP}, {"", ""}, {ref.Account, ""}} {
		i, found := slices.BinarySearchFunc(spans, ref.Time, func(s Span, t int64) int { return s.order(ref.Anchor, p.account, p.ip, t) })
		if !found {
			i-- // the last that begins before
		}
		if i < 0 {
			continue
		}
		if s := &spans[i]; s.Anchor == ref.Anchor && s.Account == p.account && s.IP == p.ip && s.From <= ref.Time && ref.Time <= s.To {
			return s.Session, true
		}
	}
	return 0, false
}

// index builds the spans: one per identity and anchor where that decides, else
// one per identity, address and stretch of time.
func (r *resolver) index() {
	x := spanIndex{number: map[*cloudtrail.Identity]int32{}}
	acts := r.in.Activity
	who := make([]int32, len(acts))
	for i := range acts {
		n, seen := x.number[acts[i].Who]
		if !seen {
			n = int32(len(x.number))
			x.number[acts[i].Who] = n
		}
		who[i] = n
	}
	x.first = make([]int32, len(x.number)+1)
	for _, n := range who {
		x.first[n+1]++
	}
	for n := range len(x.number) {
		x.first[n+1] += x.first[n]
	}
	x.spans = make([]Span, len(acts))
	next := slices.Clone(x.first)
	for i, n := range who {
		x.spans[next[n]] = r.span(i)
		next[n]++
	}
	for n := range len(x.number) {
		slices.SortFunc(x.spans[x.first[n]:x.first[n+1]], func(a, b Span) int { return a.order(b.Anchor, b.Account, b.IP, b.From) })
	}
	x.join()
	r.res.spans = x
}

// span is what a row of activity says of its events.
func (r *resolver) span(row int) Span {
	a := &r.in.Activity[row]
	s := Span{Who: a.Who, Anchor: a.Anchor, From: math.MinInt64, To: math.MaxInt64, Session: r.home[row].index}
	switch {
	case r.byTime[row]:
		s.IP, s.From, s.To = a.IP, a.First, a.Last
	case a.Anchor == cloudtrail.AnchorService:
		s.Account = a.Account
	}
	return s
}

// join merges neighbours of one session.
func (x *spanIndex) join() {
	out, begin := 0, int32(0)
	for n := range len(x.first) - 1 {
		end := x.first[n+1]
		x.first[n] = int32(out)
		for i := begin; i < end; i++ {
			s := x.spans[i]
			if last := out - 1; last >= int(x.first[n]) && samePlace(&x.spans[last], &s) && x.spans[last].Session == s.Session {
				x.spans[last].To = max(x.spans[last].To, s.To)
				continue
			}
			x.spans[out] = s
			out++
		}
		begin = end
	}
	x.first[len(x.first)-1] = int32(out)
	x.spans = x.spans[:out]
}
