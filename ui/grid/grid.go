package grid

import (
	"spoor/themes"
	"spoor/ui/text"
)

// A Cell is one piece of a row.
type Cell struct {
	Text text.Safe
	Role themes.Role
}

// A Source tells the grid how to read the owner's rows.
type Source[R any] struct {
	// Key identifies a row for as long as it exists, whatever happens around it.
	Key func(R) int64
	// Cell is what a row shows in a column.
	Cell func(r R, column string) Cell
	// Line draws a row that ignores the columns, such as a heading; nil, or a nil
	// slice, for rows that don't. The pieces are set side by side.
	Line func(r R, width int) []Cell
}

// keep bounds the rows held: a screenful of the tallest terminal many times over.
const keep = 1024

// A Grid is a windowed list of rows. The zero value is not usable; see New.
type Grid[R any] struct {
	src     Source[R]
	columns []Column
	w, h    int // cells, heading and scroll bar included
	headed  bool

	rows       []R   // the window, in order
	first      int64 // place of rows[0] among all, -1 when unknown
	total      int64 // rows in all, -1 when unknown
	head, tail bool  // the window begins at the first row, ends at the last
	top, cur   int   // in rows
	col        int   // current column, index into the visible ones
	left       int   // columns scrolled out of sight
	debt       int   // moves owed once more rows are there
	touched    bool  // the reader has moved: nothing may shift under the hand

	jump    *R   // where to go when wish is Around and it is not the current row
	wish    Want // a whole new window is needed
	outJump *R
	out     Want // asked for, not yet there
	stale   bool // rows answer an older question

	fit fitted // columns laid out for the width
}

// New returns a grid of columns that can all be shown, in that order. Without
// columns there is no heading line.
func New[R any](src Source[R], columns []Column) *Grid[R] {
	g := &Grid[R]{src: src, first: -1, total: -1, wish: Start}
	g.SetColumns(columns)
	return g
}

// Resize sets the size in cells. The current row stays visible.
func (g *Grid[R]) Resize(w, h int) {
	if w == g.w && h == g.h {
		return
	}
	g.w, g.h = w, h
	if !g.touched {
		g.top = 0
	}
	g.layout()
	g.clamp()
}

// SetLine replaces how rows that ignore the columns are drawn.
func (g *Grid[R]) SetLine(line func(r R, width int) []Cell) { g.src.Line = line }

// body is the number of rows visible at once.
func (g *Grid[R]) body() int {
	if g.headed {
		return max(g.h-1, 0)
	}
	return max(g.h, 0)
}

// Current returns the row under the cursor.
func (g *Grid[R]) Current() (R, bool) {
	if g.cur < 0 || g.cur >= len(g.rows) {
		var none R
		return none, false
	}
	return g.rows[g.cur], true
}

// Rows returns the window; not to be changed.
func (g *Grid[R]) Rows() []R { return g.rows }

// Len returns the number of rows held.
func (g *Grid[R]) Len() int { return len(g.rows) }

// Place returns the place of the cursor among all rows, from 0; -1 when unknown.
func (g *Grid[R]) Place() int64 {
	if g.first < 0 {
		return -1
	}
	return g.first + int64(g.cur)
}

// SetTotal says how many rows there are in all, -1 for unknown.
func (g *Grid[R]) SetTotal(n int64) { g.total = n }

// SetFirst says the place of the first row held among all.
func (g *Grid[R]) SetFirst(n int64) { g.first = n }

// Above returns how many rows are known to lie above the first visible one, -1
// when unknown.
func (g *Grid[R]) Above() int64 {
	if g.first < 0 {
		return -1
	}
	return g.first + int64(g.top)
}

// Touched reports whether the reader has moved since the list was reset.
func (g *Grid[R]) Touched() bool { return g.touched }

// Touch counts as a move: rows that arrive later don't shift what is visible.
func (g *Grid[R]) Touch() { g.touched = true }

// Move moves the cursor by n rows, further as rows arrive.
func (g *Grid[R]) Move(n int) {
	g.touched = true
	to := g.cur + n
	g.debt = 0
	switch {
	case to < 0 && !g.head:
		g.debt = max(to, -keep)
	case to >= len(g.rows) && !g.tail:
		g.debt = min(to-len(g.rows)+1, keep)
	}
	g.cur = to
	g.clamp()
}

// Page moves by n screens.
func (g *Grid[R]) Page(n int) {
	step := max(g.body()-1, 1)
	g.top += n * step
	g.Move(n * step)
}

// First goes to the first row.
func (g *Grid[R]) First() {
	g.touched = true
	if g.head {
		g.cur, g.top = 0, 0
		return
	}
	g.wish = Start
}

// Last goes to the last row.
func (g *Grid[R]) Last() {
	g.touched = true
	if g.tail {
		g.cur = len(g.rows) - 1
		g.clamp()
		return
	}
	g.wish = End
}

// Select puts the cursor on the row with that key, if it is held.
func (g *Grid[R]) Select(key int64) bool {
	for i, r := range g.rows {
		if g.src.Key(r) == key {
			g.cur = i
			g.clamp()
			return true
		}
	}
	return false
}

// scroll moves what is visible and drags the cursor along.
func (g *Grid[R]) scroll(n int) {
	g.touched = true
	g.top = max(0, min(g.top+n, len(g.rows)-g.body()))
	g.cur = max(g.top, min(g.cur, g.top+g.body()-1))
	g.clamp()
}

// clamp brings cursor and top back among the rows, and the cursor into sight.
func (g *Grid[R]) clamp() {
	g.cur = max(0, min(g.cur, len(g.rows)-1))
	n := max(g.body(), 1)
	if g.cur < g.top {
		g.top = g.cur
	}
	if g.cur >= g.top+n {
		g.top = g.cur - n + 1
	}
	g.top = max(0, min(g.top, len(g.rows)-n))
}
