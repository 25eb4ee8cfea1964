package query

import (
	"context"
	"sync/atomic"
)

// A Reading tells how far a question is with the records that it has to read, in
// events. It may be used by many goroutines at once; a nil one is told nothing.
type Reading struct{ done, wanted atomic.Int64 }

type readingKey struct{}

// WithReading returns a context whose questions tell r how far they are.
func WithReading(ctx context.Context, r *Reading) context.Context {
	return context.WithValue(ctx, readingKey{}, r)
}

// ReadingOf returns whom a question has to tell how far it is, nil when nobody
// looks.
func ReadingOf(ctx context.Context) *Reading {
	r, _ := ctx.Value(readingKey{}).(*Reading)
	return r
}

// Expect says that the records of n more events have to be read.
func (r *Reading) Expect(n int64) {
	if r != nil {
		r.wanted.Add(n)
	}
}

// Add says that the records of n events are read.
func (r *Reading) Add(n int64) {
	if r != nil {
		r.done.Add(n)
	}
}

// Percent returns how much of what is expected so far is read; ok is false when
// nothing is expected. A question that goes several ways through the records
// learns of each when it begins.
func (r *Reading) Percent() (percent int, ok bool) {
	if r == nil {
		return 0, false
	}
	done, wanted := r.done.Load(), r.wanted.Load()
	if wanted <= 0 {
		return 0, false
	}
	return int(100 * min(done, wanted) / wanted), true
}
