package store

import (
	"os"
	"path/filepath"
	"testing"

	"spoor/loader"
	"spoor/query"
)

// benchCase opens a case of benchEvents events. With SPOOR_BENCH_DIR set it is
// kept there and used again.
func benchCase(b *testing.B) *DB {
	b.Helper()
	dir := os.Getenv("SPOOR_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	db, err := Open(b.Context(), filepath.Join(dir, "bench.spoor"), Options{Create: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	g := newGenerator(1)
	for done := int(db.Totals().Events); done < benchEvents(); {
		l := g.next(2000)
		if _, err := db.Append(b.Context(), []loader.Loaded{l}); err != nil {
			b.Fatal(err)
		}
		if done += len(l.Events); done%1_000_000 == 0 || done >= benchEvents() {
			if err := db.Commit(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	return db
}

func BenchmarkAsk(b *testing.B) {
	db := benchCase(b)
	ctx := b.Context()
	filter := func(text string) query.Filter {
		f, err := query.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		return f
	}
	cols := []string{"time", "actor", "event", "service", "region", "ip", "error", "resource", "account"}
	fields := []string{"actor", "event", "service", "region", "ip", "error", "account", "outcome"}
	t := db.Totals()
	middle := query.Cursor{Set: true, Seq: t.Events / 2, Time: t.From.Add(t.To.Sub(t.From) / 2).UnixMicro()}
	page := func(f string, at query.Cursor) func() error {
		return func() error {
			_, err := db.Page(ctx, query.PageRequest{Filter: filter(f), N: 100, Columns: cols, From: at})
			return err
		}
	}
	facets := func(f string, shop bool) func() error {
		return func() error {
			_, err := db.Facets(ctx, query.FacetRequest{Filter: filter(f), Fields: fields, Top: 10, Shop: shop})
			return err
		}
	}
	histogram := func(f, by string) func() error {
		return func() error {
			_, err := db.Histogram(ctx, query.HistogramRequest{Filter: filter(f), Buckets: 200, By: by})
			return err
		}
	}
	count := func(f string) func() error {
		return func() error { _, err := db.Count(ctx, filter(f)); return err }
	}
	two := "region:eu-west-1 event:Describe1*"
	for _, q := range []struct {
		name string
		ask  func() error
	}{
		{"page/first", page("", query.Cursor{})},
		{"page/filtered", page(two, query.Cursor{})},
		{"page/next", page(two, middle)},
		{"page/rare", page("ip:203.0.3.24? error:*", query.Cursor{})},
		{"page/none", page("region:nowhere", query.Cursor{})},
		{"facets/all", facets("", false)},
		{"facets/filtered", facets(two, false)},
		{"facets/shop", facets(two, true)},
		{"histogram/all", histogram("", "")},
		{"histogram/filtered", histogram(two, "")},
		{"histogram/actor", histogram(two, "actor")},
		{"count/filtered", count(two)},
		{"count/actor", count("actor:user1* -error:*")},
		{"event", func() error { _, err := db.Event(ctx, t.Events/3); return err }},
	} {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				if err := q.ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
