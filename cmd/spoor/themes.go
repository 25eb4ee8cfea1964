package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"

	"spoor/themes"
)

func themesCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "themes", Short: "the colour themes, with a sample of each", GroupID: "about", Args: cobra.NoArgs,
		Long: `Lists the built-in themes; on a terminal each with a sample. --theme NAME chooses
one, --theme FILE.toml loads your own: start from themes/dark.toml in the source.`,
		Example: "  spoor themes\n  spoor demo --theme high-contrast",
		RunE: func(*cobra.Command, []string) error {
			return a.write(func(w io.Writer) error {
				if a.flags.format == "json" {
					return json.NewEncoder(w).Encode(themes.Names())
				}
				for _, name := range themes.Names() {
					sample, err := a.themeSample(name)
					if err != nil {
						return err
					}
					if _, err := fmt.Fprintf(w, "%-14s %s\n", name, sample); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

// themeSample draws a few words in their roles, where colour can be shown.
func (a *app) themeSample(name string) (string, error) {
	t, err := themes.Builtin(name)
	if err != nil || !a.color() || a.flags.output != "" {
		return "", err
	}
	styles := t.Styles(colorprofile.Detect(a.out, os.Environ()), themes.Unicode())
	sample := ""
	for _, s := range []struct {
		role themes.Role
		word string
	}{{themes.Text, "text"}, {themes.Dim, "dim"}, {themes.Accent, "accent"}, {themes.Read, "read"}, {themes.Write, "write"}, {themes.Denied, "denied"}, {themes.Warn, "warn"}, {themes.Good, "good"}} {
		sample += styles.Paint(s.role, s.word) + " "
	}
	return sample, nil
}
