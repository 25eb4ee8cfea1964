package query

import "time"

// A Grouping says by what the timeline is divided.
type Grouping uint8

// The groupings. Ungrouped is one list by time.
const (
	Ungrouped Grouping = iota
	ByActor
	ByResource
	ByService
	ByDay
)

// Groupings are the words for --by, in the order of the screen's key.
var Groupings = [...]string{"", "actor", "resource", "service", "day"}

// String returns the word for g, "" for none.
func (g Grouping) String() string { return Groupings[min(int(g), len(Groupings)-1)] }

// A Change is a row of the timeline: what a mutating event did or tried to do,
// or several alike in a row.
type Change struct {
	Seq          int64 // of the event; with Fold, of the one that comes first in the order asked for
	Time         int64 // µs UTC or cloudtrail.NoTime
	ID           string
	Actor        string
	Account      string
	Region       string
	Service      string // without .amazonaws.com
	Action       string // event name as logged
	ResourceType string
	Resource     string // the main one, as logged
	Summary      string
	Severity     uint8 // a loader/change Severity: that of the rules, raised one step for a principal or address that is new
	Outcome      uint8 // a cloudtrail Outcome
	Session      string
	SourceIP     string
	Error        string // errorCode
	Via          string // service that made the call with the caller's rights, "" for a direct call
	Cause        int64  // Seq of the direct call that a call with Via comes from, 0 when it can't be told
	Public       bool   // exposes something to everyone
	Probe        bool   // a dry run
	NewActor     bool   // first seen that day or the day before, in a case that goes back further
	NewAddress   bool   // likewise its address
	Mark         string // what analysts noted of the event, as in Annotation; of a Fold, of the first noted one
	Note         string
	Tags         []string

	Fold *Fold // alike changes that this row stands for, nil when it stands for one
	Made int   // service-made changes folded under this call
}

// A Fold says what a row for several alike changes stands for.
type Fold struct {
	Count       int
	First, Last int64    // times of the earliest and latest, µs UTC
	Resources   []string // main resources, a few of them, each once
	LastSeq     int64    // Seq of the one that comes last in the order asked for
}

// Cursor returns the place after the row: after all it stands for.
func (c Change) Cursor() Cursor {
	if c.Fold != nil {
		return Cursor{Time: c.Fold.end(c), Seq: c.Fold.LastSeq, Set: true}
	}
	return Cursor{Time: c.Time, Seq: c.Seq, Set: true}
}

func (f *Fold) end(c Change) int64 {
	if c.Time == f.First {
		return f.Last
	}
	return f.First
}

// A ChangeRequest asks for up to N rows of the timeline after (or, with Back,
// before) a cursor.
type ChangeRequest struct {
	Filter  Filter
	Order   Order
	From    Cursor
	Back    bool // rows before From; they still come in Order
	Include bool // the row at From itself is part of the page
	N       int
	Fold    bool  // bursts of alike changes in one row, service-made ones under their cause
	Least   uint8 // only changes of this loader/change Severity or graver, as Change.Severity tells it
	By      Grouping
	Group   *ChangeGroup // only this group of By; nil is all
	// Sessions has the sessions of the case worked out first, so that Change.Session
	// is there from the first row on; else it is where they are known.
	Sessions bool
	// Exact waits until it is known who is new to the case, so that Severity is right
	// from the first row on; a screen does not wait.
	Exact bool
}

// A ChangePage is the answer to a ChangeRequest.
type ChangePage struct {
	Rows    []Change
	More    bool
	Partial bool // the filter is still being searched: more rows may come
}

// A GroupRequest asks for the groups of the timeline, the N that come first in
// Order by their newest (or oldest) change.
type GroupRequest struct {
	Filter Filter
	By     Grouping
	Order  Order
	N      int
	Least  uint8
	Exact  bool // as in ChangeRequest
}

// A ChangeGroup sums up a group of changes; GroupFilter narrows to it.
type ChangeGroup struct {
	Name        string // as shown: the actor, the resource, the service, the day (2006-01-02, UTC)
	Absent      bool   // the changes have no such value
	Count       int64
	Denied      int64
	Worst       uint8 // gravest loader/change Severity
	First, Last int64 // µs UTC or cloudtrail.NoTime
}

// A LaneRequest asks for the picture of the timeline: a lane per actor over
// time. Zero From and To mean the span of the matching changes.
type LaneRequest struct {
	Filter   Filter
	From, To time.Time // UTC, From included, To excluded
	Buckets  int
	N        int // lanes, the busiest first; the others are summed up in one more
	Least    uint8
	Exact    bool // as in ChangeRequest
}

// Lanes is the answer to a LaneRequest.
type Lanes struct {
	Start time.Time
	Step  time.Duration
	Lanes []Lane
	Rest  int // actors beyond the N asked for
}

// A Lane is one actor's changes over time.
type Lane struct {
	Actor  string
	Total  int64
	Counts []int64 // a number per bucket
	Worst  []uint8 // gravest severity per bucket
}

// A HistoryRequest asks for all that happened to one resource.
type HistoryRequest struct {
	Resource string // id, name, ARN or alias
	Type     string // AWS::EC2::SecurityGroup, "" when not known: tells a user from a role of one name
	Account  string // where names are per account, "" when not known
	Filter   Filter // narrows the changes, not what counts as the resource
	Order    Order
	N        int
}

// A ResourceHistory is the answer to a HistoryRequest.
type ResourceHistory struct {
	Names   []string // every name that the case knows it by, the one asked for first
	Type    string
	Changes []Change // to it, to its parts, and to what it is part of
	More    bool
	Readers []Reader // who read its secrets or data, most reads first
	Reads   bool     // reads of it are recorded at all
}

// A Reader is who read a resource by one API.
type Reader struct {
	Actor       string
	Action      string
	Outcome     uint8
	Count       int64
	First, Last int64 // µs UTC
	Seq         int64 // the latest such event
}

// A Fact is one thing known about the state of a resource: a rule of a security
// group, a statement of a policy, a switch.
type Fact struct {
	Aspect string // what it belongs to: "ingress rules", "bucket policy"
	Key    string // which one: "tcp/22 from 0.0.0.0/0"; "" when the aspect is one value
	Value  string
	// Inferred says that no event set it, but one implies it: what was revoked
	// must have been there.
	Inferred bool
	Since    int64 // µs UTC, of the event that set it; 0 when inferred
	Seq      int64 // that event, 0 when inferred
}

// A Mark says how a line of a diff differs.
type Mark uint8

// The marks.
const (
	Same Mark = iota
	Added
	Removed
	Altered
)

// A DiffLine is one fact before and after a change.
type DiffLine struct {
	Mark     Mark
	Aspect   string
	Key      string
	Before   string
	After    string
	Unknown  bool // what was before is not told by the case
	Inferred bool // what was before is implied by the change alone
}

// A Diff is the state of a resource before and after one change.
type Diff struct {
	Resource string
	Type     string
	Seq      int64
	Time     int64
	Lines    []DiffLine // what differs first
	// Note says why there is nothing to show, "" otherwise.
	Note string
}

// A State is what the case tells of a resource at a time.
type State struct {
	Resource string
	Type     string
	At       int64
	Facts    []Fact
	// Unknown lists the aspects of which the case knows only part, or nothing,
	// each with the time since which it knows more (µs UTC, 0 for never).
	Unknown []UnknownAspect
}

// An UnknownAspect is an aspect whose state before Since the case does not tell.
type UnknownAspect struct {
	Aspect string
	Since  int64
}

// GroupFilter returns the filter that narrows to one of the timeline's groups;
// by resource also to changes that touched it beside another.
func GroupFilter(by Grouping, g ChangeGroup) (Filter, error) {
	if by == ByDay && !g.Absent {
		return stretch(g.Name+"T00:00:00Z", g.Name+"T23:59:59.999999Z"), nil
	}
	field := [...]string{"", "actor", "resource", "service", "time"}[by]
	return Is(field, Value{Text: g.Name, Null: g.Absent})
}
