package store

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// An expr is a piece of SQL with the values of its parameters. Text of users and
// logs is only ever a parameter; numbers that this program made may be written
// out.
type expr struct {
	sql  string
	args []any
}

var (
	exprTrue  = expr{sql: "true"}
	exprFalse = expr{sql: "false"}
)

func (e expr) not() expr {
	switch e.sql {
	case "true":
		return exprFalse
	case "false":
		return exprTrue
	}
	return expr{"NOT (" + e.sql + ")", e.args}
}

// all and any join conditions. Constants are folded, so that the planner sees
// only what matters.
func all(list ...expr) expr  { return joined(list, " AND ", "true", "false") }
func any1(list ...expr) expr { return joined(list, " OR ", "false", "true") }

func joined(list []expr, op, neutral, final string) expr {
	var parts []string
	var args []any
	for _, e := range list {
		switch e.sql {
		case neutral:
			continue
		case final:
			return expr{sql: final}
		}
		parts = append(parts, "("+e.sql+")")
		args = append(args, e.args...)
	}
	if len(parts) == 0 {
		return expr{sql: neutral}
	}
	return expr{strings.Join(parts, op), args}
}

// fewIDs is up to where a list of numbers is written out. DuckDB makes a join of
// a longer IN, after which it can no longer stop at the first rows of a page.
const fewIDs = 4

// in is the condition that a column holds one of some numbers below n, none of
// them 0, which stands for absent. Numbers from n on are never in: they belong
// to texts that came after ids were found. Many numbers become a string of bits,
// one look-up an event however many there are (measured at 10M events: page 0.8
// instead of 79 ms, 8 facets 52 instead of 74).
func in(col string, ids []uint32, n int) expr {
	switch {
	case len(ids) == 0:
		return exprFalse
	case len(ids) == 1:
		return expr{sql: col + " = " + strconv.Itoa(int(ids[0]))}
	case len(ids) == n-1:
		return expr{sql: fmt.Sprintf("%s BETWEEN 1 AND %d", col, n-1)}
	case len(ids) <= fewIDs:
		return expr{sql: inList(col, "IN", ids)}
	}
	bits := bytes.Repeat([]byte("0"), n)
	for _, id := range ids {
		bits[id] = '1'
	}
	return expr{fmt.Sprintf("CASE WHEN %s < %d THEN get_bit(?::BIT, %s::INTEGER) = 1 ELSE false END", col, n, col), []any{string(bits)}}
}

// inList writes IN or NOT IN.
func inList[T uint32 | uint64](col, op string, ids []T) string {
	b := make([]byte, 0, len(col)+len(op)+8*len(ids))
	b = append(b, col+" "+op+" ("...)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(id), 10)
	}
	return string(append(b, ')'))
}
