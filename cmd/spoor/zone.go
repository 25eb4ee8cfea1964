package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrg/xdg"
)

// zoneFile is there while the local time zone is the one chosen last on a screen;
// without it that is UTC. Like the theme it is kept apart from config.toml.
func zoneFile() string { return filepath.Join(xdg.StateHome, "spoor", "zone") }

// screenZone is the zone of --tz or config.toml, else the one chosen last on a
// screen.
func (a *app) screenZone() *time.Location {
	if b, err := os.ReadFile(zoneFile()); err == nil && !a.zoneAsked && strings.TrimSpace(string(b)) == "Local" {
		return time.Local
	}
	return a.zone
}

// keepZone remembers a zone for the next screens, and says where that does not
// help.
func (a *app) keepZone(z *time.Location) (said string, err error) {
	if a.zoneAsked {
		return " for now; --tz or config.toml decides next time", nil
	}
	path := zoneFile()
	if z == time.UTC {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		return ", kept for next time", nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	return ", kept for next time", atomicFile(path, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, z)
		return err
	})
}
