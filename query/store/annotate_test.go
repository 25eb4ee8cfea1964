package store

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/query"
)

func TestMarksAreKeptFilteredAndMerged(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	open := func(name string) *DB {
		db, err := Open(ctx, filepath.Join(dir, name), Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	a := open("a.spoor")
	load(t, a, newGenerator(7).next(50))
	count := func(db *DB, filter string) int64 {
		t.Helper()
		f, err := query.Parse(filter)
		if err != nil {
			t.Fatal(err)
		}
		n, err := db.Count(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		return n.N
	}
	all := count(a, "")
	if err := a.Annotate(ctx, query.Annotation{Seq: 1, Mark: "red"}); err != nil {
		t.Fatal(err)
	}
	if err := a.Annotate(ctx, query.Annotation{Seq: 2, Note: "first\nsecond", Tags: []string{"exfil", "a", "exfil"}}); err != nil {
		t.Fatal(err)
	}
	if err := a.Annotate(ctx, query.Annotation{Seq: 1, Mark: "mauve"}); err == nil {
		t.Error("a mark of no known colour was kept")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}

	a = open("a.spoor")
	defer a.Close()
	for filter, want := range map[string]int64{"mark:red": 1, "mark:*": 1, "-mark:*": all - 1, "note:*second*": 1, "tag:exfil": 1, "tag:exf*": 1, "mark:blue": 0, "mark:red OR tag:a": 2} {
		if got := count(a, filter); got != want {
			t.Errorf("%s: %d events, want %d", filter, got, want)
		}
	}

	b := open("b.spoor")
	defer b.Close()
	load(t, b, newGenerator(7).next(50))
	if err := b.Annotate(ctx, query.Annotation{Seq: 2, Mark: "blue", Note: "third", Tags: []string{"b"}}); err != nil {
		t.Fatal(err)
	}
	if m, err := b.Merge(ctx, a); err != nil || m.Notes != 2 {
		t.Fatalf("merged %+v, %v", m, err)
	}
	got, err := b.Annotation(ctx, query.AboutEvent, "", 2)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"blue", "third\nfirst\nsecond", []string{"a", "b", "exfil"}}, []any{got.Mark, got.Note, got.Tags}); diff != "" {
		t.Errorf("merged note: %s", diff)
	}
	if m, err := b.Merge(ctx, a); err != nil || m.Notes != 0 {
		t.Errorf("merging again changed %+v, %v", m, err)
	}
}
