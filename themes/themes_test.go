package themes

import (
	"image/color"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

func builtin(t *testing.T, name string) Theme {
	t.Helper()
	th, err := Builtin(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return th
}

func TestBuiltinsAreTheFiles(t *testing.T) {
	t.Parallel()
	got, err := filepath.Glob("*.toml")
	if err != nil || len(got) != len(Names()) {
		t.Fatalf("files %v, names %v", got, Names())
	}
	for _, n := range Names() {
		if th := builtin(t, n); th.Name != n || th.Title == "" {
			t.Errorf("%s names itself %q (%q)", n, th.Name, th.Title)
		}
	}
}

// contrast is the WCAG 2.2 contrast ratio (success criterion 1.4.3).
func contrast(a, b color.RGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c color.RGBA) float64 {
	lin := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}

func TestTextIsReadable(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		th := builtin(t, name)
		if th.Own {
			continue // the terminal's palette is not ours to measure
		}
		need := 4.5
		if name == "high-contrast" {
			need = 7
		}
		for r := range roles {
			for g := range grounds {
				fg, ok1 := rgb(th.Roles[r].Hex)
				bg, ok2 := rgb(th.Grounds[g].Hex)
				if !ok1 || !ok2 {
					t.Errorf("%s: %s on %s has no hex", name, r, g)
				} else if c := contrast(fg, bg); r != Line && r != Volume && c < need {
					t.Errorf("%s: %s on %s has contrast %.1f, need %.1f", name, r, g, c, need)
				}
			}
		}
	}
}

func TestRolesStayDistinctInSixteenColours(t *testing.T) {
	t.Parallel()
	sets := [][]Role{
		{OK, Denied, Throttled, Error},
		{Read, Write, Root},
		{Text, Dim, Accent, Warn},
		{Text, Match},
		{Good, Warn, Error},
		{Key, String, Number, Literal},
	}
	for _, name := range Names() {
		if name == "mono" {
			continue // told apart by signs and words; see the monochrome goldens
		}
		s := builtin(t, name).Styles(colorprofile.ANSI, Unicode())
		for _, set := range sets {
			seen := map[Style]Role{}
			for _, r := range set {
				st := s.On(r, Base)
				if other, ok := seen[st]; ok {
					t.Errorf("%s: %s and %s look the same in 16 colours", name, other, r)
				}
				seen[st] = r
			}
		}
	}
}

func TestGroundsCanBeToldFromTheScreen(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		for _, p := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI} {
			s := builtin(t, name).Styles(p, Unicode())
			for _, g := range []Ground{Selected, Resting} {
				if s.On(Text, g) == s.On(Text, Base) {
					t.Errorf("%s at %s: %s looks like the base", name, p, g)
				}
			}
		}
	}
	mono := builtin(t, "mono").Styles(colorprofile.Ascii, ASCII())
	if mono.On(Text, Selected) == mono.On(Text, Base) {
		t.Error("without colour the selection can't be seen")
	}
}

var coloured = regexp.MustCompile(`[\[;][349][0-9]`)

func TestNoColourInMono(t *testing.T) {
	t.Parallel()
	s := builtin(t, "mono").Styles(colorprofile.Ascii, ASCII())
	for r := range roles {
		for g := range grounds {
			if got := s.On(r, g).Render("x"); coloured.MatchString(got) {
				t.Errorf("%s on %s has a colour: %q", r, g, got)
			}
		}
	}
}

func TestParseReportsThePlace(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile("dark.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", `title = `, "colour = 1\ntitle = ", "3:1: unknown key colour"},
		{"unknown role", "dim       =", "dimm      =", `9:1: unknown role "dimm"`},
		{"bad colour", `"#d8dce5"`, `"red"`, `8:1: role text: hex "red"`},
		{"syntax", "[role]", "[role", "7:6: "},
		{"missing ground", "resting ", "# ", `ground "resting" is missing`},
		{"no fallback", `hex = "#d8dce5", ansi = 7`, `hex = "#d8dce5"`, "8:1: role text: ansi is missing"},
		{"no ink", "ansi = 4, ink = 15", "ansi = 4", "ground selected: ink is missing"},
		{"wrong type", "dark = true", `dark = "yes"`, "4:8: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(strings.Replace(string(good), c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestLoadFile(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("light.toml")
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(t.TempDir(), "mine.toml")
	if err := os.WriteFile(p, []byte(strings.Replace(string(b), `"light"`, `"mine"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if th, err := Load(p, ""); err != nil || th.Name != "mine" {
		t.Errorf("Load = %q, %v", th.Name, err)
	}
	if _, err := Load("drak", t.TempDir()); err == nil || !strings.Contains(err.Error(), "dark") {
		t.Errorf("a wrong name gives %v", err)
	}
}

func TestGlyphsAreOneCell(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]Glyphs{"unicode": Unicode(), "ascii": ASCII()} {
		v := reflect.ValueOf(g)
		for i := range v.NumField() {
			f := v.Field(i)
			var signs []string
			switch f.Kind() {
			case reflect.String:
				signs = []string{f.String()}
			default:
				for j := range f.Len() {
					signs = append(signs, f.Index(j).String())
				}
			}
			for _, s := range signs {
				if ansi.StringWidth(s) != 1 || ansi.StringWidthWc(s) != 1 {
					t.Errorf("%s: %s %q is not one cell", name, v.Type().Field(i).Name, s)
				}
				if name == "ascii" && s[0] > '~' {
					t.Errorf("ascii %s is %q", v.Type().Field(i).Name, s)
				}
			}
		}
	}
}

// A file in the user's folder is a theme by its name; one that is broken, or that
// takes a built-in name, is told and keeps no other from being found.
func TestOwnThemesAreListed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dark, err := files.ReadFile("dark.toml")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"mine.toml": string(dark), "broken.toml": "name = 1", "light.toml": string(dark), "notes.txt": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, wrong := All(dir)
	var names []string
	for _, th := range list {
		names = append(names, th.Name)
	}
	if want := append(Names(), "mine"); !slices.Equal(names, want) {
		t.Errorf("themes %v, want %v", names, want)
	}
	if len(wrong) != 2 || !strings.Contains(wrong[0].Error(), "broken.toml") || !strings.Contains(wrong[1].Error(), "light.toml") {
		t.Errorf("wrong: %v", wrong)
	}
	if th, err := Load("mine", dir); err != nil || !th.Dark {
		t.Errorf("by name: %v, %v", th.Name, err)
	}
	if th, err := Load("light", dir); err != nil || th.Dark {
		t.Errorf("a file took the place of a built-in theme: %v", err)
	}
}

// seen is a colour as people without one sort of cone see it, in CIELAB: Viénot,
// Brettel and Mollon 1999 (protanopia and deuteranopia), then CIE 1976 L*a*b*
// under D65.
func seen(c color.RGBA, m [3][3]float64) [3]float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	rgb := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
	var s [3]float64
	for i := range m {
		s[i] = max(0, min(1, m[i][0]*rgb[0]+m[i][1]*rgb[1]+m[i][2]*rgb[2]))
	}
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f((0.4124*s[0] + 0.3576*s[1] + 0.1805*s[2]) / 0.95047)
	y := f(0.2126*s[0] + 0.7152*s[1] + 0.0722*s[2])
	z := f((0.0193*s[0] + 0.1192*s[1] + 0.9505*s[2]) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// What means opposite things must not look alike to people who see no red or no
// green. 20 is far above what is just noticed (about 2).
func TestColourBlindThemeKeepsOppositesApart(t *testing.T) {
	t.Parallel()
	th := builtin(t, "colour-blind")
	without := map[string][3][3]float64{
		"red":   {{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}},
		"green": {{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}},
	}
	for sense, m := range without {
		for _, pair := range [][2]Role{{OK, Denied}, {OK, Error}, {Good, Error}, {Good, Warn}, {Good, Denied}, {Read, Write}} {
			a, _ := rgb(th.Roles[pair[0]].Hex)
			b, _ := rgb(th.Roles[pair[1]].Hex)
			x, y := seen(a, m), seen(b, m)
			if d := math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2])); d < 20 {
				t.Errorf("without %s: %s and %s are %.0f apart", sense, pair[0], pair[1], d)
			}
		}
	}
}
