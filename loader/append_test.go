package loader

import (
	"testing"
	"time"
)

// When to commit, by what has been staged and how long ago the last commit was.
func TestCommitsWhereAGroupOfRowsIsFull(t *testing.T) {
	t.Parallel()
	const pause = time.Hour
	for name, c := range map[string]struct {
		tail, rows int
		waited     time.Duration
		want       bool
	}{
		"nothing staged":                        {0, 0, 2 * pause, false},
		"too soon":                              {0, 1000, pause / 2, false},
		"a small lot":                           {0, 1000, 2 * pause, true},
		"that fills the group of others":        {rowGroup - 2000, 1000, 2 * pause, true},
		"that goes beyond it":                   {rowGroup - 2000, 3000, 2 * pause, false},
		"and has waited long enough":            {rowGroup - 2000, 3000, 4 * pause, true},
		"in the middle of a group of its own":   {0, rowGroup + rowGroup/2, 2 * pause, false},
		"at the end of one":                     {0, 2*rowGroup - 1000, 2 * pause, true},
		"at the end of one, others before it":   {rowGroup - 2000, 2*rowGroup - 1000, 2 * pause, true},
		"as much as a lot may hold":             {0, commitRows, pause / 2, true},
		"in the middle, and waited long enough": {0, rowGroup + rowGroup/2, 4 * pause, true},
	} {
		a := &appender{staged: c.rows > 0, tail: c.tail, rows: c.rows, pause: pause, last: time.Now().Add(-c.waited)}
		if got := a.due(); got != c.want {
			t.Errorf("%s: due is %v", name, got)
		}
	}
}
