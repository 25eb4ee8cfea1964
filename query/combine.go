package query

import (
	"reflect"
	"slices"
	"strings"
)

// allOf joins nodes with AND, flat.
func allOf(nodes []Node) Node {
	var all And
	for _, n := range nodes {
		if a, ok := n.(And); ok {
			all = append(all, a...)
			continue
		}
		all = append(all, n)
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// anyOf joins nodes with OR, flat.
func anyOf(nodes []Node) Node {
	var any Or
	for _, n := range nodes {
		if o, ok := n.(Or); ok {
			any = append(any, o...)
			continue
		}
		any = append(any, n)
	}
	switch len(any) {
	case 0:
		return nil
	case 1:
		return any[0]
	}
	return any
}

// negate is NOT n; two negations are none.
func negate(n Node) Node {
	if not, ok := n.(Not); ok {
		return not.Node
	}
	return Not{n}
}

// And returns the filter that holds when both do.
func (f Filter) And(g Filter) Filter {
	return fromChips(append(f.nodes(), g.nodes()...))
}

// Or returns the filter that holds when either does.
func (f Filter) Or(g Filter) Filter {
	if f.All() || g.All() {
		return Filter{}
	}
	return Filter{anyOf([]Node{f.root, g.root})}
}

// Not returns the filter that holds when f doesn't. The one that matches all events
// has no opposite and is returned as it is.
func (f Filter) Not() Filter {
	if f.All() {
		return f
	}
	return Filter{negate(f.root)}
}

// Equal reports whether two filters are the same tree.
func (f Filter) Equal(g Filter) bool { return reflect.DeepEqual(f.root, g.root) }

// A Chip is one of the conditions that all must hold: what the screen shows as
// one removable piece.
type Chip struct {
	Text    string // in the filter language
	Node    Node
	Field   string // the field of a chip on a single field, else ""
	Negated bool
}

// Chips splits the filter into its top-level conditions, in order.
func (f Filter) Chips() []Chip {
	var chips []Chip
	for _, n := range f.nodes() {
		c := Chip{Text: text(n, isOr(n)), Node: n}
		if not, ok := n.(Not); ok {
			c.Negated, n = true, not.Node
		}
		c.Field = nodeField(n)
		chips = append(chips, c)
	}
	return chips
}

func isOr(n Node) bool { _, ok := n.(Or); return ok }

// nodeField is the one field that a node is about, or "".
func nodeField(n Node) string {
	switch n := n.(type) {
	case Term:
		if len(n.Path) > 0 {
			return PathText(n.Path)
		}
		return n.Field
	case Not:
		return nodeField(n.Node)
	case Or:
		first := nodeField(n[0])
		for _, m := range n[1:] {
			if nodeField(m) != first {
				return ""
			}
		}
		return first
	}
	return ""
}

// nodes are the top-level conditions; the slice is the caller's.
func (f Filter) nodes() []Node {
	switch n := f.root.(type) {
	case nil:
		return nil
	case And:
		return slices.Clone(n)
	default:
		return []Node{n}
	}
}

func fromChips(nodes []Node) Filter {
	var kept []Node
	for _, n := range nodes {
		if !slices.ContainsFunc(kept, func(m Node) bool { return reflect.DeepEqual(m, n) }) {
			kept = append(kept, n)
		}
	}
	return Filter{allOf(kept)}
}

// Remove returns the filter without its i-th chip; an i that doesn't exist
// changes nothing.
func (f Filter) Remove(i int) Filter {
	nodes := f.nodes()
	if i < 0 || i >= len(nodes) {
		return f
	}
	return Filter{allOf(slices.Delete(nodes, i, i+1))}
}

// Without returns the filter without the chips that are about that field alone.
// Facets use it: the counts of a field leave its own choice out.
func (f Filter) Without(field string) Filter {
	if g, ok := Lookup(field); ok {
		field = g.Name
	}
	var kept []Node
	for _, c := range f.Chips() {
		if c.Field == "" || !strings.EqualFold(c.Field, field) {
			kept = append(kept, c.Node)
		}
	}
	return Filter{allOf(kept)}
}
