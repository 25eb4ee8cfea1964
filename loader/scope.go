package loader

import (
	"slices"
	"time"
)

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
	k, ok := parseKey(name)
	if !ok {
		return true
	}
	first, last := s.Days()
	return (len(s.Accounts) == 0 || slices.Contains(s.Accounts, k.account)) &&
		(len(s.Regions) == 0 || slices.Contains(s.Regions, k.region)) &&
		(first == "" || k.day >= first) && (last == "" || k.day <= last)
}

// Days is the range of delivery days, YYYYMMDD, in which events of the scope
// arrive; "" is open. Events of a day are delivered on that day and the next,
// and after an outage a day later still.
func (s Scope) Days() (first, last string) {
	if !s.Since.IsZero() {
		first = s.Since.UTC().Format("20060102")
	}
	if !s.Until.IsZero() {
		last = s.Until.UTC().Add(48 * time.Hour).Format("20060102")
	}
	return first, last
}
