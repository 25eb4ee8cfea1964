package query

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Is returns the filter for events whose field, or path, is exactly v; a null
// value asks for events without it.
func Is(field string, v Value) (Filter, error) {
	n, err := exactly(field, v)
	return Filter{n}, err
}

// Within returns the filter for the events of a stretch of time, µs UTC, both ends
// in it. An end of cloudtrail.NoTime is open; with two all events match.
func Within(from, to int64) Filter {
	return stretch(instant(from), instant(to))
}

// stretch is a range of time as a filter, with ends of the filter language, "" for
// an open one.
func stretch(from, to string) Filter {
	if from == "" && to == "" {
		return Filter{}
	}
	return Filter{Term{Field: "time", Op: Range, Values: []Match{{Text: from, To: to}}}}
}

// instant writes µs UTC as RFC 3339, "" for no time.
func instant(t int64) string {
	if t == noTime {
		return ""
	}
	return time.UnixMicro(t).UTC().Format(time.RFC3339Nano)
}

// Include adds v to the values wanted of a field, as ticking it in a list does:
// any of the ticked values matches. Ticking a value again takes it back.
func (f Filter) Include(field string, v Value) (Filter, error) {
	return f.tick(field, v, func(t *ticks, n Node) { t.without, t.with = drop(t.without, n), toggle(t.with, n) })
}

// Exclude adds v to the values unwanted of a field; again takes it back.
func (f Filter) Exclude(field string, v Value) (Filter, error) {
	return f.tick(field, v, func(t *ticks, n Node) { t.with, t.without = drop(t.with, n), toggle(t.without, n) })
}

// Only drops all else that was asked of the field and asks for v alone.
func (f Filter) Only(field string, v Value) (Filter, error) {
	n, err := exactly(field, v)
	if err != nil {
		return f, err
	}
	return f.Without(nodeField(n)).And(Filter{n}), nil
}

// exactly is the node for a value as an event has it: a term with one value, or
// Not a Present one.
func exactly(field string, v Value) (Node, error) {
	f, path, err := ColumnPath(field)
	if err != nil {
		return nil, err
	}
	s := strings.ToValidUTF8(v.Text, "\uFFFD")
	if f.Kind == KindRecord {
		if v.Null || s == "" {
			return nil, errors.New("search: no text")
		}
		return textNode(s, true), nil
	}
	t := Term{Field: f.Name, Path: path, Op: Exact}
	if v.Null {
		t.Op = Present
		return negate(t), nil
	}
	if !isText(t) {
		t.Op = Like
	}
	t.Values = []Match{{Text: s, Quoted: !bareValue(s, t.Op)}}
	return t, nil
}

// isText reports whether a term compares text, where : and = differ.
func isText(t Term) bool {
	f, ok := Lookup(t.Field)
	return !ok || !f.Kind.Ordered() && !f.Kind.Closed()
}

// ticks are the values of one field that are wanted and unwanted, each as
// exactly makes it.
type ticks struct{ with, without []Node }

// tick takes the chips of a field apart into ticks, lets change have its way and
// puts them together again where they stood.
func (f Filter) tick(field string, v Value, change func(*ticks, Node)) (Filter, error) {
	n, err := exactly(field, v)
	if err != nil {
		return f, err
	}
	var t ticks
	var kept []Node
	at := -1
	for _, chip := range f.nodes() {
		if nodeField(chip) != nodeField(n) || !t.take(chip) {
			kept = append(kept, chip)
		} else if at < 0 {
			at = len(kept)
		}
	}
	if at < 0 {
		at = len(kept)
	}
	change(&t, n)
	return Filter{allOf(slices.Insert(kept, at, t.chips()...))}, nil
}

// take adds the values of a chip if ticking could have made it. Of chips that
// want values only the first is taken: two of them say that both must hold.
func (t *ticks) take(chip Node) bool {
	if term, ok := chip.(Term); ok && term.Op == Present {
		t.without = append(t.without, negate(chip))
		return true
	}
	if not, ok := chip.(Not); ok {
		if atoms, ok := split(not.Node); ok {
			t.without = append(t.without, atoms...)
			return true
		}
	}
	if len(t.with) > 0 {
		return false
	}
	list := []Node{chip}
	if or, ok := chip.(Or); ok {
		list = or
	}
	var all []Node
	for _, n := range list {
		atoms, ok := split(n)
		if !ok {
			return false
		}
		all = append(all, atoms...)
	}
	t.with = all
	return true
}

// split takes a list of exact values apart.
func split(n Node) ([]Node, bool) {
	switch n := n.(type) {
	case Text:
		return []Node{n}, true
	case Not:
		t, ok := n.Node.(Term)
		return []Node{n}, ok && t.Op == Present
	case Term:
		if n.Op != Exact && (n.Op != Like || isText(n)) {
			return nil, false
		}
		var atoms []Node
		for _, v := range n.Values {
			atom := n
			atom.Values = []Match{v}
			atoms = append(atoms, atom)
		}
		return atoms, true
	}
	return nil, false
}

// chips puts ticks together: one chip of wanted values, one of unwanted, one for
// unwanted absence.
func (t *ticks) chips() []Node {
	var chips []Node
	if with := anyOf(merge(t.with)); with != nil {
		chips = append(chips, with)
	}
	for _, n := range merge(t.without) {
		chips = append(chips, negate(n))
	}
	return chips
}

// merge makes one list of the single values of the same operator.
func merge(atoms []Node) []Node {
	var nodes []Node
	for _, a := range atoms {
		if t, ok := a.(Term); ok {
			nodes = addValue(nodes, t, t.Op, t.Values[0])
		} else {
			nodes = append(nodes, a)
		}
	}
	return nodes
}

func same(n Node) func(Node) bool { return func(m Node) bool { return reflect.DeepEqual(m, n) } }

func drop(list []Node, n Node) []Node { return slices.DeleteFunc(list, same(n)) }

func toggle(list []Node, n Node) []Node {
	if slices.ContainsFunc(list, same(n)) {
		return drop(list, n)
	}
	return append(list, n)
}
