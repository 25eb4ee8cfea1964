package store

import (
	"spoor/loader/cloudtrail"
)

// An eventRow is one event in numbers: texts by their number in strings, the
// caller by its number in identities.
type eventRow struct {
	seq, t                                                     int64 // t: µs UTC or cloudtrail.NoTime
	uidHi, uidLo                                               uint64
	sharedHi, sharedLo                                         uint64
	who, source, name, region, account, ip, agent, ecode, emsg uint32
	etype, idtext, vpce, resource, rtype                       uint32
	category, outcome, mfa, anchor, form, idkind, grade        uint8
	readonly, console                                          bool
	bytesIn, bytesOut                                          int64
	object, off, len                                           uint32
}

// How the eventID of a row is kept.
const (
	idGUID    uint8 = iota // uid is the GUID
	idSpelled              // uid is the GUID, idtext its unusual spelling
	idText                 // idtext is the id, uid the XXH3-128 of the record
	idNone                 // there is none; uid as for idText
)

// eventTable is the table of events. t is NULL when the record has no usable
// time, shared_hi and shared_lo are 0 without a sharedEventID, grade is 0 for
// what is no change and else its severity plus one.
var eventTable = table[eventRow]{"event_rows", []column[eventRow]{
	intCol("seq", func(r *eventRow) int64 { return r.seq }),
	optCol("t", cloudtrail.NoTime, func(r *eventRow) int64 { return r.t }),
	u64Col("uid_hi", func(r *eventRow) uint64 { return r.uidHi }),
	u64Col("uid_lo", func(r *eventRow) uint64 { return r.uidLo }),
	u64Col("shared_hi", func(r *eventRow) uint64 { return r.sharedHi }),
	u64Col("shared_lo", func(r *eventRow) uint64 { return r.sharedLo }),
	idCol("who", func(r *eventRow) uint32 { return r.who }),
	idCol("source", func(r *eventRow) uint32 { return r.source }),
	idCol("name", func(r *eventRow) uint32 { return r.name }),
	idCol("region", func(r *eventRow) uint32 { return r.region }),
	idCol("account", func(r *eventRow) uint32 { return r.account }),
	idCol("ip", func(r *eventRow) uint32 { return r.ip }),
	idCol("agent", func(r *eventRow) uint32 { return r.agent }),
	idCol("ecode", func(r *eventRow) uint32 { return r.ecode }),
	idCol("emsg", func(r *eventRow) uint32 { return r.emsg }),
	idCol("etype", func(r *eventRow) uint32 { return r.etype }),
	idCol("idtext", func(r *eventRow) uint32 { return r.idtext }),
	idCol("vpce", func(r *eventRow) uint32 { return r.vpce }),
	idCol("resource", func(r *eventRow) uint32 { return r.resource }),
	idCol("rtype", func(r *eventRow) uint32 { return r.rtype }),
	byteCol("idkind", func(r *eventRow) uint8 { return r.idkind }),
	byteCol("category", func(r *eventRow) uint8 { return r.category }),
	byteCol("grade", func(r *eventRow) uint8 { return r.grade }),
	byteCol("outcome", func(r *eventRow) uint8 { return r.outcome }),
	byteCol("mfa", func(r *eventRow) uint8 { return r.mfa }),
	byteCol("anchor", func(r *eventRow) uint8 { return r.anchor }),
	byteCol("form", func(r *eventRow) uint8 { return r.form }),
	boolCol("readonly", func(r *eventRow) bool { return r.readonly }),
	boolCol("console", func(r *eventRow) bool { return r.console }),
	optCol("bytes_in", cloudtrail.NoBytes, func(r *eventRow) int64 { return r.bytesIn }),
	optCol("bytes_out", cloudtrail.NoBytes, func(r *eventRow) int64 { return r.bytesOut }),
	idCol("object", func(r *eventRow) uint32 { return r.object }),
	idCol("off", func(r *eventRow) uint32 { return r.off }),
	idCol("len", func(r *eventRow) uint32 { return r.len }),
}}

// A stringRow is a text and its number within a domain.
type stringRow struct {
	dom  domain
	id   uint32
	text string
}

var stringTable = table[stringRow]{"strings", []column[stringRow]{
	byteCol("dom", func(r *stringRow) uint8 { return uint8(r.dom) }),
	idCol("id", func(r *stringRow) uint32 { return r.id }),
	textCol("text", func(r *stringRow) string { return r.text }),
}}

// A touchedRow is a further resource of an event; the main one is in event_rows.
type touchedRow struct {
	seq             int64
	resource, rtype uint32
}

var touchedTable = table[touchedRow]{"touched", []column[touchedRow]{
	intCol("seq", func(r *touchedRow) int64 { return r.seq }),
	idCol("resource", func(r *touchedRow) uint32 { return r.resource }),
	idCol("rtype", func(r *touchedRow) uint32 { return r.rtype }),
}}

// A changeRow is what a mutating event did.
type changeRow struct {
	seq             int64
	rtype, resource uint32
	summary         string
	severity        uint8
	public, probe   bool
}

var changeTable = table[changeRow]{"changes_rows", []column[changeRow]{
	intCol("seq", func(r *changeRow) int64 { return r.seq }),
	idCol("rtype", func(r *changeRow) uint32 { return r.rtype }),
	idCol("resource", func(r *changeRow) uint32 { return r.resource }),
	textCol("summary", func(r *changeRow) string { return r.summary }),
	byteCol("severity", func(r *changeRow) uint8 { return r.severity }),
	boolCol("public", func(r *changeRow) bool { return r.public }),
	boolCol("probe", func(r *changeRow) bool { return r.probe }),
}}

// A mintRow is a credential or sign-in that an event gave out.
type mintRow struct {
	seq                                               int64
	call, issued, roleARN, session, principal, target uint32
	sourceIdent, signIn, from, account, roleName      uint32
}

var mintTable = table[mintRow]{"mints", []column[mintRow]{
	intCol("seq", func(r *mintRow) int64 { return r.seq }),
	idCol("call", func(r *mintRow) uint32 { return r.call }),
	idCol("issued_key", func(r *mintRow) uint32 { return r.issued }),
	idCol("role_arn", func(r *mintRow) uint32 { return r.roleARN }),
	idCol("session_name", func(r *mintRow) uint32 { return r.session }),
	idCol("principal", func(r *mintRow) uint32 { return r.principal }),
	idCol("target", func(r *mintRow) uint32 { return r.target }),
	idCol("source_ident", func(r *mintRow) uint32 { return r.sourceIdent }),
	idCol("signin", func(r *mintRow) uint32 { return r.signIn }), // ARN of the sign-in session, or id of the workflow that a step belongs to
	idCol("from_principal", func(r *mintRow) uint32 { return r.from }),
	idCol("for_account", func(r *mintRow) uint32 { return r.account }),
	idCol("role_name", func(r *mintRow) uint32 { return r.roleName }),
}}

// A copyRow is another place where an event was found: a duplicate. When the
// object that carries the event is replaced, a copy takes its place.
type copyRow struct {
	seq              int64
	object, off, len uint32
	form             uint8
}

var copyTable = table[copyRow]{"copies", []column[copyRow]{
	intCol("seq", func(r *copyRow) int64 { return r.seq }),
	idCol("object", func(r *copyRow) uint32 { return r.object }),
	idCol("off", func(r *copyRow) uint32 { return r.off }),
	idCol("len", func(r *copyRow) uint32 { return r.len }),
	byteCol("form", func(r *copyRow) uint8 { return r.form }),
}}
