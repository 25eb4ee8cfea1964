package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"spoor/loader"
	"spoor/query"
)

// coveredEvents counts the events that search blocks hold.
func coveredEvents(db *DB) (n int64) {
	_, rev := db.now()
	unlock, err := db.blocks.lock(db.objects, rev)
	if err != nil {
		return -1
	}
	defer unlock()
	for _, o := range db.objects.list() {
		if db.blocks.of(o.id) != nil {
			n += o.events
		}
	}
	return n
}

// indexed is a case of many small blocks, at a path of its own.
func indexed(t *testing.T, objects, events int) *DB {
	t.Helper()
	db := newCase(t)
	db.blocks.text = 64 << 10
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
	db.blocks.text = 64 << 10
	return db
}

func TestBlocksFindWhatTheOriginalsHold(t *testing.T) {
	t.Parallel()
	plain := newCase(t)
	generated(t, plain, 30, 200)
	plain.blocks.path = ""
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
	db.blocks.text = 64 << 10
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
	for _, cut := range []int{0, 5, len(searchMagic), len(searchMagic) + 7, n / 3, n / 2, n - 1} {
		damage("cut", sound[:cut])
	}
	for _, at := range []int{3, len(searchMagic) + 2, len(searchMagic) + 12, len(searchMagic) + 40, n / 2, n - 5} {
		turned := slices.Clone(sound)
		turned[at] ^= 0x40
		damage("turned", turned)
	}
	damage("zeros", append(slices.Clone(sound[:n/2]), make([]byte, n/2)...))
}

func TestBlocksOfReplacedObjectsAreDropped(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	db.blocks.text = 16 << 10
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
	db.blocks.text = 64 << 10
	generated(t, db, 30, 200)
	ctx, cancel := context.WithCancel(t.Context())
	groups, err := db.uncovered()
	if err != nil || len(groups) < 3 {
		t.Fatalf("%d groups, %v", len(groups), err)
	}
	if _, err := db.build(ctx, groups[1], func(*frame) error { return nil }); err != nil {
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

func TestFrameGivesRecordsBack(t *testing.T) {
	t.Parallel()
	records := []string{`{"a":1,"b":"x"}`, `{"a":1,"b":"y"}`, `{}`, `not json`, `{"a":1,"b":"x"}`}
	seqs := []int64{7, 3, 1 << 40, 9, 10}
	var m frameMaker
	for range 2 { // a maker may be used again
		for i, r := range records {
			m.add(seqs[i], r)
		}
		f, err := readFrame(m.finish())
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		err = f.each(func(seq int64, parts []uint32) bool {
			got := ""
			for _, p := range parts {
				got += f.span(int(p), int(p)+1)
			}
			if got != records[i] || seq != seqs[i] {
				t.Errorf("event %d: %d %s", i, seq, got)
			}
			i++
			return true
		})
		if err != nil || i != len(records) {
			t.Errorf("%d events, %v", i, err)
		}
	}
}

// FuzzFrame holds that no bytes, whatever their checksum says, take the program
// down.
func FuzzFrame(f *testing.F) {
	var m frameMaker
	m.add(1, `{"a":1,"b":"x\\"}`)
	f.Add(m.finish())
	f.Fuzz(func(_ *testing.T, b []byte) {
		fr, err := readFrame(b)
		if err != nil {
			return
		}
		_, _ = fr.find(context.Background(), query.Text{Value: "a/b"}.Probe())
		_, _ = fr.find(context.Background(), query.Text{Value: `a"b`, Quoted: true}.Probe())
	})
}

// A command readies all at once and says how far it is; then nothing is unready.
func TestIndexNow(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	db.blocks.text = 64 << 10
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
