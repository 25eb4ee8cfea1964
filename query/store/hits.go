package store

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"spoor/query"
)

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
	db.bindHits(h, cd, left, func(l *leaf) finding { return l.all(db.objects) })
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
func (db *DB) bindHits(h *hits, cd cond, left []unit, found func(*leaf) finding) {
	bound := make(map[*leaf]boundHits)
	var undo []func()
	feed := func(seqs []int64) string {
		name, withdraw := db.feeds.offer(numbersFeed("seq", seqs))
		undo = append(undo, withdraw)
		return name
	}
	for _, l := range cd.leaves() {
		bound[l] = bindFinding(found(l), db.many, feed)
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

func bindFinding(f finding, many int, feed func([]int64) string) boundHits {
	b := boundHits{first: 1} // from 1 to 0 there is none
	for i, r := range f {
		if i == 0 {
			b.first, b.last = r.first, r.last
		}
		b.first, b.last = min(b.first, r.first), max(b.last, r.last)
	}
	n, span := f.events(), b.last-b.first+1
	if n < int64(many) || span > 64*n || span > math.MaxInt32 {
		b.among, b.arg = "e.seq IN (SELECT seq FROM spoor_feed(?))", feed(f.seqs())
		return b
	}
	bits := bytes.Repeat([]byte("0"), int(span))
	for _, r := range f {
		for at := r.first - b.first; at <= r.last-b.first; at++ {
			bits[at] = '1'
		}
	}
	b.among = fmt.Sprintf("CASE WHEN e.seq BETWEEN %d AND %d THEN get_bit(?::BIT, (e.seq - %d)::INTEGER) = 1 ELSE false END", b.first, b.last, b.first)
	b.arg = string(bits)
	return b
}

// numbersFeed is a feed of one column.
func numbersFeed[T int64 | uint64 | uint32](name string, list []T) *feed {
	kind := duckdb.TYPE_BIGINT
	switch any(T(0)).(type) {
	case uint64:
		kind = duckdb.TYPE_UBIGINT
	case uint32:
		kind = duckdb.TYPE_UINTEGER
	}
	info, _ := duckdb.NewTypeInfo(kind) // fails for composite types only
	return &feed{cols: []duckdb.ColumnInfo{{Name: name, T: info}}, rows: len(list), fill: func(ch duckdb.DataChunk, row, i int) error {
		return duckdb.SetChunkValue(ch, 0, row, list[i])
	}}
}
