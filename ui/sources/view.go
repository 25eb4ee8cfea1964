package sources

import (
	"fmt"
	"strings"
	"time"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/text"
)

// mapLegend is the number of lines under the map.
const mapLegend = 3

// View implements pane.Pane.
func (v *View) View(focused bool) string {
	s := v.state.Styles
	if s == nil || v.h <= 0 {
		return ""
	}
	if !v.isMap {
		return v.objects.View(s, focused)
	}
	m := v.cells.View(s, focused)
	if v.h <= mapLegend {
		return m
	}
	lines := []string{m}
	for _, l := range v.legend() {
		lines = append(lines, s.Paint(l.Role, string(text.Pad(" "+l.Text, v.w, text.Safe(s.Glyphs.Ellipsis)))))
	}
	return strings.Join(lines, "\n")
}

func (v *View) cell(o object, column string) grid.Cell {
	switch column {
	case "outcome":
		return v.outcomeCell(o.Object)
	case "events":
		return grid.Cell{Text: text.Safe(query.Number(o.Events))}
	case "name":
		return grid.Cell{Text: text.CleanLine(o.Name, 400)}
	case "reason":
		return grid.Cell{Text: reason(o.Object), Role: themes.Dim}
	case "size":
		return grid.Cell{Text: size(o.Stored), Role: themes.Dim}
	}
	return grid.Cell{Text: text.CleanLine(o.Carrier, 40), Role: themes.Dim}
}

// outcomeCell says how an object ended, with a sign and a word.
func (v *View) outcomeCell(o query.Object) grid.Cell {
	g := v.state.Styles.Glyphs
	switch {
	case o.Outcome == "failed":
		return grid.Cell{Text: text.Safe(g.No + " failed"), Role: themes.Error}
	case o.Gone:
		return grid.Cell{Text: "! gone", Role: themes.Warn}
	case o.Digest:
		return grid.Cell{Text: text.Safe(g.Dot + " digest"), Role: themes.Dim}
	case o.Outcome == "skipped":
		return grid.Cell{Text: text.Safe(g.Dot + " skipped"), Role: themes.Dim}
	}
	return grid.Cell{Text: text.Safe(g.Yes+" ") + text.CleanLine(o.Outcome, 10), Role: themes.Good}
}

// reason says why, and what else a reader should know.
func reason(o query.Object) text.Safe {
	var parts []string
	if o.Reason != "" {
		parts = append(parts, o.Reason)
	}
	if o.Duplicates > 0 {
		parts = append(parts, query.Counted(o.Duplicates, "event")+" already known")
	}
	if o.Invalid > 0 {
		parts = append(parts, query.Counted(o.Invalid, "entry")+" can't be read")
	}
	return text.CleanLine(strings.Join(append(parts, o.Notes...), "; "), 400)
}

// hasReason reports whether reason says anything.
func hasReason(o query.Object) bool {
	return o.Reason != "" || o.Duplicates > 0 || o.Invalid > 0 || len(o.Notes) > 0
}

// size writes bytes in at most eight cells.
func size(n int64) text.Safe {
	switch {
	case n < 0:
		return "?"
	case n < 10_000:
		return text.Safe(fmt.Sprintf("%d B", n))
	case n < 10_000_000:
		return text.Safe(fmt.Sprintf("%d kB", n/1000))
	}
	return text.Safe(fmt.Sprintf("%d MB", n/1_000_000))
}

// stepName names the width of a cell.
func (v *View) stepName() text.Safe {
	if v.have && v.cover.Step == time.Hour {
		return "hour"
	}
	return "day"
}

// labelWidth is the width of account and region before the cells.
const labelWidth = 30

// mapLine draws one account and region: a cell for each step, the newest at the
// right; what does not fit is left out at the old end.
func (v *View) mapLine(s series, width int) []grid.Cell {
	account, region := v.state.Accounts.Label(s.Account), s.Region
	if account == "" {
		account = "unknown"
	}
	out := []grid.Cell{{Text: " " + text.Pad(text.Clean(account)+" "+text.Clean(region), labelWidth-2, text.Safe(v.state.Styles.Glyphs.Ellipsis)) + " "}}
	room := max(width-labelWidth, 0)
	cells := s.Cells[max(0, len(s.Cells)-room):]
	for _, c := range cells {
		sign, role := v.sign(c)
		if n := len(out); n > 1 && out[n-1].Role == role {
			out[n-1].Text += sign
			continue
		}
		out = append(out, grid.Cell{Text: sign, Role: role})
	}
	return out
}

// sign draws what is known of one cell; the worst wins.
func (v *View) sign(c query.CoverageCell) (text.Safe, themes.Role) {
	g := v.state.Styles.Glyphs
	switch {
	case c.Failed > 0:
		return text.Safe(g.No), themes.Error
	case c.Proven > 0 && c.Proven >= c.Loaded:
		return text.Safe(g.Bars[8]), themes.Good
	case c.Loaded > 0 || c.Events > 0:
		return text.Safe(g.Bars[4]), themes.Read
	case c.Listed > 0:
		return text.Safe(g.Dot), themes.Warn
	}
	return text.Safe(g.Dot), themes.Line
}

// legend says what the signs mean and what the series under the cursor holds.
func (v *View) legend() [mapLegend]grid.Cell {
	g := v.state.Styles.Glyphs
	out := [mapLegend]grid.Cell{{Role: themes.Dim, Text: text.Safe(fmt.Sprintf("%s proven   %s loaded   %s some failed   %s nothing", g.Bars[8], g.Bars[4], g.No, g.Dot))}}
	if v.have && len(v.cover.Series) > 0 {
		from := v.cover.Start
		to := from.Add(v.cover.Step * time.Duration(len(v.cover.Series[0].Cells)))
		form := time.DateOnly
		if v.cover.Step < 24*time.Hour {
			form = "2006-01-02 15:04"
		}
		out[0].Text += text.Safe("   " + from.In(v.state.Zone).Format(form) + " to " + to.In(v.state.Zone).Format(form))
	}
	if s, ok := v.cells.Current(); ok {
		t := s.Total
		out[1] = grid.Cell{Text: text.Safe(fmt.Sprintf("%s listed, %d loaded, %d skipped, %d failed, %d proven; %s", query.Counted(t.Listed, "object"), t.Loaded, t.Skipped, t.Failed, t.Proven, query.Counted(t.Events, "event")))}
		if s.Stops {
			out[1].Text += "; falls silent before the others"
			out[1].Role = themes.Warn
		}
	}
	if len(v.cover.Blind) > 0 {
		out[2] = grid.Cell{Text: text.Clean(v.cover.Blind[0]), Role: themes.Warn}
	}
	return out
}
