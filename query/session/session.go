package session

import (
	"math"

	"spoor/loader/cloudtrail"
)

// A Kind says how a session was recognised.
type Kind string

const (
	SignIn       Kind = "sign-in"       // by its sign-in session ARN
	Console      Kind = "console"       // work in the AWS console, over its many keys
	TemporaryKey Kind = "temporary-key" // one temporary key
	Stamped      Kind = "credentials"   // temporary credentials whose key the log hides: principal and creation time
	LongTermKey  Kind = "long-term-key" // a stretch of work with an access key of a user or of root
	Forwarded    Kind = "forwarded"     // a service in somebody's name, the causing session not being loaded
	Service      Kind = "service"       // an AWS service on its own behalf, for one account
	Window       Kind = "window"        // neither key nor sign-in: a stretch of work from one address
)

// A Confidence says how sure a link is.
type Confidence string

const (
	Exact    Confidence = "exact"   // the very key or sign-in session that the call gave out
	ByTime   Confidence = "by time" // role, session name and creation time agree
	Inferred Confidence = "inferred"
	Unknown  Confidence = "unknown"
)

// A LinkKind names the evidence that joins a session to its parent.
type LinkKind string

const (
	ByIssuedKey      LinkKind = "issued-key"
	ByRoleSession    LinkKind = "role-session"
	BySharedEvent    LinkKind = "shared-event"
	BySourceIdentity LinkKind = "source-identity"
	ByInference      LinkKind = "inferred"
)

// A Link leads from a session to the one that made the credential-issuing call.
type Link struct {
	Kind       LinkKind
	Parent     string   // session id
	Event      EventRef // the evidence
	Call       string   // AssumeRole, CreateAccessKey, …
	Time       int64    // of the call, µs UTC
	Confidence Confidence
	Reason     string // in words
}

// A Session is one unbroken use of one set of credentials or one sign-in.
type Session struct {
	ID             string // stable: the same events give the same id in any case
	Actor          string // who, for a human
	ActorKind      cloudtrail.Kind
	Kind           Kind
	Principal      string // ARN, else principalId
	PrincipalID    string
	Account        string // of the identity, else the account it acted on
	Role           string
	RoleARN        string
	SessionName    string
	SourceIdentity string
	Keys           []string // access keys used in person, else those that services used, sorted; masked ones left out
	Start, End     int64    // µs UTC, cloudtrail.NoTime when no event has a time
	Created        int64    // when the credentials were issued, else NoTime
	Events, Writes int64
	Errors         int64 // all failed calls, the denied among them
	Denied         int64
	Forwarded      int64 // events that services made in its name
	IPs            []string
	Services       []string // with Regions and Agents: what Input.Details told, sorted
	Regions        []string
	Agents         []string
	MFA            cloudtrail.MFA
	OpenedBy       EventRef // the sign-in that opened it, when that is no link to another session

	Link       *Link  // nil at the start of a chain, and where it is broken
	Candidates []Link // all that fit equally well, when more than one call does
	Root       string // id of the session at the start of the chain; its own at the start
	RootActor  string // the human or workload there
	RootKind   cloudtrail.Kind
	Depth      int        // links up to Root
	Confidence Confidence // of RootActor: that of the weakest link
	Reason     string     // why the chain starts here, or what is missing and what to load
	Risks      []Risk

	Face   *cloudtrail.Identity // who speaks for it
	Behalf string               // onBehalfOf.userId, on some events of a session only
	Seen   []string             // of an instance: its addresses by first use
	Ring   bool                 // its link closed a ring and was dropped

	sights []sighting
	lent   []string // keys that services used in its name
}

// A Span maps events to a session: those of one identity and anchor between two
// times, both included. An empty IP or Account stands for any.
type Span struct {
	Who      *cloudtrail.Identity
	Anchor   cloudtrail.Anchor
	Account  string
	IP       string
	From, To int64
	Session  int // index into Result.Sessions
}

// ByIP reports whether the span holds for one address and stretch of time only.
func (s Span) ByIP() bool { return s.From != math.MinInt64 || s.To != math.MaxInt64 }

// A Result is the sessions of an Input, ordered by start and id, and the spans
// that map each of its events to exactly one of them.
type Result struct {
	Sessions []Session
	Spans    []Span

	spans spanIndex // of Spans
	mints []issued  // with their sessions, ordered
	byID  map[string]int
}

// Find returns the index of the session an event belongs to.
func (r *Result) Find(ref Ref) (int, bool) { return r.spans.find(ref) }

// Issued lists what the sessions gave out, by time.
func (r *Result) Issued() []Issued {
	var out []Issued
	for _, m := range r.mints {
		if m.session < 0 || m.session >= len(r.Sessions) {
			continue
		}
		if i, ok := Credentials(m.Mint, r.Sessions[m.session].ID); ok {
			out = append(out, i)
		}
	}
	return out
}

// ByID returns the session with an id, or nil.
func (r *Result) ByID(id string) *Session {
	if i, ok := r.byID[id]; ok {
		return &r.Sessions[i]
	}
	return nil
}
