package sessions

import (
	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// whatWidth is how wide the names of what is compared are, and between the
// columns there are so many cells.
const (
	whatWidth = 13
	between   = 2
)

// contrastSheet sets two sessions side by side: what both have is dim, what
// only one has stands out in its column.
func (v *View) contrastSheet(a, b query.Session, lists []query.Contrast) *sheet {
	pairs := query.SideBySide(a, b, lists, func(t int64) string { return string(v.state.Clock(t)) })
	s := v.newSheet("Two sessions side by side", nil)
	s.shows = pane.SessionsShown{ID: a.ID, With: b.ID}
	s.lay = func(width int) []*line {
		lines := []*line{v.sideLine("A", a), v.sideLine("B", b), blank()}
		each := max((width-whatWidth-between)/2, 8)
		for _, p := range pairs {
			if p.What != "" && p.What == firstOf(lists) {
				lines = append(lines, blank())
			}
			lines = append(lines, pairLines(p, each)...)
		}
		return lines
	}
	s.set(s.lay(v.w))
	return s
}

func firstOf(lists []query.Contrast) string {
	if len(lists) == 0 {
		return ""
	}
	return lists[0].What
}

// sideLine names one side; enter opens it.
func (v *View) sideLine(name text.Safe, s query.Session) *line {
	l := v.childLine(s)
	l.cells[0] = piece(themes.Title, name+" ")
	return l
}

// pairLines are a pair in two columns of so many cells each, with as many lines
// as the longer value takes.
func pairLines(p query.Pair, width int) []*line {
	role := themes.Text
	switch {
	case p.Same():
		role = themes.Dim
	case p.A == "" || p.B == "":
		role = themes.Warn
	}
	a, b := text.Wrap(text.CleanLine(p.A, cellMax), width), text.Wrap(text.CleanLine(p.B, cellMax), width)
	out := make([]*line, max(len(a), len(b)))
	for i := range out {
		what, left, right := text.Safe(""), text.Safe(""), text.Safe("")
		if i == 0 {
			what = text.Clean(p.What)
		}
		if i < len(a) {
			left = a[i]
		}
		if i < len(b) {
			right = b[i]
		}
		out[i] = &line{cells: []grid.Cell{piece(themes.Key, text.Pad(what, whatWidth, "")), piece(role, text.Pad(left, width, "")), dim(text.Safe(text.Spaces(between))), piece(role, right)}}
	}
	return out
}
