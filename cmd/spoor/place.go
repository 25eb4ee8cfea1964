package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"spoor/query/store"
	"spoor/ui"
)

// placeFile is where a case keeps where its reader was.
const placeFile = "place.json"

// lastPlace is where the reader of the case was, nil when that is not known.
func lastPlace(db *store.DB) *ui.Place {
	if db.Path() == store.Memory {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(db.Path(), placeFile))
	if err != nil {
		return nil
	}
	var p ui.Place
	if json.Unmarshal(b, &p) != nil {
		return nil
	}
	return &p
}

// keepPlace remembers where the reader is. That it can't is no reason to fail:
// nothing but comfort is lost.
func keepPlace(db *store.DB, p ui.Place) {
	if db.Path() == store.Memory {
		return
	}
	b, err := json.Marshal(p)
	if err != nil {
		return
	}
	_ = atomicFile(filepath.Join(db.Path(), placeFile), func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
