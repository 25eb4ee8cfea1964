package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// A gathering is what sessions are worked out from: sums over the events, as of
// one moment. It can take in the events that came since, which gives the very
// sums that gathering anew would.
type gathering struct {
	db     *DB
	state  caseState
	after  int64 // the events up to this number are in already
	idle   int64 // µs
	who    []*cloudtrail.Identity
	old    int // how many of them had been there before
	number map[*cloudtrail.Identity]uint32
	signs  map[uint32]bool // identities that sign in, whose events are told apart by their very time
	exact  []uint32        // the same, sorted
	texts  struct{ account, ip, source, region, agent, person []string }
	input  session.Input

	rows    map[activityKey]int32 // into input.Activity
	words   []wordRow
	heads   []int32          // of each row of activity the latest of its words; -1 for none
	first   map[uint32]int64 // when a service first used an identity in its caller's name
	fresh   freshEvents
	causeOf map[uint32]session.Ref
	twinOf  map[twinKey]twinRow
	breakOf map[uint32][]session.Break
}

// An activityKey is what the events of one row of activity share.
type activityKey struct {
	who, account, ip uint32
	anchor           uint8
	timeless         bool
	slot             int64
}

// A wordRow is a service, region or agent of a row of activity, and where the
// one noted before is; -1 for none.
type wordRow struct {
	before int32
	word   uint32 // its id, and in the two lowest bits which of gatheredWords it is
}

// gatheredWords are the domains of words.
var gatheredWords = [...]domain{domSource, domRegion, domAgent}

// lookBack is how many words of a row are looked through for one that is there
// already. Rows have a few; one of thousands may hold some twice.
const lookBack = 64

// gatherPortion is how many events are summed up at once: DuckDB's tables of
// groups stay small, and one portion is still long enough to keep it busy.
const gatherPortion = 1 << 20

// freshEvents says what the events that came since touch.
type freshEvents struct {
	who      map[uint32]bool
	from, to int64 // of those with a time; from > to when there are none
}

// errAnew says that what came since can't be taken in.
var errAnew = errors.New("gather anew")

func newGathering(db *DB, idle time.Duration) *gathering {
	g := &gathering{db: db, idle: idle.Microseconds(), number: map[*cloudtrail.Identity]uint32{}, signs: map[uint32]bool{}, rows: map[activityKey]int32{},
		first: map[uint32]int64{}, causeOf: map[uint32]session.Ref{}, twinOf: map[twinKey]twinRow{}, breakOf: map[uint32][]session.Break{}}
	g.input.Idle = idle
	return g
}

// gather takes in the events that came since the last time; errAnew when that
// won't do, for events went, or an identity turned out to be one that signs in.
// Events that come meanwhile are left out. After an error it can't go on.
func (g *gathering) gather(ctx context.Context, c conn) error {
	s, _ := g.db.now()
	g.after, g.state = g.state.last, caseState{s.events, s.last}
	g.texts.account, g.texts.ip, g.texts.person = g.db.dicts[domAccount].all(), g.db.dicts[domIP].all(), g.db.dicts[domPerson].all()
	g.texts.source, g.texts.region, g.texts.agent = g.db.dicts[domSource].all(), g.db.dicts[domRegion].all(), g.db.dicts[domAgent].all()
	g.identities(g.db.people.all())
	if s.from <= s.to {
		g.input.From, g.input.To = s.from, s.to
	}
	g.fresh = freshEvents{who: map[uint32]bool{}, from: math.MaxInt64, to: math.MinInt64}
	for _, step := range []func(context.Context, conn) error{g.mints, g.activity, g.causes, g.twins, g.breaks} {
		if err := step(ctx, c); err != nil {
			return fmt.Errorf("sum up events: %w", err)
		}
	}
	g.input.Details = g.eachDetail
	return nil
}

// adds reports whether a state differs from the gathering's by events that came
// only.
func (g *gathering) adds(ctx context.Context, c conn, s caseState) (bool, error) {
	n, err := c.int64s(ctx, fmt.Sprintf("SELECT count(*) FROM event_rows AS e WHERE e.seq > %d AND e.seq <= %d", g.state.last, s.last))
	return err == nil && g.state.events+n[0] == s.events, err
}

// identities makes identities again of the rows that are new.
func (g *gathering) identities(rows []identityRow) {
	g.old = len(g.who)
	made := make([]cloudtrail.Identity, len(rows)-len(g.who))
	for i := range made {
		made[i] = g.identity(&rows[len(g.who)])
		g.number[&made[i]] = uint32(len(g.who))
		g.who = append(g.who, &made[i])
	}
}

func (g *gathering) identity(r *identityRow) cloudtrail.Identity {
	t := func(i int) string { return g.texts.person[r.texts[i]] }
	return cloudtrail.Identity{
		Hash: [2]uint64{r.hi, r.lo}, Created: r.created, Kind: cloudtrail.Kind(r.kind), MFA: cloudtrail.MFA(r.mfa),
		AssumedRoot: r.assumedRoot, FromConsole: r.fromConsole, Actor: t(whoActor), Type: t(whoType), PrincipalID: t(whoPrincipalID),
		ARN: t(whoARN), Account: t(whoAccount), AccessKey: t(whoKey), UserName: t(whoUserName), InvokedBy: t(whoInvokedBy),
		Delegate: t(whoDelegate), Provider: t(whoProvider), Role: t(whoRole), RoleARN: t(whoRoleARN), SessionName: t(whoSessionName),
		IssuerType: t(whoIssuerType), IssuerARN: t(whoIssuerARN), SourceIdentity: t(whoSourceIdentity), SignInSession: t(whoSignIn),
		OnBehalfOf: t(whoOnBehalfOf), CredentialID: t(whoCredentialID), CredentialsFor: t(whoCredentialsFor), EC2Delivery: t(whoEC2Delivery),
	}
}

// known are the events that the texts in memory are complete for.
func (g *gathering) known() string { return fmt.Sprintf("e.seq <= %d", g.state.last) }

// since are those of them that were not taken in yet.
func (g *gathering) since() string {
	return fmt.Sprintf("e.seq > %d AND e.seq <= %d", g.after, g.state.last)
}

// ref reads who, anchor, account, ip and time from v on.
func (g *gathering) ref(v []driver.Value) session.Ref {
	r := session.Ref{Who: g.who[number(v[0])], Anchor: cloudtrail.Anchor(number(v[1])), Account: g.texts.account[number(v[2])], IP: g.texts.ip[number(v[3])], Time: noTime}
	if v[4] != nil {
		r.Time = number(v[4])
	}
	return r
}

const refColumns = "e.who, e.anchor, e.account, e.ip, e.t"

// mints reads the calls that gave out credentials, and finds the identities that
// sign in.
func (g *gathering) mints(ctx context.Context, c conn) error {
	const q = "SELECT e.seq, " + refColumns + ", e.uid_hi, e.uid_lo, e.idkind, e.idtext, e.shared_hi, e.shared_lo, m.call, m.issued_key, m.role_arn, " +
		"m.session_name, m.principal, m.target, m.source_ident, m.signin, m.from_principal, m.for_account, m.role_name " +
		"FROM mints AS m JOIN event_rows AS e ON e.seq = m.seq WHERE "
	ids := g.db.dicts[domID].all()
	var late error
	err := c.each(ctx, q+g.since(), nil, func(v []driver.Value) error {
		t := func(i int) string { return g.texts.person[number(v[i])] }
		m := session.Mint{
			Mint: cloudtrail.Mint{Call: t(12), IssuedKey: t(13), RoleARN: t(14), SessionName: t(15), Principal: t(16), Target: t(17),
				SourceIdent: t(18), SignIn: t(19), From: t(20), Account: t(21), RoleName: t(22)},
			Ref:   g.ref(v[1:]),
			Event: session.EventRef{ID: eventID(v[6:10], ids), Seq: number(v[0])},
		}
		if !strings.HasPrefix(m.SignIn, "arn:") {
			m.SignIn, m.Workflow = "", m.SignIn
		}
		if hi, lo := v[10].(uint64), v[11].(uint64); hi != 0 || lo != 0 {
			m.Shared = guidText(hi, lo)
		}
		g.input.Mints = append(g.input.Mints, m)
		return nil
	})
	for _, id := range session.Signers(g.input.Mints, g.who) {
		n := g.number[id]
		if !g.signs[n] && int(n) < g.old { // its events may have been summed up by stretches of time
			late = errAnew
		}
		g.signs[n] = true
	}
	g.exact = sortedKeys(g.signs)
	return cmp.Or(err, late)
}

// eventID spells the eventID of a row: uid_hi, uid_lo, idkind, idtext.
func eventID(v []driver.Value, ids []string) string {
	switch v[2].(uint8) {
	case idGUID:
		return guidText(v[0].(uint64), v[1].(uint64))
	case idSpelled, idText:
		return ids[number(v[3])]
	}
	return ""
}

// activity sums the events up, and notes their services, regions and agents.
func (g *gathering) activity(ctx context.Context, c conn) error {
	for from := g.after; from < g.state.last; from += gatherPortion {
		if err := g.portion(ctx, c, from, min(from+gatherPortion, g.state.last)); err != nil {
			return err
		}
	}
	return nil
}

// portion takes in the events numbered above from, up to to.
func (g *gathering) portion(ctx context.Context, c conn, from, to int64) error {
	q := "SELECT e.who, e.anchor, e.account, e.ip, min(e.t), max(e.t), " + slotOf(g.exact, g.idle) + " AS slot, e.source, e.region, e.agent, count(*), " +
		"count(*) FILTER (NOT e.readonly), count(*) FILTER (e.outcome <> 0), count(*) FILTER (e.outcome = 1) FROM event_rows AS e WHERE " +
		fmt.Sprintf("e.seq > %d AND e.seq <= %d", from, to) +
		" GROUP BY e.who, e.anchor, e.account, e.ip, e.source, e.region, e.agent, slot, e.t IS NULL"
	return c.each(ctx, q, nil, func(v []driver.Value) error {
		r := g.ref(v)
		row := g.row(r, v)
		a := &g.input.Activity[row]
		if v[5] != nil {
			a.First, a.Last = min(a.First, r.Time), max(a.Last, number(v[5]))
		}
		a.Events += number(v[10])
		a.Writes += number(v[11])
		a.Errors += number(v[12])
		a.Denied += number(v[13])
		for kind := range gatheredWords {
			g.mention(row, uint32(number(v[7+kind]))<<2|uint32(kind))
		}
		g.touch(uint32(number(v[0])), r, a)
		return nil
	})
}

// row finds the row of activity that some events belong to, or begins it.
func (g *gathering) row(r session.Ref, v []driver.Value) int32 {
	k := activityKey{who: uint32(number(v[0])), anchor: uint8(number(v[1])), account: uint32(number(v[2])), ip: uint32(number(v[3])), timeless: v[4] == nil}
	if v[6] != nil {
		k.slot = number(v[6])
	}
	row, ok := g.rows[k]
	if !ok {
		row = int32(len(g.input.Activity))
		g.rows[k] = row
		g.heads = append(g.heads, -1)
		g.input.Activity = append(g.input.Activity, session.Activity{Who: r.Who, Anchor: r.Anchor, Account: r.Account, IP: r.IP, First: r.Time, Last: r.Time})
	}
	return row
}

// touch notes that events came.
func (g *gathering) touch(who uint32, r session.Ref, a *session.Activity) {
	g.fresh.who[who] = true
	if r.Time == noTime {
		return
	}
	g.fresh.from, g.fresh.to = min(g.fresh.from, r.Time), max(g.fresh.to, a.Last)
	if session.Forwards(r.Who) {
		if t, ok := g.first[who]; !ok || r.Time < t {
			g.first[who] = r.Time
		}
	}
}

// mention notes a service, region or agent of a row.
func (g *gathering) mention(row int32, word uint32) {
	for at, n := g.heads[row], 0; at >= 0 && n < lookBack; at, n = g.words[at].before, n+1 {
		if g.words[at].word == word {
			return
		}
	}
	g.words = append(g.words, wordRow{g.heads[row], word})
	g.heads[row] = int32(len(g.words) - 1)
}

// eachDetail lists what was mentioned, row by row.
func (g *gathering) eachDetail(yield func(session.Detail) bool) {
	for row, at := range g.heads {
		for ; at >= 0; at = g.words[at].before {
			w := &g.words[at]
			d := session.Detail{Row: row}
			switch id := w.word >> 2; gatheredWords[w.word&3] {
			case domSource:
				d.Service = g.texts.source[id]
			case domRegion:
				d.Region = g.texts.region[id]
			default:
				d.Agent = g.texts.agent[id]
			}
			if !yield(d) {
				return
			}
		}
	}
}

// settle lets go of what only more events would need.
func (g *gathering) settle() {
	g.rows, g.first, g.causeOf, g.twinOf, g.breakOf, g.fresh = nil, nil, nil, nil, nil, freshEvents{}
	g.input.Activity = slices.Clip(g.input.Activity)
}
