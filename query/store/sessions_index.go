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
	state   caseState
	idle    time.Duration
	from    int64    // first event time of the case
	first   []uint32 // by identity number: where its spans begin; one more at the end
	spans   []whoSpan
	list    []sessionKey    // by number, that is by start and id
	traces  *session.Traces // the same
	byID    []uint32        // numbers by id
	lines   []lineage       // by parent and child
	roots   *nameList       // of root actors
	behalfs *nameList       // Identity Center users
	exact   []uint32        // identities that sign in, whose events are told apart by their very time; sorted
}

// A sessionKey is what sessions are found and sorted by.
type sessionKey struct {
	id         uint64 // see spellSession
	start, end int64
	events     int64
	riskSum    uint64 // tells signs of risk from others
	bearing    uint64 // tells what sessions below take from it from others
	root       uint32 // into roots
	behalf     uint32 // into behalfs, 0 for none
	risks      uint8  // how many signs of risk
	signs      uint8  // which: a bit for each of session.Signs
	ring       bool
}

// A lineage joins a session with one that its credentials came from, or may.
type lineage struct {
	parent uint64 // id
	child  uint32
}

// A nameList numbers names from 1 on, for one index and those that follow it.
type nameList struct {
	names  []string
	number map[string]uint32
}

func newNameList() *nameList { return &nameList{names: []string{""}, number: map[string]uint32{"": 0}} }

func (r *nameList) enter(name string) uint32 {
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
	return &sessionIndex{state: state, idle: idle, from: from, exact: exact, traces: session.NewTraces(0), roots: newNameList(), behalfs: newNameList()}
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
func (x *sessionIndex) add(s *session.Session, face uint32) {
	k := sessionKey{id: numberOfSession(s.ID), root: x.roots.enter(s.RootActor), behalf: x.behalfs.enter(s.Behalf), bearing: bearing(s, face), ring: s.Ring, start: s.Start, end: s.End, events: s.Events}
	k.carry(s.Risks)
	for _, p := range session.Parents(s) {
		x.lines = append(x.lines, lineage{numberOfSession(p), uint32(len(x.list))})
	}
	x.list = append(x.list, k)
	x.traces.All = append(x.traces.All, x.traces.Trace(s))
}

// carry notes signs of risk.
func (k *sessionKey) carry(list []session.Risk) {
	k.risks, k.signs, k.riskSum = uint8(min(len(list), math.MaxUint8)), 0, 0
	for _, r := range list {
		k.signs |= signBit(string(r.Sign))
		k.riskSum = k.riskSum*31 + xxh3.HashString(string(r.Sign)) + xxh3.HashString(r.Detail)
	}
}

// signBit is the bit of a sign of risk, 0 for one there is not.
func signBit(sign string) uint8 {
	for i, s := range session.Signs {
		if strings.EqualFold(string(s), sign) {
			return 1 << i
		}
	}
	return 0
}

// listed puts what leads to sessions in order, once all are there.
func (x *sessionIndex) listed() {
	x.byID = make([]uint32, len(x.list))
	for i := range x.byID {
		x.byID[i] = uint32(i)
	}
	slices.SortFunc(x.byID, func(a, b uint32) int { return cmp.Compare(x.list[a].id, x.list[b].id) })
	slices.SortFunc(x.lines, func(a, b lineage) int { return cmp.Or(cmp.Compare(a.parent, b.parent), cmp.Compare(a.child, b.child)) })
}

// children lists the sessions that came of one, or may have.
func (x *sessionIndex) children(id uint64) []lineage {
	from, _ := slices.BinarySearchFunc(x.lines, id, func(l lineage, id uint64) int { return cmp.Compare(l.parent, id) })
	n := 0
	for n < len(x.lines)-from && x.lines[from+n].parent == id {
		n++
	}
	return x.lines[from : from+n]
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

// id returns the id of a session.
func (x *sessionIndex) id(num int) string { return spellSession(x.list[num].id) }

// numbered returns the number of the session with an id.
func (x *sessionIndex) numbered(id uint64) (uint32, bool) {
	i, ok := x.seekID(id)
	if !ok {
		return 0, false
	}
	return x.byID[i], true
}

// seekID returns the place in byID of an id, or of the next one.
func (x *sessionIndex) seekID(id uint64) (int, bool) {
	return slices.BinarySearchFunc(x.byID, id, func(n uint32, id uint64) int { return cmp.Compare(x.list[n].id, id) })
}

// named returns the number of the session with an id, or with the only id that
// begins so.
func (x *sessionIndex) named(id string) (int, bool) {
	if id == "" || len(id) > sessionDigits || strings.Trim(id, "0123456789abcdef") != "" {
		return 0, false
	}
	i, _ := x.seekID(numberOfSession(id + strings.Repeat("0", sessionDigits-len(id))))
	begins := func(i int) bool { return i < len(x.byID) && strings.HasPrefix(x.id(int(x.byID[i])), id) }
	if !begins(i) || begins(i+1) {
		return 0, false
	}
	return int(x.byID[i]), true
}
