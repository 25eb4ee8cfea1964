package chart

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

// counter answers a fixed histogram, stretched to the buckets asked for.
type counter struct {
	ok, denied []int64
	asked      []query.HistogramRequest
	err        error
}

func (c *counter) Histogram(_ context.Context, r query.HistogramRequest) (query.Histogram, error) {
	c.asked = append(c.asked, r)
	return query.Histogram{Start: uitest.Start, Step: time.Minute, Series: []query.Series{
		{Name: "ok", Counts: c.ok}, {Name: "denied", Counts: c.denied}, {Name: "throttled", Counts: make([]int64, len(c.ok))},
	}}, c.err
}

func TestBarsAndAxis(t *testing.T) {
	t.Parallel()
	c := &counter{ok: []int64{0, 4, 8, 16}, denied: []int64{0, 0, 8, 0}}
	s := uitest.NewStage(t, New(c), scaleWidth+60, 3)
	want := "    16" + " " + strings.Repeat(" ", 30) + strings.Repeat("█", 30)
	got := strings.Split(s.Text(), "\n")
	if got[0] != want {
		t.Errorf("top line %q, want %q", got[0], want)
	}
	if want := strings.Repeat(" ", scaleWidth+15) + strings.Repeat("▄", 15) + strings.Repeat("█", 30); got[1] != want {
		t.Errorf("bottom line %q, want %q", got[1], want)
	}
	s.Shows("09:00:00", "09:04:00", "ok 28", "denied 8")
	if strings.Contains(s.Text(), "throttled") {
		t.Error("an outcome without events is in the legend")
	}
}

func TestFewFailuresAreSeenAmongMany(t *testing.T) {
	t.Parallel()
	c := &counter{ok: []int64{100_000}, denied: []int64{1}}
	s := uitest.NewStage(t, New(c), 30, 4)
	lines := strings.Split(s.Pane.View(false), "\n")
	st, ok := s.State.Styles.Stack(themes.Denied)
	if !ok || !strings.Contains(lines[2], st.Render("▁")) {
		t.Errorf("the bottom line hides one denial: %q", lines[2])
	}
	if strings.Contains(lines[0], st.Render("▁")) || ansi.StringWidth(lines[2]) != 30 {
		t.Errorf("lines %q", lines)
	}
}

func TestBrushByKeysAndMouse(t *testing.T) {
	t.Parallel()
	c := &counter{ok: []int64{1, 2, 4, 8}, denied: make([]int64, 4)}
	v := New(c)
	s := uitest.NewStage(t, v, scaleWidth+40, 4)
	s.Keys("l")
	v.Brush()
	s.Keys("l")
	if from, to, n := v.Span(); n != 6 || from != uitest.Start.Add(time.Minute) || to != uitest.Start.Add(3*time.Minute) {
		t.Errorf("marked %v to %v, %d events", from, to, n)
	}
	s.Keys("enter")
	if in, ok := s.Last().(pane.Span); !ok || in.To.Sub(in.From) != 2*time.Minute || v.Brushing() {
		t.Errorf("got %#v", in)
	}
	s.Send(tea.MouseClickMsg{X: scaleWidth + 35, Y: 1, Button: tea.MouseLeft})
	s.Send(tea.MouseMotionMsg{X: scaleWidth + 15, Y: 1, Button: tea.MouseLeft})
	s.Send(tea.MouseReleaseMsg{X: scaleWidth + 15, Y: 1})
	if _, _, n := v.Span(); n != 14 || !v.Brushing() {
		t.Errorf("dragging marked %d events", n)
	}
	s.Send(tea.MouseClickMsg{X: scaleWidth + 5, Y: 1, Button: tea.MouseLeft})
	s.Send(tea.MouseReleaseMsg{X: scaleWidth + 5, Y: 1})
	if v.Brushing() {
		t.Error("a click marks a stretch")
	}
}

func TestAsksOnlyWhenNeeded(t *testing.T) {
	t.Parallel()
	c := &counter{ok: []int64{1}, denied: []int64{0}}
	s := uitest.NewStage(t, New(c), 50, 4)
	s.Sync()
	if len(c.asked) != 1 || c.asked[0].Buckets != 50-scaleWidth {
		t.Fatalf("asked %+v", c.asked)
	}
	s.State.Data++
	s.Sync()
	s.Filter("actor:alice")
	s.Resize(80, 4)
	if len(c.asked) != 4 || c.asked[3].Filter.String() != "actor:alice" {
		t.Errorf("asked %d times: %+v", len(c.asked), c.asked)
	}
}

func TestLateReplyIsDropped(t *testing.T) {
	t.Parallel()
	c := &counter{ok: []int64{1}, denied: []int64{0}}
	v := New(c)
	v.Resize(50, 4)
	st := uitest.NewStage(t, New(c), 50, 4).State
	first := v.Sync(st)
	st.Asked++
	second := v.Sync(st)
	v.Update(second())
	c.ok = []int64{99}
	v.Update(first())
	if v.top != 1 {
		t.Errorf("a late reply was taken: top %d", v.top)
	}
}

func TestErrorIsSaid(t *testing.T) {
	t.Parallel()
	s := uitest.NewStage(t, New(&counter{err: errors.New("boom")}), 50, 4)
	if in, ok := s.Last().(pane.Say); !ok || !in.Bad || !strings.Contains(string(in.Text), "boom") {
		t.Errorf("got %#v", in)
	}
}

func TestEverySize(t *testing.T) {
	t.Parallel()
	c := &counter{ok: make([]int64, 37), denied: make([]int64, 37)}
	for i := range c.ok {
		c.ok[i] = int64(i * i * 1000)
		c.denied[i] = int64(i % 5)
	}
	s := uitest.NewStage(t, New(c), 50, 4)
	for w := 1; w < 220; w += 3 {
		for h := 1; h < 9; h++ {
			s.Resize(w, h)
			s.Text()
		}
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 9999: "9,999", 10_000: "10k", 999_999: "999k", 1_230_000: "1.2M", 98_700_000: "98M"} {
		if got := short(n); got != want {
			t.Errorf("short(%d) = %q, want %q", n, got, want)
		}
	}
}
