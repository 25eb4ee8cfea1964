package loader

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader/cloudtrail"
)

var may = time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)

// between is the scope of some days of May.
func between(from, to int) Scope {
	return Scope{Since: may.AddDate(0, 0, from-1), Until: may.AddDate(0, 0, to).Add(-time.Microsecond)}
}

// Loads for one day after the other, or one region after the other, leave one scope
// behind; a time and then a region leave both.
func TestPartsAreFew(t *testing.T) {
	t.Parallel()
	region := func(names ...string) Scope { return Scope{Regions: names} }
	for name, c := range map[string]struct{ loads, want Part }{
		"days":              {Part{between(1, 1), between(3, 3), between(2, 2)}, Part{between(1, 3)}},
		"overlapping":       {Part{between(1, 4), between(3, 9)}, Part{between(1, 9)}},
		"apart":             {Part{between(1, 1), between(3, 3)}, Part{between(1, 1), between(3, 3)}},
		"regions":           {Part{region("b"), region("a"), region("b", "c")}, Part{region("a", "b", "c")}},
		"a time, a region":  {Part{between(1, 1), region("a")}, Part{between(1, 1), region("a")}},
		"within":            {Part{between(1, 9), {Since: may.AddDate(0, 0, 2), Until: may.AddDate(0, 0, 3), Regions: []string{"a"}}}, Part{between(1, 9)}},
		"then all":          {Part{between(1, 1), {}}, nil},
		"open at both ends": {Part{{Since: may}, {Until: may}}, nil},
	} {
		p := Part{c.loads[0]}
		for _, s := range c.loads[1:] {
			p = p.with(Part{s})
		}
		if d := cmp.Diff(c.want, p); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// Two parts together take what either takes, and nothing else.
func TestPartsTogether(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	some := func(all ...string) (list []string) {
		for _, s := range all {
			if r.IntN(3) == 0 {
				list = append(list, s)
			}
		}
		return list
	}
	scope := func() Scope {
		from := 1 + r.IntN(8)
		s := between(from, from+r.IntN(3))
		if r.IntN(4) == 0 {
			s.Since = time.Time{}
		}
		if r.IntN(4) == 0 {
			s.Until = time.Time{}
		}
		s.Accounts, s.Regions = some("1", "2", "3"), some("a", "b")
		return s
	}
	for range 2000 {
		p, q := Part{scope(), scope()}, Part{scope(), scope(), scope()}
		both := p.with(q)
		for range 30 {
			e := cloudtrail.Event{Time: may.Add(time.Duration(r.IntN(11*24)) * time.Hour).UnixMicro(), Account: []string{"1", "2", "3"}[r.IntN(3)], Region: []string{"a", "b"}[r.IntN(2)]}
			if got, want := both == nil || both.takes(&e), p.takes(&e) || q.takes(&e); got != want {
				t.Fatalf("%v with %v is %v: takes %v %s %s: %v", p, q, both, time.UnixMicro(e.Time).UTC(), e.Account, e.Region, got)
			}
		}
		if both != nil && (!both.covers(p) || !both.covers(q)) {
			t.Fatalf("%v with %v is %v, which covers them not", p, q, both)
		}
	}
}

// However many parts are asked for, an object remembers few scopes, and takes all.
func TestPartsAreBounded(t *testing.T) {
	t.Parallel()
	p := Part{between(1, 1)}
	for day := 3; day < 200; day += 2 {
		p = p.with(Part{between(day, day)})
		if len(p) > maxScopes || !p.covers(Part{between(day, day)}) || !p.covers(Part{between(1, 1)}) {
			t.Fatalf("after day %d: %d scopes", day, len(p))
		}
	}
}
