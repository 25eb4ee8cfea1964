package marked

import (
	"strconv"
	"strings"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/text"
)

// cellMax bounds what is cleaned of one value.
const cellMax = 400

// footMost is the number of lines under the list for the note in full, where
// there is room.
const footMost = 8

// foot is the number of lines under the list, the rule included.
func (v *View) foot() int {
	if v.h < 12 {
		return 0
	}
	return min(footMost, v.h/3)
}

// View implements pane.Pane.
func (v *View) View(focused bool) string {
	s := v.state.Styles
	if s == nil || v.h <= 0 {
		return ""
	}
	list := v.grid.View(s, focused)
	if v.foot() == 0 {
		return list
	}
	lines := []string{list, s.Paint(themes.Line, strings.Repeat(s.Glyphs.H, v.w))}
	note := v.noteLines()
	for i := range v.foot() - 1 {
		var l grid.Cell
		if i < len(note) {
			l = note[i]
		}
		lines = append(lines, s.Paint(l.Role, string(text.Pad(" "+l.Text, v.w, text.Safe(s.Glyphs.Ellipsis)))))
	}
	return strings.Join(lines, "\n")
}

// noteLines is the note under the cursor, as it was typed.
func (v *View) noteLines() []grid.Cell {
	n, ok := v.grid.Current()
	if !ok {
		return nil
	}
	if n.Note == "" {
		return []grid.Cell{{Text: "no note; m writes one", Role: themes.Dim}}
	}
	var out []grid.Cell
	for line := range strings.SplitSeq(n.Note, "\n") {
		for _, l := range text.Wrap(text.Clean(line), max(v.w-2, 1)) {
			out = append(out, grid.Cell{Text: l})
		}
	}
	if room := v.foot() - 1; len(out) > room && room > 0 {
		out = append(out[:room-1:room-1], grid.Cell{Text: text.Safe(strconv.Itoa(len(out)-room+1) + " more lines; m n opens the note"), Role: themes.Dim})
	}
	return out
}

func (v *View) cell(n query.Noted, column string) grid.Cell {
	switch column {
	case "mark":
		return v.markCell(n.Mark)
	case "about":
		return grid.Cell{Text: text.Safe(n.About.String()), Role: themes.Dim}
	case "time":
		return grid.Cell{Text: v.state.Clock(n.Time)}
	case "what":
		if n.Events == 0 {
			return grid.Cell{Text: text.CleanLine(n.Title, cellMax) + " (not in this case)", Role: themes.Dim}
		}
		return grid.Cell{Text: text.CleanLine(n.Title, cellMax)}
	case "tags":
		return grid.Cell{Text: text.CleanLine(strings.Join(n.Tags, " "), cellMax), Role: themes.Accent}
	case "note":
		first, more, _ := strings.Cut(n.Note, "\n")
		if more != "" {
			first += " " + v.state.Styles.Glyphs.Ellipsis
		}
		return grid.Cell{Text: text.CleanLine(first, cellMax)}
	case "events":
		return grid.Cell{Text: text.Safe(query.Number(n.Events)), Role: themes.Dim}
	case "changed":
		return grid.Cell{Text: text.Safe(n.Changed.In(v.state.Zone).Format("2006-01-02 15:04")), Role: themes.Dim}
	}
	return grid.Cell{}
}

// markCell says the colour by word and, as far as the theme has it, shows it.
func (v *View) markCell(mark string) grid.Cell {
	if mark == "" {
		return grid.Cell{Text: "-", Role: themes.Line}
	}
	return grid.Cell{Text: text.Safe(v.state.Styles.Glyphs.Mark+" ") + text.CleanLine(mark, 10), Role: themes.OfMark(mark)}
}

// Note says why the list is empty, "" when it is not.
func (v *View) Note() text.Safe {
	switch {
	case v.grid.Len() > 0:
		return ""
	case v.err != nil:
		return text.Clean("cannot read what is noted: " + v.err.Error())
	case v.asks.Out():
		return "looking"
	case !v.state.Filter.All():
		return "nothing marked has an event that matches; u takes the last step back, X clears the filter"
	}
	return "nothing is marked yet: m on an event, a session or a resource does it"
}
