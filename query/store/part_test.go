package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/loadertest"
)

// days is a log file with one event at noon of each of the days of May, UTC.
func days(list ...int) string {
	var records []string
	for _, d := range list {
		records = append(records, fmt.Sprintf(`{"eventID":"00000000-0000-4000-8000-%012d","eventTime":"2024-05-%02dT12:00:00Z",`+
			`"eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","recipientAccountId":"111122223333"}`, d, d))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

// mays is the scope of some days.
func mays(from, to int) loader.Scope {
	return loader.Scope{Since: time.Date(2024, 5, from, 0, 0, 0, 0, time.UTC), Until: time.Date(2024, 5, to, 23, 59, 59, 0, time.UTC)}
}

// A load with --since or --until takes the events of that time and no others; a
// later load for more takes what is missing, and nothing that is there is lost.
func TestPartsOfObjects(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"files":   {"a.json": days(1, 2, 3), "b.json": days(4, 5)},
		"archive": {"x.zip": loadertest.Zip(map[string]string{"a.json": days(1, 2, 3), "b.json": days(4, 5)})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newCase(t)
			src := loadertest.NewSource(files)
			for i, step := range []struct {
				scope           loader.Scope
				events, outside int64
				fetched         bool
			}{
				{mays(2, 3), 2, 3, true},
				{mays(2, 3), 2, 0, false},
				{mays(3, 3), 2, 0, false},
				{mays(3, 4), 3, 2, true},
				{loader.Scope{Regions: []string{"eu-west-1"}}, 3, 2, true}, // that time or that region, no more
				{loader.Scope{Regions: []string{"eu-west-1"}}, 3, 0, false},
				{mays(2, 3), 3, 0, false},
				{loader.Scope{Regions: []string{"us-east-1"}}, 5, 0, true},
				{loader.Scope{}, 5, 0, false}, // nothing was left out
				{mays(2, 2), 5, 0, false},
			} {
				r := loadScope(t, db, src, step.scope)
				if got := db.Totals().Events; got != step.events || r.Events.Outside != step.outside || step.fetched != (r.Objects.Loaded+r.Objects.Skipped > 0) {
					t.Errorf("step %d: %d events in the case, report %+v %+v; want %+v", i, got, r.Events, r.Objects, step)
				}
			}
		})
	}
}

// A case that is made anew from its pack has the same parts.
func TestPartsOutliveTheDatabase(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	src := loadertest.NewSource(map[string]string{"a.json": days(1, 2, 3), "b.json": days(4, 5), "x.zip": loadertest.Zip(map[string]string{"c.json": days(6, 7)})})
	loadScope(t, db, src, mays(2, 6))
	parts := func() (list []string) {
		for _, o := range db.objects.list() {
			list = append(list, fmt.Sprintln(o.name, o.outcome, o.events, o.part))
		}
		slices.Sort(list)
		return list
	}
	want := parts()
	db, _ = reopen(t, db, func(dir string) { tear(t, dir) })
	if d := cmp.Diff(want, parts()); d != "" {
		t.Errorf("-before +after:\n%s", d)
	}
	if r := loadScope(t, db, src, mays(2, 6)); r.Objects.Already != r.Objects.Listed {
		t.Errorf("loaded again: %+v", r.Objects)
	}
	if loadScope(t, db, src, loader.Scope{}); db.Totals().Events != 7 {
		t.Errorf("%d events, want all 7", db.Totals().Events)
	}
}

// A changed object of which the case has a part is taken in the same part; one
// that is there whole stays whole.
func TestChangedObjectKeepsItsPart(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	src := loadertest.NewSource(map[string]string{"whole.json": days(1, 2)})
	loadScope(t, db, src, loader.Scope{})
	src.Put("part.json", days(11, 12))
	loadScope(t, db, src, mays(11, 11))
	src.Put("whole.json", days(1, 2, 3))
	src.Put("part.json", days(11, 12, 13))
	loadScope(t, db, src, mays(12, 12))
	if n := db.Totals().Events; n != 5 { // 1 2 3 · 11 12
		t.Errorf("%d events, want 5", n)
	}
}

func loadScope(t *testing.T, db *DB, src loader.Source, scope loader.Scope) loader.Report {
	t.Helper()
	r, err := loader.Load(t.Context(), []loader.Source{src}, db, loader.Options{Scope: scope})
	if err != nil {
		t.Fatal(err)
	}
	if e := r.Events; e.Read != e.Loaded+e.Duplicate+e.Invalid {
		t.Errorf("events don't add up: %+v", e)
	}
	return r
}

// A case from before parts were kept opens as it is: it has all objects whole.
func TestCaseWithoutPartsOpens(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	src := loadertest.NewSource(map[string]string{"a.json": days(1, 2)})
	loadScope(t, db, src, loader.Scope{})
	if err := db.with(t.Context(), func(c conn) error {
		_, err := c.exec(t.Context(), "ALTER TABLE objects_rows DROP COLUMN part")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	old, err := Open(t.Context(), db.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if r := loadScope(t, old, src, mays(2, 2)); r.Objects.Already != 1 || old.Totals().Events != 2 {
		t.Errorf("%+v, %d events", r.Objects, old.Totals().Events)
	}
}
