package query

// A Printer writes filters in another language; T is a piece of it, such as SQL
// text with its bound parameters. A second dialect is a second Printer.
//
// An event without a value for a field satisfies no Term on it; Not is plain
// two-valued negation, so Not of a Term holds for events without the field. A
// dialect with three-valued logic must make each Term yield false, not unknown.
type Printer[T any] interface {
	All() (T, error) // matches every event
	And([]T) (T, error)
	Or([]T) (T, error)
	Not(T) (T, error)
	Field(Term) (T, error) // a term on a field of the catalogue
	Path(Term) (T, error)  // a term on a path into the record; see Term.Probe
	Text(Text) (T, error)  // see Text.Probe
}

// Print writes a filter with a Printer, leaves first.
func Print[T any](f Filter, p Printer[T]) (T, error) {
	if f.root == nil {
		return p.All()
	}
	return printNode(f.root, p)
}

func printNode[T any](n Node, p Printer[T]) (T, error) {
	switch n := n.(type) {
	case And:
		return printList(n, p, p.And)
	case Or:
		return printList(n, p, p.Or)
	case Not:
		inner, err := printNode(n.Node, p)
		if err != nil {
			return inner, err
		}
		return p.Not(inner)
	case Text:
		return p.Text(n)
	}
	t := n.(Term)
	if len(t.Path) > 0 {
		return p.Path(t)
	}
	return p.Field(t)
}

func printList[T any](nodes []Node, p Printer[T], join func([]T) (T, error)) (T, error) {
	list := make([]T, len(nodes))
	for i, n := range nodes {
		var err error
		if list[i], err = printNode(n, p); err != nil {
			return list[i], err
		}
	}
	return join(list)
}
