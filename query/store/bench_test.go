package store

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"spoor/loader"
)

// benchEvents is how many events the benchmarks work on: SPOOR_BENCH_EVENTS, or
// a quarter of a million.
func benchEvents() int {
	if n, err := strconv.Atoi(os.Getenv("SPOOR_BENCH_EVENTS")); err == nil {
		return n
	}
	return 250_000
}

func BenchmarkAppend(b *testing.B) {
	n := benchEvents()
	for b.Loop() {
		b.StopTimer()
		dir := filepath.Join(b.TempDir(), "a.spoor")
		db, err := Open(b.Context(), dir, Options{Create: true})
		if err != nil {
			b.Fatal(err)
		}
		g := newGenerator(1)
		for done := 0; done < n; {
			var batch []loader.Loaded
			for k := 0; k < 20_000 && done < n; {
				l := g.next(2000)
				batch = append(batch, l)
				k += len(l.Events)
				done += len(l.Events)
			}
			b.StartTimer()
			if _, err := db.Append(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if done%1_000_000 == 20_000 || done%1_000_000 == 0 {
				b.StartTimer()
				if err := db.Commit(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
			}
		}
		b.StartTimer()
		if err := db.Commit(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		info, err := os.Stat(filepath.Join(dir, dbName))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/float64(n), "B/event")
		b.StartTimer()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
