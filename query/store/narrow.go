package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"

	"spoor/query"
)

// A filter that needs the records asks, more often than not, for so much beside
// that few events are left whose records matter: event:ConsoleLogin
// responseElements.ConsoleLogin:Failure. Then only the records of those are
// looked at (settleNarrow), and several such filters share one way through the
// blocks (ReadAhead).

// narrowest is up to how many open events a filter is narrow: above, it pays to
// search whole frames.
const narrowest = 1 << 20

// An opened is the condition of a filter and the events it leaves open.
type opened struct {
	cond   cond
	leaves []*leaf
	seqs   []int64
	object []uint32
}

// key tells whether the records have to answer the same.
func (o opened) key() string {
	var b strings.Builder
	open := o.cond.open()
	fmt.Fprintf(&b, "%s %v", open.sql, open.args)
	for _, l := range o.leaves {
		b.WriteString("\x00" + l.key)
	}
	return b.String()
}

// openEvents finds the events that a condition leaves open; ok is false when there are
// none or too many.
func (db *DB) openEvents(ctx context.Context, cd cond) (o opened, ok bool, err error) {
	o = opened{cond: cd, leaves: cd.leaves()}
	open := all(cd.open(), db.visible())
	if len(o.leaves) == 0 || len(o.leaves) > maxAsks || cd.open().sql == "true" {
		return o, false, nil
	}
	n, err := db.countHits(ctx, &hits{where: open})
	if err != nil || n > narrowest {
		return o, false, err
	}
	o.seqs, o.object, err = db.seqsAndObjects(ctx, "SELECT e.seq, e.object FROM event_rows AS e WHERE "+open.sql, open.args)
	return o, err == nil, err
}

func (db *DB) seqsAndObjects(ctx context.Context, q string, args []any) (seqs []int64, objects []uint32, err error) {
	_, err = ask(ctx, db, func(ctx context.Context, c conn) (struct{}, error) {
		return struct{}{}, c.each(ctx, q, args, func(v []driver.Value) error {
			seqs, objects = append(seqs, v[0].(int64)), append(objects, v[1].(uint32))
			return nil
		})
	})
	if err != nil {
		return nil, nil, err
	}
	return seqs, objects, nil
}

// settleNarrow is settle for a narrow filter; ok is false for others.
func (db *DB) settleNarrow(ctx context.Context, cd cond) (*hits, bool, error) {
	visible := db.visible()
	_, rev := db.now()
	key := opened{cond: cd, leaves: cd.leaves()}.key()
	found, ok := db.ahead.get(rev, key)
	if !ok {
		o, narrow, err := db.openEvents(ctx, cd)
		if err != nil || !narrow {
			return nil, false, err
		}
		list, err := db.readOpened(ctx, []opened{o})
		if err != nil {
			return nil, false, err
		}
		found = list[0]
		db.ahead.put(rev, key, found)
	}
	h := &hits{complete: true}
	db.bindHits(h, cd, nil, func(l *leaf) finding { return runsOf(found[l.key]) })
	h.where = all(h.where, visible)
	return h, true, nil
}

// readOpened reads the records of open events and returns, for each condition,
// what its leaves found, by their keys. There may be maxAsks leaves in all.
func (db *DB) readOpened(ctx context.Context, list []opened) ([]map[string][]int64, error) {
	var asks []partAsk
	var events []readEvent
	index := make(map[int64]int)
	for _, o := range list {
		mask := uint64(0)
		for _, l := range o.leaves {
			mask |= 1 << len(asks)
			asks = append(asks, probeAsk(l.probe))
		}
		for i, seq := range o.seqs {
			at, ok := index[seq]
			if !ok {
				at = len(events)
				index[seq] = at
				events = append(events, readEvent{seq: seq, object: o.object[i]})
			}
			events[at].asks |= mask
		}
	}
	p, err := db.newPartReader(asks, false)
	if err != nil {
		return nil, err
	}
	answers, err := p.read(ctx, events)
	if err != nil {
		return nil, err
	}
	out := make([]map[string][]int64, len(list))
	k := 0
	for n, o := range list {
		out[n] = make(map[string][]int64)
		for _, l := range o.leaves {
			out[n][l.key] = []int64{}
			for i, yes := range answers[k] {
				if yes != 0 {
					out[n][l.key] = append(out[n][l.key], events[i].seq)
				}
			}
			k++
		}
	}
	return out, nil
}

// readAhead is what narrow filters found at a revision of the case, by opened.key:
// a question asks for it more than once, and ReadAhead for many.
type readAhead struct {
	mu       sync.Mutex
	revision uint64
	found    map[string]map[string][]int64
}

// keepAhead is how many filters are remembered.
const keepAhead = 64

func (g *readAhead) get(rev uint64, key string) (map[string][]int64, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	found, ok := g.found[key]
	return found, ok && g.revision == rev
}

func (g *readAhead) put(rev uint64, key string, found map[string][]int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.found == nil || g.revision != rev || len(g.found) >= keepAhead {
		g.revision, g.found = rev, make(map[string]map[string][]int64)
	}
	g.found[key] = found
}

// ReadAhead reads the records that several questions want in one go, so that Answer
// is quick for each of them until the case changes. Questions that need no
// records, have variables, or look through most of the case are left alone.
func (db *DB) ReadAhead(ctx context.Context, list []*query.Question) error {
	_, rev := db.now()
	var some []opened
	asks := 0
	for _, q := range list {
		if len(q.Saved.Variables) > 0 {
			continue
		}
		cd, err := db.compile(ctx, q.Filter())
		if err != nil {
			return err
		}
		o, narrow, err := db.openEvents(ctx, cd)
		if err != nil {
			return err
		}
		if narrow && asks+len(o.leaves) <= maxAsks {
			some, asks = append(some, o), asks+len(o.leaves)
		}
	}
	if len(some) == 0 {
		return nil
	}
	found, err := db.readOpened(ctx, some)
	if err != nil {
		return err
	}
	for i, o := range some {
		db.ahead.put(rev, o.key(), found[i])
	}
	return nil
}
