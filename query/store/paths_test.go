package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/query"
	"spoor/query/store/blocks"
)

// Columns and groups that are paths are what the records say, wherever those are
// read: from blocks, from blocks made on the way, from the objects, or from those
// after a block turned out damaged.
func TestPathsSayWhatRecordsSay(t *testing.T) {
	t.Parallel()
	columns := []string{"requestParameters.name", "requestParameters.list.key", "requestParameters", `requestParameters.list."k.ey"`, "userIdentity.n", `"serial"`, "responseElements.x", "tags.a"}
	g := &teller{r: rand.New(rand.NewPCG(21, 22))}
	var lots []loader.Loaded
	want := map[int64][]query.Value{}
	for o := range 4 {
		var events []loader.Event
		var text strings.Builder
		var at [][2]int
		for range 100 {
			e := g.next()
			record := e.record
			if g.n%7 == 0 { // keys that differ in case, and a value that is there but empty
				record = strings.Replace(record, "{", fmt.Sprintf(`{"Tags":{"a":"x%d"},"tags":{"A":["","y"]},`, g.n), 1)
			}
			at = append(at, [2]int{text.Len(), len(record)})
			text.WriteString(record + "\n")
			events = append(events, e.event)
			for _, c := range columns {
				_, path, err := query.ColumnPath(c)
				if err != nil {
					t.Fatal(err)
				}
				want[int64(g.n)] = append(want[int64(g.n)], pathValue(record, path))
			}
		}
		lots = append(lots, pack1(fmt.Sprintf("/%d.json", o), text.String(), events, func(i int) (int, int) { return at[i][0], at[i][1] }))
	}
	for name, ready := range map[string]func(*testing.T, *DB){
		"objects": func(_ *testing.T, db *DB) { db.blocks = blocks.New("", 0) },
		"made":    func(*testing.T, *DB) {},
		"blocks":  func(t *testing.T, db *DB) { index(t, db) },
		"damaged": func(t *testing.T, db *DB) { index(t, db); spoil(t, db) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newCase(t)
			smallFrames(db, 4<<10)
			load(t, db, lots...)
			ready(t, db)
			for _, r := range exported(t, db, query.ExportRequest{Columns: columns}) {
				if d := cmp.Diff(want[r.Seq], r.Values); d != "" {
					t.Fatalf("event %d: %s", r.Seq, d)
				}
			}
			groups := map[string]int64{}
			err := whole{db}.Groups(t.Context(), query.Filter{}, columns[:1], "", func(g query.Group) error {
				groups[fmt.Sprint(g.Key)] += g.N
				return nil
			})
			counted := map[string]int64{}
			for _, v := range want {
				counted[fmt.Sprint(v[:1])]++
			}
			if d := cmp.Diff(counted, groups); d != "" || err != nil {
				t.Error(err, d)
			}
			if n := coveredEvents(db); (n == 400) != (name != "objects") { // those that were damaged are made anew
				t.Errorf("%d events are in blocks", n)
			}
		})
	}
}

func index(t *testing.T, db *DB) {
	t.Helper()
	if err := db.Index(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// spoil turns some bytes of every block over.
func spoil(t *testing.T, db *DB) {
	t.Helper()
	file := filepath.Join(db.Path(), searchName)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ends := 0 // of blocks: where the next begins, or the file ends
	for at := 0; at <= len(text); at++ {
		if at == len(text) || at > magicSize && bytes.HasPrefix(text[at:], []byte("spoorblk")) {
			copy(text[at-6:], "spoilt")
			ends++
		}
	}
	if ends < 2 {
		t.Fatalf("%d blocks", ends)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
