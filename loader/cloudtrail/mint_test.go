package cloudtrail

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMints has every row of fact sheet section 3.1.
func TestMints(t *testing.T) {
	t.Parallel()
	const (
		issued  = `"responseElements":{"credentials":{"accessKeyId":"ASIANEW","expiration":"Mar 1, 2026, 11:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"AROA1:s","arn":"arn:aws:sts::1:assumed-role/R/s"}}`
		ask     = `"requestParameters":{"roleArn":"arn:aws:iam::1:role/R","roleSessionName":"s"}`
		user    = `"userIdentity":{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::1:user/ann","userName":"ann"}`
		role    = `"userIdentity":{"type":"AssumedRole","principalId":"AROA1:s","arn":"arn:aws:sts::1:assumed-role/R/s","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::1:role/R","userName":"R"}`
		center  = `"userIdentity":{"type":"IdentityCenterUser","accountId":"1","onBehalfOf":{"userId":"u-1"},"credentialId":"c"}`
		session = `"signInSessionArn":"arn:aws:signin:eu-west-1:1:session/u"`
	)
	for _, c := range []struct {
		source, name, members string
		want                  *Mint
	}{
		{"sts", "AssumeRole", ask + `,` + issued, &Mint{IssuedKey: "ASIANEW", RoleARN: "arn:aws:iam::1:role/R", SessionName: "s", Principal: "AROA1:s", Target: "arn:aws:sts::1:assumed-role/R/s"}},
		{"sts", "AssumeRole", `"requestParameters":{"roleArn":"arn:aws:iam::1:role/R","roleSessionName":"s","sourceIdentity":"ann"},` + issued, &Mint{IssuedKey: "ASIANEW", RoleARN: "arn:aws:iam::1:role/R", SessionName: "s", Principal: "AROA1:s", Target: "arn:aws:sts::1:assumed-role/R/s", SourceIdent: "ann"}},
		{"sts", "AssumeRole", ask + `,"responseElements":{"credentials":{"accessKeyId":"ASIANEW"}}`, &Mint{IssuedKey: "ASIANEW", RoleARN: "arn:aws:iam::1:role/R", SessionName: "s"}},
		{"sts", "AssumeRoleWithSAML", ask + `,` + issued, &Mint{IssuedKey: "ASIANEW", RoleARN: "arn:aws:iam::1:role/R", SessionName: "s", Principal: "AROA1:s", Target: "arn:aws:sts::1:assumed-role/R/s"}},
		{"sts", "AssumeRoleWithWebIdentity", ask + `,` + issued, &Mint{IssuedKey: "ASIANEW", RoleARN: "arn:aws:iam::1:role/R", SessionName: "s", Principal: "AROA1:s", Target: "arn:aws:sts::1:assumed-role/R/s"}},
		{"sts", "AssumeRoot", `"requestParameters":{"targetPrincipal":"arn:aws:iam::222222222222:root"},"responseElements":{"credentials":{"accessKeyId":"ASIANEW"}}`, &Mint{IssuedKey: "ASIANEW", Principal: "222222222222", Target: "arn:aws:iam::222222222222:root"}},
		{"sts", "AssumeRoot", `"requestParameters":{"targetPrincipal":"222222222222"},"responseElements":{"credentials":{"accessKeyId":"ASIANEW"}}`, &Mint{IssuedKey: "ASIANEW", Principal: "222222222222", Target: "222222222222"}},
		{"sts", "GetSessionToken", user + `,"responseElements":{"credentials":{"accessKeyId":"ASIANEW"}}`, &Mint{IssuedKey: "ASIANEW", Principal: "AIDA1", Target: "arn:aws:iam::1:user/ann"}},
		{"sts", "GetFederationToken", user + `,"requestParameters":{"name":"guest"},"responseElements":{"credentials":{"accessKeyId":"ASIANEW"},"federatedUser":{"federatedUserId":"1:guest","arn":"arn:aws:sts::1:federated-user/guest"}}`, &Mint{IssuedKey: "ASIANEW", SessionName: "guest", Principal: "1:guest", Target: "arn:aws:sts::1:federated-user/guest"}},
		{"signin", "ConsoleLogin", user + `,"responseElements":{"ConsoleLogin":"Success"}`, &Mint{Principal: "AIDA1", Target: "arn:aws:iam::1:user/ann"}},
		{"signin", "SwitchRole", role + `}},"additionalEventData":{"SwitchFrom":"arn:aws:iam::1:user/ann"}`, &Mint{Principal: "AROA1:s", Target: "arn:aws:sts::1:assumed-role/R/s", SessionName: "s", RoleARN: "arn:aws:iam::1:role/R", From: "arn:aws:iam::1:user/ann"}},
		{"signin", "ExitRole", role + `}}`, &Mint{Principal: "AROA1:s", Target: "arn:aws:sts::1:assumed-role/R/s", SessionName: "s", RoleARN: "arn:aws:iam::1:role/R"}},
		{"signin", "GetSigninToken", role + `}},"responseElements":{"credentials":{"accessKeyId":"ASIAIN"}}`, &Mint{Principal: "AROA1:s", Target: "arn:aws:sts::1:assumed-role/R/s", SessionName: "s", IssuedKey: "ASIAIN"}},
		{"signin", "UserAuthentication", center + `,"additionalEventData":{"AuthWorkflowID":"w","UserName":"ann@example.com","CredentialType":"PASSWORD,TOTP"},"serviceEventDetails":{"UserAuthentication":"Success"}`, &Mint{SessionName: "ann@example.com", Workflow: "w"}},
		{"signin", "CredentialChallenge", center + `,"additionalEventData":{"AuthWorkflowID":"w","CredentialType":"PASSWORD"},"serviceEventDetails":{"CredentialChallenge":"Success"}`, &Mint{Workflow: "w"}},
		{"signin", "CredentialVerification", center + `,"additionalEventData":{"AuthWorkflowID":"w","UserName":"ann@example.com"},"serviceEventDetails":{"CredentialVerification":"Failure"}`, nil},
		{"signin", "CreateOAuth2Token", role + `,` + session + `}}`, &Mint{Principal: "AROA1:s", Target: "arn:aws:sts::1:assumed-role/R/s", SessionName: "s", SignIn: "arn:aws:signin:eu-west-1:1:session/u"}},
		{"signin", "AuthorizeOAuth2Access", role + `}},"additionalEventData":{` + session + `}`, &Mint{Principal: "AROA1:s", Target: "arn:aws:sts::1:assumed-role/R/s", SessionName: "s", SignIn: "arn:aws:signin:eu-west-1:1:session/u"}},
		{"sso", "GetRoleCredentials", center + `,"serviceEventDetails":{"account_id":"222222222222","role_name":"Admin"}`, &Mint{Principal: "u-1", Account: "222222222222", RoleName: "Admin"}},
		{"sso", "GetRoleCredentials", center + `,"requestParameters":{"accountId":"222222222222","roleName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, &Mint{Principal: "u-1", Account: "222222222222"}},
		{"sso", "Federate", center + `,"serviceEventDetails":{"account_id":"222222222222","role_name":"Admin"}`, &Mint{Principal: "u-1", Account: "222222222222", RoleName: "Admin"}},
		{"sso", "CreateToken", center, &Mint{Principal: "u-1"}},
		{"sso", "Authenticate", center, &Mint{Principal: "u-1"}},
		{"iam", "CreateAccessKey", `"responseElements":{"accessKey":{"userName":"bob","accessKeyId":"AKIANEW"}}`, &Mint{IssuedKey: "AKIANEW", Target: "bob"}},
		{"rolesanywhere", "CreateSession", `"userIdentity":{"type":"Unknown"},"requestParameters":{"roleArn":"arn:aws:iam::1:role/R"},"responseElements":{"credentialSet":[{"assumedRoleUser":{"arn":"arn:aws:sts::1:assumed-role/R/00ab","assumedRoleId":"AROA1:00ab"},"credentials":{"accessKeyId":"ASIANEW"},"roleArn":"arn:aws:iam::1:role/R","sourceIdentity":"CN=host"}],"subjectArn":"arn:aws:rolesanywhere:eu-west-1:1:subject/s"}`,
			&Mint{IssuedKey: "ASIANEW", RoleARN: "arn:aws:iam::1:role/R", SessionName: "00ab", Principal: "AROA1:00ab", Target: "arn:aws:sts::1:assumed-role/R/00ab", SourceIdent: "CN=host"}},

		{"rolesanywhere", "ListProfiles", user, nil},
		{"s3", "CreateSession", user, nil},
		{"sts", "GetCallerIdentity", user, nil},
		{"sts", "AssumeRole", ask + `,"errorCode":"AccessDenied"`, nil},
		{"signin", "ConsoleLogin", user + `,"responseElements":{"ConsoleLogin":"Failure"}`, nil},
		{"signin", "UserAuthentication", center + `,"serviceEventDetails":{"UserAuthentication":"Failure"}`, nil},
		{"signin", "CheckMfa", user + `,"responseElements":{"CheckMfa":"Success"}`, nil},
		{"sso", "ListAccounts", center, nil},
		{"iam", "CreateUser", user, nil},
		{"s3", "AssumeRole", ask + `,` + issued, nil},
	} {
		if c.want != nil {
			c.want.Call = c.name
		}
		e := one(t, c.source+".amazonaws.com", c.name, c.members)
		if diff := cmp.Diff(c.want, e.Mint); diff != "" {
			t.Errorf("%s %s:\n%s", c.name, c.members, diff)
		}
	}
}
