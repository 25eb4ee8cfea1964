package store

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"spoor/query"
	"spoor/query/store/blocks"
)

// How much is remembered: so many searches, with so many runs of hits between them.
const (
	keepLeaves = 16
	keepRuns   = 4 << 20
)

// A leaf is a condition that only the records can tell: free text or a path. It
// remembers what has been searched and what was found there, so nothing is
// searched twice for the same words.
type leaf struct {
	key   string
	probe query.Probe
	skip  func(text string) bool // reports that no record of the text can match; nil when that can't be told

	mu    sync.Mutex
	found map[searched]finding
	runs  int // in found
}

// searched is what was searched: a block, or an object as it was then.
type searched struct {
	block  *blocks.Block
	object blocks.Object
}

func inBlock(b *blocks.Block) searched { return searched{block: b} }
func inObject(o objectRow) searched    { return searched{object: coveredAs(o)} }

// A finding is what a leaf found: events, as runs of numbers. A word that most
// records hold leaves long ones.
type finding []seqRun

type seqRun struct{ first, last int64 }

func runsOf(seqs []int64) finding {
	var f finding
	for _, seq := range seqs {
		if n := len(f); n > 0 && f[n-1].last+1 == seq {
			f[n-1].last = seq
		} else {
			f = append(f, seqRun{seq, seq})
		}
	}
	return slices.Clone(f) // it is kept
}

// events is how many there are.
func (f finding) events() (n int64) {
	for _, r := range f {
		n += r.last - r.first + 1
	}
	return n
}

// seqs are their numbers.
func (f finding) seqs() []int64 {
	seqs := make([]int64, 0, f.events())
	for _, r := range f {
		for seq := r.first; seq <= r.last; seq++ {
			seqs = append(seqs, seq)
		}
	}
	return seqs
}

// covers reports whether a unit has been searched.
func (l *leaf) covers(u unit) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if u.block != nil {
		if _, ok := l.found[inBlock(u.block)]; ok {
			return true
		}
	}
	for _, o := range u.objects {
		if _, ok := l.found[inObject(o)]; !ok {
			return false
		}
	}
	return true
}

func (l *leaf) put(in searched, seqs []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := runsOf(seqs)
	l.runs += len(f) - len(l.found[in])
	l.found[in] = f
}

func (l *leaf) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.runs
}

// all returns all events found so far in what the case still holds.
func (l *leaf) all(m *manifest) finding {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(finding, 0, l.runs)
	for in, f := range l.found {
		if in.block != nil && m.hold(in.block.Objects()) || in.block == nil && m.hold([]blocks.Object{in.object}) {
			all = append(all, f...)
		}
	}
	return all
}

// leaves remembers the searches made last.
type leaves struct {
	mu   sync.Mutex
	list []*leaf // most recent last
}

// leaf returns the search for a node, with what it has found already.
func (db *DB) leaf(n query.Node, clock query.Clock) *leaf {
	l := newLeaf(n, clock)
	ls := &db.leaves
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for i, old := range ls.list {
		if old.key == l.key {
			ls.list = append(append(ls.list[:i:i], ls.list[i+1:]...), old)
			return old
		}
	}
	ls.list = append(ls.list, l)
	ls.trim()
	return l
}

// trim forgets the searches that have not been asked for longest. The last few
// stay: they are parts of the filter at hand.
func (ls *leaves) trim() {
	runs := 0
	for i := len(ls.list) - 1; i >= 0; i-- {
		runs += ls.list[i].size()
		if n := len(ls.list) - i; n > keepLeaves || n > keepLeaves/4 && runs > keepRuns {
			ls.list = append([]*leaf(nil), ls.list[i+1:]...)
			return
		}
	}
}

func newLeaf(n query.Node, clock query.Clock) *leaf {
	l := &leaf{key: fmt.Sprintf("%#v", n), found: make(map[searched]finding)}
	switch n := n.(type) {
	case query.Term:
		l.probe = n.Probe(clock)
		if relative(n) {
			l.key += clock.Newest.String() + clock.Now.Truncate(time.Minute).String() // longer than a search takes
		}
	case query.Text:
		l.probe = n.Probe()
		if !n.Regex && plain(n.Value) {
			l.skip = func(text string) bool { return !l.probe.Whole(text) }
		}
	}
	return l
}

// relative reports whether a term compares with a time that depends on the
// clock. Only comparisons on a path do: there ":" and "=" compare text.
func relative(t query.Term) bool {
	if !t.Op.Compares() {
		return false
	}
	for _, v := range t.Values {
		for _, s := range []string{v.Text, v.To} {
			if s != "" && strings.IndexByte("lantyLANTY", s[0]) >= 0 { // last: ago: now today yesterday
				return true
			}
		}
	}
	return false
}

// plain reports whether a text looks the same however a record is wrapped, so
// that one look at a whole object may rule it out.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_.:*? ", r)
	})
}
