package store

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestSecondProcessIsToldWhoHasTheCase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a.spoor")
	cmd := startChild(t, dir, 1)
	defer stop(cmd)
	_, err := Open(t.Context(), dir, Options{})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != cmd.Process.Pid {
		t.Errorf("open: %v, want it locked by %d", err, cmd.Process.Pid)
	}
}

func TestOpenRefusesWhatIsNoCase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(path, text string) string {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	open := func(path string, create bool) error {
		_, err := Open(t.Context(), path, Options{Create: create})
		return err
	}
	if err := open(filepath.Join(dir, "nowhere"), false); !errors.Is(err, ErrNotFound) {
		t.Errorf("nothing there: %v", err)
	}
	write("full/notes.txt", "hello")
	for _, path := range []string{filepath.Join(dir, "full"), write("file", "x"), filepath.Dir(write("broken/case.toml", "version = 'x"))} {
		if err := open(path, true); !errors.Is(err, ErrNotCase) {
			t.Errorf("%s: %v", path, err)
		}
	}
	var newer *VersionError
	if err := open(filepath.Dir(write("newer/case.toml", "version = 99")), true); !errors.As(err, &newer) || newer.Have != 99 {
		t.Errorf("newer: %v", err)
	}
}

func TestMemoryCaseLeavesNothingOnDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if runtime.GOOS == "windows" {
		t.Skip("an open file can't be unlinked there; the pack goes when the case is closed")
	}
	db, err := Open(t.Context(), Memory, Options{})
	if err != nil {
		t.Fatal(err)
	}
	generated(t, db, 2, 100)
	checkWhole(t, db)
	if _, err := db.Event(t.Context(), 150); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("on disk: %v, %v", left, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
