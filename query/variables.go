package query

import (
	"slices"
	"strings"
)

// variable is the name of the variable that a value stands for, "" for none: a
// bare $name, all of the value.
func variable(m Match) string {
	name, ok := strings.CutPrefix(m.Text, "$")
	if !ok || m.Quoted || m.To != "" || !savedID.MatchString(name) {
		return ""
	}
	return name
}

// variables lists the variables of a filter, in order.
func (f Filter) variables() []string {
	var names []string
	walk(f.root, func(n Node) {
		if t, ok := n.(Term); ok {
			for _, v := range t.Values {
				if name := variable(v); name != "" && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	})
	return names
}

// bind puts values in the place of variables, as any of them.
func (f Filter) bind(values map[string][]string) Filter {
	return Filter{bindNode(f.root, values)}
}

func bindNode(n Node, values map[string][]string) Node {
	list := func(nodes []Node) []Node {
		bound := make([]Node, len(nodes))
		for i, m := range nodes {
			bound[i] = bindNode(m, values)
		}
		return bound
	}
	switch n := n.(type) {
	case And:
		return allOf(list(n))
	case Or:
		return anyOf(list(n))
	case Not:
		return negate(bindNode(n.Node, values))
	case Term:
		bound := n
		bound.Values = nil
		for _, v := range n.Values {
			given, ok := values[variable(v)]
			if !ok {
				bound.Values = append(bound.Values, v)
				continue
			}
			for _, s := range given {
				s = strings.ToValidUTF8(s, "\uFFFD")
				bound.Values = append(bound.Values, Match{Text: s, Quoted: !bareValue(s, n.Op)})
			}
		}
		return bound
	}
	return n
}
