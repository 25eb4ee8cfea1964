package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/duckdb/duckdb-go/v2"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// A borrower is an identity: its principal and, when a service uses it in that
// principal's name, the service.
type borrower struct {
	who, principal, service uint32
}

// causes finds, for each identity that a service borrowed, the latest call of
// the same principal to that service in the time before (session.Cause); to any
// service where the record only says "AWS Internal".
func (g *gathering) causes(ctx context.Context, c conn) error {
	dirty, principals := g.unsettled()
	var named, internal, peers, direct []borrower
	rows := g.db.people.all()
	for _, w := range dirty {
		delete(g.causeOf, w)
		b := borrower{w, rows[w].texts[whoPrincipalID], 0}
		if g.who[w].InvokedBy == "AWS Internal" {
			internal = append(internal, b)
		} else if b.service = g.db.dicts[domSource].lookup(g.who[w].InvokedBy); b.service != 0 {
			named = append(named, b)
		}
	}
	for w := 1; w < len(g.who) && len(dirty) > 0; w++ {
		p := rows[w].texts[whoPrincipalID]
		if p == 0 || !principals[p] {
			continue
		}
		by := g.who[w].InvokedBy
		peers = append(peers, borrower{uint32(w), p, g.db.dicts[domSource].lookup(by)})
		if by == "" {
			direct = append(direct, borrower{uint32(w), p, 0})
		}
	}
	if err := g.causesOf(ctx, c, named, peers, "e.source"); err != nil {
		return err
	}
	if err := g.causesOf(ctx, c, internal, direct, "0::UINTEGER"); err != nil {
		return err
	}
	g.input.Causes = make([]session.Cause, 0, len(g.causeOf))
	for w, r := range g.causeOf {
		g.input.Causes = append(g.input.Causes, session.Cause{Who: g.who[w], By: r})
	}
	return nil
}

// unsettled lists the borrowed identities whose cause may be another than it
// was, and their principals: those that were used just now, and those that were
// first used at about the time of what came now of the same principal.
func (g *gathering) unsettled() (dirty []uint32, principals map[uint32]bool) {
	rows := g.db.people.all()
	touched := map[uint32]bool{}
	for w := range g.fresh.who {
		touched[rows[w].texts[whoPrincipalID]] = true
	}
	principals = map[uint32]bool{}
	for w, first := range g.first {
		p := rows[w].texts[whoPrincipalID]
		if !touched[p] || !g.fresh.who[w] && (first < g.fresh.from || first > g.fresh.to+session.BurstWindow.Microseconds()) {
			continue
		}
		dirty = append(dirty, w)
		principals[p] = true
	}
	return dirty, principals
}

// about bounds a query to the events around the first uses of some identities.
func (g *gathering) about(who []borrower) string {
	from, to := int64(math.MaxInt64), int64(math.MinInt64)
	for _, b := range who {
		from, to = min(from, g.first[b.who]), max(to, g.first[b.who])
	}
	return fmt.Sprintf("e.t BETWEEN %d AND %d AND %s", from-session.BurstWindow.Microseconds(), to, g.known())
}

// causesOf looks for the causes of borrowers among the calls of their peers to
// the service. Several may come at the latest time; which one counts depends on
// their content only, so that load order leaves no trace.
func (g *gathering) causesOf(ctx context.Context, c conn, who, peers []borrower, service string) error {
	if len(who) == 0 || len(peers) == 0 {
		return nil
	}
	whoFeed, withdraw := g.db.feeds.offer(borrowerFeed(who))
	defer withdraw()
	peerFeed, withdrawPeers := g.db.feeds.offer(borrowerFeed(peers))
	defer withdrawPeers()
	about := g.about(who)
	q := `WITH borrowed AS MATERIALIZED (SELECT * FROM spoor_feed(?)), peers AS MATERIALIZED (SELECT * FROM spoor_feed(?)),
	f AS (SELECT b.who, b.pid, b.svc, min(e.t) AS t FROM event_rows AS e JOIN borrowed AS b ON b.who = e.who WHERE ` + about + ` GROUP BY ALL),
	calls AS MATERIALIZED (SELECT DISTINCT p.pid, ` + service + ` AS svc, e.who, e.anchor, e.account, e.ip, e.t FROM event_rows AS e JOIN peers AS p ON p.who = e.who
		WHERE p.svc <> e.source AND (` + service + ` = 0 OR e.source IN (SELECT svc FROM borrowed)) AND ` + about + `),
	times AS (SELECT DISTINCT pid, svc, t FROM calls),
	latest AS (SELECT f.who, f.pid, f.svc, times.t FROM f ASOF JOIN times ON f.pid = times.pid AND f.svc = times.svc AND f.t >= times.t WHERE f.t - times.t <= ?)
	SELECT latest.who, e.who, e.anchor, e.account, e.ip, e.t FROM latest JOIN calls AS e ON e.pid = latest.pid AND e.svc = latest.svc AND e.t = latest.t`
	return c.each(ctx, q, []any{whoFeed, peerFeed, session.BurstWindow.Microseconds()}, func(v []driver.Value) error {
		w, r := uint32(number(v[0])), g.ref(v[1:])
		if old, ok := g.causeOf[w]; !ok || laterCause(r, old) {
			g.causeOf[w] = r
		}
		return nil
	})
}

func laterCause(a, b session.Ref) bool {
	if a.Time != b.Time {
		return a.Time > b.Time
	}
	if d := slices.Compare(a.Who.Hash[:], b.Who.Hash[:]); d != 0 {
		return d < 0
	}
	if a.IP != b.IP {
		return a.IP < b.IP
	}
	return a.Account < b.Account
}

func borrowerFeed(list []borrower) *feed {
	info, _ := duckdb.NewTypeInfo(duckdb.TYPE_UINTEGER) // fails for composite types only
	cols := []duckdb.ColumnInfo{{Name: "who", T: info}, {Name: "pid", T: info}, {Name: "svc", T: info}}
	return &feed{cols: cols, rows: len(list), fill: func(ch duckdb.DataChunk, row, i int) error {
		for col, v := range [...]uint32{list[i].who, list[i].principal, list[i].service} {
			if err := duckdb.SetChunkValue(ch, col, row, v); err != nil {
				return err
			}
		}
		return nil
	}}
}

func sortedKeys(set map[uint32]bool) []uint32 {
	out := make([]uint32, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// A twinKey is a stretch of work of a stranger, with that of the caller who did
// it; a twinRow the earliest pair there.
type twinKey struct {
	hidden, full stretchKey
}

type stretchKey struct {
	who, account, ip uint32
	anchor           uint8
	slot             int64
}

type twinRow struct {
	session.Twin
	hi, lo uint64 // of the full copy
}

// twins pairs the copies of actions that hide their caller with the caller's
// own; one pair for each stretch of work is enough.
func (g *gathering) twins(ctx context.Context, c conn) error {
	var foreign []int64
	for i := range g.who {
		if g.who[i].Kind == cloudtrail.KindForeign {
			foreign = append(foreign, int64(i))
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	name, withdraw := g.db.feeds.offer(numbersFeed("who", foreign))
	defer withdraw()
	ids := g.db.dicts[domID].all()
	q := `WITH strangers AS MATERIALIZED (SELECT who FROM spoor_feed(?)),
	h AS (SELECT * FROM event_rows AS e WHERE (shared_hi <> 0 OR shared_lo <> 0) AND who IN (SELECT who FROM strangers) AND ` + g.known() + `),
	o AS (SELECT * FROM event_rows AS e WHERE (shared_hi <> 0 OR shared_lo <> 0) AND who NOT IN (SELECT who FROM strangers) AND ` + g.known() + `)
	SELECT h.who, h.anchor, h.account, h.ip, h.t, o.who, o.anchor, o.account, o.ip, o.t, o.uid_hi, o.uid_lo, o.idkind, o.idtext, o.seq
	FROM h JOIN o ON h.shared_hi = o.shared_hi AND h.shared_lo = o.shared_lo WHERE h.seq > ? OR o.seq > ?
	QUALIFY row_number() OVER (PARTITION BY h.who, h.anchor, h.account, h.ip, h.t // ?, o.who, o.anchor, o.account, o.ip, o.t // ? ORDER BY o.t, o.uid_hi, o.uid_lo, h.t) = 1`
	err := c.each(ctx, q, []any{name, g.after, g.after, g.idle, g.idle}, func(v []driver.Value) error {
		t := twinRow{session.Twin{Hidden: g.ref(v), Full: g.ref(v[5:]), Event: session.EventRef{ID: eventID(v[10:14], ids), Seq: number(v[14])}}, v[10].(uint64), v[11].(uint64)}
		k := twinKey{g.stretch(v), g.stretch(v[5:])}
		if old, ok := g.twinOf[k]; !ok || t.before(old) {
			g.twinOf[k] = t
		}
		return nil
	})
	g.input.Twins = g.input.Twins[:0]
	for _, t := range g.twinOf {
		g.input.Twins = append(g.input.Twins, t.Twin)
	}
	return err
}

func (g *gathering) stretch(v []driver.Value) stretchKey {
	k := stretchKey{who: uint32(number(v[0])), anchor: uint8(number(v[1])), account: uint32(number(v[2])), ip: uint32(number(v[3])), slot: noTime}
	if v[4] != nil {
		k.slot = number(v[4]) / g.idle
	}
	return k
}

func (t twinRow) before(u twinRow) bool {
	return cmp.Or(cmp.Compare(t.Full.Time, u.Full.Time), cmp.Compare(t.hi, u.hi), cmp.Compare(t.lo, u.lo), cmp.Compare(t.Hidden.Time, u.Hidden.Time)) < 0
}

// breaks finds calls that succeeded after many in a row had been refused. Only
// stretches where refusals are frequent are looked at event by event: a run of
// them leaves three or more in ten minutes, a quarter of what succeeds or more.
func (g *gathering) breaks(ctx context.Context, c conn) error {
	refused := g.refused()
	if len(refused) == 0 {
		return nil
	}
	name, withdraw := g.db.feeds.offer(numbersFeed("who", refused))
	defer withdraw()
	const part = "who, anchor, account, ip"
	const stretch = "t // 600000000"
	q := `WITH calls AS MATERIALIZED (SELECT who, anchor, account, ip, t, name, outcome, uid_hi, uid_lo, ` + stretch + ` AS slot FROM event_rows AS e
		WHERE outcome <= 1 AND t IS NOT NULL AND ` + g.known() + ` AND who IN (SELECT who FROM spoor_feed(?))),
	d AS MATERIALIZED (SELECT ` + part + `, unnest([slot - 1, slot, slot + 1]) AS slot FROM (
		SELECT ` + part + `, slot FROM calls GROUP BY ALL HAVING count(*) FILTER (outcome = 1) >= 3 AND 4 * count(*) FILTER (outcome = 1) >= count(*) FILTER (outcome = 0))),
	near AS (SELECT *, slot - dense_rank() OVER (PARTITION BY ` + part + ` ORDER BY slot) AS island FROM calls SEMI JOIN d USING (` + part + `, slot)),
	e AS (SELECT ` + part + `, island, t, name, outcome, count(*) FILTER (outcome = 0) OVER (PARTITION BY ` + part + `, island ORDER BY t, uid_hi, uid_lo
		ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS done FROM near)
	SELECT ` + part + `, max(t) FILTER (outcome = 0) AS t, max(name) FILTER (outcome = 0), count(*) FILTER (outcome = 1) AS n FROM e
	GROUP BY ` + part + `, island, done HAVING n >= ? AND count(*) FILTER (outcome = 0) = 1`
	names := g.db.dicts[domName].all()
	for _, w := range refused {
		delete(g.breakOf, uint32(w))
	}
	err := c.each(ctx, q, []any{name, session.BurstOfDenials}, func(v []driver.Value) error {
		w := uint32(number(v[0]))
		g.breakOf[w] = append(g.breakOf[w], session.Break{Ref: g.ref(v), Call: names[number(v[5])], Denied: number(v[6])})
		return nil
	})
	g.input.Breaks = slices.Concat(slices.Collect(maps.Values(g.breakOf))...)
	slices.SortFunc(g.input.Breaks, func(a, b session.Break) int {
		switch {
		case laterCause(b.Ref, a.Ref):
			return -1
		case laterCause(a.Ref, b.Ref):
			return 1
		}
		return cmp.Or(cmp.Compare(a.Ref.Anchor, b.Ref.Anchor), cmp.Compare(a.Call, b.Call), cmp.Compare(a.Denied, b.Denied))
	})
	return err
}

// refused lists the identities with fresh events and refusals enough for a break.
func (g *gathering) refused() []int64 {
	denied := map[uint32]int64{}
	for k, row := range g.rows {
		if g.fresh.who[k.who] {
			denied[k.who] += g.input.Activity[row].Denied
		}
	}
	var out []int64
	for w, n := range denied {
		if n >= session.BurstOfDenials {
			out = append(out, int64(w))
		}
	}
	return out
}
