package session

import (
	"cmp"
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
)

// issued is a mint with the session that its call belongs to.
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
		byShared: map[string][]int{}, bySession: map[int][]int{}, assumed: map[string]bool{}, federated: map[string][]int{}, names: map[string]string{},
	}
	for i := range in.Mints {
		if at, ok := res.Find(in.Mints[i].Ref); ok {
			l.all = append(l.all, issued{&in.Mints[i], at})
		}
	}
	slices.SortFunc(l.all, func(a, b issued) int { return compareMints(a.Mint, b.Mint) })
	for i, m := range l.all {
		l.enter(i, m, cat)
	}
	l.joinSteps()
	return l
}

// joinSteps names the users of sign-ins to Identity Center where one step says
// who it is and another what she is called: AuthWorkflowID is on all of them.
func (l *ledger) joinSteps() {
	names := map[string]string{}
	for _, m := range l.all {
		if m.Workflow != "" && m.SessionName != "" && !masked(m.SessionName) {
			names[m.Workflow] = m.SessionName
		}
	}
	for _, m := range l.all {
		if user := m.Ref.Who.OnBehalfOf; user != "" && l.names[user] == "" && names[m.Workflow] != "" {
			l.names[user] = names[m.Workflow]
		}
	}
}

func compareMints(a, b *Mint) int {
	return cmp.Or(cmp.Compare(a.Ref.Time, b.Ref.Time), cmp.Compare(a.Event.ID, b.Event.ID), cmp.Compare(a.Call, b.Call),
		cmp.Compare(a.IssuedKey, b.IssuedKey), slices.Compare(a.Ref.Who.Hash[:], b.Ref.Who.Hash[:]),
		cmp.Compare(a.Ref.Account, b.Ref.Account), cmp.Compare(a.SessionName, b.SessionName), cmp.Compare(a.RoleARN, b.RoleARN))
}

func (l *ledger) enter(i int, m issued, cat *catalog) {
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
	caller := m.Ref.Who
	switch m.Call {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity":
		account, role := splitARN(m.RoleARN)
		l.assumed[account] = true
		k := roleSession{account, role, cmp.Or(m.SessionName, afterColon(m.Principal))}
		l.byRole[k] = append(l.byRole[k], i)
	case "AssumeRoot":
		l.roots = append(l.roots, i)
	case "GetFederationToken":
		l.federated[caller.ARN] = append(l.federated[caller.ARN], i)
	case "GetRoleCredentials", "Federate":
		l.portal = append(l.portal, i)
	case "UserAuthentication", "CredentialVerification", "CredentialChallenge":
		if user := cmp.Or(caller.OnBehalfOf, m.Principal); user != "" && m.SessionName != "" && !masked(m.SessionName) {
			l.names[user] = m.SessionName
		}
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
