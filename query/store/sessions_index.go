package store

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"spoor/query/session"
)

// A sessionIndex finds the session of an event without asking the database, and
// sorts sessions. It never changes; new sessions are a new index.
type sessionIndex struct {
	state caseState
	idle  time.Duration
	first []uint32 // by identity number: where its spans begin; one more at the end
	spans []whoSpan
	list  []sessionKey // by number
	names []string     // root actors
	exact []uint32     // see gathering
}

// A sessionKey is what sessions are found and sorted by.
type sessionKey struct {
	id         string
	root       uint32 // into names
	risks      uint8
	start, end int64
	events     int64
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

func newSessionIndex(g *gathering, res *session.Result, idle time.Duration) *sessionIndex {
	x := &sessionIndex{state: g.state, idle: idle, exact: g.exact}
	account, ip := g.db.dicts[domAccount], g.db.dicts[domIP]
	for _, s := range res.Spans {
		w := whoSpan{from: s.From, to: s.To, who: g.number[s.Who], account: account.lookup(s.Account), session: uint32(s.Session), anchor: uint8(s.Anchor), byIP: s.ByIP()}
		if w.byIP {
			w.ip = ip.lookup(s.IP)
		}
		x.spans = append(x.spans, w)
	}
	roots := map[string]uint32{}
	for i := range res.Sessions {
		s := &res.Sessions[i]
		x.add(s.ID, s.RootActor, roots, len(s.Risks), s.Start, s.End, s.Events)
	}
	x.order()
	return x
}

func (x *sessionIndex) add(id, root string, roots map[string]uint32, risks int, start, end, events int64) {
	n, ok := roots[root]
	if !ok {
		n = uint32(len(x.names))
		roots[root] = n
		x.names = append(x.names, root)
	}
	x.list = append(x.list, sessionKey{id, n, uint8(min(risks, math.MaxUint8)), start, end, events})
}

// order sorts the spans and notes where those of each identity begin.
func (x *sessionIndex) order() {
	slices.SortFunc(x.spans, func(a, b whoSpan) int {
		return cmp.Or(cmp.Compare(a.who, b.who), cmp.Compare(a.anchor, b.anchor), cmp.Compare(a.ip, b.ip), cmp.Compare(a.account, b.account), cmp.Compare(a.from, b.from))
	})
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

// root returns the root actor of a session.
func (x *sessionIndex) root(num int) string { return x.names[x.list[num].root] }

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
