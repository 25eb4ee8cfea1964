//go:build unix

package store

import (
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"spoor/loader"
	"spoor/loader/disk"
	"spoor/loader/loadgen"
	"spoor/query"
)

// generatedSource writes logs for a benchmark to load.
func generatedSource(b *testing.B, seed uint64) loader.Source {
	b.Helper()
	dir := b.TempDir()
	if _, err := loadgen.Generate(dir, loadgen.Options{Seed: seed, Events: benchEvents(), Shape: loadgen.Large}); err != nil {
		b.Fatal(err)
	}
	src, err := disk.Open(dir, disk.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return src
}

func loadInto(ctx context.Context, db *DB, src loader.Source) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := loader.Load(ctx, []loader.Source{src}, db, loader.Options{Jobs: runtime.NumCPU()})
		done <- err
	}()
	return done
}

// BenchmarkAskDuringLoad asks what the screen asks, one question after the other,
// of a case of benchEvents events while as many more are being loaded into it,
// and reports how long answers take (needed: the 95th percentile within 100 ms at
// a million), beside how long they take before the load.
func BenchmarkAskDuringLoad(b *testing.B) {
	db, err := Open(b.Context(), filepath.Join(b.TempDir(), "during.spoor"), Options{Create: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := <-loadInto(b.Context(), db, generatedSource(b, 1)); err != nil {
		b.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4 * runtime.NumCPU())) // as the screen does
	f, err := query.Parse("region:eu-west-1 event:Describe*")
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	questions := []struct {
		name string
		ask  func() error
	}{
		{"page", func() error {
			_, err := db.Page(ctx, query.PageRequest{Filter: f, N: 100, Columns: []string{"time", "actor", "event", "service", "region", "ip", "error", "resource"}})
			return err
		}},
		{"facets", func() error {
			_, err := db.Facets(ctx, query.FacetRequest{Filter: f, Fields: []string{"actor", "event", "service", "region", "ip", "error", "account", "outcome"}, Top: 10})
			return err
		}},
		{"histogram", func() error {
			_, err := db.Histogram(ctx, query.HistogramRequest{Filter: f, Buckets: 200, By: "outcome"})
			return err
		}},
	}
	ask := func(took [][]time.Duration) {
		for i, q := range questions {
			start := time.Now()
			if err := q.ask(); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(start))
		}
	}
	before, took := make([][]time.Duration, len(questions)), make([][]time.Duration, len(questions))
	for range 50 {
		ask(before)
	}
	for seed := uint64(2); b.Loop(); seed++ {
		src := generatedSource(b, seed)
		done := loadInto(ctx, db, src)
		for loading := true; loading; {
			ask(took)
			select {
			case err := <-done:
				if loading = false; err != nil {
					b.Fatal(err)
				}
			default:
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, q := range questions {
		slices.Sort(before[i])
		slices.Sort(took[i])
		for percent, name := range map[int]string{50: "p50-ms", 95: "p95-ms"} {
			b.ReportMetric(percentile(took[i], percent), q.name+"-"+name)
			b.ReportMetric(percentile(before[i], percent), q.name+"-before-"+name)
		}
	}
}

// percentile of sorted times, in ms.
func percentile(sorted []time.Duration, percent int) float64 {
	return float64(sorted[len(sorted)*percent/100].Microseconds()) / 1e3
}

// BenchmarkFirstRows loads into an empty case until a page has rows to show.
func BenchmarkFirstRows(b *testing.B) {
	src := generatedSource(b, 1)
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		db, err := Open(ctx, filepath.Join(b.TempDir(), "first.spoor"), Options{Create: true})
		if err != nil {
			b.Fatal(err)
		}
		done := loadInto(ctx, db, src)
		for rows := 0; rows == 0; {
			p, err := db.Page(ctx, query.PageRequest{N: 50, Columns: []string{"time", "actor", "event"}})
			if err != nil {
				b.Fatal(err)
			}
			rows = len(p.Rows)
		}
		b.StopTimer()
		cancel()
		<-done
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
