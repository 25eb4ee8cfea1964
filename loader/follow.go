package loader

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"
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
// new and changed objects, and those that could not be fetched before. A source
// is listed whole until that has succeeded once. The ticks are the times of a
// clock. Each round's report goes to each; parts of a source that could not be
// listed are in it and do not end the following. The error is the sink's or
// ctx's.
func Follow(ctx context.Context, sources []Source, sink Sink, opt Options, ticks <-chan time.Time, each func(Report)) error {
	f := &following{spoiled: map[string]Object{}, jobs: map[string]job{}, whole: map[string]bool{}}
	opt.following = f
	round := sources
	for {
		report, err := Load(ctx, round, sink, opt)
		each(report)
		if listing := (*listingError)(nil); err != nil && !errors.As(err, &listing) {
			return err
		}
		select {
		case now := <-ticks:
			f.again = true
			round = f.since(sources, now.Add(-relist))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// following is what one round of Follow tells the next. A nil one, of a single
// load, knows nothing.
type following struct {
	again bool // what is unchanged is not counted again

	mu      sync.Mutex
	spoiled map[string]Object // need not be fetched again: they were read and can't be decoded
	jobs    map[string]job    // could not be fetched, and may be too old to be listed again
	whole   map[string]bool   // sources that were listed without an error, by name
}

// since narrows the sources that can be and have been listed once.
func (f *following) since(sources []Source, t time.Time) []Source {
	out := make([]Source, len(sources))
	for i, s := range sources {
		out[i] = s
		if r, ok := s.(Recent); ok && f.whole[s.String()] {
			out[i] = r.Since(t)
		}
	}
	return out
}

// passes reports whether a later round leaves an object out: it is unchanged, or
// was read before in vain.
func (f *following) passes(o Object, unchanged bool) bool {
	if f == nil || !f.again {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	old, ok := f.spoiled[o.Name]
	return unchanged || ok && old.Size == o.Size && old.ETag == o.ETag && old.ModTime.Equal(o.ModTime)
}

func (f *following) spoil(o Object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spoiled[o.Name] = o
}

func (f *following) listed(src Source) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.whole[src.String()] = true
}

// fetched notes whether an object has to be tried again.
func (f *following) fetched(j job, err error) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if delete(f.jobs, j.obj.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.jobs[j.obj.Name] = j
	}
}

// missed are the objects that could not be fetched in earlier rounds.
func (f *following) missed() []job {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.jobs))
}

// A listingError means that no source could be listed at all.
type listingError struct{ error }

func (e *listingError) Unwrap() error { return e.error }
