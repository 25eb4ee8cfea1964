package sessions

import (
	"fmt"
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/text"
)

// cellMax bounds what is cleaned of one value.
const cellMax = 200

var columns = []grid.Column{
	{ID: "root", Title: "Root actor", Width: 22, Min: 12, Grow: 2},
	{ID: "start", Title: "Start", Width: 19, Min: 19},
	{ID: "lasted", Title: "Lasted", Width: 7, Min: 6, Right: true, Priority: 5},
	{ID: "actor", Title: "As", Width: 24, Min: 10, Priority: 4, Grow: 2},
	{ID: "kind", Title: "How", Width: 13, Min: 13, Priority: 8},
	{ID: "events", Title: "Events", Width: 11, Min: 8, Right: true},
	{ID: "writes", Title: "Writes", Width: 6, Min: 6, Right: true, Priority: 6},
	{ID: "denied", Title: "Denied", Width: 6, Min: 6, Right: true, Priority: 2},
	{ID: "from", Title: "From", Width: 18, Min: 13, Priority: 7},
	{ID: "signs", Title: "Signs", Width: 20, Min: 8, Priority: 1, Grow: 1},
	{ID: "lane", Title: "Over the case", Width: laneWidth, Min: laneWidth, Priority: 3},
}

func (v *View) cell(i *item, column string) grid.Cell {
	s := &i.s
	switch column {
	case "root":
		return v.rootCell(i)
	case "start":
		return grid.Cell{Text: v.state.Clock(s.Start)}
	case "lasted":
		return grid.Cell{Text: lasted(s.Start, s.End), Role: themes.Dim}
	case "actor":
		if s.Actor == s.RootActor {
			return grid.Cell{Text: "itself", Role: themes.Dim}
		}
		return grid.Cell{Text: text.CleanLine(s.Actor, cellMax)}
	case "kind":
		return grid.Cell{Text: text.CleanLine(s.Kind, cellMax), Role: themes.Dim}
	case "events":
		if s.Matched < s.Events {
			return grid.Cell{Text: text.Safe(short(s.Matched) + "/" + short(s.Events))}
		}
		return grid.Cell{Text: number(s.Events)}
	case "writes":
		return count(s.Writes, themes.Write)
	case "denied":
		return count(s.Denied, themes.Denied)
	case "from":
		return grid.Cell{Text: text.CleanLine(from(s), cellMax)}
	case "signs":
		return v.signsCell(s)
	case "lane":
		return grid.Cell{Text: i.lane, Role: laneRole(s)}
	}
	return grid.Cell{}
}

// rootCell names the root actor once for all of its sessions in a row.
func (v *View) rootCell(i *item) grid.Cell {
	c := grid.Cell{Text: text.CleanLine(i.s.RootActor, cellMax), Role: themes.Title}
	switch {
	case i.same && v.order == query.SessionsByUser:
		c.Role = themes.Dim
	case cloudtrail.Kind(i.s.ActorKind) == cloudtrail.KindRoot:
		c.Text, c.Role = "! "+c.Text, themes.Root
	case i.s.Confidence == "unknown":
		c.Text = "? " + c.Text
	}
	return c
}

func count(n int64, role themes.Role) grid.Cell {
	if n == 0 {
		return grid.Cell{Text: "-", Role: themes.Line}
	}
	return grid.Cell{Text: number(n), Role: role}
}

func laneRole(s *query.Session) themes.Role {
	switch {
	case s.Denied > 0:
		return themes.Denied
	case s.Writes > 0:
		return themes.Write
	}
	return themes.Read
}

// lane draws a session over time. What stands out most in a step is shown:
// denied, failed, writing, reading.
func lane(g themes.Glyphs, l query.SessionLane) text.Safe {
	var b strings.Builder
	for i := range l.Reads {
		switch {
		case l.Denied[i] > 0:
			b.WriteString(g.No)
		case l.Errors[i] > 0:
			b.WriteString("!")
		case l.Writes[i] > 0:
			b.WriteString(g.Mark)
		case l.Reads[i] > 0:
			b.WriteString(g.Dot)
		default:
			b.WriteByte(' ')
		}
	}
	return text.Safe(b.String())
}

// lasted writes a length of time in its two largest units.
func lasted(start, end int64) text.Safe {
	if start == cloudtrail.NoTime {
		return ""
	}
	s := (end - start) / 1_000_000
	switch {
	case s < 60:
		return text.Safe(fmt.Sprintf("%ds", s))
	case s < 3600:
		return text.Safe(fmt.Sprintf("%dm%02ds", s/60, s%60))
	case s < 86400:
		return text.Safe(fmt.Sprintf("%dh%02dm", s/3600, s/60%60))
	}
	return text.Safe(fmt.Sprintf("%dd%02dh", s/86400, s/3600%24))
}

// number writes n with commas.
func number(n int64) text.Safe { return text.Safe(query.Number(n)) }

// short writes a large number to three digits.
func short(n int64) string {
	switch {
	case n >= 1_000_000:
		return fmt.Sprintf("%.3gM", float64(n)/1e6)
	case n >= 10_000:
		return fmt.Sprintf("%.3gk", float64(n)/1e3)
	}
	return query.Number(n)
}

// address is where a session came from, rather than the name of a service.
func address(s *query.Session) string {
	if len(s.SourceIPs) == 0 {
		return ""
	}
	return s.SourceIPs[max(slices.IndexFunc(s.SourceIPs, func(ip string) bool { _, ok := cloudtrail.ParseIP(ip); return ok }), 0)]
}

// from names an address and how many more there are.
func from(s *query.Session) string {
	if n := len(s.SourceIPs); n > 1 {
		return fmt.Sprintf("%s +%d", address(s), n-1)
	}
	return address(s)
}

// signsCell is what analysts noted of a session, then its signs of risk.
func (v *View) signsCell(s *query.Session) grid.Cell {
	c := grid.Cell{Text: text.CleanLine(strings.Join(s.Signs(), ", "), cellMax), Role: themes.Warn}
	if noted := notes(s); noted != "" {
		c.Text, c.Role = text.CleanLine(noted+"  "+string(c.Text), cellMax), themes.Focus
	}
	return c
}

// notes is what analysts noted of a session in a line: the mark, the tags, and
// how the note begins.
func notes(s *query.Session) string {
	var out []string
	if s.Mark != "" {
		out = append(out, "marked "+s.Mark)
	}
	for _, t := range s.Tags {
		out = append(out, "#"+t)
	}
	if first, _, _ := strings.Cut(s.Note, "\n"); first != "" {
		out = append(out, "note: "+first)
	}
	return strings.Join(out, " ")
}
