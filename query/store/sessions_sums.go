package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// A sumRow sums up events of one identity, anchor, account and address that lie
// close together (session.Activity). They are kept in the case, so that a batch
// is added to what there is without a look at old events: several rows may
// stand for one stretch, each for what came in another batch. Without a time,
// slot, first and last are noTime.
type sumRow struct {
	who, account, ip               uint32
	anchor                         uint8
	slot, first, last              int64
	events, writes, errors, denied int64
	sources, regions, agents       string // numbers of texts, with spaces between
	upto                           int64  // number of the last event of the batch
}

var sumTable = table[sumRow]{"session_sums", []column[sumRow]{
	idCol("who", func(r *sumRow) uint32 { return r.who }),
	byteCol("anchor", func(r *sumRow) uint8 { return r.anchor }),
	idCol("account", func(r *sumRow) uint32 { return r.account }),
	idCol("ip", func(r *sumRow) uint32 { return r.ip }),
	intCol("slot", func(r *sumRow) int64 { return r.slot }),
	intCol("first_t", func(r *sumRow) int64 { return r.first }),
	intCol("last_t", func(r *sumRow) int64 { return r.last }),
	intCol("events", func(r *sumRow) int64 { return r.events }),
	intCol("writes", func(r *sumRow) int64 { return r.writes }),
	intCol("errors", func(r *sumRow) int64 { return r.errors }),
	intCol("denied", func(r *sumRow) int64 { return r.denied }),
	textCol("sources", func(r *sumRow) string { return r.sources }),
	textCol("regions", func(r *sumRow) string { return r.regions }),
	textCol("agents", func(r *sumRow) string { return r.agents }),
	intCol("upto", func(r *sumRow) int64 { return r.upto }),
}}

// spot is where and when the event of the row was.
func (r *sumRow) spot() spot { return spot{r.who, r.account, r.ip, r.anchor, r.first} }

// A spot is what decides the session of an event, in numbers.
type spot struct {
	who, account, ip uint32
	anchor           uint8
	t                int64
}

// refColumns are those of a spot.
const refColumns = "e.who, e.anchor, e.account, e.ip, e.t"

// spotOf reads refColumns.
func spotOf(v []driver.Value) spot {
	p := spot{uint32(number(v[0])), uint32(number(v[2])), uint32(number(v[3])), uint8(number(v[1])), noTime}
	if v[4] != nil {
		p.t = number(v[4])
	}
	return p
}

// Events are summed up so many at once at most: DuckDB's tables of groups stay small,
// and one portion is still long enough to keep it busy. probePortion tells how many
// rows events leave: where each is of a session of its own, portions are shorter.
const (
	gatherPortion = 1 << 20
	probePortion  = 1 << 17
)

// manyBatches is how many batches may leave rows of sums of their own.
const manyBatches = 300

// sessionPortion is how many rows of sums sessions are worked out of at once. A row
// takes 1.5 kB then, and what it makes some 3 kB of DuckDB's memory until it is
// committed. Of generated events a million leaves 50,000 rows.
const sessionPortion = 1 << 16

// sumUp sums up the events numbered above from, up to to, of some identities;
// exact are those whose events are told apart by their very time.
func sumUp(ctx context.Context, c conn, from, to int64, of expr, exact []uint32, idle int64) error {
	slot := slotOf(exact, idle)
	portion := int64(probePortion)
	for end := from; from < to; from = end {
		end = min(from+portion, to)
		q := fmt.Sprintf(`INSERT INTO session_sums SELECT who, anchor, account, ip, CASE WHEN timeless THEN %[1]d ELSE slot END, coalesce(min(f), %[1]d), coalesce(max(l), %[1]d),
			sum(n)::BIGINT, sum(w)::BIGINT, sum(x)::BIGINT, sum(d)::BIGINT,
			string_agg(DISTINCT source::VARCHAR, ' '), string_agg(DISTINCT region::VARCHAR, ' '), string_agg(DISTINCT agent::VARCHAR, ' '), %[4]d
		FROM (SELECT e.who, e.anchor, e.account, e.ip, %[2]s AS slot, e.source, e.region, e.agent, e.t IS NULL AS timeless, min(e.t) AS f, max(e.t) AS l, count(*) AS n,
			count(*) FILTER (NOT e.readonly) AS w, count(*) FILTER (e.outcome <> 0) AS x, count(*) FILTER (e.outcome = 1) AS d
			FROM event_rows AS e WHERE e.seq > %[3]d AND e.seq <= %[4]d AND (%[5]s) GROUP BY ALL)
		GROUP BY who, anchor, account, ip, slot, timeless`, noTime, slot.sql, from, end, of.sql)
		rows, err := c.exec(ctx, q, append(slot.args[:len(slot.args):len(slot.args)], of.args...)...)
		if err != nil {
			return fmt.Errorf("sum up events: %w", err)
		}
		portion = nextPortion(end-from, rows)
	}
	return nil
}

// nextPortion is how many events to sum up next, after so many that left so many rows.
func nextPortion(events, rows int64) int64 {
	return min(gatherPortion, max(1, sessionPortion*events/max(rows, 1)))
}

// pile makes one row of those that stand for one stretch, when more than so many
// batches have left some. Large ones stay apart: they are parts to be worked out
// one by one.
func pile(ctx context.Context, c conn, batches int64) error {
	small := fmt.Sprintf("upto IN (SELECT upto FROM session_sums GROUP BY upto HAVING count(*) < %d)", sessionPortion/4)
	n, err := c.int64s(ctx, "SELECT count(DISTINCT upto) FROM session_sums WHERE "+small)
	if err != nil || n[0] <= batches {
		return err
	}
	words := func(col string) string {
		return fmt.Sprintf("array_to_string(list_distinct(flatten(list(string_split(%[1]s, ' ')))), ' ')", col)
	}
	return c.inTx(ctx, func() error {
		_, err := c.exec(ctx, "CREATE TEMP TABLE piled AS SELECT who, anchor, account, ip, slot, min(first_t) AS first_t, max(last_t) AS last_t, "+
			"sum(events)::BIGINT AS events, sum(writes)::BIGINT AS writes, sum(errors)::BIGINT AS errors, sum(denied)::BIGINT AS denied, "+
			words("sources")+" AS sources, "+words("regions")+" AS regions, "+words("agents")+" AS agents, (SELECT max(upto) FROM session_sums WHERE "+small+") AS upto "+
			"FROM session_sums WHERE "+small+" GROUP BY who, anchor, account, ip, slot; "+
			"DELETE FROM session_sums WHERE "+small+"; INSERT INTO session_sums SELECT * FROM piled; DROP TABLE piled")
		return err
	})
}

// readSums reads the rows of a condition, those of one stretch one after the
// other.
func readSums(ctx context.Context, c conn, where expr, f func(*sumRow)) error {
	texts := map[string]string{} // what many rows say is in memory once
	one := func(s string) string {
		if old, ok := texts[s]; ok {
			return old
		}
		s = strings.Clone(s)
		texts[s] = s
		return s
	}
	q := "SELECT who, anchor, account, ip, slot, first_t, last_t, events, writes, errors, denied, sources, regions, agents, upto FROM session_sums WHERE " + where.sql +
		" ORDER BY who, anchor, account, ip, slot"
	return c.chunks(ctx, q, where.args, func(v vectors) error {
		who, anchor, account, ip, slot, first, last := v.ids(0), v.bytes(1), v.ids(2), v.ids(3), v.ints(4), v.ints(5), v.ints(6)
		events, writes, failed, denied, upto := v.ints(7), v.ints(8), v.ints(9), v.ints(10), v.ints(14)
		sources, regions, agents := v.texts(11), v.texts(12), v.texts(13)
		for i := range who {
			f(&sumRow{who[i], account[i], ip[i], anchor[i], slot[i], first[i], last[i], events[i], writes[i], failed[i], denied[i],
				one(sources[i].String()), one(regions[i].String()), one(agents[i].String()), upto[i]})
		}
		return nil
	})
}

// A sums is the input of package session in the making.
type sums struct {
	*naming
	input session.Input
	last  sumRow
	words []wordRow
}

// A wordRow tells the services, regions and agents of a row of activity.
type wordRow struct {
	row                      int32
	sources, regions, agents string
}

// add takes in a row. Rows of one stretch come one after the other.
func (s *sums) add(r *sumRow) {
	l := &s.last
	if n := len(s.input.Activity); n > 0 && l.who == r.who && l.anchor == r.anchor && l.account == r.account && l.ip == r.ip && l.slot == r.slot {
		a := &s.input.Activity[n-1]
		a.First, a.Last = min(a.First, r.first), max(a.Last, r.last)
		a.Events, a.Writes, a.Errors, a.Denied = a.Events+r.events, a.Writes+r.writes, a.Errors+r.errors, a.Denied+r.denied
	} else {
		s.input.Activity = append(s.input.Activity, session.Activity{Who: s.identity(r.who), Anchor: cloudtrail.Anchor(r.anchor), Account: s.account[r.account], IP: s.ip[r.ip],
			First: r.first, Last: r.last, Events: r.events, Writes: r.writes, Errors: r.errors, Denied: r.denied})
	}
	s.last = *r
	s.words = append(s.words, wordRow{int32(len(s.input.Activity) - 1), r.sources, r.regions, r.agents})
}

// details lists the services, regions and agents, row by row.
func (s *sums) details() iter.Seq[session.Detail] {
	return func(yield func(session.Detail) bool) {
		for i := range s.words {
			w := &s.words[i]
			for kind, list := range [...]string{w.sources, w.regions, w.agents} {
				for id := range strings.SplitSeq(list, " ") {
					n, _ := strconv.ParseUint(id, 10, 32) // as sumUp wrote it
					d := session.Detail{Row: int(w.row)}
					switch kind {
					case 0:
						d.Service = s.source[n]
					case 1:
						d.Region = s.region[n]
					default:
						d.Agent = s.agent[n]
					}
					if !yield(d) {
						return
					}
				}
			}
		}
	}
}

// A naming turns numbers into what package session works on, as of one moment.
type naming struct {
	lexicon
	who    []*cloudtrail.Identity // by number, made when asked for
	number map[*cloudtrail.Identity]uint32
}

func newNaming(db *DB) *naming {
	n := &naming{lexicon: db.lexicon(), number: map[*cloudtrail.Identity]uint32{}}
	n.who = make([]*cloudtrail.Identity, len(n.rows))
	return n
}

// identity makes an identity again of its row.
func (n *naming) identity(who uint32) *cloudtrail.Identity {
	if n.who[who] != nil {
		return n.who[who]
	}
	r := &n.rows[who]
	t := func(i int) string { return n.person[r.texts[i]] }
	id := &cloudtrail.Identity{
		Hash: [2]uint64{r.hi, r.lo}, Created: r.created, Kind: cloudtrail.Kind(r.kind), MFA: cloudtrail.MFA(r.mfa),
		AssumedRoot: r.assumedRoot, FromConsole: r.fromConsole, Actor: t(whoActor), Type: t(whoType), PrincipalID: t(whoPrincipalID),
		ARN: t(whoARN), Account: t(whoAccount), AccessKey: t(whoKey), UserName: t(whoUserName), InvokedBy: t(whoInvokedBy),
		Delegate: t(whoDelegate), Provider: t(whoProvider), Role: t(whoRole), RoleARN: t(whoRoleARN), SessionName: t(whoSessionName),
		IssuerType: t(whoIssuerType), IssuerARN: t(whoIssuerARN), SourceIdentity: t(whoSourceIdentity), SignInSession: t(whoSignIn),
		OnBehalfOf: t(whoOnBehalfOf), CredentialID: t(whoCredentialID), CredentialsFor: t(whoCredentialsFor), EC2Delivery: t(whoEC2Delivery),
	}
	n.who[who] = id
	n.number[id] = who
	return id
}

func (n *naming) ref(p spot) session.Ref {
	return session.Ref{Who: n.identity(p.who), Anchor: cloudtrail.Anchor(p.anchor), Account: n.account[p.account], IP: n.ip[p.ip], Time: p.t}
}

// bare reports whether an identity has neither a key nor a session yet.
func (r *identityRow) bare() bool { return r.texts[whoKey] == 0 && r.created == noTime }

// signers lists the identities that sign in, or take the steps before: of their
// events the very time counts.
func (n *naming) signers(mints []mintNote) []uint32 {
	var signIns []session.Mint
	for i := range mints {
		if m := &mints[i]; n.rows[m.at.who].created == noTime && session.SignsIn(n.person[m.call]) {
			signIns = append(signIns, session.Mint{Mint: cloudtrail.Mint{Call: n.person[m.call]}, Ref: n.ref(m.at)})
		}
	}
	if len(signIns) == 0 {
		return nil
	}
	var may []*cloudtrail.Identity
	for _, m := range signIns {
		may = append(may, m.Ref.Who)
	}
	for w := 1; w < len(n.rows); w++ {
		if n.rows[w].bare() && n.rows[w].id != 0 {
			may = append(may, n.identity(uint32(w)))
		}
	}
	var out []uint32
	for _, id := range session.Signers(signIns, may) {
		out = append(out, n.number[id])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// earliest and latest are the ends of no time at all.
const earliest, latest = int64(math.MinInt64), int64(math.MaxInt64)
