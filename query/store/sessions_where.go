package store

import (
	"cmp"
	"fmt"
	"slices"
)

// whereSessions is the condition for the events of wanted sessions. Where the
// index is up to date it names their time as well, by which DuckDB passes over
// all that lies before and after.
func (db *DB) whereSessions(x *sessionIndex, wanted []bool, err error) (expr, error) {
	if err != nil {
		return expr{}, err
	}
	return db.whileAtWork(x, wanted, x.where(wanted)), nil
}

// whileAtWork adds to a condition the time of wanted sessions.
func (db *DB) whileAtWork(x *sessionIndex, wanted []bool, where expr) expr {
	if db.Totals().NoTime > 0 || !x.is(db.stateOfCase(), 0) {
		return where
	}
	list := x.times(wanted)
	if len(list) == 0 {
		return exprFalse
	}
	if t := db.Totals(); 2*spanned(list) > t.To.UnixMicro()-t.From.UnixMicro() {
		return where // there is little to pass over
	}
	var within []expr
	for _, s := range list {
		within = append(within, expr{"e.t BETWEEN ? AND ?", []any{s.from, s.to}})
	}
	return all(expr{sql: "e.t IS NOT NULL"}, expr{"e.t BETWEEN ? AND ?", []any{list[0].from, list[len(list)-1].to}}, any1(within...), where)
}

// fewTimes is how many stretches of time a condition names at most.
const fewTimes = 8

// A timeSpan is a stretch of time, µs UTC, both ends in it.
type timeSpan struct{ from, to int64 }

// times are stretches of time that hold all events of the wanted sessions, in
// order: few of them, parted where nothing happened for longest.
func (x *sessionIndex) times(wanted []bool) []timeSpan {
	var list []timeSpan
	for i, w := range wanted {
		if w {
			list = append(list, timeSpan{x.list[i].start, x.list[i].end})
		}
	}
	slices.SortFunc(list, func(a, b timeSpan) int { return cmp.Compare(a.from, b.from) })
	var gaps []int64
	out := list[:0]
	for _, s := range list {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		} else if n > 0 {
			gaps = append(gaps, s.from-out[n-1].to)
		}
		out = append(out, s)
	}
	if len(out) <= fewTimes {
		return out
	}
	slices.SortFunc(gaps, func(a, b int64) int { return cmp.Compare(b, a) })
	least := max(gaps[fewTimes-1]+1, 1) // what parts two of them
	list, out = out, out[:1]
	for _, s := range list[1:] {
		if last := &out[len(out)-1]; s.from-last.to < least {
			last.to = s.to
		} else {
			out = append(out, s)
		}
	}
	return out
}

// spanned is how long stretches of time are together, µs.
func spanned(list []timeSpan) (sum int64) {
	for _, s := range list {
		sum += s.to - s.from
	}
	return sum
}

// members is the condition for the events of all identities that have a part in
// some sessions: more than theirs, and told by one look at each.
func (x *sessionIndex) members(wanted []bool) expr {
	var who []uint32
	for i := range x.spans {
		if s := &x.spans[i]; wanted[s.session] && (len(who) == 0 || who[len(who)-1] != s.who) {
			who = append(who, s.who)
		}
	}
	return in("e.who", who, max(len(x.first), 2))
}

// where is the condition for the events of some sessions: identities that are
// in them with all they did, and pieces of the others.
func (x *sessionIndex) where(wanted []bool) expr {
	var whole []uint32
	var pieces []expr
	for i := 0; i < len(x.spans); {
		who := x.spans[i].who
		spans := x.of(who)
		i += len(spans)
		hits := 0
		for _, s := range spans {
			if wanted[s.session] {
				hits++
			}
		}
		switch hits {
		case 0:
		case len(spans):
			whole = append(whole, who)
		default:
			pieces = append(pieces, x.pieces(spans, wanted)...)
		}
	}
	return any1(append(pieces, in("e.who", whole, max(len(x.first), 2)))...)
}

// pieces are the conditions for wanted spans of one identity, neighbours in one.
func (x *sessionIndex) pieces(spans []whoSpan, wanted []bool) []expr {
	var out []expr
	for i := 0; i < len(spans); i++ {
		s := spans[i]
		if !wanted[s.session] {
			continue
		}
		for i+1 < len(spans) && s.byIP && s.from != noTime && wanted[spans[i+1].session] && spans[i+1].anchor == s.anchor && spans[i+1].ip == s.ip && spans[i+1].byIP {
			i++
			s.to = spans[i].to
		}
		out = append(out, s.expr())
	}
	return out
}

func (s whoSpan) expr() expr {
	e := expr{sql: fmt.Sprintf("e.who = %d AND e.anchor = %d", s.who, s.anchor)}
	switch {
	case s.byIP && s.to == noTime:
		e.sql += fmt.Sprintf(" AND e.ip = %d AND e.t IS NULL", s.ip)
	case s.byIP:
		e.sql += fmt.Sprintf(" AND e.ip = %d AND e.t BETWEEN %d AND %d", s.ip, s.from, s.to)
	case s.account != 0:
		e.sql += fmt.Sprintf(" AND e.account = %d", s.account)
	}
	return e
}
