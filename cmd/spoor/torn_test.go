package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/query"
	"spoor/query/store"
)

// DuckDB writes blocks in place, and a kill may tear one: whichever command
// opens the case next makes it anew, and notes and queries are there.
func TestTornCaseIsMadeAnewByEveryCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, data := range killFiles(t) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(data), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "torn.spoor")
	if out, err := exec.Command("spoor", "load", "-c", path, dir).CombinedOutput(); err == nil || !strings.Contains(string(out), "cut.json.gz") {
		t.Fatalf("load: %v\n%s", err, out) // one file is cut off: status 3
	}
	made := makeNotes(t, path)
	want := fingerprint(t, path)
	for _, args := range [][]string{
		{"events", "--count"}, {"stats"}, {"case", "info"}, {"load", dir}, {"queries", "show", "mine"}, {dir},
	} {
		tearBlock(t, path)
		c := exec.Command("spoor", append(args, "-c", path)...)
		var told strings.Builder
		c.Stderr = &told
		if out, err := c.Output(); err != nil && c.ProcessState.ExitCode() != exitPartial {
			t.Fatalf("%v: %v\n%s%s", args, err, out, told.String())
		}
		if !strings.Contains(told.String(), "made anew") || !strings.Contains(told.String(), "nothing is lost") {
			t.Errorf("%v says %s", args, told.String())
		}
		if d := cmp.Diff(want, fingerprint(t, path)); d != "" {
			t.Fatalf("%v: the case is not what it was:\n%s", args, d)
		}
		if d := cmp.Diff(made, notesOf(t, path)); d != "" {
			t.Errorf("%v: notes: %s", args, d)
		}
	}
}

// tearBlock writes over the metadata behind the heads of a database.
func tearBlock(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(path, "case.duckdb"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte(strings.Repeat("torn", 1024)), 3*4096+100)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// makeNotes marks an event and saves a query.
func makeNotes(t *testing.T, path string) []string {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		db.Annotate(t.Context(), query.Annotation{About: query.AboutEvent, Seq: 7, Mark: query.Marks()[0], Note: "look here", Tags: []string{"a"}}),
		db.SaveQuery(t.Context(), query.Saved{ID: "mine", Name: "Mine", Filter: "error:*"}), db.Close())
	if err != nil {
		t.Fatal(err)
	}
	return notesOf(t, path)
}

func notesOf(t *testing.T, path string) []string {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	notes, err := db.Annotations(t.Context())
	saved, err2 := db.Queries(t.Context())
	if err := errors.Join(err, err2); err != nil || len(notes) == 0 || len(saved) == 0 {
		t.Fatalf("%v, %v, %v", notes, saved, err)
	}
	var out []string
	for _, n := range notes {
		out = append(out, strings.Join(append([]string{n.Name, n.Mark, n.Note, n.Changed.String()}, n.Tags...), "|"))
	}
	for _, s := range saved {
		out = append(out, s.ID+"|"+s.Name+"|"+s.Filter)
	}
	return out
}
