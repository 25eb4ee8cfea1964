package integrity

import (
	"strings"
	"time"

	"spoor/loader/digest"
	"spoor/query"
)

// strips are the chains by the hour, what of them is in sight, and the cell
// under the cursor.
type strips struct {
	chains []digest.Chain
	list   []digest.Strip
	width  int // cells to draw in
	per    int // hours a cell stands for
	left   int // first hour in sight
	top    int // first strip in sight
	cur    int // strip
	hour   int // under the cursor
}

func (s *strips) set(chains []digest.Chain, list []digest.Strip) {
	s.chains, s.list = chains, list
	s.top, s.cur, s.hour, s.left, s.per = 0, 0, 0, 0, 0
	s.fit(s.width)
}

// hours is the length of the strips.
func (s *strips) hours() int {
	if len(s.list) == 0 {
		return 0
	}
	return len(s.list[0].Cells)
}

// whole is how many hours a cell stands for when all are in sight.
func (s *strips) whole() int {
	if s.width <= 0 {
		return 1
	}
	return max((s.hours()+s.width-1)/s.width, 1)
}

func (s *strips) fit(width int) {
	s.width = width
	if s.per == 0 || s.per > s.whole() {
		s.per = s.whole()
	}
	s.clamp()
}

// clamp keeps the cursor among the hours and in sight.
func (s *strips) clamp() {
	s.hour = max(0, min(s.hour, s.hours()-1))
	s.cur = max(0, min(s.cur, len(s.list)-1))
	span := max(s.width*s.per, 1)
	if s.hour < s.left {
		s.left = s.hour
	}
	if s.hour >= s.left+span {
		s.left = s.hour - span + s.per
	}
	s.left = max(0, min(s.left, s.hours()-span))
}

// move moves the cursor by cells.
func (s *strips) move(n int) {
	s.hour += n * max(s.per, 1)
	s.clamp()
}

// strip moves to another strip.
func (s *strips) strip(n int) {
	s.cur += n
	s.clamp()
}

// zoom shows fewer hours a cell, or more with a negative n.
func (s *strips) zoom(n int) {
	for ; n > 0 && s.per > 1; n-- {
		s.per = (s.per + 1) / 2
	}
	for ; n < 0; n++ {
		s.per = min(s.per*2, s.whole())
	}
	s.left = s.hour - s.width*s.per/2
	s.clamp()
}

// next moves to the next hour with trouble, or the one before, in any strip.
func (s *strips) next(step int) {
	n := s.hours() * len(s.list)
	for k, at := 0, s.cur*s.hours()+s.hour; k < n; k++ {
		at = (at + step + n) % n
		if s.list[at/s.hours()].Cells[at%s.hours()].State > digest.Proven {
			s.cur, s.hour = at/s.hours(), at%s.hours()
			break
		}
	}
	s.clamp()
}

// seek moves to the hour of a time in a chain, or in the first chain of an
// account and region.
func (s *strips) seek(chain int, account, region string, at time.Time) {
	for i, st := range s.list {
		ch := s.chains[st.Chain]
		if st.Chain != chain && (chain >= 0 || ch.Account != account || ch.Region != region) {
			continue
		}
		s.cur = i
		if !at.IsZero() {
			phase := ch.From.Sub(ch.From.Truncate(time.Hour))
			s.hour = int(at.Add(-phase).Truncate(time.Hour).Sub(st.Start) / time.Hour)
		}
		break
	}
	s.clamp()
}

// click moves to what is at x, y of the drawn cells.
func (s *strips) click(x, y int) {
	if x < 0 || y < 0 || y >= s.shown(len(s.list)) {
		return
	}
	s.cur, s.hour = s.top+y, s.left+x*s.per
	s.clamp()
}

// shown is how many strips n lines can show; it scrolls to the current one.
func (s *strips) shown(n int) int {
	n = min(n, len(s.list))
	if s.cur < s.top {
		s.top = s.cur
	}
	if s.cur >= s.top+n {
		s.top = s.cur - n + 1
	}
	s.top = max(0, min(s.top, len(s.list)-n))
	return n
}

// cell is the state of column x of a strip: the worst of its hours.
func (s *strips) cell(strip, x int) (state digest.State, ok bool) {
	from := s.left + x*s.per
	for i := from; i < from+s.per && i < s.hours(); i++ {
		state, ok = max(state, s.list[strip].Cells[i].State), true
	}
	return state, ok
}

// under sums up the hours under the cursor.
func (s *strips) under() (from, to time.Time, sum digest.Cell) {
	if len(s.list) == 0 {
		return from, to, sum
	}
	st := s.list[s.cur]
	first := s.left + (s.hour-s.left)/s.per*s.per
	last := min(first+s.per, len(st.Cells))
	for _, c := range st.Cells[first:last] {
		sum.State = max(sum.State, c.State)
		sum.Logs += c.Logs
		sum.Bad += c.Bad
	}
	return st.Start.Add(time.Duration(first) * time.Hour), st.Start.Add(time.Duration(last) * time.Hour), sum
}

// label names a strip.
func label(ch digest.Chain, names query.Accounts) string {
	parts := []string{names.Label(ch.Account), ch.Region, ch.Trail}
	if ch.Backfill {
		parts = append(parts, "backfill")
	}
	return strings.Join(parts, " ")
}
