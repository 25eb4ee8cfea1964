package query

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// A Session is one unbroken use of one set of credentials or one sign-in; see
// package session for how events find theirs. Times are µs UTC,
// cloudtrail.NoTime for none.
type Session struct {
	Num         int64  // number in the case, until sessions are worked out anew
	ID          string // stable: the same events give the same id in any case
	Actor       string // who, for a human
	ActorKind   uint8  // a cloudtrail.Kind
	Kind        string // how it was recognised: console, temporary-key, long-term-key, …
	Principal   string // ARN, else principal id
	Account     string
	Role        string
	SessionName string
	AccessKeys  []string
	Start, End  int64
	Created     int64 // when its credentials were issued
	Events      int64
	Writes      int64
	Errors      int64 // all failed calls, the denied among them
	Denied      int64
	Forwarded   int64 // calls that services made in its name
	Services    []string
	Regions     []string
	SourceIPs   []string
	UserAgents  []string
	MFA         string // "yes", "no" or "" where no record tells
	OpenedBy    string // event id of the sign-in that opened it
	OpenedBySeq int64

	Link       *SessionLink  // nil at the start of a chain and where it is broken
	Candidates []SessionLink // all calls that fit equally well, when there are several
	Root       string        // id of the session at the start of the chain
	RootActor  string        // the human or workload there
	Depth      int           // links up to Root
	Confidence string        // of RootActor: exact, by time, inferred or unknown
	Reason     string        // why the chain starts there, or what is missing and what to load
	Risks      []Risk

	Mark string // what analysts noted of the session, as in Annotation
	Note string
	Tags []string

	Matched  int64 // of its events, those that match the filter asked with
	Children int   // sessions whose credentials it issued
}

// A Program is a user agent and how many others begin with the same word: one
// script often leaves hundreds that differ in a request id.
type Program struct {
	Agent string
	More  int
}

// Programs folds the user agents of a session.
func (s *Session) Programs() []Program {
	var out []Program
	at := map[string]int{}
	for _, agent := range s.UserAgents {
		name, _, _ := strings.Cut(agent, " ")
		if i, ok := at[name]; ok {
			out[i].More++
			continue
		}
		at[name] = len(out)
		out = append(out, Program{Agent: agent})
	}
	return out
}

// Signs are the words of the signs of risk, each once.
func (s *Session) Signs() []string {
	var signs []string
	for _, r := range s.Risks {
		if !slices.Contains(signs, r.Sign) {
			signs = append(signs, r.Sign)
		}
	}
	return signs
}

// A SessionLink leads to the session whose call issued the credentials.
type SessionLink struct {
	Kind       string `json:"link"`
	Parent     string `json:"parent"`
	Event      string `json:"parent_event"`
	Seq        int64  `json:"-"`
	Call       string `json:"call"`
	Time       int64  `json:"-"`
	Confidence string `json:"confidence"`
	Reason     string `json:"reason"`
}

// A Risk is a sign worth a look, with its words.
type Risk struct {
	Sign   string `json:"sign"`
	Detail string `json:"detail"`
}

// A jsonSession is a session as `spoor sessions --format json` lists it.
type jsonSession struct {
	ID           string        `json:"id"`
	Actor        string        `json:"actor"`
	Kind         string        `json:"kind"`
	Principal    string        `json:"principal"`
	Account      string        `json:"account"`
	Role         *string       `json:"role"`
	SessionName  *string       `json:"session_name"`
	AccessKeys   []string      `json:"access_keys"`
	Start        *string       `json:"start"`
	End          *string       `json:"end"`
	Events       int64         `json:"events"`
	Writes       int64         `json:"writes"`
	Errors       int64         `json:"errors"`
	Denied       int64         `json:"denied"`
	Services     []string      `json:"services"`
	Regions      []string      `json:"regions"`
	SourceIPs    []string      `json:"source_ips"`
	UserAgents   []string      `json:"user_agents"`
	MFA          *bool         `json:"mfa"`
	Parent       *string       `json:"parent"`
	ParentEvent  *string       `json:"parent_event"`
	Link         *string       `json:"link"`
	RootActor    string        `json:"root_actor"`
	Depth        int           `json:"depth"`
	Confidence   string        `json:"confidence"`
	Reason       string        `json:"reason"`
	LinkReason   *string       `json:"link_reason"`
	Candidates   []SessionLink `json:"candidates"`
	Root         string        `json:"root"`
	OpenedBy     *string       `json:"opened_by"`
	Created      *string       `json:"created"`
	Risks        []Risk        `json:"risks"`
	ViaServices  int64         `json:"via_services"`
	Children     int           `json:"children"`
	MatchedCount int64         `json:"matched"`
	Mark         string        `json:"mark"`
	Note         string        `json:"note"`
	Tags         []string      `json:"tags"`
}

// MarshalJSON writes a jsonSession.
func (s Session) MarshalJSON() ([]byte, error) {
	o := jsonSession{ID: s.ID, Actor: s.Actor, Kind: s.Kind, Principal: s.Principal, Account: s.Account, Role: optional(s.Role), SessionName: optional(s.SessionName),
		AccessKeys: list(s.AccessKeys), Start: stamp(s.Start), End: stamp(s.End), Events: s.Events, Writes: s.Writes, Errors: s.Errors, Denied: s.Denied,
		Services: list(s.Services), Regions: list(s.Regions), SourceIPs: list(s.SourceIPs), UserAgents: list(s.UserAgents), RootActor: s.RootActor, Depth: s.Depth,
		Confidence: s.Confidence, Reason: s.Reason, Candidates: list(s.Candidates), Root: s.Root, OpenedBy: optional(s.OpenedBy), Created: stamp(s.Created),
		Risks: list(s.Risks), ViaServices: s.Forwarded, Children: s.Children, MatchedCount: s.Matched, Mark: s.Mark, Note: s.Note, Tags: list(s.Tags)}
	if s.MFA != "" {
		yes := s.MFA == "yes"
		o.MFA = &yes
	}
	if l := s.Link; l != nil {
		o.Parent, o.ParentEvent, o.Link, o.LinkReason = &l.Parent, &l.Event, &l.Kind, &l.Reason
	}
	return json.Marshal(o)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// list is l, never null in JSON.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// stamp is instant, nil for no time.
func stamp(t int64) *string { return optional(instant(t)) }

// A SessionOrder sorts sessions.
type SessionOrder uint8

// The orders. ByUser puts the sessions of one root actor together, newest first,
// and the actor who was active last on top.
const (
	SessionsByUser SessionOrder = iota
	SessionsNewest
	SessionsOldest
	SessionsByEvents
	SessionsByRisk
)

// SessionOrders are the words for the orders, in the order of the screen's key.
var SessionOrders = [...]string{"user", "newest", "oldest", "events", "risk"}

// A SessionRequest asks for N sessions from the Offset-th on that have an event
// which matches the filter.
type SessionRequest struct {
	Filter Filter
	Order  SessionOrder
	Idle   time.Duration // what ends a session of a long-term key; 0: as last time, 30 minutes at first
	Sign   string        // only those with this sign of risk
	Offset int
	N      int  // 0: all
	Stale  bool // sessions worked out some commits ago will do
}

// A SessionPage is the answer to a SessionRequest.
type SessionPage struct {
	Sessions []Session
	Total    int  // that match
	All      int  // in the case
	Stale    bool // events have come since the sessions were worked out
	Partial  bool // the filter is still being searched: more may match
}

// A SessionChain is a session with its line up to the human or workload and what
// came of it.
type SessionChain struct {
	Session Session
	Up      []Session // parents, the nearest first
	Started []Starter // of an EC2 instance's session: who started it or gave it its role
	Down    SessionTree
}

// A Starter is a call by which an instance came to its role.
type Starter struct {
	Seq     int64
	Time    int64 // µs UTC or cloudtrail.NoTime
	Event   string
	Actor   string
	Session string
}

// A SessionTree is a session and all that came of it.
type SessionTree struct {
	Session  Session
	Maybe    bool   // one of several sessions that may have issued its credentials; or it was reached
	Why      string // in words: how it was reached without credentials being given out; "" for all others
	Issued   []IssuedKey
	Children []SessionTree
}

// An IssuedKey is a set of credentials that a session's call gave out.
type IssuedKey struct {
	Key   string // "" where the log hides it
	Call  string
	For   string // role, user or account it is for
	Event string
	Seq   int64
	Time  int64
	Used  bool // some session in the case used it
}

// A Radius is everything downstream of some sessions, with what to take away
// from whoever holds them.
type Radius struct {
	Trees    []SessionTree
	Sessions int
	Events   int64
	Writes   int64
	Denied   int64

	Contain []Task   // what to do, in the order a responder acts in
	Made    []Change // what these sessions made or altered in IAM and Identity Center, the first of them
	Partial bool     // there is more than was followed, or more made than is listed
}

// A Task is a kind of thing to do to contain a breach.
type Task struct {
	Name  string // for programs: keys, roles, …
	Title string // for people
	Field string // under which the events about a step are found
	Steps []Measure
}

// A Measure is one thing to do.
type Measure struct {
	What    string // the key, user, role, …
	Account string // that it is in; "" where the records don't say
	Why     []string
	Seq     int64 // of the event that shows it, 0 for none
	Done    bool  // what it is about was deleted since, set inactive, or its sessions revoked
}

// Named is what a step is about as its field has it: a role goes by name there.
func (t *Task) Named(m Measure) string {
	if t.Field == "role" {
		return m.What[strings.LastIndexByte(m.What, '/')+1:]
	}
	return m.What
}

// About finds the events about a step: those of the key or user, and those that
// touched it as a resource. All for none.
func (t *Task) About(m Measure) Filter {
	what := t.Named(m)
	f, err := Is(t.Field, Value{Text: what})
	if err != nil {
		return Filter{}
	}
	if t.Field != "key" && t.Field != "actor" {
		return f
	}
	touched, err := Is("resource", Value{Text: what})
	if err != nil {
		return f
	}
	return f.Or(touched)
}

// Names lists what a task is about, by the task's name; never nil.
func (r *Radius) Names(task string) []string {
	out := []string{}
	for _, t := range r.Contain {
		for _, s := range t.Steps {
			if t.Name == task {
				out = append(out, s.What)
			}
		}
	}
	return out
}

// A Burst is one or more alike calls in a row of one session.
type Burst struct {
	Seq         int64 // of the first
	First, Last int64 // µs UTC or cloudtrail.NoTime
	Count       int64
	Service     string
	Event       string
	Outcome     uint8 // a cloudtrail Outcome, the same for all
	ReadOnly    bool
	Via         string // service that called in the session's name
	Error       string
	Resource    string // of the first
	IP          string
	Region      string
}

// A BurstRequest asks for N bursts of a session after a cursor, oldest first.
type BurstRequest struct {
	Session string
	From    Cursor
	N       int
}

// A BurstPage is the answer to a BurstRequest. Asking again From Next goes on.
type BurstPage struct {
	Bursts []Burst
	More   bool
	Next   Cursor
}

// A SessionLane is a session's events over time: a count a bucket.
type SessionLane struct {
	Session string
	Reads   []int64 // that succeeded, as do Writes
	Writes  []int64
	Errors  []int64 // failed for another reason than Denied
	Denied  []int64
}

// A Contrast is what two sessions have in common and what only one has.
type Contrast struct {
	What         string // calls, addresses, user agents, …
	Both         []string
	OnlyA, OnlyB []string
}
