package ui

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/uitest"
)

// vast is a case of any number of events that takes no memory: event n happened n
// milliseconds after the start. Filters match every event.
type vast struct{ n int64 }

func (c vast) at(seq int64) int64 { return uitest.Start.UnixMicro() + seq*1000 }

func (c vast) row(seq int64, columns []string) query.Row {
	r := query.Row{Seq: seq, Time: c.at(seq)}
	for _, col := range columns {
		r.Values = append(r.Values, query.Value{Text: fmt.Sprintf("%s-%d", col, seq)})
	}
	return r
}

// Page implements events.Pager.
func (c vast) Page(_ context.Context, r query.PageRequest) (p query.Page, err error) {
	step := int64(1)
	if (r.Order == query.Newest) != r.Back {
		step = -1
	}
	from := int64(1)
	if step < 0 {
		from = c.n
	}
	if r.From.Set {
		if from = r.From.Seq; !r.Include {
			from += step
		}
		if r.From.Seq <= 0 || r.From.Seq > c.n { // a place that is no event's
			from = max(1, min((r.From.Time-uitest.Start.UnixMicro())/1000, c.n))
		}
	}
	for seq := from; seq >= 1 && seq <= c.n && len(p.Rows) < r.N; seq += step {
		p.Rows = append(p.Rows, c.row(seq, r.Columns))
	}
	if k := len(p.Rows); k > 0 {
		p.More = p.Rows[k-1].Seq+step >= 1 && p.Rows[k-1].Seq+step <= c.n
	}
	if r.Back {
		for i, j := 0, len(p.Rows)-1; i < j; i, j = i+1, j-1 {
			p.Rows[i], p.Rows[j] = p.Rows[j], p.Rows[i]
		}
	}
	return p, nil
}

func (c vast) Count(context.Context, query.Filter) (query.Count, error) {
	return query.Count{N: c.n}, nil
}

func (c vast) Facets(_ context.Context, r query.FacetRequest) (out []query.Facet, err error) {
	for _, field := range r.Fields {
		f := query.Facet{Field: field, Distinct: c.n}
		for i := range min(int64(r.Top), c.n) {
			f.Values = append(f.Values, query.FacetValue{Value: query.Value{Text: fmt.Sprintf("%s-%d", field, i)}, Count: c.n - i})
		}
		out = append(out, f)
	}
	return out, nil
}

func (c vast) Histogram(_ context.Context, r query.HistogramRequest) (query.Histogram, error) {
	h := query.Histogram{Start: uitest.Start, Step: time.Duration(c.n/int64(r.Buckets)+1) * time.Millisecond}
	h.Series = []query.Series{{Name: "ok", Counts: make([]int64, r.Buckets)}}
	for i := range h.Series[0].Counts {
		h.Series[0].Counts[i] = c.n / int64(r.Buckets)
	}
	return h, nil
}

func (c vast) Event(_ context.Context, seq int64) (query.Event, error) {
	return query.Event{Row: c.row(seq, nil), Record: fmt.Appendf(nil, `{"eventID":"%d","requestParameters":{"a":[1,2,3]}}`, seq)}, nil
}

func (c vast) Relatives(context.Context, int64) (query.Relatives, error) {
	return query.Relatives{}, nil
}

func (c vast) Values(_ context.Context, r query.ValueRequest) (out []query.FacetValue, err error) {
	for i := range min(int64(r.N), c.n) {
		out = append(out, query.FacetValue{Value: query.Value{Text: fmt.Sprintf("%s%d", r.Prefix, i)}, Count: 1})
	}
	return out, nil
}

func (c vast) Totals() query.Totals {
	return query.Totals{Events: c.n, From: time.UnixMicro(c.at(1)).UTC(), To: time.UnixMicro(c.at(c.n)).UTC(), Revision: 1}
}

// heldBy walks about in a case of n events and returns the bytes that the screen
// then holds.
func heldBy(t *testing.T, n int64) int64 {
	t.Helper()
	before := heap()
	d := newDriver(t, Options{Case: vast{n}}, 200, 50)
	for range 300 {
		d.keys("pgdown")
	}
	d.keys("G", "pgup", "pgup", "g", "o")
	for i := range 24 {
		d.keys("pgdown", "e", "w", "a", "right", "+")
		d.keys("enter", "esc", "f", "j", "space", "esc")
		d.send(tea.PasteMsg{Content: time.UnixMicro(vast{n}.at(1 + n*int64(i)/24)).UTC().Format(time.RFC3339Nano)})
		if i%10 == 9 {
			d.keys("X", "/", "type:actor:a", "tab", "enter", "u", "u", "ctrl+r")
		}
		d.frame()
	}
	held := heap() - before
	runtime.KeepAlive(d)
	return held
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what finalizers let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// The screen holds no more for a hundred million events than for ten thousand,
// wherever one has been in them. Not parallel: it measures the heap.
func TestTheScreenHoldsNoMoreForMoreEvents(t *testing.T) {
	heldBy(t, 10_000) // what is made once
	few, many := heldBy(t, 10_000), heldBy(t, 100_000_000)
	t.Logf("the screen holds %d kB of 10,000 events, %d kB of 100,000,000", few>>10, many>>10)
	if many > few+few/2+512<<10 {
		t.Errorf("the screen holds %d kB of 100,000,000 events, %d kB of 10,000", many>>10, few>>10)
	}
}
