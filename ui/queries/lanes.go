package queries

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
)

// Questions are put to the case side by side, each a request of its own: those
// that are quick to answer in two lanes; those that read records in a third, the
// records read once for all of them first; and the one that the reader wants now
// in the last. So none waits for a slow one, and the case has room for the rest
// of the screen.
const (
	quickLane = iota
	quickLane2
	slowLane
	wantedLane
	laneCount
)

// A lane is a line of questions to the case.
type lane struct {
	pane.Line
	entry   *entry // that is out, nil when the records are read
	reading *query.Reading
}

type (
	answerMsg struct {
		lane   int
		n      uint64
		entry  *entry
		answer query.Answer
		err    error
	}
	readMsg struct {
		n   uint64
		err error
	}
	lookMsg struct{}
)

// next puts questions that have no answer yet to the lanes that are free.
func (v *View) next() tea.Cmd {
	var cmds []tea.Cmd
	for i := quickLane; i <= slowLane; i++ {
		if v.lanes[i].Out() {
			continue
		}
		e := v.nextOf(i == slowLane)
		switch {
		case e == nil:
		case i == slowLane && !v.ahead:
			cmds = append(cmds, v.readAhead())
		default:
			cmds = append(cmds, v.ask(e, i))
		}
	}
	return tea.Batch(cmds...)
}

// nextOf is the question to put next, one never answered first. While the case
// grows, slow ones are not put again: they would compete with the load.
func (v *View) nextOf(slow bool) *entry {
	for _, wanted := range []progress{waiting, stale} {
		if slow && wanted == stale && v.state.Live {
			break
		}
		for _, e := range v.all() {
			if e.state == wanted && e.ready != nil && e.slow == slow && !v.isOut(e) {
				return e
			}
		}
	}
	return nil
}

func (v *View) isOut(e *entry) bool {
	return slices.ContainsFunc(v.lanes[:], func(l lane) bool { return l.Out() && l.entry == e })
}

// anyOut reports whether any lane is busy.
func (v *View) anyOut() bool {
	return slices.ContainsFunc(v.lanes[:], func(l lane) bool { return l.Out() })
}

func (v *View) stopLanes() {
	for i := range v.lanes {
		v.lanes[i].Stop()
	}
}

// readAhead reads the records that the slow questions want.
func (v *View) readAhead() tea.Cmd {
	v.ahead = true
	var list []*query.Question
	for _, e := range v.all() {
		if e.slow && e.ready != nil && (e.state == waiting || e.state == stale && !v.state.Live) {
			list = append(list, e.ready)
		}
	}
	l := &v.lanes[slowLane]
	l.entry, l.reading = nil, new(query.Reading)
	ctx, n := l.Next(v.state.Ctx)
	ctx = query.WithReading(ctx, l.reading)
	a := v.asker
	return tea.Batch(func() tea.Msg { return readMsg{n, a.ReadAhead(ctx, list)} }, v.look())
}

// lookEvery is how often it is looked how far slow questions are.
const lookEvery = 250 * time.Millisecond

// look begins to look how far slow questions are, if that is not done yet.
func (v *View) look() tea.Cmd {
	if v.looking {
		return nil
	}
	v.looking = true
	return lookAgain()
}

func lookAgain() tea.Cmd {
	return tea.Tick(lookEvery, func(time.Time) tea.Msg { return lookMsg{} })
}

// looked goes on as long as a slow question is out.
func (v *View) looked() tea.Cmd {
	for i := range v.lanes {
		if l := &v.lanes[i]; l.Out() && l.reading != nil {
			return lookAgain()
		}
	}
	v.looking = false
	return nil
}

// percent tells how far the records are read that a question waits for.
func (v *View) percent(e *entry) (percent int, ok bool) {
	if ahead := &v.lanes[slowLane]; e.slow && ahead.Out() && ahead.entry == nil {
		percent, ok = ahead.reading.Percent()
	}
	for i := range v.lanes {
		if l := &v.lanes[i]; l.Out() && l.entry == e {
			return l.reading.Percent()
		}
	}
	return percent, ok
}

func (v *View) ask(e *entry, i int) tea.Cmd {
	l := &v.lanes[i]
	l.entry, l.reading = e, nil
	ctx, n := l.Next(v.state.Ctx)
	var look tea.Cmd
	if e.slow {
		l.reading = new(query.Reading)
		ctx, look = query.WithReading(ctx, l.reading), v.look()
	}
	a, q, values := v.asker, e.ready, e.values
	return tea.Batch(func() tea.Msg {
		answer, err := a.Answer(ctx, q, values)
		return answerMsg{lane: i, n: n, entry: e, answer: answer, err: err}
	}, look)
}

// askNow puts a question that the reader can't wait for.
func (v *View) askNow(e *entry) tea.Cmd {
	for i := range v.lanes {
		if v.lanes[i].Out() && v.lanes[i].entry == e {
			v.lanes[i].Stop()
		}
	}
	return tea.Batch(v.ask(e, wantedLane), v.next())
}

// haveRead goes on once the records are read; what went wrong with them the
// questions will say.
func (v *View) haveRead(m readMsg) (pane.Intent, tea.Cmd) {
	if !v.lanes[slowLane].Is(m.n) {
		return nil, nil
	}
	return nil, v.next()
}

func (v *View) answered(m answerMsg) (pane.Intent, tea.Cmd) {
	if !v.lanes[m.lane].Is(m.n) || errors.Is(m.err, context.Canceled) {
		return nil, nil
	}
	e := m.entry
	e.answer, e.err, e.state = m.answer, m.err, answered
	if m.err != nil {
		e.state = failed
	}
	if v.open == e {
		v.showFindings(e)
	}
	return nil, v.next()
}
