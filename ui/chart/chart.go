package chart

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Counter answers what the chart asks. *store.DB is one.
type Counter interface {
	Histogram(context.Context, query.HistogramRequest) (query.Histogram, error)
}

// A View is the histogram pane.
type View struct {
	counter Counter
	state   pane.State
	w, h    int
	hist    query.Histogram
	buckets []bucket
	top     int64 // the tallest
	have    bool
	stale   bool
	again   bool // the case grew while a question was out
	asked   uint64
	data    uint64
	wanted  int // buckets last asked for
	started bool
	line    pane.Line

	cur, anchor int // buckets; anchor is -1 when nothing is brushed
}

// New returns a histogram.
func New(c Counter) *View { return &View{counter: c, anchor: -1} }

type histMsg struct {
	n    uint64
	hist query.Histogram
	err  error
}

// Title implements pane.Pane.
func (v *View) Title() text.Safe { return "Histogram" }

// Resize implements pane.Pane.
func (v *View) Resize(w, h int) { v.w, v.h = w, h }

// columns is the number of bars: one for each column, with room for the scale.
func (v *View) columns() int { return max(v.w-scaleWidth, 1) }

// scaleWidth is the width of the counts at the left: "12.3k" and a space.
const scaleWidth = 7

// Sync implements pane.Pane.
func (v *View) Sync(s pane.State) tea.Cmd {
	v.state = s
	want := !v.started || s.Asked != v.asked
	v.again = v.again || s.Data != v.data
	if want {
		v.stale, v.anchor, v.again = true, -1, false
	} else if v.line.Out() || !v.again && v.columns() == v.wanted {
		return nil
	}
	v.started, v.asked, v.data, v.again = true, s.Asked, s.Data, false
	return v.ask()
}

func (v *View) ask() tea.Cmd {
	v.wanted = v.columns()
	ctx, n := v.line.Next(v.state.Ctx)
	c, req := v.counter, query.HistogramRequest{Filter: v.state.Filter, Buckets: v.columns()}
	return func() tea.Msg {
		h, err := c.Histogram(ctx, req)
		return histMsg{n: n, hist: h, err: err}
	}
}

// Update implements pane.Pane.
func (v *View) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case histMsg:
		return v.filled(msg)
	case tea.MouseClickMsg:
		if b, ok := v.bucketAt(msg.X); ok && msg.Button == tea.MouseLeft {
			v.cur, v.anchor = b, b
		}
	case tea.MouseMotionMsg:
		if b, ok := v.bucketAt(msg.X); ok && msg.Button == tea.MouseLeft && v.anchor >= 0 {
			v.cur = b
		}
	case tea.MouseReleaseMsg:
		if v.anchor >= 0 && v.anchor == v.cur {
			v.anchor = -1 // a click, not a drag
		}
	}
	return nil, nil
}

func (v *View) filled(m histMsg) (pane.Intent, tea.Cmd) {
	if !v.line.Is(m.n) {
		return nil, nil
	}
	if m.err != nil {
		return pane.Failed("count events over time", m.err), nil
	}
	if v.anchor >= 0 && !(m.hist.Start.Equal(v.hist.Start) && m.hist.Step == v.hist.Step) {
		v.anchor = -1
	}
	v.hist, v.have, v.stale = m.hist, true, false
	v.buckets, v.top = sum(m.hist)
	v.cur = max(0, min(v.cur, len(v.buckets)-1))
	if v.again || m.hist.Partial { // a search goes on when asked again
		v.again = false
		return nil, v.ask()
	}
	return nil, nil
}

// bucketAt returns the bucket drawn in column x.
func (v *View) bucketAt(x int) (int, bool) {
	n := len(v.buckets)
	if n == 0 || v.w <= scaleWidth {
		return 0, false
	}
	b := (x - scaleWidth) * n / v.columns()
	return max(0, min(b, n-1)), true
}

// Brushing reports whether a stretch is marked.
func (v *View) Brushing() bool { return v.anchor >= 0 && len(v.buckets) > 0 }

// Span returns the stretch marked, or the bucket under the cursor, and how many
// events it holds.
func (v *View) Span() (from, to time.Time, events int64) {
	lo, hi := v.cur, v.cur
	if v.anchor >= 0 {
		lo, hi = min(v.anchor, v.cur), max(v.anchor, v.cur)
	}
	for b := lo; b <= hi && b < len(v.buckets); b++ {
		events += v.buckets[b].total
	}
	step := v.hist.Step
	return v.hist.Start.Add(time.Duration(lo) * step), v.hist.Start.Add(time.Duration(hi+1) * step), events
}

// Note describes what is marked, or the bucket under the cursor.
func (v *View) Note() text.Safe {
	if len(v.buckets) == 0 || v.state.Zone == nil {
		return ""
	}
	from, to, n := v.Span()
	f := v.layoutOf(from, to)
	return text.Safe(fmt.Sprintf("%s %s %s: %s", from.In(v.state.Zone).Format(f), v.state.Styles.Glyphs.Right,
		to.In(v.state.Zone).Format(f), query.Counted(n, "event")))
}
