package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// A gathering is what sessions are worked out from: sums over the events, as of
// one moment.
type gathering struct {
	db     *DB
	state  caseState
	idle   int64 // µs
	who    []cloudtrail.Identity
	number map[*cloudtrail.Identity]uint32
	exact  []uint32 // identities that sign in, whose events are told apart by their very time
	texts  struct{ account, ip, source, region, agent, person []string }
	input  session.Input
}

// gather reads the sums. Events that come meanwhile are left out.
func (db *DB) gather(ctx context.Context, c conn, idle time.Duration) (*gathering, error) {
	s, _ := db.now()
	g := &gathering{db: db, state: caseState{s.events, s.last}, idle: idle.Microseconds()}
	g.texts.account, g.texts.ip, g.texts.person = db.dicts[domAccount].all(), db.dicts[domIP].all(), db.dicts[domPerson].all()
	g.texts.source, g.texts.region, g.texts.agent = db.dicts[domSource].all(), db.dicts[domRegion].all(), db.dicts[domAgent].all()
	g.identities(db.people.all())
	g.input.Idle = idle
	if s.from <= s.to {
		g.input.From, g.input.To = s.from, s.to
	}
	for _, step := range []func(context.Context, conn) error{g.mints, g.activity, g.causes, g.twins} {
		if err := step(ctx, c); err != nil {
			return nil, fmt.Errorf("sum up events: %w", err)
		}
	}
	return g, nil
}

// identities makes identities again of their rows.
func (g *gathering) identities(rows []identityRow) {
	g.who = make([]cloudtrail.Identity, len(rows))
	g.number = make(map[*cloudtrail.Identity]uint32, len(rows))
	for i := range rows {
		g.who[i] = g.identity(&rows[i])
		g.number[&g.who[i]] = uint32(i)
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

// ref reads who, anchor, account, ip and time from v on.
func (g *gathering) ref(v []driver.Value) session.Ref {
	r := session.Ref{Who: &g.who[number(v[0])], Anchor: cloudtrail.Anchor(number(v[1])), Account: g.texts.account[number(v[2])], IP: g.texts.ip[number(v[3])], Time: noTime}
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
	exact := map[uint32]bool{}
	err := c.each(ctx, q+g.known(), nil, func(v []driver.Value) error {
		t := func(i int) string { return g.texts.person[number(v[i])] }
		m := session.Mint{
			Mint: cloudtrail.Mint{Call: t(12), IssuedKey: t(13), RoleARN: t(14), SessionName: t(15), Principal: t(16), Target: t(17),
				SourceIdent: t(18), SignIn: t(19), From: t(20), Account: t(21), RoleName: t(22)},
			Ref:   g.ref(v[1:]),
			Event: session.EventRef{ID: eventID(v[6:10], ids), Seq: number(v[0])},
		}
		if hi, lo := v[10].(uint64), v[11].(uint64); hi != 0 || lo != 0 {
			m.Shared = guidText(hi, lo)
		}
		if session.Signs(&m) {
			exact[g.number[m.Ref.Who]] = true
		}
		g.input.Mints = append(g.input.Mints, m)
		return nil
	})
	g.exact = sortedKeys(exact)
	return err
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

// activity sums the events up.
func (g *gathering) activity(ctx context.Context, c conn) error {
	q := "SELECT e.who, e.anchor, e.account, e.ip, min(e.t), max(e.t), count(*), count(*) FILTER (NOT e.readonly), " +
		"count(*) FILTER (e.outcome <> 0), count(*) FILTER (e.outcome = 1), " + slotOf(g.exact, g.idle) + " AS slot FROM event_rows AS e WHERE " + g.known() +
		" GROUP BY e.who, e.anchor, e.account, e.ip, slot, e.t IS NULL"
	return c.each(ctx, q, nil, func(v []driver.Value) error {
		r := g.ref(v)
		a := session.Activity{Who: r.Who, Anchor: r.Anchor, Account: r.Account, IP: r.IP, First: r.Time, Last: noTime,
			Events: number(v[6]), Writes: number(v[7]), Errors: number(v[8]), Denied: number(v[9])}
		if v[5] != nil {
			a.Last = number(v[5])
		}
		g.input.Activity = append(g.input.Activity, a)
		return nil
	})
}
