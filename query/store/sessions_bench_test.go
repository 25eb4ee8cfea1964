package store

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"spoor/loader"
	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/loader/loadgen"
	"spoor/query"
)

// invented adds generated logs to a case.
func invented(tb testing.TB, db *DB, o loadgen.Options) {
	tb.Helper()
	var batch []loader.Loaded
	n, staged := 0, 0
	var d cloudtrail.Decoder
	flush := func(commit bool) {
		if _, err := db.Append(tb.Context(), batch); err != nil {
			tb.Fatal(err)
		}
		batch, n = nil, 0
		if commit {
			if err := db.Commit(tb.Context()); err != nil {
				tb.Fatal(err)
			}
			staged = 0
		}
	}
	for f := range loadgen.Objects(o) {
		l := loader.Loaded{Object: loader.Object{Name: fmt.Sprint(o.Seed, f.Name), Linked: true}, Outcome: loader.Done, Text: f.Text, SHA256: sha256.Sum256([]byte(f.Text)), Unpacked: int64(len(f.Text))}
		if _, err := d.Decode(f.Text, func(e *cloudtrail.Event) error {
			l.Events = append(l.Events, loader.Event{Event: *e, Change: change.Derive(e)})
			return nil
		}); err != nil {
			tb.Fatal(err)
		}
		batch = append(batch, l)
		n += len(l.Events)
		staged += len(l.Events)
		if n > 20_000 {
			flush(staged > 1_000_000)
		}
	}
	flush(true)
}

// benchStore opens the case that SPOOR_BENCH_CASE names, a copy, for it is
// written to; or else makes one of generated events.
func benchStore(b *testing.B) *DB {
	b.Helper()
	path := os.Getenv("SPOOR_BENCH_CASE")
	given := path != ""
	if !given {
		path = filepath.Join(b.TempDir(), "a.spoor")
	}
	db, err := Open(b.Context(), path, Options{Create: !given})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	if !given {
		invented(b, db, loadgen.Options{Seed: 3, Events: benchEvents()})
	}
	return db
}

func BenchmarkSessions(b *testing.B) {
	db := benchStore(b)
	idle := 30 * time.Minute
	b.Run("resolve", func(b *testing.B) {
		for b.Loop() {
			idle -= time.Second // another question each time
			if err := db.Resolve(b.Context(), idle); err != nil {
				b.Fatal(err)
			}
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys>>20), "MB-Go")
		b.ReportMetric(float64(len(db.sessions.index.Load().list)), "sessions")
	})
	// To be set beside resolve: what it costs when three thousand more have come.
	b.Run("follow batch", func(b *testing.B) {
		seed := uint64(100)
		for b.Loop() {
			b.StopTimer()
			seed++
			invented(b, db, loadgen.Options{Seed: seed, Events: 3000, Days: 1, Start: db.Totals().To})
			b.StartTimer()
			if _, err := db.resolved(b.Context(), 0, true); err != nil {
				b.Fatal(err)
			}
		}
	})
	page := func(r query.SessionRequest) {
		if _, err := db.Sessions(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("list", func(b *testing.B) {
		order := 0
		for b.Loop() {
			order++
			page(query.SessionRequest{Order: query.SessionOrder(order % 2), N: 50})
		}
	})
	b.Run("list filtered", func(b *testing.B) {
		order := 0
		for b.Loop() {
			order++
			page(query.SessionRequest{Order: query.SessionOrder(order % 2), N: 50, Filter: parse(b, "service:iam outcome:denied")})
		}
	})
	root, err := db.Facets(b.Context(), query.FacetRequest{Fields: []string{"root"}, Top: 3})
	if err != nil {
		b.Fatal(err)
	}
	f, _ := query.Is("root", root[0].Values[0].Value)
	b.Run("page of a root actor", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.Page(b.Context(), query.PageRequest{Filter: f, N: 100, Columns: []string{"time", "event", "root", "session"}}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("facet of root actors", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.Facets(b.Context(), query.FacetRequest{Fields: []string{"root"}, Top: 10}); err != nil {
				b.Fatal(err)
			}
		}
	})
	s, err := db.Sessions(b.Context(), query.SessionRequest{Order: query.SessionsByEvents, N: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("open one", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.Session(b.Context(), s.Sessions[0].ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bursts", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.Bursts(b.Context(), query.BurstRequest{Session: s.Sessions[0].ID, N: 200}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
