package uitest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"spoor/loader/cloudtrail"
	"spoor/query"
)

// A Case is a case in memory. Its methods are safe for concurrent use.
type Case struct {
	mu     sync.Mutex
	events []*Event // by seq
	rev    uint64
	slow   int   // answers that are still partial
	Err    error // returned by every method while set; not to be changed while in use
}

// An Event is one invented event.
type Event struct {
	Seq    int64
	Time   int64
	Fields map[string]string // absent ones are null
	JSON   string
}

// Values implements query.Subject.
func (e *Event) Values(field string) []query.Value {
	if field == "time" {
		if e.Time == cloudtrail.NoTime {
			return nil
		}
		return []query.Value{{Text: time.UnixMicro(e.Time).UTC().Format(time.RFC3339Nano)}}
	}
	v, ok := e.Fields[field]
	if !ok {
		return nil
	}
	return []query.Value{{Text: v}}
}

// Record implements query.Subject.
func (e *Event) Record() string { return e.JSON }

func (e *Event) value(column string) query.Value {
	f, path, err := query.ColumnPath(column)
	if err != nil {
		return query.Value{Null: true}
	}
	if len(path) > 0 {
		for raw := range query.Find(e.JSON, path) {
			return query.Value{Text: query.ValueText(raw)}
		}
		return query.Value{Null: true}
	}
	if v := e.Values(f.Name); len(v) > 0 {
		return v[0]
	}
	return query.Value{Null: true}
}

// Add puts events into the case and gives them their numbers.
func (c *Case) Add(events ...*Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		e.Seq = int64(len(c.events) + 1)
		c.events = append(c.events, e)
	}
	c.rev++
}

// matching returns the events that match, in order.
func (c *Case) matching(ctx context.Context, f query.Filter, o query.Order) ([]*Event, error) {
	if err := cmp.Or(ctx.Err(), c.Err); err != nil {
		return nil, err
	}
	c.mu.Lock()
	all := slices.Clone(c.events)
	c.mu.Unlock()
	m := f.Matcher(query.Clock{Now: Start.Add(24 * time.Hour), Newest: Start.Add(2 * time.Hour)})
	all = slices.DeleteFunc(all, func(e *Event) bool { return !m.Match(e) })
	slices.SortFunc(all, func(a, b *Event) int { return order(cursorOf(a), cursorOf(b), o) })
	return all, nil
}

func cursorOf(e *Event) query.Cursor { return query.Cursor{Time: e.Time, Seq: e.Seq, Set: true} }

// order compares places; events without a time come last either way.
func order(a, b query.Cursor, o query.Order) int {
	if (a.Time == cloudtrail.NoTime) != (b.Time == cloudtrail.NoTime) {
		if a.Time == cloudtrail.NoTime {
			return 1
		}
		return -1
	}
	d := cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Seq, b.Seq))
	if o == query.Newest {
		return -d
	}
	return d
}

// Search makes the next n answers partial, as those of a long search are.
func (c *Case) Search(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slow = n
}

// searching reports whether an answer is still partial.
func (c *Case) searching() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.slow > 0 {
		c.slow--
		return true
	}
	return false
}

// Page answers a page of events; while searching, an empty one.
func (c *Case) Page(ctx context.Context, r query.PageRequest) (query.Page, error) {
	if c.searching() {
		return query.Page{Partial: true, More: true}, nil
	}
	all, err := c.matching(ctx, r.Filter, r.Order)
	if err != nil {
		return query.Page{}, err
	}
	if r.From.Set {
		all = slices.DeleteFunc(all, func(e *Event) bool {
			d := order(cursorOf(e), r.From, r.Order)
			return d == 0 && !r.Include || d != 0 && (d < 0) != r.Back
		})
	}
	var p query.Page
	if p.More = len(all) > r.N; p.More {
		if r.Back {
			all = all[len(all)-r.N:]
		} else {
			all = all[:r.N]
		}
	}
	for _, e := range all {
		row := query.Row{Seq: e.Seq, Time: e.Time}
		for _, col := range r.Columns {
			row.Values = append(row.Values, e.value(col))
		}
		p.Rows = append(p.Rows, row)
	}
	return p, nil
}

// Count answers how many match.
func (c *Case) Count(ctx context.Context, f query.Filter) (query.Count, error) {
	if c.searching() {
		return query.Count{N: 1, Partial: true}, nil
	}
	all, err := c.matching(ctx, f, query.Newest)
	return query.Count{N: int64(len(all))}, err
}

// Facets answers the top values of fields.
func (c *Case) Facets(ctx context.Context, r query.FacetRequest) ([]query.Facet, error) {
	var out []query.Facet
	for _, field := range r.Fields {
		f := r.Filter
		if r.Shop {
			f = f.Without(field)
		}
		all, err := c.matching(ctx, f, query.Newest)
		if err != nil {
			return nil, err
		}
		one := facet(field, all, r.Top)
		one.Partial = c.searching()
		out = append(out, one)
	}
	return out, nil
}

func facet(field string, events []*Event, top int) query.Facet {
	counts := map[query.Value]int64{}
	for _, e := range events {
		counts[e.value(field)]++
	}
	f := query.Facet{Field: field}
	for v, n := range counts {
		f.Values = append(f.Values, query.FacetValue{Value: v, Count: n})
		if !v.Null {
			f.Distinct++
		}
	}
	slices.SortFunc(f.Values, func(a, b query.FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value.Text, b.Value.Text))
	})
	f.Values = f.Values[:min(len(f.Values), top)]
	return f
}

// Histogram answers events over time, by outcome.
func (c *Case) Histogram(ctx context.Context, r query.HistogramRequest) (query.Histogram, error) {
	all, err := c.matching(ctx, r.Filter, query.Oldest)
	if err != nil {
		return query.Histogram{}, err
	}
	names := []string{"ok", "denied", "throttled", "error"}
	h := query.Histogram{Partial: c.searching()}
	all = slices.DeleteFunc(all, func(e *Event) bool {
		if e.Time == cloudtrail.NoTime {
			h.NoTime++
			return true
		}
		return false
	})
	if len(all) == 0 {
		return h, nil
	}
	first, last := all[0].Time, all[len(all)-1].Time
	step := max((last-first)/int64(r.Buckets)+1, 1)
	h.Start, h.Step = time.UnixMicro(first).UTC(), time.Duration(step)*time.Microsecond
	for _, n := range names {
		s := query.Series{Name: n, Counts: make([]int64, r.Buckets)}
		for _, e := range all {
			if e.Fields["outcome"] == n {
				s.Counts[(e.Time-first)/step]++
			}
		}
		h.Series = append(h.Series, s)
	}
	return h, nil
}

// Event answers one event in full.
func (c *Case) Event(ctx context.Context, seq int64) (query.Event, error) {
	if err := cmp.Or(ctx.Err(), c.Err); err != nil {
		return query.Event{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if seq < 1 || seq > int64(len(c.events)) {
		return query.Event{}, errors.New("no such event")
	}
	e := c.events[seq-1]
	out := query.Event{Row: query.Row{Seq: e.Seq, Time: e.Time}, Fields: map[string]query.Value{}, Record: []byte(e.JSON),
		Object: "s3://logs-example/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/05/04/a.json.gz", Offset: 1024}
	for _, f := range query.Fields() {
		if v := e.value(f.Name); !v.Null {
			out.Fields[f.Name] = v
		}
	}
	return out, nil
}

// Relatives answers none: invented events have no ids.
func (c *Case) Relatives(ctx context.Context, _ int64) (query.Relatives, error) {
	return query.Relatives{}, cmp.Or(ctx.Err(), c.Err)
}

// Values answers values of a field that begin with a prefix.
func (c *Case) Values(ctx context.Context, r query.ValueRequest) ([]query.FacetValue, error) {
	all, err := c.matching(ctx, query.Filter{}, query.Newest)
	if err != nil {
		return nil, err
	}
	f := facet(r.Field, all, len(all)+1)
	f.Values = slices.DeleteFunc(f.Values, func(v query.FacetValue) bool {
		return v.Value.Null || !strings.HasPrefix(strings.ToLower(v.Value.Text), strings.ToLower(r.Prefix))
	})
	return f.Values[:min(len(f.Values), r.N)], nil
}

// Totals answers what there is.
func (c *Case) Totals() query.Totals {
	all, err := c.matching(context.Background(), query.Filter{}, query.Oldest)
	if err != nil {
		return query.Totals{}
	}
	t := query.Totals{Events: int64(len(all)), Revision: c.rev}
	for _, e := range all {
		if e.Time == cloudtrail.NoTime {
			t.NoTime++
			continue
		}
		if t.From.IsZero() {
			t.From = time.UnixMicro(e.Time).UTC()
		}
		t.To = time.UnixMicro(e.Time).UTC()
	}
	return t
}
