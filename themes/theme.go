package themes

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/pelletier/go-toml/v2"
)

//go:embed *.toml
var files embed.FS

// A Tone is how one role or ground looks.
type Tone struct {
	Hex       string `toml:"hex"`  // "#rrggbb"; "" is the terminal's own colour
	ANSI      *int   `toml:"ansi"` // 0-15; -1 is the terminal's own colour
	Bold      bool   `toml:"bold"`
	Italic    bool   `toml:"italic"`
	Underline bool   `toml:"underline"`
	Reverse   bool   `toml:"reverse"`
	// Ink, for grounds only: the one ANSI-16 text colour that can be read on it
	// where there are only sixteen; -1 leaves the role's.
	Ink *int `toml:"ink"`
}

// A Theme is a checked set of tones.
type Theme struct {
	Name  string // how --theme names it
	Title string
	Dark  bool
	// Own reports that the theme leaves the terminal's colours as they are, so
	// its background must not be painted.
	Own     bool
	Roles   [roles]Tone
	Grounds [grounds]Tone
}

// file is a theme as written.
type file struct {
	Name   string          `toml:"name"`
	Title  string          `toml:"title"`
	Dark   bool            `toml:"dark"`
	Own    bool            `toml:"own"`
	Role   map[string]Tone `toml:"role"`
	Ground map[string]Tone `toml:"ground"`
}

// Names lists the built-in themes, the default first.
func Names() []string {
	return []string{"dark", "light", "high-contrast", "colour-blind", "ansi", "mono"}
}

// Builtin returns a built-in theme by name.
func Builtin(name string) (Theme, error) {
	if !slices.Contains(Names(), name) {
		return Theme{}, fmt.Errorf("unknown theme %q, expected one of %s or a path to a .toml file", name, strings.Join(Names(), ", "))
	}
	b, err := files.ReadFile(name + ".toml")
	if err != nil {
		return Theme{}, err
	}
	return Parse(b)
}

// Load returns the theme that ref means: a built-in name, the name of a file in
// dir without its ending, else the path of a theme file.
func Load(ref, dir string) (Theme, error) {
	if !strings.ContainsAny(ref, `/\`) && !strings.HasSuffix(ref, ".toml") {
		own := filepath.Join(dir, ref+".toml")
		if _, err := os.Stat(own); slices.Contains(Names(), ref) || err != nil {
			return Builtin(ref)
		}
		ref = own
	}
	b, err := os.ReadFile(ref)
	if err != nil {
		return Theme{}, fmt.Errorf("read theme: %w", err)
	}
	t, err := Parse(b)
	if err != nil {
		return Theme{}, fmt.Errorf("%s:%w", ref, err)
	}
	return t, nil
}

// All returns the built-in themes and those of the files in dir, which need not
// exist, and what is wrong with files that are no themes. A file goes by its own
// name, whatever it says it is called: that is what --theme takes.
func All(dir string) (list []Theme, wrong []error) {
	for _, name := range Names() {
		t, err := Builtin(name)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		list = append(list, t)
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "*.toml")) // sorted
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".toml")
		if slices.Contains(Names(), name) {
			wrong = append(wrong, fmt.Errorf("%s: %s is the name of a built-in theme", path, name))
			continue
		}
		t, err := Load(path, "")
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		t.Name = name
		list = append(list, t)
	}
	return list, wrong
}

// Parse reads a theme file. Mistakes are reported as "line:column: what".
func Parse(b []byte) (Theme, error) {
	var f file
	d := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Theme{}, place(err)
	}
	t := Theme{Name: f.Name, Title: f.Title, Dark: f.Dark, Own: f.Own}
	if t.Name == "" {
		return Theme{}, errors.New("1:1: name is missing")
	}
	if err := fill(b, "role", f.Role, roleNames[:], t.Roles[:]); err != nil {
		return Theme{}, err
	}
	if err := fill(b, "ground", f.Ground, groundNames[:], t.Grounds[:]); err != nil {
		return Theme{}, err
	}
	return t, nil
}

// fill copies tones by name and insists that all are there and none is unknown.
func fill(src []byte, table string, from map[string]Tone, names []string, to []Tone) error {
	for name, tone := range from {
		i := slices.Index(names, name)
		if i < 0 {
			return fmt.Errorf("%s: unknown %s %q, expected one of %s", find(src, table, name), table, name, strings.Join(names, ", "))
		}
		if err := tone.check(table == "ground"); err != nil {
			return fmt.Errorf("%s: %s %s: %w", find(src, table, name), table, name, err)
		}
		to[i] = tone
	}
	for _, name := range names {
		if _, ok := from[name]; !ok {
			return fmt.Errorf("%s: %s %q is missing", find(src, table, ""), table, name)
		}
	}
	return nil
}

func (t Tone) check(ground bool) error {
	switch {
	case t.ANSI == nil:
		return errors.New("ansi is missing")
	case ground && t.Ink == nil:
		return errors.New("ink is missing")
	case !ground && t.Ink != nil:
		return errors.New("ink is for grounds")
	}
	for _, n := range []*int{t.ANSI, t.Ink} {
		if n != nil && (*n < -1 || *n > 15) {
			return fmt.Errorf("colour %d does not lie between -1 (the terminal's own) and 15", *n)
		}
	}
	if t.Hex == "" {
		return nil
	}
	if _, ok := rgb(t.Hex); !ok {
		return fmt.Errorf("hex %q is not of the form #rrggbb", t.Hex)
	}
	return nil
}

// place turns a TOML error into "line:column: what".
func place(err error) error {
	var missing *toml.StrictMissingError
	if errors.As(err, &missing) && len(missing.Errors) > 0 {
		e := missing.Errors[0]
		line, col := e.Position()
		return fmt.Errorf("%d:%d: unknown key %s", line, col, strings.Join(e.Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, col := bad.Position()
		return fmt.Errorf("%d:%d: %s", line, col, strings.TrimPrefix(bad.Error(), "toml: "))
	}
	return err
}

// find returns "line:column" of a key in a table, or of the table.
func find(src []byte, table, key string) string {
	at := "1:1"
	in := false
	for i, line := range strings.Split(string(src), "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "[") {
			in = trimmed == "["+table+"]"
			if in {
				at = fmt.Sprintf("%d:1", i+1)
			}
		}
		name, _, ok := strings.Cut(trimmed, "=")
		if in && ok && key != "" && strings.Trim(strings.TrimSpace(name), `"`) == key {
			return fmt.Sprintf("%d:%d", i+1, strings.Index(line, trimmed)+1)
		}
	}
	return at
}

// rgb parses #rrggbb.
func rgb(hex string) (color.RGBA, bool) {
	c, ok := lipgloss.Color(hex).(color.RGBA)
	return c, ok && len(hex) == 7 && hex[0] == '#'
}
