package loader

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"
)

// Load lists the sources, fetches what the sink does not have, and hands it to
// the sink. It returns when all of that has ended, or soon after ctx is done;
// then what has been loaded so far is kept. An object or a folder that can't be
// read is in the report, not in the error. The error is the sink's, or ctx's, or
// that of a listing that gave nothing at all.
//
//	list ─▶ queue ─▶ fetch ×Streams ─▶ decode ×Jobs ─▶ append ─▶ Sink
//
// Each stage waits for the next, and all bytes between fetch and append are
// within one budget, so memory stays bounded whatever comes in.
func Load(ctx context.Context, sources []Source, sink Sink, opt Options) (Report, error) {
	opt = opt.withDefaults(sources)
	l := &load{
		opt: opt, sources: sources, sink: sink, prog: opt.Progress, budget: newBudget(opt.Memory), queue: newQueue(), buffers: &buffers{most: opt.Memory / 2, poison: opt.poison},
		seen: map[uint64]struct{}{}, fetched: make(chan fetched), results: make(chan result, 64),
	}
	start := time.Now()
	l.prog.started.CompareAndSwap(0, start.UnixNano())
	before := l.prog.Sample(start)
	err := l.run(ctx)
	if err == nil {
		err = l.markGone(ctx)
	}
	if err == nil && l.listed == 0 && len(l.listErrs) > 0 {
		err = &listingError{errors.Join(l.listErrs...)}
	}
	return l.report(before, start), err
}

// A load is one run of Load.
type load struct {
	opt     Options
	sources []Source
	sink    Sink
	prog    *Progress
	budget  *budget
	buffers *buffers
	queue   *queue
	fetched chan fetched
	results chan result

	mu   sync.Mutex // guards seen and calls of sink.Status
	seen map[uint64]struct{}

	listed   int     // objects; written by list, read at the end
	listErrs []error // likewise

	finished []Source // listed without an error; likewise

	failures []Failure // written by append, read at the end
	skips    []Skip
}

// run starts the stages and joins them.
func (l *load) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(alive(func() error { return l.list(ctx) }))
	pool(g, l.opt.Streams, func() error { return l.fetchAll(ctx) }, func() { close(l.fetched) })
	pool(g, l.opt.Jobs, func() error { return l.decodeAll(ctx) }, func() { close(l.results) })
	g.Go(alive(func() error { return l.appendAll(ctx) }))
	return g.Wait()
}

// pool runs work n times at once and last when all of them have returned.
func pool(g *errgroup.Group, n int, work func() error, last func()) {
	var wg sync.WaitGroup
	wg.Add(n)
	for range n {
		g.Go(alive(func() error {
			defer wg.Done()
			return work()
		}))
	}
	g.Go(func() error {
		wg.Wait()
		last()
		return nil
	})
}

// list fills the queue from all sources, one after another.
func (l *load) list(ctx context.Context) error {
	defer l.queue.close()
	for _, src := range l.sources {
		clean := true
		for o, err := range src.Objects(ctx, l.opt.Scope) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				failed, err := l.noteError(ctx, src, o, err)
				if err != nil {
					return err
				}
				clean = clean && !failed
				continue
			}
			if err := l.take(ctx, job{src: src, obj: o, hour: hourOf(o)}); err != nil {
				return err
			}
		}
		if clean && ctx.Err() == nil {
			l.opt.following.listed(src)
			if l.opt.Scope.everything() {
				l.finished = append(l.finished, src)
			}
		}
	}
	for _, j := range l.opt.following.missed() {
		if err := l.take(ctx, j); err != nil {
			return err
		}
	}
	l.prog.ListingDone.Store(true)
	return ctx.Err()
}

// take queues an object that was listed, if it has to be fetched.
func (l *load) take(ctx context.Context, j job) error {
	l.listed++
	if !l.admit(&j.obj) {
		return nil
	}
	return l.queue.put(ctx, j)
}

// noteError records an entry, or a part of a source, that could not be listed.
func (l *load) noteError(ctx context.Context, src Source, o Object, err error) (failed bool, _ error) {
	if o.Name == "" {
		o.Name = src.String()
	}
	if l.meet(o.Name) {
		return !isSkip(err), nil
	}
	r := result{Loaded: Loaded{Object: o}}
	if isSkip(err) {
		r.Outcome, r.Reason = Skipped, err.Error()
	} else {
		failed = true
		r.fail(err)
		l.listErrs = append(l.listErrs, err)
	}
	l.prog.Listed.Add(1)
	return failed, l.send(ctx, r)
}

func isSkip(err error) bool {
	skip := (*SkipError)(nil)
	return errors.As(err, &skip)
}

// admit counts a listed object and tells whether it has to be fetched. An
// object that was listed before in this load, under another source, is not
// counted again.
func (l *load) admit(o *Object) bool {
	if l.meet(o.Name) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	unchanged := l.opt.Scope.status(l.sink, o) == Unchanged
	if l.opt.following.passes(*o, unchanged) {
		return false
	}
	l.prog.Listed.Add(1)
	if unchanged {
		l.prog.Already.Add(1)
		return false
	}
	l.prog.ToFetch.Add(max(o.Size, 0))
	return true
}

// meet notes a name and reports whether it was met before in this load.
func (l *load) meet(name string) bool {
	h := xxh3.HashString(name)
	l.mu.Lock()
	defer l.mu.Unlock()
	_, before := l.seen[h]
	l.seen[h] = struct{}{}
	return before
}

// send hands a result to the appender.
func (l *load) send(ctx context.Context, r result) error {
	select {
	case l.results <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// markGone tells the sink which objects have vanished from a source that was
// listed whole.
func (l *load) markGone(ctx context.Context) error {
	m, ok := l.sink.(Marker)
	if !ok {
		return nil
	}
	for _, src := range l.finished {
		c, ok := src.(Coverer)
		if !ok {
			continue
		}
		err := m.MarkGone(ctx, func(name string) bool {
			file, _, _ := strings.Cut(name, "!") // an unchanged archive is not opened
			return c.Covers(name) && !l.wasSeen(name) && !l.wasSeen(file)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *load) wasSeen(name string) bool {
	_, ok := l.seen[xxh3.HashString(name)]
	return ok
}

// report sums up the load: what the counters have gained since before.
func (l *load) report(before Sample, start time.Time) Report {
	now := time.Now()
	s := l.prog.Sample(now)
	r := Report{Seconds: now.Sub(start).Seconds(), Failures: l.failures, Skips: l.skips}
	if r.Failures == nil {
		r.Failures = []Failure{}
	}
	if r.Skips == nil {
		r.Skips = []Skip{}
	}
	r.Objects.Listed = s.Listed - before.Listed
	r.Objects.Loaded = s.Loaded - before.Loaded
	r.Objects.Skipped = s.Skipped - before.Skipped
	r.Objects.Failed = s.Failed - before.Failed
	r.Objects.Already = s.Already - before.Already
	r.Events.Read = s.Read - before.Read
	r.Events.Loaded = s.Kept - before.Kept
	r.Events.Duplicate = s.Duplicate - before.Duplicate
	r.Events.Invalid = s.Invalid - before.Invalid
	r.Events.Outside = s.Outside - before.Outside
	r.Bytes.Stored = s.Stored - before.Stored
	r.Bytes.Unpacked = s.Unpacked - before.Unpacked
	return r
}
