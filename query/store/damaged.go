package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ErrDamaged says that the database fails its checksums. DuckDB writes some
// blocks in place; a process killed inside such a write leaves a torn one.
var ErrDamaged = errors.New("the database of the case is damaged")

// SetAside renames the files of a damaged case, so that the same sources can be
// loaded anew, and returns the ending that their names got. Nothing is deleted.
func SetAside(path string) (ending string, err error) {
	ending = ".damaged-" + time.Now().UTC().Format("20060102T150405.000Z")
	for _, name := range []string{dbName, dbName + ".wal", packName} {
		old := filepath.Join(path, name)
		if err := os.Rename(old, old+ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("set the damaged case aside: %w", err)
		}
	}
	if err := os.Remove(filepath.Join(path, searchName)); err != nil && !errors.Is(err, fs.ErrNotExist) { // it can be made anew
		return "", fmt.Errorf("set the damaged case aside: %w", err)
	}
	return ending, nil
}
