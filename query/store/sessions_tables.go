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

	"spoor/query/session"
)

// sessionSchema makes the tables of sessions and the view for people, who see of
// a session what they can use in SQL; its body holds all of it.
func sessionSchema() []string {
	id := func(col string) string { return "CASE WHEN " + col + " <> 0 THEN printf('%016x', " + col + ") END" }
	return []string{
		sessionTable.ddl(), spanTable.ddl(), sumTable.ddl(), causeTable.ddl(), twinTable.ddl(), breakTable.ddl(),
		"CREATE TABLE session_state (events BIGINT, last BIGINT, idle BIGINT, exact VARCHAR, first_t BIGINT)",
		`CREATE VIEW sessions AS SELECT ` + id("id") + ` AS id, actor, kind, principal, account, role, session_name, from_json(keys, '["VARCHAR"]') AS access_keys,
			make_timestamp(start_t) AS "start", make_timestamp(end_t) AS "end", events, writes, errors, denied,
			from_json(services, '["VARCHAR"]') AS services, from_json(regions, '["VARCHAR"]') AS regions,
			from_json(ips, '["VARCHAR"]') AS source_ips, from_json(agents, '["VARCHAR"]') AS user_agents,
			CASE mfa WHEN 1 THEN false WHEN 2 THEN true END AS mfa, ` + id("parent") + ` AS parent, nullif(parent_event, '') AS parent_event,
			nullif(link, '') AS link, root_actor, depth, confidence, reason FROM session_rows`,
	}
}

// renewSessions makes the tables of sessions, unless those of this program and
// its rules are there: all in them is worked out of the rest of the case, and can be again.
func renewSessions(ctx context.Context, c conn) error {
	want := int64(xxh3.HashString(fmt.Sprint(session.Rules, strings.Join(append(sessionSchema(), phrases...), ";"))))
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

// A sessionRow is a session as the case keeps it.
type sessionRow struct {
	num      uint32 // in the index that it was asked for by
	children int    // sessions that came of it, when read
	face     uint32 // identity that speaks for it
	body     []byte // when written
	session.Session
}

func (r *sessionRow) link() session.Link {
	if r.Link == nil {
		return session.Link{}
	}
	return *r.Link
}

var sessionTable = table[sessionRow]{"session_rows", []column[sessionRow]{
	u64Col("id", func(r *sessionRow) uint64 { return numberOfSession(r.ID) }),
	plainly(blobCol("body", func(r *sessionRow) []byte { return r.body })),
	textCol("actor", func(r *sessionRow) string { return r.Actor }),
	textCol("kind", func(r *sessionRow) string { return string(r.Kind) }),
	textCol("principal", func(r *sessionRow) string { return r.Principal }),
	textCol("account", func(r *sessionRow) string { return r.Account }),
	textCol("role", func(r *sessionRow) string { return r.Role }),
	textCol("session_name", func(r *sessionRow) string { return r.SessionName }),
	textCol("keys", func(r *sessionRow) string { return listText(r.Keys) }),
	optCol("start_t", noTime, func(r *sessionRow) int64 { return r.Start }),
	optCol("end_t", noTime, func(r *sessionRow) int64 { return r.End }),
	intCol("events", func(r *sessionRow) int64 { return r.Events }),
	intCol("writes", func(r *sessionRow) int64 { return r.Writes }),
	intCol("errors", func(r *sessionRow) int64 { return r.Errors }),
	intCol("denied", func(r *sessionRow) int64 { return r.Denied }),
	textCol("services", func(r *sessionRow) string { return listText(r.Services) }),
	textCol("regions", func(r *sessionRow) string { return listText(r.Regions) }),
	textCol("ips", func(r *sessionRow) string { return listText(r.IPs) }),
	textCol("agents", func(r *sessionRow) string { return listText(r.Agents) }),
	byteCol("mfa", func(r *sessionRow) uint8 { return uint8(r.MFA) }),
	u64Col("parent", func(r *sessionRow) uint64 { return numberOfSession(r.link().Parent) }),
	textCol("parent_event", func(r *sessionRow) string { return r.link().Event.ID }),
	textCol("link", func(r *sessionRow) string { return string(r.link().Kind) }),
	textCol("root_actor", func(r *sessionRow) string { return r.RootActor }),
	intCol("depth", func(r *sessionRow) int64 { return int64(r.Depth) }),
	textCol("confidence", func(r *sessionRow) string { return string(r.Confidence) }),
	textCol("reason", func(r *sessionRow) string { return r.Reason }),
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

// A spanRow is a span, and the id of its session.
type spanRow struct {
	*whoSpan
	id uint64
}

// spanTable keeps the spans. ip and account count as whoSpan says.
var spanTable = table[spanRow]{"session_spans", []column[spanRow]{
	idCol("who", func(s *spanRow) uint32 { return s.who }),
	byteCol("anchor", func(s *spanRow) uint8 { return s.anchor }),
	idCol("account", func(s *spanRow) uint32 { return s.account }),
	idCol("ip", func(s *spanRow) uint32 { return s.ip }),
	boolCol("by_ip", func(s *spanRow) bool { return s.byIP }),
	intCol("from_t", func(s *spanRow) int64 { return s.from }),
	intCol("to_t", func(s *spanRow) int64 { return s.to }),
	u64Col("session", func(s *spanRow) uint64 { return s.id }),
}}

// writeAll makes the tables say what all sessions are.
func (w *workbench) writeAll(ctx context.Context, c conn, x *sessionIndex, all []session.Session) error {
	if err := clearSessions(ctx, c); err != nil {
		return err
	}
	if err := insertSessions(ctx, c, w.naming, all); err != nil {
		return err
	}
	if err := x.insertSpans(ctx, c, func(uint32) bool { return true }); err != nil {
		return err
	}
	return w.ev.write(ctx, c, x)
}

// clearSessions takes all out but the sums.
func clearSessions(ctx context.Context, c conn) error {
	_, err := c.exec(ctx, "DELETE FROM session_rows; DELETE FROM session_spans; DELETE FROM session_state; "+
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

// rowPortion is how many rows are made at a time to be written.
const rowPortion = 8192

// insertSessions writes sessions, a portion at a time: their rows are as large
// again as they are.
func insertSessions(ctx context.Context, c conn, n *naming, all []session.Session) error {
	coder := bodyCoder{lexicon: n.lexicon}
	for part := range slices.Chunk(all, rowPortion) {
		rows := make([]sessionRow, len(part))
		for i := range part {
			face := n.number[part[i].Face]
			rows[i] = sessionRow{Session: part[i], body: slices.Clone(coder.write(&part[i], face))}
		}
		if err := sessionTable.insert(ctx, c, rows); err != nil {
			return err
		}
	}
	return nil
}

// insertSpans writes the spans of some sessions.
func (x *sessionIndex) insertSpans(ctx context.Context, c conn, of func(session uint32) bool) error {
	rows := make([]spanRow, 0, rowPortion)
	for i := range x.spans {
		s := &x.spans[i]
		if of(s.session) {
			rows = append(rows, spanRow{s, x.list[s.session].id})
		}
		if len(rows) == rowPortion || i == len(x.spans)-1 {
			if err := spanTable.insert(ctx, c, rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return nil
}

// readIndex reads what the last start left, nil when there is nothing.
func (db *DB) readIndex(ctx context.Context) (*sessionIndex, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) (*sessionIndex, error) {
		var x *sessionIndex
		err := c.each(ctx, "SELECT events, last, idle, exact, first_t FROM session_state", nil, func(v []driver.Value) error {
			x = newSessionIndex(caseState{number(v[0]), number(v[1])}, time.Duration(number(v[2]))*time.Microsecond, number(v[4]), textList[uint32](v[3]))
			return nil
		})
		if err != nil || x == nil {
			return nil, err
		}
		if err = x.readList(ctx, c, db.lexicon()); err != nil {
			return nil, err
		}
		return x, x.readSpans(ctx, c)
	})
}

// readList reads what the index keeps of each session.
func (x *sessionIndex) readList(ctx context.Context, c conn, l lexicon) error {
	coder := bodyCoder{lexicon: l}
	err := c.chunks(ctx, "SELECT id, body FROM session_rows ORDER BY start_t NULLS FIRST, id", nil, func(v vectors) error {
		ids, bodies := v.words(0), v.texts(1)
		for i := range ids {
			r, err := coder.read(ids[i], bodies[i].String())
			if err != nil {
				return err
			}
			x.add(&r.Session, r.face)
		}
		return nil
	})
	x.listed()
	return err
}

func (x *sessionIndex) readSpans(ctx context.Context, c conn) error {
	q := "SELECT who, anchor, account, ip, by_ip, from_t, to_t, session FROM session_spans ORDER BY who, anchor, ip, account, from_t"
	err := c.chunks(ctx, q, nil, func(v vectors) error {
		who, anchor, account, ip, byIP, from, to, ids := v.ids(0), v.bytes(1), v.ids(2), v.ids(3), v.bools(4), v.ints(5), v.ints(6), v.words(7)
		for i := range who {
			n, ok := x.numbered(ids[i])
			if !ok {
				return errBody
			}
			x.spans = append(x.spans, whoSpan{who: who[i], anchor: anchor[i], account: account[i], ip: ip[i], byIP: byIP[i], from: from[i], to: to[i], session: n})
		}
		return nil
	})
	x.begin()
	return err
}
