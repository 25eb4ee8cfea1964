package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"golang.org/x/sync/errgroup"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/store/blocks"
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
	todo, err := db.unitsOf(ctx, cd.open(), cd.from, desc)
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
	db.bindHits(h, cd, left, func(l *leaf) []int64 { return l.seqs(db.objects) })
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

// bindHits makes what leaves have found readable for DuckDB.
func (db *DB) bindHits(h *hits, cd cond, left []unit, found func(*leaf) []int64) {
	bound := make(map[*leaf]boundHits)
	var undo []func()
	feed := func(seqs []int64) string {
		name, withdraw := db.feeds.offer(numbersFeed("seq", seqs))
		undo = append(undo, withdraw)
		return name
	}
	for _, l := range cd.leaves() {
		bound[l] = bindSeqs(found(l), db.many, feed)
	}
	exact := expr{cd.exact.sql, slices.Clone(cd.exact.args)}
	for i, a := range exact.args {
		switch a := a.(type) {
		case *leaf: // they stand in the order of their conditions
			exact.sql = strings.Replace(exact.sql, amongHits, bound[a].among, 1)
			exact.args[i] = bound[a].arg
		case lowest:
			exact.args[i] = bound[a.leaf].first
		case highest:
			exact.args[i] = bound[a.leaf].last
		}
	}
	if len(left) > 0 {
		var ids []int64
		for _, u := range left {
			for _, o := range u.objects {
				ids = append(ids, int64(o.id))
			}
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

// boundHits is what a leaf has found, for DuckDB.
type boundHits struct {
	among       string // SQL with one parameter, arg
	arg         any
	first, last int64
}

// manyHits is from how many hits on they are told as a string of bits, one a
// number from the first to the last: a look-up an event, where a join with
// ten million numbers takes seconds and hundreds of megabytes.
const manyHits = 1 << 18

func bindSeqs(seqs []int64, many int, feed func([]int64) string) boundHits {
	b := boundHits{first: 1} // from 1 to 0 there is none
	if len(seqs) > 0 {
		b.first, b.last = slices.Min(seqs), slices.Max(seqs)
	}
	span := b.last - b.first + 1
	if len(seqs) < many || span > 64*int64(len(seqs)) || span > math.MaxInt32 {
		b.among, b.arg = "e.seq IN (SELECT seq FROM spoor_feed(?))", feed(seqs)
		return b
	}
	bits := bytes.Repeat([]byte("0"), int(span))
	for _, s := range seqs {
		bits[s-b.first] = '1'
	}
	b.among = fmt.Sprintf("CASE WHEN e.seq BETWEEN %d AND %d THEN get_bit(?::BIT, (e.seq - %d)::INTEGER) = 1 ELSE false END", b.first, b.last, b.first)
	b.arg = string(bits)
	return b
}

// numbersFeed is a feed of one column.
func numbersFeed(name string, list []int64) *feed {
	info, _ := duckdb.NewTypeInfo(duckdb.TYPE_BIGINT) // fails for composite types only
	return &feed{cols: []duckdb.ColumnInfo{{Name: name, T: info}}, rows: len(list), fill: func(ch duckdb.DataChunk, row, i int) error {
		return duckdb.SetChunkValue(ch, 0, row, list[i])
	}}
}

// A reach is an object and the times of its events that a page would want first
// and last.
type reach struct {
	o         objectRow
	edge, end int64
}

// within leaves out objects that have nothing to offer from a time on, in the
// order of the page.
func (r reach) within(from int64, desc bool) (reach, bool) {
	if desc {
		r.edge = min(r.edge, from)
		return r, r.end <= from
	}
	r.edge = max(r.edge, from)
	return r, r.end >= from
}

// objectsOf lists the objects that carry events of a condition, in the order in
// which a page wants them. For a condition that every event may satisfy the list
// is kept until the case changes.
func (db *DB) objectsOf(ctx context.Context, where expr, desc bool) ([]reach, error) {
	if where.sql != "true" {
		return db.reaches(ctx, where, desc)
	}
	k := &db.reach[0]
	if desc {
		k = &db.reach[1]
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	_, revision := db.now()
	if k.list != nil && k.revision == revision {
		return k.list, nil
	}
	list, err := db.reaches(ctx, where, desc)
	if err == nil {
		k.list, k.revision = list, revision
	}
	return list, err
}

// reached is the list of all objects as it was at a revision of the case.
type reached struct {
	mu       sync.Mutex
	revision uint64
	list     []reach
}

// reaches asks which objects carry events of a condition.
func (db *DB) reaches(ctx context.Context, where expr, desc bool) ([]reach, error) {
	edge, end, none := "max", "min", "-9223372036854775807" // events without a time come last
	if !desc {
		edge, end, none = "min", "max", "9223372036854775807"
	}
	where = all(where, db.visible())
	q := fmt.Sprintf("SELECT e.object, coalesce(%[1]s(e.t), %[3]s), CASE WHEN count(*) > count(e.t) THEN %[3]s ELSE %[2]s(e.t) END FROM event_rows AS e WHERE %[4]s GROUP BY e.object", edge, end, none, where.sql)
	list, err := ask(ctx, db, func(ctx context.Context, c conn) ([]reach, error) {
		var list []reach
		err := c.each(ctx, q, where.args, func(v []driver.Value) error {
			if o, ok := db.objects.get(v[0].(uint32)); ok {
				list = append(list, reach{o, v[1].(int64), v[2].(int64)})
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

// search looks through units for a slice of time and returns those that are
// left, in order.
func (db *DB) search(ctx context.Context, leaves []*leaf, todo []unit, slice time.Duration) ([]unit, error) {
	todo = slices.DeleteFunc(todo, func(u unit) bool {
		return !slices.ContainsFunc(leaves, func(l *leaf) bool { return !l.covers(u) })
	})
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
