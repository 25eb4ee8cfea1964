package sessions

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// seeking are the steps to the next session of a kind, however far away it is.
func (v *View) seeking() []pane.Command {
	ofActor := kind{"session of the same root actor", func(here, s *query.Session) bool { return here.RootActor == s.RootActor }}
	failed := kind{"session with a failed call", func(_, s *query.Session) bool { return s.Errors > 0 }}
	return pane.Steps("sessions", v.notList, v.seek,
		pane.Step[kind]{ID: "actor", Forth: "}", Back: "{", Title: "of this actor", What: ofActor.what, Kind: ofActor},
		pane.Step[kind]{ID: "error", Forth: "w", Back: "W", Title: "with failures", What: failed.what, Kind: failed})
}

// A kind of session to look for, seen from the one under the cursor.
type kind struct {
	what text.Safe
	is   func(here, s *query.Session) bool
}

type seekMsg struct {
	n    uint64
	what text.Safe
	item *item // nil when there is none
	err  error
}

// seekPage is how many sessions are looked through at a time.
const seekPage = 500

// seek goes to the n-th session of a kind after the cursor, or before it.
func (v *View) seek(k kind, back bool, n int) (pane.Intent, tea.Cmd) {
	here, ok := v.grid.Current()
	if !ok {
		return nil, nil
	}
	ctx, id := v.seeks.Next(v.state.Ctx)
	req := query.SessionRequest{Filter: v.state.Filter, Order: v.order, Sign: v.sign, Stale: v.state.Live}
	r := v.reader
	return nil, func() tea.Msg {
		m := seekMsg{n: id, what: k.what}
		m.item, m.err = seek(ctx, r, req, here, k, back, n)
		return m
	}
}

// seek runs outside the loop.
func seek(ctx context.Context, r Reader, req query.SessionRequest, here *item, k kind, back bool, n int) (*item, error) {
	for from := here.place; ; {
		req.Offset, req.N = from+1, seekPage
		if back {
			req.Offset = max(from-seekPage, 0)
			req.N = from - req.Offset
		}
		if req.N == 0 {
			return nil, nil
		}
		p, err := r.Sessions(ctx, req)
		if err != nil || len(p.Sessions) == 0 {
			return nil, err
		}
		for i := range p.Sessions {
			at := i
			if back {
				at = len(p.Sessions) - 1 - i
			}
			if !k.is(&here.s, &p.Sessions[at]) {
				continue
			}
			if n--; n == 0 {
				return &item{s: p.Sessions[at], place: req.Offset + at}, nil
			}
		}
		from = req.Offset + len(p.Sessions) - 1
		if back {
			from = req.Offset
		}
	}
}

func (v *View) sought(m seekMsg) (pane.Intent, tea.Cmd) {
	switch {
	case !v.seeks.Is(m.n) || v.top() != nil:
		return nil, nil
	case m.err != nil:
		return failed(m.err), nil
	case m.item == nil:
		return pane.NoFurther(m.what), nil
	}
	v.grid.Jump(m.item)
	return nil, v.fetch()
}
