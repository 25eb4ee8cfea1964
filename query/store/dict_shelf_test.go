package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/store/shelf"
)

// cellsOf is the cells of all events that come from the shelf and beside it.
func cellsOf(t *testing.T, db *DB) []string {
	t.Helper()
	page, err := db.Page(t.Context(), query.PageRequest{Order: query.Oldest, N: 100_000, Columns: []string{"resource", "message", "actor", "event"}})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(page.Rows, func(a, b query.Row) int { return int(a.Seq - b.Seq) })
	var out []string
	for _, r := range page.Rows {
		out = append(out, fmt.Sprint(r.Seq, r.Values))
	}
	return out
}

// filters that the shelf decides.
var shelfFilters = []string{"resource:i-0000001*", `resource="i-00000003"`, "message:User*7*", "resource:/9$/", "NOT resource:*1", "message:*", "resource:nosuch"}

func shelfCounts(t *testing.T, db *DB) []int64 {
	t.Helper()
	var out []int64
	for _, f := range shelfFilters {
		out = append(out, countOf(t, db, f))
	}
	return out
}

func TestTextsOutliveTheShelf(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, file string){
		"untouched": func(*testing.T, string) {},
		"missing": func(t *testing.T, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		},
		"torn": func(t *testing.T, file string) {
			info, err := os.Stat(file)
			if err == nil {
				err = os.Truncate(file, info.Size()*2/3)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"damaged head":   func(t *testing.T, file string) { flip(t, file, shelf.HeadSize+5) },
		"damaged block":  func(t *testing.T, file string) { flip(t, file, shelf.HeadSize+100) },
		"of another":     func(t *testing.T, file string) { flip(t, file, shelf.HeadSize-1) },
		"a folder":       func(t *testing.T, file string) { replaceByFolder(t, file) },
		"something else": func(t *testing.T, file string) { write(t, file, "not a shelf at all") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newCase(t)
			g := newGenerator(7)
			first, second := g.next(6000), g.next(6000)
			load(t, db, first)
			load(t, db, second)
			if db.dicts[domResource].base < shelf.Block {
				t.Fatal("nothing is on the shelf: the test tests nothing")
			}
			want, counts := cellsOf(t, db), shelfCounts(t, db)
			if slices.Contains(counts[:len(counts)-1], 0) {
				t.Fatalf("%v: the test tests nothing", counts)
			}
			file := filepath.Join(db.Path(), shelfName)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			change(t, file)
			for range 2 { // as it was left, and as the first Open left it
				db = again(t, db)
				if diff := cmp.Diff(want, cellsOf(t, db)); diff != "" {
					t.Fatal(diff)
				}
				if diff := cmp.Diff(counts, shelfCounts(t, db)); diff != "" {
					t.Fatal(diff)
				}
			}
			twin := first
			twin.Object.Name += ".twin"
			if s := load(t, db, twin); s.Events != 0 || s.Duplicates != 6000 {
				t.Errorf("the same events once more: %+v", s)
			}
			load(t, db, g.next(3000))
			oneTextOneNumber(t, db)
			if got := cellsOf(t, db); !cmp.Equal(want, got[:len(want)]) {
				t.Error("old rows have other names after a load")
			}
		})
	}
}

func replaceByFolder(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
}

// oneTextOneNumber checks the table of texts.
func oneTextOneNumber(t *testing.T, db *DB) {
	t.Helper()
	n, err := ask(t.Context(), db, func(ctx context.Context, c conn) ([]int64, error) {
		return c.int64s(ctx, "SELECT count(*), count(DISTINCT (dom, text)), count(DISTINCT (dom, id)) FROM strings")
	})
	if err != nil || n[0] != n[1] || n[0] != n[2] {
		t.Errorf("%d texts, %d of them different, %d numbers, %v", n[0], n[1], n[2], err)
	}
}

// A shelf that is newer than the database, because an old copy of that was put
// back, must not give its numbers to other texts.
func TestShelfNewerThanTheDatabase(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(7)
	load(t, db, g.next(6000))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	dir := db.Path()
	old := filepath.Join(t.TempDir(), "old.spoor")
	if err := os.CopyFS(old, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	db = again(t, db)
	load(t, db, g.next(6000))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	newer, err := os.ReadFile(filepath.Join(dir, shelfName))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(old, shelfName), string(newer))
	db, err = Open(t.Context(), old, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var list []loader.Event
	for i := range 2000 {
		list = append(list, loader.Event{Event: cloudtrail.Event{ID: guidText(1, uint64(i)), Source: "s", Name: "n", Who: g.people[0], ErrorMessage: fmt.Sprintf("other %d", i)}})
	}
	load(t, db, pack1("/other.json.gz", "{}", list, func(int) (int, int) { return 0, 2 }))
	db = again(t, db)
	oneTextOneNumber(t, db)
	if n := countOf(t, db, "message:other*"); n != 2000 {
		t.Errorf("%d events of 2000 have their message", n)
	}
}

// A lot that was given up leaves its texts to the next.
func TestShelfAfterAFailedLot(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(7)
	load(t, db, g.next(4000))
	lost := g.next(4000)
	if _, err := db.Append(t.Context(), []loader.Loaded{lost}); err != nil {
		t.Fatal(err)
	}
	db.writing.Lock()
	err := db.abandon()
	db.writing.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	load(t, db, g.next(2000), lost)
	want := cellsOf(t, db)
	db = again(t, db)
	oneTextOneNumber(t, db)
	if diff := cmp.Diff(want, cellsOf(t, db)); diff != "" {
		t.Error(diff)
	}
}
