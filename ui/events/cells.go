package events

import (
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/text"
)

// cellMax bounds what is cleaned of one value; wider cells than this are read
// in the detail.
const cellMax = 240

// Usual are the columns shown at first.
func Usual() []string {
	return []string{"time", "outcome", "actor", "event", "service", "resource", "region", "ip", "account", "error", "agent"}
}

// needed are asked for with every page, shown or not: they colour other cells,
// and say which resource a row is about.
var needed = []string{"outcome", "readonly", "type", "actor", "mark", "note", "tag", "resource", "resourcetype", "account"}

// shape says how the usual columns share the width. The time and the call go last.
var shape = map[string]grid.Column{
	"time":     {Width: 19, Min: 19},
	"outcome":  {Width: 11, Min: 8, Priority: 1},
	"actor":    {Width: 26, Min: 14, Priority: 1, Grow: 2},
	"event":    {Width: 28, Min: 19, Grow: 2},
	"service":  {Width: 12, Min: 8, Priority: 4},
	"resource": {Width: 24, Min: 14, Priority: 3, Grow: 2},
	"region":   {Width: 12, Min: 9, Priority: 5},
	"ip":       {Width: 15, Min: 13, Priority: 2},
	"account":  {Width: 12, Min: 12, Priority: 6},
	"error":    {Width: 20, Min: 12, Priority: 7, Grow: 1},
	"agent":    {Width: 20, Min: 10, Priority: 8, Grow: 1},
}

// usually reports whether the usual columns are shown, or some of them: then what
// matters least goes first where room is short. An order of the reader's own is cut
// at its end.
func usually(ids []string) bool {
	at := 0
	for _, id := range ids {
		i := slices.Index(Usual()[at:], id)
		if i < 0 {
			return false
		}
		at += i + 1
	}
	return true
}

// SetColumns chooses what is shown, in order: field names or dotted paths; none
// brings the usual ones back. Widths that the reader chose stay.
func (v *View) SetColumns(ids []string) {
	if len(ids) == 0 {
		ids = Usual()
	}
	var columns []grid.Column
	own := !usually(ids)
	for i, id := range ids {
		c, ok := shape[id]
		var title text.Safe
		if f, known := query.Lookup(id); known {
			title = text.Safe(f.Title)
			if !ok {
				c = grid.Column{Width: f.Width, Min: min(f.Width, 12), Priority: 9 + i}
			}
		} else { // paths differ at their end
			title = text.CleanLine(id[strings.LastIndexByte(id, '.')+1:], 40)
			c = grid.Column{Width: 24, Min: 12, Priority: 9 + i, Grow: 1}
		}
		if own && c.Priority > 0 {
			c.Priority = i + 1
		}
		c.ID, c.Title = id, title
		columns = append(columns, c)
	}
	widths := v.grid.Widths()
	v.grid.SetColumns(columns)
	v.grid.SetWidths(widths)
	v.ask(ids)
}

// AddColumn shows one more column where the reader looks: right of the current one,
// and before anyone went there right of the call.
func (v *View) AddColumn(id string) {
	ids := v.Columns()
	at := slices.Index(ids, v.grid.Column())
	if call := slices.Index(ids, "event"); at <= 0 && call >= 0 {
		at = call
	}
	v.SetColumns(slices.Insert(ids, at+1, id))
}

// Widths returns the widths of columns that the reader chose.
func (v *View) Widths() map[string]int { return v.grid.Widths() }

// SetWidths gives columns the widths that a reader chose.
func (v *View) SetWidths(chosen map[string]int) { v.grid.SetWidths(chosen) }

// Columns returns what is shown, in order.
func (v *View) Columns() []string {
	var ids []string
	for _, c := range v.grid.Columns() {
		ids = append(ids, c.ID)
	}
	return ids
}

// Chosen are the columns if the reader chose other ones than usual, else nil.
func (v *View) Chosen() []string {
	if ids := v.Columns(); !slices.Equal(ids, Usual()) {
		return ids
	}
	return nil
}

// ask sets what pages hold, and asks for them again when something is new.
func (v *View) ask(ids []string) {
	columns := slices.Clone(ids)
	for _, id := range needed {
		if !slices.Contains(columns, id) {
			columns = append(columns, id)
		}
	}
	if slices.Equal(columns, v.columns) {
		return
	}
	v.columns, v.index = columns, make(map[string]int, len(columns))
	for i, id := range columns {
		v.index[id] = i
	}
	v.pages.Stop()
	v.grid.Set(nil) // the rows held lack the new columns
	v.grid.Restart()
}

// value is what a row says for a column; null when it was not asked for.
func (v *View) value(r query.Row, column string) query.Value {
	if i, ok := v.index[column]; ok && i < len(r.Values) {
		return r.Values[i]
	}
	return query.Value{Null: true}
}

func (v *View) cell(r query.Row, column string) grid.Cell {
	if column == "time" {
		return v.timeCell(r)
	}
	val := v.value(r, column)
	if val.Null {
		return grid.Cell{Text: "-", Role: themes.Line}
	}
	c := grid.Cell{Text: text.CleanLine(val.Text, cellMax)}
	switch column {
	case "outcome":
		return v.outcomeCell(val.Text)
	case "actor":
		if v.value(r, "type").Text == "Root" {
			c.Text, c.Role = "! "+c.Text, themes.Root
		}
	case "event":
		if c.Role = themes.Read; v.value(r, "readonly").Text == "false" {
			c.Role = themes.Write
		}
		if sign := v.markSign(r); sign != "" {
			return grid.Cell{Text: sign + " " + c.Text, Role: c.Role}
		}
	case "service":
		c.Text = text.CleanLine(strings.TrimSuffix(val.Text, ".amazonaws.com"), cellMax)
	case "error":
		c.Role = themes.OfOutcome(v.value(r, "outcome").Text, themes.Dim)
	case "account", "caller":
		c.Text, c.Role = text.CleanLine(v.state.Accounts.Label(val.Text), cellMax), themes.Dim
	case "agent", "region":
		c.Role = themes.Dim
	}
	if marked := text.CleanLine(val.Text, cellMax); val.Text != string(marked) && len(val.Text) <= cellMax {
		c.Role = themes.Warn // the log held something a terminal would have obeyed
	}
	return c
}

func (v *View) timeCell(r query.Row) grid.Cell {
	t := v.state.Clock(r.Time)
	switch {
	case r.Time == cloudtrail.NoTime:
		return grid.Cell{Text: t, Role: themes.Dim}
	case v.markSign(r) == "":
		return grid.Cell{Text: t}
	}
	first, _, _ := strings.Cut(v.value(r, "mark").Text, ",")
	return grid.Cell{Text: t, Role: themes.OfMark(first)}
}

// markSign says by a word that something is noted about an event: the colours
// of its marks, else that there is a note or a tag.
func (v *View) markSign(r query.Row) text.Safe {
	g := v.state.Styles.Glyphs
	switch {
	case !v.value(r, "mark").Null:
		return text.Safe(g.Mark) + text.CleanLine(v.value(r, "mark").Text, 40)
	case !v.value(r, "note").Null, !v.value(r, "tag").Null:
		return text.Safe(g.Mark) + "noted"
	}
	return ""
}

// outcomeCell says the outcome with a sign and a word, never by colour alone.
func (v *View) outcomeCell(outcome string) grid.Cell {
	g := v.state.Styles.Glyphs
	sign := map[string]string{"ok": g.Dot, "denied": g.No, "throttled": "~", "error": "!"}[outcome]
	if sign == "" {
		return grid.Cell{Text: text.CleanLine(outcome, cellMax), Role: themes.Warn}
	}
	return grid.Cell{Text: text.Safe(sign + " " + outcome), Role: themes.OfOutcome(outcome, themes.Dim)} // what went well is quiet
}
