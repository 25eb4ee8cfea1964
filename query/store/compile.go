package store

import (
	"context"
	"slices"
	"time"

	"spoor/query"
)

// A cond is a filter in SQL, over event_rows AS e. What only the records can
// tell (free text, paths) is unknown to SQL: such leaves are searched for and
// their hits handed in. Until then upper holds for every event that may match,
// lower for those that match whatever the records say.
type cond struct {
	exact, upper, lower expr // among the arguments of exact are leaves

	from *int64 // the page begins at this time, µs UTC; nil: at the beginning, or upper says where
}

// amongHits stands for the condition that an event is among what a leaf has found,
// in SQL that bindHits has not been through yet.
const amongHits = "spoor_hits(?)"

// Stand-ins for the lowest and highest number that a leaf has found.
type (
	lowest  struct{ *leaf }
	highest struct{ *leaf }
)

// leaves are the leaves that have to be searched for.
func (c cond) leaves() []*leaf {
	var list []*leaf
	for _, a := range c.exact.args {
		if l, ok := a.(*leaf); ok && !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return list
}

// open is the condition for events of which only the records can tell whether
// they match.
func (c cond) open() expr { return all(c.upper, c.lower.not()) }

func light(e expr) cond { return cond{exact: e, upper: e, lower: e} }

// A sqlPrinter prints filters for DuckDB.
type sqlPrinter struct {
	ctx   context.Context
	db    *DB
	clock query.Clock
}

// compile turns a filter into SQL.
func (db *DB) compile(ctx context.Context, f query.Filter) (cond, error) {
	return query.Print(f, sqlPrinter{ctx, db, db.clock()})
}

// clock gives relative times their meaning: last: counts back from the newest
// event of the case.
func (db *DB) clock() query.Clock {
	return query.Clock{Now: time.Now(), Newest: db.Totals().To, Zone: db.zone.Load()}
}

// All implements query.Printer.
func (sqlPrinter) All() (cond, error) { return light(exprTrue), nil }

// And implements query.Printer.
func (sqlPrinter) And(list []cond) (cond, error) { return joinConds(list, all), nil }

// Or implements query.Printer.
func (sqlPrinter) Or(list []cond) (cond, error) { return joinConds(list, any1), nil }

func joinConds(list []cond, join func(...expr) expr) cond {
	var out cond
	var exact, upper, lower []expr
	for _, c := range list {
		exact, upper, lower = append(exact, c.exact), append(upper, c.upper), append(lower, c.lower)
	}
	out.exact, out.upper, out.lower = join(exact...), join(upper...), join(lower...)
	return out
}

// Not implements query.Printer.
func (sqlPrinter) Not(c cond) (cond, error) {
	return cond{exact: c.exact.not(), upper: c.lower.not(), lower: c.upper.not()}, nil
}

// Field implements query.Printer.
func (p sqlPrinter) Field(t query.Term) (cond, error) {
	b, ok := p.db.fields[t.Field]
	if !ok {
		return light(exprFalse), nil // a field that nothing in this case fills
	}
	e, err := b.where(p.ctx, p.db, t, p.clock)
	return light(e), err
}

// Path implements query.Printer.
func (p sqlPrinter) Path(t query.Term) (cond, error) {
	if f, ok := whoPath(t); ok {
		e, err := f.where(p.ctx, p.db, t, p.clock)
		return light(e), err
	}
	return p.heavy(t)
}

// Text implements query.Printer.
func (p sqlPrinter) Text(t query.Text) (cond, error) { return p.heavy(t) }

func (p sqlPrinter) heavy(n query.Node) (cond, error) {
	l := p.db.leaf(n, p.clock)
	return cond{ // the bounds let DuckDB pass over row groups
		exact: expr{"e.seq BETWEEN ? AND ? AND " + amongHits, []any{lowest{l}, highest{l}, l}},
		upper: exprTrue, lower: exprFalse,
	}, nil
}
