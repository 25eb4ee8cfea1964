package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"spoor/query/store/pack"
)

// brokenName is a file that says that a question met a damaged block, so that
// the next Open reports it at once.
const brokenName = "case.duckdb.broken"

// intact says whether the database of a case is there, if it has objects, and
// nobody has met damage in it.
func intact(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, brokenName)); err == nil {
		return ErrDamaged
	}
	db, err := os.Stat(filepath.Join(dir, dbName))
	switch {
	case !hasObjects(dir):
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s is missing", ErrDamaged, dbName)
	case err == nil && db.Size() == 0:
		return fmt.Errorf("%w: %s is empty", ErrDamaged, dbName)
	}
	return nil
}

// hasObjects reports whether a pack holds more than its head.
func hasObjects(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, packName))
	return err == nil && info.Size() > pack.HeadSize
}

// classify gives errors of the database their types, and remembers that a block
// is damaged.
func (db *DB) classify(err error) error {
	err = classify(db.path, err)
	if errors.Is(err, ErrDamaged) && db.path != Memory {
		_ = os.WriteFile(filepath.Join(db.path, brokenName), nil, 0o600) // if not, the next question will meet it again
	}
	return err
}

// setAside renames the files of the old database and returns the ending that
// their names got, "" when there were none. Nothing is deleted that can't be made
// anew.
func setAside(dir string) (ending string, err error) {
	suffix := ".old-" + time.Now().UTC().Format("20060102T150405.000Z")
	for _, name := range []string{dbName, dbName + ".wal"} {
		old := filepath.Join(dir, name)
		err := os.Rename(old, old+suffix)
		switch {
		case err == nil:
			ending = suffix
		case !errors.Is(err, fs.ErrNotExist):
			return ending, fmt.Errorf("set the old database aside: %w", err)
		}
	}
	// The search blocks and the shelf go by numbers of events and texts, which will
	// be others.
	for _, name := range []string{searchName, shelfName} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return ending, fmt.Errorf("remove %s: %w", name, err)
		}
	}
	return ending, nil
}
