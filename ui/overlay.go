package ui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// An overlay lies above the panes and gets keys and mouse first. They form a
// stack; esc takes the topmost away.
type overlay interface {
	update(*Model, tea.Msg) (pane.Intent, tea.Cmd)
	box(*Model) box
	cursor(*Model) (x, y int, ok bool)
}

// box is a drawn overlay and where it lies.
type box struct {
	rect
	lines []string
}

// push opens an overlay.
func (m *Model) push(o overlay) tea.Cmd {
	if n := len(m.overlays); n > 0 && m.overlays[n-1] == o {
		return nil
	}
	m.overlays = append(m.overlays, o)
	return nil
}

// pop closes an overlay.
func (m *Model) pop(o overlay) {
	for i, have := range m.overlays {
		if have == o {
			m.overlays = append(m.overlays[:i:i], m.overlays[i+1:]...)
			if o, ok := o.(*menu); ok && o.shut != nil {
				o.shut()
			}
			return
		}
	}
}

// toOverlay gives the topmost overlay a message, in coordinates of its inside.
func (m *Model) toOverlay(msg tea.Msg) tea.Cmd {
	o := m.overlays[len(m.overlays)-1]
	if mouse, ok := msg.(tea.MouseMsg); ok {
		b := o.box(m)
		at := mouse.Mouse()
		if _, click := msg.(tea.MouseClickMsg); click && !b.has(at.X, at.Y) {
			return m.toOverlay(tea.KeyPressMsg{Code: tea.KeyEscape})
		}
		msg = shiftMouse(mouse, -b.x-1, -b.y-1)
	}
	intent, cmd := o.update(m, msg)
	return tea.Batch(cmd, m.act(intent))
}

// drawOver puts a box on the lines of the screen.
func (m *Model) drawOver(lines []string, b box) {
	for i, l := range b.lines {
		y := b.y + i
		if y < 0 || y >= len(lines) {
			continue
		}
		left, rest := cut(lines[y], b.x)
		_, right := cut(rest, b.w)
		lines[y] = left + l + right
	}
}

// cut divides a drawn line after w cells. Each side keeps the style in force; of
// a wide character in between both sides get a blank. Lines hold nothing but
// styles and safe text, which makes this much cheaper than a terminal's parser.
func cut(line string, w int) (left, right string) {
	style := ""
	for i := 0; i < len(line); {
		if line[i] == '\x1b' {
			end := i + max(strings.IndexByte(line[i:], 'm'), 0) + 1
			if style = line[i:end]; style == "\x1b[m" {
				style = ""
			}
			i = end
			continue
		}
		if w <= 0 {
			return closed(line[:i], style), style + line[i:]
		}
		n, cells := 1, 1
		if line[i] >= utf8.RuneSelf || i+1 < len(line) && line[i+1] >= utf8.RuneSelf {
			cluster, cw := ansi.FirstGraphemeCluster(line[i:min(len(line), i+64)], ansi.GraphemeWidth)
			n, cells = len(cluster), cw
		}
		if cells > w {
			return closed(line[:i], style) + text.Spaces(w), text.Spaces(cells-w) + style + line[i+n:]
		}
		i += n
		w -= cells
	}
	return closed(line, style) + text.Spaces(w), ""
}

// closed ends a style that is still on.
func closed(s, style string) string {
	if style == "" {
		return s
	}
	return s + "\x1b[m"
}

// frameBox draws a border around inner lines of width w-2.
func (m *Model) frameBox(r rect, title text.Safe, inner []string) box {
	g, st := m.look.glyphs, m.look.styles
	title = text.Truncate(title, max(r.w-6, 0), text.Safe(g.Ellipsis))
	top := st.Paint(themes.Focus, g.TL+g.Heavy+" ") + st.Paint(themes.Title, string(title)) +
		st.Paint(themes.Focus, " "+strings.Repeat(g.H, max(r.w-5-text.Width(title), 0))+g.TR)
	lines := []string{top}
	side := st.Paint(themes.Focus, g.V)
	for _, l := range inner {
		lines = append(lines, side+l+side)
	}
	return box{rect: r, lines: append(lines, st.Paint(themes.Focus, g.BL+strings.Repeat(g.H, max(r.w-2, 0))+g.BR))}
}

// centred is a rectangle for an overlay of the size wished, as far as it fits.
func (m *Model) centred(w, h int) rect {
	w, h = min(w, m.w-4), min(h, m.h-4)
	return rect{(m.w - w) / 2, max((m.h-h)/3, 1), w, h}
}

// confirm asks before something that can't be undone.
type confirm struct{ pane.Confirm }

func (c *confirm) update(m *Model, msg tea.Msg) (pane.Intent, tea.Cmd) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, nil
	}
	switch key.String() {
	case "y", "enter":
		m.pop(c)
		return c.Do()
	case "n", "esc", "q":
		m.pop(c)
	}
	return nil, nil
}

func (c *confirm) box(m *Model) box {
	r := m.centred(66, 20)
	words := text.Wrap(c.Question, r.w-4)
	r.h = len(words) + 4
	var inner []string
	for _, l := range words {
		inner = append(inner, m.drawLine([]seg{{text: " " + l}}, r.w-2))
	}
	inner = append(inner, text.Spaces(r.w-2), m.drawLine([]seg{
		{text: " y ", role: themes.Accent}, {text: c.Yes + "   ", role: themes.Dim}, {text: "n ", role: themes.Accent}, {text: "keep going", role: themes.Dim}}, r.w-2))
	return m.frameBox(r, "Sure?", inner)
}

func (c *confirm) cursor(*Model) (int, int, bool) { return 0, 0, false }

// reader is a page of lines to read.
type reader struct {
	pane.Read
	top int
}

func newReader(r pane.Read) *reader { return &reader{Read: r} }

func (o *reader) update(m *Model, msg tea.Msg) (pane.Intent, tea.Cmd) {
	page := max(o.box(m).h-3, 1)
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		switch msg.String() {
		case "esc", "q", "enter":
			m.pop(o)
		case "down", "j":
			o.top++
		case "up", "k":
			o.top--
		case "pgdown", "space", "ctrl+d":
			o.top += page
		case "pgup", "ctrl+u":
			o.top -= page
		case "home", "g":
			o.top = 0
		case "end", "G":
			o.top = len(o.wrapped(m))
		}
	case tea.MouseWheelMsg:
		o.top += pane.Notch(msg)
	}
	o.top = max(0, min(o.top, len(o.wrapped(m))-page-1))
	return nil, nil
}

func (o *reader) wrapped(m *Model) []text.Safe {
	var lines []text.Safe
	for _, l := range o.Lines {
		hang := 0 // what follows a number stands clear of it
		if n := strings.IndexFunc(string(l), func(r rune) bool { return r < '0' || r > '9' }); n > 0 && strings.HasPrefix(string(l)[n:], ". ") {
			hang = n + len(". ")
		}
		for i, part := range text.Wrap(l[hang:], min(96, m.w-4)-4-hang) {
			lead := l[:hang]
			if i > 0 {
				lead = text.Safe(text.Spaces(hang))
			}
			lines = append(lines, lead+part)
		}
	}
	return lines
}

func (o *reader) box(m *Model) box {
	lines := o.wrapped(m)
	r := m.centred(96, len(lines)+2)
	var inner []string
	for i := range r.h - 2 {
		var l text.Safe
		if k := o.top + i; k < len(lines) {
			l = lines[k]
		}
		inner = append(inner, m.drawLine([]seg{{text: " " + l}}, r.w-2))
	}
	title := o.Title
	if o.top+len(inner) < len(lines) {
		title += ", j for more"
	}
	return m.frameBox(r, title, inner)
}

func (o *reader) cursor(*Model) (int, int, bool) { return 0, 0, false }
