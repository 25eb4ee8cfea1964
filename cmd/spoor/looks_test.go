package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"spoor/themes"
	"spoor/ui"
	"spoor/ui/uitest"
)

// TestLooks draws every view of the demo in every theme and size. A golden holds
// the text of a frame once, and below each line which cells look alike: a letter
// and how many cells it goes on for. What a letter looks like in each theme stands
// at the end, so that a change of one colour is a change of one line.
func TestLooks(t *testing.T) {
	t.Parallel()
	s := newLooks(t)
	for _, v := range []struct {
		name string
		keys string // that lead there, one each
	}{
		{"events", "1jj"}, {"timeline", "2jj"}, {"sessions", "3j"}, {"integrity", "4rjj"}, {"queries", "5jjjjj"}, {"sources", "6j"}, {"marked", "7"},
	} {
		s.press(strings.Split(v.keys, "")...)
		var b strings.Builder
		styles := &styleTable{}
		for _, size := range screenSizes {
			s.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			var frames []string
			for i := range themes.Names() {
				s.theme(i)
				frames = append(frames, checkedAt.ReplaceAllString(s.m.View().Content, "checked 2026-03-12 00:00"))
			}
			fmt.Fprintf(&b, "== %dx%d ==\n", size[0], size[1])
			styles.write(&b, frames)
		}
		styles.legend(&b, themes.Names())
		uitest.Golden(t, filepath.Join("..", "..", "..", "testdata", "looks", v.name+".txt"), b.String())
	}
}

// checkedAt is the only time on these screens that is today's.
var checkedAt = regexp.MustCompile(`checked \d{4}-\d\d-\d\d \d\d:\d\d`)

// looks runs the screen on the demo without a program: commands run at once.
type looks struct {
	t *testing.T
	m *ui.Model
}

func newLooks(t *testing.T) *looks {
	var out, errw bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &errw)
	a.now = func() time.Time { return time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC) }
	root := newRoot(a)
	if err := root.ParseFlags([]string{"--case", memoryCase, "--jobs", "1"}); err != nil {
		t.Fatal(err)
	}
	if err := a.settle(); err != nil {
		t.Fatal(err)
	}
	db, _, err := a.loadInto(t.Context(), []string{demoSource})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Resolve(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := db.Meet(t.Context()); err != nil {
		t.Fatal(err)
	}
	sources, err := a.openSources(t.Context(), []string{demoSource})
	if err != nil {
		t.Fatal(err)
	}
	o, err := a.wholeScreen(opened{db: db, names: []string{demoSource}, sources: sources}, &background{app: a, db: db, ctx: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	o.Profile, o.Progress, o.Glyphs, o.Guide, o.Still = colorprofile.TrueColor, nil, themes.Unicode(), nil, true
	o.NoTips = true // they change with every command that is added
	o.Themes, o.KeepTheme = nil, nil
	o.Now = a.now
	s := &looks{t: t, m: ui.New(t.Context(), o)}
	s.run(s.m.Init())
	s.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	return s
}

func (s *looks) send(msg tea.Msg) {
	_, cmd := s.m.Update(msg)
	s.run(cmd)
}

// run runs a command and all that follows from it, in order.
func (s *looks) run(cmd tea.Cmd) {
	s.t.Helper()
	uitest.Settle(s.t, cmd, func(msg tea.Msg) tea.Cmd {
		_, next := s.m.Update(msg)
		return next
	})
}

func (s *looks) press(keys ...string) {
	for _, k := range keys {
		s.send(tea.KeyPressMsg{Code: []rune(k)[0], Text: k})
	}
}

// theme takes the built-in theme i from the list.
func (s *looks) theme(i int) {
	s.send(tea.KeyPressMsg{Code: 't', Mod: tea.ModCtrl})
	s.press("g")
	for range i + 1 { // after auto
		s.press("j")
	}
	s.send(tea.KeyPressMsg{Code: tea.KeyEnter})
	s.send(tea.KeyPressMsg{Code: tea.KeyLeft}) // takes the notice away
}

// A styleTable gives a letter to each look that cells have in all themes together.
type styleTable struct{ looks [][]string }

func (t *styleTable) letter(look []string) rune {
	i := slices.IndexFunc(t.looks, func(l []string) bool { return slices.Equal(l, look) })
	if i < 0 {
		i = len(t.looks)
		t.looks = append(t.looks, look)
	}
	return letterOf(i)
}

func letterOf(i int) rune {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if i < len(letters) {
		return rune(letters[i])
	}
	return 'α' + rune(i-len(letters))
}

// write writes the text of the frames, which must be the same, and how it looks.
func (t *styleTable) write(b *strings.Builder, frames []string) {
	var split [][]string
	for _, f := range frames {
		split = append(split, strings.Split(f, "\n"))
	}
	for y := range split[0] {
		var cells [][]cell
		for _, lines := range split {
			cells = append(cells, cellsOf(lines[y]))
		}
		var line strings.Builder
		var last rune
		run := 0
		flush := func() {
			if run > 0 {
				fmt.Fprintf(&line, "%c%d", last, run)
			}
		}
		for x := range cells[0] {
			var look []string
			for _, c := range cells {
				look = append(look, c[x].style)
			}
			if l := t.letter(look); l != last {
				flush()
				last, run = l, 0
			}
			run++
		}
		flush()
		fmt.Fprintf(b, "%s\n    %s\n", strings.TrimRight(ansi.Strip(split[0][y]), " "), line.String())
	}
}

func (t *styleTable) legend(b *strings.Builder, names []string) {
	fmt.Fprintln(b, "== looks: graphic rendition by theme ==")
	for i, look := range t.looks {
		for k, style := range look {
			fmt.Fprintf(b, "%c %-14s %s\n", letterOf(i), names[k], style)
		}
	}
}

// A cell is a character and the graphic rendition (ECMA-48 SGR) in force there.
type cell struct{ text, style string }

func cellsOf(line string) []cell {
	var out []cell
	var state byte
	style := ""
	for len(line) > 0 {
		seq, width, n, next := ansi.DecodeSequence(line, state, nil)
		line, state = line[n:], next
		switch {
		case width > 0:
			out = append(out, cell{seq, style})
		case seq == "\x1b[m" || seq == "\x1b[0m":
			style = ""
		default:
			style += strings.TrimSuffix(strings.TrimPrefix(seq, "\x1b["), "m") + " "
		}
	}
	return out
}
