package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"time"

	"spoor/query"
)

const dayMicros = 24 * hourMicros

// ChangeGroups sums the timeline up by actor, resource, service or day (of UTC).
func (db *DB) ChangeGroups(ctx context.Context, r query.GroupRequest) ([]query.ChangeGroup, error) {
	h, err := db.filter(ctx, r.Filter)
	if err != nil {
		return nil, err
	}
	defer h.release()
	seen, err := db.seenBy(ctx, r.Exact)
	if err != nil {
		return nil, err
	}
	where := all(h.where, seen.changed(r.Least))
	from, key, name, err := db.groupKey(r.By)
	if err != nil {
		return nil, err
	}
	edge := "max(e.t) DESC"
	if r.Order == query.Oldest {
		edge = "min(e.t) ASC"
	}
	limit := ""
	if r.N > 0 {
		limit = fmt.Sprintf(" LIMIT %d", r.N)
	}
	return ask(ctx, db, func(ctx context.Context, c conn) ([]query.ChangeGroup, error) {
		if r.By == query.ByResource && r.N > 0 && db.Totals().Events >= manyEvents {
			among, withdraw, err := db.firstResources(ctx, c, where, r.Order, r.N)
			if err != nil {
				return nil, err
			}
			defer withdraw()
			where = all(where, among)
		}
		q := fmt.Sprintf("SELECT %s AS k, count(*), count(*) FILTER (e.outcome = 1), max(%s), coalesce(min(e.t), %d), coalesce(max(e.t), %d) FROM %s WHERE %s GROUP BY k ORDER BY %s NULLS LAST, k%s",
			key, seen.graded(), noTime+1, noTime+1, from, where.sql, edge, limit)
		var out []query.ChangeGroup
		err := c.each(ctx, q, where.args, func(v []driver.Value) error {
			g := query.ChangeGroup{Name: name(number(v[0])), Count: number(v[1]), Denied: number(v[2]), Worst: uint8(number(v[3]) - 1), First: number(v[4]), Last: number(v[5])}
			if g.Absent = g.Name == ""; g.First == noTime+1 {
				g.First, g.Last = noTime, noTime
			}
			out = append(out, g)
			return nil
		})
		return out, err
	})
}

// firstResources is the condition for the n resources that come first in an
// order of time, where a part of the time holds so many: a large case has
// millions, and summing up all of them only to show the first takes long.
func (db *DB) firstResources(ctx context.Context, c conn, where expr, order query.Order, n int) (expr, func(), error) {
	dir, edge := "DESC", "max(e.t)"
	if order == query.Oldest {
		dir, edge = "ASC", "min(e.t)"
	}
	t := db.Totals()
	list, err := nearest(t.From.UnixMicro(), t.To.UnixMicro(), order == query.Newest, n, func(near expr) ([]int64, error) {
		in := all(where, near)
		q := fmt.Sprintf("SELECT e.resource, %s AS edge FROM event_rows AS e WHERE %s GROUP BY 1 ORDER BY edge %s, 1 LIMIT %d", edge, in.sql, dir, n)
		var list []int64
		err := c.each(ctx, q, in.args, func(v []driver.Value) error {
			list = append(list, number(v[0]))
			return nil
		})
		return list, err
	})
	if err != nil || len(list) < n {
		return exprTrue, func() {}, err
	}
	name, withdraw := db.feeds.offer(numbersFeed("num", list))
	return expr{"e.resource IN (SELECT num FROM spoor_feed(?))", []any{name}}, withdraw, nil
}

// groupKey says what a grouping groups by: the table, the expression, and the
// name of its value.
func (db *DB) groupKey(by query.Grouping) (from, key string, name func(int64) string, err error) {
	word := func(dom domain) func(int64) string {
		return func(id int64) string { return db.dicts[dom].text(uint32(id)) }
	}
	switch by {
	case query.ByActor:
		return "event_rows AS e JOIN identities AS i ON i.id = e.who", "i.actor", word(domPerson), nil
	case query.ByResource:
		return "event_rows AS e", "e.resource", word(domResource), nil
	case query.ByService:
		source := word(domSource)
		return "event_rows AS e", "e.source", func(id int64) string { return strings.TrimSuffix(source(id), ".amazonaws.com") }, nil
	case query.ByDay:
		// // rounds towards zero, but no log is older than 1970.
		return "event_rows AS e", fmt.Sprintf("coalesce(e.t // %d, -1)", dayMicros), func(d int64) string {
			if d < 0 {
				return ""
			}
			return time.UnixMicro(d * dayMicros).UTC().Format(time.DateOnly)
		}, nil
	}
	return "", "", nil, fmt.Errorf("group the timeline: no grouping was asked for")
}

// inGroup is the condition for the changes that ChangeGroups counts in a group.
func (db *DB) inGroup(by query.Grouping, g *query.ChangeGroup) expr {
	if g == nil {
		return exprTrue
	}
	word := func(dom domain, s string) uint32 { return db.dicts[dom].lookup(s) }
	switch by {
	case query.ByActor:
		return expr{"e.who IN (SELECT id FROM identities WHERE actor = ?)", []any{word(domPerson, g.Name)}}
	case query.ByResource:
		return expr{"e.resource = ?", []any{word(domResource, g.Name)}}
	case query.ByService:
		id := word(domSource, g.Name+".amazonaws.com")
		if id == 0 {
			id = word(domSource, g.Name)
		}
		return expr{"e.source = ?", []any{id}}
	case query.ByDay:
		if g.Absent {
			return expr{sql: "e.t IS NULL"}
		}
		day, err := time.Parse(time.DateOnly, g.Name)
		if err != nil {
			return exprFalse
		}
		return expr{"e.t BETWEEN ? AND ?", []any{day.UnixMicro(), day.UnixMicro() + dayMicros - 1}}
	}
	return exprTrue
}

// Lanes draws the timeline as a lane per actor: counts and the gravest severity
// per step of time.
func (db *DB) Lanes(ctx context.Context, r query.LaneRequest) (query.Lanes, error) {
	h, err := db.filter(ctx, r.Filter)
	if err != nil {
		return query.Lanes{}, err
	}
	defer h.release()
	if r.Buckets <= 0 {
		r.Buckets = defaultBuckets
	}
	seen, err := db.seenBy(ctx, r.Exact)
	if err != nil {
		return query.Lanes{}, err
	}
	where := all(h.where, seen.changed(r.Least), expr{sql: "e.t IS NOT NULL"})
	if !r.From.IsZero() {
		where = all(where, expr{"e.t >= ?", []any{r.From.UnixMicro()}})
	}
	if !r.To.IsZero() {
		where = all(where, expr{"e.t < ?", []any{r.To.UnixMicro()}})
	}
	return ask(ctx, db, func(ctx context.Context, c conn) (query.Lanes, error) {
		return db.lanes(ctx, c, r, where, seen.graded())
	})
}

func (db *DB) lanes(ctx context.Context, c conn, r query.LaneRequest, where expr, grade string) (query.Lanes, error) {
	var out query.Lanes
	n, err := c.int64s(ctx, "SELECT count(*), min(e.t), max(e.t) FROM event_rows AS e WHERE "+where.sql, where.args...)
	if err != nil || n[0] == 0 {
		return out, err
	}
	from, to := n[1], n[2]+1
	if !r.From.IsZero() {
		from = r.From.UnixMicro()
	}
	if !r.To.IsZero() {
		to = r.To.UnixMicro()
	}
	step := max((to-from+int64(r.Buckets)-1)/int64(r.Buckets), 1)
	out.Start, out.Step = time.UnixMicro(from).UTC(), time.Duration(step)*time.Microsecond
	lanes := map[int64]*query.Lane{}
	q := "SELECT i.actor, (e.t - ?) // ? AS b, count(*), max(" + grade + ") FROM event_rows AS e JOIN identities AS i ON i.id = e.who WHERE " + where.sql + " GROUP BY ALL"
	err = c.each(ctx, q, append([]any{from, step}, where.args...), func(v []driver.Value) error {
		l := lanes[number(v[0])]
		if l == nil {
			l = &query.Lane{Actor: db.dicts[domPerson].text(uint32(number(v[0]))), Counts: make([]int64, r.Buckets), Worst: make([]uint8, r.Buckets)}
			lanes[number(v[0])] = l
		}
		b, count := number(v[1]), number(v[2])
		l.Counts[b], l.Worst[b] = count, uint8(number(v[3])-1)
		l.Total += count
		return nil
	})
	out.Lanes, out.Rest = busiest(lanes, r.N)
	return out, err
}

// busiest returns the n lanes with most changes, the busiest first, and how
// many there are besides.
func busiest(lanes map[int64]*query.Lane, n int) ([]query.Lane, int) {
	list := make([]query.Lane, 0, len(lanes))
	for _, l := range lanes {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b query.Lane) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Actor, b.Actor))
	})
	if n > 0 && len(list) > n {
		return list[:n], len(list) - n
	}
	return list, 0
}
