package session

import (
	"cmp"
	"slices"

	"spoor/loader/cloudtrail"
)

// attach gives the bursts of services working in somebody's name to the session
// whose call set them off (forward access sessions: each brings keys of its own).
func (r *resolver) attach() {
	causes := map[*cloudtrail.Identity]Ref{}
	for _, c := range r.in.Causes {
		causes[c.Who] = c.By
	}
	for _, u := range r.units {
		if u.kind != TemporaryKey && u.kind != Stamped && u.kind != Console || !r.forwarded(u) {
			continue
		}
		u.kind = Forwarded
		by, ok := causes[r.earliest(u)]
		if !ok {
			continue
		}
		if i, ok := r.res.Find(by); ok && r.units[i] != u {
			u.target = r.units[i]
		}
	}
	r.untangle()
}

// forwarded reports whether only services used the unit's credentials.
func (r *resolver) forwarded(u *unit) bool {
	for _, i := range u.rows {
		if !Forwards(r.in.Activity[i].Who) {
			return false
		}
	}
	return true
}

// earliest returns the identity that came first, the one with a cause to look for.
func (r *resolver) earliest(u *unit) *cloudtrail.Identity {
	best := &r.in.Activity[u.rows[0]]
	for _, i := range u.rows[1:] {
		a := &r.in.Activity[i]
		if d := cmp.Or(cmp.Compare(a.First, best.First), slices.Compare(a.Who.Hash[:], best.Who.Hash[:])); d < 0 {
			best = a
		}
	}
	return best.Who
}

// untangle frees bursts that name each other as the cause, all of a ring alike.
func (r *resolver) untangle() {
	state := make([]uint8, len(r.units)) // 1 on the path, 2 done
	for _, u := range r.units {
		var path []*unit
		at := u
		for at != nil && state[at.index] == 0 {
			state[at.index] = 1
			path = append(path, at)
			at = at.target
		}
		if at != nil && state[at.index] == 1 {
			for ring := slices.Index(path, at); ring < len(path); ring++ {
				path[ring].target = nil
			}
		}
		for _, p := range path {
			state[p.index] = 2
		}
	}
}

// fill sums up the rows and names the sessions.
func (r *resolver) fill(sums []*Session) {
	faces := make([]*Activity, len(r.units))
	for i := range r.in.Activity {
		a := &r.in.Activity[i]
		u := r.home[i]
		owner := u.owner()
		add(sums[owner.index], a, u.target != nil || a.Who.InvokedBy != "" && a.Who.Kind != cloudtrail.KindService)
		if f := &faces[owner.index]; u.target == nil && (*f == nil || speaksFor(a, *f)) {
			*f = a
		}
	}
	for i := range r.in.Activity {
		if u := r.home[i]; u.target == nil {
			enrich(sums[u.index], r.in.Activity[i].Who, faces[u.index].Who)
		}
	}
	for i, s := range sums {
		if s != nil {
			if len(s.Keys) == 0 {
				s.Keys = s.lent
			}
			s.Keys, s.IPs, s.lent = sorted(s.Keys), sorted(s.IPs), nil
			s.Seen = s.places()
			name(s, faces[i].Who)
		}
	}
}

// speaksFor reports whether a names a session better than b: who acts in person
// before who acts through a service, then who came first.
func speaksFor(a, b *Activity) bool {
	if x, y := a.Who.InvokedBy == "", b.Who.InvokedBy == ""; x != y {
		return x
	}
	if x, y := a.Who.Created != cloudtrail.NoTime, b.Who.Created != cloudtrail.NoTime; x != y {
		return x // a sign-in's own event knows less than the work it opens
	}
	return cmp.Or(cmp.Compare(a.First, b.First), slices.Compare(a.Who.Hash[:], b.Who.Hash[:])) < 0
}

// name takes the session's names from the identity that speaks for it.
func name(s *Session, id *cloudtrail.Identity) {
	s.Actor, s.ActorKind = id.Actor, id.Kind
	s.Principal, s.PrincipalID = cmp.Or(id.ARN, id.PrincipalID), id.PrincipalID
	s.Account = cmp.Or(id.Account, s.Account)
	s.Role, s.RoleARN, s.SessionName = id.Role, id.RoleARN, id.SessionName
}

// enrich adds what only some identities of a session say.
func enrich(s *Session, id, face *cloudtrail.Identity) {
	if id.PrincipalID != face.PrincipalID || id.InvokedBy != "" && face.InvokedBy == "" {
		return
	}
	s.MFA = max(s.MFA, id.MFA)
	if v := id.SourceIdentity; v != "" && (s.SourceIdentity == "" || v < s.SourceIdentity) {
		s.SourceIdentity = v
	}
	if v := id.OnBehalfOf; v != "" && (s.Behalf == "" || v < s.Behalf) {
		s.Behalf = v
	}
	if c := id.Created; c != cloudtrail.NoTime && (s.Created == cloudtrail.NoTime || c < s.Created) {
		s.Created = c
	}
}

func add(s *Session, a *Activity, viaService bool) {
	s.Events += a.Events
	s.Writes += a.Writes
	s.Errors += a.Errors
	s.Denied += a.Denied
	if viaService {
		s.Forwarded += a.Events
	}
	if a.First != cloudtrail.NoTime {
		if s.Start == cloudtrail.NoTime || a.First < s.Start {
			s.Start = a.First
		}
		s.End = max(s.End, a.Last)
	}
	switch key := a.Who.AccessKey; {
	case !realKey(key):
	case viaService: // a key of the service's, which nobody else can use
		s.lent = include(s.lent, key)
	default:
		s.Keys = include(s.Keys, key)
	}
	if a.Who.Kind == cloudtrail.KindInstance {
		s.sight(a.IP, a.First)
	}
	if a.IP != "" {
		s.IPs = include(s.IPs, a.IP)
	}
	if s.Account == "" {
		s.Account = a.Account
	} else if s.Account != a.Account {
		s.Account = min(s.Account, a.Account)
	}
}

// include adds a value, looking back a little so that lists stay short; sorted
// removes the rest.
func include(list []string, v string) []string {
	for i := len(list) - 1; i >= 0 && i >= len(list)-8; i-- {
		if list[i] == v {
			return list
		}
	}
	if len(list) == cap(list) && len(list) > 64 {
		list = sorted(list)
	}
	return append(list, v)
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
