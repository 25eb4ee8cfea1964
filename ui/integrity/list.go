package integrity

import (
	"strconv"
	"strings"

	"spoor/loader/digest"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/text"
)

// A row is a line of the list: a problem's heading, or an object or finding that
// has it. The index of what it isn't is -1.
type row struct {
	key                      int64
	problem, object, finding int
}

// foldAbove is how many lines a problem may have before it starts folded.
const foldAbove = 50

// name identifies a problem from one report to the next.
func name(p digest.Problem) string {
	return string(p.Reason) + " " + p.Verdict.String() + " " + p.Kind.String()
}

func (v *View) closed(p digest.Problem) bool {
	if folded, set := v.folded[name(p)]; set {
		return folded
	}
	return p.Len() > foldAbove
}

// rows rebuilds the list. Keys number problems, objects and findings apart.
func (v *View) rows() {
	var rows []row
	for i, p := range v.problems {
		rows = append(rows, row{key: int64(i) * 3, problem: i, object: -1, finding: -1})
		if v.closed(p) {
			continue
		}
		for _, o := range p.Objects {
			rows = append(rows, row{key: int64(o)*3 + 1, problem: i, object: o, finding: -1})
		}
		for _, f := range p.Findings {
			rows = append(rows, row{key: int64(f)*3 + 2, problem: i, object: -1, finding: f})
		}
	}
	v.grid.Set(rows)
}

// draw draws one line of the list.
func (v *View) draw(r row, width int) []grid.Cell {
	p := v.problems[r.problem]
	if r.object < 0 && r.finding < 0 {
		return v.heading(p, width)
	}
	full, detail := v.words(r)
	tail := text.Safe(v.state.Styles.Glyphs.Ellipsis)
	label := text.CleanLine(shortName(full), width)
	room := max(width-4, 0)
	w := min(max(text.Width(label), room/3), room/2)
	if text.Width(label) > w && len(detail) == 0 {
		w = room
	}
	return []grid.Cell{
		{Text: "    ", Role: themes.Text},
		{Text: text.Pad(label, w, tail), Role: themes.Text},
		{Text: "  ", Role: themes.Text},
		{Text: text.CleanLine(detail, max(room-w-2, 0)), Role: themes.Dim},
	}
}

// words are the name and detail of an object or finding.
func (v *View) words(r row) (name, detail string) {
	if r.object >= 0 {
		o := v.report.Objects[r.object]
		return o.Name, o.Detail
	}
	f := v.report.Findings[r.finding]
	detail = f.Detail
	if r.finding < len(v.causes) && len(v.causes[r.finding]) > 0 {
		c := v.causes[r.finding][0]
		detail = "after " + c.Event + " by " + c.Actor + ": " + detail
	}
	return f.Object, detail
}

// shortName says what an object is, in the order in which people look for it. Of
// names that CloudTrail did not write only the file is left.
func shortName(s string) string {
	if n, ok := digest.ParseName(s); ok && !n.Time.IsZero() {
		kind := "log"
		if n.Digest {
			kind = "digest " + n.Trail
		}
		return n.Region + " " + n.Time.Format("2006-01-02 15:04Z") + " " + kind + " " + n.Account
	}
	return s[strings.LastIndexByte(s[:max(len(s)-1, 0)], '/')+1:]
}

func (v *View) heading(p digest.Problem, width int) []grid.Cell {
	g := v.state.Styles.Glyphs
	fold := g.Open
	if v.closed(p) {
		fold = g.Closed
	}
	role := themes.Denied
	if !p.Weakens {
		role = themes.Dim
	}
	unit := "time"
	if p.Kind != 0 {
		unit = p.Kind.String()
	}
	if p.Len() != 1 {
		unit += "s"
	}
	count := text.Safe("  " + strconv.Itoa(p.Len()) + " " + unit + "  ")
	title := text.Safe(fold + " " + p.Title)
	return []grid.Cell{
		{Text: title, Role: role},
		{Text: count, Role: themes.Title},
		{Text: text.Truncate(text.Safe(p.Means), max(width-text.Width(title)-text.Width(count), 0), text.Safe(g.Ellipsis)), Role: themes.Dim},
	}
}
