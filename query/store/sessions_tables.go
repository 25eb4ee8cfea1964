package store

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"slices"
	"strconv"
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
		sessionTable.ddl(), spanTable.ddl(), parentTable.ddl(),
		"CREATE TABLE session_state (events BIGINT, last BIGINT, idle BIGINT, exact VARCHAR)",
		`CREATE VIEW sessions AS SELECT id, actor, kind, principal, account, role, session_name, from_json(keys, '["VARCHAR"]') AS access_keys,
			make_timestamp(start_t) AS "start", make_timestamp(end_t) AS "end", events, writes, errors, denied,
			from_json(services, '["VARCHAR"]') AS services, from_json(regions, '["VARCHAR"]') AS regions,
			from_json(ips, '["VARCHAR"]') AS source_ips, from_json(agents, '["VARCHAR"]') AS user_agents,
			CASE mfa WHEN 1 THEN false WHEN 2 THEN true END AS mfa, nullif(parent, '') AS parent, nullif(parent_event, '') AS parent_event,
			nullif(link, '') AS link, root_actor, depth, confidence, reason FROM session_rows`,
	}
}

// A sessionRow is a session with its number.
type sessionRow struct {
	num      int64
	children int // sessions that came of it, when read
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

// writeSessions makes the tables say what the result says, where old are the
// sums of what they hold, nil when that isn't known. It returns the new sums.
func (db *DB) writeSessions(ctx context.Context, g *gathering, res *session.Result, x *sessionIndex, old []uint64) ([]uint64, error) {
	sums := sumSessions(res, x)
	changed := changedSums(old, sums)
	whole := len(old) == 0 || len(changed) > len(sums)/2
	is := make([]bool, max(len(sums), len(old)))
	for _, n := range changed {
		is[n] = true
	}
	var nums []int
	var parents []parentRow
	for i := range res.Sessions {
		if !whole && !is[i] {
			continue
		}
		nums = append(nums, i)
		for _, p := range session.Parents(&res.Sessions[i]) {
			parents = append(parents, parentRow{int64(i), p})
		}
	}
	spans := x.spans
	if !whole {
		spans = nil
		for _, s := range x.spans {
			if is[s.session] {
				spans = append(spans, s)
			}
		}
	}
	_, err := ask(ctx, db, func(ctx context.Context, c conn) (struct{}, error) {
		return struct{}{}, c.inTx(ctx, func() error {
			for _, write := range []func() error{
				func() error { return db.clearSessions(ctx, c, changed, whole) },
				func() error { return insertSessions(ctx, c, res, nums) },
				func() error { return spanTable.insert(ctx, c, spans) },
				func() error { return parentTable.insert(ctx, c, parents) },
			} {
				if err := write(); err != nil {
					return err
				}
			}
			_, err := c.exec(ctx, "INSERT INTO session_state VALUES (?, ?, ?, ?)", g.state.events, g.state.last, g.idle, listText(g.exact))
			return err
		})
	})
	return sums, err
}

// insertSessions writes sessions by number, a portion at a time: their rows are
// as large again as they are.
func insertSessions(ctx context.Context, c conn, res *session.Result, nums []int) error {
	for part := range slices.Chunk(nums, 8192) {
		rows := make([]sessionRow, len(part))
		for i, n := range part {
			rows[i] = sessionRow{num: int64(n), Session: res.Sessions[n]}
		}
		if err := sessionTable.insert(ctx, c, rows); err != nil {
			return err
		}
	}
	return nil
}

// clearSessions takes sessions out of the tables: those with the numbers, or all.
func (db *DB) clearSessions(ctx context.Context, c conn, nums []int64, whole bool) error {
	name, withdraw := db.feeds.offer(numbersFeed("num", nums))
	defer withdraw()
	for _, t := range []struct{ table, num string }{{"session_rows", "num"}, {"session_spans", "session"}, {"session_parents", "child"}, {"session_state", ""}} {
		q, args := "DELETE FROM "+t.table, []any(nil)
		if !whole && t.num != "" {
			q, args = q+" WHERE "+t.num+" IN (SELECT num FROM spoor_feed(?))", []any{name}
		}
		if _, err := c.exec(ctx, q, args...); err != nil {
			return err
		}
	}
	return nil
}

// sumSessions sums up all that the tables keep of each session, by which one
// that changed is known.
func sumSessions(res *session.Result, x *sessionIndex) []uint64 {
	sums := make([]uint64, len(res.Sessions))
	for i := range res.Sessions {
		b, err := json.Marshal(&res.Sessions[i])
		if err != nil { // strings and numbers only
			b = strconv.AppendInt(nil, int64(x.state.last), 10)
		}
		sums[i] = xxh3.Hash(b)
	}
	var b [48]byte
	for _, s := range x.spans {
		w := binary.LittleEndian.AppendUint64(b[:0], uint64(s.from))
		w = binary.LittleEndian.AppendUint64(w, uint64(s.to))
		for _, v := range [...]uint32{s.who, s.account, s.ip, uint32(s.anchor)} {
			w = binary.LittleEndian.AppendUint32(w, v)
		}
		sums[s.session] += xxh3.Hash(w) // in whatever order they come
	}
	return sums
}

// changedSums lists the numbers whose sums differ, the lost among them.
func changedSums(old, sums []uint64) []int64 {
	var out []int64
	for n := range max(len(old), len(sums)) {
		if n >= len(old) || n >= len(sums) || old[n] != sums[n] {
			out = append(out, int64(n))
		}
	}
	return out
}

// readSessions reads what the last start left, nil when there is nothing.
func (db *DB) readSessions(ctx context.Context) (*sessionIndex, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) (*sessionIndex, error) {
		var x *sessionIndex
		err := c.each(ctx, "SELECT events, last, idle, exact FROM session_state", nil, func(v []driver.Value) error {
			x = &sessionIndex{state: caseState{number(v[0]), number(v[1])}, idle: time.Duration(number(v[2])) * time.Microsecond, exact: textList[uint32](v[3])}
			return nil
		})
		if err != nil || x == nil {
			return nil, err
		}
		err = c.each(ctx, "SELECT who, anchor, account, ip, by_ip, from_t, to_t, session FROM session_spans", nil, func(v []driver.Value) error {
			x.spans = append(x.spans, whoSpan{who: v[0].(uint32), anchor: v[1].(uint8), account: v[2].(uint32), ip: v[3].(uint32), byIP: v[4].(bool),
				from: number(v[5]), to: number(v[6]), session: v[7].(uint32)})
			return nil
		})
		if err != nil {
			return nil, err
		}
		roots := map[string]uint32{}
		err = c.each(ctx, "SELECT id, root_actor, json_array_length(risks), coalesce(start_t, ?), coalesce(end_t, ?), events FROM session_rows ORDER BY num",
			[]any{noTime, noTime}, func(v []driver.Value) error {
				x.add(text(v[0]), text(v[1]), roots, int(number(v[2])), number(v[3]), number(v[4]), number(v[5]))
				return nil
			})
		x.order()
		return x, err
	})
}

// session reads a row of sessionTable.
func readSession(v []driver.Value) sessionRow {
	at := func(i int) int64 {
		if v[i] == nil {
			return noTime
		}
		return number(v[i])
	}
	r := sessionRow{num: number(v[0])}
	r.Session = session.Session{ID: text(v[1]), Actor: text(v[2]), ActorKind: cloudtrail.Kind(number(v[3])), Kind: session.Kind(text(v[4])), Principal: text(v[5]),
		PrincipalID: text(v[6]), Account: text(v[7]), Role: text(v[8]), RoleARN: text(v[9]), SessionName: text(v[10]), SourceIdentity: text(v[11]),
		Keys: textList[string](v[12]), Start: at(13), End: at(14), Created: at(15), Events: number(v[16]), Writes: number(v[17]), Errors: number(v[18]),
		Denied: number(v[19]), Forwarded: number(v[20]), IPs: textList[string](v[21]), Services: textList[string](v[22]), Regions: textList[string](v[23]),
		Agents: textList[string](v[24]), MFA: cloudtrail.MFA(number(v[25])), OpenedBy: session.EventRef{ID: text(v[26]), Seq: number(v[27])},
		Candidates: textList[session.Link](v[36]), Root: text(v[37]), RootActor: text(v[38]), RootKind: cloudtrail.Kind(number(v[39])), Depth: int(number(v[40])),
		Confidence: session.Confidence(text(v[41])), Reason: text(v[42]), Risks: textList[session.Risk](v[43])}
	if text(v[28]) != "" {
		r.Link = &session.Link{Parent: text(v[28]), Event: session.EventRef{ID: text(v[29]), Seq: number(v[30])}, Kind: session.LinkKind(text(v[31])), Call: text(v[32]),
			Time: at(33), Confidence: session.Confidence(text(v[34])), Reason: text(v[35])}
	}
	return r
}
