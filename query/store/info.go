package store

import (
	"errors"
	"fmt"
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
	tmp := filepath.Join(dir, infoName+".new")
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(dir, infoName))
}

// Info returns what is known of the case as a whole.
func (db *DB) Info() (Info, error) {
	if db.path == Memory {
		return Info{Version: Version}, nil
	}
	return ReadInfo(db.path)
}

// AddSource notes that a source is loaded into the case.
func (db *DB) AddSource(name string) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	if db.path == Memory {
		return nil
	}
	info, err := ReadInfo(db.path)
	if err != nil || slices.Contains(info.Sources, name) {
		return err
	}
	info.Sources = append(info.Sources, name)
	return classify(db.path, writeInfo(db.path, info))
}
