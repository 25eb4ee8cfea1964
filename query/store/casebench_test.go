package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"spoor/query"
)

// How often each question is put: rounds times, slow times where it takes
// seconds, and once each of those that come with spoor.
const (
	rounds = 20
	slow   = 3
)

// BenchmarkCase puts the questions of the screen to a case that is there
// already, named by SPOOR_BENCH_CASE, and reports median and worst of 20 in
// milliseconds (of 3 where it takes seconds), CPU time an answer, and the peak of
// memory. The case is written to (search blocks):
// give it a copy.
func BenchmarkCase(b *testing.B) {
	path := os.Getenv("SPOOR_BENCH_CASE")
	if path == "" {
		b.Skip("SPOOR_BENCH_CASE names no case")
	}
	start := time.Now()
	db, err := Open(b.Context(), path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	b.Logf("%d events, opened in %v", db.Totals().Events, time.Since(start).Round(time.Millisecond))
	start = time.Now()
	if err := db.Index(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Logf("search blocks made in %v", time.Since(start).Round(time.Millisecond))
	for _, q := range caseQuestions(b, db) {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				measure(b, q)
			}
			b.ReportMetric(float64(peakMemory(usage(b)))/(1<<20), "peak-MB") // so far
		})
	}
}

// A caseQuestion is asked so many times.
type caseQuestion struct {
	name  string
	times int
	ask   func(ctx context.Context) error
}

func measure(b *testing.B, q caseQuestion) {
	b.Helper()
	n := q.times
	took := make([]time.Duration, n)
	before := cpuTime(usage(b))
	for i := range took {
		start := time.Now()
		if err := q.ask(b.Context()); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(start)
	}
	b.ReportMetric((cpuTime(usage(b))-before).Seconds()*1000/float64(n), "cpu-ms")
	slices.Sort(took)
	b.ReportMetric(took[n/2].Seconds()*1000, "median-ms")
	b.ReportMetric(took[n-1].Seconds()*1000, "worst-ms")
}

func usage(b *testing.B) *syscall.Rusage {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return &u
}

// cpuTime is what all threads have worked: on a busy machine the figure to trust.
func cpuTime(u *syscall.Rusage) time.Duration { return time.Duration(u.Utime.Nano() + u.Stime.Nano()) }

// caseQuestions are made of what the case itself holds, so that any case will do.
func caseQuestions(b *testing.B, db *DB) []caseQuestion {
	b.Helper()
	filter := func(text string) query.Filter {
		f, err := query.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		return f
	}
	top := func(field string, n int) string {
		list, err := db.Values(b.Context(), query.ValueRequest{Field: field, N: n + 1})
		if err != nil || len(list) <= n {
			b.Fatalf("values of %s: %v, %v", field, list, err)
		}
		return fmt.Sprintf("%s:%q", field, list[n].Value.Text)
	}
	two := filter(top("region", 0) + " -" + top("service", 0))
	cols := []string{"time", "actor", "event", "service", "region", "ip", "error", "resource", "account"}
	fields := []string{"actor", "event", "service", "region", "ip", "error", "account", "outcome"}
	page := func(f query.Filter, at func(int) query.Cursor) func(context.Context) error {
		i := 0
		return func(ctx context.Context) error {
			i++
			_, err := db.Page(ctx, query.PageRequest{Filter: f, N: 100, Columns: cols, From: at(i)})
			return err
		}
	}
	t := db.Totals()
	begin := func(int) query.Cursor { return query.Cursor{} }
	along := func(i int) query.Cursor { // some place in the time of the case
		return query.Cursor{Set: true, Seq: 1, Time: t.From.Add(t.To.Sub(t.From) * time.Duration(i%rounds+1) / (rounds + 2)).UnixMicro()}
	}
	each := func(ask func(ctx context.Context, seq int64) error) func(context.Context) error { // another event each time
		i := int64(0)
		return func(ctx context.Context) error {
			i++
			return ask(ctx, 1+i*7919317%t.Events)
		}
	}
	search := func(words ...string) func(context.Context) error {
		i := 0
		return func(ctx context.Context) error {
			db.leaves = leaves{} // as if never searched for
			f := filter(words[i%len(words)])
			i++
			_, err := (whole{db}).Count(ctx, f)
			return err
		}
	}
	first := func(word string) func(context.Context) error {
		return func(ctx context.Context) error {
			db.leaves = leaves{}
			p, err := db.Page(ctx, query.PageRequest{Filter: filter(word), N: 50, Columns: cols})
			if err == nil && len(p.Rows) == 0 {
				err = errors.New("nothing on the first screen")
			}
			return err
		}
	}
	list := []caseQuestion{
		{"page/filtered", rounds, page(two, begin)},
		{"page/next", rounds, page(two, along)},
		{"facets/8", rounds, func(ctx context.Context) error {
			_, err := db.Facets(ctx, query.FacetRequest{Filter: two, Fields: fields, Top: 10})
			return err
		}},
		{"histogram", rounds, func(ctx context.Context) error {
			_, err := db.Histogram(ctx, query.HistogramRequest{Filter: two, Buckets: 200})
			return err
		}},
		{"count", rounds, func(ctx context.Context) error { _, err := db.Count(ctx, two); return err }},
		{"detail", rounds, each(func(ctx context.Context, seq int64) error {
			db.texts = texts{}
			_, err := db.Event(ctx, seq)
			return err
		})},
		{"detail/relatives", rounds, each(func(ctx context.Context, seq int64) error { _, err := db.Relatives(ctx, seq); return err })},
		{"text/first-screen", rounds, first("eventName")},
		{"text/rare", slow, search("zzznone1", "zzznone2", "zzznone3")},
		{"text/common", slow, search("TLSv1.3")},
		{"text/regex", slow, search(`/zzz[0-9]+none/`)},
		{"text/path", slow, search("requestParameters.bucketName:*zzz*")},
		{"cancel", rounds, func(ctx context.Context) error { return cancelled(ctx, db) }},
		{"export/1M-csv", slow, func(ctx context.Context) error { return exportCSV(ctx, db) }},
		{"export/1M-records", slow, func(ctx context.Context) error { return exportRecords(ctx, db) }},
		{"export/1M-parquet", slow, func(ctx context.Context) error {
			return exportParquet(ctx, db, filepath.Join(b.TempDir(), "a.parquet"))
		}},
	}
	for _, s := range query.Builtin() {
		q, err := s.Question()
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, caseQuestion{"question/" + s.ID, 1, func(ctx context.Context) error {
			db.leaves = leaves{}
			_, err := db.Answer(ctx, q, nil)
			return err
		}})
	}
	return list
}

// cancelled is how long a reader waits who types on.
func cancelled(ctx context.Context, db *DB) error {
	ctx, cancel := context.WithCancel(ctx)
	time.AfterFunc(5*time.Millisecond, cancel)
	err := db.SQL(ctx, "SELECT count(*) FROM event_rows AS a, event_rows AS b WHERE a.t + b.t = 7", 0, func([]Column) error { return nil }, func([]any) error { return nil })
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("not cancelled: %w", err)
}

// exportColumns are the columns of a CSV that nobody chose any for, without those
// that sessions have to be worked out for.
var exportColumns = []string{"time", "account", "region", "actor", "type", "principal", "key", "role", "sessionname", "service", "event", "readonly", "outcome", "error", "message",
	"resourcetype", "resource", "ip", "agent", "category", "eventtype", "mfa", "bytesin", "bytesout", "verdict", "id", "object", "mark", "note"}

func exportCSV(ctx context.Context, db *DB) error {
	_, err := db.EachText(ctx, query.ExportRequest{Limit: 1_000_000, Columns: exportColumns}, encodeCSV, func([]byte) error { return nil })
	return err
}

func exportRecords(ctx context.Context, db *DB) error {
	_, err := db.EachRecord(ctx, query.ExportRequest{Limit: 1_000_000}, func(string) error { return nil })
	return err
}

func exportParquet(ctx context.Context, db *DB, path string) error {
	_, err := db.WriteParquet(ctx, query.ExportRequest{Limit: 1_000_000, Columns: exportColumns}, path)
	return err
}

// encodeCSV makes an Encode that writes rows as CSV.
func encodeCSV() Encode {
	out := query.NewCSV(false)
	return func(b []byte, rows []query.Row) ([]byte, error) {
		for _, r := range rows {
			b = out.AppendRow(b, r.Values)
		}
		return b, nil
	}
}
