package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
)

// A choice is something chosen on a screen that holds for the next ones, by the
// name of its file in the user's state directory. The file is spoor's own:
// config.toml is the user's, with comments that no program should rewrite.
type choice string

func (c choice) file() string { return filepath.Join(xdg.StateHome, "spoor", string(c)) }

// read returns what was chosen; "" when nothing was, or it can't be read.
func (c choice) read() string {
	b, _ := os.ReadFile(c.file())
	return strings.TrimSpace(string(b))
}

// keep remembers a value; "" forgets the last.
func (c choice) keep(value string) error {
	if value == "" {
		if err := os.Remove(c.file()); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(c.file()), 0o700); err != nil {
		return err
	}
	return atomicFile(c.file(), func(w io.Writer) error {
		_, err := fmt.Fprintln(w, value)
		return err
	})
}
