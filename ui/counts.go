package ui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// counts are the exact figures of the header.
type counts struct {
	started  bool
	matching int64 // -1: not known yet
	partial  bool
	totals   query.Totals
	known    bool
	match    pane.Line
	all      pane.Line
}

type (
	countMsg struct {
		n     uint64
		count query.Count
		err   error
	}
	totalsMsg struct {
		n      uint64
		totals query.Totals
	}
)

// count asks how many events match.
func (m *Model) count() tea.Cmd {
	ctx, n := m.counts.match.Next(m.ctx)
	c, f := m.opt.Case, m.asked.filter
	return func() tea.Msg {
		k, err := c.Count(ctx, f)
		return countMsg{n: n, count: k, err: err}
	}
}

// total asks how many there are.
func (m *Model) total() tea.Cmd {
	_, n := m.counts.all.Next(m.ctx)
	c := m.opt.Case
	return func() tea.Msg { return totalsMsg{n: n, totals: c.Totals()} }
}

func (m *Model) counted(msg countMsg) tea.Cmd {
	if !m.counts.match.Is(msg.n) {
		return nil
	}
	if msg.err != nil {
		return m.fail("count events", msg.err)
	}
	m.counts.matching, m.counts.partial = msg.count.N, msg.count.Partial
	m.tellTotal()
	if msg.count.Partial {
		return m.count() // the search goes on when asked again
	}
	return nil
}

// tellTotal tells the table how many events there are to scroll through.
func (m *Model) tellTotal() {
	total := m.counts.matching
	if m.counts.partial {
		total = -1
	}
	m.events.SetTotal(total)
}

func (m *Model) totalled(msg totalsMsg) tea.Cmd {
	if !m.counts.all.Is(msg.n) {
		return nil
	}
	m.counts.totals, m.counts.known = msg.totals, true
	return nil
}

// fail keeps an error among the problems.
func (m *Model) fail(what text.Safe, err error) tea.Cmd { return m.act(pane.Failed(what, err)) }

// load is a load in progress, sampled.
type load struct {
	now     Progress
	seen    uint64    // revision the panes were told of
	told    time.Time // when
	ticking bool
	spin    int
}

type tickMsg time.Time

const (
	sampleEvery  = 100 * time.Millisecond
	refreshEvery = 700 * time.Millisecond // between questions asked only because the case grew
)

// sample reads the counters.
func (m *Model) sample() {
	if m.opt.Progress != nil {
		m.load.now = m.opt.Progress()
	}
}

// tick watches a load and what is worked out after it; without one nothing ticks.
func (m *Model) tick() tea.Cmd {
	if p := m.load.now; m.load.ticking || m.opt.Progress == nil || !p.Running && !p.Resolving && m.load.seen == p.Revision {
		return nil
	}
	m.load.ticking = true
	return tea.Tick(sampleEvery, func(t time.Time) tea.Msg { return tickMsg(t) })
}

func (m *Model) ticked() tea.Cmd {
	m.load.ticking = false
	was := m.load.now.Running
	m.sample()
	if !m.opt.Still {
		m.load.spin++
	}
	var cmds []tea.Cmd
	now := time.Now()
	due := now.Sub(m.load.told) >= refreshEvery && !m.counts.match.Out() || !m.load.now.Running
	if grown := m.load.now.Revision != m.load.seen; grown && due || was && !m.load.now.Running {
		m.load.seen, m.load.told = m.load.now.Revision, now
		m.asked.data++
		cmds = append(cmds, m.count(), m.total(), m.sync())
	}
	if was && !m.load.now.Running && m.load.now.Err != nil {
		what := text.Safe("load")
		if source := m.load.now.Source; !strings.Contains(m.load.now.Err.Error(), source) {
			what += " " + text.Clean(source)
		}
		cmds = append(cmds, m.fail(what, m.load.now.Err))
	}
	return tea.Batch(append(cmds, m.tick())...)
}
