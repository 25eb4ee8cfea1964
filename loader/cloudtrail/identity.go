package cloudtrail

import (
	"regexp"
	"slices"
	"strings"
)

// DecodeIdentity decodes a userIdentity as logged; "" is the identity of records
// without one. Keys may be in any case. It never fails: what can't be read leaves
// an identity of unknown kind with Raw to show.
func DecodeIdentity(raw string) *Identity { return decodeIdentity(raw, hashIdentity(raw)) }

func decodeIdentity(raw string, hash [2]uint64) *Identity {
	raw = strings.ToValidUTF8(raw, "\uFFFD")
	id := &Identity{Hash: hash, Raw: raw, Created: NoTime}
	for c := newCursor(raw); ; {
		key, v, ok := c.next()
		if !ok {
			break
		}
		id.set(strings.ToLower(key), v)
	}
	id.completeFromARN()
	id.call()
	return id
}

// call settles the kind and the name of the actor.
func (id *Identity) call() {
	id.Kind, id.Actor = id.name()
	if id.Delegate != "" { // to be seen wherever the actor is
		id.Actor += " (delegated to account " + id.Delegate + ")"
	}
}

// set takes over one member of userIdentity (fact sheet section 2).
func (id *Identity) set(key, v string) {
	switch key {
	case "type":
		id.Type = plainText(v)
	case "principalid":
		id.PrincipalID = plainText(v)
	case "arn":
		id.ARN = plainText(v)
	case "accountid":
		id.Account = plainText(v)
	case "accesskeyid", "acceskeyid": // the second is a misspelling in the wild
		id.AccessKey = plainText(v)
	case "username":
		id.UserName = plainText(v)
	case "invokedby":
		id.InvokedBy = plainText(v)
	case "invokedbydelegate":
		id.Delegate = textAt(v, "accountId")
	case "credentialid":
		id.CredentialID = plainText(v)
	case "identityprovider":
		id.Provider = plainText(v)
	case "onbehalfof":
		id.OnBehalfOf = textAt(v, "userId")
	case "inscopeof":
		id.CredentialsFor = textAt(v, "credentialsIssuedTo")
	case "sessioncontext":
		for c := newCursor(v); ; {
			key, v, ok := c.next()
			if !ok {
				break
			}
			id.setSession(strings.ToLower(key), v)
		}
	}
}

// setSession takes over one member of sessionContext.
func (id *Identity) setSession(key, v string) {
	switch key {
	case "sessionissuer":
		id.IssuerType = textAt(v, "type")
		id.IssuerARN = textAt(v, "arn")
		id.Role = textAt(v, "userName")
	case "webidfederationdata":
		if p := textAt(v, "federatedProvider"); p != "" && id.Provider == "" {
			id.Provider = p
		}
	case "attributes":
		id.Created = parseTime(textAt(v, "creationDate"))
		id.MFA = parseMFA(textAt(v, "mfaAuthenticated"))
		id.FromConsole = isTrue(textAt(v, "sessionCredentialFromConsole"))
	case "sourceidentity":
		id.SourceIdentity = plainText(v)
	case "ec2roledelivery":
		id.EC2Delivery = plainText(v)
	case "assumedroot":
		id.AssumedRoot = isTrue(plainText(v))
	case "signinsessionarn":
		id.SignInSession = plainText(v)
	case "sessioncredentialfromconsole":
		id.FromConsole = isTrue(plainText(v))
	}
}

func isTrue(s string) bool { return strings.EqualFold(s, "true") }

func parseMFA(s string) MFA {
	switch {
	case isTrue(s), strings.EqualFold(s, "yes"):
		return MFAYes
	case strings.EqualFold(s, "false"), strings.EqualFold(s, "no"):
		return MFANo
	}
	return MFAUnknown
}

// completeFromARN fills in role and session name where sessionContext is silent:
// the ARN of an assumed role ends in /role/session, the principal id in :session.
func (id *Identity) completeFromARN() {
	if id.IssuerType == "Role" || id.IssuerType == "" && strings.Contains(id.IssuerARN, ":role/") {
		id.RoleARN = id.IssuerARN
		if id.Role == "" {
			id.Role = lastPart(id.IssuerARN)
		}
	} else {
		id.Role = "" // the issuer is a user or root
	}
	_, resource := splitARN(id.ARN)
	switch {
	case strings.HasPrefix(resource, "assumed-role/"):
		role, session, _ := strings.Cut(resource[len("assumed-role/"):], "/")
		if id.Role == "" {
			id.Role = role
		}
		id.SessionName = session
	case strings.HasPrefix(resource, "federated-user/"):
		id.SessionName = resource[len("federated-user/"):]
	case id.Type == "Role" && strings.HasPrefix(resource, "role/"):
		id.Role, id.RoleARN = lastPart(resource), id.ARN
	}
	if id.SessionName == "" && (id.Type == "AssumedRole" || id.Type == "FederatedUser") {
		_, id.SessionName, _ = strings.Cut(id.PrincipalID, ":")
	}
}

// splitARN returns the account and the resource of an ARN.
func splitARN(arn string) (account, resource string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return "", ""
	}
	return parts[4], parts[5]
}

func lastPart(s string) string { return s[strings.LastIndexAny(s, "/:")+1:] }

// nameless reports whether the name of who signs in stands outside of userIdentity:
// that of users of Identity Center, whose type was Unknown until July 2025.
func (id *Identity) nameless() bool {
	return id.UserName == "" && (id.Type == "IdentityCenterUser" || id.Type == "Unknown")
}

// Masked reports whether a principal id or a name, "" included, stands for many:
// CloudTrail and people who share logs put "***", "<removed>" or
// "HIDDEN_DUE_TO_SECURITY_REASONS" in its place.
func Masked(s string) bool {
	return s == "" || strings.ContainsAny(s, "*<>") || strings.HasPrefix(s, "HIDDEN")
}

// name says what sort of actor this is and how a person would call it (fact
// sheet section 2, table and session kinds).
func (id *Identity) name() (Kind, string) {
	switch id.Type {
	case "Root":
		if id.AssumedRoot {
			return KindRoot, "root (AssumeRoot)@" + id.Account
		}
		return KindRoot, "root@" + id.Account
	case "IAMUser":
		return KindUser, first(id.UserName, lastPart(id.ARN), id.PrincipalID, "unknown IAM user")
	case "AssumedRole":
		return id.nameSession()
	case "Role":
		return KindRole, "role/" + first(id.Role, lastPart(id.ARN), id.PrincipalID)
	case "FederatedUser":
		issuer := lastPart(id.IssuerARN)
		if issuer == "" {
			return KindFederated, first(id.SessionName, id.PrincipalID, "federated user")
		}
		return KindFederated, first(id.SessionName, id.PrincipalID) + " (federated by " + issuer + ")"
	case "AWSAccount":
		return id.nameForeign()
	case "AWSService":
		return KindService, "service: " + first(id.InvokedBy, id.PrincipalID, "unknown")
	case "IdentityCenterUser":
		return KindSSO, first(id.UserName, CenterUser(id.OnBehalfOf), id.PrincipalID, "Identity Center user")
	case "SAMLUser":
		return KindFederated, first(id.UserName, id.PrincipalID, "unknown") + " via SAML"
	case "WebIdentityUser":
		kind := KindFederated
		if id.machine() {
			kind = KindWorkload
		}
		return kind, first(id.UserName, id.PrincipalID, "unknown") + " via " + first(host(id.Provider), "web identity")
	}
	return id.nameUntyped()
}

// nameUntyped names Directory users, what has no type, and what is newer than
// this program.
func (id *Identity) nameUntyped() (Kind, string) {
	kind := KindUnknown
	switch {
	case id.Type == "" && id.InvokedBy != "":
		return KindService, "service: " + id.InvokedBy
	case id.Type == "Directory":
		kind = KindUser
	case id.OnBehalfOf != "":
		kind = KindSSO
	}
	who := first(id.UserName, CenterUser(id.OnBehalfOf), lastPart(id.ARN), id.PrincipalID)
	if who == "" && id.Account != "" {
		who = "account " + id.Account
	}
	return kind, first(who, "unknown")
}

func (id *Identity) nameForeign() (Kind, string) {
	switch {
	case id.Account == "ANONYMOUS_PRINCIPAL":
		return KindAnonymous, "anonymous"
	case id.PrincipalID == "" || id.PrincipalID == id.Account:
		return KindForeign, "account " + first(id.Account, "unknown")
	}
	return KindForeign, id.PrincipalID + " @ account " + first(id.Account, "unknown")
}

var (
	ssoRole  = regexp.MustCompile(`^AWSReservedSSO_(.+)_[0-9a-f]{16}$`)
	instance = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)
	email    = regexp.MustCompile(`^[^@\s/]+@[^@\s/]+\.[^@\s/]+$`)
	unnamed  = regexp.MustCompile(`^(botocore-session-\d+|aws-go-sdk-\d+|aws-sdk-js-session-\d+|\d+)$`)
	tool     = regexp.MustCompile(`^(awslambda_.*|AWSCloudFormation|SLRManagement|CognitoIdentityCredentials|GitHubActions)$`)
)

// nameSession names an assumed role by the first session kind that fits. The
// source identity, which every link of a chain carries, is the person behind it.
func (id *Identity) nameSession() (Kind, string) {
	session := first(id.SessionName, id.PrincipalID, "unknown")
	role := first(id.Role, "unknown role")
	switch {
	case strings.HasPrefix(id.Role, "AWSReservedSSO_") && ssoRole.MatchString(id.Role), strings.Contains(id.RoleARN, ":role/aws-reserved/sso.amazonaws.com/"):
		return KindSSO, first(id.SourceIdentity, session)
	case strings.HasPrefix(id.Role, "AWSServiceRoleFor"), strings.Contains(id.RoleARN, "/aws-service-role/"):
		return KindServiceLinked, role
	case strings.HasPrefix(id.SessionName, "i-") && instance.MatchString(id.SessionName):
		return KindInstance, role + "/" + session
	case id.SourceIdentity != "":
		return KindPerson, id.SourceIdentity
	case id.CredentialsFor != "":
		return KindWorkload, role + "/" + first(lastPart(id.CredentialsFor), session)
	case strings.IndexByte(id.SessionName, '@') > 0 && email.MatchString(id.SessionName):
		return KindPerson, session
	case unnamed.MatchString(id.SessionName):
		return KindRole, role
	case tool.MatchString(id.SessionName):
		return KindWorkload, role + "/" + session
	}
	return KindRole, role + "/" + session
}

// CenterUser names an Identity Center user, of whom only the id is known, by its
// start; "" where there is none.
func CenterUser(id string) string {
	if id == "" {
		return ""
	}
	return "Identity Center user " + id[:min(8, len(id))]
}

// pipelines are the hosts of OIDC providers that vouch for jobs, never for people.
var pipelines = [...]string{
	"token.actions.githubusercontent.com", "oidc.circleci.com", "agent.buildkite.com", "app.terraform.io", "api.bitbucket.org", "vstoken.dev.azure.com",
}

// machine reports whether the subject of a web identity is a workload: a job of
// a pipeline, or a service account of a Kubernetes cluster.
func (id *Identity) machine() bool {
	if strings.HasPrefix(id.UserName, "system:serviceaccount:") {
		return true
	}
	at := host(id.Provider)
	return strings.HasPrefix(at, "oidc.eks.") || strings.HasPrefix(at, "gitlab.") || slices.Contains(pipelines[:], at)
}

// host reduces an OIDC provider, a URL or an ARN, to its host name.
func host(provider string) string {
	_, rest, ok := strings.Cut(provider, "oidc-provider/")
	if !ok {
		rest = strings.TrimPrefix(strings.TrimPrefix(provider, "https://"), "http://")
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func first(options ...string) string {
	for _, s := range options {
		if s != "" {
			return s
		}
	}
	return ""
}
