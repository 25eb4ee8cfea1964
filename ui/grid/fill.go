package grid

// A Want says which rows a grid needs.
type Want uint8

// What can be wanted.
const (
	Nothing Want = iota
	Start        // the first rows
	End          // the last rows
	Around       // rows on both sides of the current one, and it if it is still there
	Before       // rows before the first held
	After        // rows after the last held
)

// A Need is what to fetch next: N rows where Want says. Anchor is the row to
// start from, for Around, Before and After.
type Need[R any] struct {
	Want   Want
	Anchor R
	N      int
}

// Need returns what to fetch next; its Want is Nothing when there is enough or
// an earlier need is still out. The owner fetches it and calls Fill, or Fail.
func (g *Grid[R]) Need() Need[R] {
	if g.out != Nothing && (g.wish == Nothing || g.wish == g.out) {
		return Need[R]{}
	}
	n := max(2*g.body(), 32)
	need := Need[R]{Want: g.wish, N: n}
	switch {
	case g.wish == Around && g.jump != nil:
		need.Anchor = *g.jump
	case g.wish == Around:
		if len(g.rows) == 0 {
			need.Want = Start
		} else {
			need.Anchor = g.rows[g.cur]
		}
	case g.wish != Nothing:
	case len(g.rows) == 0:
		return Need[R]{}
	case !g.tail && g.top+2*g.body() >= len(g.rows):
		need.Want, need.Anchor = After, g.rows[len(g.rows)-1]
	case !g.head && g.top < g.body():
		need.Want, need.Anchor = Before, g.rows[0]
	}
	g.wish, g.out = Nothing, need.Want
	g.outJump, g.jump = g.jump, nil
	return need
}

// Fail takes back a need that could not be met, so that it is asked again when
// something changes.
func (g *Grid[R]) Fail() {
	if g.out == Start || g.out == End || g.out == Around {
		g.wish, g.jump = g.out, g.outJump
	}
	g.out, g.debt = Nothing, 0
}

// Again asks once more for a whole new window, because the answer was not yet
// all there is.
func (g *Grid[R]) Again(w Want) { g.wish = w }

// Waiting reports whether rows are being fetched.
func (g *Grid[R]) Waiting() bool { return g.out != Nothing || g.wish != Nothing }

// Reset says that the rows answer an older question. They stay visible, dimmed,
// until new ones come. The cursor stays on its row if the reader had moved.
func (g *Grid[R]) Reset() {
	g.stale, g.out, g.debt = true, Nothing, 0
	g.total, g.jump, g.wish = -1, nil, g.anew()
}

// anew is what to want when all rows are asked for again.
func (g *Grid[R]) anew() Want {
	if g.touched && len(g.rows) > 0 {
		return Around
	}
	return Start
}

// Jump goes to a row that may not be held: the owner is asked for the rows
// Around it. Only what the owner's fetching looks at needs to be filled in.
func (g *Grid[R]) Jump(to R) {
	g.touched = true
	if g.Select(g.src.Key(to)) {
		return
	}
	g.jump, g.wish, g.debt = &to, Around, 0
}

// Restart is Reset to the first row.
func (g *Grid[R]) Restart() {
	g.touched = false
	g.Reset()
}

// Refresh asks for the rows again because more may have come in between.
func (g *Grid[R]) Refresh() {
	if !g.Waiting() {
		g.wish = g.anew()
	}
}

// Set gives a list that is all in memory. The cursor stays on its row.
func (g *Grid[R]) Set(rows []R) {
	key, had := int64(0), false
	if r, ok := g.Current(); ok {
		key, had = g.src.Key(r), true
	}
	off := g.cur - g.top
	g.rows, g.first, g.total, g.head, g.tail = rows, 0, int64(len(rows)), true, true
	g.wish, g.out, g.stale = Nothing, Nothing, false
	if had && g.Select(key) {
		g.top = g.cur - off
	}
	g.clamp()
}

// Fill gives the rows of a need, in the order of the list. more says whether
// further rows follow in the direction asked.
func (g *Grid[R]) Fill(w Want, rows []R, more bool) {
	g.out, g.stale = Nothing, false
	switch w {
	case Start:
		g.rows, g.first, g.head, g.tail = rows, 0, true, !more
		g.cur, g.top = 0, 0
	case End:
		g.rows, g.head, g.tail = rows, !more, true
		g.first = -1
		if g.total >= 0 {
			g.first = max(0, g.total-int64(len(rows)))
		}
		g.cur, g.top = len(rows)-1, len(rows)
	case After:
		g.rows = append(g.rows[:len(g.rows):len(g.rows)], rows...)
		g.tail = !more
	case Before:
		g.rows = append(rows[:len(rows):len(rows)], g.rows...)
		g.head = !more
		g.shift(len(rows))
		if g.head {
			g.first = 0
		}
	}
	g.settle()
}

// FillAround gives the rows before the anchor, and from it on. at is the place
// of the first row given among all, -1 when unknown. found says whether the
// anchor itself is still there: it is then the first of after.
func (g *Grid[R]) FillAround(before, after []R, moreBefore, moreAfter bool, at int64) {
	off := g.cur - g.top
	if g.outJump != nil {
		off, g.outJump = g.body()/3, nil
	}
	g.out, g.stale = Nothing, false
	g.rows = append(before[:len(before):len(before)], after...)
	g.head, g.tail = !moreBefore, !moreAfter
	g.first = at
	if g.head {
		g.first = 0
	}
	g.cur = len(before)
	g.top = g.cur - off
	g.settle()
}

// shift accounts for n rows put before the window.
func (g *Grid[R]) shift(n int) {
	g.cur += n
	g.top += n
	if g.first >= 0 {
		g.first = max(0, g.first-int64(n))
	}
}

// settle pays moves that were owed and drops rows that are far out of sight.
func (g *Grid[R]) settle() {
	if d := g.debt; d != 0 {
		g.debt = 0
		touched := g.touched
		g.Move(d)
		g.touched = touched
	}
	g.clamp()
	if n := len(g.rows) - keep; n > 0 {
		if g.top > len(g.rows)/2 {
			g.rows, g.head = g.rows[n:], false
			g.cur, g.top = g.cur-n, g.top-n
			if g.first >= 0 {
				g.first += int64(n)
			}
		} else {
			g.rows, g.tail = g.rows[:keep], false
		}
	}
}
