package marked

import (
	"context"
	"errors"
	"hash/fnv"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Reader answers what the view asks and forgets what the reader takes away.
// *store.DB is one.
type Reader interface {
	Noted(context.Context, query.Filter) ([]query.Noted, error)
	Annotate(context.Context, query.Annotation) error
}

// A View is the list of what is noted.
type View struct {
	reader Reader
	write  Writer
	state  pane.State
	w, h   int

	grid    *grid.Grid[query.Noted]
	asks    pane.Line
	asked   uint64
	data    uint64
	started bool
	err     error
}

// A Writer writes the list to a file: .csv or .json.
type Writer func(path string, list []query.Noted) error

type notedMsg struct {
	n    uint64
	list []query.Noted
	err  error
}

// New returns the view; without a Writer the list can't be written.
func New(r Reader, w Writer) *View {
	v := &View{reader: r, write: w}
	v.grid = grid.New(grid.Source[query.Noted]{Key: key, Cell: v.cell}, []grid.Column{
		{ID: "mark", Title: "Mark", Width: 8, Min: 8},
		{ID: "about", Title: "On", Width: 8, Min: 8},
		{ID: "time", Title: "Time", Width: 19, Min: 19, Priority: 1},
		{ID: "what", Title: "What", Width: 50, Min: 34, Grow: 4},
		{ID: "tags", Title: "Tags", Width: 14, Min: 8, Priority: 2},
		{ID: "note", Title: "Note", Width: 24, Min: 12, Priority: 3, Grow: 2},
		{ID: "events", Title: "Events", Width: 9, Min: 6, Right: true, Priority: 4},
		{ID: "changed", Title: "Changed", Width: 16, Min: 16, Priority: 5},
	})
	return v
}

// key names a row by what it is about.
func key(n query.Noted) int64 {
	h := fnv.New64a()
	h.Write([]byte{byte(n.About)})
	h.Write([]byte(n.Name))
	return int64(h.Sum64())
}

// Title implements pane.Pane.
func (v *View) Title() text.Safe { return "Marks, notes and tags, last changed first" }

// Resize implements pane.Pane.
func (v *View) Resize(w, h int) {
	first := v.w == 0
	v.w, v.h = w, h
	v.grid.Resize(w, max(h-v.foot(), 1))
	// The cell under the cursor has the colour of the cursor: at first that is not
	// the mark's, which has one of its own.
	for at := ""; first && v.grid.Column() != "what" && v.grid.Column() != at; {
		at = v.grid.Column()
		v.grid.Sideways(1)
	}
}

// CursorAt implements pane.Cursor.
func (v *View) CursorAt() (x, y int, ok bool) { return v.grid.CursorAt() }

// Sync implements pane.Pane.
func (v *View) Sync(s pane.State) tea.Cmd {
	fresh := v.started && s.Asked == v.asked && s.Data == v.data
	v.state = s
	if fresh || v.started && s.Asked == v.asked && v.asks.Out() {
		return nil // what is out is shown before it is asked again: a load grows the case all the time
	}
	v.started, v.asked, v.data = true, s.Asked, s.Data
	ctx, n := v.asks.Next(s.Ctx)
	r, f := v.reader, s.Filter
	return func() tea.Msg {
		list, err := r.Noted(ctx, f)
		return notedMsg{n, list, err}
	}
}

// Update implements pane.Pane.
func (v *View) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case notedMsg:
		return v.filled(msg)
	case tea.MouseClickMsg:
		if spot, again := v.grid.Click(msg.X, msg.Y); spot == grid.OnRow && again {
			return v.open()
		}
	case tea.MouseWheelMsg:
		v.grid.Wheel(pane.Notch(msg))
	case tea.MouseMotionMsg:
		if msg.Button == tea.MouseLeft {
			v.grid.Drag(msg.Y)
		}
	}
	return nil, nil
}

func (v *View) filled(m notedMsg) (pane.Intent, tea.Cmd) {
	if !v.asks.Is(m.n) || errors.Is(m.err, context.Canceled) {
		return nil, nil
	}
	if v.err = m.err; m.err != nil {
		return pane.Failed("read what is noted", m.err), nil
	}
	v.grid.Set(m.list)
	v.grid.SetTotal(int64(len(m.list)))
	return nil, nil
}

// Target implements pane.Targeted.
func (v *View) Target() (pane.Target, bool) {
	n, ok := v.grid.Current()
	return pane.Target{About: n.About, Name: n.Name}, ok
}
