package session

import (
	"slices"

	"spoor/loader/cloudtrail"
)

// switched links a console session that SwitchRole opened to the session of the
// principal it was switched from.
func (l *ledger) switched(res *Result, self int) []Link {
	s := &res.Sessions[self]
	var links []Link
	for _, i := range l.bySession[self] {
		m := l.all[i]
		if !opensConsole(m.Call) {
			continue
		}
		if s.OpenedBy == (EventRef{}) {
			s.OpenedBy = m.Event
		}
		if m.From == "" {
			continue
		}
		for _, j := range l.active(res, m, self) {
			links = append(links, Link{Kind: ByRoleSession, Parent: res.Sessions[j].ID, Event: m.Event, Call: m.Call, Time: m.Ref.Time, Confidence: ByTime,
				Reason: m.Call + " names " + m.From + " as the previous principal, which was signed in then"})
		}
	}
	return links
}

// active returns the sessions of a switch's previous principal that were under
// way at that moment; when none spans it, those that ended last before it.
func (l *ledger) active(res *Result, m issued, self int) []int {
	var during, before []int
	last := int64(cloudtrail.NoTime)
	for _, j := range l.byARN(res)[m.From] {
		s := &res.Sessions[j]
		switch t := m.Ref.Time; {
		case j == self || s.Start == cloudtrail.NoTime || s.Start > t+stampTolerance || s.Kind == LongTermKey || s.Kind == Forwarded:
		case s.End >= t:
			during = append(during, j)
		case s.End > last:
			before, last = []int{j}, s.End
		case s.End == last:
			before = append(before, j)
		}
	}
	if len(during) > 0 {
		before = during
	} else if m.Ref.Time-last > temporaryLife {
		return nil
	}
	slices.SortFunc(before, func(a, b int) int { return compareSessions(&res.Sessions[a], &res.Sessions[b]) })
	return before
}

func (l *ledger) byARN(res *Result) map[string][]int {
	if l.arns == nil {
		l.arns = map[string][]int{}
		for i := range res.Sessions {
			l.arns[res.Sessions[i].Principal] = append(l.arns[res.Sessions[i].Principal], i)
		}
	}
	return l.arns
}

// twins links the sessions of strangers, as another account's logs show them, to
// their own, by the actions that both accounts recorded.
func (r *resolver) twins(res *Result, l *ledger) map[int][]Link {
	out := map[int][]Link{}
	add := func(hidden, full int, event EventRef, call string, at int64) {
		if hidden == full {
			return
		}
		id := res.Sessions[full].ID
		for i := range out[hidden] {
			if old := &out[hidden][i]; old.Parent == id {
				if at < old.Time || at == old.Time && event.ID < old.Event.ID {
					old.Event, old.Call, old.Time = event, call, at
				}
				return
			}
		}
		out[hidden] = append(out[hidden], Link{Kind: BySharedEvent, Parent: id, Event: event, Call: call, Time: at, Confidence: Exact,
			Reason: "the caller's own account recorded the same action (same sharedEventID)"})
	}
	for i, m := range l.all {
		if j, ok := l.full(i); ok && m.session >= 0 && l.all[j].session >= 0 {
			add(m.session, l.all[j].session, l.all[j].Event, m.Call, m.Ref.Time)
		}
	}
	for _, t := range r.in.Twins {
		hidden, ok1 := res.Find(t.Hidden)
		full := res.caller(t.Full, t.Caller)
		if ok1 && full >= 0 {
			add(hidden, full, t.Event, "", t.Full.Time)
		}
	}
	for i := range out {
		sortLinks(out[i])
	}
	return out
}

// learn spreads the user names that Identity Center's sign-ins and sessions
// tell to all sessions of the user: onBehalfOf is on some events only.
func (l *ledger) learn(res *Result, told map[string]string) {
	tell := func(behalf, name string) {
		if old := l.names[behalf]; old == "" || name < old {
			l.names[behalf] = name
		}
	}
	for behalf, name := range told {
		tell(behalf, name)
	}
	for i := range res.Sessions {
		if s := &res.Sessions[i]; s.Tells() {
			tell(s.Behalf, s.SessionName)
		}
	}
	for i := range res.Sessions {
		s := &res.Sessions[i]
		if user := l.names[s.Behalf]; s.Behalf != "" && user != "" {
			s.Actor = user
		}
	}
}

// Tells reports whether a session's name is that of the Identity Center user on
// whose behalf it is.
func (s *Session) Tells() bool {
	_, sso := permissionSet(s.Role)
	return sso && s.Behalf != "" && s.SessionName != ""
}

// cutCycles drops the link that closes a ring, which only damaged or made up
// records can form: that of the ring's first session.
func cutCycles(res *Result, parent []int) {
	state := make([]uint8, len(parent)) // 1 on the path, 2 done
	for i := range parent {
		var path []int
		at := i
		for at >= 0 && state[at] == 0 {
			state[at] = 1
			path = append(path, at)
			at = parent[at]
		}
		if at >= 0 && state[at] == 1 {
			first := at
			for j := parent[at]; j != at; j = parent[j] {
				if compareSessions(&res.Sessions[j], &res.Sessions[first]) < 0 {
					first = j
				}
			}
			s := &res.Sessions[first]
			s.Candidates, s.Link, parent[first] = append(s.Candidates, *s.Link), nil, -1
			s.Ring = true
		}
		for _, p := range path {
			state[p] = 2
		}
	}
}
