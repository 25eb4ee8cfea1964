package timeline

import (
	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// seeking are the steps to the next change of a kind, however far away it is.
func (v *View) seeking() []pane.Command {
	failed := kind{"failed attempt", func(query.Change) (query.Filter, error) { return query.Parse("-outcome:ok") },
		func(_, c query.Change) bool { return c.Outcome != 0 }}
	ofActor := kind{"change of the same actor", func(c query.Change) (query.Filter, error) {
		return query.Is("actor", query.Value{Text: c.Actor, Null: c.Actor == ""})
	}, func(here, c query.Change) bool { return here.Actor == c.Actor }}
	return pane.Steps("timeline", v.noChange, v.seek,
		pane.Step[kind]{ID: "actor", Forth: "}", Back: "{", Title: "of this actor", What: ofActor.what, Kind: ofActor},
		pane.Step[kind]{ID: "error", Forth: "e", Back: "E", Title: "failed attempt", What: failed.what, Kind: failed})
}

// A kind of change to look for, seen from the one under the cursor: as a
// filter, and as a test for lists that are all there.
type kind struct {
	what   text.Safe
	filter func(query.Change) (query.Filter, error)
	is     func(here, c query.Change) bool
}

type seekMsg struct {
	n    uint64
	of   *level
	what text.Safe
	row  row
	err  error
}

// seek goes to the n-th change of a kind after the cursor, or before it.
func (v *View) seek(k kind, back bool, n int) (pane.Intent, tea.Cmd) {
	l := v.top()
	c, ok := v.current()
	if !ok {
		return nil, nil
	}
	if !l.windows {
		return v.seekHere(l, k, c, back, n)
	}
	req, err := v.request(l)
	if err != nil {
		return v.failed(l, err)
	}
	also, err := k.filter(c)
	if err != nil {
		return v.failed(l, err)
	}
	req.Filter, req.N, req.Back, req.From = req.Filter.And(also), n, back, c.Cursor()
	if back {
		req.From = query.Cursor{Time: c.Time, Seq: c.Seq, Set: true}
	}
	ctx, id := v.seeks.Next(v.state.Ctx)
	r := v.reader
	return nil, func() tea.Msg {
		page, err := r.Changes(ctx, req)
		for err == nil && page.Partial && len(page.Rows) < n {
			page, err = r.Changes(ctx, req) // the records are still being searched
		}
		m := seekMsg{n: id, of: l, what: k.what, err: err}
		if list := rows(page); len(list) > 0 {
			m.row = list[len(list)-1]
			if back {
				m.row = list[0]
			}
		}
		return m
	}
}

// seekHere looks through a list that is all there.
func (v *View) seekHere(l *level, k kind, c query.Change, back bool, n int) (pane.Intent, tea.Cmd) {
	list, at := l.grid.Rows(), int(l.grid.Place())
	step := 1
	if back {
		step = -1
	}
	for i := at + step; i >= 0 && i < len(list); i += step {
		if list[i].change == nil || !k.is(c, *list[i].change) {
			continue
		}
		if n--; n == 0 {
			l.grid.Jump(list[i])
			return v.moved()
		}
	}
	return pane.NoFurther(k.what), nil
}

func (v *View) sought(m seekMsg) (pane.Intent, tea.Cmd) {
	switch {
	case !v.seeks.Is(m.n) || v.top() != m.of:
		return nil, nil
	case m.err != nil:
		return pane.Failed("look for "+m.what, m.err), nil
	case m.row.change == nil:
		return pane.NoFurther(m.what), nil
	}
	m.of.grid.Jump(m.row)
	return pane.Point{Seq: m.row.seq()}, v.fetch()
}
