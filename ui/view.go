package ui

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// View implements tea.Model.
func (m *Model) View() tea.View {
	v := tea.NewView(strings.Join(m.draw(), "\n"))
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "spoor" // never log text: the terminal is given it raw
	if m.look.profile == colorprofile.Unknown || m.look.profile > colorprofile.ANSI {
		v.BackgroundColor, v.ForegroundColor = m.look.styles.Background(), m.look.styles.Foreground()
	}
	if x, y, ok := m.cursor(); ok {
		v.Cursor = tea.NewCursor(x, y)
		v.Cursor.Blink = false
	}
	return v
}

// draw returns the lines of the screen, each exactly as wide as it.
func (m *Model) draw() []string {
	if m.w <= 0 || m.h <= 0 {
		return nil
	}
	if m.frame.tooSmall {
		return m.drawTooSmall("q")
	}
	lines := make([]string, m.h)
	lines[m.frame.tabs.y] = m.drawLine(m.tabLine(), m.w)
	lines[m.frame.filter.y] = m.drawFilter()
	lines[m.frame.status.y] = m.drawStatus()
	lines[m.frame.foot.y] = m.drawLine(m.footLine(), m.w)
	m.drawBody(lines)
	for _, o := range m.overlays {
		m.drawOver(lines, o.box(m))
	}
	if m.edit != nil && len(m.overlays) == 0 {
		m.drawOver(lines, m.edit.box(m))
	}
	return lines
}

// drawBody joins the panes line by line.
func (m *Model) drawBody(lines []string) {
	type piece struct {
		x    int
		text string
	}
	rows := make([][]piece, m.h)
	for s := range slots {
		r := m.frame.panes[s]
		if r.empty() {
			continue
		}
		for i, l := range m.drawPane(s, r) {
			rows[r.y+i] = append(rows[r.y+i], piece{r.x, l})
		}
	}
	bar := m.look.styles.Paint(themes.Line, m.look.glyphs.V)
	for _, r := range m.frame.bars {
		for y := r.y; y < r.y+r.h; y++ {
			rows[y] = append(rows[y], piece{r.x, bar})
		}
	}
	for y, row := range rows {
		if len(row) == 0 {
			continue
		}
		slices.SortFunc(row, func(a, b piece) int { return cmp.Compare(a.x, b.x) })
		var b strings.Builder
		for _, p := range row {
			b.WriteString(p.text)
		}
		lines[y] = b.String()
	}
}

// noter is a pane that can say why it is empty.
type noter interface{ Note() text.Safe }

// drawPane draws one pane with the rule above it.
func (m *Model) drawPane(s slot, r rect) []string {
	p := m.paneAt(s)
	focused := m.shape.focus == s && len(m.overlays) == 0 && m.edit == nil
	if s == slotChart {
		return fit(strings.Split(p.View(focused), "\n"), r)
	}
	lines := append([]string{m.rule(p, s, r.w, m.shape.focus == s)}, strings.Split(p.View(focused), "\n")...)
	if n, ok := p.(noter); ok {
		if note := n.Note(); note != "" && len(lines) > 3 {
			for i, l := range text.Wrap(note, max(r.w-4, 1)) {
				if y := 3 + i; y < len(lines) {
					lines[y] = m.drawLine([]seg{{text: "  " + l, role: themes.Dim}}, r.w)
				}
			}
		}
	}
	return fit(lines, r)
}

// fit cuts or fills a pane that did not keep to its height.
func fit(lines []string, r rect) []string {
	for len(lines) < r.h {
		lines = append(lines, text.Spaces(r.w))
	}
	return lines[:r.h]
}

// rule is the line above a pane: its title, and for tables where the cursor is.
func (m *Model) rule(p pane.Pane, s slot, w int, focused bool) string {
	g, st := m.look.glyphs, m.look.styles
	h, role, title := g.H, themes.Line, themes.Dim
	mark := text.Safe(" ")
	if focused {
		h, role, title = g.Heavy, themes.Focus, themes.Title
		mark = text.Safe(" " + g.Mark + " ")
	}
	name := text.Truncate(p.Title(), max(w-8, 0), text.Safe(g.Ellipsis)) + " "
	place := m.placeText(s)
	fill := w - 1 - text.Width(mark) - text.Width(name) - text.Width(place)
	if fill < 1 {
		place, fill = "", w-1-text.Width(mark)-text.Width(name)
	}
	return st.Paint(role, h) + st.Paint(role, string(mark)) + st.Paint(title, string(name)) +
		st.Paint(role, strings.Repeat(h, max(fill, 0))) + st.Paint(themes.Dim, string(place))
}

// placeText says where the cursor is among the events.
func (m *Model) placeText(s slot) text.Safe {
	n := m.events.Place()
	switch {
	case s == slotFacets && m.shape.focus == slotFacets, s == slotMain && m.shape.events && m.shape.focus == slotChart:
		if note := m.chart.Note(); m.shape.focus == slotChart && note != "" {
			return " " + note + " "
		}
		return ""
	case s != slotMain || !m.shape.events:
		return ""
	case m.chart.Brushing():
		return " " + m.chart.Note() + ", z zooms "
	case n < 0 || m.counts.matching <= 0 || m.counts.partial || n >= m.counts.matching:
		return ""
	}
	return text.Safe(" " + thousands(n+1) + " of " + thousands(m.counts.matching) + " ")
}

// cursor is where the terminal's own cursor belongs: in a line being edited,
// else on the current row, where screen readers look.
func (m *Model) cursor() (x, y int, ok bool) {
	if m.frame.tooSmall {
		return 0, 0, false
	}
	if n := len(m.overlays); n > 0 {
		return m.overlays[n-1].cursor(m)
	}
	if m.edit != nil {
		return m.edit.cursorX, m.frame.filter.y, true
	}
	c, can := m.paneAt(m.shape.focus).(pane.Cursor)
	r := m.frame.panes[m.shape.focus]
	if !can || r.empty() {
		return 0, 0, false
	}
	x, y, ok = c.CursorAt()
	r = r.below()
	return r.x + x, r.y + y, ok && y < r.h
}
