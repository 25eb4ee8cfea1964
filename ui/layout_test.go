package ui

import "testing"

func TestLayout(t *testing.T) {
	t.Parallel()
	shapes := map[string]shape{
		"events": {events: true, chart: true, facets: true}, "facets": {events: true, chart: true, facets: true, focus: slotFacets},
		"detail": {events: true, chart: true, facets: true, detail: true, focus: slotDetail}, "behind": {events: true, chart: true, facets: true, detail: true},
		"other": {}, "other detail": {detail: true, focus: slotDetail},
	}
	for name, s := range shapes {
		for w := minWidth; w <= 300; w += 7 {
			for h := minHeight; h <= 90; h += 3 {
				checkLayout(t, name, w, h, s)
			}
		}
	}
	for _, c := range []struct {
		w, h int
		s    shape
		want []slot
	}{
		{80, 24, shapes["events"], []slot{slotChart, slotMain}},
		{80, 24, shapes["facets"], []slot{slotChart, slotFacets}},
		{80, 24, shapes["detail"], []slot{slotDetail}},
		{80, 24, shapes["behind"], []slot{slotChart, slotMain}},
		{60, 15, shapes["events"], []slot{slotMain}},
		{120, 40, shapes["events"], []slot{slotChart, slotFacets, slotMain}},
		{120, 40, shapes["detail"], []slot{slotChart, slotMain, slotDetail}},
		{200, 50, shapes["detail"], []slot{slotChart, slotFacets, slotMain, slotDetail}},
		{200, 50, shapes["other detail"], []slot{slotMain, slotDetail}},
	} {
		f := layout(c.w, c.h, c.s)
		shown := map[slot]bool{}
		for _, s := range c.want {
			shown[s] = true
		}
		for s := range slots {
			if f.panes[s].empty() == shown[s] {
				t.Errorf("%dx%d %+v: pane %d shown: %v", c.w, c.h, c.s, s, !f.panes[s].empty())
			}
		}
	}
	if !layout(59, 40, shape{}).tooSmall || !layout(80, 14, shape{}).tooSmall {
		t.Error("too small a screen is laid out")
	}
}

// checkLayout fails unless every cell of the screen belongs to exactly one thing.
func checkLayout(t *testing.T, name string, w, h int, s shape) {
	t.Helper()
	f := layout(w, h, s)
	if f.panes[s.focus].empty() {
		t.Errorf("%s %dx%d: the focused pane is not shown", name, w, h)
	}
	owners := make([]int, w*h)
	own := func(r rect) {
		for y := r.y; y < r.y+r.h; y++ {
			for x := r.x; x < r.x+r.w; x++ {
				if x < 0 || y < 0 || x >= w || y >= h {
					t.Fatalf("%s %dx%d: %+v lies outside", name, w, h, r)
				}
				owners[y*w+x]++
			}
		}
	}
	for _, r := range append([]rect{f.tabs, f.filter, f.status, f.foot}, f.panes[:]...) {
		own(r)
	}
	for _, b := range f.bars {
		own(b)
	}
	for i, n := range owners {
		if n != 1 {
			t.Fatalf("%s %dx%d: cell %d,%d belongs to %d things", name, w, h, i%w, i/w, n)
		}
	}
}
