package events

import (
	"context"
	"math"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

type seekMsg struct {
	n    uint64
	what text.Safe
	row  query.Row
	ok   bool
	err  error
}

// seek finds the n-th event after the cursor (before it, with back) that also
// meets a condition, however far away it is.
func (v *View) seek(what text.Safe, also query.Filter, back bool, n int) (pane.Intent, tea.Cmd) {
	r, ok := v.grid.Current()
	if !ok {
		return nil, nil
	}
	return v.seekFrom(what, also, r.Cursor(), back, n)
}

func (v *View) seekFrom(what text.Safe, also query.Filter, from query.Cursor, back bool, n int) (pane.Intent, tea.Cmd) {
	ctx, id := v.seeks.Next(v.state.Ctx)
	req := v.seeking(also, from, back, n)
	p := v.pager
	return nil, func() tea.Msg { return seek(ctx, p, id, what, req) }
}

func (v *View) seeking(also query.Filter, from query.Cursor, back bool, n int) query.PageRequest {
	return query.PageRequest{Filter: v.state.Filter.And(also), Order: v.state.Order, From: from, Back: back, N: max(n, 1), Columns: v.columns}
}

// seek finds the last row of a page, or with Back its first.
func seek(ctx context.Context, p Pager, id uint64, what text.Safe, req query.PageRequest) seekMsg {
	page, err := p.Page(ctx, req)
	for err == nil && page.Partial && len(page.Rows) < req.N {
		page, err = p.Page(ctx, req) // the records are still being searched
	}
	m := seekMsg{n: id, what: what, err: err}
	if k := len(page.Rows); k > 0 {
		m.ok, m.row = true, page.Rows[k-1]
		if req.Back {
			m.row = page.Rows[0]
		}
	}
	return m
}

// nextOf steps to an event with the same value of a field that the table need
// not show: it is read first, for a session may have to be worked out.
func (v *View) nextOf(field string, back bool, n int) (pane.Intent, tea.Cmd) {
	r, ok := v.grid.Current()
	if !ok {
		return nil, nil
	}
	ctx, id := v.seeks.Next(v.state.Ctx)
	here := query.PageRequest{Order: v.state.Order, From: r.Cursor(), Include: true, N: 1, Columns: []string{field}}
	req, p := v.seeking(query.Filter{}, r.Cursor(), back, n), v.pager
	what := "call of the same " + text.Safe(field)
	return nil, func() tea.Msg {
		page, err := p.Page(ctx, here)
		if err != nil || len(page.Rows) == 0 || page.Rows[0].Values[0].Null {
			return seekMsg{n: id, what: what, err: err}
		}
		same, err := query.Is(field, page.Rows[0].Values[0])
		if err != nil {
			return seekMsg{n: id, what: what, err: err}
		}
		req.Filter = req.Filter.And(same)
		return seek(ctx, p, id, what, req)
	}
}

func (v *View) found(m seekMsg) (pane.Intent, tea.Cmd) {
	switch {
	case !v.seeks.Is(m.n):
		return nil, nil
	case m.err != nil:
		return pane.Failed("look for "+m.what, m.err), nil
	case !m.ok:
		return pane.NoFurther(m.what), nil
	}
	v.grid.Jump(m.row)
	return pane.Point{Seq: m.row.Seq}, v.fetch()
}

// nextError steps to an event that did not end well.
func (v *View) nextError(back bool, n int) (pane.Intent, tea.Cmd) {
	f, err := query.Parse("-outcome:ok")
	if err != nil {
		return nil, nil
	}
	return v.seek("failed call", f, back, n)
}

// nextSame steps to an event with the same value of a field.
func (v *View) nextSame(field string, back bool, n int) (pane.Intent, tea.Cmd) {
	r, ok := v.grid.Current()
	if !ok {
		return nil, nil
	}
	value := v.value(r, field)
	f, err := query.Is(field, value)
	if err != nil {
		return pane.Say{Text: text.Clean(err.Error()), Bad: true}, nil
	}
	return v.seek("event with "+text.Safe(field)+" "+text.CleanLine(value.Text, 40), f, back, n)
}

// nextDay steps to the first event of another day in the order shown.
func (v *View) nextDay(back bool) (pane.Intent, tea.Cmd) {
	r, ok := v.grid.Current()
	if !ok || r.Time == cloudtrail.NoTime {
		return nil, nil
	}
	t := time.UnixMicro(r.Time).In(v.state.Zone)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, v.state.Zone)
	// Towards later times the next day begins at midnight; towards earlier ones
	// its last moment is just before this day's.
	if later := (v.state.Order == query.Oldest) != back; later {
		day = day.AddDate(0, 0, 1)
	}
	// Just before midnight's first event, seen in the direction of the order.
	at := query.Cursor{Time: day.UnixMicro(), Set: true, Seq: -1}
	if v.state.Order == query.Newest {
		at.Time, at.Seq = at.Time-1, math.MaxInt64
	}
	return v.seekFrom("day", query.Filter{}, at, back, 1)
}
