package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"

	"github.com/duckdb/duckdb-go/v2"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// A search looks for evidence among events, as of a moment: what those above
// after add to what is known.
type search struct {
	*naming
	db    *DB
	idle  int64 // µs
	after int64
	last  int64
}

// known are the events that the texts in memory are complete for.
func (s *search) known() string { return fmt.Sprintf("e.seq <= %d", s.last) }

// A fresh says when the events that came since were, by identity. Events without
// a time bear on nothing that is looked for here.
type fresh map[uint32]timeSpan

// everyone stands in a fresh for all there are: it is the number of no identity.
const everyone = 0

// at says when the events of an identity were.
func (f fresh) at(id uint32) (timeSpan, bool) {
	at, ok := f[everyone]
	if !ok {
		at, ok = f[id]
	}
	return at, ok
}

// are is the condition for rows about the identities; there are n numbers of them.
func (f fresh) are(n int) expr {
	if _, all := f[everyone]; all {
		return exprTrue
	}
	return in("who", sortedKeys(keysOf(f)), n)
}

// add takes in when something was.
func (f fresh) add(id uint32, from, to int64) {
	if from == noTime {
		return
	}
	if old, ok := f[id]; ok {
		from, to = min(from, old.from), max(to, old.to)
	}
	f[id] = timeSpan{from, to}
}

// A borrower is an identity: its principal and, when a service uses it in that
// principal's name, the service.
type borrower struct {
	who, principal, service uint32
	first                   int64 // when it was first used
}

// causes finds, for each identity that a service borrowed and whose cause may be
// another than it was, the latest call of the same principal to that service in
// the time before (session.Cause); to any service where the record only says
// "AWS Internal". Those without a cause have no spot.
func (s *search) causes(ctx context.Context, c conn, f fresh) (map[uint32]spot, error) {
	dirty, err := s.unsettled(ctx, c, f)
	if err != nil || len(dirty) == 0 {
		return nil, err
	}
	out := make(map[uint32]spot, len(dirty))
	principals := map[uint32]bool{}
	var named, internal, peers, direct []borrower
	for _, b := range dirty {
		out[b.who] = spot{}
		principals[b.principal] = true
		if by := s.person[s.rows[b.who].texts[whoInvokedBy]]; by == "AWS Internal" {
			internal = append(internal, b)
		} else if b.service = s.db.dicts[domSource].lookup(by); b.service != 0 {
			named = append(named, b)
		}
	}
	for w := 1; w < len(s.rows); w++ {
		p := s.rows[w].texts[whoPrincipalID]
		if p == 0 || !principals[p] {
			continue
		}
		by := s.rows[w].texts[whoInvokedBy]
		peers = append(peers, borrower{uint32(w), p, s.db.dicts[domSource].lookup(s.person[by]), 0})
		if by == 0 {
			direct = append(direct, borrower{uint32(w), p, 0, 0})
		}
	}
	if err := s.causesOf(ctx, c, named, peers, "e.source", out); err != nil {
		return nil, err
	}
	return out, s.causesOf(ctx, c, internal, direct, "0::UINTEGER", out)
}

// causePortion is for how many borrowers causes are looked for at once: those of
// about the same time, so that the calls of that time are all DuckDB has to hold.
const causePortion = 1 << 14

// unsettled lists the borrowed identities whose cause may be another than it
// was: those that were first used at about the time of what came now of the same
// principal.
func (s *search) unsettled(ctx context.Context, c conn, f fresh) ([]borrower, error) {
	touched := fresh{} // by principal
	for w, at := range f {
		if p := s.rows[w].texts[whoPrincipalID]; p != 0 || w == everyone {
			touched.add(p, at.from, at.to)
		}
	}
	var may []uint32
	for w := 1; w < len(s.rows); w++ {
		if r := &s.rows[w]; r.texts[whoInvokedBy] == 0 {
			continue
		} else if _, ok := touched.at(r.texts[whoPrincipalID]); ok && s.forwards(r) {
			may = append(may, uint32(w))
		}
	}
	if len(may) == 0 {
		return nil, nil
	}
	w := in("who", may, len(s.rows))
	var out []borrower
	err := c.each(ctx, fmt.Sprintf("SELECT who, min(first_t) FROM session_sums WHERE first_t <> %d AND %s GROUP BY who ORDER BY who", noTime, w.sql), w.args, func(v []driver.Value) error {
		b := borrower{who: uint32(number(v[0])), first: number(v[1])}
		b.principal = s.rows[b.who].texts[whoPrincipalID]
		if at, _ := touched.at(b.principal); b.first >= at.from && b.first-at.to <= session.BurstWindow.Microseconds() {
			out = append(out, b)
		}
		return nil
	})
	return out, err
}

// forwards reports whether a service used an identity in its caller's name. There
// are hundreds of thousands of such identities: none is made for the question.
func (n *naming) forwards(r *identityRow) bool {
	return session.Forwards(&cloudtrail.Identity{Kind: cloudtrail.Kind(r.kind), PrincipalID: n.person[r.texts[whoPrincipalID]], InvokedBy: n.person[r.texts[whoInvokedBy]]})
}

// about bounds a query to the events around the first uses of some identities.
func (s *search) about(who []borrower) string {
	from, to := latest, earliest
	for _, b := range who {
		from, to = min(from, b.first), max(to, b.first)
	}
	return fmt.Sprintf("e.t BETWEEN %d AND %d AND %s", from-session.BurstWindow.Microseconds(), to, s.known())
}

// causesOf looks for the causes of borrowers among the calls of their peers to
// the service, from one stretch of time to the next.
func (s *search) causesOf(ctx context.Context, c conn, who, peers []borrower, service string, out map[uint32]spot) error {
	if len(peers) == 0 {
		return nil
	}
	slices.SortFunc(who, func(a, b borrower) int { return cmp.Compare(a.first, b.first) })
	for part := range slices.Chunk(who, causePortion) {
		if err := s.causesAbout(ctx, c, part, peers, service, out); err != nil {
			return err
		}
	}
	return nil
}

// causesAbout looks for causes in one stretch of time. Several may come at the
// latest time; which one counts depends on their content only, so that load order
// leaves no trace.
func (s *search) causesAbout(ctx context.Context, c conn, who, peers []borrower, service string, out map[uint32]spot) error {
	whoFeed, withdraw := s.db.feeds.offer(borrowerFeed(who))
	defer withdraw()
	peerFeed, withdrawPeers := s.db.feeds.offer(borrowerFeed(peers))
	defer withdrawPeers()
	about := s.about(who)
	q := `WITH borrowed AS MATERIALIZED (SELECT * FROM spoor_feed(?)), peers AS MATERIALIZED (SELECT * FROM spoor_feed(?)),
	f AS (SELECT b.who, b.pid, b.svc, min(e.t) AS t FROM event_rows AS e JOIN borrowed AS b ON b.who = e.who WHERE ` + about + ` GROUP BY ALL),
	calls AS MATERIALIZED (SELECT DISTINCT p.pid, ` + service + ` AS svc, e.who, e.anchor, e.account, e.ip, e.t FROM event_rows AS e JOIN peers AS p ON p.who = e.who
		WHERE p.svc <> e.source AND (` + service + ` = 0 OR e.source IN (SELECT svc FROM borrowed)) AND ` + about + `),
	times AS (SELECT DISTINCT pid, svc, t FROM calls),
	latest AS (SELECT f.who, f.pid, f.svc, times.t FROM f ASOF JOIN times ON f.pid = times.pid AND f.svc = times.svc AND f.t >= times.t WHERE f.t - times.t <= ?)
	SELECT latest.who, e.who, e.anchor, e.account, e.ip, e.t FROM latest JOIN calls AS e ON e.pid = latest.pid AND e.svc = latest.svc AND e.t = latest.t`
	return c.each(ctx, q, []any{whoFeed, peerFeed, session.BurstWindow.Microseconds()}, func(v []driver.Value) error {
		w, p := uint32(number(v[0])), spotOf(v[1:])
		if old := out[w]; old == (spot{}) || s.laterCause(p, old) {
			out[w] = p
		}
		return nil
	})
}

func (s *search) laterCause(a, b spot) bool {
	if a.t != b.t {
		return a.t > b.t
	}
	if x, y := &s.rows[a.who], &s.rows[b.who]; x.hi != y.hi || x.lo != y.lo {
		return cmp.Or(cmp.Compare(x.hi, y.hi), cmp.Compare(x.lo, y.lo)) < 0
	}
	if x, y := s.ip[a.ip], s.ip[b.ip]; x != y {
		return x < y
	}
	return s.account[a.account] < s.account[b.account]
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

// A twinKey is a stretch of work of a stranger, with that of the caller who did
// it.
type twinKey struct {
	hidden, full stretchKey
}

type stretchKey struct {
	who, account, ip uint32
	anchor           uint8
	slot             int64
}

func (p spot) stretch(idle int64) stretchKey {
	k := stretchKey{p.who, p.account, p.ip, p.anchor, noTime}
	if p.t != noTime {
		k.slot = p.t / idle
	}
	return k
}

// twins pairs the copies of actions that hide their caller with the caller's
// own; one pair for each stretch of work is enough.
func (s *search) twins(ctx context.Context, c conn) ([]twinRow, error) {
	var foreign []int64
	for i := range s.rows {
		if cloudtrail.Kind(s.rows[i].kind) == cloudtrail.KindForeign {
			foreign = append(foreign, int64(i))
		}
	}
	if len(foreign) == 0 {
		return nil, nil
	}
	name, withdraw := s.db.feeds.offer(numbersFeed("who", foreign))
	defer withdraw()
	q := `WITH strangers AS MATERIALIZED (SELECT who FROM spoor_feed(?)),
	h AS (SELECT * FROM event_rows AS e WHERE (shared_hi <> 0 OR shared_lo <> 0) AND who IN (SELECT who FROM strangers) AND ` + s.known() + `),
	o AS (SELECT * FROM event_rows AS e WHERE (shared_hi <> 0 OR shared_lo <> 0) AND who NOT IN (SELECT who FROM strangers) AND ` + s.known() + `)
	SELECT h.who, h.anchor, h.account, h.ip, h.t, o.who, o.anchor, o.account, o.ip, o.t, o.uid_hi, o.uid_lo, o.idkind, o.idtext, o.seq
	FROM h JOIN o ON h.shared_hi = o.shared_hi AND h.shared_lo = o.shared_lo WHERE h.seq > ? OR o.seq > ?
	QUALIFY row_number() OVER (PARTITION BY h.who, h.anchor, h.account, h.ip, h.t // ?, o.who, o.anchor, o.account, o.ip, o.t // ? ORDER BY o.t, o.uid_hi, o.uid_lo, h.t) = 1`
	var out []twinRow
	err := c.each(ctx, q, []any{name, s.after, s.after, s.idle, s.idle}, func(v []driver.Value) error {
		out = append(out, twinOf(v))
		return nil
	})
	return out, err
}

func (t twinRow) before(u twinRow) bool {
	return cmp.Or(cmp.Compare(t.full.t, u.full.t), cmp.Compare(t.hi, u.hi), cmp.Compare(t.lo, u.lo), cmp.Compare(t.hidden.t, u.hidden.t)) < 0
}

// breakSlot is how long the stretches are in which refusals are counted, µs.
const breakSlot = 600_000_000

// breaks finds calls that succeeded after many in a row had been refused, of the
// identities that came up just now, in the times that it returns as well. Only
// stretches where refusals are frequent are looked at event by event: a run of
// them leaves three or more in ten minutes, a quarter of what succeeds or more.
func (s *search) breaks(ctx context.Context, c conn, f fresh) (refused fresh, out []breakRow, err error) {
	refused, err = s.refused(ctx, c, f)
	if err != nil || len(refused) == 0 {
		return nil, nil, err
	}
	var who, begin, end []int64
	from, to := latest, earliest
	for w, at := range refused {
		who, begin, end = append(who, int64(w)), append(begin, at.from), append(end, at.to)
		from, to = min(from, at.from), max(to, at.to)
	}
	name, withdraw := s.db.feeds.offer(numbersFeeds([]string{"who", "a", "b"}, who, begin, end))
	defer withdraw()
	const part = "who, anchor, account, ip"
	slot := fmt.Sprintf("t // %d AS slot", breakSlot)
	within := fmt.Sprintf("t BETWEEN a AND b AND t BETWEEN %d AND %d AND %s", from, to, s.known())
	q := `WITH f AS MATERIALIZED (SELECT * FROM spoor_feed(?)),
	refused AS MATERIALIZED (SELECT DISTINCT who, unnest([slot - 1, slot, slot + 1]) AS slot FROM (
		SELECT e.who, ` + slot + `, anchor, account, ip FROM event_rows AS e JOIN f ON e.who = f.who WHERE outcome = 1 AND ` + within + ` GROUP BY ALL HAVING count(*) >= 3)),
	calls AS MATERIALIZED (SELECT e.who, anchor, account, ip, t, name, outcome, uid_hi, uid_lo, r.slot FROM event_rows AS e JOIN f ON e.who = f.who
		JOIN refused AS r ON e.who = r.who AND e.t // ` + fmt.Sprint(breakSlot) + ` = r.slot WHERE outcome <= 1 AND ` + within + `),
	d AS MATERIALIZED (SELECT ` + part + `, unnest([slot - 1, slot, slot + 1]) AS slot FROM (
		SELECT ` + part + `, slot FROM calls GROUP BY ALL HAVING count(*) FILTER (outcome = 1) >= 3 AND 4 * count(*) FILTER (outcome = 1) >= count(*) FILTER (outcome = 0))),
	near AS (SELECT *, slot - dense_rank() OVER (PARTITION BY ` + part + ` ORDER BY slot) AS island FROM calls SEMI JOIN d USING (` + part + `, slot)),
	e AS (SELECT ` + part + `, island, t, name, outcome, count(*) FILTER (outcome = 0) OVER (PARTITION BY ` + part + `, island ORDER BY t, uid_hi, uid_lo
		ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS done FROM near)
	SELECT ` + part + `, max(t) FILTER (outcome = 0) AS t, max(name) FILTER (outcome = 0), count(*) FILTER (outcome = 1) AS n FROM e
	GROUP BY ` + part + `, island, done HAVING n >= ? AND count(*) FILTER (outcome = 0) = 1`
	err = c.each(ctx, q, []any{name, session.BurstOfDenials}, func(v []driver.Value) error {
		out = append(out, breakRow{spotOf(v), uint32(number(v[5])), number(v[6])})
		return nil
	})
	return refused, out, err
}

// refused tells when identities that came up just now were refused often enough
// for a break, as far as what came now may have a part in it: refusals more than
// four slots apart have nothing to do with each other.
func (s *search) refused(ctx context.Context, c conn, f fresh) (fresh, error) {
	out := fresh{}
	var at uint32
	var run timeSpan
	var n int64
	end := func() {
		if now, ok := f.at(at); ok && n >= session.BurstOfDenials && run.from-4*breakSlot <= now.to && now.from <= run.to+4*breakSlot {
			out.add(at, run.from-2*breakSlot, run.to+2*breakSlot)
		}
	}
	w := f.are(len(s.rows))
	err := c.each(ctx, fmt.Sprintf("SELECT who, first_t, last_t, denied FROM session_sums WHERE denied > 0 AND first_t <> %d AND %s ORDER BY who, first_t", noTime, w.sql), w.args, func(v []driver.Value) error {
		who, from, to := uint32(number(v[0])), number(v[1]), number(v[2])
		if who != at || from-run.to > 4*breakSlot {
			end()
			at, run, n = who, timeSpan{from, to}, 0
		}
		run.to, n = max(run.to, to), n+number(v[3])
		return nil
	})
	end()
	return out, err
}

// sorted are the breaks in an order that load order has no part in.
func (ev *evidence) sorted(s *search) []breakRow {
	var all []breakRow
	for _, list := range ev.breaks {
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b breakRow) int {
		switch {
		case s.laterCause(b.at, a.at):
			return -1
		case s.laterCause(a.at, b.at):
			return 1
		}
		return cmp.Or(cmp.Compare(a.at.anchor, b.at.anchor), cmp.Compare(s.name[a.call], s.name[b.call]), cmp.Compare(a.denied, b.denied))
	})
	return all
}

func sortedKeys(set map[uint32]bool) []uint32 {
	out := make([]uint32, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// numbersFeeds feeds rows of numbers, column by column.
func numbersFeeds(names []string, cols ...[]int64) *feed {
	info, _ := duckdb.NewTypeInfo(duckdb.TYPE_BIGINT) // fails for composite types only
	f := &feed{rows: len(cols[0])}
	for _, name := range names {
		f.cols = append(f.cols, duckdb.ColumnInfo{Name: name, T: info})
	}
	f.fill = func(ch duckdb.DataChunk, row, i int) error {
		for col := range cols {
			if err := duckdb.SetChunkValue(ch, col, row, cols[col][i]); err != nil {
				return err
			}
		}
		return nil
	}
	return f
}
