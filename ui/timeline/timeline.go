package timeline

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Reader answers what the view asks. *store.DB is one.
type Reader interface {
	Changes(context.Context, query.ChangeRequest) (query.ChangePage, error)
	ChangeGroups(context.Context, query.GroupRequest) ([]query.ChangeGroup, error)
	Lanes(context.Context, query.LaneRequest) (query.Lanes, error)
	History(context.Context, query.HistoryRequest) (query.ResourceHistory, error)
	Diff(ctx context.Context, seq int64) (query.Diff, error)
	StateAt(ctx context.Context, resource, kind, account string, at time.Time) (query.State, error)
}

// A View is the timeline.
type View struct {
	reader Reader
	state  pane.State
	w, h   int
	narrow bool

	by     query.Grouping
	least  uint8
	levels []*level // the outermost first, never empty
	pages  pane.Line
	sheets pane.Line // what is being opened
	seeks  pane.Line // the next of a kind
	lanes  lanes

	asked   uint64
	data    uint64
	started bool
}

// New returns the view of a case's changes.
func New(r Reader) *View {
	v := &View{reader: r, lanes: lanes{anchor: -1, shown: true}}
	v.levels = []*level{v.newLevel("", nil)}
	return v
}

// Title implements pane.Pane.
func (v *View) Title() text.Safe {
	l := v.top()
	if len(v.levels) > 1 {
		return l.title
	}
	t := text.Safe("Timeline, newest first")
	if v.state.Order == query.Oldest {
		t = "Timeline, oldest first"
	}
	if v.by != query.Ungrouped {
		t = "Timeline, by " + text.Safe(v.by.String())
	}
	if v.least > 0 {
		t += ", " + orGraver(v.least)
	}
	return t
}

func (v *View) top() *level { return v.levels[len(v.levels)-1] }

// Resize implements pane.Pane.
func (v *View) Resize(w, h int) {
	v.w, v.h = w, h
	v.lanes.resize(w, h)
	if narrow := w < narrowBelow; narrow != v.narrow {
		v.narrow = narrow
		for _, l := range v.levels {
			if !l.grouped {
				l.grid.SetColumns(changeColumns(narrow))
			}
		}
	}
	v.layout()
}

// layout gives what lies under the lanes its size.
func (v *View) layout() {
	for i, l := range v.levels {
		h := v.h
		if i == 0 {
			h -= v.lanes.height()
		}
		l.grid.Resize(v.w, max(h, 0))
	}
}

// laneRows is the height of the lanes where they are visible.
func (v *View) laneRows() int {
	if len(v.levels) > 1 {
		return 0
	}
	return v.lanes.height()
}

// CursorAt implements pane.Cursor.
func (v *View) CursorAt() (x, y int, ok bool) {
	x, y, ok = v.top().grid.CursorAt()
	return x, y + v.laneRows(), ok
}

// Out implements pane.Nested.
func (v *View) Out() (tea.Cmd, bool) {
	if v.lanes.brushing() {
		v.lanes.anchor = -1
		return nil, true
	}
	if len(v.levels) == 1 {
		return nil, false
	}
	v.sheets.Stop()
	v.pages.Stop()
	v.levels = v.levels[:len(v.levels)-1]
	v.top().grid.Fail() // what was asked for it before is void
	return v.fetch(), true
}

// push opens a level.
func (v *View) push(l *level) tea.Cmd {
	v.pages.Stop()
	v.top().grid.Fail()
	v.levels = append(v.levels, l)
	v.layout()
	return v.fetch()
}

// Sync implements pane.Pane.
func (v *View) Sync(s pane.State) tea.Cmd {
	old := v.state
	v.state = s
	switch {
	case !v.started || s.Asked != v.asked:
		v.pages.Stop()
		for _, l := range v.levels {
			l.reset(old.Order != s.Order)
		}
		v.lanes.stale = true
	case s.Data != v.data:
		for _, l := range v.levels {
			l.refresh = true
		}
		v.lanes.stale = true
	}
	v.started, v.asked, v.data = true, s.Asked, s.Data
	return tea.Batch(v.fetch(), v.fetchLanes())
}

// Update implements pane.Pane.
func (v *View) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case pageMsg:
		return v.filled(msg)
	case groupsMsg:
		return v.grouped(msg)
	case lanesMsg:
		return v.drawn(msg)
	case seekMsg:
		return v.sought(msg)
	case sheetMsg:
		return v.opened(msg)
	case sessionMsg:
		return v.foundSession(msg)
	case pane.ShowHistory:
		return nil, v.openHistory(msg)
	case tea.MouseClickMsg:
		return v.click(msg)
	case tea.MouseWheelMsg:
		v.top().grid.Wheel(pane.Notch(msg))
		return v.moved()
	case tea.MouseMotionMsg:
		if msg.Button == tea.MouseLeft {
			if v.lanes.drag(msg.X, msg.Y, v.laneRows()) {
				return nil, nil
			}
			v.top().grid.Drag(msg.Y - v.laneRows())
			return v.moved()
		}
	}
	return nil, nil
}

func (v *View) click(msg tea.MouseClickMsg) (pane.Intent, tea.Cmd) {
	if msg.Y < v.laneRows() {
		v.lanes.press(msg.X)
		return nil, nil
	}
	v.lanes.anchor = -1
	if spot, again := v.top().grid.Click(msg.X, msg.Y-v.laneRows()); spot == grid.OnRow && again {
		return v.open()
	}
	return v.moved()
}

// moved follows the cursor: the detail with it, and rows that come into sight.
func (v *View) moved() (pane.Intent, tea.Cmd) {
	cmd := v.fetch()
	if r, ok := v.top().grid.Current(); ok && r.seq() != 0 {
		return pane.Point{Seq: r.seq()}, cmd
	}
	return nil, cmd
}

// View implements pane.Pane.
func (v *View) View(focused bool) string {
	if v.state.Styles == nil {
		return ""
	}
	body := v.top().grid.View(v.state.Styles, focused)
	if n := v.laneRows(); n > 0 {
		return v.drawLanes(n) + "\n" + body
	}
	return body
}

// Note says why the list is empty, "" when it is not.
func (v *View) Note() text.Safe {
	l := v.top()
	switch {
	case l.grid.Len() > 0 || len(v.levels) > 1:
		return ""
	case l.err != nil:
		return text.Clean("cannot read the case: " + l.err.Error())
	case l.grid.Waiting():
		return "looking"
	case v.state.Filter.All() && v.state.Live:
		return "nothing loaded yet"
	case v.state.Filter.All() && v.least == 0:
		return "nothing loaded changed anything; in Sources, a adds more"
	}
	return "no change matches; u takes the last step back, X clears the filter"
}
