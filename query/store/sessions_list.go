package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/session"
)

// sessionLists keeps the list asked for last: its pages are slices of it.
type sessionLists struct {
	mu   sync.Mutex
	key  string
	from *sessionIndex
	list sessionList
}

// A sessionList is the numbers of the sessions that match, in order, with how
// many of their events match; nil counts mean all of them.
type sessionList struct {
	nums    []uint32
	matched map[uint32]int64
	partial bool
}

// Sessions lists the sessions that have an event which matches.
func (db *DB) Sessions(ctx context.Context, r query.SessionRequest) (query.SessionPage, error) {
	x, err := db.resolved(ctx, r.Idle, r.Stale)
	if err != nil {
		return query.SessionPage{}, err
	}
	l, err := db.sessionList(ctx, x, r)
	if err != nil {
		return query.SessionPage{}, err
	}
	page := query.SessionPage{Total: len(l.nums), All: len(x.list), Stale: !x.is(db.stateOfCase(), 0), Partial: l.partial}
	nums := l.nums[min(max(r.Offset, 0), len(l.nums)):]
	if r.N > 0 {
		nums = nums[:min(r.N, len(nums))]
	}
	rows, err := db.sessionRows(ctx, x, nums)
	for i := range rows {
		s := db.noted(view(&rows[i]))
		if s.Matched = s.Events; l.matched != nil {
			s.Matched = l.matched[rows[i].num]
		}
		page.Sessions = append(page.Sessions, s)
	}
	return page, err
}

// sessionList finds and orders sessions, or remembers them from last time.
func (db *DB) sessionList(ctx context.Context, x *sessionIndex, r query.SessionRequest) (sessionList, error) {
	_, rev := db.now()
	key := fmt.Sprint(r.Order, " ", r.Sign, " ", rev, " ", r.Filter)
	ls := &db.sessions.lists
	ls.mu.Lock()
	if ls.from == x && ls.key == key && !ls.list.partial {
		defer ls.mu.Unlock()
		return ls.list, nil
	}
	ls.mu.Unlock()
	var l sessionList
	if r.Filter.All() {
		l.nums = make([]uint32, len(x.list))
		for i := range l.nums {
			l.nums[i] = uint32(i)
		}
	} else {
		var err error
		if l.matched, l.partial, err = db.matchSessions(ctx, x, r.Filter); err != nil {
			return l, err
		}
		for n := range l.matched {
			l.nums = append(l.nums, n)
		}
	}
	if r.Sign != "" {
		sign := signBit(r.Sign)
		l.nums = slices.DeleteFunc(l.nums, func(n uint32) bool { return x.list[n].signs&sign == 0 })
	}
	x.sort(l.nums, r.Order)
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.from, ls.key, ls.list = x, key, l
	return l, nil
}

// matchSessions counts the matching events of each session.
func (db *DB) matchSessions(ctx context.Context, x *sessionIndex, f query.Filter) (map[uint32]int64, bool, error) {
	if t, ok := f.Root().(query.Term); ok {
		if field, ok := db.fields[t.Field].(ofSessions); ok { // then whole sessions match, and all is known
			y, wanted, err := field.wanted(ctx, t, db.clock())
			if err != nil {
				return nil, false, err
			}
			if y == x && x.is(db.stateOfCase(), 0) {
				return x.all(wanted), false, nil
			}
		}
	}
	h, err := db.filter(ctx, f)
	if err != nil {
		return nil, false, err
	}
	defer h.release()
	counts, err := ask(ctx, db, func(ctx context.Context, c conn) (map[uint32]int64, error) {
		counts := map[uint32]int64{}
		err := x.count(ctx, c, h.where, func(n int, ok bool, events int64) {
			if ok {
				counts[uint32(n)] += events
			}
		})
		return counts, err
	})
	return counts, !h.complete, err
}

// count counts the events of a condition by session; those that came after the
// sessions were worked out have none, which ok tells.
func (x *sessionIndex) count(ctx context.Context, c conn, where expr, add func(n int, ok bool, events int64)) error {
	var few []spot
	q := fmt.Sprintf("SELECT e.who, e.anchor, e.account, e.ip, coalesce(e.t, %d) FROM event_rows AS e WHERE %s LIMIT %d", noTime, where.sql, fewEvents)
	if err := c.chunks(ctx, q, where.args, func(v vectors) error { few = append(few, v.spots()...); return nil }); err != nil {
		return err
	}
	if len(few) == fewEvents {
		return x.countGroups(ctx, c, where, add)
	}
	for _, p := range few {
		n, ok := x.at(p)
		add(n, ok, 1)
	}
	return nil
}

// fewEvents are sooner looked up one by one than put into groups by DuckDB.
const fewEvents = 1 << 16

// countGroups is count for many events.
func (x *sessionIndex) countGroups(ctx context.Context, c conn, where expr, add func(n int, ok bool, events int64)) error {
	slot := x.slot()
	q := fmt.Sprintf("SELECT e.who, e.anchor, e.account, e.ip, coalesce(min(e.t), %d), count(*), %s AS slot FROM event_rows AS e WHERE %s GROUP BY e.who, e.anchor, e.account, e.ip, slot, e.t IS NULL", noTime, slot.sql, where.sql)
	return c.chunks(ctx, q, append(slot.args, where.args...), func(v vectors) error {
		events := v.ints(5)
		for i, p := range v.spots() {
			n, ok := x.at(p)
			add(n, ok, events[i])
		}
		return nil
	})
}

// spots reads refColumns, the first of the columns; where there is no time, noTime
// must stand for it.
func (c vectors) spots() []spot {
	who, anchor, account, ip, t := c.ids(0), c.bytes(1), c.ids(2), c.ids(3), c.ints(4)
	out := make([]spot, c.rows)
	for i := range out {
		out[i] = spot{who[i], account[i], ip[i], anchor[i], t[i]}
	}
	return out
}

// all are the events of wanted sessions, by number.
func (x *sessionIndex) all(wanted []bool) map[uint32]int64 {
	counts := map[uint32]int64{}
	for i, w := range wanted {
		if w {
			counts[uint32(i)] = x.list[i].events
		}
	}
	return counts
}

// slot is SQL by which events of one identity, anchor, account and address that
// lie in one span can be grouped.
func (x *sessionIndex) slot() expr {
	return slotOf(x.exact, x.idle.Microseconds())
}

// slotOf is slot; exact are sorted. They may be thousands, which as a list take
// DuckDB longer to plan than to answer.
func slotOf(exact []uint32, idle int64) expr {
	rest := fmt.Sprintf("WHEN e.anchor <> %d THEN 0 ELSE e.t // %d END", cloudtrail.AnchorIdle, idle)
	if len(exact) == 0 {
		return expr{sql: "CASE " + rest}
	}
	told := in("e.who", exact, int(exact[len(exact)-1])+1)
	return expr{"CASE WHEN " + told.sql + " THEN e.t " + rest, told.args}
}

// sort orders numbers of sessions. Sessions are numbered by start and id.
func (x *sessionIndex) sort(nums []uint32, order query.SessionOrder) {
	slices.Sort(nums)
	switch order {
	case query.SessionsOldest:
		return
	case query.SessionsByEvents:
		by := make([]numbered, len(nums))
		for i, n := range nums {
			by[i] = numbered{x.list[n].events, n}
		}
		slices.SortFunc(by, func(a, b numbered) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.num, b.num)) })
		for i := range by {
			nums[i] = by[i].num
		}
	case query.SessionsByRisk:
		x.deal(nums, math.MaxUint8+1, func(k *sessionKey) uint32 { return uint32(k.risks) })
	case query.SessionsByUser:
		x.deal(nums, len(x.roots.names), x.byLast(nums))
	}
	slices.Reverse(nums) // newest first
}

// A numbered is a session's number, and what it is sorted by.
type numbered struct {
	key int64
	num uint32
}

// deal sorts numbers by the place of each of so many, and leaves those of one
// place as they were.
func (x *sessionIndex) deal(nums []uint32, places int, place func(*sessionKey) uint32) {
	next := make([]int, places+1)
	for _, n := range nums {
		next[place(&x.list[n])+1]++
	}
	for i := range places {
		next[i+1] += next[i]
	}
	for _, n := range slices.Clone(nums) {
		at := place(&x.list[n])
		nums[next[at]] = n
		next[at]++
	}
}

// byLast places root actors by when sessions of theirs ended last.
func (x *sessionIndex) byLast(nums []uint32) func(*sessionKey) uint32 {
	last := make([]int64, len(x.roots.names))
	for i := range last {
		last[i] = noTime
	}
	for _, n := range nums {
		k := &x.list[n]
		last[k.root] = max(last[k.root], k.end)
	}
	roots := make([]uint32, len(last))
	for i := range roots {
		roots[i] = uint32(i)
	}
	slices.SortFunc(roots, func(a, b uint32) int { return cmp.Or(cmp.Compare(last[a], last[b]), cmp.Compare(b, a)) })
	place := make([]uint32, len(last))
	for i, r := range roots {
		place[r] = uint32(i)
	}
	return func(k *sessionKey) uint32 { return place[k.root] }
}

// chunk is how many sessions are read by one statement.
const chunk = 1000

// sessionRows reads sessions by their numbers in an index, in that order. One
// that is not there any more, for the case has gone on, is left out.
func (db *DB) sessionRows(ctx context.Context, x *sessionIndex, nums []uint32) ([]sessionRow, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) ([]sessionRow, error) { return x.rows(ctx, c, db.lexicon(), nums) })
}

// rows is sessionRows on a connection.
func (x *sessionIndex) rows(ctx context.Context, c conn, l lexicon, nums []uint32) ([]sessionRow, error) {
	coder := bodyCoder{lexicon: l}
	out := make([]sessionRow, 0, len(nums))
	for part := range slices.Chunk(nums, chunk) {
		ids, at := make([]uint64, len(part)), make(map[uint64]int, len(part))
		for i, n := range part {
			ids[i] = x.list[n].id
			at[ids[i]] = i
		}
		rows := make([]sessionRow, len(part))
		if err := c.chunks(ctx, "SELECT id, body FROM session_rows WHERE "+inList("id", "IN", ids), nil, func(v vectors) error {
			ids, bodies := v.words(0), v.texts(1)
			for i, id := range ids {
				r, err := coder.read(id, bodies[i].String())
				if err != nil {
					return err
				}
				r.num, r.children = part[at[id]], len(x.children(id))
				rows[at[id]] = r
			}
			return nil
		}); err != nil {
			return nil, err
		}
		out = append(out, slices.DeleteFunc(rows, func(r sessionRow) bool { return r.ID == "" })...)
	}
	return out, nil
}

// noted adds what analysts noted of a session.
func (db *DB) noted(s query.Session) query.Session {
	if a, ok := db.notes.get(noteKey{query.AboutSession, s.ID}); ok {
		s.Mark, s.Note, s.Tags = a.Mark, a.Note, a.Tags
	}
	return s
}

// view shows a session in the words of package query.
func view(r *sessionRow) query.Session {
	s := query.Session{Num: int64(r.num), ID: r.ID, Actor: r.Actor, ActorKind: uint8(r.ActorKind), Kind: string(r.Kind), Principal: r.Principal, Account: r.Account, Role: r.Role,
		SessionName: r.SessionName, AccessKeys: r.Keys, Start: r.Start, End: r.End, Created: r.Created, Events: r.Events, Writes: r.Writes, Errors: r.Errors,
		Denied: r.Denied, Forwarded: r.Forwarded, Services: r.Services, Regions: r.Regions, SourceIPs: r.IPs, UserAgents: r.Agents,
		MFA: [...]string{"", "no", "yes"}[min(r.MFA, 2)], OpenedBy: r.OpenedBy.ID, OpenedBySeq: r.OpenedBy.Seq, Root: r.Root, RootActor: r.RootActor, Depth: r.Depth,
		Confidence: string(r.Confidence), Reason: r.Reason, Children: r.children, Matched: r.Events}
	if r.Link != nil {
		l := viewLink(*r.Link)
		s.Link = &l
	}
	for _, l := range r.Candidates {
		s.Candidates = append(s.Candidates, viewLink(l))
	}
	for _, risk := range r.Risks {
		s.Risks = append(s.Risks, query.Risk{Sign: string(risk.Sign), Detail: risk.Detail})
	}
	return s
}

func viewLink(l session.Link) query.SessionLink {
	return query.SessionLink{Kind: string(l.Kind), Parent: l.Parent, Event: l.Event.ID, Seq: l.Event.Seq, Call: l.Call, Time: l.Time, Confidence: string(l.Confidence), Reason: l.Reason}
}
