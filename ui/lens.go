package ui

import (
	"slices"
	"time"

	"spoor/loader/cloudtrail"
	"spoor/query"
)

// A span is a time range, From included, To excluded; zero times are open.
type span struct{ from, to time.Time }

func (s span) open() bool { return s.from.IsZero() && s.to.IsZero() }

// A lens is how the case is looked at: everything undo takes back. It is a
// value; the history is a slice of them.
type lens struct {
	filter query.Filter
	off    []query.Filter // chips switched off, kept at hand
	spans  []span         // zoom steps, the last one holds
	order  query.Order
}

// span is the time range in force.
func (l lens) span() span {
	if len(l.spans) == 0 {
		return span{}
	}
	return l.spans[len(l.spans)-1]
}

// all is everything that narrows: the filter and the time range.
func (l lens) all() query.Filter {
	s := l.span()
	if s.open() {
		return l.filter
	}
	from, to := int64(cloudtrail.NoTime), int64(cloudtrail.NoTime)
	if !s.from.IsZero() {
		from = s.from.UnixMicro()
	}
	if !s.to.IsZero() {
		to = s.to.UnixMicro() - 1 // both ends of a range are in it
	}
	return l.filter.And(query.Within(from, to))
}

func (l lens) equal(m lens) bool {
	return l.order == m.order && l.span() == m.span() && len(l.spans) == len(m.spans) && l.filter.Equal(m.filter) &&
		slices.EqualFunc(l.off, m.off, query.Filter.Equal)
}

// zoom adds a step; an open one takes all steps back.
func (l lens) zoom(s span) lens {
	if s.open() {
		l.spans = nil
		return l
	}
	l.spans = append(slices.Clone(l.spans), s)
	return l
}

// unzoom takes the last step back.
func (l lens) unzoom() lens {
	if n := len(l.spans); n > 0 {
		l.spans = slices.Clone(l.spans[:n-1])
	}
	return l
}

// switchOff takes the i-th chip out of force but keeps it at hand.
func (l lens) switchOff(i int) lens {
	chips := l.filter.Chips()
	if i < 0 || i >= len(chips) {
		return l
	}
	if f, err := query.Parse(chips[i].Text); err == nil {
		l.off = append(slices.Clone(l.off), f)
		l.filter = l.filter.Remove(i)
	}
	return l
}

// switchOn puts the i-th chip that is off back in force.
func (l lens) switchOn(i int) lens {
	if i < 0 || i >= len(l.off) {
		return l
	}
	l.filter = l.filter.And(l.off[i])
	return l.dropOff(i)
}

func (l lens) dropOff(i int) lens {
	if i >= 0 && i < len(l.off) {
		l.off = slices.Delete(slices.Clone(l.off), i, i+1)
	}
	return l
}

// maxHistory bounds the steps that can be undone.
const maxHistory = 500

// history is the lenses that were looked through; the one at is in force.
type history struct {
	steps []lens
	at    int
}

func (h *history) now() lens { return h.steps[h.at] }

// push makes l the newest step; what had been undone is forgotten.
func (h *history) push(l lens) bool {
	if h.now().equal(l) {
		return false
	}
	h.steps = append(h.steps[:h.at+1:h.at+1], l)
	if n := len(h.steps) - maxHistory; n > 0 {
		h.steps = h.steps[n:]
	}
	h.at = len(h.steps) - 1
	return true
}

// has reports whether there is a step n from the one in force.
func (h *history) has(n int) bool { return h.at+n >= 0 && h.at+n < len(h.steps) }

func (h *history) move(n int) bool {
	if !h.has(n) {
		return false
	}
	h.at += n
	return true
}
