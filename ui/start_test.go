package ui

import (
	"context"
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"spoor/ui/uitest"
)

// startDriver drives the start screen.
type startDriver struct {
	t    *testing.T
	s    *Start
	quit bool
}

func newStart(t *testing.T) *startDriver {
	t.Helper()
	th := builtin("dark")
	d := &startDriver{t: t, s: NewStart(t.Context(), StartOptions{
		Theme: &th,
		Recent: []Recent{{Name: "incident.spoor", Note: "yesterday, ./logs\x1b[2J", Choice: Choice{Case: "/x/incident.spoor"}},
			{Name: "demo", Note: "a made-up incident", Choice: Choice{Source: "demo:"}},
			{Name: "s3://", Note: "list buckets", Type: "s3://"}, {Name: "./", Note: "list files", Type: "./"}},
		Complete: func(_ context.Context, typed string) (Completion, error) {
			if strings.HasPrefix(typed, "s3://") {
				return Completion{}, errors.New("list buckets: access denied\x1b[2J")
			}
			c := Completion{More: typed == "./"}
			for _, name := range []string{"./logs/", "./logs-東京.zip", "./other/"} {
				if strings.HasPrefix(name, typed) {
					c.Names = append(c.Names, name)
				}
			}
			return c, nil
		},
	})}
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	return d
}

func (d *startDriver) send(msg tea.Msg) {
	_, cmd := d.s.Update(msg)
	uitest.Settle(d.t, cmd, func(msg tea.Msg) tea.Cmd {
		if _, ok := msg.(tea.QuitMsg); ok {
			d.quit = true
			return nil
		}
		_, next := d.s.Update(msg)
		return next
	})
}

func (d *startDriver) keys(keys ...string) {
	for _, k := range keys {
		if typed, ok := strings.CutPrefix(k, "type:"); ok {
			for _, r := range typed {
				d.send(press(string(r)))
			}
			continue
		}
		d.send(press(k))
	}
}

func (d *startDriver) frame() string {
	raw := d.s.View().Content
	checkFrame(d.t, raw, d.s.w, d.s.h)
	return ansi.Strip(raw)
}

func TestStartListsCases(t *testing.T) {
	t.Parallel()
	d := newStart(t)
	var lines []string
	for l := range strings.SplitSeq(d.frame(), "\n") {
		lines = append(lines, strings.TrimRight(l, " "))
	}
	uitest.Golden(t, "start-80x24.txt", strings.Join(lines, "\n")+"\n")
	d.keys("down", "enter")
	if !d.quit || d.s.Choice() != (Choice{Source: "demo:"}) {
		t.Errorf("chose %+v", d.s.Choice())
	}
}

func TestStartOpensWhatIsTyped(t *testing.T) {
	t.Parallel()
	d := newStart(t)
	d.keys("type:./lo", "down", "tab")
	if got := d.s.in.value(); got != "./logs/" {
		t.Errorf("completed to %q", got)
	}
	d.frame()
	d.keys("enter")
	if d.s.Choice() != (Choice{Source: "./logs/"}) {
		t.Errorf("chose %+v", d.s.Choice())
	}
}

func TestStartSaysWhyNothingIsListed(t *testing.T) {
	t.Parallel()
	d := newStart(t)
	d.keys("type:s3://b")
	if !strings.Contains(d.frame(), "access denied") {
		t.Error("the error is not shown")
	}
	d.keys("esc")
	if d.quit || !strings.Contains(d.frame(), "incident.spoor") {
		t.Error("esc does not come back to the cases")
	}
	if d.keys("esc"); !d.quit || d.s.Choice() != (Choice{}) {
		t.Error("esc does not leave")
	}
}

func TestStartAnySize(t *testing.T) {
	t.Parallel()
	d := newStart(t)
	for w := 1; w < 120; w += 7 {
		for h := 1; h < 40; h += 3 {
			d.send(tea.WindowSizeMsg{Width: w, Height: h})
			d.send(tea.MouseClickMsg{X: 2, Y: h - 1})
			d.frame()
		}
	}
}

// Letters are typed at any size: the key that a screen too small names is none.
func TestStartTooSmall(t *testing.T) {
	t.Parallel()
	d := newStart(t)
	d.send(tea.WindowSizeMsg{Width: 40, Height: 10})
	if f := d.frame(); !strings.Contains(f, "ctrl+c ends") {
		t.Errorf("it names no key that ends:\n%s", f)
	}
	if d.keys("ctrl+c"); !d.quit {
		t.Error("ctrl+c does not end")
	}
}

// tab and → type as far as all names agree, or the name under the cursor; a
// list that is cut short agrees on nothing.
func TestStartGoesIn(t *testing.T) {
	t.Parallel()
	d := newStart(t)
	d.keys("down", "down", "down", "enter")
	if got := d.s.in.value(); got != "./" || d.quit {
		t.Fatalf("the entry that lists files typed %q, quit %v", got, d.quit)
	}
	if d.keys("tab"); d.s.in.value() != "./" || !strings.Contains(d.frame(), "and more: type on") {
		t.Errorf("completed to %q although there are others:\n%s", d.s.in.value(), d.frame())
	}
	if d.keys("type:l", "right"); d.s.in.value() != "./logs" {
		t.Errorf("completed to %q", d.s.in.value())
	}
	if d.keys("left", "right", "down", "down", "right"); d.s.in.value() != "./logs-東京.zip" {
		t.Errorf("completed to %q", d.s.in.value())
	}
}

// tab before the names are there goes in when they are.
func TestStartGoesInLater(t *testing.T) {
	t.Parallel()
	d := newStart(t)
	_, looking := d.s.Update(press("."))
	if d.keys("tab"); d.s.in.value() != "." {
		t.Fatalf("typed %q before anything was known", d.s.in.value())
	}
	d.send(looking())
	if d.s.in.value() != "./" {
		t.Errorf("typed %q", d.s.in.value())
	}
}

// What could not be opened is there to be mended, with the reason.
func TestStartAgain(t *testing.T) {
	t.Parallel()
	th := builtin("dark")
	s := NewStart(t.Context(), StartOptions{Theme: &th, Typed: "./lgs", Err: errors.New("open ./lgs: no such file\nor folder"),
		Recent: []Recent{{Name: "demo", Choice: Choice{Source: "demo:"}}}})
	d := &startDriver{t: t, s: s}
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	if f := d.frame(); !strings.Contains(f, "> ./lgs") || !strings.Contains(f, "no such file or folder") {
		t.Errorf("the mistake is not shown:\n%s", f)
	}
	if d.keys("enter"); s.Choice().Source != "./lgs" {
		t.Errorf("enter chose %+v", s.Choice())
	}
}
