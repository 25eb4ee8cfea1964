package events

import (
	"context"
	"math"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Pager answers what the table asks. *store.DB is one.
type Pager interface {
	Page(context.Context, query.PageRequest) (query.Page, error)
	Count(context.Context, query.Filter) (query.Count, error)
}

// A View is the table of events.
type View struct {
	pager   Pager
	state   pane.State
	grid    *grid.Grid[query.Row]
	columns []string       // what is asked for, in the order of Row.Values
	index   map[string]int // into columns
	pages   pane.Line
	seeks   pane.Line
	places  pane.Line
	err     error
	asked   uint64
	data    uint64
	started bool
	partial bool // free text is still being searched
	refresh bool // more events came in while a page was out
}

// New returns a table that shows the given columns; nil for the usual ones.
func New(p Pager, columns []string) *View {
	v := &View{pager: p}
	if len(columns) == 0 {
		columns = Usual()
	}
	v.grid = grid.New(grid.Source[query.Row]{
		Key:  func(r query.Row) int64 { return r.Seq },
		Cell: v.cell,
	}, nil)
	v.SetColumns(columns)
	return v
}

// Title implements pane.Pane.
func (v *View) Title() text.Safe {
	if v.state.Order == query.Oldest {
		return "Events, oldest first"
	}
	return "Events, newest first"
}

// Resize implements pane.Pane.
func (v *View) Resize(w, h int) { v.grid.Resize(w, h) }

// CursorAt implements pane.Cursor.
func (v *View) CursorAt() (x, y int, ok bool) { return v.grid.CursorAt() }

// Current returns the event under the cursor.
func (v *View) Current() (query.Row, bool) { return v.grid.Current() }

// Place returns the place of the cursor among the matching events, from 0; -1
// when unknown.
func (v *View) Place() int64 { return v.grid.Place() }

// Touched reports whether the reader has moved in the table.
func (v *View) Touched() bool { return v.grid.Touched() }

// SetTotal tells the table how many events match, -1 for unknown.
func (v *View) SetTotal(n int64) { v.grid.SetTotal(n) }

// Newer returns how many events lie above what is visible, -1 when unknown.
func (v *View) Newer() int64 { return v.grid.Above() }

// Sync implements pane.Pane.
func (v *View) Sync(s pane.State) tea.Cmd {
	old := v.state
	v.state = s
	switch {
	case !v.started: // whatever the grid wants already, a place to go back to
	case s.Asked != v.asked:
		if old.Order != s.Order && !v.grid.Touched() {
			v.grid.Restart()
		} else {
			v.grid.Reset()
		}
		v.seeks.Stop()
	case s.Data != v.data:
		v.refresh = true
	}
	v.started, v.asked, v.data = true, s.Asked, s.Data
	return v.fetch()
}

// Update implements pane.Pane.
func (v *View) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case pageMsg:
		return v.filled(msg)
	case seekMsg:
		return v.found(msg)
	case placeMsg:
		v.placed(msg)
	case tea.MouseClickMsg:
		return v.click(msg)
	case tea.MouseWheelMsg:
		v.grid.Wheel(pane.Notch(msg))
		return v.moved()
	case tea.MouseMotionMsg:
		if msg.Button == tea.MouseLeft {
			v.grid.Drag(msg.Y)
			return v.moved()
		}
	}
	return nil, nil
}

func (v *View) click(msg tea.MouseClickMsg) (pane.Intent, tea.Cmd) {
	spot, again := v.grid.Click(msg.X, msg.Y)
	switch {
	case spot == grid.Heading && v.grid.Column() == "time":
		return v.turn()
	case spot == grid.OnRow && again:
		return v.open()
	}
	return v.moved()
}

// moved follows the cursor: the detail with it, and rows that come into sight.
func (v *View) moved() (pane.Intent, tea.Cmd) {
	cmd := v.fetch()
	if r, ok := v.grid.Current(); ok {
		return pane.Point{Seq: r.Seq}, cmd
	}
	return nil, cmd
}

// Reveal puts the cursor on an event, wherever it is.
func (v *View) Reveal(at query.Cursor) tea.Cmd {
	v.grid.Jump(query.Row{Seq: at.Seq, Time: at.Time})
	return v.fetch()
}

// JumpTo puts the cursor on the first event at or after t in the order shown.
func (v *View) JumpTo(t time.Time) tea.Cmd {
	at := query.Cursor{Time: t.UnixMicro(), Set: true, Seq: -1}
	if v.state.Order == query.Newest {
		at.Seq = math.MaxInt64
	}
	return v.Reveal(at)
}
