package query

// A Filter is an immutable condition on events. Its zero value matches all.
type Filter struct{ root Node }

// All reports whether the filter matches every event.
func (f Filter) All() bool { return f.root == nil }

// Root returns the tree, nil for a filter that matches all. Printers of other
// languages (SQL) walk it.
func (f Filter) Root() Node { return f.root }

// A Node is And, Or, Not, Term or Text.
type Node interface{ node() }

type (
	// And holds when all of its nodes do; it has two or more.
	And []Node
	// Or holds when any of its nodes does; it has two or more.
	Or []Node
	// Not holds when its node does not.
	Not struct{ Node Node }
	// Term compares one field, or one path into the record, with values.
	Term struct {
		Field  string   // canonical field name; "" when Path is set
		Path   []string // path into the record, keys matched ignoring case
		Op     Op
		Values []Match // any of them; empty for Present
	}
	// Text is found anywhere in the record as logged, ignoring case.
	Text struct {
		Value  string
		Regex  bool // RE2; case counts unless (?i)
		Quoted bool
	}
)

func (And) node()  {}
func (Or) node()   {}
func (Not) node()  {}
func (Term) node() {}
func (Text) node() {}

// An Op compares.
type Op uint8

const (
	Like      Op = iota // ":"  equal ignoring case, wildcards, CIDR
	Exact               // "="
	Less                // "<"
	LessEq              // "<="
	Greater             // ">"
	GreaterEq           // ">="
	Range               // a..b, both ends in it, either open
	Present             // field:*
	Regex               // field:/re/
)

// Compares reports whether the operator asks for an order: a comparison or a
// range.
func (o Op) Compares() bool { return o >= Less && o <= Range }

// A Match is one value of a term as written.
type Match struct {
	Text   string // unescaped
	To     string // upper end of a Range; Text is the lower; "" is open
	Quoted bool   // wildcards are plain characters
}
