package session

import (
	"iter"
	"time"

	"spoor/loader/cloudtrail"
)

// Rules numbers the rules by which events become sessions and chains: what was
// worked out by other rules must not be gone on with. Count it up when they change.
const Rules = 8

// DefaultIdle is the silence that ends a session of a long-term key.
const DefaultIdle = 30 * time.Minute

const (
	second = int64(1_000_000) // a second in the case's unit, µs

	// stampTolerance is how far a creationDate may lie from the eventTime of the
	// call that issued it: both are whole seconds of two hosts' clocks.
	stampTolerance = 2 * second
	// clockSkew is how much earlier than its issue a key may seem to be used.
	clockSkew = 60 * second
	// temporaryLife is the longest life of a temporary key: GetSessionToken and
	// GetFederationToken grant up to 36 hours (STS API reference).
	temporaryLife = 36 * 3600 * second
	// roleLife is the longest session of a role, usualRoleLife that of one for which no
	// duration is asked (STS API reference, AssumeRole).
	roleLife, usualRoleLife = 12 * 3600 * second, 3600 * second
	// BurstWindow is how long after a call a service may still act for its caller.
	BurstWindow = 60 * time.Second
	// TokenLife is how long a token of GetSigninToken opens the console (IAM user
	// guide, custom identity broker).
	TokenLife = 15 * time.Minute
	// signInPreface is how long before a sign-in its password and MFA steps count as part of it.
	signInPreface = 5 * 60 * second
	// maxDepth guards the walk up; role chains of real systems have two or three links.
	maxDepth = 16
)

// An Input is a whole case, summed up; or a part of one, with what the rest of
// the case tells of it (Known, Assumed, Names).
type Input struct {
	Idle     time.Duration // 0 means DefaultIdle
	Activity []Activity
	Mints    []Mint
	Causes   []Cause
	Twins    []Twin
	Details  iter.Seq[Detail] // nil for none
	From, To int64            // first and last event time of the case, µs UTC; for the words only

	Known   []Session         // resolved before: those that Mints and Twins name as Caller, and all above them
	Assumed map[string]bool   // accounts in which a call that is not in Mints assumed a role
	Names   map[string]string // Identity Center user id → the least user name that sessions not resolved here tell
}

// An Activity sums up events of one identity, anchor, account and address. Its
// events lie close together: no gap between two of them exceeds the idle time.
// Grouping by time/idle ensures it. Two kinds of identity are cut finer: those
// that Signers lists get a row per distinct time, and events without a time one
// row of their own, with First and Last cloudtrail.NoTime.
type Activity struct {
	Who     *cloudtrail.Identity
	Anchor  cloudtrail.Anchor
	Account string // recipient
	IP      string // as logged
	First   int64  // µs UTC
	Last    int64

	Events, Writes int64
	Errors         int64 // all failed calls, the denied among them
	Denied         int64
}

// A Detail tells a service, region and agent of an activity's events; what is
// empty is told by others. The details of a row come best one after the other.
type Detail struct {
	Row                    int // index of Input.Activity
	Service, Region, Agent string
}

// A Ref points at one event by the columns that decide its session.
type Ref struct {
	Who     *cloudtrail.Identity
	Anchor  cloudtrail.Anchor
	Account string
	IP      string
	Time    int64
}

// An EventRef names an event for people (ID) and for the case (Seq, which
// differs between cases that loaded the same files in another order).
type EventRef struct {
	ID  string
	Seq int64
}

// A Mint is a successful call that gave out credentials or opened a sign-in.
type Mint struct {
	cloudtrail.Mint
	Ref    Ref // the call itself, and so its caller
	Event  EventRef
	Shared string // sharedEventID
	Caller string // id of the Known session it belongs to; "" when its event is in Activity
	MFA    cloudtrail.MFA
	Agent  string // user agent
}

// A Cause is the latest call of the same principal to the service that then
// acted in its name (invokedBy), at most BurstWindow before the first event of
// Who. Calls that the service itself made in somebody's name don't count. Where
// invokedBy is "AWS Internal", it is the latest call that the principal made in
// person, to any service. A tie goes to the call with the lowest identity hash,
// then address, then account.
type Cause struct {
	Who *cloudtrail.Identity // the forwarded identity
	By  Ref
}

// A Twin joins two copies of one action (sharedEventID): the copy in the
// resource's account, which hides its caller, and the caller's own.
type Twin struct {
	Hidden, Full Ref
	Event        EventRef // of the full copy
	Caller       string   // id of the Known session that Full belongs to; "" when its event is in Activity
}

// signs reports whether an identity is one that signs in: one with no session
// of its own yet, whose sign-in event belongs to the session it opens.
func signs(m *Mint) bool { return opensConsole(m.Call) && m.Ref.Who.Created == cloudtrail.NoTime }

// Signers lists the identities whose events may be part of a sign-in: those that
// sign in, and those of the same principals, without a key, that take the steps
// before it; records spell them differently. Their Activity needs a row per
// distinct time.
func Signers(mints []Mint, all []*cloudtrail.Identity) []*cloudtrail.Identity {
	people, themselves := map[string]bool{}, map[*cloudtrail.Identity]bool{}
	for i := range mints {
		if who := mints[i].Ref.Who; signs(&mints[i]) && !themselves[who] {
			people[person(who)], themselves[who] = true, true
		}
	}
	var out []*cloudtrail.Identity
	for _, id := range all {
		if themselves[id] || len(people) > 0 && bare(id) && people[person(id)] {
			out = append(out, id)
		}
	}
	return out
}

// bare reports whether an identity has neither a key nor a session yet.
func bare(id *cloudtrail.Identity) bool { return id.AccessKey == "" && id.Created == cloudtrail.NoTime }

// Forwards reports whether a service used this identity in its caller's name,
// so that a Cause should be looked for.
func Forwards(id *cloudtrail.Identity) bool {
	return id.InvokedBy != "" && id.PrincipalID != "" &&
		id.Kind != cloudtrail.KindService && id.Kind != cloudtrail.KindServiceLinked
}

// SignsIn reports whether a call is a sign-in to the console.
func SignsIn(call string) bool { return opensConsole(call) }

func opensConsole(call string) bool {
	return call == "ConsoleLogin" || call == "SwitchRole" || call == "ExitRole"
}
