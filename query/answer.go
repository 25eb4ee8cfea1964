package query

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// A Case is what a question needs of a case. A store provides it; yield may
// return an error, which ends the walk and comes back.
type Case interface {
	// Count counts the matching events.
	Count(ctx context.Context, f Filter) (Count, error)
	// Walk walks matching events, oldest first. A row holds until yield returns.
	Walk(ctx context.Context, w Walk, yield func(Row) error) error
	// Groups walks the different values of the columns among the matching events,
	// absent ones too. sum is a field to add up, "" for none.
	Groups(ctx context.Context, f Filter, by []string, sum string, yield func(Group) error) error
}

// A Walk asks for the events of a filter with some columns: all of them, but for
// those that a hint says the asker has no use for. A case need not heed hints.
type Walk struct {
	Filter  Filter
	Columns []string
	Dense   *Dense
	Firsts  *Firsts
}

// Dense is a hint: an event is of use only if, in some span of Within around it,
// there are AtLeast events with its values of By, or where Distinct is set, with
// so many different values of that.
type Dense struct {
	By, Distinct []string
	Within       time.Duration
	AtLeast      int64
}

// Firsts is a hint: an event is of use only if it is the first of those with a
// time that have its values of Per and of one of Values, or if it matches Always.
type Firsts struct {
	Per    string
	Values []string
	Always *Filter
}

// A Group is events with the same values of some columns.
type Group struct {
	Key         []Value
	N           int64
	Sum         int64
	First, Last int64 // times, µs UTC; noTime when none has one
}

// noTime is cloudtrail.NoTime: a Row without a usable time.
const noTime = -1 << 63

// A Status says what an answer is worth.
type Status uint8

const (
	Answered    Status = iota // N is the answer, 0 means none
	NotRecorded               // nothing found, and the case lacks what the question is about
	Asks                      // a variable has no value
)

// An Answer is what a case says to a question.
type Answer struct {
	Status   Status
	Lacks    Filter    // NotRecorded: what no event of the case matches
	Missing  *Variable // Asks: the variable to ask for
	Rule     bool      // the question has a rule: N counts findings, not events
	N        int64     // events, or findings of a rule
	Findings []Finding // of a rule, the weightiest first, at most MaxFindings
	Filter   Filter    // the events in question: all that were looked through
}

// MaxFindings is how many findings an answer keeps; N counts all.
const MaxFindings = 1000

// A Finding is one hit of a rule: events that together mean something.
type Finding struct {
	Columns     []string // what the events have in common
	Key         []Value  // their values
	N           int64    // events
	Distinct    int64    // different values, for a rule that counts them
	Sum         int64
	First, Last int64  // times, µs UTC, or noTime
	What        string // the value that is new, for a first_seen rule
	Filter      Filter // opens the events
}

// Answer puts the question to a case. Values are those of variables, by name;
// those missing are looked for in the case. An error is the case's or ctx's.
func (q *Question) Answer(ctx context.Context, c Case, values map[string]string) (Answer, error) {
	var a Answer
	bound, missing, err := q.variables(ctx, c, values)
	if err != nil {
		return a, err
	}
	if missing != nil {
		return Answer{Status: Asks, Missing: missing}, nil
	}
	a.Filter = q.filter.bind(bound)
	if err := q.run(ctx, c, &a); err != nil || a.N > 0 {
		return a, err
	}
	for _, need := range q.needs {
		n, err := c.Count(ctx, need)
		if err != nil {
			return a, err
		}
		if n.N == 0 {
			a.Status, a.Lacks = NotRecorded, need
			break
		}
	}
	return a, nil
}

// variables gives every variable its values; missing is the first without.
func (q *Question) variables(ctx context.Context, c Case, given map[string]string) (bound map[string][]string, missing *Variable, err error) {
	bound = make(map[string][]string)
	for i, v := range q.Saved.Variables {
		if s, ok := given[v.Name]; ok && s != "" {
			bound[v.Name] = []string{s}
			continue
		}
		if v.Filter != "" {
			if bound[v.Name], err = discover(ctx, c, q.sources[i], v.Columns); err != nil {
				return nil, nil, err
			}
		}
		if len(bound[v.Name]) == 0 {
			bound[v.Name] = v.Default
		}
		if len(bound[v.Name]) == 0 {
			return nil, &q.Saved.Variables[i], nil
		}
	}
	return bound, nil, nil
}

// discover lists the different values of the columns, sorted.
func discover(ctx context.Context, c Case, f Filter, columns []string) ([]string, error) {
	var found []string
	for _, col := range columns {
		err := c.Groups(ctx, f, []string{col}, "", func(g Group) error {
			if v := g.Key[0]; !v.Null && v.Text != "" && !slices.Contains(found, v.Text) {
				found = append(found, v.Text)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(found) // groups come in any order
	return found, nil
}

// run picks the way to answer.
func (q *Question) run(ctx context.Context, c Case, a *Answer) error {
	count := q.Saved.Count
	a.Rule = count != nil || q.steps != nil || q.Saved.FirstSeen != nil || q.where != nil || q.Saved.Except != nil
	if !a.Rule {
		n, err := c.Count(ctx, a.Filter)
		a.N = n.N
		return err
	}
	drop, err := q.exceptions(ctx, c)
	if err != nil {
		return err
	}
	if count != nil && q.within == 0 && len(count.Distinct) == 0 && q.byOnly() {
		return q.countGroups(ctx, c, a, drop)
	}
	r, err := q.rule(ctx, c, a.Filter)
	if err != nil {
		return err
	}
	w := q.walk(a.Filter)
	err = c.Walk(ctx, w, func(row Row) error {
		if cr := (columnRow{w.Columns, row}); q.wanted(cr) && !drop(cr) {
			r.add(cr)
		}
		return nil
	})
	if err != nil {
		return err
	}
	q.keep(a, r.end())
	return nil
}

// walk is what the rule has to see. Where conditions drop events that are the
// first of their kind, a later one may count.
func (q *Question) walk(f Filter) Walk {
	w := Walk{Filter: f, Columns: q.rowColumns()}
	switch s := q.Saved; {
	case s.Count != nil && q.within > 0 && s.Count.AtLeast > 1:
		w.Dense = &Dense{By: s.Count.By, Distinct: s.Count.Distinct, Within: q.within, AtLeast: s.Count.AtLeast}
	case s.FirstSeen != nil && len(q.where) == 0 && s.Except == nil:
		w.Firsts = &Firsts{Per: s.FirstSeen.Per, Values: s.FirstSeen.Values}
		if q.always != nil {
			w.Firsts.Always = q.always.filter
		}
		if q.always != nil && q.always.filter == nil { // a predicate, which no case can tell
			w.Firsts = nil
		}
	}
	return w
}

// rowColumns are the columns of the walk: the rule's, and the id, by which a
// single event is opened.
func (q *Question) rowColumns() []string {
	if slices.Contains(q.columns, "id") {
		return q.columns
	}
	return append(slices.Clone(q.columns), "id")
}

// byOnly reports whether the conditions only look at what is grouped by.
func (q *Question) byOnly() bool {
	for _, w := range q.where {
		for _, col := range w.columns {
			if !slices.Contains(q.Saved.Count.By, col) {
				return false
			}
		}
	}
	return q.Saved.Except == nil || !slices.ContainsFunc(q.Saved.Except.Match, func(col string) bool { return !slices.Contains(q.Saved.Count.By, col) })
}

// wanted applies the where list.
func (q *Question) wanted(r columnRow) bool {
	return len(q.where) == 0 || slices.ContainsFunc(q.where, func(c condition) bool { return c.holds(r) })
}

// countGroups answers a count over the whole case from groups alone.
func (q *Question) countGroups(ctx context.Context, c Case, a *Answer, drop func(columnRow) bool) error {
	rule := q.Saved.Count
	var found []Finding
	err := c.Groups(ctx, a.Filter, rule.By, rule.Sum, func(g Group) error {
		if r := (columnRow{rule.By, Row{Values: g.Key}}); g.N >= rule.atLeast() && q.wanted(r) && !drop(r) {
			found = append(found, Finding{Columns: rule.By, Key: g.Key, N: g.N, Sum: g.Sum, First: g.First, Last: g.Last})
		}
		return nil
	})
	q.keep(a, found)
	return err
}

// exceptions returns the test for rows that the except rule drops.
func (q *Question) exceptions(ctx context.Context, c Case) (func(columnRow) bool, error) {
	e := q.Saved.Except
	if e == nil {
		return func(columnRow) bool { return false }, nil
	}
	known := make(map[string]bool)
	err := c.Groups(ctx, q.except, e.Columns, "", func(g Group) error {
		known[columnRow{e.Columns, Row{Values: g.Key}}.key(e.Columns)] = true
		return nil
	})
	return func(r columnRow) bool { return known[r.key(e.Match)] }, err
}

// A rule takes rows in the order of time and ends with its findings.
type rule interface {
	add(columnRow)
	end() []Finding
}

func (q *Question) rule(ctx context.Context, c Case, own Filter) (rule, error) {
	switch s := q.Saved; {
	case s.Count != nil:
		return newCounting(*s.Count, q.within), nil
	case s.Sequence != nil:
		return newSequencing(*s.Sequence, q.steps, q.within), nil
	case s.FirstSeen != nil:
		first, err := q.firsts(ctx, c, own)
		return &novelty{rule: *s.FirstSeen, grace: q.grace, always: q.always, first: first, found: map[sight]bool{}}, err
	}
	return &single{}, nil
}

// single makes every row a finding.
type single struct{ found []Finding }

func (s *single) add(r columnRow) { s.found = append(s.found, oneEvent(r)) }
func (s *single) end() []Finding  { return s.found }

// oneEvent is the finding of a single event.
func oneEvent(r columnRow) Finding {
	return Finding{Columns: []string{"id"}, Key: []Value{r.value("id")}, N: 1, First: r.row.Time, Last: r.row.Time}
}

// keep sorts findings by weight and gives each the filter that opens its events.
func (q *Question) keep(a *Answer, found []Finding) {
	slices.SortStableFunc(found, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(y.Sum, x.Sum), cmp.Compare(y.Distinct, x.Distinct), cmp.Compare(y.N, x.N), cmp.Compare(x.First, y.First))
	})
	a.N = int64(len(found))
	a.Findings = found[:min(len(found), MaxFindings)]
	for i := range a.Findings {
		a.Findings[i].open(a.Filter)
	}
}

// open sets the filter of a finding: the question's, the values in common, and
// the time between its first and last event.
func (f *Finding) open(base Filter) {
	for i, col := range f.Columns {
		if is, err := Is(col, f.Key[i]); err == nil {
			base = base.And(is)
		}
	}
	f.Filter = base.And(Within(f.First, f.Last))
}
