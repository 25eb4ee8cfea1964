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
// system tells its CPU time and peak memory. `make bench-load` runs it.
func BenchmarkLoad(b *testing.B) {
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
			b.Logf("%d events in %d objects, %d bytes of JSON, %d stored", sum.Events, sum.Objects, sum.Text, sum.Stored)
			spent := map[string]time.Duration{}
			for _, name := range []string{"inflate", "read_json", "spoor", "again"} {
				b.Run(name, func(b *testing.B) {
					spent[name] = benchChild(b, name, dir, sum)
					if name == "spoor" {
						b.ReportMetric(float64(spent[name])/float64(spent["inflate"]), "x-inflate")
						b.ReportMetric(float64(spent["read_json"])/float64(spent[name]), "read_json-x")
					}
				})
			}
		})
	}
}

// benchChild runs one of benchWork in processes of their own and reports their
// mean cost.
func benchChild(b *testing.B, work, dir string, sum loadgen.Summary) time.Duration {
	var cpu, wall time.Duration
	var peak int64
	out := filepath.Join(dir, "..", filepath.Base(dir)+".out")
	runs := 0
	for b.Loop() {
		if work != "again" {
			if err := os.RemoveAll(out); err != nil {
				b.Fatal(err)
			}
		}
		c := exec.Command(os.Args[0], "-test.run=^TestBenchWork$", "-test.v")
		c.Env = append(os.Environ(), "SPOOR_BENCH_WORK="+work, "SPOOR_BENCH_DIR="+dir, "SPOOR_BENCH_OUT="+out)
		start := time.Now()
		if text, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, text)
		}
		wall += time.Since(start)
		cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		peak = max(peak, peakMemory(c.ProcessState.SysUsage().(*syscall.Rusage)))
		runs++
	}
	cpu, wall = cpu/time.Duration(runs), wall/time.Duration(runs)
	n := float64(sum.Events)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(n/wall.Seconds(), "events/s")
	b.ReportMetric(float64(sum.Text)/wall.Seconds()/1e6, "MB/s")
	b.ReportMetric(cpu.Seconds()/n*1e6, "cpu-s/M")
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
	if work == "spoor" {
		b.ReportMetric(size(b, filepath.Join(out, dbName))/n, "db-B/event")
		b.ReportMetric(size(b, filepath.Join(out, packName))/float64(sum.Stored), "pack-x-gzip")
	}
	return cpu
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
	debug.SetGCPercent(50) // as the program does
	db, err := Open(t.Context(), out, Options{Create: true})
	if err != nil {
		return err
	}
	src, err := disk.Open(dir, disk.Options{})
	if err != nil {
		return err
	}
	r, err := loader.Load(t.Context(), []loader.Source{src}, db, loader.Options{})
	if err != nil {
		return err
	}
	t.Logf("%+v %+v in %.1f s", r.Objects, r.Events, r.Seconds)
	return db.Close()
}
