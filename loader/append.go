package loader

import (
	"context"
	"runtime"
	"time"
)

const (
	batchText   = 16 << 20               // text of a batch, bytes
	batchWait   = 100 * time.Millisecond // how long an object waits for others to share its batch
	commitEvery = 4 * time.Second        // in a long load
	commitRows  = 8 * rowGroup

	// rowGroup is how many rows a database packs together (DuckDB). A lot of one group
	// or more is packed by itself; smaller ones fill a group together. One that ends in
	// the middle of a group, or goes beyond the end of it, leaves it to be packed once
	// more, and a hole in the file.
	rowGroup = 122_880
)

// A result is an object that has been read, with its share of the budget.
type result struct {
	Loaded
	hold    *reservation
	buf     []byte // that Text lies in
	box     *box   // the archive it comes from
	end     bool   // the row of box itself
	spoiled bool   // with Failed: fetched well, so that trying again is in vain
	members int    // with end: how many results box has to wait for
}

// fail makes the result a failure.
func (r *result) fail(err error) {
	r.Outcome, r.Reason = Failed, err.Error()
	r.Text, r.Events, r.Delivered = "", nil, nil
}

// A box is an archive whose members are under way. Its own row, which keeps the
// next load from opening it again, must not be committed before theirs; and not
// at all while one of them has failed. Only the appender touches it.
type box struct {
	outer     *box // the archive that this one came from
	got, want int
	ended     bool
	failed    bool
	row       Loaded
}

// An appender gathers results into batches and batches into commits.
type appender struct {
	*load
	batch   []Loaded
	holds   []*reservation
	bufs    [][]byte
	lists   [][]Event
	text    int // bytes in batch
	rows    int // staged since the last commit
	tail    int // rows in the group that small lots are filling
	staged  bool
	last    time.Time     // of the last commit
	pause   time.Duration // until the next; grows
	started bool
}

// appendAll hands results to the sink until all has been decoded.
func (l *load) appendAll(ctx context.Context) error {
	// A sink may be a library in C whose memory is its threads': one that moved from
	// thread to thread took 40 MB more for DuckDB.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	a := &appender{load: l, last: time.Now()}
	defer a.drop()
	tick := time.NewTicker(batchWait)
	defer tick.Stop()
	for {
		var err error
		select {
		case r, ok := <-l.results:
			if !ok {
				return a.finish(ctx)
			}
			err = a.add(ctx, r)
		case <-tick.C:
			err = a.flush(ctx)
		case <-ctx.Done():
			return a.finish(ctx)
		}
		if err == nil && a.due() {
			err = a.commit(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// add takes one result into the batch, and any archive that it completes.
func (a *appender) add(ctx context.Context, r result) error {
	a.take(r)
	if b := r.box; b != nil {
		a.fill(b, r)
	}
	if a.text >= batchText || !a.started {
		return a.flush(ctx)
	}
	return nil
}

func (a *appender) take(r result) {
	if r.Outcome == Archive {
		return // settle adds it when its time has come
	}
	a.batch = append(a.batch, r.Loaded)
	a.holds = append(a.holds, r.hold)
	a.bufs = append(a.bufs, r.buf)
	a.lists = append(a.lists, r.Events)
	a.text += len(r.Text)
	switch r.Outcome {
	case Failed:
		a.failures = append(a.failures, Failure{r.Object.Name, r.Reason})
		if f := a.opt.following; r.spoiled && f != nil {
			f.spoil(r.Object)
		}
	case Skipped:
		a.skips = append(a.skips, Skip{r.Object.Name, r.Reason})
	}
}

// fill notes a member of an archive, or its end.
func (a *appender) fill(b *box, r result) {
	b.failed = b.failed || r.Outcome == Failed
	if r.end {
		b.ended, b.want, b.row = true, r.members, r.Loaded
	} else {
		b.got++
	}
	a.settle(b)
}

// settle adds the row of an archive when all of its members have come.
func (a *appender) settle(b *box) {
	if !b.ended || b.got != b.want {
		return
	}
	if b.row.Outcome == Archive {
		a.prog.Listed.Add(-1) // its members were counted in its place
		if !b.failed {
			a.batch = append(a.batch, b.row)
		}
	}
	if b.outer != nil {
		b.outer.failed = b.outer.failed || b.failed
		b.outer.got++
		a.settle(b.outer)
	}
}

// flush stages the batch.
func (a *appender) flush(ctx context.Context) error {
	if len(a.batch) == 0 {
		return nil
	}
	stored, err := a.sink.Append(ctx, a.batch)
	if err != nil {
		return err
	}
	a.staged = true
	for i := range a.batch {
		a.rows += len(a.batch[i].Events)
		a.prog.count(&a.batch[i])
	}
	a.prog.Kept.Add(int64(stored.Events))
	a.prog.Duplicate.Add(int64(stored.Duplicates))
	a.drop()
	return nil
}

// drop lets go of the batch: its memory and its share of the budget.
func (a *appender) drop() {
	for i, b := range a.bufs {
		a.buffers.put(b)
		a.buffers.putEvents(a.lists[i])
	}
	for _, h := range a.holds {
		h.release()
	}
	clear(a.batch)
	clear(a.holds)
	clear(a.bufs)
	clear(a.lists)
	a.batch, a.holds, a.bufs, a.lists, a.text = a.batch[:0], a.holds[:0], a.bufs[:0], a.lists[:0], 0
}

// due reports whether to commit: the first events at once, so that the screen
// has rows; then ever later and where a group of rows is all but full, because
// that makes a small case.
func (a *appender) due() bool {
	waited := time.Since(a.last)
	if !a.staged || waited < a.pause && a.rows < commitRows-rowGroup {
		return false
	}
	return a.tail+a.rows < rowGroup || a.rows >= rowGroup && a.rows%rowGroup >= rowGroup*7/8 || waited >= 4*a.pause || a.rows >= commitRows
}

func (a *appender) commit(ctx context.Context) error {
	if err := a.sink.Commit(ctx); err != nil {
		return err
	}
	if a.tail = (a.tail + a.rows) % rowGroup; a.rows >= rowGroup {
		a.tail = 0
	}
	a.started, a.staged, a.rows, a.last = true, false, 0, time.Now()
	a.pause = min(max(2*a.pause, 2*batchWait), commitEvery)
	return nil
}

// finish keeps what has come so far, even when ctx is done: it is whole objects.
func (a *appender) finish(ctx context.Context) error {
	end := ctx.Err()
	if end == nil {
		if err := a.flush(ctx); err != nil {
			return err
		}
	}
	if a.staged {
		if err := a.commit(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	return end
}
