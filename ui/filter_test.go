package ui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/uitest"
)

func TestFilterUndoRedo(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:actor:alice", "enter")
	if d.filter() != "actor:alice" {
		t.Fatalf("filter %q", d.filter())
	}
	n := d.m.counts.matching
	if want, _ := d.m.opt.Case.Count(t.Context(), d.m.asked.filter); n != want.N || n == 0 {
		t.Errorf("%d match, the case says %d", n, want.N)
	}
	d.shows(fmt.Sprintf("%d of 300 events", n), "actor:alice")
	d.keys("o", "u", "u")
	if d.filter() != "" || d.m.lens().order != query.Newest {
		t.Errorf("after undo: filter %q, order %d", d.filter(), d.m.lens().order)
	}
	d.keys("u")
	d.shows("nothing to undo")
	d.keys("ctrl+r", "ctrl+r")
	if d.filter() != "actor:alice" || d.m.lens().order != query.Oldest {
		t.Errorf("after redo: filter %q, order %d", d.filter(), d.m.lens().order)
	}
}

func TestFilterPreviewIsTakenBackByEsc(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:outcome:denied")
	if got := d.m.asked.filter.String(); got != "outcome:denied" {
		t.Errorf("while typing %q is asked", got)
	}
	d.keys("esc")
	if got := d.m.asked.filter.String(); got != "" || len(d.m.history.steps) != 1 {
		t.Errorf("after esc %q is asked, %d steps", got, len(d.m.history.steps))
	}
}

func TestHalfAWordIsNotLookedFor(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	for _, typed := range []string{"acto", "r:al"} {
		d.keys("/")
		d.keys("type:" + typed)
		if d.m.preview != nil {
			t.Errorf("%q is tried before it is complete", typed)
		}
		d.keys("esc")
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:-acto", "tab", "type:ali", "tab")
	if got := d.m.edit.in.value(); got != "-actor:alice " {
		t.Errorf("completed to %q", got)
	}
	d.keys("type:outcome:ok,den", "down", "enter", "enter")
	if got := d.filter(); got != "-actor:alice outcome:ok,denied" {
		t.Errorf("filter %q", got)
	}
}

func TestPivotsFromTableFacetAndDetail(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 200, 50)
	d.keys("+")
	d.shows("move to another column first")
	r, _ := d.m.events.Current()
	actor := r.Values[2].Text
	d.keys("right", "right", "=")
	if want := "actor=" + actor; d.filter() != want {
		t.Errorf("from the table: %q, want %q", d.filter(), want)
	}
	d.keys("-")
	if d.filter() != "actor!="+actor {
		t.Errorf("exclude: %q", d.filter())
	}
	d.keys("X", "f", "down", "down", "space")
	if d.filter() != "outcome:denied" {
		t.Errorf("from a facet: %q", d.filter())
	}
	d.keys("f", "X", "enter")
	d.keys("down", "down", "+")
	if !strings.HasPrefix(d.filter(), "actor=") {
		t.Errorf("from the detail: %q", d.filter())
	}
}

func TestChipsCanBeSwitchedOffAndRemoved(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:actor:alice outcome:ok", "enter", "x", "enter")
	if l := d.m.history.now(); d.filter() != "outcome:ok" || len(l.off) != 1 {
		t.Errorf("switched off: %q and %d off", d.filter(), len(l.off))
	}
	d.shows("off: actor:alice")
	d.keys("down", "enter")
	if l := d.m.history.now(); d.filter() != "outcome:ok actor:alice" || len(l.off) != 0 {
		t.Errorf("switched on: %q and %d off", d.filter(), len(l.off))
	}
	d.keys("d", "esc")
	if len(d.m.history.now().filter.Chips()) != 1 {
		t.Errorf("removed: %q", d.filter())
	}
	// The cross of the first chip.
	line := d.m.filterLine()
	x := line[0].width() + line[1].width()
	d.send(tea.MouseClickMsg{X: x, Y: 1, Button: tea.MouseLeft})
	if d.filter() != "" {
		t.Errorf("after a click on the cross: %q", d.filter())
	}
}

func TestSearchIsFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	c := uitest.New(300)
	d := newDriver(t, Options{Case: c}, 120, 40)
	c.Search(60)
	d.keys("/", "type:AccessDenied", "enter")
	want, _ := c.Count(t.Context(), d.m.asked.filter)
	if d.m.counts.matching != want.N || d.m.counts.partial || want.N == 0 {
		t.Errorf("%d match, partial %v; the case says %d", d.m.counts.matching, d.m.counts.partial, want.N)
	}
	if r, ok := d.m.events.Current(); !ok || r.Seq == 0 {
		t.Error("the table stayed empty")
	}
	c.Search(5)
	was, _ := d.m.events.Current()
	d.keys("e")
	if r, _ := d.m.events.Current(); r.Seq == was.Seq {
		t.Error("the next failed call was not waited for")
	}
}

func TestAValueOnItsWayIsNoMistake(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:outcome:den")
	if d.m.edit.err != nil {
		t.Errorf("%v", d.m.edit.err)
	}
	d.keys("type:x")
	d.shows(`"denx" is no value of outcome`)
}
