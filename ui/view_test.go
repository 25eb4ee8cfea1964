package ui

import (
	"errors"
	"image/color"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
	"spoor/ui/uitest"
)

func TestReopeningComesBackToThePlace(t *testing.T) {
	t.Parallel()
	c := uitest.New(600)
	o := Options{Case: c, Views: []View{{Title: "Other", Pane: &other{}}}}
	d := newDriver(t, o, 120, 40)
	d.keys("/", "type:outcome:ok", "enter", "o", "9", "9", "j")
	d.m.events.SetColumns([]string{"time", "event", "requestParameters.name"})
	d.keys("right", ">", ">")
	d.run(d.m.resync())
	d.keys("9", "9", "j", "2")
	p := d.m.Place()
	was, _ := d.m.events.Current()
	o.Place = &p
	d = newDriver(t, o, 120, 40)
	if d.m.view != 1 || d.filter() != "outcome:ok" || d.m.lens().order != query.Oldest {
		t.Errorf("view %d, filter %q", d.m.view, d.filter())
	}
	d.keys("esc")
	if r, _ := d.m.events.Current(); r.Seq != was.Seq {
		t.Errorf("came back to %d, not %d", r.Seq, was.Seq)
	}
	if got := d.m.Place(); !slices.Equal(got.Columns, p.Columns) || got.Event != p.Event || len(p.Widths) != 1 || got.Widths["event"] != p.Widths["event"] {
		t.Errorf("came back to %+v, not %+v", got, p)
	}
	o.Place = &Place{View: "Gone", Filter: "acton:(", Columns: []string{"time"}}
	newDriver(t, o, 120, 40).frame()
}

// other is a view that only knows its size.
type other struct {
	w, h int
	st   pane.State
}

func (o *other) Title() text.Safe { return "Other" }
func (o *other) Sync(s pane.State) tea.Cmd {
	o.st = s
	return nil
}
func (o *other) Update(tea.Msg) (pane.Intent, tea.Cmd) { return nil, nil }
func (o *other) Resize(w, h int)                       { o.w, o.h = w, h }
func (o *other) View(bool) string {
	return strings.TrimSuffix(strings.Repeat(text.Spaces(o.w)+"\n", o.h), "\n")
}
func (o *other) Commands() []pane.Command {
	return []pane.Command{{ID: "other.open", Keys: []string{"enter"}, Title: "open", Help: "Open", Group: "Look",
		Run: func(int) (pane.Intent, tea.Cmd) {
			f, _ := query.Parse("outcome:denied")
			return pane.Evidence{Filter: f}, nil
		}}}
}

func TestViewsShareTheFilterAndLeadToEvidence(t *testing.T) {
	t.Parallel()
	o := &other{}
	d := newDriver(t, Options{Views: []View{{Title: "Other", Pane: o}}}, 80, 24)
	d.keys("/", "type:actor:alice", "enter", "2")
	if d.m.view != 1 || o.st.Filter.String() != "actor:alice" || o.w != 80 {
		t.Errorf("view %d, its filter %q, its width %d", d.m.view, o.st.Filter, o.w)
	}
	d.shows("2 Other")
	d.keys("[")
	if d.m.view != 0 {
		t.Errorf("back shows view %d", d.m.view)
	}
	d.keys("]", "enter")
	if d.m.view != 0 || d.filter() != "outcome:denied" {
		t.Errorf("the evidence is view %d, filter %q", d.m.view, d.filter())
	}
	d.keys("2", "q")
	if d.m.view != 0 || d.quit {
		t.Error("q in a view does not come back to Events")
	}
}

func TestGuideFitsNarrowScreens(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Guide: []text.Safe{"What did they do?", text.Safe("1. " + strings.Repeat("word ", 120))}}, 60, 15)
	d.keys("ctrl+o")
	d.shows("What did they do?", "1. word word", "   word word", "j for more")
	d.keys("G")
	if strings.Contains(d.frame(), "j for more") {
		t.Errorf("more at the end:\n%s", d.frame())
	}
}

func TestGuideIsOfferedNotForced(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Guide: []text.Safe{"one", "two"}}, 80, 24)
	d.shows("ctrl+o guides you")
	d.keys("j")
	if strings.Contains(d.frame(), "guide") {
		t.Error("the offer stays")
	}
	d.keys("ctrl+o")
	d.shows("A guide through the incident", "two")
}

func TestTooSmall(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 59, 24)
	d.shows("needs 60 columns")
	d.send(tea.WindowSizeMsg{Width: 1, Height: 1})
	d.frame()
}

func TestClicks(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Views: []View{{Title: "Other", Pane: &other{}}}}, 80, 24)
	d.send(tea.MouseClickMsg{X: 20, Y: 0, Button: tea.MouseLeft})
	if d.m.view != 1 {
		t.Error("a click on a tab does not show the view")
	}
	d.keys("esc")
	d.send(tea.MouseClickMsg{X: 30, Y: 12, Button: tea.MouseLeft})
	if p := d.m.events.Place(); p != 3 {
		t.Errorf("a click on the fourth row went to %d", p)
	}
	d.send(tea.MouseClickMsg{X: 30, Y: 12, Button: tea.MouseLeft})
	if d.m.shape.focus != slotDetail {
		t.Error("a second click does not open the event")
	}
}

// A theme of the reader's own is shown while one moves through the list, in the
// menu and in the palette; esc brings back what was, enter keeps it.
func TestThemesAreShownWhileMoving(t *testing.T) {
	t.Parallel()
	mine := builtin("light")
	mine.Name = "mine"
	wrong := []error{errors.New("broken.toml:1:1: unknown key")}
	var kept []string
	d := newDriver(t, Options{Themes: func() ([]themes.Theme, []error) {
		return []themes.Theme{builtin("dark"), builtin("high-contrast"), mine}, wrong
	}, KeepTheme: func(name string) (string, error) {
		kept = append(kept, name)
		return ", kept", nil
	}}, 120, 40)
	d.keys("ctrl+t")
	d.shows("theme mine", "moving shows it", "1 problem")
	at := func(want string) {
		t.Helper()
		if got := d.m.look.theme.Name; got != want {
			t.Errorf("theme %s, want %s", got, want)
		}
	}
	d.keys("down", "down")
	at("mine")
	d.keys("esc")
	at("dark")
	d.keys(":", "type:theme mi")
	at("mine")
	d.keys("backspace", "backspace", "backspace", "backspace", "backspace", "backspace", "backspace", "backspace", "type:undo")
	at("dark")
	d.keys("esc", ":", "type:theme hi", "enter")
	at("high-contrast")
	d.shows("theme high-contrast, kept")
	d.send(tea.BackgroundColorMsg{Color: color.White})
	at("high-contrast")
	d.keys(":", "type:theme auto", "enter")
	at("light")
	if want := []string{"high-contrast", "auto"}; !slices.Equal(kept, want) {
		t.Errorf("kept %q, want %q", kept, want)
	}
}

func TestThePaletteFindsByTitleFirst(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	for _, typed := range []string{"undo", "mark", "copy value", "sql"} {
		d.keys(":", "type:"+typed)
		o := d.m.overlays[0].(*menu)
		if i, ok := o.grid.Current(); !ok || !strings.EqualFold(string(o.items[i].title), typed) {
			t.Errorf("%q finds %q first", typed, o.items[i].title)
		}
		d.keys("esc")
	}
}

// The footer tells of a command that can run now, and of another later on.
func TestTips(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 200, 50)
	seen := map[string]bool{}
	for range 10 * tipEvery {
		d.keys("j")
		foot := d.frame()
		foot = foot[strings.LastIndexByte(strings.TrimSpace(foot), '\n')+1:]
		_, tip, ok := strings.Cut(foot, "tip: ")
		if !ok {
			t.Fatalf("no tip in %q", foot)
		}
		seen[strings.TrimSpace(tip)] = true
	}
	if len(seen) < 8 {
		t.Errorf("only these tips: %v", seen)
	}
	d = newDriver(t, Options{NoTips: true}, 200, 50)
	if f := d.frame(); strings.Contains(f, "tip: ") {
		t.Error("a tip where none are wanted")
	}
}
