package store

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"

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
	var named, internal, peers, direct []borrower
	rows := g.db.people.all()
	principals := map[uint32]bool{}
	for w := 1; w < len(g.who); w++ {
		b := borrower{uint32(w), rows[w].texts[whoPrincipalID], 0}
		if !session.Forwards(&g.who[w]) {
			continue
		}
		principals[b.principal] = true
		if g.who[w].InvokedBy == "AWS Internal" {
			internal = append(internal, b)
			continue
		}
		if b.service = g.db.dicts[domSource].lookup(g.who[w].InvokedBy); b.service != 0 {
			named = append(named, b)
		}
	}
	for w := 1; w < len(g.who); w++ {
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
	return g.causesOf(ctx, c, internal, direct, "0::UINTEGER")
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
	q := `WITH borrowed AS MATERIALIZED (SELECT * FROM spoor_feed(?)), peers AS MATERIALIZED (SELECT * FROM spoor_feed(?)),
	f AS (SELECT b.who, b.pid, b.svc, min(e.t) AS t FROM event_rows AS e JOIN borrowed AS b ON b.who = e.who WHERE e.t IS NOT NULL AND ` + g.known() + ` GROUP BY ALL),
	calls AS MATERIALIZED (SELECT DISTINCT p.pid, ` + service + ` AS svc, e.who, e.anchor, e.account, e.ip, e.t FROM event_rows AS e JOIN peers AS p ON p.who = e.who
		WHERE e.t IS NOT NULL AND p.svc <> e.source AND (` + service + ` = 0 OR e.source IN (SELECT svc FROM borrowed)) AND ` + g.known() + `),
	times AS (SELECT DISTINCT pid, svc, t FROM calls),
	latest AS (SELECT f.who, f.pid, f.svc, times.t FROM f ASOF JOIN times ON f.pid = times.pid AND f.svc = times.svc AND f.t >= times.t WHERE f.t - times.t <= ?)
	SELECT latest.who, e.who, e.anchor, e.account, e.ip, e.t FROM latest JOIN calls AS e ON e.pid = latest.pid AND e.svc = latest.svc AND e.t = latest.t`
	best := map[uint32]session.Ref{}
	err := c.each(ctx, q, []any{whoFeed, peerFeed, session.BurstWindow.Microseconds()}, func(v []driver.Value) error {
		w, r := uint32(number(v[0])), g.ref(v[1:])
		if old, ok := best[w]; !ok || laterCause(r, old) {
			best[w] = r
		}
		return nil
	})
	for w, r := range best {
		g.input.Causes = append(g.input.Causes, session.Cause{Who: &g.who[w], By: r})
	}
	return err
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
	FROM h JOIN o ON h.shared_hi = o.shared_hi AND h.shared_lo = o.shared_lo
	QUALIFY row_number() OVER (PARTITION BY h.who, h.anchor, h.account, h.ip, h.t // ?, o.who, o.anchor, o.account, o.ip, o.t // ? ORDER BY o.t, o.uid_hi, o.uid_lo) = 1`
	return c.each(ctx, q, []any{name, g.idle, g.idle}, func(v []driver.Value) error {
		g.input.Twins = append(g.input.Twins, session.Twin{Hidden: g.ref(v), Full: g.ref(v[5:]),
			Event: session.EventRef{ID: eventID(v[10:14], ids), Seq: number(v[14])}})
		return nil
	})
}

// describe tells the sessions which services, regions and agents they used.
func (g *gathering) describe(ctx context.Context, c conn, res *session.Result) error {
	q := "SELECT e.who, e.anchor, e.account, e.ip, min(e.t), e.source, e.region, e.agent, " + slotOf(g.exact, g.idle) + " AS slot FROM event_rows AS e WHERE " + g.known() +
		" GROUP BY e.who, e.anchor, e.account, e.ip, e.source, e.region, e.agent, slot, e.t IS NULL"
	return c.each(ctx, q, nil, func(v []driver.Value) error {
		res.Describe(session.Detail{Ref: g.ref(v), Service: g.texts.source[number(v[5])], Region: g.texts.region[number(v[6])], Agent: g.texts.agent[number(v[7])]})
		return nil
	})
}

// breaks finds calls that succeeded after many in a row had been refused. Only
// stretches where refusals are frequent are looked at event by event: a run of
// them leaves three or more in ten minutes, a quarter of what succeeds or more.
func (g *gathering) breaks(ctx context.Context, c conn) ([]session.Break, error) {
	const part = "who, anchor, account, ip"
	const stretch = "t // 600000000"
	q := `WITH d AS MATERIALIZED (SELECT ` + part + `, unnest([slot - 1, slot, slot + 1]) AS slot FROM (
		SELECT ` + part + `, ` + stretch + ` AS slot FROM event_rows AS e WHERE outcome <= 1 AND t IS NOT NULL AND ` + g.known() + `
		GROUP BY ALL HAVING count(*) FILTER (outcome = 1) >= 3 AND 4 * count(*) FILTER (outcome = 1) >= count(*) FILTER (outcome = 0))),
	all_calls AS (SELECT *, ` + stretch + ` AS slot FROM event_rows AS e WHERE outcome <= 1 AND t IS NOT NULL AND ` + g.known() + `),
	near AS (SELECT *, slot - dense_rank() OVER (PARTITION BY ` + part + ` ORDER BY slot) AS island FROM all_calls SEMI JOIN d USING (` + part + `, slot)),
	e AS (SELECT ` + part + `, island, t, name, outcome, count(*) FILTER (outcome = 0) OVER (PARTITION BY ` + part + `, island ORDER BY t, uid_hi, uid_lo
		ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS done FROM near)
	SELECT ` + part + `, max(t) FILTER (outcome = 0) AS t, max(name) FILTER (outcome = 0), count(*) FILTER (outcome = 1) AS n FROM e
	GROUP BY ` + part + `, island, done HAVING n >= ? AND count(*) FILTER (outcome = 0) = 1`
	names := g.db.dicts[domName].all()
	var out []session.Break
	err := c.each(ctx, q, []any{session.BurstOfDenials}, func(v []driver.Value) error {
		out = append(out, session.Break{Ref: g.ref(v), Call: names[number(v[5])], Denied: number(v[6])})
		return nil
	})
	slices.SortFunc(out, func(a, b session.Break) int {
		if laterCause(a.Ref, b.Ref) == laterCause(b.Ref, a.Ref) {
			return strings.Compare(a.Call, b.Call)
		}
		if laterCause(b.Ref, a.Ref) {
			return -1
		}
		return 1
	})
	return out, err
}
