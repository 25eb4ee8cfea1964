package query

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// A Clock gives relative times their meaning. Filters keep them relative, so
// that a saved "last:2h" stays right; they are resolved when a question is put.
type Clock struct {
	Now    time.Time      // for ago:, today, yesterday
	Newest time.Time      // newest event of the case, for last:; zero when it has none
	Zone   *time.Location // of dates and of times without a zone; nil is UTC
}

// wantTime is what an error says was expected of a time.
const wantTime = "a time such as 2024-05-01, 2024-05-01T10:00:00Z, yesterday, last:2h or ago:2h"

// A moment is a parsed time expression.
type moment struct {
	form momentForm
	at   time.Time     // formZoned; formLocal: the wall clock, in UTC
	step time.Duration // how long the written precision lasts: a second, a minute; 0 for a day
	back time.Duration // formLast, formAgo
}

type momentForm uint8

const (
	formZoned momentForm = iota // with a zone
	formLocal                   // without: in the zone of the clock
	formLast                    // back from the newest event
	formAgo                     // back from now
	formNow
	formToday
	formYesterday
)

// layouts are tried in order. A fraction after the seconds is read by all that
// have seconds (package time does so).
var layouts = []struct {
	layout string
	zoned  bool
	step   time.Duration
}{
	{"2006-01-02T15:04:05Z07:00", true, time.Second},
	{"2006-01-02T15:04Z07:00", true, time.Minute},
	{"2006-01-02T15:04:05", false, time.Second},
	{"2006-01-02T15:04", false, time.Minute},
	{"2006-01-02", false, 0},
}

// parseMoment reads a time expression.
func parseMoment(text string) (moment, error) {
	switch low := strings.ToLower(text); {
	case low == "now":
		return moment{form: formNow}, nil
	case low == "today":
		return moment{form: formToday}, nil
	case low == "yesterday":
		return moment{form: formYesterday}, nil
	case strings.HasPrefix(low, "last:"):
		d, err := parseSpan(low[len("last:"):])
		return moment{form: formLast, back: d}, err
	case strings.HasPrefix(low, "ago:"):
		d, err := parseSpan(low[len("ago:"):])
		return moment{form: formAgo, back: d}, err
	}
	up := strings.Replace(strings.ToUpper(text), " ", "T", 1)
	for _, l := range layouts {
		t, err := time.Parse(l.layout, up)
		if err != nil {
			continue
		}
		if y := t.Year(); y < 1 || y > 9999 {
			return moment{}, fmt.Errorf("year %d is out of range", y)
		}
		m := moment{form: formLocal, at: t, step: fraction(up, l.step)}
		if l.zoned {
			m.form = formZoned
		}
		return m, nil
	}
	return moment{}, fmt.Errorf("%q is not a time", text)
}

// fraction narrows a step to the digits written after the seconds, a
// microsecond at the finest.
func fraction(text string, step time.Duration) time.Duration {
	i := strings.LastIndexByte(text, '.')
	if i < 0 || step != time.Second {
		return step
	}
	for i++; i < len(text) && text[i] >= '0' && text[i] <= '9' && step > time.Microsecond; i++ {
		step /= 10
	}
	return step
}

// units of a time span.
var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// longest is the longest span back that is taken: a century.
const longest = 100 * 366 * 24 * time.Hour

// parseSpan reads a span of time such as 2h, 7d or 1h30m: whole numbers of
// weeks, days (24 hours), hours, minutes and seconds.
func parseSpan(text string) (time.Duration, error) {
	var total time.Duration
	rest := text
	for rest != "" {
		n, i := time.Duration(0), 0
		for ; i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; i++ {
			if n = n*10 + time.Duration(rest[i]-'0'); n > longest {
				return 0, fmt.Errorf("%q is longer than a century", text)
			}
		}
		if i == 0 || i == len(rest) || units[rest[i]] == 0 {
			return 0, fmt.Errorf("%q is not a span of time such as 2h, 7d or 1h30m", text)
		}
		if u := units[rest[i]]; n > longest/u || total > longest-n*u {
			return 0, fmt.Errorf("%q is longer than a century", text)
		} else {
			total += n * u
		}
		rest = rest[i+1:]
	}
	if total == 0 {
		return 0, errors.New("the span is empty")
	}
	return total, nil
}

// span resolves a moment to the µs it covers, both included. A relative time is
// a point when point is set (an end of a range, a comparison), else it reaches
// from there to what it counts back from. ok is false when it can't be known.
func (m moment) span(c Clock, point bool) (from, to int64, ok bool) {
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	switch m.form {
	case formZoned:
		return m.at.UnixMicro(), m.at.Add(m.step).UnixMicro() - 1, true
	case formLocal:
		y, mo, d := m.at.Date()
		at := time.Date(y, mo, d, m.at.Hour(), m.at.Minute(), m.at.Second(), m.at.Nanosecond(), zone)
		if m.step > 0 {
			return at.UnixMicro(), at.Add(m.step).UnixMicro() - 1, true
		}
		return day(y, mo, d, zone)
	case formToday, formYesterday:
		y, mo, d := c.Now.In(zone).Date()
		if m.form == formYesterday {
			d--
		}
		return day(y, mo, d, zone)
	case formNow:
		return c.Now.UnixMicro(), c.Now.UnixMicro(), true
	}
	end := c.Now
	if m.form == formLast {
		end = c.Newest
	}
	if end.IsZero() {
		return 0, 0, false
	}
	from, to = end.Add(-m.back).UnixMicro(), end.UnixMicro()
	if point {
		to = from
	}
	return from, to, true
}

// day gives the µs of a day in a zone; where the clock is put forward or back,
// it has 23 or 25 hours.
func day(y int, m time.Month, d int, zone *time.Location) (from, to int64, ok bool) {
	return time.Date(y, m, d, 0, 0, 0, 0, zone).UnixMicro(), time.Date(y, m, d+1, 0, 0, 0, 0, zone).UnixMicro() - 1, true
}

// A Bound is a range of whole numbers, both ends in it: µs since 1970 UTC for
// times.
type Bound struct{ From, To int64 }

// every is the bound of all numbers. MinInt64 is cloudtrail.NoTime.
var every = Bound{math.MinInt64 + 1, math.MaxInt64}

func (b Bound) has(n int64) bool { return b.From <= n && n <= b.To }

// Bounds resolves a term on a field of times or numbers to the ranges in which
// the value must lie: in any of them. No range at all means that nothing matches,
// as last:2h in a case without events. Present is every value.
func (t Term) Bounds(c Clock) []Bound {
	f, ok := Lookup(t.Field)
	if !ok || f.Kind != KindTime && f.Kind != KindNumber {
		return nil
	}
	if t.Op == Present {
		return []Bound{every}
	}
	var bounds []Bound
	for _, v := range t.Values {
		var b Bound
		ok := false
		if f.Kind == KindTime {
			b, ok = timeBound(t.Op, v, c)
		} else {
			b, ok = numberBound(t.Op, v)
		}
		if ok && b.From <= b.To {
			bounds = append(bounds, b)
		}
	}
	return bounds
}

// bound turns an operator and a value into the range that satisfies them; cover
// tells what whole numbers an end as written stands for, ok that it stands for any.
func bound(op Op, v Match, cover func(text string) (from, to int64, ok bool)) (b Bound, ok bool) {
	b = every
	var from, to int64
	if v.Text != "" || op != Range {
		if from, to, ok = cover(v.Text); !ok {
			return b, false
		}
	}
	switch op {
	case Like, Exact:
		b = Bound{from, to}
	case Less:
		b.To = from - 1
	case LessEq:
		b.To = to
	case Greater:
		b.From = to + 1
	case GreaterEq:
		b.From = from
	case Range:
		if v.Text != "" {
			b.From = from
		}
		if v.To != "" {
			_, b.To, ok = cover(v.To)
			return b, ok
		}
	}
	return b, true
}

func timeBound(op Op, v Match, c Clock) (Bound, bool) {
	return bound(op, v, func(text string) (from, to int64, ok bool) {
		m, err := parseMoment(text)
		if err != nil {
			return 0, 0, false
		}
		return m.span(c, op != Like && op != Exact)
	})
}
