package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// tabLine names the case and the views. The program's own name gives way first.
func (m *Model) tabLine() []seg {
	name := seg{text: " spoor ", role: themes.Title, ground: themes.Bar}
	var line []seg
	if name.width()+m.tabsWhole() <= m.w {
		line = append(line, name)
	}
	for i, v := range m.views {
		s := seg{text: text.Safe(" " + strconv.Itoa(i+1) + " "), role: themes.Dim, ground: themes.Bar,
			do: func() (pane.Intent, tea.Cmd) { return nil, m.goTo(i) }}
		// Where not all titles fit, the last ones go by their number.
		if i == m.view || widthOf(line)+s.width()+text.Width(v.Title)+1+m.tabsLeast(i+1) <= m.w {
			s.text += v.Title + " "
		}
		if i == m.view {
			s.role, s.ground = themes.Accent, themes.Selected
		}
		line = append(line, s)
	}
	var right []seg
	if room := m.w - widthOf(line) - 2; room > 8 {
		right = []seg{{text: m.endOf(text.CleanLine(m.opt.Name, maxInput), room) + " ", role: themes.Dim, ground: themes.Bar}}
	}
	return m.spread(line, right, themes.Bar)
}

// endOf is the end of a name that does not fit in so many cells: paths differ there.
func (m *Model) endOf(name text.Safe, room int) text.Safe {
	over := text.Width(name) - room
	if over <= 0 {
		return name
	}
	dots := text.Safe(m.look.glyphs.Ellipsis)
	return dots + text.Skip(name, over+text.Width(dots))
}

// tabsWhole is the width of all tabs with their titles.
func (m *Model) tabsWhole() int {
	n := 0
	for _, v := range m.views {
		n += 3 + text.Width(v.Title) + 1
	}
	return n
}

// tabsLeast is the width that the tabs from one on need at least: their numbers,
// and the title of the current one.
func (m *Model) tabsLeast(from int) int {
	n := 0
	for i, v := range m.views[from:] {
		if n += 3; from+i == m.view {
			n += text.Width(v.Title) + 1
		}
	}
	return n
}

// filterLine shows the conditions, each removable by a click on its cross.
func (m *Model) filterLine() []seg {
	filter, _ := m.table.lookup(nil, "/")
	line := []seg{{text: " / ", role: themes.Accent, do: m.runSeg(filter)}}
	l := m.lens()
	g := m.look.glyphs
	for i, c := range l.filter.Chips() {
		role := themes.Text
		if c.Negated {
			role = themes.Denied
		}
		line = append(line,
			seg{text: " " + text.CleanLine(c.Text, 60) + " ", role: role, ground: themes.Resting,
				do: func() (pane.Intent, tea.Cmd) { return nil, m.apply(m.history.now().switchOff(i)) }},
			seg{text: text.Safe(g.Close) + " ", role: themes.Accent, ground: themes.Resting,
				do: func() (pane.Intent, tea.Cmd) { return nil, m.removeChip(i) }},
			seg{text: " "})
	}
	for i, f := range l.off {
		line = append(line,
			seg{text: " off: " + text.CleanLine(f.String(), 40) + " ", role: themes.Dim, ground: themes.Bar,
				do: func() (pane.Intent, tea.Cmd) { return nil, m.apply(m.history.now().switchOn(i)) }},
			seg{text: text.Safe(g.Close) + " ", role: themes.Dim, ground: themes.Bar,
				do: func() (pane.Intent, tea.Cmd) { return nil, m.apply(m.history.now().dropOff(i)) }},
			seg{text: " "})
	}
	if len(line) == 1 {
		line = append(line, seg{text: "no filter: every event is shown", role: themes.Dim, do: m.runSeg(filter)})
	}
	return line
}

func (m *Model) removeChip(i int) tea.Cmd {
	l := m.history.now()
	l.filter = l.filter.Remove(i)
	return m.apply(l)
}

// statusLine shows the time range, the totals and the load.
func (m *Model) statusLine() []seg {
	totals := m.totalsText()
	right := m.loadText()
	room := m.w - text.Width(totals) - widthOf(right) - 4
	when := m.rangeText(room)
	rng, _ := m.table.lookup(nil, "R")
	left := []seg{
		{text: " " + when, role: themes.Text, do: m.runSeg(rng)},
		{text: "  ", role: themes.Dim},
		{text: totals, role: themes.Title},
	}
	return m.spread(left, right, themes.Base)
}

// totalsText is how many events match and how many there are, exactly.
func (m *Model) totalsText() text.Safe {
	dots := m.look.glyphs.Ellipsis
	match, all := dots, dots
	if m.counts.matching >= 0 {
		match = thousands(m.counts.matching)
		if m.counts.partial {
			match = "at least " + match
		}
	}
	if m.counts.known {
		all = thousands(m.counts.totals.Events)
	}
	if m.asked.filter.All() {
		return text.Safe(all + " " + query.Plural(m.counts.totals.Events, "event"))
	}
	return text.Safe(match + " of " + all + " " + query.Plural(m.counts.totals.Events, "event"))
}

// rangeText is the time range in force, in the zone of the screen.
func (m *Model) rangeText(room int) text.Safe {
	s := m.lens().span()
	mark := ""
	if s.open() {
		s = span{m.counts.totals.From, m.counts.totals.To}
	} else {
		mark = "zoomed: "
	}
	zone := m.zoneName()
	if s.open() {
		return text.Safe(zone)
	}
	// The range gives way, the zone never: times without it mean nothing.
	when := text.Safe(mark) + m.between(s, room-len(mark)-len(zone)-1)
	return text.Truncate(when, max(room-len(zone)-1, 0), text.Safe(m.look.glyphs.Ellipsis)) + " " + text.Safe(zone)
}

// between writes a range as short as the room asks for.
func (m *Model) between(s span, room int) text.Safe {
	arrow := " " + m.look.glyphs.Right + " "
	form := func(t time.Time, f string) string {
		if t.IsZero() {
			return m.look.glyphs.Ellipsis
		}
		return t.In(m.zone).Format(f)
	}
	from, to := s.from.In(m.zone), s.to.In(m.zone)
	same := from.Format(time.DateOnly) == to.Format(time.DateOnly)
	for _, f := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "01-02 15:04", "2006-01-02", "01-02"} {
		second := f
		if _, clock, ok := strings.Cut(f, " "); ok && same {
			second = clock
		}
		if out := text.Safe(form(s.from, f) + arrow + form(s.to, second)); text.Width(out) <= room || f == "01-02" {
			return out
		}
	}
	return ""
}

func (m *Model) zoneName() string {
	t := m.counts.totals.To
	if t.IsZero() {
		t = m.now()
	}
	name, offset := t.In(m.zone).Zone()
	if m.zone == time.UTC {
		return "UTC"
	}
	if len(name) > 0 && (name[0] == '+' || name[0] == '-') {
		return "UTC" + name
	}
	return fmt.Sprintf("%s (UTC%+03d:%02d)", name, offset/3600, max(offset, -offset)/60%60)
}

// From these widths on a load is told with its objects, and with its speed.
const (
	roomy = 80
	ample = 140
)

// loadText says how far a load has come.
func (m *Model) loadText() []seg {
	p := m.load.now
	objects := p.Loaded + p.Skipped + p.Failed + p.Already
	var line []seg
	switch {
	case p.Running && p.Waiting:
		line = append(line, seg{role: themes.Accent, text: text.Safe("following " + query.Counted(p.Listed, "object") + " ")})
	case p.Running:
		g := m.look.glyphs
		t := g.Spin[m.load.spin/2%len(g.Spin)] + " loading "
		if !p.Listing && p.Listed > 0 {
			t += fmt.Sprintf("%d%% ", objects*100/p.Listed)
		}
		if m.w >= roomy {
			t += thousands(objects) + "/" + query.Counted(p.Listed, "object") + " "
		}
		if m.w >= ample && p.Rate >= 1 {
			t += thousands(int64(p.Rate)) + " events/s "
		}
		if m.w >= ample && p.Left >= time.Second {
			t += p.Left.Round(time.Second).String() + " left "
		}
		line = append(line, seg{role: themes.Accent, text: text.Safe(t)})
	case m.opt.Progress != nil && p.Listed > 0 && m.w >= twoColumns:
		t := query.Counted(p.Listed, "object") + ": " + thousands(p.Loaded) + " loaded"
		if p.Already > 0 { // some of which an earlier load may have skipped
			t += ", " + thousands(p.Already) + " already there"
		}
		line = append(line, seg{role: themes.Dim, text: text.Safe(t + ", " + thousands(p.Skipped) + " skipped ")})
	}
	if p.Failed > 0 {
		line = append(line, seg{role: themes.Error, text: text.Safe(fmt.Sprintf("%s %s failed ", m.look.glyphs.No, thousands(p.Failed))),
			do: func() (pane.Intent, tea.Cmd) { return pane.GoTo{View: sourcesTitle}, nil }})
	}
	return line
}

// footLine is the notice, or what can be done here.
func (m *Model) footLine() []seg {
	right := m.footRight()
	if m.notice.text != "" {
		role := themes.Accent
		if m.notice.bad {
			role = themes.Error
		}
		return m.spread([]seg{{text: " " + text.Truncate(m.notice.text, max(m.w-widthOf(right)-2, 0), text.Safe(m.look.glyphs.Ellipsis)), role: role, ground: themes.Bar}}, right, themes.Bar)
	}
	line := []seg{{text: " ", ground: themes.Bar}}
	if m.edit != nil {
		for _, h := range []struct{ key, does text.Safe }{{"enter", "keeps it"}, {"tab", "completes"}, {text.Safe(m.look.glyphs.Up + m.look.glyphs.Down), "choose"}, {"esc", "back to what was"}} {
			line = append(line, seg{text: h.key, role: themes.Accent, ground: themes.Bar}, seg{text: " " + h.does + "  ", role: themes.Dim, ground: themes.Bar})
		}
		return m.spread(line, right, themes.Bar)
	}
	if n := len(m.overlays); n > 0 { // what is hinted at below it does not work now
		if o, ok := m.overlays[n-1].(*menu); ok {
			line = append(line, seg{text: text.Truncate(o.about(), max(m.w-widthOf(right)-2, 0), text.Safe(m.look.glyphs.Ellipsis)), role: themes.Dim, ground: themes.Bar})
		}
		return m.spread(line, right, themes.Bar)
	}
	for _, c := range m.hints() {
		hint := []seg{
			{text: text.Safe(m.keyName(c.Keys[0])), role: themes.Accent, ground: themes.Bar, do: m.runSeg(c)},
			{text: " " + c.Title + "  ", role: themes.Dim, ground: themes.Bar, do: m.runSeg(c)},
		}
		if widthOf(line)+widthOf(hint)+widthOf(right) > m.w {
			continue
		}
		line = append(line, hint...)
	}
	return m.spread(append(line, m.tip(m.w-widthOf(line)-widthOf(right)-2)...), right, themes.Bar)
}

// footRight tells what must not be missed: a count being typed, newer events,
// problems.
func (m *Model) footRight() []seg {
	var line []seg
	if m.digits.counting {
		line = append(line, seg{text: text.Safe(strconv.Itoa(m.digits.n)) + " ", role: themes.Title, ground: themes.Bar})
	}
	if n := m.events.Newer(); m.shape.events && n > 0 && m.load.now.Running && m.lens().order == query.Newest {
		line = append(line, seg{text: text.Safe(m.look.glyphs.Up + " " + thousands(n) + " newer "), role: themes.Accent, ground: themes.Bar})
	}
	if n := len(m.notice.problems); n > 0 {
		c, _ := m.table.lookup(nil, "!")
		line = append(line, seg{text: text.Safe("! " + query.Counted(n, "problem") + " "), role: themes.Error, ground: themes.Bar, do: m.runSeg(c)})
	}
	return line
}

// thousands groups the digits of a count: 1,234,567.
func thousands(n int64) string { return query.Number(n) }
