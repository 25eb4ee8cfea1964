package cloudtrail

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// session is sessionContext of a role, with more members behind its attributes.
func roleIdentity(role, path, session, more string) string {
	return `{"type":"AssumedRole","principalId":"AROAEXAMPLE:` + session + `","arn":"arn:aws:sts::111122223333:assumed-role/` + role + `/` + session +
		`","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE00000001","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE",` +
		`"arn":"arn:aws:iam::111122223333:role` + path + role + `","accountId":"111122223333","userName":"` + role + `"},"webIdFederationData":{},` +
		`"attributes":{"creationDate":"2026-03-01T10:00:00Z","mfaAuthenticated":"false"}` + more + `}}`
}

// TestNamesOfActors has every row of fact sheet section 2 and every kind of
// session there.
func TestNamesOfActors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw   string
		kind  Kind
		actor string
	}{
		"root":                 {`{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","userName":"alias"}`, KindRoot, "root@111122223333"},
		"assumed root":         {`{"type":"Root","accountId":"111122223333","sessionContext":{"assumedRoot":"true"}}`, KindRoot, "root (AssumeRoot)@111122223333"},
		"user":                 {`{"type":"IAMUser","userName":"ann","principalId":"AIDA1","arn":"arn:aws:iam::1:user/div/ann"}`, KindUser, "ann"},
		"user without name":    {`{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::1:user/div/ann"}`, KindUser, "ann"},
		"failed sign-in":       {`{"type":"IAMUser","principalId":"AIDA1","accountId":"1","accessKeyId":"","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, KindUser, "HIDDEN_DUE_TO_SECURITY_REASONS"},
		"role":                 {`{"type":"Role","arn":"arn:aws:iam::1:role/service/batch","principalId":"AROA1"}`, KindRole, "role/batch"},
		"federated":            {`{"type":"FederatedUser","principalId":"1:guest","arn":"arn:aws:sts::1:federated-user/guest","sessionContext":{"sessionIssuer":{"type":"IAMUser","arn":"arn:aws:iam::1:user/ann","userName":"ann"}}}`, KindFederated, "guest (federated by ann)"},
		"federated by root":    {`{"type":"FederatedUser","arn":"arn:aws:sts::1:federated-user/guest","sessionContext":{"sessionIssuer":{"type":"Root","arn":"arn:aws:iam::1:root"}}}`, KindFederated, "guest (federated by root)"},
		"other account":        {`{"type":"AWSAccount","principalId":"AROA1:x","accountId":"999988887777"}`, KindForeign, "AROA1:x @ account 999988887777"},
		"account alone":        {`{"type":"AWSAccount","accountId":"999988887777"}`, KindForeign, "account 999988887777"},
		"anonymous":            {`{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`, KindAnonymous, "anonymous"},
		"service":              {`{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, KindService, "service: ec2.amazonaws.com"},
		"Identity Center":      {`{"type":"IdentityCenterUser","accountId":"1","onBehalfOf":{"userId":"906a1234-aaaa","identityStoreArn":"a"},"credentialId":"c"}`, KindSSO, "Identity Center user 906a1234"},
		"SAML":                 {`{"type":"SAMLUser","principalId":"q:ann@example.com","userName":"ann@example.com","identityProvider":"q"}`, KindFederated, "ann@example.com via SAML"},
		"web identity":         {`{"type":"WebIdentityUser","principalId":"p","userName":"repo:org/x:ref:refs/heads/main","identityProvider":"arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"}`, KindWorkload, "repo:org/x:ref:refs/heads/main via token.actions.githubusercontent.com"},
		"web identity by URL":  {`{"type":"WebIdentityUser","userName":"system:serviceaccount:ns:sa","identityProvider":"https://oidc.eks.eu-west-1.amazonaws.com/id/A1"}`, KindWorkload, "system:serviceaccount:ns:sa via oidc.eks.eu-west-1.amazonaws.com"},
		"web identity, person": {`{"type":"WebIdentityUser","userName":"110169484474386276334","identityProvider":"accounts.google.com"}`, KindFederated, "110169484474386276334 via accounts.google.com"},
		"vendor":               {`{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/Setup/run","invokedByDelegate":{"accountId":"999988887777"}}`, KindRole, "Setup/run (delegated to account 999988887777)"},
		"directory":            {`{"type":"Directory","userName":"CORP\\ann"}`, KindUser, `CORP\ann`},
		"unknown":              {`{"type":"Unknown","onBehalfOf":{"userId":"906a1234-aaaa"},"userName":"ann"}`, KindSSO, "ann"},
		"no type, service":     {`{"accountId":"1","invokedBy":"kms.amazonaws.com"}`, KindService, "service: kms.amazonaws.com"},
		"no type, account":     {`{"accountId":"111122223333"}`, KindUnknown, "account 111122223333"},
		"empty":                {`{}`, KindUnknown, "unknown"},
		"absent":               {``, KindUnknown, "unknown"},
		"not an object":        {`arn:aws:iam::1:user/ann`, KindUnknown, "unknown"},
		"newer than we":        {`{"type":"Robot","userName":"r2"}`, KindUnknown, "r2"},

		"permission set":     {roleIdentity("AWSReservedSSO_Admin_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/", "ann@example.com", ""), KindSSO, "ann@example.com"},
		"permission set cut": {roleIdentity("AWSReservedSSO_Admin_****", "/aws-reserved/sso.amazonaws.com/eu-west-1/", "ann", ""), KindSSO, "ann"},
		"service-linked":     {roleIdentity("AWSServiceRoleForAutoScaling", "/aws-service-role/autoscaling.amazonaws.com/", "AutoScaling", ""), KindServiceLinked, "AWSServiceRoleForAutoScaling"},
		"instance":           {roleIdentity("web", "/", "i-0123456789abcdef0", `,"ec2RoleDelivery":"1.0"`), KindInstance, "web/i-0123456789abcdef0"},
		"in scope of":        {`{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/fn-role/x","inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:eu-west-1:1:function:pay"}}`, KindWorkload, "fn-role/pay"},
		"person":             {roleIdentity("Admin", "/", "ann@example.com", ""), KindPerson, "ann@example.com"},
		"source identity":    {roleIdentity("Admin", "/", "cli", `,"sourceIdentity":"ann"`), KindPerson, "ann"},
		"unnamed botocore":   {roleIdentity("deploy", "/", "botocore-session-1700000000", ""), KindRole, "deploy"},
		"unnamed go":         {roleIdentity("deploy", "/", "aws-go-sdk-1700000000", ""), KindRole, "deploy"},
		"unnamed js":         {roleIdentity("deploy", "/", "aws-sdk-js-session-1700000000", ""), KindRole, "deploy"},
		"unnamed number":     {roleIdentity("deploy", "/", "1700000000", ""), KindRole, "deploy"},
		"tool":               {roleIdentity("deploy", "/", "GitHubActions", ""), KindWorkload, "deploy/GitHubActions"},
		"named session":      {roleIdentity("deploy", "/", "nightly", ""), KindRole, "deploy/nightly"},
		"role by ARN alone":  {`{"type":"AssumedRole","arn":"arn:aws-cn:sts::1:assumed-role/deploy/nightly"}`, KindRole, "deploy/nightly"},
		"role by id alone":   {`{"type":"AssumedRole","principalId":"AROA1:nightly"}`, KindRole, "unknown role/nightly"},
		"nothing of a role":  {`{"type":"AssumedRole"}`, KindRole, "unknown role/unknown"},
		"keys in lower case": {`{"type":"IAMUser","username":"ann","principalid":"AIDA1"}`, KindUser, "ann"},
	} {
		id := DecodeIdentity(c.raw)
		if id.Kind != c.kind || id.Actor != c.actor {
			t.Errorf("%s: %d %q, want %d %q", name, id.Kind, id.Actor, c.kind, c.actor)
		}
		if id.Raw != c.raw || id.Hash != hashIdentity(c.raw) {
			t.Errorf("%s: raw text or hash is not its own", name)
		}
	}
}

func TestDecodeIdentityReadsEveryMember(t *testing.T) {
	t.Parallel()
	raw := `{"type":"AssumedRole","principalId":"AROA1:ann","arn":"arn:aws:sts::111122223333:assumed-role/Admin/ann","accountId":"111122223333",
		"accesKeyId":"ASIA1","userName":null,"invokedBy":"s3.amazonaws.com","invokedByDelegate":{"accountId":"999988887777"},"credentialId":"cred",
		"onBehalfOf":{"userId":"user-1","identityStoreArn":"arn"},"inScopeOf":{"credentialsIssuedTo":"arn:aws:lambda:eu-west-1:1:function:f"},
		"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA1","arn":"arn:aws:iam::111122223333:role/team/Admin","userName":"Admin"},
		"webIdFederationData":{"federatedProvider":"accounts.google.com","attributes":{}},"attributes":{"creationDate":"20260301T100000Z","mfaAuthenticated":true,"sessionCredentialFromConsole":"true"},
		"sourceIdentity":"zoe\u0301","ec2RoleDelivery":"2.0","assumedRoot":false,"signInSessionArn":"arn:aws:signin:eu-west-1:1:session/u"}}`
	want := &Identity{
		Hash: hashIdentity(raw), Raw: raw, Type: "AssumedRole", PrincipalID: "AROA1:ann", ARN: "arn:aws:sts::111122223333:assumed-role/Admin/ann",
		Account: "111122223333", AccessKey: "ASIA1", InvokedBy: "s3.amazonaws.com", Delegate: "999988887777", Provider: "accounts.google.com",
		Role: "Admin", RoleARN: "arn:aws:iam::111122223333:role/team/Admin", SessionName: "ann", IssuerType: "Role", IssuerARN: "arn:aws:iam::111122223333:role/team/Admin",
		Created: 1772359200_000000, MFA: MFAYes, SourceIdentity: "zoe\u0301", SignInSession: "arn:aws:signin:eu-west-1:1:session/u", OnBehalfOf: "user-1",
		CredentialID: "cred", CredentialsFor: "arn:aws:lambda:eu-west-1:1:function:f", EC2Delivery: "2.0", FromConsole: true, Kind: KindPerson, Actor: "zoe\u0301 (delegated to account 999988887777)",
	}
	if diff := cmp.Diff(want, DecodeIdentity(raw)); diff != "" {
		t.Error(diff)
	}
}

// Who signs in to Identity Center is named beside userIdentity, and so many may
// share one; other records with it keep the name it gives.
func TestNamesOfSignInSteps(t *testing.T) {
	t.Parallel()
	const (
		unknown = `{"type":"Unknown","principalId":"111122223333","accountId":"111122223333","invokedByDelegate":{"accountId":"9"}}`
		center  = `{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"92670f4c-user"},"credentialId":"c"}`
	)
	step := func(who, source, name string) string {
		return `{"eventVersion":"1.08","userIdentity":` + who + `,"eventTime":"2025-03-01T10:00:00Z","eventSource":"` + source + `.amazonaws.com","eventName":"UserAuthentication",` +
			`"awsRegion":"us-east-1","additionalEventData":{"AuthWorkflowID":"w","UserName":"` + name + `"}}`
	}
	text := `{"Records":[` + strings.Join([]string{step(unknown, "signin", "ann"), step(unknown, "signin", "bo"), step(unknown, "signin", "ann"), step(unknown, "signin", "HIDDEN_DUE_TO_SECURITY_REASONS"),
		step(center, "signin", "cy"), step(center, "sso", "cy"), step(`{"type":"IAMUser","principalId":"AIDA1"}`, "signin", "cy")}, ",") + `]}`
	var actors []string
	hashes := map[[2]uint64]int{}
	var d Decoder
	if _, err := d.Decode(text, func(e *Event) error {
		actors = append(actors, e.Who.Actor)
		hashes[e.Who.Hash]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{"ann (delegated to account 9)", "bo (delegated to account 9)", "ann (delegated to account 9)", "111122223333 (delegated to account 9)",
		"cy", "Identity Center user 92670f4c", "AIDA1"}
	if d := cmp.Diff(want, actors); d != "" {
		t.Errorf("actors (-want +got):\n%s", d)
	}
	if len(hashes) != 6 {
		t.Errorf("%d identities for six callers", len(hashes))
	}
}

func TestIdentitiesAreShared(t *testing.T) {
	t.Parallel()
	var d Decoder
	events, _ := decodeAll(t, &d, `{"Records":[`+plainRecord(1)+`,`+plainRecord(2)+`,`+plainRecord(1)+`]}`)
	if events[0].Who != events[2].Who || events[0].Who == events[1].Who {
		t.Error("one userIdentity should be one Identity")
	}
	again, _ := decodeAll(t, &d, plainRecord(2))
	if again[0].Who != events[1].Who {
		t.Error("a decoder should know an identity from an earlier file")
	}
}

func TestIdentityCacheIsBounded(t *testing.T) {
	t.Parallel()
	var d Decoder
	for i := range 3 * idCacheSize {
		if _, err := d.Decode(plainRecord(i), func(*Event) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(d.ids.young) + len(d.ids.old); n > 2*idCacheSize {
		t.Errorf("%d identities kept, at most %d wanted", n, 2*idCacheSize)
	}
}

func BenchmarkDecodeIdentity(b *testing.B) {
	raw := roleIdentity("deploy", "/team/", "nightly", `,"ec2RoleDelivery":"2.0"`)
	b.ReportAllocs()
	for b.Loop() {
		DecodeIdentity(raw)
	}
}
