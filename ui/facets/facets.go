package facets

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Counter answers what the panel asks. *store.DB is one.
type Counter interface {
	Facets(context.Context, query.FacetRequest) ([]query.Facet, error)
}

// few and many are how many values a field shows at first and when asked for more.
const few, many = 5, 100

// Usual are the fields shown at first: what a first look at a case asks for.
func Usual() []string {
	return []string{"outcome", "actor", "event", "service", "error", "ip", "account", "region", "readonly", "type", "agent"}
}

// A View is the facets panel.
type View struct {
	counter Counter
	state   pane.State
	grid    *grid.Grid[line]
	w       int
	fields  []string
	facets  map[string]query.Facet
	opened  map[string]bool // fields that show many values
	folded  map[string]bool
	picks   map[string]picked
	ids     map[string]int64 // stable keys of lines
	main    pane.Line        // the question for all fields
	data    uint64
	asked   uint64
	again   bool
	started bool
	stale   bool
}

// line is one line of the panel: a field's heading, a value, or "more".
type line struct {
	key   int64
	field string
	kind  kind
	value query.FacetValue
	facet query.Facet // of a heading
}

type kind uint8

const (
	heading kind = iota
	value
	more
)

// New returns a panel for the given fields; nil for the usual ones.
func New(c Counter, fields []string) *View {
	if len(fields) == 0 {
		fields = Usual()
	}
	v := &View{counter: c, fields: fields, facets: map[string]query.Facet{}, opened: map[string]bool{},
		folded: map[string]bool{}, ids: map[string]int64{}}
	v.grid = grid.New(grid.Source[line]{Key: func(l line) int64 { return l.key }, Line: v.draw}, nil)
	return v
}

type facetsMsg struct {
	n      uint64
	facets []query.Facet
	err    error
}

// Title implements pane.Pane.
func (v *View) Title() text.Safe { return "Facets" }

// Resize implements pane.Pane.
func (v *View) Resize(w, h int) {
	v.w = w
	v.grid.Resize(w, h)
}

// CursorAt implements pane.Cursor.
func (v *View) CursorAt() (x, y int, ok bool) { return v.grid.CursorAt() }

// Sync implements pane.Pane.
func (v *View) Sync(s pane.State) tea.Cmd {
	v.state = s
	if v.started && s.Asked == v.asked {
		v.again = v.again || s.Data != v.data
		if !v.again || v.main.Out() {
			return nil
		}
	} else {
		v.stale = v.started
		v.picks = picks(s.Filter)
		v.lines()
	}
	v.started, v.asked, v.data, v.again = true, s.Asked, s.Data, false
	return v.ask()
}

// ask counts all fields at once, each as deep as it is opened.
func (v *View) ask() tea.Cmd {
	ctx, n := v.main.Next(v.state.Ctx)
	c, f := v.counter, v.state.Filter
	var short, long []string
	for _, field := range v.fields {
		if v.opened[field] {
			long = append(long, field)
		} else {
			short = append(short, field)
		}
	}
	return func() tea.Msg {
		m := facetsMsg{n: n}
		for _, part := range []query.FacetRequest{{Fields: short, Top: few}, {Fields: long, Top: many}} {
			if len(part.Fields) == 0 {
				continue
			}
			part.Filter, part.Shop = f, true
			facets, err := c.Facets(ctx, part)
			if err != nil {
				m.err = err
				return m
			}
			m.facets = append(m.facets, facets...)
		}
		return m
	}
}

// Update implements pane.Pane.
func (v *View) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case facetsMsg:
		return v.filled(msg)
	case tea.MouseClickMsg:
		return v.click(msg)
	case tea.MouseWheelMsg:
		v.grid.Wheel(pane.Notch(msg))
	case tea.MouseMotionMsg:
		if msg.Button == tea.MouseLeft && msg.X == v.w-1 {
			v.grid.Drag(msg.Y)
		}
	}
	return nil, nil
}

func (v *View) click(msg tea.MouseClickMsg) (pane.Intent, tea.Cmd) {
	spot, again := v.grid.Click(msg.X, msg.Y)
	if spot != grid.OnRow {
		return nil, nil
	}
	l, _ := v.grid.Current()
	switch {
	case msg.Button == tea.MouseRight && l.kind == value:
		return v.pick(pane.Exclude)
	case l.kind != value || again || msg.X <= signWidth:
		return v.enter()
	}
	return nil, nil
}

func (v *View) filled(m facetsMsg) (pane.Intent, tea.Cmd) {
	if !v.main.Is(m.n) {
		return nil, nil
	}
	if m.err != nil {
		return pane.Failed("count values", m.err), nil
	}
	v.stale = false
	for _, f := range m.facets {
		v.facets[f.Field] = f
		v.again = v.again || f.Partial // the search goes on when asked again
	}
	v.lines()
	if v.again {
		v.again = false
		return nil, v.ask()
	}
	return nil, nil
}

// lines rebuilds the list from what is known.
func (v *View) lines() {
	var lines []line
	for _, field := range v.fields {
		f, known := v.facets[field]
		lines = append(lines, line{key: v.id(field), field: field, facet: f})
		if v.folded[field] || !known {
			continue
		}
		for _, fv := range v.withPicked(field, f) {
			lines = append(lines, line{key: v.id(field + "\x00" + fv.Value.Text + null(fv.Value)), field: field, kind: value, value: fv})
		}
		if int64(len(f.Values)) < f.Distinct && !v.opened[field] || v.opened[field] && len(f.Values) > few {
			lines = append(lines, line{key: v.id(field + "\x01"), field: field, kind: more, facet: f})
		}
	}
	touched := v.grid.Touched()
	v.grid.Set(lines)
	if !touched {
		v.grid.First()
	}
}

func null(v query.Value) string {
	if v.Null {
		return "\x02"
	}
	return ""
}

// id gives a line its lasting key.
func (v *View) id(s string) int64 {
	n, ok := v.ids[s]
	if !ok {
		n = int64(len(v.ids))
		v.ids[s] = n
	}
	return n
}
