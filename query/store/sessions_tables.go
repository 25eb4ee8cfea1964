package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-json"
	"github.com/zeebo/xxh3"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// sessionSchema makes the tables of sessions and the view for people. Lists are
// JSON texts.
func sessionSchema() []string {
	return []string{
		sessionTable.ddl(), spanTable.ddl(), parentTable.ddl(), sumTable.ddl(), causeTable.ddl(), twinTable.ddl(), breakTable.ddl(),
		"CREATE TABLE session_state (events BIGINT, last BIGINT, idle BIGINT, exact VARCHAR, first_t BIGINT)",
		`CREATE VIEW sessions AS SELECT id, actor, kind, principal, account, role, session_name, from_json(keys, '["VARCHAR"]') AS access_keys,
			make_timestamp(start_t) AS "start", make_timestamp(end_t) AS "end", events, writes, errors, denied,
			from_json(services, '["VARCHAR"]') AS services, from_json(regions, '["VARCHAR"]') AS regions,
			from_json(ips, '["VARCHAR"]') AS source_ips, from_json(agents, '["VARCHAR"]') AS user_agents,
			CASE mfa WHEN 1 THEN false WHEN 2 THEN true END AS mfa, nullif(parent, '') AS parent, nullif(parent_event, '') AS parent_event,
			nullif(link, '') AS link, root_actor, depth, confidence, reason FROM session_rows`,
	}
}

// renewSessions makes the tables of sessions, unless those of this program and
// its rules are there: all in them is worked out of the rest of the case, and can be again.
func renewSessions(ctx context.Context, c conn) error {
	want := int64(xxh3.HashString(fmt.Sprint(session.Rules, strings.Join(sessionSchema(), ";"))))
	n, err := c.int64s(ctx, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'session_tables'")
	if err != nil {
		return err
	}
	if n[0] > 0 {
		if n, err = c.int64s(ctx, "SELECT max(version) FROM session_tables"); err != nil || n[0] == want {
			return err
		}
	}
	statements := []string{"DROP VIEW IF EXISTS sessions"}
	if err := c.each(ctx, "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'session!_%' ESCAPE '!' ORDER BY 1", nil, func(v []driver.Value) error {
		statements = append(statements, "DROP TABLE "+text(v[0]))
		return nil
	}); err != nil {
		return err
	}
	statements = append(statements, sessionSchema()...)
	statements = append(statements, "CREATE TABLE session_tables (version BIGINT)", fmt.Sprintf("INSERT INTO session_tables VALUES (%d)", want))
	return c.inTx(ctx, func() error {
		for _, s := range statements {
			if _, err := c.exec(ctx, s); err != nil {
				return fmt.Errorf("make the tables of sessions: %w", err)
			}
		}
		return nil
	})
}

// A sessionRow is a session with its number.
type sessionRow struct {
	num      int64
	children int    // sessions that came of it, when read
	face     uint32 // identity that speaks for it
	session.Session
}

func (r *sessionRow) link() session.Link {
	if r.Link == nil {
		return session.Link{Time: noTime}
	}
	return *r.Link
}

var sessionTable = table[sessionRow]{"session_rows", []column[sessionRow]{
	intCol("num", func(r *sessionRow) int64 { return r.num }),
	textCol("id", func(r *sessionRow) string { return r.ID }),
	textCol("actor", func(r *sessionRow) string { return r.Actor }),
	byteCol("actor_kind", func(r *sessionRow) uint8 { return uint8(r.ActorKind) }),
	textCol("kind", func(r *sessionRow) string { return string(r.Kind) }),
	textCol("principal", func(r *sessionRow) string { return r.Principal }),
	textCol("principal_id", func(r *sessionRow) string { return r.PrincipalID }),
	textCol("account", func(r *sessionRow) string { return r.Account }),
	textCol("role", func(r *sessionRow) string { return r.Role }),
	textCol("role_arn", func(r *sessionRow) string { return r.RoleARN }),
	textCol("session_name", func(r *sessionRow) string { return r.SessionName }),
	textCol("source_identity", func(r *sessionRow) string { return r.SourceIdentity }),
	textCol("keys", func(r *sessionRow) string { return listText(r.Keys) }),
	optCol("start_t", noTime, func(r *sessionRow) int64 { return r.Start }),
	optCol("end_t", noTime, func(r *sessionRow) int64 { return r.End }),
	optCol("created", noTime, func(r *sessionRow) int64 { return r.Created }),
	intCol("events", func(r *sessionRow) int64 { return r.Events }),
	intCol("writes", func(r *sessionRow) int64 { return r.Writes }),
	intCol("errors", func(r *sessionRow) int64 { return r.Errors }),
	intCol("denied", func(r *sessionRow) int64 { return r.Denied }),
	intCol("forwarded", func(r *sessionRow) int64 { return r.Forwarded }),
	textCol("ips", func(r *sessionRow) string { return listText(r.IPs) }),
	textCol("services", func(r *sessionRow) string { return listText(r.Services) }),
	textCol("regions", func(r *sessionRow) string { return listText(r.Regions) }),
	textCol("agents", func(r *sessionRow) string { return listText(r.Agents) }),
	byteCol("mfa", func(r *sessionRow) uint8 { return uint8(r.MFA) }),
	textCol("opened_by", func(r *sessionRow) string { return r.OpenedBy.ID }),
	intCol("opened_seq", func(r *sessionRow) int64 { return r.OpenedBy.Seq }),
	textCol("parent", func(r *sessionRow) string { return r.link().Parent }),
	textCol("parent_event", func(r *sessionRow) string { return r.link().Event.ID }),
	intCol("parent_seq", func(r *sessionRow) int64 { return r.link().Event.Seq }),
	textCol("link", func(r *sessionRow) string { return string(r.link().Kind) }),
	textCol("call", func(r *sessionRow) string { return r.link().Call }),
	optCol("link_t", noTime, func(r *sessionRow) int64 { return r.link().Time }),
	textCol("link_sure", func(r *sessionRow) string { return string(r.link().Confidence) }),
	textCol("link_reason", func(r *sessionRow) string { return r.link().Reason }),
	textCol("candidates", func(r *sessionRow) string { return listText(r.Candidates) }),
	textCol("root", func(r *sessionRow) string { return r.Root }),
	textCol("root_actor", func(r *sessionRow) string { return r.RootActor }),
	byteCol("root_kind", func(r *sessionRow) uint8 { return uint8(r.RootKind) }),
	intCol("depth", func(r *sessionRow) int64 { return int64(r.Depth) }),
	textCol("confidence", func(r *sessionRow) string { return string(r.Confidence) }),
	textCol("reason", func(r *sessionRow) string { return r.Reason }),
	textCol("risks", func(r *sessionRow) string { return listText(r.Risks) }),
	idCol("face", func(r *sessionRow) uint32 { return r.face }),
	textCol("behalf", func(r *sessionRow) string { return r.Behalf }),
	textCol("seen", func(r *sessionRow) string { return listText(r.Seen) }),
	boolCol("ring", func(r *sessionRow) bool { return r.Ring }),
	u64Col("bearing", func(r *sessionRow) uint64 { return bearing(&r.Session, r.face) }),
}}

// listText writes a list as JSON, "[]" when empty.
func listText[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	b, err := json.Marshal(list)
	if err != nil { // strings and numbers only
		return "[]"
	}
	return string(b)
}

func textList[T any](v driver.Value) []T {
	var list []T
	if s := text(v); s != "[]" {
		_ = json.Unmarshal([]byte(s), &list) // what listText wrote
	}
	return list
}

// spanTable keeps the spans. ip and account count as whoSpan says.
var spanTable = table[whoSpan]{"session_spans", []column[whoSpan]{
	idCol("who", func(s *whoSpan) uint32 { return s.who }),
	byteCol("anchor", func(s *whoSpan) uint8 { return s.anchor }),
	idCol("account", func(s *whoSpan) uint32 { return s.account }),
	idCol("ip", func(s *whoSpan) uint32 { return s.ip }),
	boolCol("by_ip", func(s *whoSpan) bool { return s.byIP }),
	intCol("from_t", func(s *whoSpan) int64 { return s.from }),
	intCol("to_t", func(s *whoSpan) int64 { return s.to }),
	idCol("session", func(s *whoSpan) uint32 { return s.session }),
}}

// A parentRow joins a session with the one its credentials came from, or may.
type parentRow struct {
	child  int64
	parent string
}

var parentTable = table[parentRow]{"session_parents", []column[parentRow]{
	intCol("child", func(r *parentRow) int64 { return r.child }),
	textCol("parent", func(r *parentRow) string { return r.parent }),
}}

// writeAll makes the tables say what all sessions are.
func (db *DB) writeAll(ctx context.Context, c conn, w *workbench, x *sessionIndex, all []session.Session) error {
	if err := clearSessions(ctx, c); err != nil {
		return err
	}
	if err := insertSessions(ctx, c, w.naming, all, func(i int) int64 { return int64(i) }); err != nil {
		return err
	}
	if err := spanTable.insert(ctx, c, x.spans); err != nil {
		return err
	}
	return w.ev.write(ctx, c, x)
}

// clearSessions takes all out but the sums.
func clearSessions(ctx context.Context, c conn) error {
	_, err := c.exec(ctx, "DELETE FROM session_rows; DELETE FROM session_spans; DELETE FROM session_parents; DELETE FROM session_state; "+
		"DELETE FROM session_causes; DELETE FROM session_twins; DELETE FROM session_breaks")
	return err
}

// write keeps all of the evidence, and of what state of the case all is.
func (ev *evidence) write(ctx context.Context, c conn, x *sessionIndex) error {
	var causes []causeRow
	for who, by := range ev.causes {
		causes = append(causes, causeRow{who, by})
	}
	return insertEvidence(ctx, c, x, causes, slices.Collect(maps.Values(ev.twins)), slices.Concat(slices.Collect(maps.Values(ev.breaks))...))
}

// insertEvidence writes evidence, and of what state of the case all is.
func insertEvidence(ctx context.Context, c conn, x *sessionIndex, causes []causeRow, twins []twinRow, breaks []breakRow) error {
	for _, write := range []func() error{
		func() error { return causeTable.insert(ctx, c, causes) },
		func() error { return twinTable.insert(ctx, c, twins) },
		func() error { return breakTable.insert(ctx, c, breaks) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	_, err := c.exec(ctx, "INSERT INTO session_state VALUES (?, ?, ?, ?, ?)", x.state.events, x.state.last, x.idle.Microseconds(), listText(x.exact), x.from)
	return err
}

// insertSessions writes sessions and their parents, a portion at a time: their
// rows are as large again as they are.
func insertSessions(ctx context.Context, c conn, n *naming, all []session.Session, number func(int) int64) error {
	at := 0
	for part := range slices.Chunk(all, 8192) {
		rows := make([]sessionRow, len(part))
		var parents []parentRow
		for i := range part {
			rows[i] = sessionRow{num: number(at), face: n.number[part[i].Face], Session: part[i]}
			for _, p := range session.Parents(&part[i]) {
				parents = append(parents, parentRow{rows[i].num, p})
			}
			at++
		}
		if err := sessionTable.insert(ctx, c, rows); err != nil {
			return err
		}
		if err := parentTable.insert(ctx, c, parents); err != nil {
			return err
		}
	}
	return nil
}

// readSessions reads what the last start left, nil when there is nothing.
func (db *DB) readSessions(ctx context.Context) (*sessionIndex, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) (*sessionIndex, error) {
		var x *sessionIndex
		err := c.each(ctx, "SELECT events, last, idle, exact, first_t FROM session_state", nil, func(v []driver.Value) error {
			x = newSessionIndex(caseState{number(v[0]), number(v[1])}, time.Duration(number(v[2]))*time.Microsecond, number(v[4]), textList[uint32](v[3]))
			return nil
		})
		if err != nil || x == nil {
			return nil, err
		}
		err = c.chunks(ctx, "SELECT who, anchor, account, ip, by_ip, from_t, to_t, session FROM session_spans ORDER BY who, anchor, ip, account, from_t", nil, func(v vectors) error {
			who, anchor, account, ip, byIP, from, to, num := v.ids(0), v.bytes(1), v.ids(2), v.ids(3), v.bools(4), v.ints(5), v.ints(6), v.ids(7)
			for i := range who {
				x.spans = append(x.spans, whoSpan{who: who[i], anchor: anchor[i], account: account[i], ip: ip[i], byIP: byIP[i], from: from[i], to: to[i], session: num[i]})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		x.begin()
		return x, x.readList(ctx, c)
	})
}

// readList reads what the index keeps of each session.
func (x *sessionIndex) readList(ctx context.Context, c conn) error {
	lists := map[string][]string{}
	list := func(s *vString) []string {
		old, ok := lists[s.String()]
		if !ok {
			old = textList[string](s.String())
			lists[strings.Clone(s.String())] = old
		}
		return old
	}
	q := fmt.Sprintf("SELECT id, root_actor, coalesce(start_t, %[1]d), coalesce(end_t, %[1]d), events, kind, actor_kind, root_kind, account, session_name, ips, agents, seen, mfa, risks, ring, bearing FROM session_rows ORDER BY num", noTime)
	return c.chunks(ctx, q, nil, func(v vectors) error {
		id, root, start, end, events, kind, actorKind, rootKind := v.texts(0), v.texts(1), v.ints(2), v.ints(3), v.ints(4), v.texts(5), v.bytes(6), v.bytes(7)
		account, name, ips, agents, seen, mfa, risks, ring, bearing := v.texts(8), v.texts(9), v.texts(10), v.texts(11), v.texts(12), v.bytes(13), v.texts(14), v.bools(15), v.words(16)
		for i := range id {
			s := session.Session{ID: strings.Clone(id[i].String()), RootActor: root[i].String(), Start: start[i], End: end[i], Events: events[i], Kind: session.Kind(kind[i].String()),
				ActorKind: cloudtrail.Kind(actorKind[i]), RootKind: cloudtrail.Kind(rootKind[i]), Account: account[i].String(), SessionName: name[i].String(),
				IPs: list(&ips[i]), Agents: list(&agents[i]), Seen: list(&seen[i]), MFA: cloudtrail.MFA(mfa[i]), Risks: textList[session.Risk](risks[i].String()), Ring: ring[i]}
			x.add(&s, bearing[i])
		}
		return nil
	})
}

// session reads a row of sessionTable.
func readSession(v []driver.Value) sessionRow {
	at := func(i int) int64 { return timeOf(v[i]) }
	r := sessionRow{num: number(v[0])}
	r.Session = session.Session{ID: text(v[1]), Actor: text(v[2]), ActorKind: cloudtrail.Kind(number(v[3])), Kind: session.Kind(text(v[4])), Principal: text(v[5]),
		PrincipalID: text(v[6]), Account: text(v[7]), Role: text(v[8]), RoleARN: text(v[9]), SessionName: text(v[10]), SourceIdentity: text(v[11]),
		Keys: textList[string](v[12]), Start: at(13), End: at(14), Created: at(15), Events: number(v[16]), Writes: number(v[17]), Errors: number(v[18]),
		Denied: number(v[19]), Forwarded: number(v[20]), IPs: textList[string](v[21]), Services: textList[string](v[22]), Regions: textList[string](v[23]),
		Agents: textList[string](v[24]), MFA: cloudtrail.MFA(number(v[25])), OpenedBy: session.EventRef{ID: text(v[26]), Seq: number(v[27])},
		Candidates: textList[session.Link](v[36]), Root: text(v[37]), RootActor: text(v[38]), RootKind: cloudtrail.Kind(number(v[39])), Depth: int(number(v[40])),
		Confidence: session.Confidence(text(v[41])), Reason: text(v[42]), Risks: textList[session.Risk](v[43]),
		Behalf: text(v[45]), Seen: textList[string](v[46]), Ring: v[47].(bool)}
	r.face = uint32(number(v[44]))
	if text(v[28]) != "" {
		r.Link = &session.Link{Parent: text(v[28]), Event: session.EventRef{ID: text(v[29]), Seq: number(v[30])}, Kind: session.LinkKind(text(v[31])), Call: text(v[32]),
			Time: at(33), Confidence: session.Confidence(text(v[34])), Reason: text(v[35])}
	}
	return r
}
