package digest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// formChains groups digests and joins each with the one that it points at.
func (c *check) formChains() {
	c.dropTwins()
	for _, l := range c.links {
		if !l.has || l.doc.starts {
			continue
		}
		if i, ok := c.inv.find(l.doc.previous()); ok {
			if p := c.byEntry[i]; p != nil {
				l.prev = p
				p.next = append(p.next, l)
			}
		}
	}
	groups := map[string]*chain{}
	for _, l := range c.links {
		l.chain = -1
		if l.wrong != "" && (!l.has || !c.liesRight(l)) {
			continue
		}
		id := chainID(l)
		if groups[id] == nil {
			groups[id] = &chain{Chain: Chain{Account: l.account, Region: l.region, Trail: l.trail, Home: l.home,
				Backfill: l.backfill, Org: orgOf(l.root)}}
		}
		groups[id].links = append(groups[id].links, l)
	}
	for _, group := range groups {
		for _, ch := range group.series() {
			slices.SortFunc(ch.links, func(a, b *link) int {
				return cmp.Or(b.time.Compare(a.time), cmp.Compare(a.entry, b.entry))
			})
			if slices.ContainsFunc(ch.links, func(l *link) bool { return l.judged }) {
				c.chains = append(c.chains, ch)
			}
		}
	}
	c.orderChains()
}

func (c *check) orderChains() {
	slices.SortFunc(c.chains, func(a, b *chain) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region), strings.Compare(a.Trail, b.Trail),
			strings.Compare(a.Home, b.Home), strings.Compare(a.Org, b.Org), a.links[0].time.Compare(b.links[0].time))
	})
	for i, ch := range c.chains {
		ch.index = i
		for _, l := range ch.links {
			l.chain = i
		}
	}
}

// series tells an organization's trail from a member's own trail of the same
// name: both write at the same times, and neither points at the other. A trail
// that changed its bucket or prefix stays one.
func (ch *chain) series() []*chain {
	byRoot := map[string]*chain{}
	var roots []string
	for _, l := range ch.links {
		s := byRoot[l.root]
		if s == nil {
			s = &chain{Chain: ch.Chain}
			s.Org = orgOf(l.root)
			byRoot[l.root] = s
			roots = append(roots, l.root)
		}
		s.links = append(s.links, l)
	}
	slices.Sort(roots)
	var out []*chain
	for _, root := range roots {
		s := byRoot[root]
		out = slices.DeleteFunc(out, func(other *chain) bool {
			if !s.joins(other) {
				return false
			}
			s.links = append(s.links, other.links...)
			s.Org = cmp.Or(s.Org, other.Org)
			return true
		})
		out = append(out, s)
	}
	return out
}

// joins reports whether two series belong to one chain: one points at the
// other, or one ends before the other begins.
func (ch *chain) joins(other *chain) bool {
	mine := map[*link]bool{}
	for _, l := range ch.links {
		mine[l] = true
	}
	for _, l := range other.links {
		if mine[l.prev] || slices.ContainsFunc(l.next, func(n *link) bool { return mine[n] }) {
			return true
		}
	}
	first, last := ch.ends()
	otherFirst, otherLast := other.ends()
	return last.Before(otherFirst) || otherLast.Before(first)
}

func (ch *chain) ends() (first, last time.Time) {
	for _, l := range ch.links {
		if first.IsZero() || l.time.Before(first) {
			first = l.time
		}
		if l.time.After(last) {
			last = l.time
		}
	}
	return first, last
}

// dropTwins keeps one of the copies of a digest that several sources hold.
func (c *check) dropTwins() {
	type identity struct {
		name string
		sum  [32]byte
	}
	seen := map[identity]bool{}
	c.links = slices.DeleteFunc(c.links, func(l *link) bool {
		if !l.has || !c.liesRight(l) {
			return false
		}
		id := identity{l.doc.name(), l.hash.SHA256}
		twin := seen[id]
		seen[id] = true
		return twin
	})
}

func (c *check) liesRight(l *link) bool {
	ok, _ := c.inv.placed(l.entry, &l.doc)
	return ok
}

func chainID(l *link) string {
	return strings.Join([]string{l.account, l.region, l.trail, l.home, fmt.Sprint(l.backfill)}, "\n")
}

// orgOf finds the organization's id in a root, "" when there is none.
func orgOf(root string) string {
	for part := range strings.SplitSeq(root, "/") {
		if strings.HasPrefix(part, "o-") && len(part) >= 12 {
			return part
		}
	}
	return ""
}
