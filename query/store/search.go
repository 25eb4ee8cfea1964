package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/store/blocks"
)

// searchSlice is for how long a question searches the records before it answers
// with what there is. Asking again goes on from there.
const searchSlice = 150 * time.Millisecond

// search looks through units for a slice of time and returns those that are
// left, in order.
func (db *DB) search(ctx context.Context, leaves []*leaf, todo []unit, slice time.Duration) ([]unit, error) {
	todo = slices.DeleteFunc(todo, func(u unit) bool {
		return !slices.ContainsFunc(leaves, func(l *leaf) bool { return !l.covers(u) })
	})
	reading := query.ReadingOf(ctx)
	for _, u := range todo {
		reading.Expect(eventsOf(u.objects))
	}
	q := &searchQueue{todo: todo, until: time.Now().Add(slice)}
	g, ctx := errgroup.WithContext(ctx)
	for range processors() {
		g.Go(func() error {
			w := newSearcher(db, leaves)
			for first := true; ; first = false {
				u, ok := q.next(first)
				if !ok {
					return nil
				}
				if err := w.search(ctx, u); err != nil {
					return err
				}
				reading.Add(eventsOf(u.objects))
			}
		})
	}
	err := g.Wait()
	return q.todo, err
}

// processors is how many goroutines can compute at once. A screen has Go run more
// threads than that, to have one at hand for itself, which a search must not take.
func processors() int { return min(runtime.GOMAXPROCS(0), runtime.NumCPU()) }

// A searchQueue hands out units in order until the time is up.
type searchQueue struct {
	mu    sync.Mutex
	todo  []unit
	until time.Time
}

func (q *searchQueue) next(always bool) (unit, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.todo) == 0 || !always && time.Now().After(q.until) {
		return unit{}, false
	}
	u := q.todo[0]
	q.todo = q.todo[1:]
	return u, true
}

// A searcher looks through one unit after the other for some leaves.
type searcher struct {
	db     *DB
	leaves []*leaf
	reader *blocks.Reader
}

func newSearcher(db *DB, leaves []*leaf) *searcher {
	return &searcher{db: db, leaves: leaves, reader: db.blocks.Reader()}
}

func (w *searcher) search(ctx context.Context, u unit) error {
	if u.block == nil && !u.build {
		return w.objects(ctx, u)
	}
	found := make([][]int64, len(w.leaves))
	look := func(f *blocks.Frame) error {
		for i, l := range w.leaves {
			if l.covers(u) {
				continue
			}
			seqs, err := f.Find(ctx, l.probe)
			if err != nil {
				return err
			}
			found[i] = append(found[i], seqs...)
		}
		return nil
	}
	b, err := w.frames(ctx, u, look)
	if err != nil {
		return err
	}
	if b == nil { // others can't tell what was found then
		return w.objects(ctx, u)
	}
	for i, l := range w.leaves {
		if !l.covers(u) {
			l.put(inBlock(b), found[i])
		}
	}
	return nil
}

// frames gives the frames of a unit to look and returns their block, nil when
// there is none to rely on.
func (w *searcher) frames(ctx context.Context, u unit, look func(*blocks.Frame) error) (*blocks.Block, error) {
	if u.build {
		return w.db.build(ctx, u.objects, look)
	}
	if sound, err := w.reader.Each(ctx, u.block, look); err != nil || !sound {
		return nil, err
	}
	return u.block, nil
}

// objects looks through objects as they came.
func (w *searcher) objects(ctx context.Context, u unit) error {
	spans, err := w.db.spansOf(ctx, u.objects)
	if err != nil {
		return err
	}
	for _, o := range u.objects {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, err := w.db.unpackQuick(o)
		if err != nil {
			return err
		}
		for _, l := range w.leaves {
			seqs, err := l.in(ctx, text, spans[o.id], o.lossy)
			if err != nil {
				return err
			}
			l.put(inObject(o), seqs)
		}
	}
	return nil
}

// A located is an event and where its record lies.
type located struct {
	seq  int64
	span cloudtrail.Span
}

// spansOf finds the events that objects carry.
func (db *DB) spansOf(ctx context.Context, part []objectRow) (map[uint32][]located, error) {
	ids := make([]uint32, len(part))
	for i, o := range part {
		ids[i] = o.id
	}
	return ask(ctx, db, func(ctx context.Context, c conn) (map[uint32][]located, error) {
		out := make(map[uint32][]located, len(part))
		q := fmt.Sprintf("SELECT object, seq, off, len, form FROM event_rows WHERE object BETWEEN %d AND %d AND %s",
			slices.Min(ids), slices.Max(ids), inList("object", "IN", ids))
		err := c.each(ctx, q, nil, func(v []driver.Value) error {
			id := v[0].(uint32)
			span := cloudtrail.Span{Off: v[2].(uint32), Len: v[3].(uint32), Form: cloudtrail.Form(v[4].(uint8))}
			out[id] = append(out[id], located{v[1].(int64), span})
			return nil
		})
		return out, err
	})
}

// in returns the events of an object whose records match.
func (l *leaf) in(ctx context.Context, text string, events []located, lossy bool) ([]int64, error) {
	if !lossy && l.skip != nil && l.skip(text) {
		return nil, nil
	}
	var seqs []int64
	for i, e := range events {
		if i&63 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		record, err := cloudtrail.Record(text, e.span)
		if err != nil {
			return nil, err
		}
		if l.probe.Whole(record) {
			seqs = append(seqs, e.seq)
		}
	}
	return seqs, nil
}
