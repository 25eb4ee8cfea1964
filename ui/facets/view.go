package facets

import (
	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/text"
)

// signWidth is the width of the tick before a value.
const signWidth = 2

// View implements pane.Pane.
func (v *View) View(focused bool) string {
	if v.state.Styles == nil {
		return ""
	}
	return v.grid.View(v.state.Styles, focused)
}

// draw draws one line of the panel.
func (v *View) draw(l line, width int) []grid.Cell {
	switch l.kind {
	case heading:
		return v.heading(l, width)
	case more:
		t := text.Safe("   fewer")
		if !v.opened[l.field] {
			t = text.Safe("   " + query.Number(l.facet.Distinct-int64(len(l.facet.Values))) + " more")
		}
		return []grid.Cell{{Text: t, Role: themes.Accent}}
	}
	return v.valueLine(l, width)
}

func (v *View) heading(l line, width int) []grid.Cell {
	g := v.state.Styles.Glyphs
	fold := g.Open
	if v.folded[l.field] {
		fold = g.Closed
	}
	title := text.CleanLine(l.field, 40)
	if f, ok := query.Lookup(l.field); ok {
		title = text.Safe(f.Title)
	}
	_, known := v.facets[l.field]
	count := text.Safe(g.Ellipsis)
	if known {
		count = text.Safe(query.Number(l.facet.Distinct))
	}
	room := max(width-text.Width(count)-1, 0)
	return []grid.Cell{
		{Text: text.Pad(text.Safe(fold)+" "+title, room, text.Safe(g.Ellipsis)), Role: themes.Title},
		{Text: " " + count, Role: themes.Dim},
	}
}

func (v *View) valueLine(l line, width int) []grid.Cell {
	s := v.state.Styles
	in, out := v.picks[l.field].of(l.value.Value)
	sign, role := " ", themes.Text
	switch {
	case in:
		sign, role = s.Glyphs.Yes, themes.Good
	case out:
		sign, role = s.Glyphs.No, themes.Denied
	}
	count := text.Safe(s.Glyphs.Ellipsis)
	if l.value.Count >= 0 {
		count = text.Safe(query.Number(l.value.Count))
	}
	cw := max(text.Width(count), 6)
	name := text.Safe("(none)")
	nameRole := themes.Literal
	if !l.value.Value.Null {
		name, nameRole = text.CleanLine(v.label(l), width), valueRole(l.field, l.value.Value.Text)
		if t := v.label(l); len(t) <= width && string(name) != t {
			nameRole = themes.Warn
		}
	}
	if v.stale || l.value.Count < 0 {
		nameRole = themes.Dim
	}
	if role != themes.Text {
		nameRole = role
	}
	room := max(width-signWidth-cw-1, 1)
	return []grid.Cell{
		{Text: text.Safe(" " + sign), Role: role},
		{Text: " " + text.Pad(name, room-1, text.Safe(s.Glyphs.Ellipsis)), Role: nameRole},
		{Text: " " + text.PadLeft(count, cw, ""), Role: themes.Dim},
	}
}

// label is a value as people read it: an account by its name.
func (v *View) label(l line) string {
	if l.field == "account" || l.field == "caller" {
		return v.state.Accounts.Full(l.value.Value.Text)
	}
	return l.value.Value.Text
}

// valueRole colours the values that have a meaning of their own.
func valueRole(field, v string) themes.Role {
	if field != "outcome" {
		return themes.Text
	}
	return themes.OfOutcome(v, themes.Text) // what went well is quiet
}
