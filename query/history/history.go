// Package history rebuilds the state of a resource from the changes that a case
// holds of it: the rules of a security group, who may use a key, what a bucket
// policy says. It is pure: events in, states and differences out.
//
//	events that touched one resource, oldest first
//	      │ apply: a handler per API sets, removes or replaces facts
//	      ▼
//	facts, grouped by aspect ("ingress rules", "bucket policy", "trust")
//
// It never guesses. An aspect is known whole only after an event that says all
// of it (a policy put, the resource created); before that, single facts are
// known, and the rest is named as unknown. What no event set but one implies (a
// rule that was revoked must have been there) is marked as inferred.
package history

import (
	"maps"
	"slices"

	"spoor/query"
)

// An Event is a successful call that touched the resource.
type Event struct {
	Seq     int64
	Time    int64  // µs UTC or cloudtrail.NoTime
	Source  string // as logged: "ec2.amazonaws.com"
	Name    string // API date taken off
	Request string // raw JSON, "" when absent
	Answer  string // responseElements, likewise
}

// A call names an API.
type call struct{ source, name string }

// A handler applies one call to the state.
type handler func(t *track, e Event, req, res value)

// Names lists the event names that can tell something about state, sorted.
func Names() []string {
	names := map[string]bool{}
	for _, part := range handlers() {
		for c := range part {
			names[c.name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func handlers() []map[call]handler {
	return []map[call]handler{ec2Calls, shareCalls, s3Calls, iamCalls, kmsCalls, trailCalls}
}

// handlerOf returns nil for a call that tells nothing about state.
func handlerOf(c call) handler {
	for _, part := range handlers() {
		if h := part[c]; h != nil {
			return h
		}
	}
	return nil
}

// Diff returns the state of a resource before and after the event e; earlier
// are the events that touched it before, oldest first.
func Diff(resource, kind string, earlier []Event, e Event) query.Diff {
	d := query.Diff{Resource: resource, Type: kind, Seq: e.Seq, Time: e.Time}
	if handlerOf(call{e.Source, e.Name}) == nil {
		d.Note = "spoor does not rebuild the state that " + e.Name + " changes"
		return d
	}
	t := newTrack(kind)
	for _, x := range earlier {
		t.apply(x)
	}
	before := t.copy()
	t.apply(e)
	d.Lines = compare(before, t)
	if len(d.Lines) == 0 {
		d.Note = "the record does not say what changed"
	}
	return d
}

// At returns the state of a resource after the events given, oldest first.
func At(resource, kind string, at int64, events []Event) query.State {
	t := newTrack(kind)
	for _, e := range events {
		t.apply(e)
	}
	s := query.State{Resource: resource, Type: kind, At: at}
	for _, name := range t.order {
		a := t.aspects[name]
		for _, k := range a.keys() {
			f := a.facts[k]
			f.Aspect, f.Key = name, k
			s.Facts = append(s.Facts, f)
		}
		if !a.whole || a.since > t.first {
			s.Unknown = append(s.Unknown, query.UnknownAspect{Aspect: name, Since: a.since})
		}
	}
	return s
}
