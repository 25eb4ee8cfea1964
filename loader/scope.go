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

// dayOf is the day an object was delivered, as YYYYMMDD: from its name, else the
// day of its last change.
func dayOf(o Object) string {
	if k, ok := cloudtrail.ParseKey(o.Name); ok {
		if day := delivered(k); day != "" {
			return day
		}
	}
	return o.ModTime.UTC().Format(dayLayout)
}
