package store

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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
		l := loader.Loaded{Object: loader.Object{Name: fmt.Sprint(o.Seed, f.Name)}, Outcome: loader.Done, Delivered: []byte(f.Text), Text: f.Text, SHA256: sha256.Sum256([]byte(f.Text)), Unpacked: int64(len(f.Text))}
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

// A sequel goes on where a case ends: the newest three thousand events again, by
// the same people with the same keys, later and with new ids, as often as asked.
type sequel struct {
	records []string
	span    time.Duration
	turn    int
}

var (
	loggedTime = regexp.MustCompile(`"eventTime":"([^"]*)"`)
	loggedID   = regexp.MustCompile(`"eventID":"[^"]*"`)
)

func newSequel(b *testing.B, db *DB) *sequel {
	b.Helper()
	page, err := db.Page(b.Context(), query.PageRequest{N: 3000, Columns: []string{"time"}})
	if err != nil {
		b.Fatal(err)
	}
	var seqs []int64
	for _, r := range page.Rows {
		seqs = append(seqs, r.Seq)
	}
	s := &sequel{span: db.Totals().To.Sub(time.UnixMicro(page.Rows[len(page.Rows)-1].Time)) + time.Second}
	if s.records, err = db.Records(b.Context(), seqs); err != nil {
		b.Fatal(err)
	}
	return s
}

func (s *sequel) next(b *testing.B, db *DB) {
	b.Helper()
	s.turn++
	list := make([]string, len(s.records))
	for i, r := range s.records {
		r = loggedID.ReplaceAllString(r, `"eventID":"`+guidText(rand.Uint64(), rand.Uint64())+`"`)
		list[i] = loggedTime.ReplaceAllStringFunc(r, func(old string) string {
			at, err := time.Parse(time.RFC3339, loggedTime.FindStringSubmatch(old)[1])
			if err != nil {
				b.Fatal(err)
			}
			return `"eventTime":"` + at.Add(s.span*time.Duration(s.turn)).Format(time.RFC3339) + `"`
		})
	}
	appendObject(b, db, fmt.Sprint("/follow/", rand.Uint64()), `{"Records":[`+strings.Join(list, ",")+`]}`)
}

func appendObject(b *testing.B, db *DB, name, text string) {
	b.Helper()
	l := loader.Loaded{Object: loader.Object{Name: name}, Outcome: loader.Done, Delivered: []byte(text), Text: text, SHA256: sha256.Sum256([]byte(text)), Unpacked: int64(len(text))}
	var d cloudtrail.Decoder
	if _, err := d.Decode(text, func(e *cloudtrail.Event) error {
		l.Events = append(l.Events, loader.Event{Event: *e, Change: change.Derive(e)})
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	if _, err := db.Append(b.Context(), []loader.Loaded{l}); err != nil {
		b.Fatal(err)
	}
	if err := db.Commit(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSessions works out the sessions of a case, keeps them up to date and
// asks for them. It reports CPU time an answer, on a busy machine the figure to
// trust, and the peak of memory so far.
func BenchmarkSessions(b *testing.B) {
	db := benchStore(b)
	run := func(name string, prepare func(), ask func() error) {
		b.Run(name, func(b *testing.B) {
			var cpu time.Duration
			for b.Loop() {
				if prepare != nil {
					b.StopTimer()
					prepare()
					b.StartTimer()
				}
				before := cpuTime(usage(b))
				if err := ask(); err != nil {
					b.Fatal(err)
				}
				cpu += cpuTime(usage(b)) - before
			}
			b.ReportMetric(cpu.Seconds()*1000/float64(b.N), "cpu-ms")
			b.ReportMetric(float64(peakMemory(usage(b)))/(1<<20), "peak-MB")
		})
	}
	resolved := func() error { _, err := db.resolved(b.Context(), 0, true); return err }
	b.Logf("%d events, %.0f MB", db.Totals().Events, float64(peakMemory(usage(b)))/(1<<20))
	idle := 30 * time.Minute
	run("resolve", nil, func() error {
		idle -= time.Second // another question each time
		return db.Resolve(b.Context(), idle)
	})
	var more *sequel
	onward := func() {
		if more == nil {
			more = newSequel(b, db)
		}
		more.next(b, db)
	}
	seed := uint64(100)
	run("follow batch", onward, resolved)
	run("follow batch of strangers", func() {
		seed++
		invented(b, db, loadgen.Options{Seed: seed, Events: 3000, Days: 1, Start: db.Totals().To})
	}, resolved)
	if db.path != Memory {
		run("first batch after opening", func() {
			if err := db.Close(); err != nil {
				b.Fatal(err)
			}
			again, err := Open(b.Context(), db.path, Options{})
			if err != nil {
				b.Fatal(err)
			}
			db = again
			onward()
		}, resolved)
	}
	b.Cleanup(func() { db.Close() })
	turn := 0
	list := func(r query.SessionRequest) func() error {
		orders := []query.SessionOrder{r.Order, query.SessionsOldest}
		return func() error { // another question in between, so that the answer is not at hand
			turn++
			r.Order = orders[turn%2]
			_, err := db.Sessions(b.Context(), r)
			return err
		}
	}
	run("list", nil, list(query.SessionRequest{Order: query.SessionsNewest, N: 50}))
	run("list by user", nil, list(query.SessionRequest{Order: query.SessionsByUser, N: 50}))
	run("list by risk", nil, list(query.SessionRequest{Order: query.SessionsByRisk, N: 50}))
	run("list filtered", nil, list(query.SessionRequest{Order: query.SessionsNewest, N: 50, Filter: parse(b, "service:iam outcome:denied")}))
	newest, err := db.Sessions(b.Context(), query.SessionRequest{Order: query.SessionsByUser, N: 50})
	if err != nil {
		b.Fatal(err)
	}
	var ids []string
	for _, s := range newest.Sessions {
		ids = append(ids, s.ID)
	}
	run("lanes", nil, func() error { _, err := db.SessionLanes(b.Context(), ids, 60); return err })
	root, err := db.Facets(b.Context(), query.FacetRequest{Fields: []string{"root"}, Top: 1000})
	if err != nil {
		b.Fatal(err)
	}
	names := root[0].Values
	for _, one := range []struct{ name, root string }{{"busy", names[0].Value.Text}, {"rare", names[len(names)-1].Value.Text}} {
		f, _ := query.Is("root", query.Value{Text: one.root})
		run("page of a "+one.name+" root actor", nil, func() error {
			_, err := db.Page(b.Context(), query.PageRequest{Filter: f, N: 100, Columns: []string{"time", "event", "root", "session"}})
			return err
		})
	}
	run("profile of a busy actor", nil, func() error { _, err := db.Profile(b.Context(), names[0].Value.Text); return err })
	run("facet of root actors", nil, func() error {
		_, err := db.Facets(b.Context(), query.FacetRequest{Fields: []string{"root"}, Top: 10})
		return err
	})
	s, err := db.Sessions(b.Context(), query.SessionRequest{Order: query.SessionsByEvents, N: 1})
	if err != nil {
		b.Fatal(err)
	}
	run("open the busiest", nil, func() error { _, err := db.Session(b.Context(), s.Sessions[0].ID); return err })
	run("blast radius of the busiest", nil, func() error { _, err := db.Radius(b.Context(), parse(b, "session:"+s.Sessions[0].ID)); return err })
	run("bursts of the busiest", nil, func() error {
		_, err := db.Bursts(b.Context(), query.BurstRequest{Session: s.Sessions[0].ID, N: 200})
		return err
	})
}
