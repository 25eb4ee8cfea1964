package query

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Question is a saved query made ready: parsed, checked, and with the columns
// that its rule reads.
type Question struct {
	Saved   Saved
	filter  Filter // with the period; variables still open
	needs   []Filter
	where   []condition
	within  time.Duration
	steps   []condition
	history Filter // of first_seen; unused when it is the query's own filter
	grace   time.Duration
	always  *condition
	except  Filter
	sources []Filter // of the variables; the zero one is asked for
	columns []string // that the rule reads, canonical
}

// Question checks a saved query and makes it ready. The error names the query.
func (s Saved) Question() (*Question, error) {
	q := &Question{Saved: s}
	if err := q.prepare(); err != nil {
		return nil, fmt.Errorf("query %s: %w", s.ID, err)
	}
	return q, nil
}

// Filter is the filter of the events that the question looks through, its
// variables still open.
func (q *Question) Filter() Filter { return q.filter }

// ReadsRecords reports whether fields alone can't answer the question: it takes
// longer then.
func (q *Question) ReadsRecords() bool {
	for _, f := range append(append([]Filter{q.filter, q.history, q.except}, q.sources...), q.needs...) {
		if _, fieldsOnly := f.fields(); f.root != nil && !fieldsOnly {
			return true
		}
	}
	return slices.ContainsFunc(q.columns, func(name string) bool {
		_, path, err := ColumnPath(name)
		return err == nil && path != nil
	})
}

func (q *Question) prepare() error {
	s := &q.Saved
	if err := s.check(); err != nil {
		return err
	}
	if s.Since != "" && s.Until != "" {
		if _, err := Parse("time:" + s.Since + ".." + s.Until); err != nil {
			return fmt.Errorf("time: %w", err)
		}
	}
	f, err := parsePart("filter", s.Filter)
	if err != nil {
		return err
	}
	q.filter = f.And(stretch(s.Since, s.Until))
	for _, c := range s.Columns {
		if _, _, err := ColumnPath(c); err != nil {
			return fmt.Errorf("columns: %w", err)
		}
	}
	for _, n := range s.Needs {
		need, err := parsePart("needs", n)
		if err != nil {
			return err
		}
		q.needs = append(q.needs, need)
	}
	for _, w := range s.Where {
		c, err := parseCondition("where", w)
		if err != nil {
			return err
		}
		q.where = append(q.where, c)
		q.column(c.columns...)
	}
	return errors.Join(q.prepareVariables(), q.prepareCount(), q.prepareSequence(), q.prepareFirstSeen(), q.prepareExcept(), q.checkColumns())
}

func parsePart(part, text string) (Filter, error) {
	f, err := Parse(text)
	if err != nil {
		return f, fmt.Errorf("%s: %w", part, err)
	}
	return f, nil
}

// column adds columns to those that the rule reads.
func (q *Question) column(names ...string) {
	for _, n := range names {
		if n != "" && !slices.Contains(q.columns, n) {
			q.columns = append(q.columns, n)
		}
	}
}

func (q *Question) checkColumns() error {
	for _, c := range q.columns {
		if _, _, err := ColumnPath(c); err != nil {
			return fmt.Errorf("column: %w", err)
		}
	}
	return nil
}

func (q *Question) prepareVariables() error {
	known := map[string]bool{}
	for _, v := range q.Saved.Variables {
		if !savedID.MatchString(v.Name) || v.Prompt == "" {
			return fmt.Errorf("variable %q: want a name of letters and a prompt", v.Name)
		}
		f, err := parsePart("variable "+v.Name, v.Filter)
		if err != nil {
			return err
		}
		if (v.Filter == "") != (len(v.Columns) == 0) {
			return fmt.Errorf("variable %s: filter and columns go together", v.Name)
		}
		for _, c := range v.Columns {
			if _, _, err := ColumnPath(c); err != nil {
				return fmt.Errorf("variable %s: %w", v.Name, err)
			}
		}
		known[v.Name] = true
		q.sources = append(q.sources, f)
	}
	for _, name := range q.filter.variables() {
		if !known[name] {
			return fmt.Errorf("filter: the variable $%s is not declared", name)
		}
	}
	return nil
}

func (q *Question) prepareCount() (err error) {
	c := q.Saved.Count
	if c == nil {
		return nil
	}
	if len(c.By) == 0 || c.AtLeast < 0 {
		return errors.New("count: want by, and at_least not below 0")
	}
	if q.within, err = span(c.Within); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	if f, ok := Lookup(c.Sum); c.Sum != "" && (!ok || f.Kind != KindNumber) {
		return fmt.Errorf("count: %s can't be added up", c.Sum)
	}
	q.column(c.By...)
	q.column(c.Distinct...)
	q.column(c.Sum)
	return nil
}

func (q *Question) prepareSequence() (err error) {
	s := q.Saved.Sequence
	if s == nil {
		return nil
	}
	if len(s.By) == 0 || len(s.Steps) < 2 || len(s.Steps) > 64 {
		return errors.New("sequence: want by, and 2 to 64 steps")
	}
	if q.within, err = span(s.Within); err != nil || q.within == 0 {
		return errors.Join(errors.New("sequence: want a span within"), err)
	}
	q.column(s.By...)
	for _, step := range s.Steps {
		if step.Times < 0 {
			return errors.New("sequence: times is below 0")
		}
		c, err := parseCondition("sequence", step.Filter)
		if err != nil {
			return err
		}
		q.steps = append(q.steps, c)
		q.column(c.columns...)
	}
	return nil
}

func (q *Question) prepareFirstSeen() (err error) {
	r := q.Saved.FirstSeen
	if r == nil {
		return nil
	}
	if len(r.Values) == 0 || r.Per == "" {
		return errors.New("first_seen: want values and per")
	}
	if r.History != "" && r.History != "*" {
		if q.history, err = parsePart("first_seen", r.History); err != nil {
			return err
		}
	}
	if q.grace, err = span(r.Grace); err != nil {
		return fmt.Errorf("first_seen: %w", err)
	}
	q.column(r.Per)
	q.column(r.Values...)
	if r.Always != "" {
		c, err := parseCondition("first_seen", r.Always)
		if err != nil {
			return err
		}
		q.always = &c
		q.column(c.columns...)
	}
	return nil
}

func (q *Question) prepareExcept() (err error) {
	e := q.Saved.Except
	if e == nil {
		return nil
	}
	if len(e.Columns) == 0 || len(e.Columns) != len(e.Match) {
		return errors.New("except: columns and match must pair up")
	}
	if q.except, err = parsePart("except", e.Filter); err != nil {
		return err
	}
	for _, c := range e.Columns {
		if _, _, err := ColumnPath(c); err != nil {
			return fmt.Errorf("except: %w", err)
		}
	}
	q.column(e.Match...)
	return nil
}

// A condition decides on a row of columns: a predicate or a filter on fields.
type condition struct {
	filter  *Filter // nil for a predicate
	columns []string
	holds   func(columnRow) bool
}

// parseCondition reads name(column, …) or a filter on fields.
func parseCondition(part, text string) (condition, error) {
	if name, rest, ok := strings.Cut(text, "("); ok && strings.HasSuffix(rest, ")") && predicates[name].holds != nil {
		return predicateCall(part, name, strings.TrimSuffix(rest, ")"))
	}
	f, err := parsePart(part, text)
	if err != nil {
		return condition{}, err
	}
	fields, ok := f.fields()
	if !ok || f.All() {
		return condition{}, fmt.Errorf("%s: %q must be about fields only, or a predicate: %s", part, text, predicateNames())
	}
	m := f.Matcher(Clock{})
	return condition{&f, fields, func(r columnRow) bool { return m.Match(r) }}, nil
}

func predicateCall(part, name, args string) (condition, error) {
	c := condition{}
	for a := range strings.SplitSeq(args, ",") {
		c.columns = append(c.columns, strings.TrimSpace(a))
	}
	p := predicates[name]
	if len(c.columns) != p.args {
		return c, fmt.Errorf("%s: %s takes %d columns", part, name, p.args)
	}
	c.holds = func(r columnRow) bool {
		values := make([]Value, len(c.columns))
		for i, col := range c.columns {
			values[i] = r.value(col)
		}
		return p.holds(values)
	}
	return c, nil
}

// A columnRow is a row with the names of its columns.
type columnRow struct {
	columns []string
	row     Row
}

func (r columnRow) value(column string) Value {
	if i := slices.Index(r.columns, column); i >= 0 && i < len(r.row.Values) {
		return r.row.Values[i]
	}
	return Value{Null: true}
}

// Values implements Subject.
func (r columnRow) Values(field string) []Value { return []Value{r.value(field)} }

// Record implements Subject; conditions on rows are about fields only.
func (r columnRow) Record() string { return "" }

// key joins the values of some columns into one that is equal only for equal
// values.
func (r columnRow) key(columns []string) string {
	var b strings.Builder
	for _, c := range columns {
		if v := r.value(c); v.Null {
			b.WriteByte('-')
		} else {
			fmt.Fprintf(&b, "%d:%s", len(v.Text), v.Text)
		}
	}
	return b.String()
}

// fields lists the catalogue fields of a filter; ok is false when it also needs
// the record.
func (f Filter) fields() (names []string, ok bool) {
	ok = true
	walk(f.root, func(n Node) {
		switch n := n.(type) {
		case Text:
			ok = false
		case Term:
			ok = ok && len(n.Path) == 0
			if !slices.Contains(names, n.Field) {
				names = append(names, n.Field)
			}
		}
	})
	return names, ok
}

// walk visits a node and all below.
func walk(n Node, visit func(Node)) {
	visit(n)
	switch n := n.(type) {
	case And:
		for _, m := range n {
			walk(m, visit)
		}
	case Or:
		for _, m := range n {
			walk(m, visit)
		}
	case Not:
		walk(n.Node, visit)
	}
}
