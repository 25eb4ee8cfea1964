package themes

import (
	"image/color"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// A Style is ready escape sequences: switching it on, and off again.
type Style struct{ on, off string }

// Render returns s in the style. Styles do not nest: render pieces apart and
// join them.
func (st Style) Render(s string) string {
	if st.on == "" || s == "" {
		return s
	}
	return st.on + s + st.off
}

// Styles is a theme made ready for one terminal. It is built when the theme or
// the terminal's colours change, never while drawing.
type Styles struct {
	Theme  Theme
	Glyphs Glyphs
	table  [roles][grounds]Style
	p      colorprofile.Profile
	stack  [roles]Style
}

// Styles builds the theme for a colour profile. Terminals without colour get
// attributes only.
func (t Theme) Styles(p colorprofile.Profile, g Glyphs) *Styles {
	s := &Styles{Theme: t, Glyphs: g, p: p}
	for r := range roles {
		for gr := range grounds {
			s.table[r][gr] = styleOf(t.Roles[r], t.Grounds[gr], gr, p, false)
		}
		s.stack[r] = stacked(t.Roles[r], t.Roles[Volume], p)
	}
	return s
}

// On returns the style of a role on a ground.
func (s *Styles) On(r Role, g Ground) Style { return s.table[r][g] }

// Stack returns the style of a cell of a bar chart whose lower part, a block of
// eighths, is in the role's colour, and whose rest is in that of
// Volume. ok is false where there is no colour to tell them apart by.
func (s *Styles) Stack(r Role) (st Style, ok bool) { return s.stack[r], s.stack[r].on != "" }

// Paint renders text in a role on the base ground.
func (s *Styles) Paint(r Role, t string) string { return s.table[r][Base].Render(t) }

// Sample returns text as it looks on a screen of the theme, for where the screen
// is not the theme's: its background is painted, too.
func (s *Styles) Sample(r Role, g Ground, t string) string {
	return styleOf(s.Theme.Roles[r], s.Theme.Grounds[g], g, s.p, !s.Theme.Own).Render(t)
}

// Background is the colour the theme was made for, nil for the terminal's own.
func (s *Styles) Background() color.Color { return s.Theme.screen(s.Theme.Grounds[Base]) }

// Foreground is the colour of ordinary text, nil for the terminal's own.
func (s *Styles) Foreground() color.Color { return s.Theme.screen(s.Theme.Roles[Text]) }

func (t Theme) screen(tone Tone) color.Color {
	c, ok := rgb(tone.Hex)
	if t.Own || !ok {
		return nil
	}
	return c
}

// made keeps what Lip Gloss puts before and after a text in a style: a frame has a
// thousand pieces, each of which it would work out anew.
func made(st lipgloss.Style) Style {
	on, off, _ := strings.Cut(st.Render("x"), "x")
	return Style{on, off}
}

// styleOf is the look of a role on a ground. The screen itself is painted only
// where base says so: the terminal was given that colour.
func styleOf(role, ground Tone, g Ground, p colorprofile.Profile, base bool) Style {
	st := lipgloss.NewStyle().Bold(role.Bold || ground.Bold).Italic(role.Italic).
		Underline(role.Underline || ground.Underline).Reverse(role.Reverse != ground.Reverse)
	if c := pick(role, p, *ground.Ink, g); c != nil {
		st = st.Foreground(c)
	}
	if c := pick(ground, p, -1, g); c != nil && (g != Base || base) {
		st = st.Background(c)
	}
	return made(st)
}

// stacked is one colour above another.
func stacked(low, high Tone, p colorprofile.Profile) Style {
	fg, bg := pick(low, p, -1, Base), pick(high, p, -1, Base)
	if fg == nil || bg == nil {
		return Style{}
	}
	return made(lipgloss.NewStyle().Foreground(fg).Background(bg))
}

// pick chooses the colour of a tone that the terminal can show, nil for its own.
func pick(t Tone, p colorprofile.Profile, ink int, g Ground) color.Color {
	switch {
	case p <= colorprofile.Ascii:
		return nil
	case p == colorprofile.ANSI || t.Hex == "":
		n := *t.ANSI
		if ink >= 0 && g != Base {
			n = ink
		}
		if n < 0 {
			return nil
		}
		return lipgloss.Color(strconv.Itoa(n))
	}
	c, ok := rgb(t.Hex)
	if !ok {
		return nil
	}
	return c
}
