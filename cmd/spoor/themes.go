package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"

	"spoor/themes"
	"spoor/ui/text"
)

// themeDir is where the user's own themes live.
func themeDir() string { return filepath.Join(configDir(), "themes") }

func themesCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "themes", Short: "the colour themes, with a sample of each", GroupID: "about", Args: cobra.NoArgs,
		Long: `Lists the themes; on a terminal each with a sample. --theme NAME chooses one. A
file NAME.toml in themes/ beside config.toml is a theme of your own, called NAME:
start from themes/dark.toml in the source. --theme FILE.toml loads any other file.
On the screen ctrl+t shows each theme while you move through the list, and keeps the
one you take for next time, unless config.toml or --theme names one. The choice is
in theme, a file in the user's state directory; config.toml is never written.`,
		Example: "  spoor themes\n  spoor demo --theme high-contrast",
		RunE: func(*cobra.Command, []string) error {
			list, wrong := themes.All(themeDir())
			for _, err := range wrong {
				fmt.Fprintf(a.errw, "not a theme: %s\n", cleanLines(err.Error()))
				a.status = exitPartial
			}
			return a.write(func(w io.Writer) error { return a.printThemes(w, list) })
		},
	}
}

func (a *app) printThemes(w io.Writer, list []themes.Theme) error {
	if a.flags.records() {
		names := []string{}
		for _, t := range list {
			names = append(names, t.Name)
		}
		return json.NewEncoder(w).Encode(names)
	}
	for _, t := range list {
		if _, err := fmt.Fprintf(w, "%-14s %s\n", cleanLines(t.Name), cleanLines(t.Title)); err != nil {
			return err
		}
		for _, line := range a.themeSample(t) {
			if _, err := fmt.Fprintf(w, "  %s\n", line); err != nil {
				return err
			}
		}
	}
	return nil
}

// sampleLines are words in their roles, as the screen has them: a heading, a row
// under the cursor, outcomes, an event.
var sampleLines = []struct {
	ground themes.Ground
	words  []themes.Role
}{
	{themes.Bar, []themes.Role{themes.Title, themes.Accent, themes.Dim, themes.Text, themes.Focus, themes.Match}},
	{themes.Selected, []themes.Role{themes.Text, themes.Dim, themes.Read, themes.Write, themes.Denied}},
	{themes.Base, []themes.Role{themes.Read, themes.Write, themes.OK, themes.Denied, themes.Throttled, themes.Error, themes.Root, themes.Warn, themes.Good}},
	{themes.Base, []themes.Role{themes.Key, themes.String, themes.Number, themes.Literal, themes.Line, themes.Volume}},
}

// themeSample draws a theme where colour can be shown, else nothing.
func (a *app) themeSample(t themes.Theme) []string {
	if !a.color() || a.flags.output != "" {
		return nil
	}
	const width = 66
	s := t.Styles(colorprofile.Detect(a.out, os.Environ()), themes.Unicode())
	var lines []string
	for _, sample := range sampleLines {
		var b strings.Builder
		room := width
		for _, role := range sample.words {
			word := " " + role.String()
			room -= len(word)
			b.WriteString(s.Sample(role, sample.ground, word))
		}
		b.WriteString(s.Sample(themes.Text, sample.ground, text.Spaces(max(room, 0))))
		lines = append(lines, b.String())
	}
	return lines
}
