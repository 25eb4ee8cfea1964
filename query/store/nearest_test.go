package store

import (
	"errors"
	"testing"
	"time"

	"spoor/query"
)

// A page is looked for near its start first, and further away only when that
// is not enough.
func TestNearest(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	totals := query.Totals{Events: manyEvents, From: from, To: from.Add(32 * time.Hour)}
	costly := expr{sql: "get_bit(?::BIT, e.who) = 1"}
	at := func(h int) int64 { return from.Add(time.Duration(h) * time.Hour).UnixMicro() }
	gone := errors.New("gone")
	for _, c := range []struct {
		name  string
		where expr
		s     stretch
		desc  bool
		have  []int // rows found by each try
		asked []any // the bound of each, nil for all
	}{
		{"newest, enough", costly, stretch{timed: true}, true, []int{5}, []any{at(31)}},
		{"newest, enough further back", costly, stretch{timed: true}, true, []int{4, 5}, []any{at(31), at(24)}},
		{"newest, nowhere enough", costly, stretch{timed: true}, true, []int{0, 4, 4}, []any{at(31), at(24), nil}},
		{"oldest", costly, stretch{timed: true}, false, []int{5}, []any{at(1)}},
		{"from a row on", costly, stretch{timed: true, from: &query.Cursor{Time: at(16)}}, true, []int{0, 5}, []any{at(15) + 30*60_000_000, at(12)}},
		{"cheap", expr{sql: "e.who = 1"}, stretch{timed: true}, true, []int{2}, []any{nil}},
		{"without time", costly, stretch{}, true, []int{2}, []any{nil}},
		{"an error ends it", costly, stretch{timed: true}, true, []int{-1}, []any{at(31)}},
	} {
		var asked []any
		rows, err := near(totals, c.where, c.s, c.desc, 5, func(near expr, n int) ([]int, error) {
			have := c.have[len(asked)]
			asked = append(asked, append(near.args, nil)[0])
			if have < 0 {
				return nil, gone
			}
			return make([]int, have), nil
		})
		last := c.have[len(c.have)-1]
		if len(asked) != len(c.asked) || len(rows) != max(last, 0) || (err != nil) != (last < 0) {
			t.Errorf("%s: %d tries, %d rows, %v", c.name, len(asked), len(rows), err)
			continue
		}
		for i := range asked {
			if asked[i] != c.asked[i] {
				t.Errorf("%s: try %d is bounded by %v, want %v", c.name, i, asked[i], c.asked[i])
			}
		}
	}
}
