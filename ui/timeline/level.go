package timeline

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A row is a change, a group of them, or a line of words.
type row struct {
	key    int64
	change *query.Change
	group  *query.ChangeGroup
	event  int64 // that a line of words leads to, 0 for none
	words  []grid.Cell
}

func (r row) seq() int64 {
	if r.change != nil {
		return r.change.Seq
	}
	return r.event
}

// A level is one list: a window on pages, the groups, or lines in memory.
type level struct {
	title   text.Safe
	grid    *grid.Grid[row]
	windows bool   // rows come by pages
	grouped bool   // rows are the groups of the timeline
	of      string // the resource whose history it is, "" for others
	refresh bool
	err     error
	// narrow makes the question of the level of the one the filter asks.
	narrow func(query.ChangeRequest) (query.ChangeRequest, error)
	// command prints the level, after "spoor"; nil is the timeline with the
	// filter that narrow leaves.
	command []string
}

// newLevel returns a window on the changes that narrow leaves; nil for all.
func (v *View) newLevel(title text.Safe, narrow func(query.ChangeRequest) (query.ChangeRequest, error)) *level {
	l := &level{title: title, windows: true, narrow: narrow}
	l.grid = grid.New(grid.Source[row]{Key: func(r row) int64 { return r.key }, Cell: v.cell, Line: v.line}, changeColumns(v.narrow))
	return l
}

// newList returns a level whose rows are all there.
func (v *View) newList(title text.Safe, rows []row) *level {
	l := v.newLevel(title, nil)
	l.windows = false
	l.grid.Set(rows)
	return l
}

// reset says that the rows answer an older question.
func (l *level) reset(turned bool) {
	switch {
	case !l.windows:
		l.refresh = l.grouped
	case turned && !l.grid.Touched():
		l.grid.Restart()
	default:
		l.grid.Reset()
	}
}

type pageMsg struct {
	n             uint64
	want          grid.Want
	before, after query.ChangePage
	err           error
}

type groupsMsg struct {
	n      uint64
	groups []query.ChangeGroup
	err    error
}

// groupsMost bounds how many groups are listed.
const groupsMost = 5000

// fetch asks for what the level on top needs next, if anything.
func (v *View) fetch() tea.Cmd {
	l := v.top()
	switch {
	case !v.started:
		return nil
	case l.grouped:
		return v.fetchGroups(l)
	case !l.windows:
		return nil
	}
	if l.refresh && !v.pages.Out() {
		l.refresh = false
		l.grid.Refresh()
	}
	need := l.grid.Need()
	if need.Want == grid.Nothing {
		return nil
	}
	var req query.ChangeRequest
	if req, l.err = v.request(l); l.err != nil {
		l.grid.Fail()
		return nil
	}
	req.N = need.N
	ctx, n := v.pages.Next(v.state.Ctx)
	r := v.reader
	return func() tea.Msg { return fetch(ctx, r, n, need, req) }
}

// request is the question that a level asks, without the page.
func (v *View) request(l *level) (query.ChangeRequest, error) {
	r := query.ChangeRequest{Filter: v.state.Filter, Order: v.state.Order, Fold: true, Least: v.least}
	if l.narrow == nil {
		return r, nil
	}
	return l.narrow(r)
}

func (v *View) fetchGroups(l *level) tea.Cmd {
	if !l.refresh || v.pages.Out() {
		return nil
	}
	l.refresh = false
	ctx, n := v.pages.Next(v.state.Ctx)
	r, req := v.reader, query.GroupRequest{Filter: v.state.Filter, By: v.by, Order: v.state.Order, N: groupsMost, Least: v.least}
	return func() tea.Msg {
		groups, err := r.ChangeGroups(ctx, req)
		return groupsMsg{n, groups, err}
	}
}

// fetch runs outside the loop.
func fetch(ctx context.Context, r Reader, n uint64, need grid.Need[row], req query.ChangeRequest) tea.Msg {
	m := pageMsg{n: n, want: need.Want}
	first := func() query.Cursor {
		c := need.Anchor.change
		return query.Cursor{Time: c.Time, Seq: c.Seq, Set: true}
	}
	switch need.Want {
	case grid.End:
		// No cursor and back: the last rows.
		req.Back = true
	case grid.Before:
		req.From, req.Back = first(), true
	case grid.After:
		req.From = need.Anchor.change.Cursor()
	case grid.Around:
		req.From, req.Back, req.N = first(), true, need.N/2
		if m.before, m.err = r.Changes(ctx, req); m.err != nil {
			return m
		}
		req.Back, req.Include, req.N = false, true, need.N
	}
	m.after, m.err = r.Changes(ctx, req)
	return m
}

// rows of a page, keyed by their event.
func rows(p query.ChangePage) []row {
	out := make([]row, len(p.Rows))
	for i := range p.Rows {
		out[i] = row{key: p.Rows[i].Seq, change: &p.Rows[i]}
	}
	return out
}

func (v *View) filled(m pageMsg) (pane.Intent, tea.Cmd) {
	if !v.pages.Is(m.n) {
		return nil, nil
	}
	l := v.top()
	if m.err != nil {
		return v.failed(l, m.err)
	}
	l.err = nil
	was, had := l.grid.Current()
	if m.want == grid.Around {
		l.grid.FillAround(rows(m.before), rows(m.after), m.before.More, m.after.More, -1)
	} else {
		l.grid.Fill(m.want, rows(m.after), m.after.More)
	}
	if m.after.Partial || m.before.Partial { // the search goes on when asked again
		l.refresh = len(m.after.Rows) == 0
	}
	cmd := v.fetch()
	if r, ok := l.grid.Current(); ok && (!had || r.key != was.key) {
		return pane.Point{Seq: r.seq()}, cmd
	}
	return nil, cmd
}

func (v *View) failed(l *level, err error) (pane.Intent, tea.Cmd) {
	l.grid.Fail()
	l.err = err
	return pane.Failed("read changes", err), nil
}

func (v *View) grouped(m groupsMsg) (pane.Intent, tea.Cmd) {
	if !v.pages.Is(m.n) {
		return nil, nil
	}
	l := v.levels[0]
	if m.err != nil {
		return v.failed(l, m.err)
	}
	l.err = nil
	list := make([]row, len(m.groups))
	for i := range m.groups {
		list[i] = row{key: int64(i), group: &m.groups[i]}
	}
	l.grid.Set(list)
	return nil, v.fetch()
}

// divide sets by what the timeline is grouped and starts over.
func (v *View) divide(by query.Grouping) tea.Cmd {
	v.by = by
	v.pages.Stop()
	l := v.newLevel("", nil)
	if by != query.Ungrouped {
		l.windows, l.grouped, l.refresh = false, true, true
		l.grid.SetColumns(groupColumns(by))
	}
	v.levels = []*level{l}
	v.layout()
	return v.fetch()
}

// inGroup narrows a question to one group.
func inGroup(by query.Grouping, g query.ChangeGroup) func(query.ChangeRequest) (query.ChangeRequest, error) {
	return func(r query.ChangeRequest) (query.ChangeRequest, error) {
		r.By, r.Group = by, &g
		return r, nil
	}
}

// alike narrows a question to what a folded line stands for, one row a change.
func alike(c query.Change) func(query.ChangeRequest) (query.ChangeRequest, error) {
	return func(r query.ChangeRequest) (query.ChangeRequest, error) {
		r.Fold, r.Order = false, query.Oldest
		return narrowed(r, c.Fold.First, c.Fold.Last, []is{{"actor", c.Actor}, {"account", c.Account}, {"service", c.Service}, {"error", c.Error}})
	}
}

// following narrows a question to what services may have made of a call.
func following(c query.Change) func(query.ChangeRequest) (query.ChangeRequest, error) {
	const reach = 15 * 60 * 1_000_000 // µs; as far as causes are looked for
	return func(r query.ChangeRequest) (query.ChangeRequest, error) {
		r.Fold, r.Order = false, query.Oldest
		return narrowed(r, c.Time, c.Time+reach, []is{{"actor", c.Actor}, {"userIdentity.invokedBy", c.Service + ".amazonaws.com"}})
	}
}

// is says that a field has a value, "" for absent.
type is struct{ field, value string }

// narrowed adds a stretch of time and values to the filter of a question.
func narrowed(r query.ChangeRequest, from, to int64, values []is) (query.ChangeRequest, error) {
	r.Filter = r.Filter.And(query.Within(from, to))
	for _, v := range values {
		f, err := query.Is(v.field, query.Value{Text: v.value, Null: v.value == ""})
		if err != nil {
			return r, err
		}
		r.Filter = r.Filter.And(f)
	}
	return r, nil
}
