package store

import (
	"context"
	"errors"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/digest"
	"spoor/loader/digest/digesttest"
	"spoor/query"
)

// A tampered trail of six hours, loaded into a case: one log was edited before
// the load, one deleted.
func tampered(t *testing.T, db *DB) (*digesttest.Tree, *digest.KeyRing, digesttest.Trail, []digesttest.Log) {
	t.Helper()
	start := time.Date(2026, 3, 1, 10, 5, 0, 0, time.UTC)
	trail := digesttest.Trail{Bucket: "case-logs", Account: "111122223333", Region: "us-east-1", Home: "us-east-1", Name: "main",
		Keys: digesttest.Rotation(start, start.Add(6*time.Hour))}
	var logs []digesttest.Log
	for i := range 6 {
		at := start.Add(time.Duration(i)*time.Hour + 20*time.Minute)
		text := `{"Records":[{"eventVersion":"1.08","eventID":"` + strings.Repeat("0", 7) + string(rune('1'+i)) +
			`-0000-4000-8000-000000000000","eventTime":"` + at.Format(time.RFC3339) + `","eventSource":"cloudtrail.amazonaws.com","eventName":"` +
			[]string{"DescribeTrails", "StopLogging"}[i/5] + `","awsRegion":"us-east-1","recipientAccountId":"111122223333","userIdentity":{"type":"Root","accountId":"111122223333"},"readOnly":true}]}`
		logs = append(logs, digesttest.Log{Key: trail.LogKey(at, "AAAABBBBCCCCDDD"+string(rune('0'+i))), Text: []byte(text), Delivered: at})
	}
	tree := digesttest.NewTree()
	tree.AddDigests(trail.Chain(start, 6, logs)...)
	tree.AddLogs(trail.Bucket, logs...)
	edited := logs[2]
	edited.Text = []byte(strings.Replace(string(edited.Text), "DescribeTrails", "GetTrailStatus", 1))
	tree.AddLogs(trail.Bucket, edited)
	delete(tree.Objects, digesttest.Name(trail.Bucket, logs[4].Key))
	keys, err := digest.ParseKeys(digesttest.KeysJSON(digesttest.Epoch, map[string][]digesttest.Key{"us-east-1": trail.Keys}), "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := loader.Load(t.Context(), []loader.Source{tree.Source()}, db, loader.Options{}); err != nil {
		t.Fatal(err)
	}
	return tree, keys, trail, logs
}

func check(t *testing.T, db *DB, src loader.Source, keys *digest.KeyRing) *digest.Report {
	t.Helper()
	r, err := digest.Validate(t.Context(), []loader.Source{src}, digest.Options{Keys: keys, Known: db.KnownHash})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SaveReport(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func verdictCounts(t *testing.T, db *DB) map[string]int64 {
	t.Helper()
	list, err := db.Facets(t.Context(), query.FacetRequest{Fields: []string{"verdict"}, Top: 10})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, v := range list[0].Values {
		out[v.Value.Text] = v.Count
	}
	return out
}

func TestEventsShowTheVerdictOfTheirObject(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	tree, keys, trail, logs := tampered(t, db)
	if got, want := verdictCounts(t, db), map[string]int64{"": 5}; !cmp.Equal(got, want) {
		t.Errorf("before the check: %v, want %v", got, want)
	}
	r := check(t, db, tree.Source(), keys)
	if r.Logs.Valid != 4 || r.Logs.Invalid != 1 || r.Logs.Missing != 1 || r.Reused != 5 {
		t.Errorf("logs %+v, %d reused", r.Logs, r.Reused)
	}
	if got, want := verdictCounts(t, db), map[string]int64{"valid": 4, "invalid": 1}; !cmp.Equal(got, want) {
		t.Errorf("after the check: %v, want %v", got, want)
	}
	for text, want := range map[string]int64{"verdict:invalid": 1, "verdict:valid": 4, "-verdict:valid": 1, "verdict:*": 5, "-verdict:*": 0,
		"verdict:invalid,valid": 5, "verdict!=invalid": 4, "verdict:in*": 1} {
		n, err := db.Count(t.Context(), parse(t, text))
		if err != nil || n.N != want {
			t.Errorf("%s: %d, want %d (%v)", text, n.N, want, err)
		}
	}
	// Loaded anew, the object has no verdict any more.
	o := tree.Objects[digesttest.Name(trail.Bucket, logs[2].Key)]
	o.Body, o.Modified = digesttest.Gzip(logs[2].Text), o.Modified.Add(time.Hour)
	tree.Put(o)
	if _, err := loader.Load(t.Context(), []loader.Source{tree.Source()}, db, loader.Options{}); err != nil {
		t.Fatal(err)
	}
	if got, want := verdictCounts(t, db), map[string]int64{"valid": 4, "": 1}; !cmp.Equal(got, want) {
		t.Errorf("after loading it anew: %v, want %v", got, want)
	}
	if r := check(t, db, tree.Source(), keys); r.Logs.Valid != 5 || r.Logs.Missing != 1 {
		t.Errorf("second check: logs %+v", r.Logs)
	}
	if got := verdictCounts(t, db)["valid"]; got != 5 {
		t.Errorf("after the second check: %d valid, want 5", got)
	}
}

func TestReportsAndKeysSurviveReopening(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	if _, err := db.Report(t.Context()); !errors.Is(err, ErrNoReport) {
		t.Errorf("a new case: %v", err)
	}
	tree, keys, trail, _ := tampered(t, db)
	tree.Put(digesttest.Object{Bucket: trail.Bucket, Key: digest.ManifestName, Body: []byte("{}")})
	if _, err := loader.Load(t.Context(), []loader.Source{tree.Source()}, db, loader.Options{}); err != nil {
		t.Fatal(err)
	}
	want := check(t, db, tree.Source(), keys)
	for range 2 {
		if err := db.SaveKeys(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
	}
	dir := db.Path()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	got, err := again.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	micro := cmp.Transformer("micro", func(t time.Time) time.Time { return t.Truncate(time.Microsecond).UTC() })
	if diff := cmp.Diff(want, got, micro); diff != "" {
		t.Errorf("report (-saved +read):\n%s", diff)
	}
	ring, err := again.Keys(t.Context())
	if err != nil || len(ring.Of("us-east-1")) != 2 {
		t.Errorf("%d keys (%v), want 2", len(ring.Of("us-east-1")), err)
	}
	if got := verdictCounts(t, again); got["invalid"] != 1 {
		t.Errorf("verdicts after reopening: %v", got)
	}
	// The case itself proves the same, with nothing but what it holds. What lay
	// beside the logs and was no log is not missed.
	r := check(t, again, again.Originals(), ring)
	for o := range again.Originals().Objects(t.Context(), loader.Scope{}) {
		if path.Base(o.Name) == digest.ManifestName {
			t.Errorf("%s is listed, of which the case has no bytes", o.Name)
		}
	}
	if r.Digests != want.Digests || r.Logs != want.Logs {
		t.Errorf("checked from the case: digests %+v, logs %+v; want %+v, %+v", r.Digests, r.Logs, want.Digests, want.Logs)
	}
}

func TestCoverageAndCauses(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	tree, keys, _, _ := tampered(t, db)
	check(t, db, tree.Source(), keys)
	m, err := db.Coverage(t.Context(), query.CoverageRequest{Step: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Series) != 1 || m.Series[0].Total != (query.CoverageCell{Listed: 5, Loaded: 5, Proven: 4, Digests: 6, Events: 5}) {
		t.Fatalf("coverage: %+v", m)
	}
	if got := m.Series[0].Cells[2]; got != (query.CoverageCell{Listed: 1, Loaded: 1, Digests: 1, Events: 1}) {
		t.Errorf("hour of the edited log: %+v", got)
	}
	if len(m.Blind) != 2 || !strings.Contains(m.Blind[0], "data events") || !strings.Contains(m.Blind[1], "mutating") {
		t.Errorf("blind spots: %q", m.Blind)
	}
	end := time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC)
	causes, err := db.Causes(t.Context(), []digest.Finding{{Type: digest.Gap, From: end, To: end.Add(time.Hour)}, {Type: digest.ChainMismatch}})
	if err != nil || len(causes) != 2 || len(causes[0]) != 1 || causes[0][0].Event != "StopLogging" || len(causes[1]) != 0 {
		t.Errorf("causes %+v (%v)", causes, err)
	}
}

func TestSaveReportFailsWhole(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.SaveReport(ctx, &digest.Report{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := db.Report(t.Context()); !errors.Is(err, ErrNoReport) {
		t.Errorf("after a cancelled save: %v", err)
	}
}

// What a check has read of S3 is not read again, as long as its tag is the same.
func TestReadingsAreKeptByTag(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	tagged := loader.Object{Name: "s3://b/k", ETag: "one", Size: 3}
	file := loader.Object{Name: "/tmp/k", Size: 3}
	want := digest.Hash{SHA256: [32]byte{1, 2}, Unpacked: 9, Stored: 3, State: digest.ExtraMember, Extra: 4}
	if err := db.SaveReadings(t.Context(), []Reading{{tagged, want}, {file, want}}); err != nil {
		t.Fatal(err)
	}
	known, err := db.Readings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := known(tagged); !ok || got != want {
		t.Errorf("%+v %v, want %+v", got, ok, want)
	}
	if _, ok := known(file); ok {
		t.Error("a file without a tag is taken for known")
	}
	tagged.ETag = "two"
	if _, ok := known(tagged); ok {
		t.Error("a replaced object is taken for known")
	}
}
