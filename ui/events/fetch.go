package events

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
)

type pageMsg struct {
	n             uint64
	want          grid.Want
	before, after query.Page
	err           error
}

type placeMsg struct {
	n   uint64
	seq int64 // of the first row held
	at  query.Count
	err error
}

// fetch asks for what the table needs next, if anything.
func (v *View) fetch() tea.Cmd {
	if !v.started {
		return nil
	}
	if v.refresh && !v.pages.Out() {
		v.refresh = false
		v.grid.Refresh()
	}
	need := v.grid.Need()
	if need.Want == grid.Nothing {
		return nil
	}
	ctx, n := v.pages.Next(v.state.Ctx)
	p, req := v.pager, query.PageRequest{Filter: v.state.Filter, Order: v.state.Order, N: need.N, Columns: v.columns}
	return func() tea.Msg { return fetch(ctx, p, n, need, req) }
}

// fetch runs outside the loop.
func fetch(ctx context.Context, p Pager, n uint64, need grid.Need[query.Row], req query.PageRequest) tea.Msg {
	m := pageMsg{n: n, want: need.Want}
	switch need.Want {
	case grid.End:
		// The last rows are the first of the opposite order.
		req.Order = query.Oldest + query.Newest - req.Order
		m.after, m.err = p.Page(ctx, req)
		slices.Reverse(m.after.Rows)
		return m
	case grid.Before:
		req.From, req.Back = need.Anchor.Cursor(), true
	case grid.After:
		req.From = need.Anchor.Cursor()
	case grid.Around:
		req.From, req.Back, req.N = need.Anchor.Cursor(), true, need.N/2
		if m.before, m.err = p.Page(ctx, req); m.err != nil {
			return m
		}
		req.Back, req.Include, req.N = false, true, need.N
	}
	m.after, m.err = p.Page(ctx, req)
	return m
}

func (v *View) filled(m pageMsg) (pane.Intent, tea.Cmd) {
	if !v.pages.Is(m.n) {
		return nil, nil
	}
	if m.err != nil {
		v.grid.Fail()
		v.err = m.err
		return pane.Failed("read events", m.err), nil
	}
	v.err, v.partial = nil, m.after.Partial || m.before.Partial
	was, had := v.grid.Current()
	if m.want == grid.Around {
		v.grid.FillAround(m.before.Rows, m.after.Rows, m.before.More, m.after.More, -1)
	} else {
		v.grid.Fill(m.want, m.after.Rows, m.after.More)
	}
	if v.partial && v.grid.Len() == 0 {
		v.grid.Again(m.want) // nothing is certain yet: the search goes on when asked again
	}
	cmd := tea.Batch(v.fetch(), v.place())
	if r, ok := v.grid.Current(); ok && (!had || r.Seq != was.Seq) {
		return pane.Point{Seq: r.Seq}, cmd
	}
	return nil, cmd
}

// place asks how many events lie before the window when nobody has counted.
// Events in the same microsecond as its first may be counted wrongly by some.
func (v *View) place() tea.Cmd {
	rows := v.grid.Rows()
	if len(rows) == 0 || v.grid.Place() >= 0 || rows[0].Time == cloudtrail.NoTime {
		return nil
	}
	ctx, n := v.places.Next(v.state.Ctx)
	p, first := v.pager, rows[0]
	before := query.Within(first.Time+1, cloudtrail.NoTime)
	if v.state.Order == query.Oldest {
		before = query.Within(cloudtrail.NoTime, first.Time-1)
	}
	f := v.state.Filter.And(before)
	return func() tea.Msg {
		at, err := p.Count(ctx, f)
		return placeMsg{n: n, seq: first.Seq, at: at, err: err}
	}
}

func (v *View) placed(m placeMsg) {
	if !v.places.Is(m.n) || m.err != nil || m.at.Partial || v.grid.Place() >= 0 {
		return
	}
	for i, r := range v.grid.Rows() {
		if r.Seq == m.seq {
			v.grid.SetFirst(m.at.N - int64(i))
		}
	}
}
