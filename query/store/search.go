package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"golang.org/x/sync/errgroup"

	"spoor/loader/cloudtrail"
	"spoor/query"
)

// searchSlice is for how long a question searches the records before it answers
// with what there is. Asking again goes on from there.
const searchSlice = 150 * time.Millisecond

// hits is a condition with what its leaves have found.
type hits struct {
	where    expr
	complete bool  // every object that matters has been searched
	horizon  int64 // no event that is still to be found is newer (with oldest first: older)
	release  func()
}

// hits searches for a slice of time and makes the condition for what is known
// then. Objects come in the order in which a page wants their events.
func (db *DB) hits(ctx context.Context, cd cond, desc bool) (*hits, error) {
	return db.hitsWithin(ctx, cd, desc, db.slice)
}

// hitsWithin is hits with a slice of one's own; each CPU searches one portion at
// the least.
func (db *DB) hitsWithin(ctx context.Context, cd cond, desc bool, slice time.Duration) (*hits, error) {
	h := &hits{where: all(cd.exact, db.visible()), complete: true, release: func() {}}
	leaves := cd.leaves()
	if len(leaves) == 0 {
		return h, nil
	}
	todo, err := db.objectsOf(ctx, cd.upper, desc)
	if err != nil {
		return nil, err
	}
	left, err := db.search(ctx, leaves, todo, slice)
	if err != nil {
		return nil, err
	}
	if len(left) > 0 {
		h.complete = false
		h.horizon = left[0].edge
	}
	db.bindHits(h, cd, left)
	return h, nil
}

// settled returns how many rows, in the order of the search, can no longer
// change: nothing that is still to be found comes before them.
func (h *hits) settled(rows []query.Row, desc bool) int {
	if h.complete {
		return len(rows)
	}
	for i, r := range rows {
		if r.Time == noTime || desc && r.Time <= h.horizon || !desc && r.Time >= h.horizon {
			return i
		}
	}
	return len(rows)
}

// visible leaves out events of lots that were committed after the texts were
// looked up, which the condition might misjudge.
func (db *DB) visible() expr {
	s, _ := db.now()
	return expr{"e.seq <= ?", []any{s.last}}
}

// bindHits makes the findings of leaves readable for DuckDB.
func (db *DB) bindHits(h *hits, cd cond, left []reach) {
	names := make(map[*leaf]string)
	var undo []func()
	feed := func(seqs []int64) string {
		name, withdraw := db.feeds.offer(numbersFeed("seq", seqs))
		undo = append(undo, withdraw)
		return name
	}
	exact := expr{cd.exact.sql, slices.Clone(cd.exact.args)}
	for i, a := range exact.args {
		l, ok := a.(*leaf)
		if !ok {
			continue
		}
		if names[l] == "" {
			names[l] = feed(l.seqs(db.objects))
		}
		exact.args[i] = names[l]
	}
	if len(left) > 0 {
		ids := make([]int64, len(left))
		for i, r := range left {
			ids[i] = int64(r.o.id)
		}
		searched := expr{"e.object NOT IN (SELECT seq FROM spoor_feed(?))", []any{feed(ids)}}
		exact = any1(cd.lower, all(exact, searched))
	}
	h.where = all(exact, db.visible())
	h.release = func() {
		for _, f := range undo {
			f()
		}
	}
}

// numbersFeed is a feed of one column.
func numbersFeed(name string, list []int64) *feed {
	info, _ := duckdb.NewTypeInfo(duckdb.TYPE_BIGINT) // fails for composite types only
	return &feed{cols: []duckdb.ColumnInfo{{Name: name, T: info}}, rows: len(list), fill: func(ch duckdb.DataChunk, row, i int) error {
		return duckdb.SetChunkValue(ch, 0, row, list[i])
	}}
}

// A reach is an object and the time of its event that a page would want first.
type reach struct {
	o    objectRow
	edge int64
}

// objectsOf lists the objects that carry events of a condition, in the order in
// which a page wants them.
func (db *DB) objectsOf(ctx context.Context, where expr, desc bool) ([]reach, error) {
	edge, none := "max", "coalesce(%s(e.t), -9223372036854775807)"
	if !desc {
		edge, none = "min", "coalesce(%s(e.t), 9223372036854775807)"
	}
	where = all(where, db.visible())
	q := fmt.Sprintf("SELECT e.object, "+none+" AS edge FROM event_rows AS e WHERE %s GROUP BY e.object", edge, where.sql)
	list, err := ask(ctx, db, func(ctx context.Context, c conn) ([]reach, error) {
		var list []reach
		err := c.each(ctx, q, where.args, func(v []driver.Value) error {
			if o, ok := db.objects.get(v[0].(uint32)); ok {
				list = append(list, reach{o, v[1].(int64)})
			}
			return nil
		})
		return list, err
	})
	slices.SortFunc(list, func(a, b reach) int {
		if desc {
			a, b = b, a
		}
		switch {
		case a.edge != b.edge && a.edge < b.edge:
			return -1
		case a.edge != b.edge:
			return 1
		}
		return int(a.o.id) - int(b.o.id)
	})
	return list, err
}

// search looks through objects for a slice of time and returns those that are
// left, in order.
func (db *DB) search(ctx context.Context, leaves []*leaf, todo []reach, slice time.Duration) ([]reach, error) {
	todo = slices.DeleteFunc(todo, func(r reach) bool {
		return !slices.ContainsFunc(leaves, func(l *leaf) bool { return !l.covers(r.o) })
	})
	q := &searchQueue{todo: todo, until: time.Now().Add(slice), size: firstPortion}
	g, ctx := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for {
				part := q.next()
				if len(part) == 0 {
					return nil
				}
				if err := db.searchObjects(ctx, leaves, part); err != nil {
					return err
				}
			}
		})
	}
	err := g.Wait()
	return q.todo, err
}

// Portions of work begin small, so that the first hits show at once, and grow.
const (
	firstPortion = 1 << 20 // bytes of text
	largePortion = 32 << 20
)

// A searchQueue hands out objects in order until the time is up.
type searchQueue struct {
	mu    sync.Mutex
	todo  []reach
	until time.Time
	size  int64
	begun bool
}

func (q *searchQueue) next() []reach {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.begun && time.Now().After(q.until) {
		return nil
	}
	q.begun = true
	n, size := 0, int64(0)
	for n < len(q.todo) && (n == 0 || size+q.todo[n].o.unpacked <= q.size) {
		size += q.todo[n].o.unpacked
		n++
	}
	part := q.todo[:n:n]
	q.todo = q.todo[n:]
	q.size = min(2*q.size, largePortion)
	return part
}

// searchObjects looks through a portion of objects for all leaves.
func (db *DB) searchObjects(ctx context.Context, leaves []*leaf, part []reach) error {
	spans, err := db.spansOf(ctx, part)
	if err != nil {
		return err
	}
	for _, r := range part {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, err := db.unpackQuick(r.o)
		if err != nil {
			return err
		}
		for _, l := range leaves {
			if l.covers(r.o) {
				continue
			}
			seqs, err := l.in(ctx, text, spans[r.o.id], r.o.lossy)
			if err != nil {
				return err
			}
			l.put(r.o, seqs)
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
func (db *DB) spansOf(ctx context.Context, part []reach) (map[uint32][]located, error) {
	ids := make([]uint32, len(part))
	for i, r := range part {
		ids[i] = r.o.id
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
		if l.search(record) {
			seqs = append(seqs, e.seq)
		}
	}
	return seqs, nil
}
