package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// evidence is what joins sessions, of the whole case as of one moment: the calls
// that gave out credentials, what set off the work of services in somebody's
// name, actions that two accounts recorded, and successes after refusals. It is
// small; tables keep it beside the sums.
type evidence struct {
	state  caseState
	mints  []mintNote      // by seq
	causes map[uint32]spot // of identities that services borrowed: the call behind
	twins  map[twinKey]twinRow
	breaks map[uint32][]breakRow // by identity
}

// A mintNote is a mint and the event it was.
type mintNote struct {
	mintRow
	at                               spot
	uidHi, uidLo, sharedHi, sharedLo uint64
	idkind                           uint8
	idtext, agent                    uint32
	mfa                              uint8
}

const mintQuery = "SELECT e.seq, " + refColumns + ", e.uid_hi, e.uid_lo, e.idkind, e.idtext, e.shared_hi, e.shared_lo, m.call, m.issued_key, m.role_arn, " +
	"m.session_name, m.principal, m.target, m.source_ident, m.signin, m.from_principal, m.for_account, m.role_name, e.mfa, e.agent " +
	"FROM mints AS m JOIN event_rows AS e ON e.seq = m.seq WHERE m.seq > %[1]d AND m.seq <= %[2]d AND e.seq > %[1]d AND e.seq <= %[2]d"

// readMints reads the calls that gave out credentials, of events numbered above
// from, up to to.
func readMints(ctx context.Context, c conn, from, to int64) ([]mintNote, error) {
	var out []mintNote
	err := c.each(ctx, fmt.Sprintf(mintQuery, from, to)+" ORDER BY 1", nil, func(v []driver.Value) error {
		id := func(i int) uint32 { return uint32(number(v[i])) }
		out = append(out, mintNote{
			mintRow: mintRow{seq: number(v[0]), call: id(12), issued: id(13), roleARN: id(14), session: id(15), principal: id(16), target: id(17),
				sourceIdent: id(18), signIn: id(19), from: id(20), account: id(21), roleName: id(22)},
			at: spotOf(v[1:]), uidHi: v[6].(uint64), uidLo: v[7].(uint64), idkind: v[8].(uint8), idtext: id(9), sharedHi: v[10].(uint64), sharedLo: v[11].(uint64),
			mfa: v[23].(uint8), agent: id(24),
		})
		return nil
	})
	return out, err
}

// mint spells a mint out.
func (n *naming) mint(m *mintNote) session.Mint {
	t := func(id uint32) string { return n.person[id] }
	out := session.Mint{
		Mint: cloudtrail.Mint{Call: t(m.call), IssuedKey: t(m.issued), RoleARN: t(m.roleARN), SessionName: t(m.session), Principal: t(m.principal), Target: t(m.target),
			SourceIdent: t(m.sourceIdent), SignIn: t(m.signIn), From: t(m.from), Account: t(m.account), RoleName: t(m.roleName)},
		Ref:   n.ref(m.at),
		Event: session.EventRef{ID: spellID(m.uidHi, m.uidLo, m.idkind, m.idtext, n.id), Seq: m.seq},
		MFA:   cloudtrail.MFA(m.mfa),
		Agent: n.agent[m.agent],
	}
	if !strings.HasPrefix(out.SignIn, "arn:") {
		out.SignIn, out.Workflow = "", out.SignIn
	}
	if m.sharedHi != 0 || m.sharedLo != 0 {
		out.Shared = guidText(m.sharedHi, m.sharedLo)
	}
	return out
}

func spellID(hi, lo uint64, kind uint8, text uint32, ids []string) string {
	switch kind {
	case idGUID:
		return guidText(hi, lo)
	case idSpelled, idText:
		return ids[text]
	}
	return ""
}

// A causeRow is the call that set off a service's work.
type causeRow struct {
	who uint32
	by  spot
}

var causeTable = table[causeRow]{"session_causes", append([]column[causeRow]{
	idCol("who", func(r *causeRow) uint32 { return r.who }),
}, spotColumns("by_", func(r *causeRow) *spot { return &r.by })...)}

// spotColumns keep a spot.
func spotColumns[T any](prefix string, at func(*T) *spot) []column[T] {
	return []column[T]{
		idCol(prefix+"who", func(r *T) uint32 { return at(r).who }),
		byteCol(prefix+"anchor", func(r *T) uint8 { return at(r).anchor }),
		idCol(prefix+"account", func(r *T) uint32 { return at(r).account }),
		idCol(prefix+"ip", func(r *T) uint32 { return at(r).ip }),
		intCol(prefix+"t", func(r *T) int64 { return at(r).t }),
	}
}

// A twinRow is a pair of copies of one action; of a pair of stretches of work
// the earliest counts.
type twinRow struct {
	hidden, full spot
	hi, lo       uint64 // uid of the full copy
	idkind       uint8
	idtext       uint32
	seq          int64
}

var twinTable = table[twinRow]{"session_twins", append(append(spotColumns("hidden_", func(r *twinRow) *spot { return &r.hidden }),
	spotColumns("full_", func(r *twinRow) *spot { return &r.full })...),
	u64Col("uid_hi", func(r *twinRow) uint64 { return r.hi }),
	u64Col("uid_lo", func(r *twinRow) uint64 { return r.lo }),
	byteCol("idkind", func(r *twinRow) uint8 { return r.idkind }),
	idCol("idtext", func(r *twinRow) uint32 { return r.idtext }),
	intCol("seq", func(r *twinRow) int64 { return r.seq }),
)}

// A breakRow is a success after many refusals.
type breakRow struct {
	at     spot
	call   uint32
	denied int64
}

var breakTable = table[breakRow]{"session_breaks", append(spotColumns("", func(r *breakRow) *spot { return &r.at }),
	idCol("call", func(r *breakRow) uint32 { return r.call }),
	intCol("denied", func(r *breakRow) int64 { return r.denied }),
)}

// readEvidence reads what the tables keep, as of a moment.
func readEvidence(ctx context.Context, c conn, state caseState, idle int64) (*evidence, error) {
	ev := &evidence{state: state, causes: map[uint32]spot{}, twins: map[twinKey]twinRow{}, breaks: map[uint32][]breakRow{}}
	var err error
	if ev.mints, err = readMints(ctx, c, 0, state.last); err != nil {
		return nil, err
	}
	if err = c.each(ctx, "SELECT * FROM session_causes", nil, func(v []driver.Value) error {
		ev.causes[uint32(number(v[0]))] = spotOf(v[1:])
		return nil
	}); err != nil {
		return nil, err
	}
	if err = c.each(ctx, "SELECT * FROM session_twins", nil, func(v []driver.Value) error {
		ev.pair(twinOf(v), idle)
		return nil
	}); err != nil {
		return nil, err
	}
	return ev, c.each(ctx, "SELECT * FROM session_breaks", nil, func(v []driver.Value) error {
		b := breakRow{spotOf(v), uint32(number(v[5])), number(v[6])}
		ev.breaks[b.at.who] = append(ev.breaks[b.at.who], b)
		return nil
	})
}

// twinOf reads a twinRow.
func twinOf(v []driver.Value) twinRow {
	return twinRow{spotOf(v), spotOf(v[5:]), v[10].(uint64), v[11].(uint64), v[12].(uint8), uint32(number(v[13])), number(v[14])}
}

// pair takes in a pair of copies, unless an earlier one is there. It reports
// whether it did.
func (ev *evidence) pair(t twinRow, idle int64) bool {
	k := twinKey{t.hidden.stretch(idle), t.full.stretch(idle)}
	old, ok := ev.twins[k]
	if ok && !t.before(old) {
		return false
	}
	ev.twins[k] = t
	return true
}
