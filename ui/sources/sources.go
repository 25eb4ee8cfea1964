package sources

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Keeper knows the objects of a case. *store.DB is one.
type Keeper interface {
	Objects(query.ObjectRequest) []query.Object
	Coverage(context.Context, query.CoverageRequest) (query.Coverage, error)
}

// A Loader starts loads beside the screen; both return at once.
type Loader interface {
	// Add loads one more source, named as on the command line.
	Add(source string) error
	// Retry loads again what failed.
	Retry() error
}

// A View is the sources view.
type View struct {
	keeper Keeper
	loader Loader
	state  pane.State
	w, h   int

	objects *grid.Grid[object]
	rows    []object
	more    bool
	outcome string // which are listed; "" all
	name    string // part of the name
	lists   pane.Line
	reasons bool // some object has one, and there is a column for them

	isMap bool
	cover query.Coverage
	have  bool
	cells *grid.Grid[series]
	maps  pane.Line

	data    uint64
	started bool
}

// object is one listed object; its number is its place in the list.
type object struct {
	n int64
	query.Object
}

// series is one line of the map.
type series struct {
	n int64
	query.CoverageSeries
}

// pageSize is how many objects are asked for at a time.
const pageSize = 2000

type (
	objectsMsg struct {
		n     uint64
		after *query.Object // nil: from the first
		list  []query.Object
	}
	coverMsg struct {
		n     uint64
		cover query.Coverage
		err   error
	}
	startedMsg struct {
		said text.Safe
		err  error
	}
)

// New returns the view; without a loader nothing can be added or tried again.
func New(k Keeper, l Loader) *View {
	v := &View{keeper: k, loader: l}
	v.objects = grid.New(grid.Source[object]{Key: func(o object) int64 { return o.n }, Cell: v.cell}, objectColumns(false))
	v.cells = grid.New(grid.Source[series]{Key: func(s series) int64 { return s.n }, Line: v.mapLine}, nil)
	return v
}

// objectColumns are the columns of the list. Where no object has a reason to tell,
// its name has the room.
func objectColumns(reasons bool) []grid.Column {
	list := []grid.Column{
		{ID: "outcome", Title: "Outcome", Width: 10, Min: 10},
		{ID: "events", Title: "Events", Width: 8, Min: 6, Right: true, Priority: 2},
		{ID: "name", Title: "Object", Width: 40, Min: 24, Grow: 3, KeepEnd: true},
		{ID: "reason", Title: "Reason", Width: 40, Min: 16, Grow: 2, Priority: 1},
		{ID: "size", Title: "Size", Width: 8, Min: 8, Right: true, Priority: 3},
		{ID: "carrier", Title: "Form", Width: 14, Min: 10, Priority: 4},
	}
	if !reasons {
		list = slices.DeleteFunc(list, func(c grid.Column) bool { return c.ID == "reason" })
	}
	return list
}

// Title implements pane.Pane.
func (v *View) Title() text.Safe {
	switch {
	case v.isMap:
		return "Sources: what is covered, a cell a " + v.stepName()
	case v.outcome != "" || v.name != "":
		return "Sources: objects " + text.Safe(v.outcome) + " " + text.Clean(v.name)
	}
	return "Sources: objects"
}

// Resize implements pane.Pane.
func (v *View) Resize(w, h int) {
	v.w, v.h = w, h
	v.objects.Resize(w, h)
	v.cells.Resize(w, max(h-mapLegend, 1))
}

// CursorAt implements pane.Cursor.
func (v *View) CursorAt() (x, y int, ok bool) {
	if v.isMap {
		return 0, 0, false
	}
	return v.objects.CursorAt()
}

// Sync implements pane.Pane.
func (v *View) Sync(s pane.State) tea.Cmd {
	grown := s.Data != v.data || !v.started
	v.state = s
	if !grown || v.lists.Out() {
		return nil
	}
	v.started, v.data = true, s.Data
	return v.refresh()
}

// refresh asks again for what is shown.
func (v *View) refresh() tea.Cmd {
	if v.isMap {
		return v.askMap()
	}
	return v.list(nil, max(len(v.rows), pageSize))
}

// list asks for objects after one.
func (v *View) list(after *query.Object, n int) tea.Cmd {
	_, id := v.lists.Next(v.state.Ctx)
	k, req := v.keeper, query.ObjectRequest{Outcome: v.outcome, Text: v.name, After: after, N: n}
	return func() tea.Msg { return objectsMsg{n: id, after: after, list: k.Objects(req)} }
}

// fewDays is up to how many days the map shows hours instead.
const fewDays = 4

func (v *View) askMap() tea.Cmd {
	ctx, id := v.maps.Next(v.state.Ctx)
	k := v.keeper
	return func() tea.Msg {
		c, err := k.Coverage(ctx, query.CoverageRequest{})
		if err == nil && len(c.Series) > 0 && len(c.Series[0].Cells) <= fewDays {
			c, err = k.Coverage(ctx, query.CoverageRequest{Step: time.Hour})
		}
		return coverMsg{n: id, cover: c, err: err}
	}
}

// Update implements pane.Pane.
func (v *View) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case objectsMsg:
		return nil, v.listed(msg)
	case coverMsg:
		return v.covered(msg)
	case startedMsg:
		if msg.err != nil {
			return pane.Say{Text: text.Clean(msg.err.Error()), Bad: true}, nil
		}
		return pane.Several{pane.Say{Text: msg.said}, pane.Loading{}}, nil
	case tea.MouseClickMsg:
		if v.isMap {
			v.cells.Click(msg.X, msg.Y)
			return nil, nil
		}
		if spot, again := v.objects.Click(msg.X, msg.Y); spot == grid.OnRow && again {
			return v.open()
		}
		return v.moved()
	case tea.MouseWheelMsg:
		if v.isMap {
			v.cells.Wheel(pane.Notch(msg))
			return nil, nil
		}
		v.objects.Wheel(pane.Notch(msg))
		return v.moved()
	}
	return nil, nil
}

func (v *View) listed(m objectsMsg) tea.Cmd {
	if !v.lists.Is(m.n) {
		return nil
	}
	if m.after == nil {
		v.rows = nil
	}
	for _, o := range m.list {
		v.rows = append(v.rows, object{n: int64(len(v.rows)), Object: o})
	}
	v.more = len(m.list) >= pageSize
	if has := m.after != nil && v.reasons || slices.ContainsFunc(m.list, hasReason); has != v.reasons {
		v.reasons = has
		v.objects.SetColumns(objectColumns(has))
	}
	v.objects.Set(v.rows)
	return v.Sync(v.state) // the case may have grown meanwhile
}

func (v *View) covered(m coverMsg) (pane.Intent, tea.Cmd) {
	if !v.maps.Is(m.n) {
		return nil, nil
	}
	if m.err != nil {
		return pane.Failed("map the coverage", m.err), nil
	}
	v.cover, v.have = m.cover, true
	var rows []series
	for i, s := range m.cover.Series {
		rows = append(rows, series{n: int64(i), CoverageSeries: s})
	}
	v.cells.Set(rows)
	return nil, nil
}

// moved asks for more objects when the cursor nears the end of those listed.
func (v *View) moved() (pane.Intent, tea.Cmd) {
	if v.more && !v.lists.Out() && v.objects.Place() > int64(len(v.rows)-200) {
		return nil, v.list(&v.rows[len(v.rows)-1].Object, pageSize)
	}
	return nil, nil
}

// Note says why nothing is listed, "" when something is.
func (v *View) Note() text.Safe {
	switch {
	case v.isMap && !v.have, !v.isMap && v.lists.Out() && len(v.rows) == 0:
		return "looking"
	case v.isMap || len(v.rows) > 0:
		return ""
	case v.outcome != "" || v.name != "":
		return "no object is listed so; s shows all outcomes, F with an empty name all names"
	}
	return "nothing was loaded into this case yet; a adds a source"
}
