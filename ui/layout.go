package ui

// A rect is a rectangle of cells.
type rect struct{ x, y, w, h int }

func (r rect) empty() bool { return r.w <= 0 || r.h <= 0 }

func (r rect) has(x, y int) bool { return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h }

// below is the rectangle without its first line, which holds the title rule.
func (r rect) below() rect { return rect{r.x, r.y + 1, r.w, max(r.h-1, 0)} }

// A slot is a place for a pane.
type slot uint8

const (
	slotMain slot = iota
	slotFacets
	slotChart
	slotDetail
	slots
)

// The least size that is of use; below it the screen only says so.
const (
	minWidth  = 60
	minHeight = 15
)

// Widths from which panes stand side by side.
const (
	twoColumns   = 120
	threeColumns = 160
)

// shape is what the layout depends on besides the size.
type shape struct {
	events bool // the view has facets and a histogram
	detail bool // an event is open
	chart  bool // the histogram is wanted
	facets bool // the facets are wanted where there is room
	focus  slot
}

// frame is where everything goes. Pane rectangles include the title rule, but
// for the histogram, which has none.
type frame struct {
	tooSmall                   bool
	tabs, filter, status, foot rect
	panes                      [slots]rect
	bars                       []rect // lines between columns
}

// layout places everything. It is the only place that knows sizes.
func layout(w, h int, s shape) frame {
	if w < minWidth || h < minHeight {
		return frame{tooSmall: true}
	}
	f := frame{
		tabs: rect{0, 0, w, 1}, filter: rect{0, 1, w, 1}, status: rect{0, 2, w, 1}, foot: rect{0, h - 1, w, 1},
	}
	body := rect{0, 3, w, h - 4}
	wide := w >= twoColumns
	if s.events && s.chart && (wide || s.focus != slotDetail) {
		if ch := chartHeight(body.h); ch > 0 {
			f.panes[slotChart] = rect{0, body.y, w, ch}
			body.y, body.h = body.y+ch, body.h-ch
		}
	}
	show := columns(w, s)
	f.place(body, show, w)
	return f
}

// chartHeight is the height of the histogram in a body of h lines; 0: no room.
func chartHeight(h int) int {
	switch {
	case h >= 36:
		return 7
	case h >= 26:
		return 5
	case h >= 14:
		return 4
	}
	return 0
}

// columns are the panes side by side, from the left.
func columns(w int, s shape) []slot {
	facets := s.events && (s.facets || s.focus == slotFacets)
	switch {
	case w >= threeColumns:
		list := []slot{slotMain}
		if facets {
			list = []slot{slotFacets, slotMain}
		}
		if s.detail {
			list = append(list, slotDetail)
		}
		return list
	case w >= twoColumns && s.detail && s.focus != slotFacets:
		return []slot{slotMain, slotDetail}
	case w >= twoColumns && facets:
		return []slot{slotFacets, slotMain}
	case w >= twoColumns:
		return []slot{slotMain}
	case s.focus == slotDetail && s.detail:
		return []slot{slotDetail}
	case s.focus == slotFacets && s.events:
		return []slot{slotFacets}
	}
	return []slot{slotMain}
}

// place divides the body among the columns.
func (f *frame) place(body rect, show []slot, w int) {
	x := 0
	for i, s := range show {
		width := w - x
		if i < len(show)-1 {
			width = columnWidth(s, show, w)
		}
		f.panes[s] = rect{x, body.y, width, body.h}
		if x += width; i < len(show)-1 {
			f.bars = append(f.bars, rect{x, body.y, 1, body.h})
			x++
		}
	}
}

// columnWidth is the width of a column that has another at its right.
func columnWidth(s slot, show []slot, w int) int {
	switch {
	case s == slotFacets && w >= threeColumns:
		return 36
	case s == slotFacets:
		return 32
	case len(show) == 3: // main between facets and detail
		return (w - 37) * 55 / 100
	}
	return w * 55 / 100
}
