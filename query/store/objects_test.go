package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"spoor/loader"
	"spoor/query"
)

// objectsOf is a case that holds n objects of all kinds, in any order.
func objectsOf(n int) *DB {
	rng := rand.New(rand.NewPCG(1, 2))
	m := &manifest{byID: make([]objectRow, n+1)} // number 0 is nobody's
	for i, at := range rng.Perm(n) {
		o := objectRow{id: uint32(i + 1), name: fmt.Sprintf("logs/%06d.json.gz", at), digest: rng.IntN(4) == 0}
		o.outcome = uint8([]loader.Outcome{loader.Done, loader.Skipped, loader.Failed, loader.Archive}[rng.IntN(4)])
		if o.digest {
			o.outcome = uint8([]loader.Outcome{loader.Skipped, loader.Failed}[rng.IntN(2)])
		}
		m.byID[i+1] = o
	}
	return &DB{objects: m}
}

// Objects are listed with what failed first and digests last, by name within; and
// pages of any size give the same list.
func TestObjectsAreListedWhatFailedFirst(t *testing.T) {
	t.Parallel()
	db := objectsOf(300)
	all := db.Objects(query.ObjectRequest{})
	var kinds []string
	for i, o := range all {
		kind := o.Outcome
		if o.Digest && kind != "failed" {
			kind = "digest"
		}
		if kinds = append(kinds, kind); i > 0 && kind == kinds[i-1] && o.Name <= all[i-1].Name {
			t.Errorf("%s comes after %s", o.Name, all[i-1].Name)
		}
	}
	if got := strings.Join(slices.Compact(kinds), " "); got != "failed loaded skipped digest" {
		t.Errorf("listed: %s", got)
	}
	for _, n := range []int{1, 7, 100, 299, 1000} {
		var paged []query.Object
		req := query.ObjectRequest{N: n}
		for page := db.Objects(req); len(page) > 0; page = db.Objects(req) {
			if len(page) > n {
				t.Fatalf("%d objects on a page of %d", len(page), n)
			}
			paged = append(paged, page...)
			req.After = &page[len(page)-1]
		}
		if !slices.EqualFunc(paged, all, func(a, b query.Object) bool { return a.Name == b.Name }) {
			t.Errorf("pages of %d: %d objects, want %d in the same order", n, len(paged), len(all))
		}
	}
}

// A page of the list, of as many objects as ten million events come in.
func BenchmarkObjectPage(b *testing.B) {
	db := objectsOf(500_000)
	for b.Loop() {
		db.Objects(query.ObjectRequest{N: 2000})
	}
}
