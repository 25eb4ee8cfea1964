package session

import (
	"cmp"
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
)

// issued is a mint with the session that its call belongs to; -1 for one that is
// here for the names it tells only.
type issued struct {
	*Mint
	session int
}

type roleSession struct{ account, role, name string }

// A ledger finds mints by each thing that ties one to later events (fact sheet
// section 3.1).
type ledger struct {
	all       []issued // by time, then by content
	byKey     map[string][]int
	byRole    map[roleSession][]int
	byPerson  map[string][]int // sign-ins and session tokens, by the caller
	bySignIn  map[string][]int
	byShared  map[string][]int
	bySession map[int][]int
	assumed   map[string]bool // accounts in which any role was assumed
	roots     []int           // AssumeRoot
	portal    []int           // Identity Center's GetRoleCredentials and Federate
	federated map[string][]int
	names     map[string]string // Identity Center user id → user name
	arns      map[string][]int  // sessions by principal
}

func newLedger(in *Input, res *Result, cat *catalog) *ledger {
	l := &ledger{
		byKey: map[string][]int{}, byRole: map[roleSession][]int{}, byPerson: map[string][]int{}, bySignIn: map[string][]int{},
		byShared: map[string][]int{}, bySession: map[int][]int{}, assumed: map[string]bool{}, federated: map[string][]int{},
	}
	for account := range in.Assumed {
		l.assumed[account] = true
	}
	for i := range in.Mints {
		l.all = append(l.all, issued{&in.Mints[i], res.caller(in.Mints[i].Ref, in.Mints[i].Caller)})
	}
	slices.SortFunc(l.all, func(a, b issued) int { return compareMints(a.Mint, b.Mint) })
	var steps []*Mint
	for i, m := range l.all {
		if m.Names() {
			steps = append(steps, m.Mint)
		}
		if m.session >= 0 {
			l.enter(i, m, cat)
		}
	}
	l.names = userNames(steps)
	return l
}

// UserNames tells, by user id, what the steps of signing in to Identity Center
// call its users.
func UserNames(mints []Mint) map[string]string {
	var steps []*Mint
	for i := range mints {
		if mints[i].Names() {
			steps = append(steps, &mints[i])
		}
	}
	slices.SortFunc(steps, compareMints)
	return userNames(steps)
}

// userNames takes the steps by time. One may say who it is and another what she
// is called: AuthWorkflowID is on all of them.
func userNames(steps []*Mint) map[string]string {
	names, called := map[string]string{}, map[string]string{}
	for _, m := range steps {
		if m.SessionName == "" || cloudtrail.Masked(m.SessionName) {
			continue
		}
		if user := cmp.Or(m.Ref.Who.OnBehalfOf, m.Principal); user != "" && isSignInStep(m.Call) {
			names[user] = m.SessionName
		}
		if m.Workflow != "" {
			called[m.Workflow] = m.SessionName
		}
	}
	for _, m := range steps {
		if user := m.Ref.Who.OnBehalfOf; user != "" && names[user] == "" && called[m.Workflow] != "" {
			names[user] = called[m.Workflow]
		}
	}
	return names
}

// caller returns the session an event belongs to, or the known one with an id;
// -1 for neither.
func (r *Result) caller(ref Ref, known string) int {
	if known != "" {
		if at, ok := r.byID[known]; ok {
			return at
		}
	} else if at, ok := r.Find(ref); ok {
		return at
	}
	return -1
}

// AssumedIn returns the account that a call assumed a role in.
func (m *Mint) AssumedIn() (account string, ok bool) {
	if !Assumes(m.Call) {
		return "", false
	}
	account, _ = splitARN(m.RoleARN)
	return account, true
}

// Assumes reports whether a call opens a session of a role.
func Assumes(call string) bool {
	switch call {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "CreateSession": // the last by Roles Anywhere
		return true
	}
	return false
}

// Names reports whether a call tells what an Identity Center user is called.
func (m *Mint) Names() bool { return m.Workflow != "" || isSignInStep(m.Call) }

func isSignInStep(call string) bool {
	return call == "UserAuthentication" || call == "CredentialVerification" || call == "CredentialChallenge"
}

// compareMints orders by what the records say; of two that say the same (placeholder
// ids may stand on several) the case's order decides.
func compareMints(a, b *Mint) int {
	return cmp.Or(cmp.Compare(a.Ref.Time, b.Ref.Time), cmp.Compare(a.Event.ID, b.Event.ID), cmp.Compare(a.Call, b.Call),
		cmp.Compare(a.IssuedKey, b.IssuedKey), slices.Compare(a.Ref.Who.Hash[:], b.Ref.Who.Hash[:]),
		cmp.Compare(a.Ref.Account, b.Ref.Account), cmp.Compare(a.SessionName, b.SessionName), cmp.Compare(a.RoleARN, b.RoleARN),
		cmp.Compare(a.Ref.IP, b.Ref.IP), cmp.Compare(a.Target, b.Target), cmp.Compare(a.From, b.From), cmp.Compare(a.Event.Seq, b.Event.Seq))
}

func (l *ledger) enter(i int, m issued, cat *catalog) {
	caller := m.Ref.Who
	l.bySession[m.session] = append(l.bySession[m.session], i)
	if realKey(m.IssuedKey) && m.Call != "GetSigninToken" { // that call shows the key it was given
		l.byKey[m.IssuedKey] = append(l.byKey[m.IssuedKey], i)
	}
	if m.Shared != "" {
		l.byShared[m.Shared] = append(l.byShared[m.Shared], i)
	}
	if m.SignIn != "" {
		l.bySignIn[m.SignIn] = append(l.bySignIn[m.SignIn], i)
	}
	if Assumes(m.Call) {
		account, role := splitARN(m.RoleARN)
		l.assumed[account] = true
		k := roleSession{account, role, cmp.Or(m.SessionName, afterColon(m.Principal))}
		l.byRole[k] = append(l.byRole[k], i)
	}
	switch m.Call {
	case "AssumeRoot":
		l.roots = append(l.roots, i)
	case "GetFederationToken":
		l.federated[caller.ARN] = append(l.federated[caller.ARN], i)
	case "GetRoleCredentials", "Federate":
		l.portal = append(l.portal, i)
	case "ConsoleLogin", "GetSigninToken", "GetSessionToken":
		p := cat.person(caller)
		l.byPerson[p] = append(l.byPerson[p], i)
	}
}

// splitARN returns the account and the last name of an ARN.
func splitARN(arn string) (account, name string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) == 6 {
		account = parts[4]
	}
	return account, arn[strings.LastIndexByte(arn, '/')+1:]
}

func afterColon(s string) string {
	_, after, _ := strings.Cut(s, ":")
	return after
}

// hides reports whether a record shows its caller only as a stranger.
func hides(id *cloudtrail.Identity) bool {
	return id.Kind == cloudtrail.KindForeign
}

// full returns the copy of a mint in its caller's own account, when loaded.
func (l *ledger) full(i int) (int, bool) {
	if !hides(l.all[i].Ref.Who) {
		return i, false
	}
	for _, j := range l.byShared[l.all[i].Shared] {
		if !hides(l.all[j].Ref.Who) {
			return j, true
		}
	}
	return i, false
}
