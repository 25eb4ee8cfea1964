package sessions

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
)

type pageMsg struct {
	n     uint64
	want  grid.Want
	first int // place of the first session
	asked int // place that Around asked for
	page  query.SessionPage
	err   error
}

type lanesMsg struct {
	n     uint64
	lanes []query.SessionLane
	err   error
}

// fetch asks for what the list needs next, if anything.
func (v *View) fetch() tea.Cmd {
	if !v.started || v.top() != nil {
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
	req := query.SessionRequest{Filter: v.state.Filter, Order: v.order, Sign: v.sign, N: need.N, Stale: v.state.Live}
	m := pageMsg{n: n, want: need.Want}
	switch need.Want {
	case grid.After:
		req.Offset = need.Anchor.place + 1
	case grid.Before:
		req.Offset = max(need.Anchor.place-need.N, 0)
		req.N = need.Anchor.place - req.Offset
	case grid.Around:
		m.asked = need.Anchor.place
		req.Offset = max(m.asked-need.N/2, 0)
	case grid.End:
		req.Offset = max(v.total-need.N, 0)
	}
	r := v.reader
	return func() tea.Msg {
		m.page, m.first, m.err = page(ctx, r, req)
		return m
	}
}

// page reads sessions and the one before them, by which one sees whose they are.
func page(ctx context.Context, r Reader, req query.SessionRequest) (query.SessionPage, int, error) {
	first := req.Offset
	if req.Offset > 0 {
		req.Offset--
		req.N++
	}
	p, err := r.Sessions(ctx, req)
	return p, first, err
}

func (v *View) filled(m pageMsg) (pane.Intent, tea.Cmd) {
	if !v.pages.Is(m.n) {
		return nil, nil
	}
	if v.err = m.err; m.err != nil {
		v.grid.Fail()
		return pane.Failed("read sessions", m.err), nil
	}
	v.total, v.all, v.stale = m.page.Total, m.page.All, m.page.Stale
	items := items(m)
	end := m.first + len(items)
	switch m.want {
	case grid.Around:
		k := min(max(m.asked-m.first, 0), len(items))
		v.grid.FillAround(items[:k], items[k:], m.first > 0, end < v.total, int64(m.first))
	case grid.Before, grid.End:
		v.grid.Fill(m.want, items, m.first > 0)
	default:
		v.grid.Fill(m.want, items, end < v.total)
	}
	v.grid.SetTotal(int64(v.total))
	if m.page.Partial { // the records are still being searched: look again
		v.refresh = true
	}
	return nil, tea.Batch(v.fetch(), v.draw())
}

// items makes rows of a page; the session before the first is left out.
func items(m pageMsg) []*item {
	list, before := m.page.Sessions, ""
	if m.first > 0 && len(list) > 0 {
		before = list[0].RootActor
		list = list[1:]
	}
	out := make([]*item, len(list))
	for i, s := range list {
		out[i] = &item{s: s, place: m.first + i, same: s.RootActor == before}
		before = s.RootActor
	}
	return out
}

// laneWidth is how many cells a lane has.
const laneWidth = 20

// draw asks for the lanes that are not there yet.
func (v *View) draw() tea.Cmd {
	var ids []string
	for _, i := range v.grid.Rows() {
		if i.lane == "" {
			ids = append(ids, i.s.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	ctx, n := v.lanes.Next(v.state.Ctx)
	r := v.reader
	return func() tea.Msg {
		lanes, err := r.SessionLanes(ctx, ids, laneWidth)
		return lanesMsg{n, lanes, err}
	}
}

func (v *View) drawn(m lanesMsg) {
	if !v.lanes.Is(m.n) || m.err != nil {
		return
	}
	byID := map[string]query.SessionLane{}
	for _, l := range m.lanes {
		byID[l.Session] = l
	}
	for _, i := range v.grid.Rows() {
		if l, ok := byID[i.s.ID]; ok {
			i.lane = lane(v.state.Styles.Glyphs, l)
		}
	}
}
