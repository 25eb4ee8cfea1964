package grid

import (
	"strings"

	"spoor/themes"
	"spoor/ui/text"
)

// narrowest is the least width in which a row says anything.
const narrowest = 4

// View draws the grid: exactly its size, lines joined by "\n".
func (g *Grid[R]) View(s *themes.Styles, focused bool) string {
	if g.w <= 0 || g.h <= 0 {
		return ""
	}
	var b strings.Builder
	b.Grow(g.w * g.h * 2)
	if g.w < narrowest {
		blank := text.Spaces(g.w)
		return strings.Repeat(blank+"\n", g.h-1) + blank
	}
	if g.headed {
		g.heading(&b, s, focused)
		if g.h > 1 {
			b.WriteByte('\n')
		}
	}
	from, to := g.thumb()
	for i := range g.body() {
		if i > 0 {
			b.WriteByte('\n')
		}
		g.row(&b, s, g.top+i, focused)
		bar, role := " ", themes.Line
		if to > from {
			if bar = s.Glyphs.Track; i >= from && i < to {
				bar, role = s.Glyphs.Thumb, themes.Dim
			}
		}
		b.WriteString(s.Paint(role, bar))
	}
	return b.String()
}

// heading draws the column titles.
func (g *Grid[R]) heading(b *strings.Builder, s *themes.Styles, focused bool) {
	tail := text.Safe(s.Glyphs.Ellipsis)
	used, room := 1, g.w-1
	b.WriteByte(' ')
	for k, i := range g.fit.index {
		c := g.columns[i]
		role := themes.Dim
		if focused && k == g.col {
			role = themes.Accent
		}
		b.WriteString(s.Paint(role, string(align(c, c.Title, g.fit.w[k], tail))))
		if used += g.fit.w[k]; used < room {
			b.WriteByte(' ')
			used++
		}
	}
	b.WriteString(text.Spaces(room - used))
	if g.fit.lost > 0 { // columns are out of sight
		b.WriteString(s.Paint(themes.Dim, s.Glyphs.Right))
		return
	}
	b.WriteByte(' ')
}

func align(c Column, t text.Safe, w int, tail text.Safe) text.Safe {
	if over := text.Width(t) - w; c.KeepEnd && over > 0 && w > 0 {
		return text.Pad(tail+text.Skip(t, over+1), w, tail)
	}
	if c.Right {
		return text.PadLeft(t, w, tail)
	}
	return text.Pad(t, w, tail)
}

// row draws row i of the window, g.w-1 cells wide.
func (g *Grid[R]) row(b *strings.Builder, s *themes.Styles, i int, focused bool) {
	room := g.w - 1
	if i < 0 || i >= len(g.rows) {
		g.placeholder(b, s, i, room)
		return
	}
	ground, mark := themes.Base, " "
	if i == g.cur {
		ground = themes.Resting
		if focused {
			ground, mark = themes.Selected, s.Glyphs.Cursor
		}
	}
	b.WriteString(s.On(themes.Focus, ground).Render(mark))
	p := painter{b: b, s: s, ground: ground, stale: g.stale}
	if g.src.Line != nil {
		if line := g.src.Line(g.rows[i], room-1); line != nil {
			p.line(line, room-1)
			return
		}
	}
	used := 1
	tail := text.Safe(s.Glyphs.Ellipsis)
	for k, ci := range g.fit.index {
		c := g.columns[ci]
		cell := g.src.Cell(g.rows[i], c.ID)
		role := cell.Role
		if focused && i == g.cur && k == g.col {
			role = themes.Focus
		}
		w := g.fit.w[k]
		if used += w; used < room {
			// The gap belongs to the cell: fewer runs to style.
			p.put(role, string(align(c, cell.Text, w, tail))+" ")
			used++
		} else {
			p.put(role, string(align(c, cell.Text, w, tail)))
		}
	}
	p.put(themes.Text, text.Spaces(room-used))
}

// placeholder stands for a row that is on its way, or for none at all.
func (g *Grid[R]) placeholder(b *strings.Builder, s *themes.Styles, i, room int) {
	if g.Waiting() && !g.tail && i >= len(g.rows) && len(g.fit.w) > 0 {
		w := min(g.fit.w[0], room-1)
		b.WriteByte(' ')
		b.WriteString(s.Paint(themes.Line, strings.Repeat(s.Glyphs.Dot, max(w, 0))))
		b.WriteString(text.Spaces(room - 1 - max(w, 0)))
		return
	}
	b.WriteString(text.Spaces(room))
}

// thumb returns the rows of the scroll bar that are its thumb.
func (g *Grid[R]) thumb() (from, to int) {
	n, total := g.body(), g.total
	if total < 0 {
		total = int64(len(g.rows))
		if g.first > 0 {
			total += g.first
		}
	}
	if total <= int64(n) || n == 0 {
		return 0, 0
	}
	above := int64(g.top)
	if g.first >= 0 {
		above += g.first
	}
	size := max(1, int(int64(n)*int64(n)/total))
	from = int(int64(n-size) * min(above, total-int64(n)) / max(1, total-int64(n)))
	return from, from + size
}

// painter writes runs on one ground.
type painter struct {
	b      *strings.Builder
	s      *themes.Styles
	ground themes.Ground
	stale  bool
}

func (p painter) put(role themes.Role, t string) {
	if p.stale {
		role = themes.Dim
	}
	p.b.WriteString(p.s.On(role, p.ground).Render(t))
}

// line sets pieces side by side in exactly w cells.
func (p painter) line(cells []Cell, w int) {
	for _, c := range cells {
		t := text.Truncate(c.Text, w, text.Safe(p.s.Glyphs.Ellipsis))
		p.put(c.Role, string(t))
		if w -= text.Width(t); w <= 0 {
			return
		}
	}
	p.put(themes.Text, text.Spaces(w))
}
