package query

import (
	"context"
	"slices"
	"strings"
	"time"
)

// counting finds groups of events that are large enough, each within a span of
// time that slides along. Windows that overlap are one finding.
type counting struct {
	rule   CountRule
	within int64 // µs; 0 is the whole case
	groups map[string]*countGroup
	order  []*countGroup // as first seen
	found  []Finding
}

// A countGroup is one group's window: the events not older than the span.
type countGroup struct {
	key     []Value
	window  []counted
	values  map[string]int // distinct values in the window
	finding *Finding       // open: the window is large enough
	seen    map[string]bool
}

type counted struct {
	time, sum int64
	value     string
}

func newCounting(r CountRule, within time.Duration) *counting {
	return &counting{rule: r, within: within.Microseconds(), groups: make(map[string]*countGroup)}
}

func (c *counting) add(r columnRow) {
	if r.row.Time == noTime && c.within > 0 {
		return // it is in no span of time
	}
	id := r.key(c.rule.By)
	g := c.groups[id]
	if g == nil {
		g = &countGroup{values: make(map[string]int)}
		for _, col := range c.rule.By {
			g.key = append(g.key, r.value(col))
		}
		c.groups[id] = g
		c.order = append(c.order, g)
	}
	e := counted{time: r.row.Time}
	if c.rule.Sum != "" {
		if n, err := ParseNumber(r.value(c.rule.Sum).Text); err == nil {
			e.sum = int64(n)
		}
	}
	if len(c.rule.Distinct) > 0 {
		if e.value = r.key(c.rule.Distinct); allNull(r, c.rule.Distinct) {
			return
		}
	}
	if c.within == 0 {
		c.addWhole(g, e)
		return
	}
	c.slide(g, e.time)
	g.window = append(g.window, e)
	g.values[e.value]++
	c.extend(g, e)
}

// addWhole counts over the whole case, where no window has to be kept.
func (c *counting) addWhole(g *countGroup, e counted) {
	if g.finding == nil {
		g.finding, g.seen = &Finding{Columns: c.rule.By, Key: g.key, First: e.time}, make(map[string]bool)
	}
	g.add(e)
}

func allNull(r columnRow, columns []string) bool {
	return !slices.ContainsFunc(columns, func(col string) bool { return !r.value(col).Null })
}

// slide drops what is too old at now.
func (c *counting) slide(g *countGroup, now int64) {
	n := 0
	for n < len(g.window) && g.window[n].time < now-c.within {
		if v := g.window[n].value; g.values[v] == 1 {
			delete(g.values, v)
		} else {
			g.values[v]--
		}
		n++
	}
	g.window = g.window[n:]
}

func (r CountRule) atLeast() int64 { return max(1, r.AtLeast) }

// weight is what the rule compares with its threshold.
func (g *countGroup) weight(r CountRule) int64 {
	if len(r.Distinct) > 0 {
		return int64(len(g.values))
	}
	return int64(len(g.window))
}

// extend adds the newest event, e, to the finding as long as the window is large
// enough with it; a finding begins with the whole window.
func (c *counting) extend(g *countGroup, e counted) {
	enough := g.weight(c.rule) >= c.rule.atLeast()
	switch {
	case enough && g.finding != nil:
		g.add(e)
		return
	case g.finding != nil:
		c.close(g)
	}
	if !enough {
		return
	}
	g.finding = &Finding{Columns: c.rule.By, Key: g.key, First: g.window[0].time}
	g.seen = make(map[string]bool)
	for _, w := range g.window {
		g.add(w)
	}
}

func (g *countGroup) add(e counted) {
	g.finding.N++
	g.finding.Sum += e.sum
	g.finding.Last = e.time
	g.seen[e.value] = true
}

func (c *counting) close(g *countGroup) {
	weight := g.finding.N
	if len(c.rule.Distinct) > 0 {
		weight = int64(len(g.seen))
		g.finding.Distinct = weight
	}
	if weight >= c.rule.atLeast() {
		c.found = append(c.found, *g.finding)
	}
	g.finding, g.seen = nil, nil
}

func (c *counting) end() []Finding {
	for _, g := range c.order {
		if g.finding != nil {
			c.close(g)
		}
	}
	return c.found
}

// sequencing finds steps that follow each other within a span of time.
type sequencing struct {
	rule   SequenceRule
	steps  []condition
	within int64
	recent map[string][]stepped // by key, not older than the span
	found  []Finding
}

// stepped is an event with the steps that it satisfies, a bit each.
type stepped struct {
	time  int64
	steps uint64
}

func newSequencing(r SequenceRule, steps []condition, within time.Duration) *sequencing {
	return &sequencing{rule: r, steps: steps, within: within.Microseconds(), recent: make(map[string][]stepped)}
}

func (s *sequencing) add(r columnRow) {
	e := stepped{time: r.row.Time}
	for i, step := range s.steps {
		if step.holds(r) {
			e.steps |= 1 << i
		}
	}
	if e.steps == 0 || e.time == noTime {
		return
	}
	key := r.key(s.rule.By)
	recent := append(s.recent[key], e)
	for recent[0].time < e.time-s.within {
		recent = recent[1:]
	}
	s.recent[key] = recent
	if e.steps&(1<<(len(s.steps)-1)) == 0 {
		return
	}
	if f, ok := s.complete(recent); ok {
		f.Columns = s.rule.By
		for _, col := range s.rule.By {
			f.Key = append(f.Key, r.value(col))
		}
		s.found = append(s.found, f)
		delete(s.recent, key)
	}
}

// complete walks the events and steps together, taking each step as early as it
// can be; no other way succeeds where this one fails.
func (s *sequencing) complete(events []stepped) (Finding, bool) {
	var f Finding
	step, times := 0, 0
	for _, e := range events {
		if e.steps&(1<<step) == 0 {
			continue
		}
		if f.N == 0 {
			f.First = e.time
		}
		f.N++
		f.Last = e.time
		if times++; times >= max(1, s.rule.Steps[step].Times) {
			step, times = step+1, 0
			if step == len(s.steps) {
				return f, true
			}
		}
	}
	return f, false
}

func (s *sequencing) end() []Finding { return s.found }

// A sight is a value in its scope.
type sight struct{ column, scope, value string }

// firstSights says when values and scopes were first seen, µs UTC.
type firstSights struct {
	value map[sight]int64
	scope map[string]int64
}

// firsts learns from the history when each value of each scope came first.
func (q *Question) firsts(ctx context.Context, c Case, own Filter) (firstSights, error) {
	f := firstSights{value: make(map[sight]int64), scope: make(map[string]int64)}
	r := q.Saved.FirstSeen
	history := q.history
	if r.History == "" {
		history = own
	}
	for _, col := range r.Values {
		err := c.Groups(ctx, history, []string{r.Per, col}, "", func(g Group) error {
			scope, value := g.Key[0], g.Key[1]
			if scope.Null || value.Null || g.First == noTime {
				return nil
			}
			f.value[sight{col, scope.Text, value.Text}] = g.First
			if at, ok := f.scope[scope.Text]; !ok || g.First < at {
				f.scope[scope.Text] = g.First
			}
			return nil
		})
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// novelty finds the first event of each value that is new for a known scope.
type novelty struct {
	rule   FirstSeenRule
	grace  time.Duration
	always *condition
	first  firstSights
	found  map[sight]bool // reported
	list   []Finding
}

func (n *novelty) add(r columnRow) {
	scope := r.value(n.rule.Per)
	var news []string // one event is one finding, whatever all is new with it
	for _, col := range n.rule.Values {
		if v := r.value(col); !scope.Null && !v.Null && r.row.Time != noTime && n.isNew(sight{col, scope.Text, v.Text}, r.row.Time) {
			news = append(news, v.Text)
		}
	}
	what := strings.Join(news, ", ")
	if what == "" && (n.always == nil || !n.always.holds(r)) {
		return
	}
	f := oneEvent(r)
	f.What = what
	n.list = append(n.list, f)
}

// isNew reports whether an event is the first report of a value that came after
// its scope, and not long after the value's first sight.
func (n *novelty) isNew(s sight, now int64) bool {
	first, known := n.first.value[s]
	since, scoped := n.first.scope[s.scope]
	if !known {
		first = now
	}
	if n.found[s] || !scoped || first <= since || now > first+n.grace.Microseconds() {
		return false
	}
	n.found[s] = true
	return true
}

func (n *novelty) end() []Finding { return n.list }
