package cloudtrail

import (
	"net/netip"
	"strings"
	"testing"
)

// one decodes a record given by its members, beside eventName and so on.
func one(t *testing.T, source, name, members string) Event {
	t.Helper()
	text := `{"eventSource":"` + source + `","eventName":"` + name + `","eventTime":"2026-03-01T10:00:00Z","eventID":"1"`
	if members != "" {
		text += "," + members
	}
	events := sameByBothPaths(t, name, text+"}")
	if len(events) != 1 {
		t.Fatalf("%s: %d events", name, len(events))
	}
	return events[0]
}

func TestCategory(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]Category{
		``:                             Management,
		`"eventCategory":"Management"`: Management,
		`"eventCategory":"Data"`:       Data,
		`"eventCategory":"data"`:       Data,
		`"managementEvent":false`:      Data,
		`"managementEvent":"False"`:    Data,
		`"managementEvent":true`:       Management,
		`"eventType":"AwsVpceEvent"`:   NetworkActivity,
		`"eventType":"AwsVpceEvents"`:  NetworkActivity,
		`"eventCategory":"NetworkActivity","eventType":"AwsVpceEvents"`: NetworkActivity,
		`"insightDetails":{"state":"Start"}`:                            Insight,
		`"eventCategory":"Insight"`:                                     Insight,
		`"eventCategory":"Aggregated"`:                                  Aggregated,
		`"timeWindow":{},"summary":{}`:                                  Aggregated,
		`"eventCategory":"ActivityAuditLog"`:                            OtherCategory,
		`"eventCategory":"Management","managementEvent":false`:          Management,
	} {
		if e := one(t, "s3.amazonaws.com", "GetObject", members); e.Category != want {
			t.Errorf("%s: category %d, want %d", members, e.Category, want)
		}
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	reads := "GetObject ListBuckets DescribeInstances HeadObject LookupEvents SearchResources QueryX ScanX SelectObjectContent BatchGetImage CheckDomain TestX " +
		"SimulatePrincipalPolicy DecodeAuthorizationMessage ViewBilling PreviewX ValidateTemplate EstimateX FilterLogEvents DownloadDBLogFilePortion AssumeRole " +
		"Decrypt Encrypt ReEncrypt GenerateDataKeyWithoutPlaintext GenerateMac Sign Verify Invoke20150331 Converse"
	for _, name := range strings.Fields(reads) {
		if !one(t, "x.amazonaws.com", name, "").ReadOnly {
			t.Errorf("%s reads", name)
		}
	}
	writes := "GetFederationToken GetSessionToken GetSigninToken CheckMfa VerifyEmailIdentity VerifyDomainDkim CreateUser PutObject ConsoleLogin DeleteBucket describeX"
	for _, name := range strings.Fields(writes) {
		if one(t, "x.amazonaws.com", name, "").ReadOnly {
			t.Errorf("%s writes", name)
		}
	}
	for members, want := range map[string]bool{
		`"readOnly":true`: true, `"readOnly":"true"`: true, `"readOnly":"True"`: true,
		`"readOnly":false`: false, `"readOnly":"False"`: false,
	} {
		if one(t, "x.amazonaws.com", "CreateUser", members).ReadOnly != want || one(t, "x.amazonaws.com", "GetUser", members).ReadOnly != want {
			t.Errorf("%s: the field decides", members)
		}
	}
	if !one(t, "x.amazonaws.com", "GetUser", `"readOnly":null`).ReadOnly {
		t.Error("null: the name decides")
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source, name, members string
		want                  Outcome
	}{
		{"iam", "CreateUser", ``, OK},
		{"iam", "CreateUser", `"errorCode":null,"errorMessage":null`, OK},
		{"iam", "CreateUser", `"responseElements":{"message":"ok"}`, OK},
		{"iam", "CreateUser", `"errorCode":"AccessDenied"`, Denied},
		{"ssm", "X", `"errorCode":"AccessDeniedException"`, Denied},
		{"ec2", "X", `"errorCode":"Client.UnauthorizedOperation"`, Denied},
		{"ecr", "X", `"errorCode":"UnauthorizedException"`, Denied},
		{"es", "X", `"errorCode":"ForbiddenException"`, Denied},
		{"cognito-idp", "X", `"errorCode":"NotAuthorizedException"`, Denied},
		{"ec2", "X", `"errorCode":"Client.AuthFailure"`, Denied},
		{"s3", "X", `"errorCode":"VpceAccessDenied","eventType":"AwsVpceEvent"`, Denied},
		{"ssm", "X", `"errorCode":"ThrottlingException"`, Throttled},
		{"ec2", "X", `"errorCode":"Client.RequestLimitExceeded"`, Throttled},
		{"lambda", "X", `"errorCode":"TooManyRequestsException"`, Throttled},
		{"ec2", "X", `"errorCode":"Client.DryRunOperation"`, Error},
		{"s3", "X", `"errorCode":"NoSuchBucket","errorMessage":"The bucket does not exist"`, Error},
		{"s3", "X", `"errorMessage":"something else"`, Error},
		{"signin", "ConsoleLogin", `"errorMessage":"Failed authentication","responseElements":{"ConsoleLogin":"Failure"}`, Denied},
		{"signin", "ConsoleLogin", `"responseElements":{"ConsoleLogin":"Failure"}`, Denied},
		{"signin", "SwitchRole", `"responseElements":{"SwitchRole":"Failure"}`, Denied},
		{"signin", "ConsoleLogin", `"responseElements":{"ConsoleLogin":"Success"}`, OK},
		{"signin", "CredentialVerification", `"eventType":"AwsServiceEvent","serviceEventDetails":{"CredentialVerification":"Failure"}`, Denied},
		{"signin", "UserAuthentication", `"serviceEventDetails":{"UserAuthentication":"Success"}`, OK},
		{"kms", "RotateKey", `"serviceEventDetails":{"RotateKey":"Failure"}`, Error},
		{"kms", "RotateKey", `"serviceEventDetails":{"note":{"x":"Failure"}}`, OK},
		{"s3", "PutObject", `"responseElements":{"state":"Failure"}`, OK},
	} {
		if e := one(t, c.source+".amazonaws.com", c.name, c.members); e.Outcome != c.want {
			t.Errorf("%s %s: outcome %d, want %d", c.name, c.members, e.Outcome, c.want)
		}
	}
}

func TestMFA(t *testing.T) {
	t.Parallel()
	identity := func(v string) string {
		return `"userIdentity":{"type":"IAMUser","sessionContext":{"attributes":{"mfaAuthenticated":` + v + `}}}`
	}
	for _, c := range []struct {
		members string
		want    MFA
	}{
		{``, MFAUnknown},
		{identity(`"true"`), MFAYes},
		{identity(`"false"`), MFANo},
		{identity(`true`), MFAYes},
		{identity(`"maybe"`), MFAUnknown},
		{`"additionalEventData":{"MFAUsed":"Yes"}`, MFAYes},
		{`"additionalEventData":{"MFAUsed":"YES"}`, MFAYes},
		{`"additionalEventData":{"MFAUsed":"No"}`, MFANo},
		{`"additionalEventData":{"MFAUsed":"Yes"},` + identity(`"false"`), MFAYes},
	} {
		if e := one(t, "signin.amazonaws.com", "ConsoleLogin", c.members); e.MFA != c.want {
			t.Errorf("%s: MFA %d, want %d", c.members, e.MFA, c.want)
		}
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		members string
		in, out int64
	}{
		{`"eventCategory":"Data"`, NoBytes, NoBytes},
		{`"eventCategory":"Data","additionalEventData":{"bytesTransferredIn":12,"bytesTransferredOut":3456789012}`, 12, 3456789012},
		{`"managementEvent":false,"additionalEventData":{"bytesTransferredIn":0.0,"bytesTransferredOut":1.5e3}`, 0, 1500},
		{`"eventCategory":"Data","additionalEventData":{"bytesTransferredOut":"7","x":{"bytesTransferredIn":1}}`, NoBytes, 7},
		{`"eventCategory":"Data","additionalEventData":{"bytesTransferredIn":-1,"bytesTransferredOut":{}}`, NoBytes, NoBytes},
		{`"eventCategory":"Management","additionalEventData":{"bytesTransferredIn":0,"bytesTransferredOut":289}`, 0, 289},
	} {
		if e := one(t, "s3.amazonaws.com", "GetObject", c.members); e.BytesIn != c.in || e.BytesOut != c.out {
			t.Errorf("%s: %d in, %d out, want %d, %d", c.members, e.BytesIn, e.BytesOut, c.in, c.out)
		}
	}
}

func TestConsoleAgents(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]bool{
		"Mozilla/5.0 (X11; Linux x86_64)":                       true,
		"console.amazonaws.com":                                 true,
		"console.ec2.amazonaws.com":                             true,
		"signin.amazonaws.com":                                  true,
		"AWS Internal":                                          true,
		"S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.666":   true,
		"[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.666]": true,
		"AWSCloudWatchConsole, aws-internal/3":                  true,
		"aws-internal/3 aws-sdk-java/1.12":                      false,
		"aws-cli/2.15.0 Python/3.11 exec-env/CloudShell":        false,
		"ec2.amazonaws.com":                                     false,
		"[aws-sdk-java/1.11]":                                   false,
		"Boto3/1.35 Mozilla/5.0":                                false,
		"":                                                      false,
		"Mozilla":                                               false,
	} {
		if isConsoleAgent(agent) != want {
			t.Errorf("%q: console %t", agent, !want)
		}
	}
}

func TestAnchor(t *testing.T) {
	t.Parallel()
	role := func(created, key, more string) string {
		return `"userIdentity":{"type":"AssumedRole","principalId":"AROA1:x","accessKeyId":"` + key + `","sessionContext":{"attributes":{"creationDate":"` + created + `"}` + more + `}}`
	}
	const before, same = "2026-03-01T08:00:00Z", "2026-03-01T10:00:01Z"
	forward := func(created string) string {
		return `"userIdentity":{"type":"AssumedRole","principalId":"AROA1:x","accessKeyId":"ASIA1","invokedBy":"s3.amazonaws.com","sessionContext":{"attributes":{"creationDate":"` + created + `"}}}`
	}
	for _, c := range []struct {
		what, name, members string
		want                Anchor
	}{
		{"sign-in session", "X", role(before, "ASIA1", `,"signInSessionArn":"arn:s"`), AnchorSignIn},
		{"token of a sign-in session", "CreateOAuth2Token", role(before, "ASIA1", `,"signInSessionArn":"arn:s"`), AnchorKey},
		{"console flag", "X", role(before, "ASIA1", "") + `,"sessionCredentialFromConsole":"true"`, AnchorConsole},
		{"console flag as boolean", "X", role(before, "ASIA1", "") + `,"sessionCredentialFromConsole":true`, AnchorConsole},
		{"no key but a date", "X", role(before, "", ""), AnchorConsole},
		{"browser", "X", role(before, "ASIA1", "") + `,"userAgent":"Mozilla/5.0"`, AnchorConsole},
		{"forwarded", "Decrypt", forward(same), AnchorForward},
		{"invoked long after", "Decrypt", forward(before), AnchorKey},
		{"temporary key", "X", role(before, "ASIA1", ""), AnchorKey},
		{"masked key", "X", role(before, "ASIA************", ""), AnchorIdle},
		{"long-term key", "X", `"userIdentity":{"type":"IAMUser","userName":"ann","accessKeyId":"AKIA1"}`, AnchorIdle},
		{"console login without a date", "ConsoleLogin", `"userIdentity":{"type":"IAMUser","userName":"ann"},"userAgent":"Mozilla/5.0","eventType":"AwsConsoleSignIn"`, AnchorIdle},
		{"nobody", "X", ``, AnchorIdle},
		{"service", "X", `"userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, AnchorService},
		{"service without type", "X", `"userIdentity":{"accountId":"1","invokedBy":"kms.amazonaws.com"}`, AnchorService},
	} {
		if e := one(t, "x.amazonaws.com", c.name, c.members); e.Anchor != c.want {
			t.Errorf("%s: anchor %d, want %d", c.what, e.Anchor, c.want)
		}
	}
}

func TestAccountOfAnEvent(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]string{
		`"recipientAccountId":"012345678901","userIdentity":{"accountId":"2"}`: "012345678901",
		`"userIdentity":{"accountId":"222222222222"}`:                          "222222222222",
		`"accountId":"3"`: "",
		`"accountId":"333333333333","timeWindow":{},"summary":{}`: "333333333333",
	} {
		if e := one(t, "x.amazonaws.com", "X", members); e.Account != want {
			t.Errorf("%s: account %q, want %q", members, e.Account, want)
		}
	}
}

func TestBaseName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"UpdateFunctionCode20150331v2": "UpdateFunctionCode", "CreateFunction2020_05_31": "CreateFunction", "ListTags20170331": "ListTags",
		"GetObject": "GetObject", "Get2": "Get2", "CreateX20991231v10": "CreateX", "20150331": "20150331", "X2015_03_31y": "X2015_03_31y", "": "",
	} {
		if got := BaseName(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestParseIP(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"198.51.100.7": "198.51.100.7", "2001:db8::1": "2001:db8::1", "::ffff:198.51.100.7": "198.51.100.7", "fe80::1%eth0": "fe80::1", "0.0.0.0": "0.0.0.0",
		"AWS Internal": "", "AWS Internal/3": "", "ec2.amazonaws.com": "", "...": "", "redacted": "", "": "", "198.51.100": "", "2001:DB8::A": "2001:db8::a",
	} {
		got, ok := ParseIP(text)
		if ok != (want != "") || ok && got != netip.MustParseAddr(want) {
			t.Errorf("%q: %v %t, want %q", text, got, ok, want)
		}
	}
}
