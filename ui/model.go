package ui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/chart"
	"spoor/ui/detail"
	"spoor/ui/events"
	"spoor/ui/facets"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Model is the whole screen. It implements tea.Model.
type Model struct {
	opt Options
	ctx context.Context

	canvas
	frame    frame
	zone     *time.Location
	events   *events.View
	facets   *facets.View
	chart    *chart.View
	detail   *detail.View
	views    []View
	profiles pane.Line
	view     int
	shape    shape
	trail    trail

	history history
	preview *lens // while the filter line is edited
	asked   asked
	counts  counts
	load    load

	overlays []overlay
	edit     *editor
	digits   digits
	copied   pane.Copy // last
	notice   notice
	presses  int // keys so far, for the tips
	table    table
}

// asked is the question in force and its number.
type asked struct {
	n      uint64
	data   uint64
	filter query.Filter
	order  query.Order
}

// New returns the screen on a case. Its questions end with ctx.
func New(ctx context.Context, o Options) *Model {
	m := &Model{opt: o, ctx: ctx, canvas: newCanvas(o.Theme, o.Glyphs, o.Profile), zone: o.Zone, history: history{steps: []lens{{filter: o.Filter, order: o.Order}}}}
	if m.zone == nil {
		m.zone = time.UTC
	}
	if o.Place != nil && o.Columns == nil {
		o.Columns = o.Place.Columns
	}
	m.events, m.facets = events.New(o.Case, o.Columns), facets.New(o.Case, nil)
	m.chart, m.detail = chart.New(o.Case), detail.New(o.Case)
	m.views = inOrder(append([]View{{Title: "Events", Pane: m.events}}, o.Views...))
	m.shape = shape{events: true, chart: true, facets: true}
	if o.Place != nil {
		m.restore(*o.Place)
	}
	l := m.history.now()
	m.asked = asked{n: 1, filter: l.all(), order: l.order}
	m.counts.matching = -1
	m.table = newTable(m)
	if len(o.Guide) > 0 {
		m.say("new here? ctrl+o guides you through this example")
	}
	if o.News != "" {
		m.say(o.News)
	}
	return m
}

// viewOrder is the fixed order of the views: hands learn the numbers.
var viewOrder = []text.Safe{"Events", "Timeline", "Sessions", "Integrity", "Queries", "Sources", "Marked"}

// inOrder sorts views into their fixed order, others last.
func inOrder(views []View) []View {
	place := func(v View) int {
		if i := slices.Index(viewOrder, v.Title); i >= 0 {
			return i
		}
		return len(viewOrder)
	}
	slices.SortStableFunc(views, func(a, b View) int { return place(a) - place(b) })
	return views
}

// now is the time by the clock of the options.
func (m *Model) now() time.Time {
	if m.opt.Now != nil {
		return m.opt.Now()
	}
	return time.Now()
}

// Problems returns what is wrong with the command table: clashing keys, unknown
// ids among the remapped ones.
func (m *Model) Problems() []string { return m.table.problems }

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	m.sample() // a load may have begun since
	return tea.Batch(tea.RequestBackgroundColor, m.sync(), m.tick())
}

// lens is what is looked through now.
func (m *Model) lens() lens {
	if m.preview != nil {
		return *m.preview
	}
	return m.history.now()
}

// state is what panes are told.
func (m *Model) state() pane.State {
	return pane.State{Ctx: m.ctx, Styles: m.look.styles, Zone: m.zone, Filter: m.asked.filter, Order: m.asked.order,
		Asked: m.asked.n, Data: m.asked.data, Live: m.load.now.Running, Accounts: m.accounts(), Columns: m.events.Chosen()}
}

// paneAt returns the pane of a slot.
func (m *Model) paneAt(s slot) pane.Pane {
	switch s {
	case slotFacets:
		return m.facets
	case slotChart:
		return m.chart
	case slotDetail:
		return m.detail
	}
	return m.views[m.view].Pane
}

// panes returns every pane, shown or not.
func (m *Model) panes() []pane.Pane {
	all := []pane.Pane{m.facets, m.chart, m.detail}
	for _, v := range m.views {
		all = append(all, v.Pane)
	}
	return all
}

// Update implements tea.Model: it only sorts messages.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		return m, m.relayout()
	case tea.ColorProfileMsg:
		m.setProfile(msg.Profile)
		return m, m.sync()
	case tea.BackgroundColorMsg:
		m.setBackground(msg.IsDark())
		return m, m.sync()
	case tea.KeyPressMsg:
		if first, second, ok := m.twoKeys(msg); ok {
			return m, tea.Batch(m.key(first), m.key(second))
		}
		return m, m.key(msg)
	case tea.PasteMsg:
		return m, m.paste(msg)
	case tea.MouseMsg:
		return m, m.mouse(msg)
	case tickMsg:
		return m, m.ticked()
	case countMsg:
		return m, m.counted(msg)
	case totalsMsg:
		return m, m.totalled(msg)
	case editMsg, valuesMsg:
		return m, m.editReply(msg)
	case partMsg:
		return m, m.portrayed(msg)
	case profileMsg:
		return m, m.profiled(msg)
	case sessionMsg:
		return m, m.sessionFound(msg)
	case exportMsg:
		return m, m.exported(msg)
	case progressMsg:
		return m, m.progressed(msg)
	case revealMsg:
		return m, m.act(pane.Reveal{At: msg.at})
	case copyMsg:
		return m, m.copy(msg.Copy)
	case annotationMsg:
		return m, m.annotated(msg)
	case pane.Done:
		return m, m.done(msg)
	}
	return m, m.broadcast(msg)
}

// broadcast gives a message to every pane: replies are known by their type.
func (m *Model) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, p := range m.panes() {
		intent, cmd := p.Update(msg)
		cmds = append(cmds, cmd, m.act(intent))
	}
	return tea.Batch(cmds...)
}

// relayout places everything again, and tells the panes.
func (m *Model) relayout() tea.Cmd {
	m.frame = layout(m.w, m.h, m.shape)
	for s := range slots {
		if r := m.frame.panes[s]; !r.empty() {
			if s != slotChart {
				r = r.below()
			}
			m.paneAt(s).Resize(r.w, r.h)
		}
	}
	return m.sync()
}

// sync brings the question in force up to the lens and tells the panes in sight.
func (m *Model) sync() tea.Cmd {
	l := m.lens()
	var cmds []tea.Cmd
	if f := l.all(); !f.Equal(m.asked.filter) || l.order != m.asked.order {
		recount := !f.Equal(m.asked.filter)
		m.asked = asked{n: m.asked.n + 1, data: m.asked.data, filter: f, order: l.order}
		if recount {
			m.counts.matching = -1
			cmds = append(cmds, m.count())
		}
	}
	if !m.counts.started {
		m.counts.started = true
		cmds = append(cmds, m.count(), m.total())
	}
	st := m.state()
	for s := range slots {
		if !m.frame.panes[s].empty() {
			cmds = append(cmds, m.paneAt(s).Sync(st))
		}
	}
	m.tellTotal()
	return tea.Batch(cmds...)
}

// setFocus moves the focus; the layout may follow.
func (m *Model) setFocus(s slot) tea.Cmd {
	m.shape.focus = s
	return m.relayout()
}

// apply makes a lens the newest step of the history.
func (m *Model) apply(l lens) tea.Cmd {
	m.preview = nil
	m.history.push(l)
	return m.sync()
}

// say shows a line at the foot.
func (m *Model) say(t text.Safe) { m.notice.text, m.notice.bad = t, false }
