package session_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// The fixtures of the other tests are events as the decoder ought to make them.
// These are records as AWS documents and logs them, and go through the decoder.

type object = map[string]any

// record is one CloudTrail record at a second of the day.
func record(id string, second int, source, name string, who object, more object) object {
	r := object{"eventVersion": "1.09", "eventID": id, "eventTime": stampText(second), "eventSource": source + ".amazonaws.com", "eventName": name, "awsRegion": "us-east-1",
		"sourceIPAddress": home, "userAgent": "aws-cli/2.15.0", "userIdentity": who, "eventType": "AwsApiCall", "recipientAccountId": acct, "eventCategory": "Management", "readOnly": true}
	for k, v := range more {
		r[k] = v
	}
	return r
}

func stampText(second int) string {
	return fmt.Sprintf("2026-03-01T%02d:%02d:%02dZ", second/3600, second/60%60, second%60)
}

// context is a sessionContext.
func context(created int, issuer object, more object) object {
	c := object{"sessionIssuer": issuer, "webIdFederationData": object{}, "attributes": object{"creationDate": stampText(created), "mfaAuthenticated": "false"}}
	for k, v := range more {
		c[k] = v
	}
	return c
}

func iamUser(key string, created int, more object) object {
	u := object{"type": "IAMUser", "principalId": "AIDAALICE", "arn": "arn:aws:iam::" + acct + ":user/alice", "accountId": acct, "userName": "alice"}
	if key != "" {
		u["accessKeyId"] = key
	}
	if created > 0 {
		u["sessionContext"] = context(created, object{}, more)
	}
	return u
}

func assumedRole(account, name, sess, key string, created int) object {
	return object{"type": "AssumedRole", "principalId": "AROA" + name + ":" + sess, "arn": "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + sess, "accountId": account, "accessKeyId": key,
		"sessionContext": context(created, object{"type": "Role", "principalId": "AROA" + name, "arn": "arn:aws:iam::" + account + ":role/" + name, "accountId": account, "userName": name}, nil)}
}

func withSource(who object, source string) object {
	who["sessionContext"].(object)["sourceIdentity"] = source
	return who
}

func signInEvent(id string, second int, name string, who object, result string, more object) object {
	r := record(id, second, "signin", name, who, object{"eventType": "AwsConsoleSignIn", "userAgent": "Mozilla/5.0", "readOnly": false, "responseElements": object{name: result}})
	for k, v := range more {
		r[k] = v
	}
	return r
}

func decode(t *testing.T, records ...object) []event {
	t.Helper()
	text, err := json.Marshal(object{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	var events []event
	var d cloudtrail.Decoder
	if _, err := d.Decode(string(text), func(e *cloudtrail.Event) error { events = append(events, *e); return nil }); err != nil || len(events) != len(records) {
		t.Fatalf("%d of %d records decoded (%v)", len(events), len(records), err)
	}
	return events
}

func browser(r object) object {
	r["userAgent"] = "Mozilla/5.0"
	r["sessionCredentialFromConsole"] = "true"
	return r
}

func recordFixtures(t *testing.T) []fixture {
	center := object{"type": "IdentityCenterUser", "accountId": acct, "principalId": "", "arn": "", "accessKeyId": "", "onBehalfOf": object{"userId": "92670f4c-user", "identityStoreArn": "arn:aws:identitystore::" + acct + ":identitystore/d-1"}, "credentialId": "c1"}
	other := object{"type": "IdentityCenterUser", "accountId": acct, "onBehalfOf": object{"userId": "77777777-user", "identityStoreArn": "arn:aws:identitystore::" + acct + ":identitystore/d-1"}, "credentialId": "c2"}
	step := func(id string, second int, name string) object {
		return record(id, second, "signin", name, center, object{"eventType": "AwsServiceEvent", "additionalEventData": object{"AuthWorkflowID": "w1", "UserName": "dana@corp.example", "CredentialType": "PASSWORD,TOTP"}, "serviceEventDetails": object{name: "Success"}})
	}
	target := object{"type": "AssumedRole", "principalId": "AROAAdmin:alice", "arn": "arn:aws:sts::" + acctB + ":assumed-role/Admin/alice", "accountId": acctB}
	assumed := func(role, sess, key string) object {
		return object{"credentials": object{"accessKeyId": key}, "assumedRoleUser": object{"assumedRoleId": "AROA" + role + ":" + sess, "arn": "arn:aws:sts::" + acctB + ":assumed-role/" + role + "/" + sess}}
	}
	roleRequest := object{"roleArn": "arn:aws:iam::" + acctB + ":role/Admin", "roleSessionName": "alice"}
	forwarded := func(id string, key string) object {
		u := iamUser(key, 300, nil)
		u["invokedBy"] = "secretsmanager.amazonaws.com"
		return record(id, 301, "kms", "Decrypt", u, object{"sourceIPAddress": "secretsmanager.amazonaws.com", "userAgent": "secretsmanager.amazonaws.com"})
	}
	bare := object{"type": "Unknown", "accountId": acct, "principalId": acct, "arn": "", "accessKeyId": ""}
	signingIn := func(workflow, name string) object {
		return object{"eventType": "AwsServiceEvent", "additionalEventData": object{"AuthWorkflowID": workflow, "UserName": name}}
	}
	lent := func(id string, second int, name, key string) object {
		who := assumedRole(acct, "Dev", name, key, second)
		who["invokedBy"] = "cloudformation.amazonaws.com"
		return record(id, second+1, "ec2", "CreateVpc", who, object{"sourceIPAddress": "cloudformation.amazonaws.com", "readOnly": false})
	}
	opens := func(id string, second int, who object, name string) object {
		return record(id, second, "sts", "AssumeRole", who, object{"requestParameters": object{"roleArn": "arn:aws:iam::" + acct + ":role/Dev", "roleSessionName": name}, "responseElements": object{"assumedRoleUser": object{"assumedRoleId": "AROADev:" + name}}})
	}
	bob := object{"type": "IAMUser", "principalId": "AIDABOB", "arn": "arn:aws:iam::" + acct + ":user/bob", "accountId": acct, "userName": "bob", "accessKeyId": "AKIABOB000000001"}
	signInARN := "arn:aws:signin:us-east-1:" + acct + ":session/uuid-1"
	return []fixture{
		{
			name: "console: CheckMfa, ConsoleLogin with MFA, failure without errorCode",
			events: decode(t,
				signInEvent("failure", 90, "ConsoleLogin", object{"type": "IAMUser", "principalId": "AIDAALICE", "accountId": acct, "accessKeyId": "", "userName": "alice"}, "Failure", object{"errorMessage": "Failed authentication"}),
				signInEvent("mfa", 98, "CheckMfa", object{"type": "IAMUser", "principalId": "AIDAALICE", "accountId": acct, "accessKeyId": "", "userName": "alice"}, "Success", nil), // without ARN, as recorded
				signInEvent("login", 100, "ConsoleLogin", iamUser("", 0, nil), "Success", object{"additionalEventData": object{"MFAUsed": "YES", "LoginTo": "https://console.aws.amazon.com"}}),
				browser(record("web", 120, "ec2", "DescribeVpcs", iamUser("ASIACONSOLE00001", 100, nil), nil)),
				record("unmarked", 500, "ec2", "DescribeVpcs", iamUser("ASIACONSOLE00002", 100, nil), nil)),
			sessions: [][]string{{"failure"}, {"mfa", "login", "web", "unmarked"}},
			wants:    []want{{event: "web", root: "alice", sure: "exact"}},
		},
		{
			name: "SwitchRole with its twins and a later call under another key",
			events: decode(t,
				signInEvent("login", 100, "ConsoleLogin", iamUser("", 0, nil), "Success", nil),
				browser(record("web", 120, "ec2", "DescribeVpcs", iamUser("ASIACONSOLE00001", 100, nil), nil)),
				record("twinA", 200, "sts", "AssumeRole", iamUser("ASIACONSOLE00002", 100, nil), object{"userAgent": "AWS Internal", "sourceIPAddress": "AWS Internal", "requestParameters": roleRequest, "responseElements": assumed("Admin", "alice", "ASIAOTHER0000001"), "sharedEventID": "5e1b7a52-0000-4000-8000-000000000001"}),
				record("twinB", 200, "sts", "AssumeRole", object{"type": "AWSAccount", "principalId": "AIDAALICE", "accountId": acct}, object{"userAgent": "AWS Internal", "sourceIPAddress": "AWS Internal", "requestParameters": roleRequest, "responseElements": assumed("Admin", "alice", "ASIAOTHER0000001"), "sharedEventID": "5e1b7a52-0000-4000-8000-000000000001", "recipientAccountId": acctB}),
				signInEvent("switch", 200, "SwitchRole", target, "Success", object{"recipientAccountId": acctB, "additionalEventData": object{"SwitchFrom": "arn:aws:iam::" + acct + ":user/alice"}}),
				browser(record("use", 210, "iam", "ListUsers", assumedRole(acctB, "Admin", "alice", "ASIACONSOLE00009", 200), object{"recipientAccountId": acctB}))),
			sessions: [][]string{{"login", "web", "twinA"}, {"twinB"}, {"switch", "use"}},
			wants:    []want{{event: "use", parent: "web", evidence: "twinA", link: "shared-event", confidence: "by time", root: "alice", sure: "by time", depth: 1}},
		},
		{
			name: "Identity Center: triple, polling, credentials, session in the same second",
			events: decode(t, step("challenge", 50, "CredentialChallenge"), step("verify", 55, "CredentialVerification"), step("auth", 56, "UserAuthentication"),
				record("poll", 60, "sso", "CreateToken", center, nil),
				record("creds", 70, "sso", "GetRoleCredentials", center, object{"requestParameters": object{"accountId": acctB, "roleName": "Admin"}, "responseElements": nil}),
				record("use", 75, "s3", "ListBuckets", assumedRole(acctB, "AWSReservedSSO_Admin_0123456789abcdef", "dana@corp.example", "ASIASSO000000001", 70), object{"recipientAccountId": acctB})),
			sessions: [][]string{{"challenge", "verify", "auth", "poll", "creds"}, {"use"}},
			wants:    []want{{event: "use", parent: "creds", evidence: "creds", link: "inferred", confidence: "inferred", root: "dana@corp.example", sure: "inferred", depth: 1}},
		},
		{
			name: "Identity Center: the permission set's session names the portal's user; a console and a key of one second",
			events: decode(t,
				record("fed", 70, "sso", "Federate", center, object{"eventType": "AwsServiceEvent", "serviceEventDetails": object{"account_id": acctB, "role_name": "Admin"}}),
				record("creds", 70, "sso", "GetRoleCredentials", center, object{"serviceEventDetails": object{"account_id": acctB, "role_name": "Read"}}),
				signInEvent("login", 70, "ConsoleLogin", assumedRole(acctB, "AWSReservedSSO_Admin_0123456789abcdef", "dana@corp.example", "", 70), "Success", nil),
				browser(record("web", 75, "s3", "ListBuckets", assumedRole(acctB, "AWSReservedSSO_Admin_0123456789abcdef", "dana@corp.example", "ASIASSO000000001", 70), object{"recipientAccountId": acctB})),
				record("cli", 76, "s3", "ListBuckets", assumedRole(acctB, "AWSReservedSSO_Read_0123456789abcdef", "dana@corp.example", "ASIASSO000000002", 70), object{"recipientAccountId": acctB})),
			sessions: [][]string{{"fed", "creds"}, {"login", "web"}, {"cli"}},
			wants: []want{{event: "web", parent: "fed", evidence: "fed", link: "inferred", confidence: "inferred", root: "dana@corp.example", sure: "inferred", depth: 1},
				{event: "cli", parent: "fed", evidence: "creds", link: "inferred", confidence: "inferred", root: "dana@corp.example", sure: "inferred", depth: 1}},
		},
		{
			name: "forward access burst with keys of its own",
			events: decode(t, record("call", 300, "secretsmanager", "BatchGetSecretValue", iamUser("AKIAALICE0000001", 0, nil), nil),
				forwarded("d1", "ASIAFORWARD0001"), forwarded("d2", "ASIAFORWARD0002"), forwarded("d3", "ASIAFORWARD0003")),
			sessions: [][]string{{"call", "d1", "d2", "d3"}},
		},
		{
			name: "a service works on with a role's rights long after the call: the last that opened the session, of each caller",
			events: decode(t,
				opens("before", 100, bob, "work"), opens("mint", 8000, iamUser("AKIAALICE0000001", 0, nil), "work"), lent("stack", 9000, "work", "ASIASTACK0000001"),
				opens("alice", 20000, iamUser("AKIAALICE0000001", 0, nil), "ci"), opens("bob", 20100, bob, "ci"), lent("either", 21000, "ci", "ASIASTACK0000002"),
				lent("nobody", 22000, "gone", "ASIASTACK0000003")),
			sessions: [][]string{{"before"}, {"mint"}, {"stack"}, {"alice"}, {"bob"}, {"either"}, {"nobody"}},
			wants: []want{{event: "stack", parent: "mint", evidence: "mint", link: "inferred", confidence: "inferred", root: "alice", sure: "inferred", depth: 1},
				{event: "either", root: "alice or bob", sure: "unknown", candidates: 2}, {event: "nobody", root: "Dev/gone", sure: "unknown"}},
		},
		{
			name: "sign-ins that did not succeed, of users and of root, prove nobody",
			events: decode(t,
				signInEvent("user", 90, "ConsoleLogin", object{"type": "IAMUser", "accountId": acct, "accessKeyId": "", "userName": "alice"}, "Failure", object{"errorMessage": "Failed authentication"}),
				signInEvent("asked", 91, "CheckMfa", object{"type": "IAMUser", "accountId": acct, "accessKeyId": "", "userName": "alice"}, "Success", nil),
				signInEvent("hidden", 95, "ConsoleLogin", object{"type": "IAMUser", "accountId": acct, "accessKeyId": "", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}, "Failure", object{"errorMessage": "No username found in supplied account"}),
				signInEvent("root", 99, "ConsoleLogin", object{"type": "Root", "principalId": acct, "arn": "arn:aws:iam::" + acct + ":root", "accountId": acct, "accessKeyId": ""}, "Failure", object{"errorMessage": "Failed authentication"})),
			sessions: [][]string{{"user", "asked"}, {"hidden"}, {"root"}},
			wants: []want{{event: "user", root: "alice", sure: "unknown"}, {event: "hidden", root: "HIDDEN_DUE_TO_SECURITY_REASONS", sure: "unknown"},
				{event: "root", root: "root@" + acct, sure: "unknown"}},
		},
		{
			name: "Roles Anywhere: a certificate's session",
			events: decode(t,
				record("mint", 60, "rolesanywhere", "CreateSession", object{"type": "Unknown", "accountId": acct, "principalId": "", "arn": "", "accessKeyId": "", "userName": ""}, object{
					"requestParameters": object{"roleArn": "arn:aws:iam::" + acct + ":role/Host"}, "responseElements": object{"credentialSet": []object{{"roleArn": "arn:aws:iam::" + acct + ":role/Host", "sourceIdentity": "CN=host1",
						"credentials": object{"accessKeyId": "ASIACERT00000001"}, "assumedRoleUser": object{"assumedRoleId": "AROAHost:00ab", "arn": "arn:aws:sts::" + acct + ":assumed-role/Host/00ab"}}}}}),
				record("use", 70, "s3", "ListBuckets", withSource(assumedRole(acct, "Host", "00ab", "ASIACERT00000001", 60), "CN=host1"), nil)),
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "CN=host1", sure: "exact", depth: 1}},
		},
		{
			name: "AssumeRoot and the member account's root; GetFederationToken and FederatedUser",
			events: decode(t,
				record("mint", 60, "sts", "AssumeRoot", iamUser("AKIAALICE0000001", 0, nil), object{"requestParameters": object{"targetPrincipal": acctB, "taskPolicyArn": object{"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}}, "responseElements": object{"credentials": object{"accessKeyId": "ASIAROOT00000001"}}}),
				record("root", 70, "s3", "DeleteBucketPolicy", object{"type": "Root", "principalId": acctB, "arn": "arn:aws:iam::" + acctB + ":root", "accountId": acctB, "accessKeyId": "ASIAROOT00000001", "sessionContext": context(60, object{}, object{"assumedRoot": "true"})}, object{"recipientAccountId": acctB}),
				record("fed", 80, "sts", "GetFederationToken", iamUser("AKIAALICE0000001", 0, nil), object{"requestParameters": object{"name": "guest"}, "responseElements": object{"credentials": object{"accessKeyId": "ASIAFEDERATED001"}, "federatedUser": object{"federatedUserId": acct + ":guest", "arn": "arn:aws:sts::" + acct + ":federated-user/guest"}}}),
				record("guest", 90, "s3", "ListBuckets", object{"type": "FederatedUser", "principalId": acct + ":guest", "arn": "arn:aws:sts::" + acct + ":federated-user/guest", "accountId": acct, "accessKeyId": "ASIAFEDERATED001", "sessionContext": context(80, object{"type": "IAMUser", "principalId": "AIDAALICE", "arn": "arn:aws:iam::" + acct + ":user/alice", "accountId": acct, "userName": "alice"}, nil)}, nil)),
			sessions: [][]string{{"mint", "fed"}, {"root"}, {"guest"}},
			wants: []want{{event: "root", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 1},
				{event: "guest", parent: "fed", evidence: "fed", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 1}},
		},
		{
			name: "OAuth grant and its sign-in session over two keys",
			events: decode(t,
				browser(record("web", 120, "ec2", "DescribeVpcs", iamUser("ASIACONSOLE00001", 100, nil), nil)),
				browser(signInEvent("token", 131, "CreateOAuth2Token", iamUser("ASIACONSOLE00001", 100, object{"signInSessionArn": signInARN}), "Success", object{"additionalEventData": object{"signInSessionArn": signInARN}})),
				record("k1", 140, "s3", "ListBuckets", iamUser("ASIAOAUTH0000001", 131, object{"signInSessionArn": signInARN}), nil),
				record("k2", 9000, "s3", "ListBuckets", iamUser("ASIAOAUTH0000002", 8000, object{"signInSessionArn": signInARN}), nil)),
			sessions: [][]string{{"web", "token"}, {"k1", "k2"}},
			wants:    []want{{event: "k2", parent: "web", evidence: "token", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 1}},
		},
		{
			name: "instance: mint by the service without assumedRoleUser, refresh, use from elsewhere",
			events: decode(t,
				record("m1", 60, "sts", "AssumeRole", object{"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, object{"requestParameters": object{"roleArn": "arn:aws:iam::" + acct + ":role/App", "roleSessionName": "i-0123456789abcdef0"}, "responseElements": object{"credentials": object{"accessKeyId": "ASIAINSTANCE0001"}}}),
				record("m2", 20000, "sts", "AssumeRole", object{"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, object{"requestParameters": object{"roleArn": "arn:aws:iam::" + acct + ":role/App", "roleSessionName": "i-0123456789abcdef0"}, "responseElements": object{"credentials": object{"accessKeyId": "ASIAINSTANCE0002"}}}),
				record("u1", 70, "s3", "ListBuckets", assumedRole(acct, "App", "i-0123456789abcdef0", "ASIAINSTANCE0001", 60), object{"sourceIPAddress": "10.0.0.5"}),
				record("u2", 20010, "s3", "ListBuckets", assumedRole(acct, "App", "i-0123456789abcdef0", "ASIAINSTANCE0002", 20000), object{"sourceIPAddress": "10.0.0.5"}),
				record("theft", 20020, "s3", "ListBuckets", assumedRole(acct, "App", "i-0123456789abcdef0", "ASIAINSTANCE0002", 20000), object{"sourceIPAddress": away})),
			sessions: [][]string{{"m1", "m2"}, {"u1"}, {"u2", "theft"}},
			wants:    []want{{event: "u2", parent: "m2", evidence: "m2", link: "issued-key", confidence: "exact", root: "i-0123456789abcdef0", sure: "exact", depth: 1}},
		},
		{
			name: "Identity Center: two people behind one address fetch credentials in one second",
			events: decode(t,
				record("dana's", 70, "sso", "GetRoleCredentials", center, object{"userAgent": "aws-cli/2.22.0 ua/2.0 sid/0a1b md/prompt#off"}),
				record("other's", 70, "sso", "GetRoleCredentials", other, object{"userAgent": "aws-cli/2.22.0 ua/2.0 sid/ffff md/prompt#off"}),
				record("same run", 75, "s3", "ListBuckets", assumedRole(acctB, "AWSReservedSSO_Admin_0123456789abcdef", "dana@corp.example", "ASIASSO000000001", 70), object{"recipientAccountId": acctB, "userAgent": "aws-cli/2.22.0 ua/2.0 sid/0a1b md/prompt#off"}),
				record("later run", 76, "s3", "ListBuckets", assumedRole(acctB, "AWSReservedSSO_Read_0123456789abcdef", "eve@corp.example", "ASIASSO000000002", 70), object{"recipientAccountId": acctB, "userAgent": "aws-cli/2.22.0 ua/2.0 sid/2222"})),
			sessions: [][]string{{"dana's"}, {"other's"}, {"same run"}, {"later run"}},
			wants: []want{{event: "same run", parent: "dana's", evidence: "dana's", link: "inferred", confidence: "inferred", root: "dana@corp.example", sure: "inferred", depth: 1},
				{event: "later run", root: "eve@corp.example", sure: "inferred", candidates: 2}},
		},
		{
			name: "Identity Center: the steps of a sign-in tell id and name apart",
			events: decode(t,
				record("challenge", 50, "signin", "CredentialChallenge", center, object{"eventType": "AwsServiceEvent", "additionalEventData": object{"AuthWorkflowID": "w2", "UserName": "HIDDEN_DUE_TO_SECURITY_REASONS"}, "serviceEventDetails": object{"CredentialChallenge": "Success"}}),
				record("auth", 56, "signin", "UserAuthentication", object{"type": "Unknown", "accountId": acct, "principalId": "", "arn": "", "accessKeyId": ""}, object{"eventType": "AwsServiceEvent", "additionalEventData": object{"AuthWorkflowID": "w2", "UserName": "dana@corp.example"}, "serviceEventDetails": object{"UserAuthentication": "Success"}}),
				record("poll", 60, "sso", "CreateToken", center, nil)),
			sessions: [][]string{{"challenge", "poll"}, {"auth"}},
			wants:    []want{{event: "poll", root: "dana@corp.example", sure: "exact"}},
		},
		{
			name: "Identity Center before July 2025: two people sign in from one address, the account in place of both",
			events: decode(t,
				record("ann 1", 50, "signin", "CredentialVerification", bare, signingIn("w3", "ann@corp.example")),
				record("bo 1", 51, "signin", "CredentialVerification", bare, signingIn("w4", "bo@corp.example")),
				record("ann 2", 52, "signin", "UserAuthentication", bare, signingIn("w3", "ann@corp.example")),
				record("bo 2", 53, "signin", "UserAuthentication", bare, signingIn("w4", "bo@corp.example"))),
			sessions: [][]string{{"ann 1", "ann 2"}, {"bo 1", "bo 2"}},
			wants:    []want{{event: "ann 2", root: "ann@corp.example", sure: "exact"}, {event: "bo 2", root: "bo@corp.example", sure: "exact"}},
		},
	}
}

func TestSessionsOfRecords(t *testing.T) {
	t.Parallel()
	for _, f := range recordFixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := resolve(f.events, 0)
			checkGroups(t, r, f)
			for _, w := range f.wants {
				checkWant(t, r, f, w)
			}
			checkSums(t, f.events)
		})
	}
}

// The record of a user's or of root's sign-in is the one that tells of its second
// factor; those of roles always say that there was none.
func TestSecondFactorOfSignIns(t *testing.T) {
	t.Parallel()
	used := func(v string) object {
		return object{"additionalEventData": object{"MFAUsed": v, "LoginTo": "https://console.aws.amazon.com"}}
	}
	root := object{"type": "Root", "principalId": acct, "arn": "arn:aws:iam::" + acct + ":root", "accountId": acct, "accessKeyId": ""}
	for _, c := range []struct {
		who  object
		used string
		want cloudtrail.MFA
	}{
		{iamUser("", 0, nil), "YES", cloudtrail.MFAYes}, {iamUser("", 0, nil), "No", cloudtrail.MFANo}, {root, "Yes", cloudtrail.MFAYes}, {root, "No", cloudtrail.MFANo},
		{object{"type": "AssumedRole", "principalId": "AROAFed:dana", "arn": "arn:aws:sts::" + acct + ":assumed-role/Fed/dana", "accountId": acct}, "No", cloudtrail.MFAUnknown},
	} {
		events := decode(t, signInEvent("login", 100, "ConsoleLogin", c.who, "Success", used(c.used)))
		s := of(t, resolve(events, 0), events, "login")
		if s.MFA != c.want || slices.Contains(signs(s), session.NoMFA) != (c.want == cloudtrail.MFANo) {
			t.Errorf("%s, MFAUsed %s: %v, signs %v", c.who["type"], c.used, s.MFA, signs(s))
		}
	}
}

func TestTheftFromAnInstanceShows(t *testing.T) {
	t.Parallel()
	all := recordFixtures(t)
	f := all[slices.IndexFunc(all, func(f fixture) bool { return strings.HasPrefix(f.name, "instance:") })]
	r := resolve(f.events, 0)
	if got := signs(of(t, r, f.events, "theft")); len(got) != 1 || got[0] != session.OutsideInstance {
		t.Errorf("signs %v", got)
	}
}

// A call that a service makes on with somebody's keys looks like the console's;
// her session of a role is none for that. Where nothing else is loaded of a
// session it is all there is to know it by.
func TestHopsOfServicesAreNoConsole(t *testing.T) {
	t.Parallel()
	hop := func(id string, second int, key string) object {
		who := assumedRole(acct, "App", "s", key, 50)
		who["invokedBy"] = "AWS Internal"
		return record(id, second, "kms", "Decrypt", who, object{"userAgent": "AWS Internal", "sourceIPAddress": "AWS Internal"})
	}
	events := decode(t, record("get", 100, "s3", "GetObject", assumedRole(acct, "App", "s", "ASIAAPP000000001", 50), nil), hop("dec", 100, "ASIAAPP000000001"))
	r := resolve(events, 0)
	if s := of(t, r, events, "dec"); s.Kind != session.TemporaryKey || s != of(t, r, events, "get") || len(signs(s)) > 0 {
		t.Errorf("kind %s, signs %v", s.Kind, signs(s))
	}
	alone := decode(t, hop("one", 100, "ASIAHOP000000001"), hop("two", 200, "ASIAHOP000000002"))
	r = resolve(alone, 0)
	if of(t, r, alone, "one") != of(t, r, alone, "two") {
		t.Error("a console session without its own calls fell apart")
	}
}
