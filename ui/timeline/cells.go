package timeline

import (
	"strconv"
	"strings"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/text"
)

// cellMax bounds what is cleaned of one value.
const cellMax = 400

// narrowBelow is the width from which a line has room for the year and for where
// a change came from.
const narrowBelow = 110

// changeColumns are those of changes. The sentence gets the room; the time, how
// grave it is, and the sentence go last.
func changeColumns(narrow bool) []grid.Column {
	if narrow {
		return []grid.Column{
			{ID: "time", Title: "Time", Width: 14, Min: 14},
			{ID: "severity", Title: "Severity", Width: 11, Min: 11},
			{ID: "actor", Title: "Actor", Width: 14, Min: 10, Priority: 1, Grow: 1},
			{ID: "change", Title: "Change", Width: 60, Min: 30, Grow: 4},
		}
	}
	return []grid.Column{
		{ID: "time", Title: "Time", Width: 19, Min: 19},
		{ID: "severity", Title: "Severity", Width: 11, Min: 11},
		{ID: "actor", Title: "Actor", Width: 20, Min: 14, Priority: 1, Grow: 1},
		{ID: "change", Title: "Change", Width: 60, Min: 52, Grow: 4},
		{ID: "ip", Title: "From", Width: 15, Min: 13, Priority: 2},
		{ID: "account", Title: "Account", Width: 12, Min: 12, Priority: 4},
		{ID: "region", Title: "Region", Width: 12, Min: 9, Priority: 3},
	}
}

// groupTitles head the names of groups.
var groupTitles = map[query.Grouping]text.Safe{query.ByActor: "Actor", query.ByResource: "Resource", query.ByService: "Service", query.ByDay: "Day"}

// groupColumns are those of the list of groups.
func groupColumns(by query.Grouping) []grid.Column {
	return []grid.Column{
		{ID: "name", Title: groupTitles[by], Width: 40, Min: 16, Grow: 3},
		{ID: "count", Title: "Changes", Width: 9, Min: 7, Right: true},
		{ID: "denied", Title: "Denied", Width: 8, Min: 6, Right: true, Priority: 2},
		{ID: "worst", Title: "Gravest", Width: 11, Min: 11},
		{ID: "first", Title: "First", Width: 19, Min: 19, Priority: 3},
		{ID: "last", Title: "Last", Width: 19, Min: 19, Priority: 1},
	}
}

// severityMarks tell how grave a change is beside the word and the colour; the
// blank before low is the theme's dot.
var severityMarks = [...]text.Safe{"  ", "  ", "* ", "! ", "!!"}

var severityRoles = [...]themes.Role{themes.Dim, themes.Text, themes.Warn, themes.Denied, themes.Error}

func severityWord(s uint8) text.Safe { return text.Safe(change.Severity(s).String()) }

// orGraver says a severity and those above it.
func orGraver(s uint8) text.Safe {
	if s >= uint8(change.Critical) {
		return severityWord(s) + " only"
	}
	return severityWord(s) + " and graver"
}

func (v *View) severityCell(s uint8) grid.Cell {
	s = min(s, uint8(change.Critical))
	mark := severityMarks[s]
	if change.Severity(s) == change.Low {
		mark = text.Safe(v.state.Styles.Glyphs.Dot + " ")
	}
	return grid.Cell{Text: mark + " " + severityWord(s), Role: severityRoles[s]}
}

func (v *View) cell(r row, column string) grid.Cell {
	switch {
	case r.change != nil:
		return v.changeCell(r.change, column)
	case r.group != nil:
		return v.groupCell(r.group, column)
	}
	return grid.Cell{}
}

// line draws rows of words.
func (v *View) line(r row, _ int) []grid.Cell {
	if r.change == nil && r.group == nil {
		return append([]grid.Cell{{Text: ""}}, r.words...)
	}
	return nil
}

func (v *View) changeCell(c *query.Change, column string) grid.Cell {
	switch column {
	case "time":
		cell := grid.Cell{Text: v.state.Clock(c.Time)}
		if v.narrow && c.Time != cloudtrail.NoTime {
			cell.Text = cell.Text[len("2006-"):]
		}
		if c.Mark != "" {
			cell.Role = themes.Focus // as in Events
		}
		return cell
	case "severity":
		return v.severityCell(c.Severity)
	case "actor":
		return v.value(c.Actor, themes.Text)
	case "change":
		return v.sentence(c)
	case "ip":
		return v.value(c.SourceIP, themes.Text)
	case "account":
		return v.value(v.state.Accounts.Label(c.Account), themes.Dim)
	case "region":
		return v.value(c.Region, themes.Dim)
	}
	return grid.Cell{}
}

// value is a text of the log; one that a terminal would have obeyed is marked.
func (v *View) value(s string, role themes.Role) grid.Cell {
	if s == "" {
		return grid.Cell{Text: "-", Role: themes.Line}
	}
	t := text.CleanLine(s, cellMax)
	if string(t) != s && len(s) <= cellMax {
		role = themes.Warn
	}
	return grid.Cell{Text: t, Role: role}
}

// sentence is what happened, with what the row stands for.
func (v *View) sentence(c *query.Change) grid.Cell {
	g := v.state.Styles.Glyphs
	cell := v.value(c.Summary, themes.Text)
	if c.Outcome != uint8(cloudtrail.OK) {
		cell.Text = text.Safe(g.No+" ") + cell.Text
		if cell.Role == themes.Text {
			cell.Role = outcomeRole(c.Outcome)
		}
	}
	if c.Fold != nil {
		cell.Text = text.Safe(strconv.Itoa(c.Fold.Count)+"x ") + cell.Text
	}
	if by := noted(c); by != "" {
		cell.Text = "[" + by + "] " + cell.Text
	}
	var notes []string
	if c.Public {
		notes = append(notes, "public")
	}
	if c.NewActor {
		notes = append(notes, "new principal")
	}
	if c.NewAddress {
		notes = append(notes, "new address")
	}
	if c.Via != "" {
		notes = append(notes, "via "+string(text.CleanLine(strings.TrimSuffix(c.Via, ".amazonaws.com"), 40)))
	}
	if c.Made > 0 {
		notes = append(notes, "+"+strconv.Itoa(c.Made)+" by services")
	}
	if first, _, _ := strings.Cut(c.Note, "\n"); first != "" {
		notes = append(notes, "note: "+string(text.CleanLine(first, 60)))
	}
	if len(notes) > 0 {
		cell.Text += text.Safe("  [" + strings.Join(notes, ", ") + "]")
	}
	return cell
}

// noted says which marks and tags analysts put on the event. It comes first: the
// end of a long sentence is cut off.
func noted(c *query.Change) text.Safe {
	var out []string
	if c.Mark != "" {
		out = append(out, string(text.CleanLine(c.Mark, 10)))
	}
	for _, t := range c.Tags {
		out = append(out, "#"+string(text.CleanLine(t, 30)))
	}
	if c.Note != "" && len(out) == 0 {
		out = append(out, "note")
	}
	return text.Safe(strings.Join(out, ", "))
}

func outcomeRole(o uint8) themes.Role {
	return themes.OfOutcome(cloudtrail.Outcome(o).String(), themes.Text)
}

func (v *View) groupCell(g *query.ChangeGroup, column string) grid.Cell {
	switch column {
	case "name":
		if g.Absent {
			return grid.Cell{Text: "none named", Role: themes.Dim}
		}
		return v.value(g.Name, themes.Text)
	case "count":
		return grid.Cell{Text: text.Safe(query.Number(g.Count))}
	case "denied":
		if g.Denied == 0 {
			return grid.Cell{Text: "-", Role: themes.Line}
		}
		return grid.Cell{Text: text.Safe(query.Number(g.Denied)), Role: themes.Denied}
	case "worst":
		return v.severityCell(g.Worst)
	case "first":
		return grid.Cell{Text: v.state.Clock(g.First), Role: themes.Dim}
	case "last":
		return grid.Cell{Text: v.state.Clock(g.Last), Role: themes.Dim}
	}
	return grid.Cell{}
}
