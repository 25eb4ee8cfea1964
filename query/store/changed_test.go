package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/query/store/pack"
)

func TestChangedObjectReplacesOnlyItsOwnEvents(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	whole := newGenerator(9).next(60)
	part := func(name string, from, to int, size int64) loader.Loaded {
		l := whole
		l.Object.Name, l.Object.Size = name, size
		l.Events = whole.Events[from:to]
		return l
	}
	ids := func() map[string]string { // of events, and who carries them
		out := map[string]string{}
		_, rows, err := run(t, db, "SELECT id, object FROM events")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out[r[0].(string)] = r[1].(string)
		}
		return out
	}
	want := func(parts map[string][2]int) map[string]string {
		out := map[string]string{}
		for name, p := range parts {
			for _, e := range whole.Events[p[0]:p[1]] {
				out[e.ID] = name
			}
		}
		return out
	}
	load(t, db, part("a", 0, 30, 1))
	if s := load(t, db, part("b", 20, 50, 1)); s.Events != 20 || s.Duplicates != 10 {
		t.Errorf("b stored %+v", s)
	}
	if d := cmp.Diff(want(map[string][2]int{"a": {0, 30}, "b": {30, 50}}), ids()); d != "" {
		t.Errorf("before: %s", d)
	}
	changed := part("a", 50, 60, 2)
	if s := db.Status(changed.Object); s != loader.Changed {
		t.Errorf("status %v", s)
	}
	load(t, db, changed)
	if d := cmp.Diff(want(map[string][2]int{"a": {50, 60}, "b": {20, 50}}), ids()); d != "" {
		t.Errorf("after: %s", d)
	}
	checkWhole(t, db)
	if n := db.Totals().Events; n != 40 {
		t.Errorf("%d events", n)
	}
	// The other way round: what only a copy held goes with its object.
	load(t, db, part("c", 20, 50, 1))
	load(t, db, part("c", 0, 0, 2))
	load(t, db, part("b", 0, 10, 2))
	if d := cmp.Diff(want(map[string][2]int{"a": {50, 60}, "b": {0, 10}}), ids()); d != "" {
		t.Errorf("at the end: %s", d)
	}
	checkWhole(t, db)
	changes, err := db.Count(t.Context(), parse(t, "resource:*"))
	if _, rows, sqlErr := run(t, db, "SELECT count(*) FROM changes"); err != nil || sqlErr != nil || rows[0][0] != changes.N {
		t.Errorf("changes %v, events with resources %v, %v", rows, changes, errors.Join(err, sqlErr))
	}
}

// An object that changed and can't be read any more keeps its events, and is tried
// again by the next load; a case made anew has them as well.
func TestUnreadableObjectKeepsItsEvents(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(9)
	first, other := g.next(30), g.next(10)
	load(t, db, first, other)
	spoilt := loader.Loaded{Object: first.Object, Outcome: loader.Failed, Reason: "unpack: cut off"}
	spoilt.Object.Size++
	later := g.next(5)
	load(t, db, spoilt, later)
	if n := db.Totals().Events; n != 45 {
		t.Errorf("%d events, want all 45", n)
	}
	for _, o := range []loader.Object{spoilt.Object, first.Object} {
		if s := db.Status(o); s != loader.Changed {
			t.Errorf("status %v, want to be tried again", s)
		}
	}
	r, _ := db.objects.find(first.Object.Name)
	if loader.Outcome(r.outcome) != loader.Done || r.events != 30 || !strings.Contains(r.notes, "unpack: cut off") {
		t.Errorf("%+v", r)
	}
	checkWhole(t, db)
	db, _ = reopen(t, db, func(dir string) { tear(t, dir) })
	if n := db.Totals().Events; n != 45 {
		t.Errorf("made anew: %d events", n)
	}
	load(t, db, first)
	if n := db.Totals().Events; n != 45 || db.Status(first.Object) != loader.Unchanged {
		t.Errorf("read again: %d events, %v", n, db.Status(first.Object))
	}
	checkWhole(t, db)
}

func TestReplacedWithinOneLot(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(9)
	a := g.next(10)
	b := g.next(20)
	b.Object.Name = a.Object.Name
	for _, l := range []loader.Loaded{a, b} {
		if _, err := db.Append(t.Context(), []loader.Loaded{l}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkWhole(t, db)
	if n := db.Totals().Events; n != 20 || len(db.objects.list()) != 1 {
		t.Errorf("%d events, %d objects", n, len(db.objects.list()))
	}
}

func TestLinkedObjectIsReadWhereItLies(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	l := newGenerator(2).next(20)
	l.Object.Name = filepath.Join(t.TempDir(), "log.json.gz")
	if err := os.WriteFile(l.Object.Name, l.Delivered, 0o600); err != nil {
		t.Fatal(err)
	}
	l.Delivered = nil
	load(t, db, l)
	ev, err := db.Event(t.Context(), 3)
	if s := l.Events[2].Span; err != nil || string(ev.Record) != l.Text[s.Off:s.Off+s.Len] {
		t.Errorf("record %s, %v", ev.Record, err)
	}
	other := newGenerator(3).next(20)
	if err := os.WriteFile(l.Object.Name, other.Delivered, 0o600); err != nil {
		t.Fatal(err)
	}
	o, _ := db.objects.find(l.Object.Name)
	if _, err := db.unpack(o); !errors.Is(err, ErrAltered) {
		t.Errorf("altered file: %v", err)
	}
}

func TestAlteredPackIsNoticed(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	l := newGenerator(2).next(20)
	l.Delivered = []byte(l.Text) // delivered plain
	load(t, db, l)
	o, _ := db.objects.find(l.Object.Name)
	b, err := db.delivered(o)
	if err != nil || !bytes.Equal(b, l.Delivered) {
		t.Fatalf("not as delivered: %v", err)
	}
	forged := bytes.Replace(b, []byte("thing-3"), []byte("thing-4"), 1)
	list := []pack.Entry{{Name: "forged", Bytes: forged}}
	if err := db.pack.Append(list); err != nil {
		t.Fatal(err)
	}
	o.at = list[0].At()
	if _, err := db.unpack(o); !errors.Is(err, ErrAltered) {
		t.Errorf("got %v", err)
	}
}

func TestGoneObjectsKeepTheirEvents(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	objects := generated(t, db, 3, 10)
	gone := func() (names []string) {
		for _, o := range db.objects.list() {
			if o.gone {
				names = append(names, o.name)
			}
		}
		return names
	}
	name := objects[1].Object.Name
	if err := db.MarkGone(t.Context(), func(n string) bool { return n == name }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{name}, gone()); d != "" || db.Totals().Events != 30 {
		t.Errorf("%s, %d events", d, db.Totals().Events)
	}
	if err := db.MarkGone(t.Context(), func(string) bool { return false }); err != nil || gone() != nil {
		t.Errorf("back again: %v, %v", gone(), err)
	}
}
