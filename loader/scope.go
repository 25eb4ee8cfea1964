package loader

import (
	"slices"
	"time"

	"spoor/loader/cloudtrail"
)

const dayLayout = "20060102"

// everything reports whether the scope leaves nothing out.
func (s Scope) everything() bool {
	return s.Since.IsZero() && s.Until.IsZero() && len(s.Accounts) == 0 && len(s.Regions) == 0
}

// Holds reports whether an object may hold events of the scope, as far as its
// name tells. Names that aren't CloudTrail object keys tell nothing.
func (s Scope) Holds(name string) bool {
	if s.everything() {
		return true
	}
	k, ok := cloudtrail.ParseKey(name)
	if !ok {
		return true
	}
	if len(s.Accounts) > 0 && !slices.Contains(s.Accounts, k.Account) || len(s.Regions) > 0 && !slices.Contains(s.Regions, k.Region) {
		return false
	}
	first, last := s.Days()
	day := delivered(k)
	return day == "" || (first == "" || day >= first) && (last == "" || day <= last)
}

// takes reports whether an event is of the scope. What a record does not tell, a
// time or an account, does not count against it: nothing is lost for that.
func (s *Scope) takes(e *cloudtrail.Event) bool {
	if e.Time != cloudtrail.NoTime && (!s.Since.IsZero() && e.Time < s.Since.UnixMicro() || !s.Until.IsZero() && e.Time > s.Until.UnixMicro()) {
		return false
	}
	in := func(list []string, v string) bool { return len(list) == 0 || v == "" || slices.Contains(list, v) }
	return in(s.Accounts, e.Account) && in(s.Regions, e.Region)
}

// status asks the sink for an object and settles which part of it to take: what
// scope asks for and what the case has of it already. An object of which the case
// lacks a part counts as changed.
func (s *Scope) status(sink Sink, o *Object) Status {
	if o.Part == nil && !s.everything() {
		o.Part = Part{*s}
	}
	st := sink.Status(*o)
	p, ok := sink.(Parter)
	if !ok || st == New {
		return st
	}
	switch had := p.Part(o.Name); {
	case had == nil:
		o.Part = nil // it is there whole and stays so
	case o.Part == nil:
		st = Changed
	case !had.covers(o.Part):
		st, o.Part = Changed, had.with(o.Part)
	default:
		o.Part = had
	}
	return st
}

// Days is the range of delivery days, YYYYMMDD, in which events of the scope
// arrive; "" is open. Events of a day are delivered on that day and the next,
// and after an outage a day later still.
func (s Scope) Days() (first, last string) {
	if !s.Since.IsZero() {
		first = s.Since.UTC().Format(dayLayout)
	}
	if !s.Until.IsZero() {
		last = s.Until.UTC().Add(48 * time.Hour).Format(dayLayout)
	}
	return first, last
}

// delivered is the delivery day that a key tells, YYYYMMDD, or "".
func delivered(k cloudtrail.Key) string {
	switch {
	case !k.Time.IsZero():
		return k.Time.Format(dayLayout)
	case !k.Day.IsZero():
		return k.Day.Format(dayLayout)
	}
	return ""
}

// hourOf is the hour an object was delivered in, as YYYYMMDDHH, or only the day: from
// its name, else the day of its last change.
func hourOf(o Object) string {
	k, ok := cloudtrail.ParseKey(o.Name)
	switch {
	case ok && !k.Time.IsZero():
		return k.Time.Format(dayLayout + "15")
	case ok && !k.Day.IsZero():
		return k.Day.Format(dayLayout)
	}
	return o.ModTime.UTC().Format(dayLayout)
}
