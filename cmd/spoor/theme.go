package main

import (
	"fmt"

	"spoor/themes"
)

// autoTheme leaves the choice to the terminal's background.
const autoTheme = "auto"

// themeChoice holds the name of the theme chosen last on a screen.
const themeChoice choice = "theme"

// theme is the theme by name: that of --theme or config.toml, else the one chosen
// on a screen. Nil: the terminal's background decides. A chosen theme that is gone
// is no error, as nobody asks for it by name.
func (a *app) theme() (*themes.Theme, error) {
	name := a.flags.theme
	if name == "" {
		name = themeChoice.read()
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
	value := name
	if name == autoTheme {
		value = ""
	}
	if err := themeChoice.keep(value); err != nil {
		return "", err
	}
	if own := a.config.Theme; own != "" && own != name {
		return fmt.Sprintf(" for now; config.toml says theme = %q, which holds again next time", own), nil
	}
	return ", kept for next time", nil
}
