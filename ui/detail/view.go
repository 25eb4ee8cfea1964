package detail

import (
	"strconv"
	"strings"

	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/text"
)

// maxLines bounds how much of one value is laid out; the rest is said to be
// there and can be copied.
const maxLines = 2000

// View implements pane.Pane.
func (v *View) View(focused bool) string {
	s := v.state.Styles
	if s == nil {
		return ""
	}
	return v.grid.View(s, focused)
}

// Note says why there is nothing to see, "" when there is.
func (v *View) Note() text.Safe {
	switch {
	case v.have:
		return ""
	case v.err != nil:
		return text.Clean("cannot read the event: " + v.err.Error())
	case v.line.Out():
		return "reading"
	}
	return "no event chosen"
}

const keyWidth = 16 // of facts: wide enough for every title

// indent is how far in a node's text begins.
func indent(n node) int { return 2 * max(n.depth-1, 0) }

// labelOf is what stands before a node's value.
func labelOf(n node) text.Safe {
	switch {
	case n.kind == section:
		return text.Safe(n.key)
	case n.kind == fact:
		return text.Pad(text.Clean(n.key), keyWidth, "") + " "
	case n.item >= 0:
		return text.Safe("[" + strconv.Itoa(n.item) + "] ")
	}
	key := text.CleanLine(n.key, 80)
	return key + text.Safe(text.Spaces(max(n.pad-text.Width(key), 0))) + "  "
}

// wrap breaks a node's value into lines that fit beside its label.
func (v *View) wrap(n node) []text.Safe {
	if n.kind == object || n.kind == array || n.kind == section {
		return []text.Safe{text.CleanLine(n.text, 200)}
	}
	room := v.w - 1 - 3 - indent(n) - text.Width(labelOf(n))
	if room < 12 {
		room = max(v.w-1-3-indent(n)-4, 12)
	}
	if n.shown != "" {
		return text.Wrap(text.Clean(n.shown), room)
	}
	limit := maxLines * room
	if len(n.text) > 4*limit {
		return append(text.Wrap(text.Clean(n.text[:4*limit]), room), "and more: copy it to see the rest")
	}
	return text.Wrap(text.Clean(n.text), room)
}

// draw draws one line.
func (v *View) draw(l line, width int) []grid.Cell {
	if l.node >= len(v.nodes) {
		return []grid.Cell{{Text: ""}}
	}
	n, s := v.nodes[l.node], v.state.Styles
	fold := "  "
	if v.folds(l.node) {
		if fold = s.Glyphs.Open + " "; v.folded[v.place(l.node)] {
			fold = s.Glyphs.Closed + " "
		}
	}
	label := labelOf(n)
	if l.part > 0 {
		w := min(indent(n)+2+text.Width(label), max(width-12, 0))
		return append([]grid.Cell{{Text: text.Safe(text.Spaces(w))}}, v.value(n, l.text)...)
	}
	role := themes.Key
	switch n.kind {
	case section:
		role = themes.Title
	case fact:
		role = themes.Dim
	}
	if n.item >= 0 {
		role = themes.Dim
	}
	cells := []grid.Cell{
		{Text: text.Safe(text.Spaces(indent(n)) + fold), Role: themes.Dim},
		{Text: label, Role: role},
	}
	return append(cells, v.value(n, l.text)...)
}

// value draws a value, or how much there is inside.
func (v *View) value(n node, t text.Safe) []grid.Cell {
	switch n.kind {
	case section:
		return []grid.Cell{{Text: "  " + t, Role: themes.Warn}}
	case object, array:
		return []grid.Cell{{Text: text.Safe(amount(n)), Role: themes.Dim}}
	case str:
		if n.size > 0 && n.end > 1 && v.isOpen(n) {
			return []grid.Cell{{Text: t, Role: themes.Dim}}
		}
		return v.found(t, v.roleOf(n, themes.String))
	case number:
		return v.found(t, themes.Number)
	case literal:
		return v.found(t, themes.Literal)
	}
	return v.found(t, v.roleOf(n, factRole(n)))
}

// isOpen reports whether a string that holds JSON is unfolded below.
func (v *View) isOpen(n node) bool { return !v.folded[n.place] }

// roleOf is the role of a text, unless it held what a terminal would obey.
func (v *View) roleOf(n node, usual themes.Role) themes.Role {
	if len(n.text) < 1<<16 && string(text.Clean(n.text)) != n.text {
		return themes.Warn
	}
	return usual
}

func factRole(n node) themes.Role {
	switch n.field {
	case "outcome":
		return themes.OfOutcome(n.text, themes.OK)
	case "error", "message":
		return themes.Error
	case "actor", "event":
		return themes.Title
	}
	return themes.Text
}

func amount(n node) string {
	if n.size == 0 {
		return "empty"
	}
	what := "member"
	if n.kind == array {
		what = "item"
	}
	if n.size > 1 {
		what += "s"
	}
	return strconv.Itoa(n.size) + " " + what
}

// found sets apart what is searched for.
func (v *View) found(t text.Safe, role themes.Role) []grid.Cell {
	if v.find == "" {
		return []grid.Cell{{Text: t, Role: role}}
	}
	var cells []grid.Cell
	low, want := strings.ToLower(string(t)), strings.ToLower(string(text.Clean(v.find)))
	if len(low) != len(t) { // folding moved bytes: no places to mark
		return []grid.Cell{{Text: t, Role: role}}
	}
	for {
		i := strings.Index(low, want)
		if i < 0 || want == "" {
			return append(cells, grid.Cell{Text: t, Role: role})
		}
		cells = append(cells, grid.Cell{Text: t[:i], Role: role}, grid.Cell{Text: t[i : i+len(want)], Role: themes.Match})
		t, low = t[i+len(want):], low[i+len(want):]
	}
}
