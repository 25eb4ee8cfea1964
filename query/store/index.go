package store

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/store/blocks"
)

// Index makes search blocks of all objects that have none yet, so that free text
// and paths are found some ten times as fast. It may be stopped at any moment
// and goes on from there the next time; while people ask, it waits. A case in
// memory has no blocks. One runs at a time: a second one returns at once.
func (db *DB) Index(ctx context.Context) error {
	if !db.blocks.Kept() || !db.indexing.TryLock() {
		return nil
	}
	defer db.indexing.Unlock()
	return db.makeBlocks(ctx, max(1, processors()/2), db.quiet, func(int64) {})
}

// IndexNow is Index with all processors and for nobody else's sake: for a command
// that does nothing beside. progress is told how many events are covered.
func (db *DB) IndexNow(ctx context.Context, progress func(events int64)) error {
	if !db.blocks.Kept() {
		return nil
	}
	db.indexing.Lock()
	defer db.indexing.Unlock()
	var mu sync.Mutex
	done := db.Totals().Events - db.unindexed()
	return db.makeBlocks(ctx, processors(), context.Context.Err, func(events int64) {
		mu.Lock()
		defer mu.Unlock()
		done += events
		progress(done)
	})
}

// Unready returns how many events a filter would read from their objects, for
// want of blocks: its first search of a large case takes that much longer.
func (db *DB) Unready(ctx context.Context, f query.Filter) (events int64, err error) {
	cd, err := db.compile(ctx, f)
	if err != nil || len(cd.leaves()) == 0 {
		return 0, err
	}
	return db.unindexed(), nil
}

// unindexed returns how many events lie in objects that a block could be made of.
func (db *DB) unindexed() (events int64) {
	groups, err := db.uncovered()
	if err != nil {
		return 0 // who searches will hear of it
	}
	for _, g := range groups {
		events += eventsOf(g)
	}
	return events
}

func eventsOf(group []objectRow) (n int64) {
	for _, o := range group {
		n += o.events
	}
	return n
}

// makeBlocks makes blocks until there is nothing left to make one of. Before each it
// waits for leave.
func (db *DB) makeBlocks(ctx context.Context, workers int, leave func(context.Context) error, built func(events int64)) error {
	for {
		groups, err := db.uncovered()
		if err != nil || len(groups) == 0 {
			return err
		}
		if made, err := db.buildAll(ctx, groups, workers, leave, built); err != nil || made == 0 {
			return err
		}
	}
}

// buildAll makes blocks and returns how many it made. A group that can't be read
// is left to the searches, which say so; the first error is returned when all
// others are done.
func (db *DB) buildAll(ctx context.Context, groups [][]objectRow, workers int, leave func(context.Context) error, built func(events int64)) (int64, error) {
	var made atomic.Int64
	var failed error
	var once sync.Once
	g := new(errgroup.Group)
	g.SetLimit(workers)
	for _, group := range groups {
		if err := leave(ctx); err != nil {
			break
		}
		g.Go(func() error {
			b, err := db.build(ctx, group, func(*blocks.Frame) error { return nil })
			if err != nil {
				once.Do(func() { failed = err })
			} else if b != nil {
				made.Add(1)
				built(eventsOf(group))
			}
			return nil
		})
	}
	_ = g.Wait() // errors are in failed
	if ctx.Err() != nil {
		return made.Load(), ctx.Err()
	}
	return made.Load(), failed
}

// quietEvery is how often Index looks whether questions are still being answered.
const quietEvery = 20 * time.Millisecond

// quiet returns when no question is being answered.
func (db *DB) quiet(ctx context.Context) error {
	tick := time.NewTicker(quietEvery)
	defer tick.Stop()
	for db.asking.Load() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// build makes a block of objects and keeps it. use sees each frame. It returns
// nil when the objects can't be covered as they are known: another load or
// search was quicker.
func (db *DB) build(ctx context.Context, objects []objectRow, use func(*blocks.Frame) error) (*blocks.Block, error) {
	spans, err := db.spansOf(ctx, objects)
	if err != nil {
		return nil, err
	}
	m := db.blocks.Maker(use)
	list := make([]blocks.Object, len(objects))
	for i, o := range objects {
		list[i] = coveredAs(o)
		events := spans[o.id]
		if int64(len(events)) != o.events {
			return nil, nil
		}
		text, err := db.unpackQuick(o)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(events, func(a, b located) int { return cmp.Compare(a.span.Off, b.span.Off) })
		for _, e := range events {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			record, err := cloudtrail.Record(text, e.span)
			if err != nil {
				return nil, err
			}
			if err := m.Add(e.seq, record); err != nil {
				return nil, err
			}
		}
	}
	return m.Keep(list)
}
