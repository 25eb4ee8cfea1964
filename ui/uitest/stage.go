package uitest

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
)

// A Stage plays the root for one pane: it syncs it, gives it keys by its own
// commands, runs what it asks for at once and keeps its intents.
type Stage struct {
	t       testing.TB
	Pane    pane.Pane
	State   pane.State
	Intents []pane.Intent
	w, h    int
}

// NewStage shows a pane in the given size.
func NewStage(t testing.TB, p pane.Pane, w, h int) *Stage {
	t.Helper()
	th, err := themes.Builtin("dark")
	if err != nil {
		t.Fatal(err)
	}
	s := &Stage{t: t, Pane: p, w: w, h: h}
	s.State = pane.State{Ctx: t.Context(), Styles: th.Styles(colorprofile.TrueColor, themes.Unicode()), Zone: time.UTC, Asked: 1}
	p.Resize(w, h)
	s.Sync()
	return s
}

// Sync tells the pane the state.
func (s *Stage) Sync() {
	s.t.Helper()
	s.run(s.Pane.Sync(s.State))
}

// Filter sets the filter, as the root does.
func (s *Stage) Filter(text string) {
	s.t.Helper()
	f, err := query.Parse(text)
	if err != nil {
		s.t.Fatal(err)
	}
	s.State.Filter = f
	s.State.Asked++
	s.Sync()
}

// Resize changes the size.
func (s *Stage) Resize(w, h int) {
	s.w, s.h = w, h
	s.Pane.Resize(w, h)
	s.Sync()
}

// Send gives the pane a message.
func (s *Stage) Send(msg tea.Msg) {
	s.t.Helper()
	intent, cmd := s.Pane.Update(msg)
	s.took(intent)
	s.run(cmd)
}

// Keys runs the commands of keys. A command that is greyed fails the test.
func (s *Stage) Keys(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		if why := s.press(k, 0); why != "" {
			s.t.Fatalf("key %s: %s", k, why)
		}
	}
}

// Why returns the reason that the command of a key is greyed, "" if it is not.
func (s *Stage) Why(key string) string {
	for _, c := range s.Pane.Commands() {
		for _, k := range c.Keys {
			if k == key {
				return c.Why()
			}
		}
	}
	return "no such key"
}

func (s *Stage) press(key string, n int) string {
	s.t.Helper()
	if why := s.Why(key); why != "" {
		return why
	}
	for _, c := range s.Pane.Commands() {
		for _, k := range c.Keys {
			if k == key {
				intent, cmd := c.Run(n)
				s.took(intent)
				s.run(cmd)
				return ""
			}
		}
	}
	return ""
}

func (s *Stage) took(in pane.Intent) {
	if in != nil {
		s.Intents = append(s.Intents, in)
	}
}

// Last returns the latest intent and forgets all of them.
func (s *Stage) Last() pane.Intent {
	if len(s.Intents) == 0 {
		return nil
	}
	in := s.Intents[len(s.Intents)-1]
	s.Intents = nil
	return in
}

// Run runs a command and what follows from it.
func (s *Stage) Run(cmd tea.Cmd) { s.run(cmd) }

func (s *Stage) run(cmd tea.Cmd) {
	s.t.Helper()
	Settle(s.t, cmd, func(msg tea.Msg) tea.Cmd {
		intent, next := s.Pane.Update(msg)
		s.took(intent)
		return next
	})
}

// Settle runs a command and all that follows from it, in order. update takes each
// message and returns what to run next.
func Settle(t testing.TB, cmd tea.Cmd, update func(tea.Msg) tea.Cmd) {
	t.Helper()
	queue := []tea.Cmd{cmd}
	for n := 0; len(queue) > 0; n++ {
		if n > 5000 {
			t.Fatal("commands never end")
		}
		cmd, queue = queue[0], queue[1:]
		if cmd == nil {
			continue
		}
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			queue = append(queue, msg...)
		default:
			queue = append(queue, update(msg))
		}
	}
}

// Text returns what the pane shows, without styles, after checking that it has
// exactly its size.
func (s *Stage) Text() string {
	s.t.Helper()
	raw := s.Pane.View(true)
	lines := strings.Split(raw, "\n")
	if len(lines) != s.h {
		s.t.Fatalf("%d lines in a pane of %d:\n%s", len(lines), s.h, ansi.Strip(raw))
	}
	for i, l := range lines {
		if w := ansi.StringWidth(l); w != s.w {
			s.t.Fatalf("line %d is %d cells wide, want %d: %q", i, w, s.w, ansi.Strip(l))
		}
		lines[i] = strings.TrimRight(ansi.Strip(l), " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// Shows fails unless the pane shows all of the texts.
func (s *Stage) Shows(want ...string) {
	s.t.Helper()
	got := s.Text()
	for _, w := range want {
		if !strings.Contains(got, w) {
			s.t.Errorf("the pane lacks %q:\n%s", w, got)
		}
	}
}
