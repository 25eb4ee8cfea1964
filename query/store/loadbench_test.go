//go:build unix

package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"spoor/loader"
	"spoor/loader/disk"
	"spoor/loader/loadgen"
)

// BenchmarkLoad loads generated logs into a case, beside two yardsticks over the
// same files: unpacking them and nothing else, and DuckDB's own JSON reader into a
// table of the same columns. Each runs in a process of its own, so that the
// system tells its CPU time and peak memory; they take turns, three times, and the
// medians count. `make bench-load` runs it and shows its table. Where libdeflate can be
// built with, a load by such a build takes its turn as well.
func BenchmarkLoad(b *testing.B) {
	works := loadWorks
	if tagged := buildTagged(b); tagged != "" {
		works = append(works[:len(works):len(works)], loadWork{"libdeflate", "spoor", tagged})
	}
	for _, shape := range []struct {
		name string
		loadgen.Shape
	}{{"large", loadgen.Large}, {"small", loadgen.Small}} {
		b.Run(shape.name, func(b *testing.B) {
			dir := b.TempDir()
			sum, err := loadgen.Generate(dir, loadgen.Options{Seed: 1, Events: benchEvents(), Shape: shape.Shape})
			if err != nil {
				b.Fatal(err)
			}
			costs := make(map[string][]cost)
			for b.Loop() {
				for range loadRuns {
					for _, w := range works {
						costs[w.name] = append(costs[w.name], w.run(b, dir))
					}
				}
			}
			out := outDir(dir)
			r := loadResult{shape: shape.name, works: works, sum: sum, db: size(b, filepath.Join(out, dbName)), pack: size(b, filepath.Join(out, packName)), costs: costs}
			r.report(b)
			fmt.Print(r.table())
		})
	}
}

// loadRuns is how often each work is done.
const loadRuns = 3

// A loadWork is done by processes of a test binary.
type loadWork struct{ name, does, binary string }

// loadWorks take turns; "again" is a second run over what "spoor" has loaded.
var loadWorks = []loadWork{{"inflate", "inflate", os.Args[0]}, {"read_json", "read_json", os.Args[0]}, {"spoor", "spoor", os.Args[0]}, {"again", "again", os.Args[0]}}

// buildTagged builds this test with the tag libdeflate, "" if the library is not
// there.
func buildTagged(b *testing.B) string {
	name := filepath.Join(b.TempDir(), "tagged.test")
	if out, err := exec.Command("go", "test", "-c", "-tags", "libdeflate", "-o", name, ".").CombinedOutput(); err != nil {
		b.Logf("without libdeflate: %v\n%s", err, out)
		return ""
	}
	return name
}

// A cost is what one process took.
type cost struct {
	cpu, wall time.Duration
	peak      int64 // bytes resident
}

func outDir(dir string) string { return filepath.Join(dir, "..", filepath.Base(dir)+".out") }

// run does the work in a process of its own.
func (w loadWork) run(b *testing.B, dir string) cost {
	out := outDir(dir)
	if w.does != "again" {
		if err := os.RemoveAll(out); err != nil {
			b.Fatal(err)
		}
	}
	c := exec.Command(w.binary, "-test.run=^TestBenchWork$", "-test.v")
	c.Env = append(os.Environ(), "SPOOR_BENCH_WORK="+w.does, "SPOOR_BENCH_DIR="+dir, "SPOOR_BENCH_OUT="+out)
	start := time.Now()
	if text, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, text)
	}
	return cost{
		cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime(), wall: time.Since(start),
		peak: peakMemory(c.ProcessState.SysUsage().(*syscall.Rusage)),
	}
}

// A loadResult is what the processes of one shape took.
type loadResult struct {
	shape    string
	works    []loadWork
	sum      loadgen.Summary
	db, pack float64 // bytes
	costs    map[string][]cost
}

// median is the median of one measure of a work.
func (r loadResult) median(work string, measure func(cost) float64) float64 {
	var all []float64
	for _, c := range r.costs[work] {
		all = append(all, measure(c))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func cpuSeconds(c cost) float64  { return c.cpu.Seconds() }
func wallSeconds(c cost) float64 { return c.wall.Seconds() }
func peakMB(c cost) float64      { return float64(c.peak) / 1e6 }

// ratio is the median of the ratios of CPU time within one turn.
func (r loadResult) ratio(a, b string) float64 {
	var all []float64
	for i := range r.costs[a] {
		all = append(all, r.costs[a][i].cpu.Seconds()/r.costs[b][i].cpu.Seconds())
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func (r loadResult) perEvent(bytes float64) float64 { return bytes / float64(r.sum.Events) }

func (r loadResult) report(b *testing.B) {
	n := float64(r.sum.Events)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(n/r.median("spoor", wallSeconds), "events/s")
	b.ReportMetric(r.median("spoor", cpuSeconds)/n*1e6, "cpu-s/M")
	b.ReportMetric(r.median("spoor", peakMB), "peak-MB")
	b.ReportMetric(r.perEvent(r.db), "db-B/event")
	b.ReportMetric(r.pack/float64(r.sum.Stored), "pack-x-gzip")
	b.ReportMetric(r.ratio("spoor", "inflate"), "x-inflate")
	b.ReportMetric(r.ratio("read_json", "spoor"), "read_json-x")
}

// table is the result for people, with the needed values of engine.md beside.
func (r loadResult) table() string {
	var s strings.Builder
	n := float64(r.sum.Events)
	fmt.Fprintf(&s, "\n%s: %d events in %d objects, %.0f MB of JSON, %.0f MB stored; medians of %d\n",
		r.shape, r.sum.Events, r.sum.Objects, float64(r.sum.Text)/1e6, float64(r.sum.Stored)/1e6, len(r.costs["spoor"]))
	fmt.Fprintf(&s, "%-10s %10s %8s %9s %9s\n", "", "events/s", "MB/s", "CPU s/M", "peak MB")
	for _, w := range r.works {
		wall := r.median(w.name, wallSeconds)
		fmt.Fprintf(&s, "%-10s %10.0f %8.0f %9.2f %9.0f\n", w.name, n/wall, float64(r.sum.Text)/wall/1e6,
			r.median(w.name, cpuSeconds)/n*1e6, r.median(w.name, peakMB))
	}
	fmt.Fprintf(&s, "CPU of spoor ÷ inflate    %6.2f  (needed ≤ 2.5)\n", r.ratio("spoor", "inflate"))
	fmt.Fprintf(&s, "CPU of read_json ÷ spoor  %6.2f  (needed ≥ 2.0)\n", r.ratio("read_json", "spoor"))
	if len(r.costs["libdeflate"]) > 0 {
		fmt.Fprintf(&s, "with -tags libdeflate     %6.2f · %.2f\n", r.ratio("libdeflate", "inflate"), r.ratio("read_json", "libdeflate"))
	}
	fmt.Fprintf(&s, "database, bytes an event  %6.1f  (needed ≤ 40)\n", r.perEvent(r.db))
	fmt.Fprintf(&s, "pack ÷ gzip               %6.2f  (needed ≤ 1)\n", r.pack/float64(r.sum.Stored))
	return s.String()
}

// peakMemory is in bytes; Linux counts in KiB, the BSDs and macOS in bytes.
func peakMemory(u *syscall.Rusage) int64 {
	if runtime.GOOS == "linux" {
		return u.Maxrss << 10
	}
	return u.Maxrss
}

func size(b *testing.B, name string) float64 {
	info, err := os.Stat(name)
	if err != nil {
		b.Fatal(err)
	}
	return float64(info.Size())
}

// TestBenchWork is what benchChild's processes do; by itself it does nothing.
func TestBenchWork(t *testing.T) {
	dir, out := os.Getenv("SPOOR_BENCH_DIR"), os.Getenv("SPOOR_BENCH_OUT")
	var err error
	switch os.Getenv("SPOOR_BENCH_WORK") {
	case "":
		t.Skip("only a process of BenchmarkLoad does this")
	case "inflate":
		err = inflateAll(dir)
	case "read_json":
		err = readJSON(dir, out)
	default:
		err = loadAll(t, dir, out)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// inflateAll unpacks on one CPU; CPU time is what counts.
func inflateAll(dir string) error {
	var zip gzip.Reader
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := zip.Reset(bytes.NewReader(data)); err != nil {
			return err
		}
		_, err = zip.WriteTo(io.Discard)
		return err
	})
}

// readJSON makes DuckDB do the work with the columns that spoor indexes.
func readJSON(dir, out string) error {
	if err := os.MkdirAll(out, 0o700); err != nil {
		return err
	}
	db, err := sql.Open("duckdb", filepath.Join(out, "yardstick.duckdb"))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(fmt.Sprintf(`CREATE TABLE e AS SELECT unnest(Records, recursive := false) AS r FROM read_json(%s, format = 'unstructured', maximum_object_size = 100000000, columns = {Records: '%s'})`,
		literal(dir+"/AWSLogs/**/*.json.gz"), yardstickColumns))
	return err
}

const yardstickColumns = `STRUCT(
 eventID VARCHAR, eventTime VARCHAR, eventSource VARCHAR, eventName VARCHAR, awsRegion VARCHAR, recipientAccountId VARCHAR, sourceIPAddress VARCHAR,
 userAgent VARCHAR, errorCode VARCHAR, errorMessage VARCHAR, eventType VARCHAR, eventCategory VARCHAR, sharedEventID VARCHAR, vpcEndpointId VARCHAR,
 readOnly BOOLEAN, managementEvent BOOLEAN, userIdentity STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, accessKeyId VARCHAR,
 userName VARCHAR, invokedBy VARCHAR, sessionContext STRUCT(sessionIssuer STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, userName VARCHAR),
 attributes STRUCT(creationDate VARCHAR, mfaAuthenticated VARCHAR), sourceIdentity VARCHAR)))[]`

func loadAll(t *testing.T, dir, out string) error {
	jobs := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(2 * jobs) // as spoor load does, and the limits likewise
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(280 << 20)
	db, err := Open(t.Context(), out, Options{Create: true, MemoryLimit: 96 << 20, Threads: 1})
	if err != nil {
		return err
	}
	src, err := disk.Open(dir, disk.Options{})
	if err != nil {
		return err
	}
	r, err := loader.Load(t.Context(), []loader.Source{src}, db, loader.Options{Jobs: jobs})
	if err != nil {
		return err
	}
	t.Logf("%+v %+v in %.1f s", r.Objects, r.Events, r.Seconds)
	return db.Close()
}
