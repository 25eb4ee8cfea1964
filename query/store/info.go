package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Info is what lies in the case.toml of a case: enough to list cases without
// opening their databases.
type Info struct {
	Version int       `toml:"version"` // format of the case, see Version
	Created time.Time `toml:"created"` // UTC
	Sources []string  `toml:"sources"` // as the user named them, in the order first loaded
}

func newInfo() Info { return Info{Version: Version, Created: time.Now().UTC().Truncate(time.Second)} }

// ReadInfo reads what is known of a case without opening it.
func ReadInfo(path string) (Info, error) {
	info, err := readInfo(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(path); err != nil {
			return info, ErrNotFound
		}
		return info, ErrNotCase
	}
	return info, err
}

// Used returns when a case was last written to, and whether there is one at all.
// A case without a database is one: it can be made anew.
func Used(path string) (time.Time, bool) {
	for _, name := range []string{dbName, packName} {
		if info, err := os.Stat(filepath.Join(path, name)); err == nil {
			return info.ModTime(), true
		}
	}
	return time.Time{}, false
}

func readInfo(dir string) (Info, error) {
	var info Info
	b, err := os.ReadFile(filepath.Join(dir, infoName))
	if err != nil {
		return info, err
	}
	if err := toml.Unmarshal(b, &info); err != nil || info.Version < 1 {
		return info, fmt.Errorf("%w: %s is damaged", ErrNotCase, infoName)
	}
	return info, nil
}

// writeInfo replaces the file in one step.
func writeInfo(dir string, info Info) error {
	b, err := toml.Marshal(info)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, infoName), func(w io.Writer) error { _, err := w.Write(b); return err })
}

// newSuffix ends the name of a file that is being written anew.
const newSuffix = ".new"

// replaceFile writes a file anew: whatever happens, it is whole, the old one or
// the new.
func replaceFile(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path+newSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	err = write(w)
	if err == nil {
		err = errors.Join(w.Flush(), f.Sync())
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path+newSuffix))
	}
	if err := os.Rename(path+newSuffix, path); err != nil {
		return err
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// syncFolder makes new names in a folder durable, where the system can (Windows
// can't open a folder).
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// Info returns what is known of the case as a whole.
func (db *DB) Info() (Info, error) {
	if db.path == Memory {
		return Info{Version: Version}, nil
	}
	return ReadInfo(db.path)
}

// AddSource notes that a source is loaded into the case. With the first objects
// the pack learns of it as well, so that it is known when case.toml is lost.
func (db *DB) AddSource(name string) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	if db.path == Memory {
		return nil
	}
	if !slices.Contains(db.sources, name) {
		db.sources = append(db.sources, name)
	}
	info, err := ReadInfo(db.path)
	if err != nil || slices.Contains(info.Sources, name) {
		return err
	}
	info.Sources = append(info.Sources, name)
	return db.classify(writeInfo(db.path, info))
}
