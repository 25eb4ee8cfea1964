package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"spoor/query"
	"spoor/query/session"
)

// burstGap ends a burst: alike calls further apart are told separately.
const burstGap = 5 * 60 * 1_000_000 // µs

// burstRead is how many events are read at a time.
const burstRead = 20_000

// one returns the number of a session and the condition for its events.
func (db *DB) one(ctx context.Context, id string) (*sessionIndex, int, expr, error) {
	x, err := db.resolved(ctx, 0, true)
	if err != nil {
		return nil, 0, expr{}, err
	}
	num, ok := x.named(id)
	if !ok {
		return nil, 0, expr{}, fmt.Errorf("session %s: %w", id, ErrNoSession)
	}
	wanted := make([]bool, len(x.list))
	wanted[num] = true
	where, err := db.whereSessions(x, wanted, nil)
	return x, num, where, err
}

// Bursts lists what a session did, oldest first, alike calls in a row as one.
// Events without a time come last.
func (db *DB) Bursts(ctx context.Context, r query.BurstRequest) (query.BurstPage, error) {
	_, _, where, err := db.one(ctx, r.Session)
	if err != nil {
		return query.BurstPage{}, err
	}
	var page query.BurstPage
	from := r.From
	for {
		n := 0
		_, err := ask(ctx, db, func(ctx context.Context, c conn) (struct{}, error) {
			var err error
			n, err = db.fold(ctx, c, where, &from, r.N, &page)
			return struct{}{}, err
		})
		if err != nil || n < burstRead || page.More {
			return page, err
		}
	}
}

// fold reads events from a cursor on and adds them to the page, until it holds
// n bursts and the next one begins. It returns how many events it read.
func (db *DB) fold(ctx context.Context, c conn, where expr, from *query.Cursor, n int, page *query.BurstPage) (int, error) {
	read := 0
	after := exprTrue
	if from.Set && from.Time != noTime {
		after = expr{"(e.t >= ? AND (e.t > ? OR e.seq > ?) OR e.t IS NULL)", []any{from.Time, from.Time, from.Seq}}
	} else if from.Set {
		after = expr{"e.t IS NULL AND e.seq > ?", []any{from.Seq}}
	}
	w := all(where, after)
	q := fmt.Sprintf("SELECT e.seq, e.t, e.source, e.name, e.outcome, e.readonly, e.who, e.ecode, e.resource, e.ip, e.region FROM event_rows AS e "+
		"WHERE %s ORDER BY e.t ASC NULLS LAST, e.seq LIMIT %d", w.sql, burstRead)
	err := c.each(ctx, q, w.args, func(v []driver.Value) error {
		read++
		if page.More {
			return nil
		}
		b := db.burst(v)
		if k := len(page.Bursts); k > 0 && joins(page.Bursts[k-1], b) {
			page.Bursts[k-1].Last = b.Last
			page.Bursts[k-1].Count++
		} else if n > 0 && k == n {
			page.More = true
			return nil
		} else {
			page.Bursts = append(page.Bursts, b)
		}
		*from = query.Cursor{Time: b.Last, Seq: b.Seq, Set: true}
		page.Next = *from
		return nil
	})
	return read, err
}

// joins reports whether a call goes on with a burst.
func joins(a, b query.Burst) bool {
	return a.Service == b.Service && a.Event == b.Event && a.Outcome == b.Outcome && a.Via == b.Via && a.Error == b.Error && a.IP == b.IP &&
		(a.Last == noTime) == (b.First == noTime) && (a.Last == noTime || b.First-a.Last <= burstGap)
}

func (db *DB) burst(v []driver.Value) query.Burst {
	d := func(dom domain, i int) string { return db.dicts[dom].text(uint32(number(v[i]))) }
	b := query.Burst{Seq: number(v[0]), First: noTime, Count: 1, Service: strings.TrimSuffix(d(domSource, 2), ".amazonaws.com"), Event: d(domName, 3),
		Outcome: uint8(number(v[4])), ReadOnly: number(v[5]) != 0, Via: db.dicts[domPerson].text(db.people.get(uint32(number(v[6]))).texts[whoInvokedBy]),
		Error: d(domError, 7), Resource: d(domResource, 8), IP: d(domIP, 9), Region: d(domRegion, 10)}
	if v[1] != nil {
		b.First = number(v[1])
	}
	b.Last = b.First
	return b
}

// SessionLanes draws sessions over time: the whole case in a number of buckets.
func (db *DB) SessionLanes(ctx context.Context, ids []string, buckets int) ([]query.SessionLane, error) {
	x, err := db.resolved(ctx, 0, true)
	if err != nil {
		return nil, err
	}
	s, _ := db.now()
	lanes := make([]query.SessionLane, len(ids))
	at := map[int]int{}
	wanted := make([]bool, len(x.list))
	for i, id := range ids {
		lanes[i] = query.SessionLane{Session: id, Reads: make([]int64, buckets), Writes: make([]int64, buckets), Errors: make([]int64, buckets), Denied: make([]int64, buckets)}
		if n, ok := x.named(id); ok {
			at[n], wanted[n] = i, true
		}
	}
	if s.from > s.to || buckets <= 0 {
		return lanes, nil
	}
	step := (s.to-s.from)/int64(buckets) + 1
	w, slot := db.whileAtWork(x, wanted, x.members(wanted)), x.slot()
	q := fmt.Sprintf("SELECT e.who, e.anchor, e.account, e.ip, min(e.t), (e.t - %d) // %d AS bucket, e.outcome, e.readonly, count(*), %s AS slot FROM event_rows AS e WHERE e.t BETWEEN %d AND %d AND (%s) "+
		"GROUP BY e.who, e.anchor, e.account, e.ip, bucket, e.outcome, e.readonly, slot", s.from, step, slot.sql, s.from, s.to, w.sql)
	return ask(ctx, db, func(ctx context.Context, c conn) ([]query.SessionLane, error) {
		return lanes, c.chunks(ctx, q, append(slot.args, w.args...), func(v vectors) error {
			bucket, outcome, reads, events := v.ints(5), v.bytes(6), v.bools(7), v.ints(8)
			for i, p := range v.spots() {
				if n, ok := x.at(p); ok && wanted[n] {
					laneOf(&lanes[at[n]], outcome[i], reads[i])[bucket[i]] += events[i]
				}
			}
			return nil
		})
	})
}

// laneOf are the counts that an event belongs to.
func laneOf(l *query.SessionLane, outcome uint8, reads bool) []int64 {
	switch {
	case outcome == 0 && reads:
		return l.Reads
	case outcome == 0:
		return l.Writes
	case outcome == 1:
		return l.Denied
	}
	return l.Errors
}

// Contrast sets two sessions side by side: their lists and their calls.
func (db *DB) Contrast(ctx context.Context, a, b string) ([]query.Contrast, error) {
	var rows [2]sessionRow
	var calls [2][]string
	for i, id := range []string{a, b} {
		x, num, where, err := db.one(ctx, id)
		if err != nil {
			return nil, err
		}
		list, err := db.sessionRows(ctx, x, []uint32{uint32(num)})
		if err = cmp.Or(err, db.missing(list, id)); err != nil {
			return nil, err
		}
		rows[i] = list[0]
		if calls[i], err = db.calls(ctx, where); err != nil {
			return nil, err
		}
	}
	var out []query.Contrast
	for _, d := range session.Compare(&rows[0].Session, &rows[1].Session, calls) {
		out = append(out, query.Contrast{What: d.What, Both: d.Both, OnlyA: d.OnlyOne, OnlyB: d.OnlyTwo})
	}
	return out, nil
}

// calls lists the distinct calls of a condition, sorted.
func (db *DB) calls(ctx context.Context, where expr) ([]string, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) ([]string, error) {
		var out []string
		err := c.each(ctx, "SELECT DISTINCT e.source, e.name FROM event_rows AS e WHERE "+where.sql, where.args, func(v []driver.Value) error {
			out = append(out, strings.TrimSuffix(db.dicts[domSource].text(uint32(number(v[0]))), ".amazonaws.com")+":"+db.dicts[domName].text(uint32(number(v[1]))))
			return nil
		})
		slices.Sort(out)
		return out, err
	})
}
