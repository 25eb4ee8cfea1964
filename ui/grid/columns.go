package grid

import (
	"cmp"
	"slices"

	"spoor/ui/text"
)

// A Column is one column of a grid.
type Column struct {
	ID       string
	Title    text.Safe
	Width    int // preferred, in cells
	Min      int // least that is of use; 0: Width
	Priority int // 0 is never dropped; the highest goes first when space is short
	Grow     int // share of spare width
	Right    bool
	KeepEnd  bool // cut at the left: long names that differ at their end
	set      bool // the reader has chosen the width
}

// maxWidth bounds a column that the reader widens.
const maxWidth = 200

// fitted is the columns that fit, with where each lies.
type fitted struct {
	index []int // into columns
	x, w  []int
	lost  int // columns that did not fit
}

// SetColumns replaces the columns.
func (g *Grid[R]) SetColumns(c []Column) {
	g.columns = slices.Clone(c)
	g.headed = len(c) > 0
	g.layout()
}

// Columns returns the columns with widths and order as they are now.
func (g *Grid[R]) Columns() []Column { return slices.Clone(g.columns) }

// Column returns the id of the current column, "" when there is none.
func (g *Grid[R]) Column() string {
	if g.col < 0 || g.col >= len(g.fit.index) {
		return ""
	}
	return g.columns[g.fit.index[g.col]].ID
}

// SelectColumn makes a column the current one, if it is visible.
func (g *Grid[R]) SelectColumn(id string) bool {
	for i, c := range g.fit.index {
		if g.columns[c].ID == id {
			g.col = i
			return true
		}
	}
	return false
}

// Sideways moves the current column by n, scrolling where columns are hidden.
func (g *Grid[R]) Sideways(n int) {
	g.touched = true
	to := g.col + n
	last := len(g.fit.index) - 1
	switch {
	case to > last && g.fit.lost > 0:
		g.left++
		g.layout()
	case to < 1 && n < 0 && g.left > 0:
		g.left--
		g.layout()
		return
	}
	g.col = max(0, min(to, len(g.fit.index)-1))
}

// Widen changes the width of the current column by n cells.
func (g *Grid[R]) Widen(n int) {
	if g.Column() == "" {
		return
	}
	id := g.Column()
	g.columns[g.fit.index[g.col]].choose(g.fit.w[g.col] + n)
	g.layout()
	g.SelectColumn(id)
}

// Widths returns the widths that the reader has chosen, by column.
func (g *Grid[R]) Widths() map[string]int {
	chosen := map[string]int{}
	for _, c := range g.columns {
		if c.set {
			chosen[c.ID] = c.Width
		}
	}
	return chosen
}

// SetWidths gives columns the widths that a reader chose.
func (g *Grid[R]) SetWidths(chosen map[string]int) {
	for i := range g.columns {
		if n := chosen[g.columns[i].ID]; n > 0 {
			g.columns[i].choose(n)
		}
	}
	g.layout()
}

// choose sets the width for good: others give way.
func (c *Column) choose(n int) {
	c.Width = max(3, min(n, maxWidth))
	c.Min, c.Priority, c.set = c.Width, 0, true
}

// Shift moves the current column n places along.
func (g *Grid[R]) Shift(n int) {
	id := g.Column()
	to := g.col + n
	if id == "" || to < 0 || to >= len(g.fit.index) {
		return
	}
	a, b := g.fit.index[g.col], g.fit.index[to]
	c := g.columns[a]
	g.columns = slices.Insert(slices.Delete(g.columns, a, a+1), b, c)
	g.layout()
	g.SelectColumn(id)
}

// layout chooses the columns that fit and their widths.
func (g *Grid[R]) layout() {
	room := g.w - 2 // cursor mark and scroll bar
	show := g.shown(room)
	f := fitted{lost: len(g.columns) - len(show)}
	if g.left > 0 {
		f.lost -= min(g.left, f.lost)
	}
	spare, grow := room, 0
	for _, i := range show {
		c := g.columns[i]
		spare -= c.least() + 1
		if !c.set {
			grow += c.Grow
		}
	}
	spare++ // no gap after the last
	widths := make([]int, len(show))
	// First up to the preferred widths, in order; then the rest by share.
	for k, i := range show {
		c := g.columns[i]
		more := max(0, min(c.Width-c.least(), spare))
		widths[k] = c.least() + more
		spare -= more
	}
	rest := spare
	for k, i := range show {
		if c := g.columns[i]; grow > 0 && rest > 0 && !c.set {
			more := rest * c.Grow / grow
			widths[k] += more
			spare -= more
		}
	}
	x := 1
	for k, i := range show {
		w := min(widths[k], max(room-x+1, 0))
		if w <= 0 {
			f.lost++
			continue
		}
		f.index, f.x, f.w = append(f.index, i), append(f.x, x), append(f.w, w)
		x += w + 1
	}
	g.fit = f
	g.col = max(0, min(g.col, len(f.index)-1))
}

// shown picks the columns whose least widths fit: the first column always, the
// scrolled ones not, and the rest by priority.
func (g *Grid[R]) shown(room int) []int {
	g.left = max(0, min(g.left, len(g.columns)-2))
	var show []int
	need := -1
	for i, c := range g.columns {
		if i == 0 || i > g.left {
			show = append(show, i)
			need += c.least() + 1
		}
	}
	for need > room && len(show) > 1 {
		worst := -1
		for k := range show {
			p := g.priority(show, k)
			if p > 0 && (worst < 0 || p >= g.priority(show, worst)) {
				worst = k
			}
		}
		if worst < 0 {
			break
		}
		need -= g.columns[show[worst]].least() + 1
		show = slices.Delete(show, worst, worst+1)
	}
	return show
}

// priority is that of the k-th column shown.
func (g *Grid[R]) priority(show []int, k int) int {
	if g.left > 0 && k > 0 {
		return 1 + k // scrolled by hand: keep what comes first
	}
	return g.columns[show[k]].Priority
}

func (c Column) least() int { return cmp.Or(c.Min, c.Width) }
