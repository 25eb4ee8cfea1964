package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zeebo/xxh3"

	"spoor/loader"
	"spoor/loader/cloudtrail"
	"spoor/query"
)

// newCase opens an empty case on disk.
func newCase(t testing.TB) *DB {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.spoor"), Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// load appends and commits.
func load(t testing.TB, db *DB, list ...loader.Loaded) loader.Stored {
	t.Helper()
	s, err := db.Append(t.Context(), list)
	if err == nil {
		err = db.Commit(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// generated loads n objects of generated events and returns the events in the
// order of their seqs, which begin at 1.
func generated(t testing.TB, db *DB, objects, events int) []loader.Loaded {
	t.Helper()
	g := newGenerator(7)
	var all []loader.Loaded
	for range objects {
		all = append(all, g.next(events))
	}
	load(t, db, all...)
	return all
}

func parse(t testing.TB, text string) query.Filter {
	t.Helper()
	f, err := query.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// subject shows a generated event to the reference matcher.
type subject struct {
	e      *loader.Event
	record string
	object string
}

func (s subject) Record() string { return s.record }

func (s subject) Values(field string) []query.Value {
	e := s.e
	one := func(v string) []query.Value { return []query.Value{{Text: v, Null: v == ""}} }
	switch field {
	case "time":
		if e.Time == cloudtrail.NoTime {
			return nil
		}
		return one(time.UnixMicro(e.Time).UTC().Format(time.RFC3339Nano))
	case "actor":
		return one(e.Who.Actor)
	case "type":
		return one(e.Who.Type)
	case "principal":
		return one(e.Who.ARN)
	case "key":
		return one(e.Who.AccessKey)
	case "role":
		return one(e.Who.Role)
	case "sessionname":
		return one(e.Who.SessionName)
	case "caller":
		return one(e.Who.Account)
	case "account":
		return one(e.Account)
	case "region":
		return one(e.Region)
	case "service":
		return one(e.Source)
	case "event":
		return one(e.Name)
	case "eventtype":
		return one(e.EventType)
	case "ip":
		return one(e.SourceIP)
	case "agent":
		return one(e.UserAgent)
	case "error":
		return one(e.ErrorCode)
	case "message":
		return one(e.ErrorMessage)
	case "outcome":
		return one([]string{"ok", "denied", "throttled", "error"}[e.Outcome])
	case "readonly":
		return one(fmt.Sprint(e.ReadOnly))
	case "category":
		return one([]string{"Management", "Data"}[e.Category])
	case "id":
		return one(e.ID)
	case "object":
		return one(s.object)
	case "bytesin":
		if e.BytesIn == cloudtrail.NoBytes {
			return nil
		}
		return one(fmt.Sprint(e.BytesIn))
	case "resource":
		if e.Change != nil {
			var list []query.Value
			for _, r := range e.Change.Resources {
				list = append(list, query.Value{Text: r})
			}
			return list
		}
	case "resourcetype":
		if e.Change != nil {
			return one(e.Change.ResourceType)
		}
	}
	return nil
}

var filters = []string{
	"", "region:eu-west-1", "-region:eu-west-1", "event:Describe1*", "service:svc0", "service=svc0.amazonaws.com", "actor:user1*,user200",
	"error:*", "-error:*", "outcome:denied readonly:true", "ip:203.0.1.0/24", "ip:203.0.1.0/24 OR agent:/cli.2.[0-3]$/", "NOT (error:* OR region:eu-west-0)",
	"time:2024-05-01T00:01:00Z..2024-05-01T00:03:00Z", "time>2024-05-01T00:03:00Z", "last:1m", "resource:i-0000*", "-resource:*", "resourcetype:AWS::EC2::*",
	"object:*0001.json.gz", "bytesin>10", "-bytesin>10", "key:ASIA0000000000000003", "message:*authorized*", "account:111122223300,111122223301",
	"thing-5", "-thing-5", `"name":"thing-17"`, "requestParameters.name:thing-1*", "requestParameters.name:thing-1* region:eu-west-1", "-requestParameters.name:thing-1*",
	"/thing-[0-9]5\"/", "thing-5 OR error:*", "verdict:valid", "-verdict:valid", "mark:*",
	`"'; DROP TABLE event_rows; --"`, `actor:"'; DROP TABLE event_rows; --"`, `region:"eu%"`, "actor:user_", "id:*a", "category:Management", "mfa:*",
}

func TestStoreAgreesWithMatcher(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	objects := generated(t, db, 3, 700)
	clock := db.clock()
	for _, text := range filters {
		t.Run(text, func(t *testing.T) {
			f := parse(t, text)
			m := f.Matcher(clock)
			var want []int64
			seq := int64(0)
			for _, o := range objects {
				for i := range o.Events {
					seq++
					e := &o.Events[i]
					if m.Match(subject{e, o.Text[e.Span.Off : e.Span.Off+e.Span.Len], o.Object.Name}) {
						want = append(want, seq)
					}
				}
			}
			page, err := db.Page(t.Context(), query.PageRequest{Filter: f, Order: query.Oldest, N: 5000})
			if err != nil {
				t.Fatal(err)
			}
			got := map[int64]bool{}
			for _, r := range page.Rows {
				got[r.Seq] = true
			}
			if len(got) != len(want) || len(got) != len(page.Rows) {
				t.Fatalf("%d rows, %d different, want %d", len(page.Rows), len(got), len(want))
			}
			for _, s := range want {
				if !got[s] {
					t.Fatalf("event %d is missing", s)
				}
			}
			n, err := db.Count(t.Context(), f)
			if err != nil || n.N != int64(len(want)) {
				t.Errorf("count %v, %v, want %d", n, err, len(want))
			}
		})
	}
}

func TestPagesCoverTheOrderOnce(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(3)
	l := g.next(500)
	for i := range l.Events {
		if i%50 == 0 {
			l.Events[i].Time = cloudtrail.NoTime
		}
	}
	load(t, db, l)
	for _, order := range []query.Order{query.Newest, query.Oldest} {
		f := parse(t, "-error:*")
		whole, err := db.Page(t.Context(), query.PageRequest{Filter: f, Order: order, N: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(whole.Rows); i++ {
			if whole.Rows[i-1].Time == cloudtrail.NoTime && whole.Rows[i].Time != cloudtrail.NoTime {
				t.Fatal("events without a time don't come last")
			}
		}
		var walked, back []query.Row
		var at query.Cursor
		for {
			p, err := db.Page(t.Context(), query.PageRequest{Filter: f, Order: order, N: 37, From: at})
			if err != nil {
				t.Fatal(err)
			}
			walked = append(walked, p.Rows...)
			if !p.More {
				break
			}
			at = p.Rows[len(p.Rows)-1].Cursor()
		}
		if d := cmp.Diff(whole.Rows, walked); d != "" {
			t.Errorf("order %d forwards: %s", order, d)
		}
		at = query.Cursor{}
		for {
			p, err := db.Page(t.Context(), query.PageRequest{Filter: f, Order: order, N: 41, From: at, Back: true})
			if err != nil {
				t.Fatal(err)
			}
			back = append(append([]query.Row(nil), p.Rows...), back...)
			if !p.More {
				break
			}
			at = p.Rows[0].Cursor()
		}
		if d := cmp.Diff(whole.Rows, back); d != "" {
			t.Errorf("order %d backwards: %s", order, d)
		}
	}
}

func TestReopenedCaseIsTheSame(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a.spoor")
	open := func() *DB {
		db, err := Open(t.Context(), dir, Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	fields := []string{"actor", "region", "event", "resource", "outcome"}
	facets := func(db *DB) []query.Facet {
		f, err := db.Facets(t.Context(), query.FacetRequest{Fields: fields, Top: 10})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	db := open()
	objects := generated(t, db, 2, 300)
	want, totals := facets(db), db.Totals()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open()
	defer db.Close()
	if d := cmp.Diff(want, facets(db)); d != "" {
		t.Error(d)
	}
	totals.Revision = db.Totals().Revision
	if d := cmp.Diff(totals, db.Totals()); d != "" {
		t.Error(d)
	}
	if s := db.Status(objects[0].Object); s != loader.Unchanged {
		t.Errorf("status %v", s)
	}
	again := newGenerator(7).next(300)
	again.Object.Name = "/elsewhere/twin.json"
	if s := load(t, db, again); s.Events != 0 || s.Duplicates != 300 {
		t.Errorf("twin stored %+v", s)
	}
	ev, err := db.Event(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if w := objects[0].Text[objects[0].Events[0].Span.Off:][:objects[0].Events[0].Span.Len]; string(ev.Record) != w {
		t.Errorf("record %s, want %s", ev.Record, w)
	}
}

// A case whose tables are not those of the program can't be read, so whoever
// changes one raises Version: older cases are then made anew. (addPart adds a
// column to those of version 2 that lack it.)
func TestTablesHaveTheirVersion(t *testing.T) {
	t.Parallel()
	const version, tables = 2, 0x164949a018fa183f
	if h := xxh3.HashString(strings.Join(schema(), ";")); Version != version || h != tables {
		t.Errorf("the tables have changed, or the version: raise Version (now %d) unless no case of it was ever kept, and write %d, %#x here", Version, Version, h)
	}
}
