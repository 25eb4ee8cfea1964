package grid

// A Spot is what lies under the mouse.
type Spot uint8

// The spots.
const (
	Outside Spot = iota
	Heading      // a column title
	OnRow        // a row; the cursor has moved to it
	Bar          // the scroll bar
)

// Click moves to what is at x, y of the grid. again reports a click on the row
// that was current already, which owners treat as enter.
func (g *Grid[R]) Click(x, y int) (spot Spot, again bool) {
	if x < 0 || y < 0 || x >= g.w || y >= g.h {
		return Outside, false
	}
	if g.headed {
		y--
	}
	if x == g.w-1 && y >= 0 {
		g.Drag(y)
		return Bar, false
	}
	if k := g.columnAt(x); k >= 0 {
		g.col = k
	}
	if y < 0 {
		return Heading, false
	}
	i := g.top + y
	if i >= len(g.rows) {
		return Outside, false
	}
	g.touched = true
	again = g.cur == i
	g.cur = i
	return OnRow, again
}

// columnAt returns which visible column lies at x, -1 for none.
func (g *Grid[R]) columnAt(x int) int {
	for k := range g.fit.index {
		if x >= g.fit.x[k] && x < g.fit.x[k]+g.fit.w[k] {
			return k
		}
	}
	return -1
}

// Wheel scrolls by n rows; the cursor is dragged along.
func (g *Grid[R]) Wheel(n int) { g.scroll(n) }

// Drag scrolls to where the scroll bar was pulled, y rows below its top: within
// the rows held, else to the nearer end. It returns the share of the list that
// lies above, for owners who can jump there.
func (g *Grid[R]) Drag(y int) float64 {
	n := max(g.body()-1, 1)
	share := float64(max(0, min(y, n))) / float64(n)
	switch {
	case g.head && g.tail:
		g.scroll(int(share*float64(len(g.rows)-g.body())) - g.top)
	case share == 0:
		g.First()
	case share == 1:
		g.Last()
	case g.first >= 0 && g.total >= 0:
		g.Move(int(int64(share*float64(g.total)) - g.first - int64(g.cur)))
	}
	return share
}

// CursorAt returns where the current row lies on the grid.
func (g *Grid[R]) CursorAt() (x, y int, ok bool) {
	y = g.cur - g.top
	if g.headed {
		y++
	}
	return 0, y, len(g.rows) > 0 && y < g.h
}
