package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spoor/loader"
	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/session"
)

// attack decodes the logs of a live account under an attack simulation
// (invictus-ir/aws_dataset), or skips the test where they are absent.
func attack(t testing.TB) []loader.Loaded { return realLogs(t, "invictus-aws-dataset") }

// realLogs decodes a set of logs that others wrote, or skips the test where they
// are absent.
func realLogs(t testing.TB, set string) []loader.Loaded {
	t.Helper()
	var out []loader.Loaded
	var d cloudtrail.Decoder
	dir := filepath.Join("..", "..", "..", "shared", "data", "real", set)
	err := filepath.WalkDir(dir, func(path string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		l := loader.Loaded{Object: loader.Object{Name: path, Size: int64(len(raw))}, Outcome: loader.Done, Delivered: raw, Text: string(raw), SHA256: sha256.Sum256(raw), Unpacked: int64(len(raw))}
		_, err = d.Decode(l.Text, func(e *cloudtrail.Event) error {
			l.Events = append(l.Events, loader.Event{Event: *e, Change: change.Derive(e)})
			return nil
		})
		out = append(out, l)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("../shared/data is absent")
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func listed(t testing.TB, db *DB, r query.SessionRequest) []query.Session {
	t.Helper()
	page, err := db.Sessions(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if r.N == 0 && page.Total != len(page.Sessions) {
		t.Fatalf("%d sessions, %d said", len(page.Sessions), page.Total)
	}
	return page.Sessions
}

// timelessly are the parts of sessions that differ between cases: numbers.
var sameSessions = cmp.Options{cmpopts.IgnoreFields(query.Session{}, "OpenedBySeq"), cmpopts.IgnoreFields(query.SessionLink{}, "Seq")}

func TestSessionsOfTheAttack(t *testing.T) {
	t.Parallel()
	files := attack(t)
	db := newCase(t)
	load(t, db, files...)
	all := listed(t, db, query.SessionRequest{Order: query.SessionsNewest})
	linked, keys := 0, 0
	var events int64
	for _, s := range all {
		events += s.Events
		if s.Link != nil && s.Link.Kind == "issued-key" {
			keys++
			linked += int(s.Events)
		}
	}
	if events != db.Totals().Events {
		t.Errorf("sessions hold %d events, the case %d", events, db.Totals().Events)
	}
	if keys != 8 || linked != 70 {
		t.Errorf("%d keys linked with %d events, want 8, 70", keys, linked)
	}
	checkFilters(t, db, all)
	n, err := ask(t.Context(), db, func(ctx context.Context, c conn) ([]int64, error) {
		return c.int64s(ctx, `SELECT count(*), count(*) FILTER (list_contains(source_ips, '192.168.10.20') AND "end" >= "start" AND parent IS NOT NULL) FROM sessions WHERE root_actor = 'bert-jan'`)
	})
	if err != nil || n[0] != 8 || n[1] != 5 { // the check of a second factor belongs to the sign-in it came before
		t.Errorf("the view sessions holds %v of bert-jan, want 8, 5 (%v)", n, err)
	}
}

// checkFilters holds the filters session: and root:, and the columns, to the
// list.
func checkFilters(t *testing.T, db *DB, all []query.Session) {
	t.Helper()
	roots, events := map[string]int64{}, map[string]int64{}
	for _, s := range all {
		roots[s.RootActor] += s.Events
		events[s.ID] = s.Events
		f, err := query.Is("session", query.Value{Text: s.ID})
		if err != nil {
			t.Fatal(err)
		}
		page, err := db.Page(t.Context(), query.PageRequest{Filter: f, N: 5000, Columns: []string{"session", "root"}})
		if err != nil || int64(len(page.Rows)) != s.Events {
			t.Fatalf("session:%s (%s): %d events, want %d (%v)", s.ID, s.Actor, len(page.Rows), s.Events, err)
		}
		for _, r := range page.Rows {
			if r.Seq%50 == 0 {
				if id, err := db.SessionOf(t.Context(), r.Seq); err != nil || id != s.ID {
					t.Fatalf("event %d is of session %s, not %s (%v)", r.Seq, s.ID, id, err)
				}
			}
			if r.Values[0].Text != s.ID || r.Values[1].Text != s.RootActor {
				t.Fatalf("event of session %s, root %q, shows %v", s.ID, s.RootActor, r.Values)
			}
		}
		if got := listed(t, db, query.SessionRequest{Filter: f}); len(got) != 1 || got[0].ID != s.ID || got[0].Matched != s.Events {
			t.Fatalf("sessions matching session:%s: %d", s.ID, len(got))
		}
	}
	facet, err := db.Facets(t.Context(), query.FacetRequest{Fields: []string{"root", "session", "event"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, v := range facet[1].Values {
		got[v.Value.Text] = v.Count
	}
	if d := cmp.Diff(events, got); d != "" {
		t.Errorf("facet of sessions:\n%s", d)
	}
	for _, v := range facet[0].Values {
		f, _ := query.Is("root", v.Value)
		n, err := db.Count(t.Context(), f)
		seen, _ := query.Is("event", query.Value{Text: "none"})
		if looked, err := db.Count(t.Context(), f.Or(seen)); err != nil || looked.N != n.N {
			t.Errorf("root:%s: %d events counted, %d known (%v)", v.Value.Text, looked.N, n.N, err)
		}
		if want := roots[v.Value.Text]; err != nil || v.Count != want || n.N != want {
			t.Errorf("root:%s: facet %d, count %d, sessions %d (%v)", v.Value.Text, v.Count, n.N, want, err)
		}
		delete(roots, v.Value.Text)
	}
	if len(roots) > 0 {
		t.Errorf("roots without a facet: %v", roots)
	}
}

// An object that is replaced takes events away: then all is worked out anew.
func TestSessionsOfAReplacedObject(t *testing.T) {
	t.Parallel()
	files := attack(t)
	db := newCase(t)
	load(t, db, files...)
	all := listed(t, db, query.SessionRequest{Stale: true})
	short := files[0]
	short.Events = short.Events[:len(short.Events)/2]
	load(t, db, short)
	var had, has int64
	for _, s := range all {
		had += s.Events
	}
	for _, s := range listed(t, db, query.SessionRequest{Stale: true}) {
		has += s.Events
	}
	if has != db.Totals().Events || has >= had {
		t.Errorf("sessions hold %d events, the case %d; they held %d", has, db.Totals().Events, had)
	}
}

func TestSessionsAfterOpeningAgain(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	load(t, db, attack(t)...)
	got := listed(t, db, query.SessionRequest{Order: query.SessionsNewest})
	again := reopened(t, db)
	if d := cmp.Diff(got, listed(t, again, query.SessionRequest{Order: query.SessionsNewest})); d != "" {
		t.Errorf("opened again:\n%s", d)
	}
	checkFilters(t, again, got)
}

// reopened closes a case and opens it again.
func reopened(t *testing.T, db *DB) *DB {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), db.Path(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	return again
}

// A case whose tables of sessions are those of another program gets these, and
// its sessions are worked out again.
func TestTablesOfSessionsAreMadeAgain(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	load(t, db, newGenerator(3).next(200))
	want := listed(t, db, query.SessionRequest{Order: query.SessionsNewest})
	if err := db.with(t.Context(), func(c conn) error {
		_, err := c.exec(t.Context(), "DROP TABLE session_sums; ALTER TABLE session_rows DROP COLUMN reason CASCADE; UPDATE session_tables SET version = 1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	db = reopened(t, db)
	if d := cmp.Diff(want, listed(t, db, query.SessionRequest{Order: query.SessionsNewest}), sameSessions); d != "" {
		t.Error(d)
	}
}

func TestIdleOfSessions(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	load(t, db, attack(t)...)
	half := len(listed(t, db, query.SessionRequest{}))
	short := len(listed(t, db, query.SessionRequest{Idle: 10 * time.Second}))
	if short <= half {
		t.Errorf("%d sessions with 10 s of silence, %d with half an hour", short, half)
	}
	if kept := len(listed(t, db, query.SessionRequest{})); kept != short {
		t.Errorf("%d sessions when not asked again, want %d", kept, short)
	}
	checkFilters(t, db, listed(t, db, query.SessionRequest{Order: query.SessionsOldest}))
}

func TestSessionJSON(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	load(t, db, attack(t)...)
	b, err := json.Marshal(listed(t, db, query.SessionRequest{Order: query.SessionsOldest}))
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "actor", "kind", "principal", "account", "role", "session_name", "access_keys", "start", "end", "events", "writes", "errors", "denied",
		"services", "regions", "source_ips", "user_agents", "mfa", "parent", "parent_event", "link", "root_actor", "depth"} {
		if _, ok := list[0][name]; !ok {
			t.Errorf("no %s in %v", name, list[0])
		}
	}
}

func TestOneSession(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	load(t, db, attack(t)...)
	f := parse(t, "actor:bert-jan key:AKIA*")
	top := listed(t, db, query.SessionRequest{Filter: f})
	if len(top) != 1 || top[0].Forwarded != 240 || top[0].Events != 2344 {
		t.Fatalf("%d sessions of the key, the first with %d events, %d of them by services; want 1, 2,344, 240", len(top), top[0].Events, top[0].Forwarded)
	}
	one, err := db.Session(t.Context(), top[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	reached := 0
	for _, c := range one.Down.Children {
		if c.Why != "" {
			reached++
		}
	}
	if n := len(one.Down.Children); n != 9 || reached != 4 {
		t.Errorf("%d sessions came of it, %d of them of instances it started and of a user it gave a password; want 9, 4", n, reached)
	}
	child, err := db.Session(t.Context(), one.Down.Children[0].Session.ID)
	if err != nil || len(child.Up) != 1 || child.Up[0].ID != top[0].ID {
		t.Errorf("line up of a child: %v %v", child.Up, err)
	}
	var events int64
	for req := (query.BurstRequest{Session: top[0].ID, N: 50}); ; {
		page, err := db.Bursts(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Bursts {
			events += b.Count
		}
		if req.From = page.Next; !page.More {
			break
		}
	}
	if events != top[0].Events {
		t.Errorf("bursts hold %d events, the session %d", events, top[0].Events)
	}
	lanes, err := db.SessionLanes(t.Context(), []string{top[0].ID, child.Session.ID}, 40)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range []query.Session{top[0], child.Session} {
		var n, denied int64
		for b := range 40 {
			n += lanes[i].Reads[b] + lanes[i].Writes[b] + lanes[i].Errors[b] + lanes[i].Denied[b]
			denied += lanes[i].Denied[b]
		}
		if n != s.Events || denied != s.Denied {
			t.Errorf("lane of %s: %d events, %d denied; want %d, %d", s.Actor, n, denied, s.Events, s.Denied)
		}
	}
	r, err := db.Radius(t.Context(), f)
	if err != nil || r.Sessions != 10 || len(r.Names("keys")) != 3 || len(r.Made) == 0 {
		t.Errorf("radius: %d sessions, keys %v, %d made (%v)", r.Sessions, r.Names("keys"), len(r.Made), err)
	}
	if _, err := db.Contrast(t.Context(), top[0].ID, child.Session.ID); err != nil {
		t.Error(err)
	}
}

func TestBreaksAreFound(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	who := newGenerator(1).people[0]
	var events []loader.Event
	add := func(second int64, name string, outcome cloudtrail.Outcome) {
		events = append(events, loader.Event{Event: cloudtrail.Event{ID: guidText(9, uint64(len(events))), Time: second * 1_000_000, Source: "s3.amazonaws.com", Name: name, Outcome: outcome,
			Anchor: cloudtrail.AnchorKey, SourceIP: "203.0.113.9", Account: "111122223333", Who: who}})
	}
	for i := range int64(4) { // too few in a row
		add(i, "GetObject", cloudtrail.Denied)
	}
	add(5, "ListBuckets", cloudtrail.OK)
	for i := range int64(6) {
		add(10+i, "PutObject", cloudtrail.Denied)
		add(10+i, "PutObject", cloudtrail.Throttled) // neither here nor there
	}
	add(20, "DeleteObject", cloudtrail.OK)
	add(21, "DeleteObject", cloudtrail.OK)
	for i := range int64(9) { // no success after them
		add(30+i, "CreateUser", cloudtrail.Denied)
	}
	load(t, db, pack1("/a.json.gz", `{"Records":[]}`, events, func(int) (int, int) { return 0, 1 }))
	all := listed(t, db, query.SessionRequest{Sign: string(session.DeniedThenDone)})
	if len(all) != 1 || len(all[0].Risks) != 1 || all[0].Risks[0].Detail != "6 calls in a row were denied, then DeleteObject succeeded at 1970-01-01T00:00:20Z" {
		t.Errorf("sessions with the sign: %+v", all)
	}
}
