package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"spoor/loader"
	"spoor/query/store"
	"spoor/ui"
)

// background loads beside the screen, one load after the other, and is sampled
// by it.
type background struct {
	app      *app
	db       *store.DB
	ctx      context.Context // ends with the screen
	opts     loader.Options
	names    string // what is loaded, as shown
	progress loader.Progress

	working sync.WaitGroup
	mu      sync.Mutex
	queue   [][]loader.Source
	all     []loader.Source // loaded so far, for Retry
	running bool
	waiting bool // for the next round of --follow
	solving int  // resolves under way
	err     error
}

// load queues sources and returns at once.
func (b *background) load(sources []loader.Source) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue = append(b.queue, sources)
	if b.running {
		return
	}
	b.running = true
	b.working.Go(b.work)
}

// work loads what is queued until nothing is left.
func (b *background) work() {
	for {
		b.mu.Lock()
		if len(b.queue) == 0 || b.ctx.Err() != nil {
			b.running = false
			b.solving++
			b.mu.Unlock()
			b.resolve()
			return
		}
		sources := b.queue[0]
		b.queue = b.queue[1:]
		b.mu.Unlock()
		err := b.run(sources)
		b.mu.Lock()
		if b.err = nil; b.ctx.Err() == nil {
			b.err = b.app.advised(err)
		}
		b.mu.Unlock()
	}
}

// ready resolves a case that nothing is loaded into, and returns at once.
func (b *background) ready() {
	b.mu.Lock()
	b.solving++
	b.mu.Unlock()
	b.working.Go(b.resolve)
}

// resolve finds out who is new, and works the sessions out, before anyone asks, so
// that each change shows how grave it is and each event its session, and readies
// the case for searches of the records. Who asks anyway is told of an error then.
// The caller has counted it among those under way.
func (b *background) resolve() {
	_ = b.db.Meet(b.ctx)
	_ = b.db.Resolve(b.ctx, 0)
	b.mu.Lock()
	b.solving--
	b.mu.Unlock()
	_ = b.db.Index(b.ctx)
}

// run is one load; with --follow it goes on looking until something else is
// queued or the screen ends.
func (b *background) run(sources []loader.Source) error {
	b.mu.Lock()
	for _, s := range sources {
		if !slices.ContainsFunc(b.all, func(have loader.Source) bool { return have.String() == s.String() }) {
			b.all = append(b.all, s)
		}
	}
	follow := b.app.flags.follow
	if follow {
		sources = b.all
	}
	b.mu.Unlock()
	if !follow {
		_, err := loader.Load(b.ctx, sources, b.db, b.opts)
		return err
	}
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.waiting = false
	}()
	err := loader.Follow(ctx, sources, b.db, b.opts, tick.C, func(loader.Report) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.waiting = true
		if len(b.queue) > 0 {
			cancel()
		}
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// wait returns when the last load has ended; cancel its context first.
func (b *background) wait() { b.working.Wait() }

// Add implements sources.Loader.
func (b *background) Add(name string) error {
	list, err := b.app.openSources(b.ctx, []string{name})
	if err != nil {
		return err
	}
	if err := b.db.AddSource(nameOf(list[0])); err != nil {
		return err
	}
	b.load(list)
	return nil
}

// Retry implements sources.Loader: a load tries again what failed before.
func (b *background) Retry() error {
	b.mu.Lock()
	list := slices.Clone(b.all)
	b.mu.Unlock()
	if len(list) == 0 {
		info, err := b.db.Info()
		if err != nil {
			return err
		}
		if list, err = b.app.openSources(b.ctx, info.Sources); err != nil {
			return err
		}
	}
	b.load(list)
	return nil
}

// sample is what the screen shows of it.
func (b *background) sample() ui.Progress {
	b.mu.Lock()
	running, waiting, solving, err := b.running, b.waiting, b.solving > 0, b.err // before the counters: what is done stays done
	b.mu.Unlock()
	s := b.progress.Sample(b.app.now())
	return ui.Progress{
		Running: running, Waiting: waiting && s.Ended() >= s.Listed, Source: b.names, Listing: !s.ListingDone, Listed: s.Listed, Loaded: s.Loaded, Skipped: s.Skipped,
		Failed: s.Failed, Already: s.Already, Events: s.Kept, Rate: s.Rate, Left: s.Left, Revision: b.db.Totals().Revision, Err: err,
		Resolving: solving,
	}
}
