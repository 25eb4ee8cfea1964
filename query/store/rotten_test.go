package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/query/store/pack"
)

// Bytes of the pack that rot lose one object, not the case; what is lost is
// named, and the next load gets it again.
func TestRottenPack(t *testing.T) {
	t.Parallel()
	db := fullCase(t)
	o, _ := db.objects.find("/logs/2024/05/000002.json.gz")
	link := ""
	for _, o := range db.objects.list() {
		if o.at.How == pack.Link {
			link = o.name
		}
	}
	db, r := reopen(t, db, func(dir string) {
		flip(t, filepath.Join(dir, packName), o.at.Off+o.at.Len/2)
		tear(t, dir)
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	})
	var lost []string
	for _, l := range r.Lost {
		lost = append(lost, l.Object)
		if s := db.Status(loader.Object{Name: l.Object}); s != loader.New {
			t.Errorf("%s: status %v", l.Object, s)
		}
	}
	if d := cmp.Diff(slices.Sorted(slices.Values([]string{o.name, link})), lost); d != "" {
		t.Error(d, r.Lost)
	}
	if !strings.Contains(r.Lost[0].Error, "damaged") && !strings.Contains(r.Lost[1].Error, "damaged") {
		t.Errorf("%+v", r.Lost)
	}
}

func flip(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x40
	if _, err := f.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
}

func TestPackWithoutFramesIsTold(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a.spoor")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, infoName), "version = 1\n")
	write(t, filepath.Join(dir, packName), strings.Repeat("\x1f\x8bold", 100))
	if _, err := Open(t.Context(), dir, Options{Create: true}); !errors.Is(err, ErrOutdated) {
		t.Errorf("open: %v", err)
	}
	if _, err := Rebuild(t.Context(), dir, Options{}, nil); !errors.Is(err, ErrNoLabels) {
		t.Errorf("rebuild: %v", err)
	}
}

// Damage in the pack of a case whose database is intact is found, and mended by
// loading the source again.
func TestCheckFindsDamagedObjects(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(7)
	var list []loader.Loaded
	for range 4 {
		list = append(list, g.next(40))
		load(t, db, list[len(list)-1])
	}
	inside := g.next(10)
	inside.Object.Name = "/logs/all.tar!a.json"
	load(t, db, inside, loader.Loaded{Object: loader.Object{Name: "/logs/all.tar", Size: 70, ModTime: time.Unix(3, 0)}, Outcome: loader.Archive})
	if r, err := db.CheckObjects(t.Context(), nil); err != nil || len(r.Damaged) > 0 || r.Objects != 5 {
		t.Fatalf("%+v, %v", r, err)
	}
	name := filepath.Join(db.path, packName)
	rotten, _ := db.objects.find(list[1].Object.Name)
	nameless, _ := db.objects.find(list[2].Object.Name)
	packed, _ := db.objects.find(inside.Object.Name)
	flip(t, name, rotten.at.Off+100)
	flip(t, name, nameless.at.Off-5)
	flip(t, name, packed.at.Off+5)
	r, err := db.CheckObjects(t.Context(), nil)
	if err != nil || len(r.Damaged) != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	for i, l := range []loader.Loaded{list[1], list[2], inside} {
		if r.Damaged[i].Object != l.Object.Name || db.Status(l.Object) != loader.Changed {
			t.Errorf("%+v, status %v", r.Damaged[i], db.Status(l.Object))
		}
	}
	if s := db.Status(loader.Object{Name: "/logs/all.tar", Size: 70, ModTime: time.Unix(3, 0)}); s != loader.Changed {
		t.Errorf("archive: status %v", s)
	}
	if n := db.Totals().Events; n != 170 {
		t.Errorf("%d events", n)
	}
	load(t, db, list[1], list[2], inside)
	if r, err := db.CheckObjects(t.Context(), nil); err != nil || len(r.Damaged) > 0 {
		t.Errorf("loaded again: %+v, %v", r, err)
	}
	checkWhole(t, db)
}

// A statement that quotes the words of damage damages nothing.
func TestWordsOfDamageInAStatement(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	for _, q := range []string{"SELECT error('Corrupt database file: checksum')", "SELECT CAST('Serialization Error' || seq AS BIGINT) FROM (SELECT 1 AS seq)"} {
		if _, _, err := run(t, db, q); err == nil || errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", q, err)
		}
	}
	if _, err := os.Stat(filepath.Join(db.path, brokenName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the case counts as damaged: %v", err)
	}
}
