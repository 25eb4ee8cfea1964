package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"spoor/loader"
	"spoor/query/store/blocks"
)

// magicSize is the length of what begins the file of search blocks.
const magicSize = 16

// smallFrames has a case that nothing was asked of yet make frames of so many bytes of records.
func smallFrames(db *DB, text int64) {
	db.blocks = blocks.New(filepath.Join(db.Path(), searchName), text)
}

// coveredEvents counts the events that search blocks hold.
func coveredEvents(db *DB) (n int64) {
	view, err := db.blockView()
	if err != nil {
		return -1
	}
	for _, o := range db.objects.list() {
		if view.Of(o.id) != nil {
			n += o.events
		}
	}
	return n
}

// indexed is a case of many small blocks, at a path of its own.
func indexed(t *testing.T, objects, events int) *DB {
	t.Helper()
	db := newCase(t)
	smallFrames(db, 64<<10)
	generated(t, db, objects, events)
	if err := db.Index(t.Context()); err != nil || coveredEvents(db) != int64(objects*events) {
		t.Fatalf("%d events in blocks, %v", coveredEvents(db), err)
	}
	return db
}

var searches = []string{"thing-1", "thing-1*", "requestParameters.name:thing-7*", `"\"name\":\"thing-3"`, "/thing-[0-9]+5\"/", "nothing-at-all"}

func counts(t *testing.T, db *DB) []int64 {
	t.Helper()
	var list []int64
	for _, text := range searches {
		n, err := whole{db}.Count(t.Context(), parse(t, text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		list = append(list, n.N)
	}
	return list
}

// again opens a case anew.
func again(t *testing.T, db *DB) *DB {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), db.Path(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	smallFrames(db, 64<<10)
	return db
}

func TestBlocksFindWhatTheOriginalsHold(t *testing.T) {
	t.Parallel()
	plain := newCase(t)
	generated(t, plain, 30, 200)
	plain.blocks = blocks.New("", 0)
	want := counts(t, plain)
	if slices.Contains(want[:5], 0) {
		t.Fatalf("%v: the test tests nothing", want)
	}
	db := indexed(t, 30, 200)
	if got := counts(t, db); !slices.Equal(got, want) {
		t.Errorf("by blocks %v, want %v", got, want)
	}
	db = again(t, db)
	if n := coveredEvents(db); n != 6000 {
		t.Errorf("%d events in blocks after opening again", n)
	}
	if got := counts(t, db); !slices.Equal(got, want) {
		t.Errorf("opened again %v, want %v", got, want)
	}
}

func TestSearchMakesTheBlocksItMisses(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	smallFrames(db, 64<<10)
	generated(t, db, 30, 200)
	first := counts(t, db)
	if n := coveredEvents(db); n != 6000 {
		t.Errorf("%d events in blocks after a search", n)
	}
	db.leaves.list = nil
	if got := counts(t, db); !slices.Equal(got, first) {
		t.Errorf("%v, then %v", first, got)
	}
}

// TestDamagedBlocksAreNotBelieved cuts the file anywhere, as a crash does, and
// turns bits.
func TestDamagedBlocksAreNotBelieved(t *testing.T) {
	t.Parallel()
	db := indexed(t, 30, 200)
	want := counts(t, db)
	file := filepath.Join(db.Path(), searchName)
	sound, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := len(sound)
	damage := func(name string, b []byte) {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		db = again(t, db)
		if got := counts(t, db); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		if err := db.Index(t.Context()); err != nil || coveredEvents(db) != 6000 {
			t.Errorf("%s: %d events in blocks made anew, %v", name, coveredEvents(db), err)
		}
	}
	for _, cut := range []int{0, 5, magicSize, magicSize + 7, n / 3, n / 2, n - 1} {
		damage("cut", sound[:cut])
	}
	for _, at := range []int{3, magicSize + 2, magicSize + 12, magicSize + 40, n / 2, n - 5} {
		turned := slices.Clone(sound)
		turned[at] ^= 0x40
		damage("turned", turned)
	}
	damage("zeros", append(slices.Clone(sound[:n/2]), make([]byte, n/2)...))
}

func TestBlocksOfReplacedObjectsAreDropped(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	smallFrames(db, 16<<10)
	g := newGenerator(1)
	list := []loader.Loaded{g.next(100), g.next(100), g.next(100)}
	load(t, db, list...)
	if err := db.Index(t.Context()); err != nil || coveredEvents(db) != 300 {
		t.Fatalf("%d, %v", coveredEvents(db), err)
	}
	other := g.next(50)
	other.Object.Name = list[1].Object.Name
	load(t, db, other)
	if n := coveredEvents(db); n != 200 {
		t.Errorf("%d events in blocks", n)
	}
	if n, err := (whole{db}).Count(t.Context(), parse(t, "thing")); err != nil || n.N != 250 {
		t.Errorf("%v, %v", n, err)
	}
	if db = again(t, db); coveredEvents(db) != 250 { // the search made what was missing
		t.Errorf("%d events in blocks after opening again", coveredEvents(db))
	}
}

func TestIndexGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	smallFrames(db, 64<<10)
	generated(t, db, 30, 200)
	ctx, cancel := context.WithCancel(t.Context())
	groups, err := db.uncovered()
	if err != nil || len(groups) < 3 {
		t.Fatalf("%d groups, %v", len(groups), err)
	}
	if _, err := db.build(ctx, groups[1], func(*blocks.Frame) error { return nil }); err != nil {
		t.Fatal(err)
	}
	had := coveredEvents(db)
	cancel()
	if err := db.Index(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped with %v", err)
	}
	if n := coveredEvents(db); n != had || n == 0 || n == 6000 {
		t.Errorf("%d events in blocks, had %d", n, had)
	}
	if db = again(t, db); db.Index(t.Context()) != nil || coveredEvents(db) != 6000 {
		t.Errorf("%d events in blocks", coveredEvents(db))
	}
}

// A command readies all at once and says how far it is; then nothing is unready.
func TestIndexNow(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	smallFrames(db, 64<<10)
	generated(t, db, 30, 200)
	f := parse(t, "event:Describe1* thing-1")
	if n, err := db.Unready(t.Context(), f); err != nil || n != 6000 {
		t.Errorf("%d events unready, %v", n, err)
	}
	if n, err := db.Unready(t.Context(), parse(t, "event:Describe1*")); err != nil || n != 0 {
		t.Errorf("%d events unready for a filter on fields, %v", n, err)
	}
	last := int64(0)
	err := db.IndexNow(t.Context(), func(n int64) {
		if n <= last {
			t.Errorf("%d events after %d", n, last)
		}
		last = n
	})
	if err != nil || last != 6000 || coveredEvents(db) != 6000 {
		t.Errorf("%d said, %d in blocks, %v", last, coveredEvents(db), err)
	}
	if n, err := db.Unready(t.Context(), f); err != nil || n != 0 {
		t.Errorf("%d events unready still, %v", n, err)
	}
}
