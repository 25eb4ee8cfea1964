package session

import (
	"slices"
	"sort"
	"strings"

	"spoor/loader/cloudtrail"
)

// A clue is a mint that may have issued a session's credentials.
type clue struct {
	mint       int
	kind       LinkKind
	confidence Confidence
	why        string
}

// chain links the sessions of a result and walks each up to its start.
func (r *resolver) chain(res *Result) {
	own := len(res.Sessions)
	r.faces(res)
	for i := range r.in.Known {
		res.byID[r.in.Known[i].ID] = own + i
	}
	res.Sessions = append(res.Sessions, r.in.Known...)
	l := newLedger(r.in, res, r.cat)
	res.mints = l.all
	l.secondFactors(res.Sessions[:own])
	twins := r.twins(res, l)
	parent := make([]int, len(res.Sessions))
	for i := range res.Sessions {
		s := &res.Sessions[i]
		if i >= own {
			parent[i] = above(res, s)
			continue
		}
		if user := s.Face.OnBehalfOf; user != "" && s.Behalf == "" {
			s.Behalf = user
		}
		links := l.links(res, i, s.Face, r.cat.person(s.Face))
		if len(links) == 0 {
			links = twins[i]
		}
		parent[i] = choose(res, s, links)
	}
	l.learn(res, r.in.Names)
	cutCycles(res, parent)
	w := walker{in: r.in, res: res, ledger: l, parent: parent}
	w.run(own)
	res.Sessions = slices.Clip(res.Sessions[:own])
}

// above returns the index of a known session's parent, or -1.
func above(res *Result, s *Session) int {
	if s.Link != nil {
		if at, ok := res.byID[s.Link.Parent]; ok {
			return at
		}
	}
	return -1
}

// faces notes the identity that speaks for each session.
func (r *resolver) faces(res *Result) {
	best := make([]*Activity, len(res.Sessions))
	for i := range r.in.Activity {
		u := r.home[i]
		if u.target != nil {
			continue
		}
		a := &r.in.Activity[i]
		if b := &best[u.session]; *b == nil || speaksFor(a, *b) {
			*b = a
		}
	}
	for i, a := range best {
		res.Sessions[i].Face = a.Who
	}
}

// links finds the mints of one session; the first rule that finds any decides.
func (l *ledger) links(res *Result, i int, face *cloudtrail.Identity, person string) []Link {
	s := &res.Sessions[i]
	for _, rule := range []func(*Session, *cloudtrail.Identity, string) []clue{
		l.issuedKey, l.signIn, l.roleSession, l.borrowed, l.sourceIdentity, l.sessionToken, l.federation, l.assumeRoot, l.console, l.identityCenter, l.signInToken,
	} {
		if links := l.resolve(res, i, rule(s, face, person)); len(links) > 0 {
			return links
		}
	}
	return l.switched(res, i)
}

// resolve turns clues into links, one per action: of a pair of twins the copy
// that names the caller.
func (l *ledger) resolve(res *Result, self int, clues []clue) []Link {
	var links []Link
	seen := map[int]bool{}
	for _, c := range clues {
		j, twin := l.full(c.mint)
		twin = twin || l.hidden(clues, c.mint)
		if seen[j] {
			continue
		}
		seen[j] = true
		m := l.all[j]
		if m.session == self || m.session < 0 {
			continue
		}
		link := Link{Kind: c.kind, Parent: res.Sessions[m.session].ID, Event: m.Event, Call: m.Call, Time: m.Ref.Time, Confidence: c.confidence, Reason: c.why}
		if twin {
			link.Kind = BySharedEvent
			link.Reason += "; the caller is named by the copy in its own account (same sharedEventID)"
		}
		links = append(links, link)
	}
	return links
}

// hidden reports whether a clue has a twin among the clues that hides the caller.
func (l *ledger) hidden(clues []clue, mint int) bool {
	shared := l.all[mint].Shared
	return shared != "" && slices.ContainsFunc(clues, func(c clue) bool {
		return c.mint != mint && l.all[c.mint].Shared == shared && hides(l.all[c.mint].Ref.Who)
	})
}

// choose takes the link when all that fit lead to one parent, and keeps them
// all when they don't. It returns the parent's index or -1.
func choose(res *Result, s *Session, links []Link) int {
	if len(links) == 0 {
		return -1
	}
	if len(links) > 1 {
		s.Candidates = links
	}
	for _, l := range links[1:] {
		if l.Parent != links[0].Parent {
			return -1
		}
	}
	s.Link = &links[0]
	return res.byID[links[0].Parent]
}

// issuedKey: the very key that a call gave out. A key is given out once: of
// several records of that, those that name the caller count.
func (l *ledger) issuedKey(s *Session, face *cloudtrail.Identity, _ string) []clue {
	var out []clue
	for _, key := range s.Keys {
		known := len(out)
		for _, i := range l.byKey[key] {
			m := l.all[i]
			if !agrees(m.Mint, s, face) || !lives(m.Mint, s) {
				continue
			}
			out = append(out, clue{i, ByIssuedKey, Exact, m.Call + " gave out the key " + key + " that it uses"})
		}
		if named := func(c clue) bool { return !hides(l.all[c.mint].Ref.Who) }; slices.ContainsFunc(out[known:], named) {
			out = slices.Concat(out[:known], slices.DeleteFunc(out[known:], func(c clue) bool { return !named(c) && l.all[c.mint].Shared == "" }))
		}
	}
	return out
}

// bearers are the types of those who use what each call gives out; what calls that
// open a session of a role do, roles use.
var bearers = map[string][]string{
	"AssumeRoot": {"Root"}, "GetSessionToken": {"IAMUser", "Root"}, "GetFederationToken": {"FederatedUser"}, "CreateAccessKey": {"IAMUser", "Root"},
}

// agrees guards against keys that documents print as examples: a key issued for
// one role, user or account is not used by another.
func agrees(m *Mint, s *Session, face *cloudtrail.Identity) bool {
	types := bearers[m.Call]
	if Assumes(m.Call) {
		types = []string{"AssumedRole"}
	}
	if types != nil && slices.Contains(principalTypes, face.Type) && !slices.Contains(types, face.Type) {
		return false
	}
	switch m.Call {
	case "CreateAccessKey": // a user who was renamed keeps her keys
		return !strings.HasSuffix(m.IssuedKey, "EXAMPLE") || !differs(m.Target, face.UserName)
	case "GetSessionToken":
		return !differs(m.Ref.Who.PrincipalID, face.PrincipalID)
	case "AssumeRoot":
		return !differs(m.Principal, s.Account)
	}
	if _, role := splitARN(m.RoleARN); role != "" && s.Role != "" && role != s.Role {
		return false
	}
	return m.SessionName == "" || s.SessionName == "" || m.SessionName == s.SessionName
}

// principalTypes are those of principals that use keys.
var principalTypes = []string{"AssumedRole", "FederatedUser", "IAMUser", "Root"}

// differs reports whether two names that the log shows are not the same.
func differs(a, b string) bool { return !cloudtrail.Masked(a) && !cloudtrail.Masked(b) && a != b }

// lives reports whether the session lies in the life of the key it was given.
func lives(m *Mint, s *Session) bool {
	if s.Start == cloudtrail.NoTime || m.Ref.Time == cloudtrail.NoTime {
		return true
	}
	if !temporary(m.IssuedKey) {
		return s.End >= m.Ref.Time-clockSkew
	}
	return s.Start >= m.Ref.Time-clockSkew && s.Start <= m.Ref.Time+temporaryLife
}

// roleSession: AssumeRole* of the same role and session name in the second in
// which the credentials were created.
func (l *ledger) roleSession(s *Session, face *cloudtrail.Identity, _ string) []clue {
	if s.Role == "" {
		return nil
	}
	var out []clue
	for _, i := range l.stamps(l.byRole[roleSession{s.Account, s.Role, s.SessionName}], s) {
		m := l.all[i]
		if m.Principal != "" && !cloudtrail.Masked(m.Principal) && m.Principal != s.PrincipalID {
			continue
		}
		if s.Kind == TemporaryKey && realKey(m.IssuedKey) { // it gave out another key, which was used by another session or never
			continue
		}
		out = append(out, clue{i, ByRoleSession, ByTime, m.Call + " of this role and session name in the second the credentials were created"})
	}
	return out
}

// sourceIdentity: where the creation time is not known, the last call before the
// session that set its source identity for this role and session name.
func (l *ledger) sourceIdentity(s *Session, _ *cloudtrail.Identity, _ string) []clue {
	if s.SourceIdentity == "" || s.Created != cloudtrail.NoTime || s.Start == cloudtrail.NoTime {
		return nil
	}
	var out []clue
	for _, i := range l.byRole[roleSession{s.Account, s.Role, s.SessionName}] {
		m := l.all[i]
		if m.SourceIdent == s.SourceIdentity && m.Ref.Time <= s.Start+stampTolerance && s.Start-m.Ref.Time <= temporaryLife {
			out = []clue{{i, BySourceIdentity, Inferred, m.Call + " set the same sourceIdentity for this role and session name"}}
		}
	}
	return out
}

// borrowed: what lent a service the rights by which it still works long after it
// was called, as CloudFormation does: the last calls that opened a session of this
// role and name, one of each caller. Most sessions last an hour; where none was
// opened in the last, the latest of all that may still have lasted counts.
func (l *ledger) borrowed(s *Session, _ *cloudtrail.Identity, _ string) []clue {
	if s.Kind != Forwarded || s.Role == "" || s.Start == cloudtrail.NoTime {
		return nil
	}
	var out []clue
	callers := map[int]bool{}
	calls := l.within(l.byRole[roleSession{s.Account, s.Role, s.SessionName}], s.Start-roleLife, s.Start+stampTolerance)
	for _, i := range slices.Backward(calls) {
		m := l.all[i]
		if len(out) > 0 && s.Start-m.Ref.Time > usualRoleLife {
			break
		}
		if callers[m.session] || !cloudtrail.Masked(m.Principal) && m.Principal != s.PrincipalID {
			continue
		}
		callers[m.session] = true
		out = append(out, clue{i, ByInference, Inferred, "the last " + m.Call + " of this role and session name before a service worked with its rights"})
	}
	return out
}

// within returns those of some mints, by time, that were made between two times, both
// included.
func (l *ledger) within(mints []int, from, to int64) []int {
	first := sort.Search(len(mints), func(i int) bool { return l.all[mints[i]].Ref.Time >= from })
	mints = mints[first:]
	return mints[:sort.Search(len(mints), func(i int) bool { return l.all[mints[i]].Ref.Time > to })]
}

// stamps returns those of some mints, by time, in whose second a session's
// credentials were created, by two hosts' clocks.
func (l *ledger) stamps(mints []int, s *Session) []int {
	if s.Created == cloudtrail.NoTime {
		return nil
	}
	return l.within(mints, s.Created-stampTolerance, s.Created+stampTolerance)
}

// sessionToken: GetSessionToken by the same user in the second of creation.
func (l *ledger) sessionToken(s *Session, _ *cloudtrail.Identity, person string) []clue {
	if s.Kind != TemporaryKey && s.Kind != Stamped {
		return nil
	}
	return l.byCaller(s, person, "GetSessionToken")
}

func (l *ledger) byCaller(s *Session, person, call string) []clue {
	var out []clue
	for _, i := range l.stamps(l.byPerson[person], s) {
		m := l.all[i]
		if m.Call != call || s.Kind == TemporaryKey && realKey(m.IssuedKey) {
			continue
		}
		out = append(out, clue{i, ByRoleSession, ByTime, call + " by the same principal in the second the session was created"})
	}
	return out
}

// federation: GetFederationToken by the issuer that the session names.
func (l *ledger) federation(s *Session, face *cloudtrail.Identity, _ string) []clue {
	if face.Type != "FederatedUser" || face.IssuerARN == "" {
		return nil
	}
	var out []clue
	for _, i := range l.stamps(l.federated[face.IssuerARN], s) {
		m := l.all[i]
		if (m.SessionName == "" || m.SessionName == s.SessionName) && !(s.Kind == TemporaryKey && realKey(m.IssuedKey)) {
			out = append(out, clue{i, ByRoleSession, ByTime, "GetFederationToken by its issuer in the second the credentials were created"})
		}
	}
	return out
}

// assumeRoot: AssumeRoot into this account in the second of creation.
func (l *ledger) assumeRoot(s *Session, face *cloudtrail.Identity, _ string) []clue {
	if !face.AssumedRoot {
		return nil
	}
	var out []clue
	for _, i := range l.stamps(l.roots, s) {
		m := l.all[i]
		if strings.Contains(m.Target+" "+m.Principal, s.Account) && !(s.Kind == TemporaryKey && realKey(m.IssuedKey)) {
			out = append(out, clue{i, ByRoleSession, ByTime, "AssumeRoot into this account in the second the credentials were created"})
		}
	}
	return out
}
