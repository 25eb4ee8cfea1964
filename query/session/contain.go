package session

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
)

// A Task is a kind of thing to do so that nobody goes on with what sessions held,
// gave out or made.
type Task uint8

// The tasks, in the order a responder acts in: first what lets somebody in now,
// then what was made to come back by, then what to know.
const (
	DisableKeys Task = iota
	ResetPasswords
	DisableUsers
	SignOut
	RevokeRoles
	RefuseTokens
	CheckRoles
	CheckGrants
	CheckPolicies
	CheckDevices
	RemoveCredentials
	CheckProviders
	CheckCenter
	Principals
	TemporaryKeys
	People
)

// Tasks are the names of the tasks for programs and for people, and the field
// under which the events about a step are found.
var Tasks = [...]struct{ Name, Title, Field string }{
	DisableKeys:       {"keys", "long-term keys to disable", "key"},
	ResetPasswords:    {"passwords", "passwords to reset, sign-ins to end", "actor"},
	DisableUsers:      {"users", "users that were made: disable", "resource"},
	SignOut:           {"identity_center_users", "Identity Center users to disable and sign out", "actor"},
	RevokeRoles:       {"roles", "roles whose sessions to revoke", "role"},
	RefuseTokens:      {"tokens", "users whose tokens outlive their keys: refuse what was issued before now", "principal"},
	CheckRoles:        {"altered_roles", "roles made or altered: trust and policies to check", "resource"},
	CheckGrants:       {"grants", "users and groups that were given rights", "resource"},
	CheckPolicies:     {"policies", "policies made or altered", "resource"},
	CheckDevices:      {"mfa", "MFA devices added or removed", "resource"},
	RemoveCredentials: {"credentials", "users with other credentials made for them", "resource"},
	CheckProviders:    {"providers", "identity providers and trust anchors made or altered", "resource"},
	CheckCenter:       {"identity_center", "Identity Center: assignments, permission sets and groups to check", "resource"},
	Principals:        {"principals", "users and other principals at work", "principal"},
	TemporaryKeys:     {"temporary_keys", "temporary keys given out or used: they end with their role's sessions", "key"},
	People:            {"root_actors", "people and workloads behind it", "root"},
}

// A Step is one thing to do, once however often there was reason for it.
type Step struct {
	Task    Task
	What    string // the key, user, role, …
	Account string // that it is in; "" where the records don't say
	Why     []string
	Seq     int64 // of the event that shows it first, 0 for a session
	Done    bool  // what it is about was deleted since, set inactive, or its sessions revoked
	since   int64 // when there was reason for it last, as a session began or a call was made
}

// A Contain is what to take away from whoever holds some sessions.
type Contain struct {
	steps []*Step
	at    map[stepKey]*Step
	now   int64 // when what is being taken in was
}

type stepKey struct {
	task          Task
	what, account string
}

// maxWhy bounds the reasons of a step.
const maxWhy = 20

// need takes in that something is to be done, and why.
func (c *Contain) need(task Task, what, account, why string, seq int64) {
	if what == "" {
		return
	}
	if c.at == nil {
		c.at = map[stepKey]*Step{}
	}
	k := keyOf(task, what, account)
	s := c.at[k]
	if s == nil {
		s = &Step{Task: task, What: what, Account: account, Seq: seq, since: c.now}
		c.at[k], c.steps = s, append(c.steps, s)
	}
	s.Done, s.since = false, max(s.since, c.now)
	if strings.HasPrefix(what, "arn:") && !strings.HasPrefix(s.What, "arn:") {
		s.What = what
	}
	s.because(why)
}

func keyOf(task Task, what, account string) stepKey {
	switch task {
	case RevokeRoles, CheckRoles, CheckPolicies, CheckProviders: // records name them by ARN or by name
		what = what[strings.LastIndexByte(what, '/')+1:]
	case DisableKeys:
		account = ""
	}
	return stepKey{task, what, account}
}

func (s *Step) because(why string) {
	if why != "" && len(s.Why) < maxWhy && !slices.Contains(s.Why, why) {
		s.Why = append(s.Why, why)
	}
}

// Since is the earliest time at which there was reason for a step last, µs UTC: what
// was undone before that makes none of the steps so far done.
func (c *Contain) Since() int64 {
	since := int64(math.MaxInt64)
	for _, s := range c.steps {
		since = min(since, s.since)
	}
	return since
}

// Steps lists what to do, task by task; of one task in the order in which the
// reasons came, with what was done last.
func (c *Contain) Steps() []Step {
	out := make([]Step, len(c.steps))
	for i, s := range c.steps {
		out[i] = *s
	}
	done := func(s Step) int {
		if s.Done {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b Step) int { return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(done(a), done(b))) })
	return out
}

// session takes in what somebody holds who holds a session.
func (c *Contain) session(s *Session) {
	c.now = s.Start
	for _, k := range s.Keys {
		c.key(k, s.Account, "used by "+s.Actor, 0)
	}
	if s.Link != nil && s.Link.Kind == BySharedEvent && s.ActorKind == cloudtrail.KindForeign {
		return // its parent, as another account's logs show it
	}
	switch {
	case s.Kind != Console && s.Kind != SignIn:
	case s.ActorKind == cloudtrail.KindUser:
		c.need(ResetPasswords, s.Actor, s.Account, "was signed in to the console", 0)
	case s.ActorKind == cloudtrail.KindRoot && strings.HasPrefix(s.Actor, "root@"): // not by AssumeRoot, which lasts minutes
		c.need(ResetPasswords, s.Actor, s.Account, "the root user was signed in to the console", 0)
	}
	if s.ActorKind == cloudtrail.KindSSO {
		why := "was signed in to the access portal"
		if set, ok := permissionSet(s.Role); ok {
			why = "worked with the permission set " + set + " in account " + s.Account
		}
		c.need(SignOut, s.Actor, "", why, 0)
	}
	if role := cmp.Or(s.RoleARN, s.Role); s.ActorKind == cloudtrail.KindServiceLinked {
		// nobody but the service can use it, and nobody can alter it
	} else if role != "" {
		if s.Created != cloudtrail.NoTime { // what is revoked after that stays so, however late it is tried
			c.now = s.Created
		}
		c.need(RevokeRoles, role, s.Account, "session "+cmp.Or(s.SessionName, s.Actor), 0)
		c.now = s.Start
	} else if s.Principal != "" && s.Kind != Service {
		c.need(Principals, s.Principal, s.Account, "", 0)
	}
	c.need(People, s.RootActor, "", "", 0)
}

// issued takes in what a session's call gave out.
func (c *Contain) issued(s *Session, i *Issued) {
	c.now = i.Time
	switch i.Call {
	case "GetFederationToken", "GetSessionToken":
		c.need(RefuseTokens, s.Principal, s.Account, i.Call, i.Event.Seq)
	}
	if role := i.For; strings.Contains(role, ":role/") { // who used it may be in no log
		account, _ := splitARN(role)
		c.need(RevokeRoles, role, account, i.Call+" by "+s.Actor, i.Event.Seq)
	}
	if i.Key != "" {
		c.key(i.Key, s.Account, i.Call+" for "+cmp.Or(i.For, s.Actor), i.Event.Seq)
	}
}

func (c *Contain) key(k, account, why string, seq int64) {
	if temporary(k) { // which the call may have made for another account
		c.need(TemporaryKeys, k, "", why, seq)
	} else {
		c.need(DisableKeys, k, account, why, seq)
	}
}

// A Deed is a successful call that made or altered something by which somebody
// can get in, or took that away.
type Deed struct {
	Service  string // iam, sso, …
	Name     string // of the call
	Resource string
	Account  string
	Summary  string // in words
	Seq      int64
	Time     int64 // µs UTC, cloudtrail.NoTime for none
	Theirs   bool  // done by one of the sessions; what others took away counts too
}

// Did takes in a deed. They must come by time.
func (c *Contain) Did(d Deed) {
	c.now = d.Time
	call := d.Service + " " + d.Name
	switch {
	case d.Name == "UpdateAccessKey" && !strings.HasSuffix(d.Summary, " Active"):
		call = "iam DeleteAccessKey" // it can be woken again, which would be another deed
	case call == "iam PutRolePolicy" && strings.HasPrefix(d.Summary, "wrote inline policy "+revoking+" ") && strings.HasSuffix(d.Summary, ": Deny * on * under conditions"):
		call = revoking
	case call == "iam DeleteRolePolicy" && strings.HasPrefix(d.Summary, "deleted inline policy "+revoking+" "):
		if s := c.at[keyOf(RevokeRoles, d.Resource, d.Account)]; s != nil {
			s.Done = false
			s.because(d.Summary)
		}
	}
	for _, task := range undoings[call] {
		if s := c.at[keyOf(task, d.Resource, d.Account)]; s != nil && s.since <= d.Time { // not one of the same name before
			s.Done = true
			s.because(d.Summary)
		}
	}
	task, ok := deeds[call]
	if !ok {
		return
	}
	if !d.Theirs {
		if s := c.at[keyOf(task, d.Resource, d.Account)]; s != nil {
			s.Done = false // somebody else woke a key
		}
		return
	}
	if d.Service == "signin" { // what it names is the account
		d.Resource = "root@" + d.Account
	}
	c.need(task, d.Resource, d.Account, d.Summary, d.Seq)
}

// DeedServices are the services whose calls may be deeds.
func DeedServices() []string {
	var out []string
	for k := range deeds {
		service, _, _ := strings.Cut(k, " ")
		out = append(out, service)
	}
	return sorted(out)
}

// Undoings are the names of the calls that may take away what there is a step for,
// or what the deeds made that are yet to be taken in: others need not be looked for.
func (c *Contain) Undoings(made []Deed) []string {
	var open [len(Tasks)]bool
	for _, s := range c.steps {
		open[s.Task] = true
	}
	for _, d := range made {
		if task, ok := deeds[d.Service+" "+d.Name]; ok {
			open[task] = true
		}
	}
	var out []string
	if open[DisableKeys] {
		out = append(out, "UpdateAccessKey")
	}
	if open[RevokeRoles] {
		out = append(out, "PutRolePolicy", "DeleteRolePolicy")
	}
	for call, tasks := range undoings {
		if slices.ContainsFunc(tasks, func(t Task) bool { return open[t] }) {
			if _, name, ok := strings.Cut(call, " "); ok {
				out = append(out, name)
			}
		}
	}
	return sorted(out)
}

// revoking is the inline policy by which the console revokes the sessions of a role
// (IAM User Guide, "Revoke IAM role temporary security credentials"): it refuses all
// to whoever has credentials from before. Another policy of that name does not count.
const revoking = "AWSRevokeOlderSessions"

// undoings are the tasks that a call does.
var undoings = map[string][]Task{
	revoking:                 {RevokeRoles},
	"iam DeleteUser":         {DisableUsers, ResetPasswords, CheckGrants, RemoveCredentials},
	"iam DeleteLoginProfile": {ResetPasswords}, "iam DeleteAccessKey": {DisableKeys},
	"iam DeleteRole": {RevokeRoles, CheckRoles}, "iam DeletePolicy": {CheckPolicies}, "iam DeleteGroup": {CheckGrants},
	"iam DeleteSAMLProvider": {CheckProviders}, "iam DeleteOpenIDConnectProvider": {CheckProviders},
	"rolesanywhere DeleteTrustAnchor": {CheckProviders}, "rolesanywhere DeleteProfile": {CheckProviders},
	"sso DeletePermissionSet": {CheckCenter}, "sso-directory DeleteUser": {DisableUsers}, "identitystore DeleteUser": {DisableUsers},
}

// deeds are the calls after which something is to be undone, or looked at.
var deeds = map[string]Task{
	"iam UpdateAccessKey":    DisableKeys,
	"iam CreateLoginProfile": ResetPasswords, "iam UpdateLoginProfile": ResetPasswords, "iam ChangePassword": ResetPasswords,
	"signin PasswordUpdated": ResetPasswords, "signin PasswordRecoveryCompleted": ResetPasswords, "signin EmailUpdated": ResetPasswords,
	"sso-directory UpdatePassword": ResetPasswords,
	"iam CreateUser":               DisableUsers, "sso-directory CreateUser": DisableUsers, "identitystore CreateUser": DisableUsers,
	"iam CreateRole": CheckRoles, "iam UpdateAssumeRolePolicy": CheckRoles, "iam AttachRolePolicy": CheckRoles, "iam PutRolePolicy": CheckRoles,
	"iam PutRolePermissionsBoundary": CheckRoles, "iam DeleteRolePermissionsBoundary": CheckRoles, "iam UpdateRole": CheckRoles,
	"iam AttachUserPolicy": CheckGrants, "iam PutUserPolicy": CheckGrants, "iam AttachGroupPolicy": CheckGrants, "iam PutGroupPolicy": CheckGrants,
	"iam AddUserToGroup": CheckGrants, "iam PutUserPermissionsBoundary": CheckGrants, "iam DeleteUserPermissionsBoundary": CheckGrants,
	"iam CreatePolicy": CheckPolicies, "iam CreatePolicyVersion": CheckPolicies, "iam SetDefaultPolicyVersion": CheckPolicies,
	"iam EnableMFADevice": CheckDevices, "iam CreateVirtualMFADevice": CheckDevices, "iam DeactivateMFADevice": CheckDevices, "iam DeleteVirtualMFADevice": CheckDevices,
	"sso-directory CompleteVirtualMfaDeviceRegistration": CheckDevices, "sso-directory DeleteMfaDeviceForUser": CheckDevices,
	"iam CreateServiceSpecificCredential": RemoveCredentials, "iam ResetServiceSpecificCredential": RemoveCredentials,
	"iam UploadSSHPublicKey": RemoveCredentials, "iam UploadSigningCertificate": RemoveCredentials,
	"iam CreateSAMLProvider": CheckProviders, "iam UpdateSAMLProvider": CheckProviders, "iam CreateOpenIDConnectProvider": CheckProviders,
	"iam AddClientIDToOpenIDConnectProvider": CheckProviders, "iam UpdateOpenIDConnectProviderThumbprint": CheckProviders,
	"rolesanywhere CreateTrustAnchor": CheckProviders, "rolesanywhere CreateProfile": CheckProviders, "rolesanywhere UpdateTrustAnchor": CheckProviders, "rolesanywhere UpdateProfile": CheckProviders,
	"sso CreateAccountAssignment": CheckCenter, "sso CreatePermissionSet": CheckCenter, "sso PutInlinePolicyToPermissionSet": CheckCenter,
	"sso AttachManagedPolicyToPermissionSet": CheckCenter, "sso AttachCustomerManagedPolicyReferenceToPermissionSet": CheckCenter, "sso UpdateSsoConfiguration": CheckCenter,
	"sso-directory AddMemberToGroup": CheckCenter, "sso-directory CreateGroup": CheckCenter, "identitystore CreateGroupMembership": CheckCenter, "identitystore CreateGroup": CheckCenter,
}
