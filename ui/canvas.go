package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A canvas is the terminal as a whole screen draws on it.
type canvas struct {
	w, h int
	look look
}

// look is how things are drawn.
type look struct {
	styles  *themes.Styles
	glyphs  themes.Glyphs
	theme   themes.Theme
	profile colorprofile.Profile
	dark    bool // the terminal's background
	chosen  bool // the reader or the command line chose the theme
	plain   bool // no colour was asked for
}

// newCanvas returns a canvas with a theme, or one by the terminal's background.
func newCanvas(theme *themes.Theme, glyphs themes.Glyphs, p colorprofile.Profile) canvas {
	if glyphs.V == "" {
		glyphs = themes.Unicode()
	}
	c := canvas{look: look{glyphs: glyphs, profile: p, dark: true, plain: colourless(p)}}
	if theme != nil {
		c.look.theme, c.look.chosen = *theme, true
	}
	c.restyle()
	return c
}

// colourless reports whether a terminal is known to have no colours.
func colourless(p colorprofile.Profile) bool {
	return p != colorprofile.Unknown && p <= colorprofile.Ascii
}

// setProfile takes in the colours that the terminal has.
func (c *canvas) setProfile(p colorprofile.Profile) {
	if !c.look.plain {
		c.look.profile = p
		c.restyle()
	}
}

// setBackground takes in whether the terminal's background is dark.
func (c *canvas) setBackground(dark bool) {
	c.look.dark = dark
	c.restyle()
}

// restyle builds the styles anew; only when theme or terminal changed.
func (c *canvas) restyle() {
	t := c.look.theme
	switch {
	case colourless(c.look.profile):
		t = builtin("mono")
	case c.look.chosen:
	case c.look.dark:
		t = builtin("dark")
	default:
		t = builtin("light")
	}
	p := c.look.profile
	if p == colorprofile.Unknown {
		p = colorprofile.TrueColor // the renderer brings colours down by itself
	}
	c.look.theme = t
	c.look.styles = t.Styles(p, c.look.glyphs)
}

// builtin returns an embedded theme; that they all parse is tested.
func builtin(name string) themes.Theme {
	t, err := themes.Builtin(name)
	if err != nil {
		panic(err)
	}
	return t
}

// seg is a piece of one of the frame's own lines. Pieces that do something are
// mouse targets.
type seg struct {
	text   text.Safe
	role   themes.Role
	ground themes.Ground
	do     func() (pane.Intent, tea.Cmd)
}

func (s seg) width() int { return text.Width(s.text) }

func widthOf(line []seg) int {
	n := 0
	for _, s := range line {
		n += s.width()
	}
	return n
}

// spread sets left at the left and right at the right; left gives way.
func (c *canvas) spread(left, right []seg, ground themes.Ground) []seg {
	if len(right) > 0 {
		left = c.cutLine(left, c.w-widthOf(right)-1)
	}
	gap := max(c.w-widthOf(left)-widthOf(right), 0)
	return append(append(left, seg{text: text.Safe(text.Spaces(gap)), ground: ground}), right...)
}

// cutLine cuts a line to w cells.
func (c *canvas) cutLine(line []seg, w int) []seg {
	for i, s := range line {
		if n := s.width(); n > w {
			s.text = text.Truncate(s.text, max(w, 0), text.Safe(c.look.glyphs.Ellipsis))
			return append(line[:i:i], s)
		} else {
			w -= n
		}
	}
	return line
}

// drawLine draws pieces in exactly w cells.
func (c *canvas) drawLine(line []seg, w int) string {
	var b strings.Builder
	for _, s := range line {
		t := text.Truncate(s.text, w, text.Safe(c.look.glyphs.Ellipsis))
		b.WriteString(c.look.styles.On(s.role, s.ground).Render(string(t)))
		if w -= text.Width(t); w <= 0 {
			return b.String()
		}
	}
	b.WriteString(text.Spaces(w))
	return b.String()
}

// drawTooSmall says what size is needed, and the key that ends the program.
func (c *canvas) drawTooSmall(ends text.Safe) []string {
	lines := make([]string, c.h)
	for i := range lines {
		lines[i] = text.Spaces(c.w)
	}
	words := []text.Safe{"spoor needs 60 columns", "and 15 lines", ends + " ends"}
	for i, t := range words {
		if y := c.h/2 - 1 + i; y >= 0 && y < c.h {
			lines[y] = string(text.Pad(text.Safe(text.Spaces((c.w-text.Width(t))/2))+t, c.w, ""))
		}
	}
	return lines
}
