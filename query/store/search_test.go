package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/query"
)

// slowSearch makes every question search no more than a small portion per CPU.
func slowSearch(db *DB) {
	db.slice = 0
	smallFrames(db, 256<<10)
}

func TestCountGrowsUntilAllIsSearched(t *testing.T) {
	t.Parallel()
	db, slow := newCase(t), newCase(t)
	generated(t, db, 40, 300)
	generated(t, slow, 40, 300)
	slowSearch(slow)
	for _, text := range []string{"thing-1", "-thing-1", "thing-1 OR error:*", "requestParameters.name:thing-1* region:eu-west-1", "thing-1 -thing-11"} {
		f := parse(t, text)
		want, err := db.Count(t.Context(), f)
		if err != nil || want.Partial {
			t.Fatalf("%s: %v, %v", text, want, err)
		}
		last, partial := int64(0), 0
		for {
			n, err := slow.Count(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			if n.N < last || n.N > want.N {
				t.Fatalf("%s: %d after %d, of %d", text, n.N, last, want.N)
			}
			if last = n.N; !n.Partial {
				break
			}
			partial++
		}
		if last != want.N {
			t.Errorf("%s: %d, want %d", text, last, want.N)
		}
		if text == "thing-1" && partial == 0 {
			t.Error("the first count was not partial: the test tests nothing")
		}
	}
}

func TestPartialPagesJoinToTheWhole(t *testing.T) {
	t.Parallel()
	db, slow := newCase(t), newCase(t)
	generated(t, db, 30, 200)
	generated(t, slow, 30, 200)
	slowSearch(slow)
	f := parse(t, "thing-2*")
	for _, r := range []query.PageRequest{
		{Filter: f, Order: query.Newest}, {Filter: f, Order: query.Oldest}, {Filter: f, Order: query.Newest, Back: true},
	} {
		r.N = 10_000
		r.Columns = []string{"time", "requestParameters.name"}
		whole, err := db.Page(t.Context(), r)
		if err != nil || whole.Partial {
			t.Fatal(err)
		}
		slow.leaves.list = nil
		var walked []query.Row
		for r.N = 17; ; {
			p, err := slow.Page(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if r.Back {
				walked = append(append([]query.Row(nil), p.Rows...), walked...)
			} else {
				walked = append(walked, p.Rows...)
			}
			if !p.More && !p.Partial {
				break
			}
			if n := len(p.Rows); n > 0 && r.Back {
				r.From = p.Rows[0].Cursor()
			} else if n > 0 {
				r.From = p.Rows[n-1].Cursor()
			}
		}
		if d := cmp.Diff(whole.Rows, walked); d != "" || len(walked) == 0 {
			t.Errorf("order %d back %v: %s", r.Order, r.Back, d)
		}
	}
}

func TestReplacedObjectIsSearchedAnew(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(1)
	a, b := g.next(10), g.next(20)
	load(t, db, a)
	f := parse(t, "thing")
	if n, err := db.Count(t.Context(), f); err != nil || n.N != 10 {
		t.Fatalf("%v, %v", n, err)
	}
	b.Object.Name = a.Object.Name
	load(t, db, b)
	if n, err := db.Count(t.Context(), f); err != nil || n.N != 20 {
		t.Errorf("%v, %v", n, err)
	}
}

func TestFacetsOfShopsLeaveOutTheirOwnTerms(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 2, 500)
	f := parse(t, "region:eu-west-1 outcome:denied")
	shop, err := db.Facets(t.Context(), query.FacetRequest{Filter: f, Fields: []string{"region", "actor"}, Top: 100, Shop: true})
	if err != nil {
		t.Fatal(err)
	}
	without, err := db.Facets(t.Context(), query.FacetRequest{Filter: parse(t, "outcome:denied"), Fields: []string{"region"}, Top: 100})
	if err != nil {
		t.Fatal(err)
	}
	with, err := db.Facets(t.Context(), query.FacetRequest{Filter: f, Fields: []string{"actor"}, Top: 100})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]query.Facet{without[0], with[0]}, shop); d != "" || len(shop[0].Values) < 2 {
		t.Errorf("%s", d)
	}
	var sum int64
	for _, v := range with[0].Values {
		sum += v.Count
	}
	if n, err := db.Count(t.Context(), f); err != nil || n.N != sum {
		t.Errorf("facet sums to %d, count %v, %v", sum, n, err)
	}
}

func TestHistogramAddsUp(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 2, 500)
	for _, text := range []string{"", "region:eu-west-1", "time:2024-05-01T00:01:00Z..2024-05-01T00:02:00Z", "region:nowhere"} {
		for _, by := range []string{"", "actor", "readonly"} {
			f := parse(t, text)
			h, err := db.Histogram(t.Context(), query.HistogramRequest{Filter: f, By: by, Buckets: 7})
			if err != nil {
				t.Fatal(err)
			}
			sum := h.NoTime
			for _, s := range h.Series {
				for _, n := range s.Counts {
					sum += n
				}
			}
			if n, err := db.Count(t.Context(), f); err != nil || n.N != sum {
				t.Errorf("%q by %q: %d in the histogram, %v counted, %v", text, by, sum, n, err)
			}
		}
	}
}

func TestHistogramOfOneSecond(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 2, 500)
	page, err := db.Page(t.Context(), query.PageRequest{N: 1})
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	newest := parse(t, "time:"+time.UnixMicro(page.Rows[0].Time).UTC().Format(time.RFC3339))
	h, err := db.Histogram(t.Context(), query.HistogramRequest{Filter: newest, Buckets: 7})
	if err != nil || h.Step != time.Second || len(h.Series) == 0 || h.Series[0].Counts[0] == 0 {
		t.Errorf("steps of %s, %v, %v", h.Step, h.Series, err)
	}
}

func TestValuesComeMostFrequentFirst(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 2, 500)
	got, err := db.Values(t.Context(), query.ValueRequest{Field: "service", Prefix: "SVC1", N: 3})
	if err != nil || len(got) != 3 {
		t.Fatalf("%v, %v", got, err)
	}
	for i := 1; i < len(got); i++ {
		if got[i].Count > got[i-1].Count {
			t.Errorf("not in order: %v", got)
		}
	}
}

func TestEventThatIsNotThere(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	if _, err := db.Event(t.Context(), 77); !errors.Is(err, ErrNoEvent) {
		t.Errorf("got %v", err)
	}
}

// Pages of a search go on from their cursor, in either order, and look at no
// object that lies wholly before it.
func TestPagesOfASearchGoOn(t *testing.T) {
	t.Parallel()
	db := indexed(t, 30, 200)
	for _, text := range []string{"thing-1*", "-thing-1*"} {
		f := parse(t, text)
		want, err := whole{db}.Count(t.Context(), f)
		if err != nil || want.N < 100 {
			t.Fatalf("%s: %d found, %v", text, want.N, err)
		}
		for _, order := range []query.Order{query.Newest, query.Oldest} {
			db.leaves.list = nil
			seen := map[int64]bool{}
			r := query.PageRequest{Filter: f, Order: order, N: 170}
			for range 1000 {
				p, err := db.Page(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range p.Rows {
					if seen[row.Seq] {
						t.Fatalf("event %d comes twice", row.Seq)
					}
					seen[row.Seq] = true
					r.From = row.Cursor()
				}
				if !p.More {
					break
				}
			}
			if int64(len(seen)) != want.N {
				t.Errorf("%s, order %v: pages have %d events, want %d", text, order, len(seen), want.N)
			}
		}
	}
	span := db.Totals()
	middle := span.From.Add(span.To.Sub(span.From) / 2).UnixMicro()
	for _, desc := range []bool{true, false} {
		all, err := db.unitsOf(t.Context(), exprTrue, nil, desc)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := db.unitsOf(t.Context(), exprTrue, &middle, desc)
		if err != nil || len(rest) == 0 || len(rest) > len(all)*3/4 {
			t.Errorf("desc %v: from the middle on there are %d of %d units, %v", desc, len(rest), len(all), err)
		}
	}
}

// A question tells how much of the records that it needs is read; one that needs
// none tells nothing.
func TestQuestionsTellHowFarTheyAre(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	smallFrames(db, 64<<10)
	generated(t, db, 30, 200)
	for _, c := range []struct {
		s     query.Saved
		reads bool
	}{
		{query.Saved{ID: "fields", Name: "x", Filter: "event:Describe1*"}, false},
		{query.Saved{ID: "wide", Name: "x", Filter: "thing-1*"}, true},
		{query.Saved{ID: "narrow", Name: "x", Filter: "event:Describe1* requestParameters.name:thing-1*"}, true},
		{query.Saved{ID: "groups", Name: "x", Filter: "event:Describe1*", Count: &query.CountRule{By: []string{"requestParameters.name"}}}, true},
	} {
		q, err := c.s.Question()
		if err != nil {
			t.Fatal(err)
		}
		var r query.Reading
		if a, err := db.Answer(query.WithReading(t.Context(), &r), q, nil); err != nil || a.N == 0 {
			t.Fatalf("%s: %d, %v", c.s.ID, a.N, err)
		}
		if percent, ok := r.Percent(); ok != c.reads || ok && percent != 100 {
			t.Errorf("%s: %d %%, %v", c.s.ID, percent, ok)
		}
	}
}
