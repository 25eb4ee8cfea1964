package loader

import (
	"context"
	"errors"
	"time"
)

// relist is how far back a round of Follow lists what it has seen already: the
// names of delivered files sort by the minute, but not inside it, and a file may
// become visible after one with a later name (fact sheet section 6).
const relist = 30 * time.Minute

// A Recent source can be narrowed to what was delivered since a time, so that
// looking for new objects is cheap. Others are listed whole in every round.
type Recent interface {
	Source
	Since(t time.Time) Source
}

// Follow loads like Load, and then again at each tick, until ctx is done: only
// new and changed objects, and those that could not be fetched before. The ticks
// are the times of a clock. Each round's report goes to each; parts of a source
// that could not be listed are in it and do not end the following. The error is
// the sink's or ctx's.
func Follow(ctx context.Context, sources []Source, sink Sink, opt Options, ticks <-chan time.Time, each func(Report)) error {
	opt.spoiled = map[string]Object{}
	round := sources
	for {
		report, err := Load(ctx, round, sink, opt)
		each(report)
		if listing := (*listingError)(nil); err != nil && !errors.As(err, &listing) {
			return err
		}
		select {
		case now := <-ticks:
			opt.again = true
			round = since(sources, now.Add(-relist))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// since narrows the sources that can be.
func since(sources []Source, t time.Time) []Source {
	out := make([]Source, len(sources))
	for i, s := range sources {
		out[i] = s
		if r, ok := s.(Recent); ok {
			out[i] = r.Since(t)
		}
	}
	return out
}

// A listingError means that no source could be listed at all.
type listingError struct{ error }

func (e *listingError) Unwrap() error { return e.error }
