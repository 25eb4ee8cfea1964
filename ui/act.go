package ui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/ui/pane"
	"spoor/ui/text"
)

// notice is the line at the foot, and the problems that were shown there.
type notice struct {
	text     text.Safe
	bad      bool
	problems []problem
}

type problem struct {
	at   time.Time
	text text.Safe
}

// maxProblems bounds the list; the newest are kept.
const maxProblems = 1000

// act does what a pane asked for.
func (m *Model) act(in pane.Intent) tea.Cmd {
	switch in := in.(type) {
	case nil:
		return nil
	case pane.Several:
		var cmds []tea.Cmd
		for _, one := range in {
			cmds = append(cmds, m.act(one))
		}
		return tea.Batch(cmds...)
	case pane.Pick, pane.Narrow, pane.Replace, pane.Span, pane.SetOrder:
		return m.relens(in)
	case pane.Evidence:
		return m.evidence(in)
	case pane.OpenEvent:
		return m.openEvent(in.Seq)
	case pane.Point:
		return m.point(in.Seq)
	case pane.Reveal:
		cmd := m.goTo(0)
		return tea.Batch(cmd, m.events.Reveal(in.At))
	case pane.GoTo:
		if i := slices.IndexFunc(m.views, func(v View) bool { return string(v.Title) == in.View }); i >= 0 {
			return m.goTo(i)
		}
		return nil
	case pane.Leave:
		return m.setFocus(slotMain)
	case pane.Loading:
		m.sample()
		return m.tick()
	case pane.Send:
		return m.broadcast(in.Msg)
	}
	return m.tell(in)
}

// tell does the intents that only show something.
func (m *Model) tell(in pane.Intent) tea.Cmd {
	switch in := in.(type) {
	case pane.Say:
		m.notice.text, m.notice.bad = in.Text, in.Bad
		if in.Bad {
			m.notice.problems = append(m.notice.problems, problem{at: m.now(), text: in.Text})
			if n := len(m.notice.problems) - maxProblems; n > 0 {
				m.notice.problems = m.notice.problems[n:]
			}
		}
	case pane.SetColumns:
		m.events.SetColumns(in.Columns)
		return m.resync()
	case pane.Copy:
		return m.copy(in)
	case pane.Ask:
		return m.push(newPrompt(in))
	case pane.Confirm:
		return m.push(&confirm{Confirm: in})
	case pane.Choose:
		return m.push(&menu{title: in.Title, items: menuItems(in.Items)})
	case pane.Read:
		return m.push(newReader(in))
	}
	return nil
}

// relens acts on intents that change the lens.
func (m *Model) relens(in pane.Intent) tea.Cmd {
	l := m.history.now()
	var err error
	switch in := in.(type) {
	case pane.Pick:
		switch in.How {
		case pane.Include:
			l.filter, err = l.filter.Include(in.Field, in.Value)
		case pane.Exclude:
			l.filter, err = l.filter.Exclude(in.Field, in.Value)
		default:
			l.filter, err = l.filter.Only(in.Field, in.Value)
		}
	case pane.Narrow:
		l.filter = l.filter.And(in.Filter)
	case pane.Replace:
		l.filter = in.Filter
	case pane.Span:
		l = l.zoom(span{in.From, in.To})
	case pane.SetOrder:
		l.order = in.Order
	}
	if err != nil {
		return m.act(pane.Say{Text: text.Clean("filter: " + err.Error()), Bad: true})
	}
	return m.apply(l)
}

// evidence opens the events behind a figure.
func (m *Model) evidence(in pane.Evidence) tea.Cmd {
	l := m.history.now()
	l.filter, l.off = in.Filter, nil
	l = l.zoom(span{in.From, in.To})
	m.trail.hop(m.view, stop{view: 0, from: m.history.now(), set: l, jump: true})
	return tea.Batch(m.show(0), m.apply(l))
}

func (m *Model) openEvent(seq int64) tea.Cmd {
	m.shape.detail, m.shape.focus = true, slotDetail
	return tea.Batch(m.relayout(), m.detail.Show(seq, true))
}

// point lets an open detail follow the cursor.
func (m *Model) point(seq int64) tea.Cmd {
	if !m.shape.detail {
		return nil
	}
	return m.detail.Show(seq, false)
}

// trail is the views walked through, for back and forward.
type trail struct {
	steps []stop
	at    int
}

// A stop is a view walked to. A jump to the events behind a figure also set the
// lens: going back over it takes that back, too, unless it was changed since.
type stop struct {
	view      int
	jump      bool
	from, set lens
}

// hop makes a stop the newest; what lay ahead is forgotten.
func (t *trail) hop(from int, to stop) {
	if len(t.steps) == 0 {
		t.steps = []stop{{view: from}}
	}
	t.steps = append(t.steps[:t.at+1:t.at+1], to)
	if n := len(t.steps) - maxHistory; n > 0 {
		t.steps = t.steps[n:]
	}
	t.at = len(t.steps) - 1
}

// goTo shows a view.
func (m *Model) goTo(i int) tea.Cmd {
	if i < 0 || i >= len(m.views) {
		return nil
	}
	if i != m.view {
		m.trail.hop(m.view, stop{view: i})
	}
	return m.show(i)
}

func (m *Model) show(i int) tea.Cmd {
	m.view = i
	m.shape.events, m.shape.focus = i == 0, slotMain
	if m.w < twoColumns {
		m.shape.detail = false
	}
	return m.relayout()
}

// walk goes back or forward among the views.
func (m *Model) walk(n int) tea.Cmd {
	if m.noStop(n) != "" {
		return nil
	}
	to := m.trail.at + n
	over, now := m.trail.steps[max(m.trail.at, to)], m.history.now()
	m.trail.at = to
	cmd := m.show(m.trail.steps[to].view)
	switch {
	case over.jump && n < 0 && now.equal(over.set):
		return tea.Batch(cmd, m.apply(over.from))
	case over.jump && n > 0 && now.equal(over.from):
		return tea.Batch(cmd, m.apply(over.set))
	}
	return cmd
}

// jumped reports whether what is shown are still the events behind a figure.
func (m *Model) jumped() bool {
	if m.trail.at == 0 || m.trail.at >= len(m.trail.steps) {
		return false
	}
	at := m.trail.steps[m.trail.at]
	return at.jump && m.history.now().equal(at.set)
}

// step is undo and redo.
func (m *Model) step(n int) tea.Cmd {
	m.history.move(n)
	return m.sync()
}

// noStep says why there is nothing to undo or redo.
func (m *Model) noStep(n int) string {
	switch {
	case m.history.has(n):
		return ""
	case n < 0:
		return "nothing to undo"
	}
	return "nothing to redo"
}

// noStop says why one can't go back or forward among the views.
func (m *Model) noStop(n int) string {
	if to := m.trail.at + n; to < 0 || to >= len(m.trail.steps) {
		return "no further view that way"
	}
	return ""
}

// clear takes filter and time range away.
func (m *Model) clear() tea.Cmd {
	return m.apply(lens{order: m.history.now().order})
}
