package events

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

func stage(t *testing.T, n int) (*uitest.Stage, *View, *uitest.Case) {
	t.Helper()
	c := uitest.New(n)
	v := New(c, nil)
	return uitest.NewStage(t, v, 120, 20), v, c
}

func seq(t *testing.T, v *View) int64 {
	t.Helper()
	r, ok := v.Current()
	if !ok {
		t.Fatal("no current event")
	}
	return r.Seq
}

func TestRowsSayOutcomeWithSignAndWord(t *testing.T) {
	t.Parallel()
	s, _, _ := stage(t, 300)
	s.Shows("· ok", "✗ denied", "Time", "Actor", "ec2")
	if strings.Contains(s.Text(), "amazonaws.com") {
		t.Error("the part that all services share is shown")
	}
}

func TestEveryEventIsReached(t *testing.T) {
	t.Parallel()
	s, v, _ := stage(t, 700)
	for _, order := range []query.Order{query.Newest, query.Oldest} {
		s.State.Order = order
		s.State.Asked++
		s.Sync()
		s.Keys("g")
		seen := map[int64]bool{seq(t, v): true}
		for range 699 {
			s.Keys("j")
			seen[seq(t, v)] = true
		}
		if len(seen) != 700 || v.Place() != 699 {
			t.Errorf("order %d: %d events seen, at place %d", order, len(seen), v.Place())
		}
		s.Shows("no time") // they come last either way
	}
}

func TestLastThenUp(t *testing.T) {
	t.Parallel()
	s, v, _ := stage(t, 700)
	v.SetTotal(700)
	s.Keys("G")
	if v.Place() != 699 {
		t.Errorf("G is at %d", v.Place())
	}
	for range 60 {
		s.Keys("pgup")
	}
	if v.Place() != 0 {
		t.Errorf("back at %d", v.Place())
	}
}

func TestPlaceAfterAJump(t *testing.T) {
	t.Parallel()
	s, v, _ := stage(t, 1000)
	s.Run(v.JumpTo(uitest.Start.Add(time.Hour)))
	if p := v.Place(); p < 480 || p > 520 {
		t.Errorf("half of the time is place %d of 1000", p)
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	c := &uitest.Case{}
	for i := range 300 {
		c.Add(&uitest.Event{Time: uitest.Start.Add(time.Duration(i) * 20 * time.Minute).UnixMicro(), Fields: map[string]string{"event": "X", "outcome": "ok"}, JSON: "{}"})
	}
	v := New(c, nil)
	s := uitest.NewStage(t, v, 100, 20)
	day := func() string {
		r, _ := v.Current()
		return time.UnixMicro(r.Time).UTC().Format(time.DateTime)
	}
	first := day()
	s.Keys("}")
	if got := day(); got != "2026-05-07 23:40:00" {
		t.Errorf("from %s to %s", first, got)
	}
	s.Keys("{")
	if got := day(); got != "2026-05-08 00:00:00" {
		t.Errorf("back to %s", got)
	}
	s.State.Order, s.State.Asked = query.Oldest, 2
	s.Sync()
	s.Keys("g", "}")
	if got := day(); got != "2026-05-05 00:00:00" {
		t.Errorf("oldest first: %s", got)
	}
	s.Keys("{")
	if got := day(); got != "2026-05-04 23:40:00" {
		t.Errorf("oldest first, back: %s", got)
	}
}

func TestIntents(t *testing.T) {
	t.Parallel()
	s, v, _ := stage(t, 100)
	s.Keys("j")
	if in, ok := s.Last().(pane.Point); !ok || in.Seq != seq(t, v) {
		t.Errorf("moving gives %#v", in)
	}
	s.Keys("enter")
	if in, ok := s.Last().(pane.OpenEvent); !ok || in.Seq != seq(t, v) {
		t.Errorf("enter gives %#v", in)
	}
	s.Keys("o")
	if in, ok := s.Last().(pane.SetOrder); !ok || in.Order != query.Oldest {
		t.Errorf("o gives %#v", in)
	}
	if s.Why("+") == "" {
		t.Error("the time can be picked")
	}
	s.Send(tea.MouseClickMsg{X: 3, Y: 0, Button: tea.MouseLeft})
	if _, ok := s.Last().(pane.SetOrder); !ok {
		t.Error("a click on the time's title does not turn the order")
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	s, v, _ := stage(t, 100)
	v.SetColumns([]string{"time", "requestParameters.ports.cidr", "id"})
	s.Sync()
	s.Shows("cidr", "0.0.0.0/0", "0000-4000")
	if got := v.Columns(); len(got) != 3 || got[2] != "id" {
		t.Errorf("columns %q", got)
	}
}

func TestFailureIsSaidAndTriedAgain(t *testing.T) {
	t.Parallel()
	c := uitest.New(10)
	c.Err = errors.New("boom")
	v := New(c, nil)
	s := uitest.NewStage(t, v, 100, 10)
	if in, ok := s.Last().(pane.Say); !ok || !in.Bad || !strings.Contains(string(v.Note()), "boom") {
		t.Errorf("got %#v, note %q", in, v.Note())
	}
	c.Err = nil
	s.State.Data++
	s.Sync()
	if v.grid.Len() != 10 {
		t.Errorf("%d rows after the case came back", v.grid.Len())
	}
}
