package pane

import "context"

// A Line is a line of questions of which only the newest matters: asking again
// cancels what was asked before. The zero Line is ready to use.
//
//	ctx, n := p.pages.Next(state.Ctx)
//	return func() tea.Msg { page, err := p.case.Page(ctx, req); return pageMsg{n, page, err} }
//
// and on the reply
//
//	if !p.pages.Is(msg.n) { return } // a newer question is out
type Line struct {
	n      uint64
	cancel context.CancelFunc
}

// Next cancels the question that is out and returns a context and number for
// the next.
func (l *Line) Next(parent context.Context) (context.Context, uint64) {
	l.Stop()
	if parent == nil {
		parent = context.Background()
	}
	ctx, cancel := context.WithCancel(parent)
	l.cancel = cancel
	return ctx, l.n
}

// Is reports whether n is the question that is out, and if so marks it answered.
func (l *Line) Is(n uint64) bool {
	if n != l.n || l.cancel == nil {
		return false
	}
	l.cancel()
	l.cancel = nil
	return true
}

// Number is the number of the question asked last.
func (l *Line) Number() uint64 { return l.n }

// Out reports whether a question is out.
func (l *Line) Out() bool { return l.cancel != nil }

// Stop cancels the question that is out; its reply, if it still comes, is void.
func (l *Line) Stop() {
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
	l.n++
}
