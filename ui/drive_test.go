package ui

import (
	"context"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

// driver runs a Model without a program: commands run at once, in order.
type driver struct {
	t    testing.TB
	m    *Model
	quit bool
}

func newDriver(t testing.TB, o Options, w, h int) *driver {
	t.Helper()
	if o.Case == nil {
		o.Case = uitest.New(300)
	}
	if o.Theme == nil {
		th := builtin("dark")
		o.Theme = &th
	}
	if o.Profile == colorprofile.Unknown {
		o.Profile = colorprofile.TrueColor
	}
	o.Name = "incident.spoor"
	d := &driver{t: t, m: New(t.Context(), o)}
	d.run(d.m.Init())
	d.send(tea.WindowSizeMsg{Width: w, Height: h})
	return d
}

func (d *driver) send(msg tea.Msg) {
	d.t.Helper()
	_, cmd := d.m.Update(msg)
	d.run(cmd)
}

// run runs a command and what follows from it.
func (d *driver) run(cmd tea.Cmd) {
	d.t.Helper()
	uitest.Settle(d.t, cmd, func(msg tea.Msg) tea.Cmd {
		if _, ok := msg.(tea.QuitMsg); ok {
			d.quit = true
			return nil
		}
		_, next := d.m.Update(msg)
		return next
	})
}

// keys presses keys; a word that names no key is typed letter by letter.
func (d *driver) keys(keys ...string) {
	d.t.Helper()
	for _, k := range keys {
		if k, ok := strings.CutPrefix(k, "type:"); ok {
			for _, r := range k {
				d.send(press(string(r)))
			}
			continue
		}
		d.send(press(k))
	}
}

var named = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft,
	"right": tea.KeyRight, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "home": tea.KeyHome, "end": tea.KeyEnd, "backspace": tea.KeyBackspace,
	"space": tea.KeySpace, "delete": tea.KeyDelete,
}

func press(k string) tea.KeyPressMsg {
	if c, ok := strings.CutPrefix(k, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(c[0]), Mod: tea.ModCtrl}
	}
	if k == "shift+tab" {
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	}
	if c, ok := named[k]; ok {
		if k == "space" {
			return tea.KeyPressMsg{Code: c, Text: " "}
		}
		return tea.KeyPressMsg{Code: c}
	}
	r := []rune(k)[0]
	return tea.KeyPressMsg{Code: r, Text: k}
}

// frame returns the screen without styles, after checking that it has its size
// and holds no escape but styles.
func (d *driver) frame() string {
	d.t.Helper()
	raw := d.m.View().Content
	checkFrame(d.t, raw, d.m.w, d.m.h)
	var lines []string
	for l := range strings.SplitSeq(ansi.Strip(raw), "\n") {
		lines = append(lines, strings.TrimRight(l, " "))
	}
	return strings.Join(lines, "\n") + "\n"
}

func checkFrame(t testing.TB, raw string, w, h int) {
	t.Helper()
	lines := strings.Split(raw, "\n")
	if len(lines) != h {
		t.Fatalf("%d lines on a screen of %d:\n%s", len(lines), h, ansi.Strip(raw))
	}
	for i, l := range lines {
		if g, c := ansi.StringWidth(l), ansi.StringWidthWc(l); g != w || c != w {
			t.Fatalf("line %d is %d (%d) cells wide, want %d: %q", i, g, c, w, l)
		}
		if strings.ContainsAny(stripSGR(l), "\x1b\x07\x08\u009b\u009d\u202e\u200b") {
			t.Fatalf("line %d holds an unplanned escape: %q", i, l)
		}
	}
}

// stripSGR removes styles only.
func stripSGR(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		rest := s[i+2:]
		j := strings.IndexFunc(rest, func(r rune) bool { return r != ';' && r != ':' && (r < '0' || r > '9') })
		if j < 0 || rest[j] != 'm' {
			b.WriteString("\x1b")
			s = rest
			continue
		}
		s = rest[j+1:]
	}
}

// exporter and marker remember what they were asked.
type exporter struct {
	got  ExportRequest
	err  error
	kept []query.Annotation
}

func (e *exporter) Export(_ context.Context, r ExportRequest, report func(int64)) (int64, error) {
	e.got = r
	report(7)
	return 7, e.err
}

func (e *exporter) Annotation(_ context.Context, about query.About, name string, seq int64) (query.Annotation, error) {
	return query.Annotation{About: about, Name: name, Seq: seq, Note: "first\nsecond", Tags: []string{"b"}}, e.err
}

func (e *exporter) Annotate(_ context.Context, a query.Annotation) error {
	e.kept = append(e.kept, a)
	return e.err
}

// commands lists the whole command table.
func (d *driver) commands() []pane.Command {
	var all []pane.Command
	for _, s := range d.m.Keys() {
		all = append(all, s.Commands...)
	}
	return all
}

func TestCommandTable(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Export: &exporter{}}, 120, 40)
	for _, p := range d.m.Problems() {
		t.Error(p)
	}
	seen := map[string]bool{}
	for _, c := range d.commands() {
		if c.Help == "" || c.Title == "" || c.Run == nil || seen[c.ID] {
			t.Errorf("%s: help %q, title %q, twice %v", c.ID, c.Help, c.Title, seen[c.ID])
		}
		if !strings.Contains("Move Filter Look Take Go", c.Group) || c.Group == "" {
			t.Errorf("%s: group %q has no heading in help", c.ID, c.Group)
		}
		if len(c.Keys) == 0 {
			t.Errorf("%s has no key", c.ID)
		}
		for _, k := range c.Keys {
			if strings.HasPrefix(k, "alt+") || strings.HasPrefix(k, "f") && len(k) > 1 && k[1] >= '0' && k[1] <= '9' ||
				k == "ctrl+s" || k == "ctrl+q" || k == "ctrl+b" || k == "ctrl+a" {
				t.Errorf("%s: %s belongs to terminals and multiplexers", c.ID, k)
			}
		}
		seen[c.ID] = true
	}
}

func TestRemappedKeys(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Keys: map[string][]string{"undo": {"U"}, "nonsense": {"k"}, "events.open": {"/"}}}, 120, 40)
	got := strings.Join(d.m.Problems(), "\n")
	for _, want := range []string{`no command is called "nonsense"`, "key / is both filter and events.open"} {
		if !strings.Contains(got, want) {
			t.Errorf("problems %q lack %q", got, want)
		}
	}
	if _, ok := d.m.table.lookup(d.m.events, "u"); ok {
		t.Error("the old key still works")
	}
}

var sizes = []struct {
	name string
	w, h int
}{{"80x24", 80, 24}, {"120x40", 120, 40}, {"200x50", 200, 50}}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		keys []string
	}{
		{"events", nil},
		{"detail", []string{"j", "j", "enter", "pgdown"}},
		{"facets", []string{"f", "}", "down", "+"}},
		{"filter", []string{"/", "type:event:Create", "down"}},
		{"mistake", []string{"/", "type:acton:alice"}},
		{"empty", []string{"/", "type:actor:nobody", "enter"}},
		{"help", []string{"?"}},
		{"palette", []string{":", "type:copy"}},
		{"brush", []string{"tab", "tab", "0", "2", "0", "l", "v", "0", "2", "5", "l"}},
	} {
		for _, size := range sizes {
			t.Run(c.name+" "+size.name, func(t *testing.T) {
				t.Parallel()
				d := newDriver(t, Options{Export: &exporter{}, NoTips: true}, size.w, size.h)
				d.keys(c.keys...)
				uitest.Golden(t, c.name+"-"+size.name+".txt", d.frame())
			})
		}
	}
}

func TestStyledGoldens(t *testing.T) {
	t.Parallel()
	for _, name := range themes.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := builtin(name)
			d := newDriver(t, Options{Theme: &th, NoTips: true}, 100, 24)
			d.keys("j", "+")
			d.frame()
			uitest.Golden(t, "styled-"+name+".txt", d.m.View().Content+"\n")
		})
	}
}

func TestMonochromeASCII(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Profile: colorprofile.Ascii, Glyphs: themes.ASCII()}, 80, 24)
	d.keys("j")
	if d.m.look.theme.Name != "mono" {
		t.Errorf("without colour the theme is %s", d.m.look.theme.Name)
	}
	uitest.Golden(t, "mono-ascii.txt", d.frame())
}

func (d *driver) filter() string { return d.m.history.now().filter.String() }

func (d *driver) shows(want ...string) {
	d.t.Helper()
	f := d.frame()
	for _, w := range want {
		if !strings.Contains(f, w) {
			d.t.Errorf("the screen lacks %q:\n%s", w, f)
		}
	}
}
