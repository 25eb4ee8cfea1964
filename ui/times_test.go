package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/ui/uitest"
)

func TestZoom(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.send(tea.MouseClickMsg{X: 20, Y: 5, Button: tea.MouseLeft})
	d.send(tea.MouseMotionMsg{X: 40, Y: 5, Button: tea.MouseLeft})
	d.send(tea.MouseReleaseMsg{X: 40, Y: 5, Button: tea.MouseLeft})
	_, _, n := d.m.chart.Span()
	d.keys("z")
	if s := d.m.history.now().span(); s.open() || !s.from.After(uitest.Start) {
		t.Fatalf("zoomed to %v", s)
	}
	if d.m.counts.matching != n || n == 0 {
		t.Errorf("the brush counted %d, the zoom finds %d", n, d.m.counts.matching)
	}
	d.shows("zoomed:")
	d.keys("Z")
	if !d.m.history.now().span().open() {
		t.Error("Z did not zoom out")
	}
	d.keys("R", "type:2026-05-04T10:00..2026-05-04T10:15", "enter")
	if s := d.m.history.now().span(); s.to.Sub(s.from) != 16*time.Minute { // the last minute is in it
		t.Errorf("range %v", s)
	}
}

func TestJumpToPastedTime(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.send(tea.PasteMsg{Content: "2026-05-04T10:00:00Z\n"})
	r, _ := d.m.events.Current()
	if got := time.UnixMicro(r.Time).UTC(); got.After(uitest.Start.Add(time.Hour)) || got.Before(uitest.Start.Add(59*time.Minute)) {
		t.Errorf("jumped to %v", got)
	}
	d.keys("t", "type:2026-05-04 09:30:00", "enter")
	r, _ = d.m.events.Current()
	if got := time.UnixMicro(r.Time).UTC(); got.After(uitest.Start.Add(30*time.Minute)) || got.Before(uitest.Start.Add(29*time.Minute)) {
		t.Errorf("jumped to %v", got)
	}
	d.shows("of 300")
}

// Whatever the width, the zone of the times shown is named.
func TestTheZoneIsAlwaysNamed(t *testing.T) {
	t.Parallel()
	far, err := time.LoadLocation("America/St_Johns")
	if err != nil {
		t.Skip("no time zones on this machine: ", err)
	}
	c := uitest.New(300)
	for w := 60; w <= 130; w += 7 {
		d := newDriver(t, Options{Case: c, Zone: far, Progress: func() Progress { return Progress{Listed: 9_999_999, Loaded: 9_999_999, Failed: 12_345} }}, w, 24)
		d.keys("/", "type:outcome:ok", "enter", "z")
		if f := d.frame(); !strings.Contains(f, "(UTC-03:30)") && !strings.Contains(f, "(UTC-02:30)") {
			t.Fatalf("no zone at %d:\n%s", w, f)
		}
		d.keys("T")
		d.shows("UTC")
		d.keys("T")
		if d.m.zone != far {
			t.Fatalf("back in %s", d.m.zone)
		}
	}
}

// Another zone holds for the dates of the filter, for what is copied and exported,
// and is kept.
func TestTheZoneHoldsForAll(t *testing.T) {
	t.Parallel()
	var told, kept []*time.Location
	d := newDriver(t, Options{SetZone: func(z *time.Location) { told = append(told, z) }, KeepZone: func(z *time.Location) (string, error) {
		kept = append(kept, z)
		return ", kept", nil
	}}, 120, 40)
	asked := d.m.asked.data
	d.keys("T")
	d.shows("kept")
	if want := []*time.Location{time.Local}; !slices.Equal(told, want) || !slices.Equal(kept, want) {
		t.Errorf("told %v, kept %v", told, kept)
	}
	if d.m.asked.data == asked {
		t.Error("the panes are not asked anew")
	}
	if line := d.m.commandLine(); !strings.HasPrefix(line, "spoor --tz Local ") {
		t.Errorf("copied: %s", line)
	}
	d.keys("T")
	if line := d.m.commandLine(); strings.Contains(line, "--tz") {
		t.Errorf("copied in UTC: %s", line)
	}
}
