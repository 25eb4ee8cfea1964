package cloudtrail

import "strings"

// mintOf reads what a successful call says about the session it starts, by the
// rows of fact sheet 3.1; nil for all other calls.
func mintOf(e *Event) *Mint {
	switch e.Source {
	case "sts.amazonaws.com":
		return stsMint(e)
	case "signin.amazonaws.com":
		return signInMint(e)
	case "sso.amazonaws.com":
		return portalMint(e)
	case "rolesanywhere.amazonaws.com":
		return certificateMint(e)
	case "iam.amazonaws.com":
		if e.Name == "CreateAccessKey" {
			return &Mint{
				Call: e.Name, IssuedKey: textAt(e.Response, "accessKey", "accessKeyId"),
				Target: textAt(e.Response, "accessKey", "userName"),
			}
		}
	}
	return nil
}

func stsMint(e *Event) *Mint {
	if e.Category != Management {
		return nil
	}
	m := &Mint{Call: e.Name, IssuedKey: textAt(e.Response, "credentials", "accessKeyId")}
	switch e.Name {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity":
		m.RoleARN = textAt(e.Request, "roleArn")
		m.SessionName = textAt(e.Request, "roleSessionName")
		m.Principal = textAt(e.Response, "assumedRoleUser", "assumedRoleId")
		m.Target = textAt(e.Response, "assumedRoleUser", "arn")
		m.SourceIdent = first(textAt(e.Request, "sourceIdentity"), textAt(e.Response, "sourceIdentity"))
	case "AssumeRoot":
		m.Target = textAt(e.Request, "targetPrincipal")
		m.Principal = m.Target
		if account, _ := splitARN(m.Target); account != "" {
			m.Principal = account
		}
		m.SourceIdent = textAt(e.Response, "sourceIdentity")
	case "GetSessionToken":
		m.Principal, m.Target = e.Who.PrincipalID, e.Who.ARN
	case "GetFederationToken":
		m.SessionName = textAt(e.Request, "name")
		m.Principal = textAt(e.Response, "federatedUser", "federatedUserId")
		m.Target = textAt(e.Response, "federatedUser", "arn")
	default:
		return nil
	}
	return m
}

// certificateMint reads what IAM Roles Anywhere gives out for a certificate (user
// guide, CreateSession API).
func certificateMint(e *Event) *Mint {
	if e.Name != "CreateSession" {
		return nil
	}
	set := only(at(e.Response, "credentialSet"))
	m := &Mint{
		Call: e.Name, IssuedKey: textAt(set, "credentials", "accessKeyId"), RoleARN: first(textAt(set, "roleArn"), textAt(e.Request, "roleArn")),
		Principal: textAt(set, "assumedRoleUser", "assumedRoleId"), Target: textAt(set, "assumedRoleUser", "arn"), SourceIdent: textAt(set, "sourceIdentity"),
	}
	m.SessionName = first(textAt(e.Request, "roleSessionName"), lastPart(m.Target))
	return m
}

func signInMint(e *Event) *Mint {
	m := &Mint{Call: e.Name, Principal: e.Who.PrincipalID, Target: e.Who.ARN, SessionName: e.Who.SessionName}
	switch e.Name {
	case "ConsoleLogin":
	case "SwitchRole", "ExitRole":
		m.From = textAt(e.Additional, "SwitchFrom")
		m.RoleARN = e.Who.RoleARN
	case "GetSigninToken":
		m.IssuedKey = textAt(e.Response, "credentials", "accessKeyId")
	case "UserAuthentication", "CredentialVerification", "CredentialChallenge":
		m.SessionName = textAt(e.Additional, "UserName")
		m.Workflow = textAt(e.Additional, "AuthWorkflowID")
	case "AuthorizeOAuth2Access", "CreateOAuth2Token":
		m.SignIn = first(textAt(e.Additional, "signInSessionArn"), e.Who.SignInSession)
	default:
		return nil
	}
	return m
}

// portalMint reads what the access portal of Identity Center gives out. Keys are
// hidden there; account and role name are all that points at the session.
func portalMint(e *Event) *Mint {
	m := &Mint{Call: e.Name, Principal: first(e.Who.OnBehalfOf, e.Who.PrincipalID), SessionName: e.Who.UserName}
	switch e.Name {
	case "GetRoleCredentials":
		m.Account = first(textAt(e.Request, "accountId"), textAt(e.Service, "account_id"))
		m.RoleName = first(textAt(e.Request, "roleName"), textAt(e.Service, "role_name"))
	case "Federate":
		m.Account = first(textAt(e.Service, "account_id"), textAt(e.Request, "accountId"))
		m.RoleName = first(textAt(e.Service, "role_name"), textAt(e.Request, "roleName"))
	case "CreateToken", "Authenticate":
	default:
		return nil
	}
	if strings.HasPrefix(m.RoleName, "HIDDEN_") {
		m.RoleName = ""
	}
	return m
}
