package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader/cloudtrail"
)

// Who was first seen when is the same whether it is told from all events at
// once, from what came since, or from what was saved.
func TestFirstsOfBatches(t *testing.T) {
	t.Parallel()
	p := &troupe{r: rand.New(rand.NewPCG(3, 5)), who: map[string]*cloudtrail.Identity{}}
	for range 40 {
		p.act()
	}
	p.r.Shuffle(len(p.events), func(i, j int) { p.events[i], p.events[j] = p.events[j], p.events[i] })
	db := newCase(t)
	same := cmp.AllowUnexported(firstSums{}, first{}, caseState{})
	for batch := 0; len(p.events) > 0; batch++ {
		k := min(1+p.r.IntN(40), len(p.events))
		load(t, db, pack1(fmt.Sprintf("/%d.json.gz", batch), `{"Records":[]}`, p.events[:k:k], func(int) (int, int) { return 0, 1 }))
		p.events = p.events[k:]
		if batch == 3 { // an object is replaced: its events go
			load(t, db, pack1("/1.json.gz", `{"Records":[ ]}`, p.events[:1:1], func(int) (int, int) { return 0, 1 }))
			p.events = p.events[1:]
		}
		_, err := ask(t.Context(), db, func(ctx context.Context, c conn) (struct{}, error) {
			got, err := db.firstSums(ctx, c)
			if err != nil {
				return struct{}{}, err
			}
			if err := got.save(ctx, c); err != nil {
				return struct{}{}, err
			}
			saved, err := loadFirsts(ctx, c)
			if err != nil {
				return struct{}{}, err
			}
			if d := cmp.Diff(got, saved, same); d != "" {
				t.Fatalf("batch %d, kept and saved:\n%s", batch, d)
			}
			anew := newFirstSums()
			anew.state = got.state
			if err := anew.take(ctx, c, db.people, 0, got.state.last); err != nil {
				return struct{}{}, err
			}
			if d := cmp.Diff(anew, got, same); d != "" {
				t.Fatalf("batch %d, at once and batch by batch:\n%s", batch, d)
			}
			return struct{}{}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
