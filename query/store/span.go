package store

import (
	"context"
	"math"
	"time"

	"spoor/query"
)

// A span sums up events: how many, from when to when.
type span struct {
	events, noTime int64
	from, to       int64 // µs UTC of events with a time; from > to when there is none
	last           int64 // highest seq
}

func emptySpan() span { return span{from: math.MaxInt64, to: math.MinInt64} }

// add takes an event.
func (s *span) add(seq, t int64) {
	s.events++
	s.last = max(s.last, seq)
	if t == noTime {
		s.noTime++
		return
	}
	s.from, s.to = min(s.from, t), max(s.to, t)
}

func (s *span) join(o span) {
	s.events += o.events
	s.noTime += o.noTime
	s.from, s.to, s.last = min(s.from, o.from), max(s.to, o.to), max(s.last, o.last)
}

// readSpan counts the whole case.
func (db *DB) readSpan(ctx context.Context, c conn) error {
	n, err := c.int64s(ctx, "SELECT count(*), count(*) - count(t), min(t), max(t), coalesce(max(seq), 0) FROM event_rows")
	if err != nil {
		return err
	}
	s := emptySpan()
	if s.events, s.noTime, s.last = n[0], n[1], n[4]; s.events > s.noTime {
		s.from, s.to = n[2], n[3]
	}
	db.state.Lock()
	defer db.state.Unlock()
	db.span = s
	db.revision++
	return nil
}

// bump says that answers given so far may no longer hold.
func (db *DB) bump() {
	db.state.Lock()
	defer db.state.Unlock()
	db.revision++
}

// now returns the span and the revision it belongs to.
func (db *DB) now() (span, uint64) {
	db.state.RLock()
	defer db.state.RUnlock()
	return db.span, db.revision
}

// Totals returns what the case holds. It asks nobody and is instant.
func (db *DB) Totals() query.Totals {
	s, rev := db.now()
	t := query.Totals{Events: s.events, NoTime: s.noTime, Revision: rev}
	if s.from <= s.to {
		t.From, t.To = time.UnixMicro(s.from).UTC(), time.UnixMicro(s.to).UTC()
	}
	return t
}
