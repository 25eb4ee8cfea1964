package store

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/query"
)

// Counted together, and so in few passes and sets, facets are what they are alone.
func TestFacetsTogetherAndAlone(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 4, 3000)
	var fields []string
	for _, f := range query.Fields() {
		if db.fields[f.Name] != nil && f.Name != "time" && f.Name != "id" {
			fields = append(fields, f.Name)
		}
	}
	screen := []string{"actor", "event", "service", "region", "ip", "error", "account", "outcome"}
	for _, list := range [][]string{fields, screen, {"event", "service"}, {"service", "outcome"}, {"readonly", "mfa", "category"}, {"event"}, {"outcome", "event", "outcome"}} {
		for _, text := range []string{"", "region:eu-west-1 -service:svc1", "outcome:denied", "event:nosuch"} {
			got, err := db.Facets(t.Context(), query.FacetRequest{Filter: parse(t, text), Fields: list, Top: 12})
			if err != nil {
				t.Fatal(err)
			}
			for i, name := range list {
				alone, err := db.Facets(t.Context(), query.FacetRequest{Filter: parse(t, text), Fields: []string{name}, Top: 12})
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(alone[0], got[i]); d != "" {
					t.Errorf("%q, %s of %v: %s", text, name, list, d)
				}
			}
		}
	}
}

func TestShareSets(t *testing.T) {
	t.Parallel()
	key := func(col string, groups int) *facetKey { return &facetKey{cols: []string{col}, groups: groups} }
	sets := shareSets([]*facetKey{key("e.who", 0), key("e.name", 5000), key("e.source", 200), key("e.region", 20), key("e.ip", 90_000), key("e.ecode", 30), key("e.account", 10), key("e.outcome", 4)})
	var got []string
	for _, set := range sets {
		s := ""
		for _, k := range set {
			s += k.cols[0] + " "
		}
		got = append(got, s)
	}
	slices.Sort(got)
	if d := cmp.Diff([]string{"e.ecode ", "e.ip ", "e.name e.source ", "e.outcome e.account e.region ", "e.who "}, got); d != "" {
		t.Error(d)
	}
}
