package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A block torn by a kill in the middle of a write is told, and the case can be
// filled again without losing what is left of it.
func TestDamagedCaseIsSetAside(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "a.spoor")
	db, err := Open(ctx, path, Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	load(t, db, newGenerator(7).next(50))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(path, dbName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	const firstBlock, blockSize = 3 * 4096, 256 << 10 // behind the three headers of the file
	for at := int64(firstBlock); at < info.Size(); at += blockSize {
		if _, err := f.WriteAt([]byte("torn"), at+1000); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, path, Options{}); !errors.Is(err, ErrDamaged) {
		t.Fatalf("opening a torn database: %v", err)
	}
	ending, err := SetAside(path)
	if err != nil {
		t.Fatal(err)
	}
	if db, err = Open(ctx, path, Options{Create: true}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	load(t, db, newGenerator(7).next(50))
	if n := db.Totals().Events; n != 50 {
		t.Errorf("%d events after loading again", n)
	}
	if _, err := os.Stat(filepath.Join(path, packName+ending)); err != nil {
		t.Error(err)
	}
}
