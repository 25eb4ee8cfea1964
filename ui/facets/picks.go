package facets

import (
	"slices"

	"spoor/query"
)

// picked is what the filter says about the values of one field.
type picked struct {
	in, out         []string
	nullIn, nullOut bool
}

func (p picked) of(v query.Value) (in, out bool) {
	if v.Null {
		return p.nullIn, p.nullOut
	}
	return slices.Contains(p.in, v.Text), slices.Contains(p.out, v.Text)
}

// picks reads from the filter which values are ticked and which left out.
func picks(f query.Filter) map[string]picked {
	all := map[string]picked{}
	for _, c := range f.Chips() {
		if c.Field == "" {
			continue
		}
		p, node := all[c.Field], c.Node
		if not, ok := node.(query.Not); ok && c.Negated {
			if t, ok := not.Node.(query.Term); ok && t.Op == query.Present {
				p.nullIn = true
				all[c.Field] = p
				continue
			}
			node = not.Node
		}
		collect(&p, node, c.Negated)
		all[c.Field] = p
	}
	return all
}

func collect(p *picked, node query.Node, negated bool) {
	switch n := node.(type) {
	case query.Or:
		for _, m := range n {
			collect(p, m, negated)
		}
	case query.Not:
		if t, ok := n.Node.(query.Term); ok && t.Op == query.Present {
			p.nullIn, p.nullOut = p.nullIn || !negated, p.nullOut || negated
		}
	case query.Term:
		if n.Op == query.Present && !negated {
			p.nullOut = true
		}
		if n.Op != query.Exact && n.Op != query.Like {
			return
		}
		for _, m := range n.Values {
			if negated {
				p.out = append(p.out, m.Text)
			} else {
				p.in = append(p.in, m.Text)
			}
		}
	}
}

// withPicked adds ticked values that are not among the top, so that they can be
// taken back here.
func (v *View) withPicked(field string, f query.Facet) []query.FacetValue {
	values := slices.Clone(f.Values)
	count := int64(-1) // not among the top: unknown
	if f.Distinct <= int64(len(values)) {
		count = 0
	}
	add := func(v query.Value) {
		if !slices.ContainsFunc(values, func(fv query.FacetValue) bool { return fv.Value == v }) {
			values = append(values, query.FacetValue{Value: v, Count: count})
		}
	}
	p := v.picks[field]
	for _, t := range slices.Concat(p.in, p.out) {
		add(query.Value{Text: t})
	}
	if p.nullIn || p.nullOut {
		add(query.Value{Null: true})
	}
	return values
}
