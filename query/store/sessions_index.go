package store

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"spoor/query/session"
)

// A sessionIndex finds the session of an event without asking the database, and
// sorts sessions. It never changes; new sessions are a new index.
type sessionIndex struct {
	state  caseState
	idle   time.Duration
	from   int64    // first event time of the case
	first  []uint32 // by identity number: where its spans begin; one more at the end
	spans  []whoSpan
	list   []sessionKey    // by number
	traces *session.Traces // the same
	roots  *rootNames
	exact  []uint32 // identities that sign in, whose events are told apart by their very time; sorted
}

// A sessionKey is what sessions are found and sorted by.
type sessionKey struct {
	id         string
	root       uint32 // into rootNames
	risks      uint8
	riskSum    uint64 // tells signs of risk from others
	bearing    uint64 // tells what sessions below take from it from others
	ring       bool
	start, end int64
	events     int64
}

// rootNames are the names of root actors, which one index hands on to the next.
type rootNames struct {
	names  []string
	number map[string]uint32
}

func (r *rootNames) enter(name string) uint32 {
	n, ok := r.number[name]
	if !ok {
		n = uint32(len(r.names))
		name = strings.Clone(name)
		r.names = append(r.names, name)
		r.number[name] = n
	}
	return n
}

// A whoSpan is a session.Span in numbers. account 0 stands for any; byIP tells
// whether address and time count.
type whoSpan struct {
	from, to int64
	who      uint32
	account  uint32
	ip       uint32
	session  uint32
	anchor   uint8
	byIP     bool
}

func (a *whoSpan) compare(b *whoSpan) int {
	return cmp.Or(cmp.Compare(a.who, b.who), cmp.Compare(a.anchor, b.anchor), cmp.Compare(a.ip, b.ip), cmp.Compare(a.account, b.account), cmp.Compare(a.from, b.from))
}

// newSessionIndex makes an index without sessions.
func newSessionIndex(state caseState, idle time.Duration, from int64, exact []uint32) *sessionIndex {
	return &sessionIndex{state: state, idle: idle, from: from, exact: exact, traces: session.NewTraces(0), roots: &rootNames{number: map[string]uint32{}}}
}

// bearing sums up all that sessions below take from a session.
func bearing(s *session.Session, face uint32) uint64 {
	h := xxh3.New()
	for _, v := range [...]string{string(s.Kind), s.Actor, s.Principal, s.SourceIdentity, s.Root, s.RootActor, string(s.Confidence), s.Reason, s.Behalf} {
		_, _ = h.WriteString(v)
		_, _ = h.Write([]byte{0})
	}
	_, _ = h.Write(binary.LittleEndian.AppendUint32([]byte{byte(s.ActorKind), byte(s.RootKind), byte(s.Depth)}, face))
	return h.Sum64()
}

// add puts a session at the end.
func (x *sessionIndex) add(s *session.Session, bearing uint64) {
	x.list = append(x.list, sessionKey{id: s.ID, root: x.roots.enter(s.RootActor), risks: uint8(min(len(s.Risks), math.MaxUint8)), riskSum: sumRisks(s.Risks), bearing: bearing, ring: s.Ring, start: s.Start, end: s.End, events: s.Events})
	x.traces.All = append(x.traces.All, x.traces.Trace(s))
}

func sumRisks(list []session.Risk) uint64 {
	var sum uint64
	for _, r := range list {
		sum = sum*31 + xxh3.HashString(string(r.Sign)) + xxh3.HashString(r.Detail)
	}
	return sum
}

// spansOf puts spans into numbers.
func (n *naming) spansOf(db *DB, spans []session.Span, number func(int) uint32) []whoSpan {
	account, ip := db.dicts[domAccount], db.dicts[domIP]
	out := make([]whoSpan, 0, len(spans))
	for _, s := range spans {
		w := whoSpan{from: s.From, to: s.To, who: n.number[s.Who], account: account.lookup(s.Account), session: number(s.Session), anchor: uint8(s.Anchor), byIP: s.ByIP()}
		if w.byIP {
			w.ip = ip.lookup(s.IP)
		}
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b whoSpan) int { return a.compare(&b) })
	return out
}

// begin notes where the spans of each identity, which are sorted, begin.
func (x *sessionIndex) begin() {
	n := 0
	if len(x.spans) > 0 {
		n = int(x.spans[len(x.spans)-1].who) + 1
	}
	x.first = make([]uint32, n+1)
	for i, s := range x.spans {
		x.first[s.who+1] = uint32(i + 1)
	}
	for w := 1; w <= n; w++ {
		x.first[w] = max(x.first[w], x.first[w-1])
	}
}

// is reports whether the index holds for a state of the case and an idle time.
func (x *sessionIndex) is(s caseState, idle time.Duration) bool {
	return x.state == s && (idle == 0 || idle == x.idle)
}

// of returns the spans of an identity.
func (x *sessionIndex) of(who uint32) []whoSpan {
	if int(who)+1 >= len(x.first) {
		return nil
	}
	return x.spans[x.first[who]:x.first[who+1]]
}

// find returns the number of the session an event belongs to.
func (x *sessionIndex) find(who uint32, anchor uint8, account, ip uint32, t int64) (int, bool) {
	spans := x.of(who)
	lo, hi := 0, len(spans) // first span after (anchor, ip, t), windows have account 0
	for lo < hi {
		mid := (lo + hi) / 2
		s := &spans[mid]
		if s.byIP && cmp.Or(cmp.Compare(s.anchor, anchor), cmp.Compare(s.ip, ip), cmp.Compare(s.from, t)) <= 0 || !s.byIP && s.anchor <= anchor {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	for i := lo - 1; i >= 0 && spans[i].anchor == anchor; i-- {
		s := &spans[i]
		switch {
		case s.byIP && s.ip == ip:
			return int(s.session), s.from <= t && t <= s.to
		case !s.byIP && (s.account == 0 || s.account == account):
			return int(s.session), true
		case s.byIP:
			return 0, false
		}
	}
	return 0, false
}

// at returns the number of the session of a spot.
func (x *sessionIndex) at(p spot) (int, bool) { return x.find(p.who, p.anchor, p.account, p.ip, p.t) }

// root returns the root actor of a session.
func (x *sessionIndex) root(num int) string { return x.roots.names[x.list[num].root] }

// byID returns the number of the session with an id, or with the only id that
// begins so.
func (x *sessionIndex) byID(id string) (int, bool) {
	found, n := 0, 0
	for i := range x.list {
		if k := x.list[i].id; k == id {
			return i, true
		} else if id != "" && strings.HasPrefix(k, id) {
			found = i
			n++
		}
	}
	return found, n == 1
}
