package detail

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Reader reads one event in full, and what is related to it, which takes
// longer: it comes when the event is shown. *store.DB is one.
type Reader interface {
	Event(ctx context.Context, seq int64) (query.Event, error)
	Relatives(ctx context.Context, seq int64) (query.Relatives, error)
}

// pause is how long the cursor rests on an event before it is read, so that a
// held key does not read every event it passes.
const pause = 60 * time.Millisecond

// A View is the pane of one event.
type View struct {
	reader Reader
	state  pane.State
	grid   *grid.Grid[line]
	w      int

	line  pane.Line
	want  int64 // event asked for, 0 for none
	event query.Event
	have  bool
	err   error

	kin       pane.Line
	relatives query.Relatives // of event, as far as they are known

	nodes  []node
	folded map[string]bool // by place, kept from event to event
	find   string
}

// line is a piece of a node as wide as the pane.
type line struct {
	node int
	part int
	text text.Safe // of the value in this part
}

// New returns an empty detail.
func New(r Reader) *View {
	v := &View{reader: r, folded: map[string]bool{}}
	v.grid = grid.New(grid.Source[line]{
		Key:  func(l line) int64 { return int64(l.node)<<24 | int64(l.part) },
		Line: v.draw,
	}, nil)
	return v
}

type (
	restMsg  struct{ n uint64 }
	eventMsg struct {
		n     uint64
		data  uint64 // State.Data when it was asked for
		event query.Event
		err   error
	}
	kinMsg struct {
		n         uint64
		relatives query.Relatives
		err       error
	}
)

// Title implements pane.Pane.
func (v *View) Title() text.Safe {
	if !v.have {
		return "Event"
	}
	name := v.event.Fields["event"].Text
	if name == "" {
		return "Event"
	}
	return text.CleanLine(name, 60)
}

// Resize implements pane.Pane.
func (v *View) Resize(w, h int) {
	if v.w != w {
		v.w = w
		v.lines()
	}
	v.grid.Resize(w, h)
}

// CursorAt implements pane.Cursor.
func (v *View) CursorAt() (x, y int, ok bool) { return v.grid.CursorAt() }

// Event returns the event shown, if any.
func (v *View) Event() (query.Event, bool) { return v.event, v.have }

// Show reads an event; at once, or when the cursor rests on it.
func (v *View) Show(seq int64, now bool) tea.Cmd {
	if seq == v.want && (v.have || v.line.Out()) {
		return nil
	}
	v.want, v.err = seq, nil
	v.kin.Stop()
	ctx, n := v.line.Next(v.state.Ctx)
	if now {
		return v.read(ctx, n)
	}
	return tea.Tick(pause, func(time.Time) tea.Msg { return restMsg{n: n} })
}

// Clear forgets the event.
func (v *View) Clear() {
	v.line.Stop()
	v.kin.Stop()
	v.want, v.have, v.err, v.nodes = 0, false, nil, nil
	v.grid.Set(nil)
}

func (v *View) read(ctx context.Context, n uint64) tea.Cmd {
	r, seq, data := v.reader, v.want, v.state.Data
	return func() tea.Msg {
		e, err := r.Event(ctx, seq)
		return eventMsg{n: n, data: data, event: e, err: err}
	}
}

// Sync implements pane.Pane.
func (v *View) Sync(s pane.State) tea.Cmd {
	moved, grown := v.state.Zone != s.Zone, v.state.Data != s.Data
	v.state = s
	switch {
	case grown && v.have && !v.line.Out(): // it may carry a mark now, have a session, or a twin was loaded
		ctx, n := v.line.Next(s.Ctx)
		return v.read(ctx, n)
	case moved && v.have:
		v.lay()
	}
	return nil
}

// Update implements pane.Pane.
func (v *View) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case restMsg:
		if v.line.Is(msg.n) {
			ctx, n := v.line.Next(v.state.Ctx)
			return nil, v.read(ctx, n)
		}
	case eventMsg:
		return v.filled(msg)
	case kinMsg:
		return v.related(msg), nil
	case tea.MouseClickMsg:
		spot, again := v.grid.Click(msg.X, msg.Y)
		if l, ok := v.grid.Current(); ok && spot == grid.OnRow && (again || v.folds(l.node)) {
			return v.fold(), nil
		}
	case tea.MouseWheelMsg:
		v.grid.Wheel(pane.Notch(msg))
	case tea.MouseMotionMsg:
		if msg.Button == tea.MouseLeft && msg.X == v.w-1 {
			v.grid.Drag(msg.Y)
		}
	}
	return nil, nil
}

func (v *View) filled(m eventMsg) (pane.Intent, tea.Cmd) {
	if !v.line.Is(m.n) || errors.Is(m.err, context.Canceled) {
		return nil, nil
	}
	if v.err = m.err; m.err != nil {
		v.have = false
		return pane.Failed("read the event", m.err), nil
	}
	again := v.have && v.event.Row.Seq == m.event.Row.Seq
	v.event, v.have = m.event, true
	if !again {
		v.relatives = query.Relatives{}
	}
	v.lay()
	if !again {
		v.grid.First()
	}
	if m.data != v.state.Data { // the case has grown while it was read
		ctx, n := v.line.Next(v.state.Ctx)
		return nil, v.read(ctx, n)
	}
	return nil, v.readKin()
}

// readKin asks for the relatives of the event that is shown.
func (v *View) readKin() tea.Cmd {
	ctx, n := v.kin.Next(v.state.Ctx)
	r, seq := v.reader, v.event.Row.Seq
	return func() tea.Msg {
		kin, err := r.Relatives(ctx, seq)
		return kinMsg{n: n, relatives: kin, err: err}
	}
}

// related shows the relatives, below all else: nothing moves.
func (v *View) related(m kinMsg) pane.Intent {
	if !v.kin.Is(m.n) {
		return nil
	}
	if m.err != nil {
		return pane.Failed("look for related events", m.err)
	}
	if v.relatives = m.relatives; v.have {
		v.lay()
	}
	return nil
}

// lay rebuilds the tree of the event.
func (v *View) lay() {
	v.nodes = nodes(v.event, v.state.Zone, v.state.Accounts)
	v.nodes = append(v.nodes, related(v.relatives, len(v.nodes), v.state.Zone, v.state.Accounts)...)
	v.lines()
}

// place names a node across events, so that what was folded stays folded.
func (v *View) place(i int) string {
	n := v.nodes[i]
	if n.kind == section {
		return "\x00" + n.key
	}
	return n.place
}

// folds reports whether a node has something below it.
func (v *View) folds(i int) bool { return i < len(v.nodes) && v.nodes[i].end > i+1 }

func (v *View) toggle(i int) {
	if !v.folds(i) {
		return
	}
	p := v.place(i)
	v.folded[p] = !v.folded[p]
	v.lines()
}

// lines rebuilds what the grid holds: unfolded nodes, long values in parts.
func (v *View) lines() {
	var lines []line
	for i := 0; i < len(v.nodes); {
		n := v.nodes[i]
		for part, t := range v.wrap(n) {
			lines = append(lines, line{node: i, part: part, text: t})
		}
		if v.folds(i) && v.folded[v.place(i)] {
			i = n.end
			continue
		}
		i++
	}
	v.grid.Set(lines)
}
