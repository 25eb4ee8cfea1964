package sessions

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Reader answers what the view asks. *store.DB is one.
type Reader interface {
	Sessions(context.Context, query.SessionRequest) (query.SessionPage, error)
	SessionLanes(ctx context.Context, ids []string, buckets int) ([]query.SessionLane, error)
	Session(ctx context.Context, id string) (query.SessionChain, error)
	Bursts(context.Context, query.BurstRequest) (query.BurstPage, error)
	Contrast(ctx context.Context, a, b string) ([]query.Contrast, error)
	Radius(context.Context, query.Filter) (query.Radius, error)
}

// A View is the list of sessions, or what of it is opened.
type View struct {
	reader Reader
	state  pane.State
	w, h   int

	grid    *grid.Grid[*item]
	order   query.SessionOrder
	sign    string // only sessions with this sign of risk
	pages   pane.Line
	lanes   pane.Line
	total   int
	all     int
	stale   bool
	err     error
	asked   uint64
	data    uint64
	started bool
	refresh bool

	open  []*sheet // what is opened, the topmost last
	reads pane.Line
	seeks pane.Line      // the next of a kind
	mark  *query.Session // one side of a comparison
}

// An item is a row of the list.
type item struct {
	s     query.Session
	place int
	same  bool      // as the row above, the same root actor
	lane  text.Safe // "" until it is known
}

// New returns the view of a case's sessions.
func New(r Reader) *View {
	v := &View{reader: r}
	v.grid = grid.New(grid.Source[*item]{Key: func(i *item) int64 { return i.s.Num }, Cell: v.cell}, columns)
	return v
}

// Title implements pane.Pane.
func (v *View) Title() text.Safe {
	if s := v.top(); s != nil {
		return s.title
	}
	t := text.Safe("Sessions, " + [...]text.Safe{"by user", "newest first", "oldest first", "most events first", "most signs of risk first"}[v.order])
	if v.sign != "" {
		t += ": " + text.Clean(v.sign)
	}
	return t
}

// Resize implements pane.Pane.
func (v *View) Resize(w, h int) {
	v.w, v.h = w, h
	v.grid.Resize(w, max(h-1, 0))
	for _, s := range v.open {
		s.resize(w, h)
	}
}

// CursorAt implements pane.Cursor.
func (v *View) CursorAt() (x, y int, ok bool) {
	if s := v.top(); s != nil {
		return s.grid.CursorAt()
	}
	return v.grid.CursorAt()
}

// Out implements pane.Nested.
func (v *View) Out() (tea.Cmd, bool) {
	if len(v.open) == 0 {
		return nil, false
	}
	v.reads.Stop()
	v.open = v.open[:len(v.open)-1]
	return v.fetch(), true
}

func (v *View) top() *sheet {
	if len(v.open) == 0 {
		return nil
	}
	return v.open[len(v.open)-1]
}

// Sync implements pane.Pane.
func (v *View) Sync(s pane.State) tea.Cmd {
	old := v.state
	v.state = s
	again := v.again(s)
	switch {
	// Back from the events of a session the filter is what it was: so is the cursor.
	case !v.started || s.Asked != v.asked && !s.Filter.Equal(old.Filter):
		v.grid.Restart()
	case s.Data != v.data, v.stale && !s.Live: // the load has ended: now the answer can be had
		v.refresh = true
	}
	v.started, v.asked, v.data = true, s.Asked, s.Data
	return tea.Batch(again, v.fetch())
}

// Update implements pane.Pane.
func (v *View) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case pageMsg:
		return v.filled(msg)
	case seekMsg:
		return v.sought(msg)
	case lanesMsg:
		v.drawn(msg)
	case sheetMsg:
		return v.opened(msg)
	case pane.ShowSession:
		return nil, v.openSession(msg.ID)
	case pane.ShowRadius:
		return nil, v.blast(msg.What, msg.Filter)
	case moreMsg:
		return v.continued(msg)
	case tea.MouseClickMsg:
		return v.click(msg)
	case tea.MouseWheelMsg:
		n := pane.Notch(msg)
		if s := v.top(); s != nil {
			s.grid.Wheel(n)
			return nil, nil
		}
		v.grid.Wheel(n)
		return nil, v.fetch()
	case tea.MouseMotionMsg:
		if msg.Button == tea.MouseLeft && v.top() == nil {
			v.grid.Drag(msg.Y)
			return nil, v.fetch()
		}
	}
	return nil, nil
}

func (v *View) click(msg tea.MouseClickMsg) (pane.Intent, tea.Cmd) {
	if s := v.top(); s != nil {
		if spot, again := s.grid.Click(msg.X, msg.Y); spot == grid.OnRow && again {
			return v.enter()
		}
		return nil, nil
	}
	if spot, again := v.grid.Click(msg.X, msg.Y); spot == grid.OnRow && again {
		return v.enter()
	}
	return nil, v.fetch()
}
