package store

import (
	"errors"
	"testing"

	"spoor/loader"
)

// Rows that a lot has not handed to its transaction yet are seen by all that looks
// for them: keys of a day that are read back, and objects that are replaced.
func TestRowsStillHeldAreSeen(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(3)
	first, second := g.next(500), g.next(500)
	stage := func(l loader.Loaded) loader.Stored {
		t.Helper()
		s, err := db.Append(t.Context(), []loader.Loaded{l})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	stage(first)
	if b := db.lot.next; b == nil || len(b.events) != 500 {
		t.Fatal("no rows wait: the test tests nothing")
	}
	db.known.forget() // as for an hour that has not been used for long
	twin := first
	twin.Object.Name += ".twin"
	if s := stage(twin); s.Events != 0 || s.Duplicates != 500 {
		t.Errorf("the same events once more: %+v", s)
	}
	changed := second
	changed.Object.Name, changed.Object.ETag = first.Object.Name, "other"
	if s := stage(changed); s.Events != 500 {
		t.Errorf("events of the changed object: %+v", s)
	}
	if err := db.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := countOf(t, db, ""); n != 1000 { // the twin has taken over
		t.Errorf("%d events, want 1000", n)
	}
	db = again(t, db)
	oneTextOneNumber(t, db)
}

// What is done beside the writing ends before its batch does, however it ends.
func TestBesideIsWaitedFor(t *testing.T) {
	t.Parallel()
	want := errors.New("full")
	if err := beside(func() error { return want })(); err != want {
		t.Errorf("error %v", err)
	}
	wait := beside(func() error { panic("odd") })
	defer func() {
		if p := recover(); p != "odd" {
			t.Errorf("panic %v", p)
		}
	}()
	t.Errorf("no panic, but %v", wait())
}
