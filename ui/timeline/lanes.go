package timeline

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

const (
	laneMost  = 8  // lanes drawn
	laneName  = 22 // cells of an actor's name
	laneTotal = 9  // cells of the number at the end
	laneFrom  = 22 // height of the view from which there are lanes
)

// lanes is the picture above the list: who was at work when, and how grave.
type lanes struct {
	line  pane.Line
	data  query.Lanes
	stale bool
	shown bool // the reader wants them
	w, h  int  // of the view
	asked int  // buckets asked for

	anchor, head int // the stretch marked, in buckets; anchor -1 is none
}

type lanesMsg struct {
	n     uint64
	lanes query.Lanes
	err   error
}

func (l *lanes) resize(w, h int) {
	if w != l.w {
		l.stale = true
	}
	l.w, l.h = w, h
}

// buckets is how many steps of time fit.
func (l *lanes) buckets() int { return max(l.w-laneName-laneTotal-3, 0) }

// height is how many lines the lanes take: one each, and one that says the times.
func (l *lanes) height() int {
	if !l.shown || l.h < laneFrom || l.buckets() < 16 || len(l.data.Lanes) == 0 {
		return 0
	}
	return min(len(l.data.Lanes), laneMost, l.h/4) + 1
}

func (l *lanes) brushing() bool { return l.anchor >= 0 && len(l.data.Lanes) > 0 }

// marked is the stretch marked, from and to included.
func (l *lanes) marked() (lo, hi int) {
	if !l.brushing() {
		return 1, 0
	}
	return min(l.anchor, l.head), max(l.anchor, l.head)
}

// move moves the end of the stretch by n steps.
func (l *lanes) move(n int) {
	l.head = max(0, min(l.head+n, l.asked-1))
}

// press begins a stretch where the mouse went down.
func (l *lanes) press(x int) {
	if b := x - laneName - 1; b >= 0 && b < l.asked {
		l.anchor, l.head = b, b
	}
}

// drag moves its end with the mouse; false when none was begun.
func (l *lanes) drag(x, _, rows int) bool {
	if !l.brushing() || rows == 0 {
		return false
	}
	l.head = max(0, min(x-laneName-1, l.asked-1))
	return true
}

// span is the stretch marked in time.
func (l *lanes) span() (from, to time.Time) {
	lo, hi := l.marked()
	return l.data.Start.Add(time.Duration(lo) * l.data.Step), l.data.Start.Add(time.Duration(hi+1) * l.data.Step)
}

// fetchLanes asks for the lanes when the question or the width changed.
func (v *View) fetchLanes() tea.Cmd {
	l := &v.lanes
	if !v.started || !l.stale || l.buckets() < 16 || !l.shown {
		return nil
	}
	l.stale = false
	ctx, n := l.line.Next(v.state.Ctx)
	r, req := v.reader, query.LaneRequest{Filter: v.state.Filter, Buckets: l.buckets(), N: laneMost, Least: v.least}
	return func() tea.Msg {
		data, err := r.Lanes(ctx, req)
		return lanesMsg{n, data, err}
	}
}

func (v *View) drawn(m lanesMsg) (pane.Intent, tea.Cmd) {
	if !v.lanes.line.Is(m.n) {
		return nil, nil
	}
	if m.err != nil {
		return pane.Failed("draw the lanes", m.err), nil
	}
	v.lanes.data, v.lanes.asked, v.lanes.anchor = m.lanes, 0, -1
	if len(m.lanes.Lanes) > 0 {
		v.lanes.asked = len(m.lanes.Lanes[0].Counts)
	}
	v.layout()
	return nil, v.fetch()
}

// drawLanes draws n lines.
func (v *View) drawLanes(n int) string {
	lines := make([]string, 0, n)
	for _, lane := range v.lanes.data.Lanes[:n-1] {
		lines = append(lines, v.drawLane(lane))
	}
	return strings.Join(append(lines, v.laneAxis()), "\n")
}

// drawLane draws one lane: a cell a step, as high as its gravest change.
func (v *View) drawLane(lane query.Lane) string {
	s := v.state.Styles
	g := s.Glyphs
	var b strings.Builder
	name := text.Pad(text.CleanLine(lane.Actor, laneName), laneName, text.Safe(g.Ellipsis))
	b.WriteString(s.Paint(themes.Text, string(name)) + s.Paint(themes.Line, g.V))
	lo, hi := v.lanes.marked()
	used := laneName + 1
	for i, n := range lane.Counts[:min(len(lane.Counts), v.lanes.buckets())] { // more while the answer for a new width is on its way
		ground, role, glyph := themes.Base, themes.Line, " "
		if i >= lo && i <= hi {
			ground = themes.Resting
		}
		if n > 0 {
			worst := min(int(lane.Worst[i]), len(severityRoles)-1)
			role, glyph = severityRoles[worst], g.Bars[[...]int{1, 3, 5, 7, 8}[worst]]
		}
		b.WriteString(s.On(role, ground).Render(glyph))
		used++
	}
	b.WriteString(s.Paint(themes.Line, g.V))
	total := text.PadLeft(text.Safe(query.Number(lane.Total)), laneTotal, text.Safe(g.Ellipsis))
	b.WriteString(s.Paint(themes.Dim, string(total)))
	b.WriteString(text.Spaces(v.w - used - 1 - laneTotal))
	return b.String()
}

// laneAxis says which time the lanes show, or the stretch marked.
func (v *View) laneAxis() string {
	l := &v.lanes
	from, to := l.data.Start, l.data.Start.Add(time.Duration(l.asked)*l.data.Step)
	words := "higher is graver"
	if n := l.data.Rest; n > 0 {
		words = query.Number(n) + " more " + query.Plural(n, "actor") + "; " + words
	}
	if l.brushing() {
		from, to = l.span()
		words = "z zooms to this stretch, esc leaves it"
	}
	stamp := func(t time.Time) string { return t.In(v.state.Zone).Format("2006-01-02 15:04") }
	t := text.Safe(text.Spaces(laneName+1) + stamp(from) + " to " + stamp(to) + "  " + words)
	return v.state.Styles.Paint(themes.Dim, string(text.Pad(t, v.w, text.Safe(v.state.Styles.Glyphs.Ellipsis))))
}

// Brushing implements pane.Brush.
func (v *View) Brushing() bool { return v.lanes.brushing() }

// Brush implements pane.Brush: it begins a stretch, or lets it go.
func (v *View) Brush() {
	if v.lanes.brushing() {
		v.lanes.anchor = -1
		return
	}
	v.lanes.anchor = v.lanes.asked / 2
	v.lanes.head = v.lanes.anchor
	if r, ok := v.top().grid.Current(); ok && r.change != nil && v.lanes.data.Step > 0 {
		at := int(time.UnixMicro(r.change.Time).Sub(v.lanes.data.Start) / v.lanes.data.Step)
		v.lanes.anchor = max(0, min(at, v.lanes.asked-1))
		v.lanes.head = v.lanes.anchor
	}
}

// NoBrush implements pane.Brush.
func (v *View) NoBrush() string {
	if v.laneRows() == 0 {
		return "the lanes are not shown"
	}
	return ""
}

// Zoom implements pane.Brush: the stretch becomes the time range.
func (v *View) Zoom() (pane.Intent, tea.Cmd) {
	if !v.lanes.brushing() {
		return pane.Say{Text: "mark a stretch first: v, or drag the mouse over the lanes"}, nil
	}
	from, to := v.lanes.span()
	v.lanes.anchor = -1
	return pane.Span{From: from, To: to}, nil
}
