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

	"spoor/themes"
)

// autoTheme leaves the choice to the terminal's background.
const autoTheme = "auto"

// themeFile holds the name of the theme chosen last on a screen. It is a file of
// spoor's own: config.toml is the user's, with comments that no program should
// rewrite.
func themeFile() string { return filepath.Join(xdg.StateHome, "spoor", "theme") }

// theme is the theme by name: that of --theme or config.toml, else the one chosen
// on a screen. Nil: the terminal's background decides. A chosen theme that is gone
// is no error, as nobody asks for it by name.
func (a *app) theme() (*themes.Theme, error) {
	name := a.flags.theme
	if name == "" {
		b, _ := os.ReadFile(themeFile())
		name = strings.TrimSpace(string(b))
	}
	if name == "" || name == autoTheme {
		return nil, nil
	}
	t, err := themes.Load(name, themeDir())
	switch {
	case err != nil && a.flags.theme != "":
		return nil, usageError{err, "spoor themes lists them"}
	case err != nil:
		return nil, nil
	}
	return &t, nil
}

// keepTheme remembers a theme for the next screens, and says where that does not
// help.
func (a *app) keepTheme(name string) (said string, err error) {
	path := themeFile()
	if name == autoTheme {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	} else {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return "", err
		}
		err := atomicFile(path, func(w io.Writer) error {
			_, err := fmt.Fprintln(w, name)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	if own := a.config.Theme; own != "" && own != name {
		return fmt.Sprintf(" for now; config.toml says theme = %q, which holds again next time", own), nil
	}
	return ", kept for next time", nil
}
