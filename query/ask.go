package query

import "time"

// An Order is the order of events by time; events without a time come last.
type Order uint8

const (
	Newest Order = iota
	Oldest
)

// A Value is one cell: what an event says for a field.
type Value struct {
	Text string
	Null bool // the event has no such field
}

// A Cursor marks a place in the order of events: just after the event Seq at
// Time (µs UTC; cloudtrail.NoTime for none). The zero Cursor is the beginning.
type Cursor struct {
	Time int64
	Seq  int64
	Set  bool
}

// A PageRequest asks for up to N rows after (or, with Back, before) a cursor.
type PageRequest struct {
	Filter  Filter
	Order   Order
	From    Cursor
	Back    bool // rows before From; they still come in Order
	Include bool // the row at From itself is part of the page
	N       int
	Columns []string // field names or dotted paths
}

// A Row is one event of a page.
type Row struct {
	Seq    int64 // the event's number in the case; stable while its object is unchanged
	Time   int64 // µs UTC or cloudtrail.NoTime
	Values []Value
}

// Cursor returns the place of the row.
func (r Row) Cursor() Cursor { return Cursor{Time: r.Time, Seq: r.Seq, Set: true} }

// A Page is the answer to a PageRequest. Partial says that more rows may match
// that have not been looked at yet (free text still being searched).
type Page struct {
	Rows    []Row
	More    bool
	Partial bool
}

// A Count is a number of events. Partial: at least this many, still counting.
type Count struct {
	N       int64
	Partial bool
}

// A Facet is the top values of one field under a filter, most frequent first.
type Facet struct {
	Field    string
	Values   []FacetValue
	Distinct int64 // number of different values, absent counting as none
	Partial  bool
}

// A FacetValue is one value and how many events have it.
type FacetValue struct {
	Value Value
	Count int64
}

// A HistogramRequest asks for events over time. Zero From and To mean the span
// of the matching events.
type HistogramRequest struct {
	Filter   Filter
	By       string // field to split by; "" means outcome
	Buckets  int
	From, To time.Time // UTC, From included, To excluded
}

// A Histogram counts events in equal steps from Start. Series are ordered, the
// most frequent first; outcome always as ok, denied, throttled, error.
type Histogram struct {
	Start   time.Time
	Step    time.Duration
	Series  []Series
	NoTime  int64 // matching events without a usable time
	Partial bool
}

// A Series is one value's counts, a number per bucket.
type Series struct {
	Name   string
	Counts []int64
}

// An Event is one event in full: its typed values by field name, the record as
// logged, and where it came from.
type Event struct {
	Row    Row
	Fields map[string]Value
	Record []byte // JSON, byte for byte as logged
	Object string // full name of the object that carries it
	Offset int64  // of the record in the object's unpacked text
	Lossy  string // why Record is a reconstruction, "" when it is the original
}

// Relatives are the events that belong with one, in the order of the case: rows of
// RelativeColumns.
type Relatives struct {
	Twins  []Row // with the same sharedEventID: one call, as other accounts logged it
	SameID []Row // with the same eventID
	More   bool  // there are further ones
}

// RelativeColumns tell relatives apart.
var RelativeColumns = []string{"time", "account", "actor", "event"}

// A FacetRequest asks for the Top values of each field under a filter.
type FacetRequest struct {
	Filter Filter
	Fields []string
	Top    int
	// Shop leaves a field's own terms out of its own count, as shops do: with
	// region:eu-west-1 set, the region facet still shows the other regions.
	Shop bool
}

// A ValueRequest asks for values of a field that begin with Prefix, ignoring
// case, most frequent first: what an input line offers for completion.
type ValueRequest struct {
	Field  string
	Prefix string
	N      int
}

// Totals is what the case holds, whatever the filter.
type Totals struct {
	Events   int64
	From, To time.Time // of the oldest and newest event with a time, UTC; zero when there is none
	NoTime   int64     // events without a usable time
	Revision uint64    // grows with every commit: unchanged means that every answer still holds
}

// A Gap is a stretch of time in which an account and region, otherwise busy,
// logged nothing; From and To are the events on either side, UTC.
type Gap struct {
	Account, Region string
	From, To        time.Time
}

// An ExportRequest asks for all matching events, or the first Limit of them, in
// an order that two loads of the same files share: by time, then by eventID.
type ExportRequest struct {
	Filter  Filter
	Order   Order
	Limit   int64    // 0: all
	Columns []string // field names or dotted paths
	// Progress is told how many rows are done, now and then; it may be nil.
	Progress func(done int64)
}
