package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"spoor/query"
)

// twins has for every built-in question events that it must find, and events
// that come near and that it must not. A line is a call and members of its
// record: req, res, add and who are short for the long names. "25*" before it
// logs it so often, with the number in place of #, a second apart, or as many as
// "@60" says. "." begins a line of events that are neither, such as a history.
// Each question's events have a user and an address of their own.
var twins = map[string]struct{ hit, miss string }{
	"root-activity": {`iam.ListUsers {"who":{"type":"Root"}}`, `kms.Decrypt {"who":{"type":"Root","invokedBy":"s3.amazonaws.com"}}
		ec2.X {"who":{"type":"Root"},"eventType":"AwsServiceEvent"}`},
	"root-login": {`signin.PasswordUpdated {"who":{"type":"Root"}}
		signin.ConsoleLogin {"who":{"type":"Root"},"res":{"ConsoleLogin":"Success"}}`, `signin.ConsoleLogin {"res":{"ConsoleLogin":"Success"}}
		signin.CheckMfa {"who":{"type":"Root"}}`},
	"assume-root": {`sts.AssumeRoot {"readOnly":true}
		s3.DeleteBucketPolicy {"who":{"type":"Root","sessionContext":{"assumedRoot":"true"}}}`, `s3.DeleteBucketPolicy {"who":{"type":"Root","sessionContext":{}}}`},
	"login-no-mfa": {`signin.ConsoleLogin {"res":{"ConsoleLogin":"Success"},"add":{"MFAUsed":"No"}}`, `signin.ConsoleLogin {"res":{"ConsoleLogin":"Success"},"add":{"MFAUsed":"YES"}}
		signin.ConsoleLogin {"res":{"ConsoleLogin":"Failure"},"add":{"MFAUsed":"No"},"errorMessage":"Failed authentication"}
		signin.ConsoleLogin {"who":{"type":"AssumedRole"},"res":{"ConsoleLogin":"Success"},"add":{"MFAUsed":"No"}}`},
	"login-failures": {`5*@60 signin.ConsoleLogin {"res":{"ConsoleLogin":"Failure"},"errorMessage":"No username found in supplied account"}`,
		`4* signin.ConsoleLogin {"res":{"ConsoleLogin":"Failure"},"errorMessage":"Failed authentication"}
		5*@1000 signin.ConsoleLogin {"sourceIPAddress":"203.0.113.250","res":{"ConsoleLogin":"Failure"},"errorMessage":"Failed authentication"}`},
	"login-fail-then-success": {`3* signin.ConsoleLogin {"res":{"ConsoleLogin":"Failure"},"errorMessage":"Failed authentication"}
		signin.ConsoleLogin {"res":{"ConsoleLogin":"Success"}}`, `2* signin.ConsoleLogin {"res":{"ConsoleLogin":"Failure"},"errorMessage":"Failed authentication"}
		signin.ConsoleLogin {"res":{"ConsoleLogin":"Success"}}
		3* signin.ConsoleLogin {"sourceIPAddress":"203.0.113.251","res":{"ConsoleLogin":"Failure"},"errorMessage":"Failed authentication"}`},
	"login-new-ip": {`.@1200 s3.ListBuckets {}
		signin.ConsoleLogin {"sourceIPAddress":"203.0.113.252","res":{"ConsoleLogin":"Success"}}`, `.@1200 s3.ListBuckets {}
		signin.ConsoleLogin {"res":{"ConsoleLogin":"Success"}}`},
	"idc-mfa": {`signin.UserAuthentication {"eventType":"AwsServiceEvent","add":{"CredentialType":"PASSWORD"}}`, `signin.UserAuthentication {"eventType":"AwsServiceEvent","add":{"CredentialType":"PASSWORD,TOTP"}}`},

	"key-created":    {`iam.CreateAccessKey {}`, `iam.CreateAccessKey {"errorCode":"AccessDenied"}`},
	"key-for-other":  {`iam.CreateAccessKey {"req":{"userName":"somebody"}}`, "iam.CreateAccessKey {\"req\":{\"userName\":\"$user\"}}\niam.CreateAccessKey {\"req\":null}"},
	"login-profile":  {"iam.CreateLoginProfile {}\niam.UpdateLoginProfile {}\niam.ChangePassword {}", "iam.UpdateLoginProfile {\"errorCode\":\"AccessDenied\"}\niam.DeleteLoginProfile {}"},
	"user-created":   {"iam.CreateUser {}\niam.CreateRole {}", "sso-directory.CreateUser {}\niam.CreateUser {\"errorCode\":\"EntityAlreadyExistsException\"}"},
	"admin-attached": {`iam.AttachRolePolicy {"req":{"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}}`, `iam.AttachRolePolicy {"req":{"policyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}`},
	"inline-star": {`iam.PutUserPolicy {"req":{"policyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":[\"*\"],\"Resource\":\"*\"}}"}}`,
		`iam.PutUserPolicy {"req":{"policyDocument":"{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}"}}
		iam.PutUserPolicy {"req":{"policyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::b/*\"}}"}}
		iam.PutUserPolicy {"req":{"policyDocument":"{broken"}}`},
	"policy-version": {"iam.CreatePolicyVersion {\"req\":{\"setAsDefault\":true}}\niam.SetDefaultPolicyVersion {}", `iam.CreatePolicyVersion {"req":{"setAsDefault":false}}`},
	"trust-changed": {`iam.UpdateAssumeRolePolicy {"req":{"policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::999988887777:root\"},\"Action\":\"sts:AssumeRole\"}]}"}}
		iam.CreateRole {"req":{"assumeRolePolicyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:AssumeRole\"}]}"}}`,
		`iam.UpdateAssumeRolePolicy {"req":{"policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"sts:AssumeRole\"}]}"}}
		iam.CreateRole {"req":{"assumeRolePolicyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"}}`},
	"mfa-removed":      {"iam.DeactivateMFADevice {}\nsso-directory.DeleteMfaDeviceForUser {}", "iam.DeactivateMFADevice {\"errorCode\":\"AccessDenied\"}\niam.EnableMFADevice {}"},
	"federation-trust": {"rolesanywhere.CreateTrustAnchor {}\niam.CreateSAMLProvider {}\niam.UpdateOpenIDConnectProviderThumbprint {}", "rolesanywhere.DeleteTrustAnchor {}\niam.CreateSAMLProvider {\"errorCode\":\"AccessDenied\"}"},
	"idc-grants":       {"sso.CreateAccountAssignment {}\nidentitystore.CreateGroupMembership {}\nsso-directory.CreateUser {}", "iam.CreateUser {}\nsso.DeleteAccountAssignment {}"},
	"boundary-removed": {`iam.DeleteUserPermissionsBoundary {}`, `iam.PutUserPermissionsBoundary {}`},
	"quarantine":       {`iam.AttachUserPolicy {"req":{"policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}}`, `iam.AttachUserPolicy {"req":{"policyArn":"arn:aws:iam::aws:policy/AWSDenyAll"}}`},

	"trail-tamper": {"cloudtrail.StopLogging {}\ncloudtrail.PutEventSelectors {}", "cloudtrail.StartLogging {}\nlogs.UpdateTrail {}"},
	"trail-bucket": {`. cloudtrail.CreateTrail {"req":{"s3BucketName":"the-logs","kmsKeyId":"arn:aws:kms:us-east-1:111122223333:key/the-key"}}
		s3.PutBucketLifecycle {"req":{"bucketName":"the-logs"}}
		kms.DisableKey {"req":{"keyId":"the-key"},"resources":[{"ARN":"arn:aws:kms:us-east-1:111122223333:key/the-key"}]}`, `s3.PutBucketLifecycle {"req":{"bucketName":"the-cats"}}
		kms.DisableKey {"req":{"keyId":"another"}}`},
	"detection-off":  {"guardduty.DeleteDetector {}\nconfig.StopConfigurationRecorder {}\ninspector2.Disable {}", "guardduty.CreateDetector {}\nram.DisassociateMembers {}"},
	"logs-deleted":   {"ec2.DeleteFlowLogs {}\nlogs.PutRetentionPolicy {}", "ec2.CreateFlowLogs {}\nlogs.CreateLogGroup {}"},
	"org-changes":    {`organizations.LeaveOrganization {}`, `organizations.DescribeOrganization {"readOnly":true}`},
	"region-enabled": {"ec2.RunInstances {\"awsRegion\":\"ap-east-1\"}\naccount.EnableRegion {}", "ec2.DescribeInstances {\"awsRegion\":\"me-south-1\",\"readOnly\":true}\niam.CreateGroup {}"},
	"attack-tools":   {`sts.GetCallerIdentity {"readOnly":true,"userAgent":"aws-cli/2.9 Linux/6.1-Kali source/x86_64.kali.2024"}`, `sts.GetCallerIdentity {"readOnly":true,"userAgent":"aws-cli/2.9 Linux/6.1"}`},
	"cloudshell":     {"s3.ListBuckets {\"readOnly\":true,\"userAgent\":\"aws-cli/2.15 exec-env/CloudShell\"}\ncloudshell.CreateSession {}", `s3.ListBuckets {"readOnly":true,"userAgent":"Boto3/1.34 exec-env/AWS_Lambda_python3.12"}`},

	"sg-open": {`ec2.AuthorizeSecurityGroupIngress {"req":{"groupId":"sg-1","ipPermissions":{"items":[{"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}}
		ec2.AuthorizeSecurityGroupIngress {"req":{"groupId":"sg-1","cidrIp":"0.0.0.0/0"}}
		ec2.ModifySecurityGroupRules {"req":{"ModifySecurityGroupRulesRequest":{"SecurityGroupRule":{"tag":1,"SecurityGroupRule":{"CidrIpv6":"::/0"}}}}}`,
		`ec2.AuthorizeSecurityGroupIngress {"req":{"cidrIp":"10.0.0.0/8","description":"no longer 0.0.0.0/0"}}
		ec2.AuthorizeSecurityGroupIngress {"errorCode":"Client.UnauthorizedOperation","req":{"cidrIp":"0.0.0.0/0"}}
		ec2.RevokeSecurityGroupIngress {"req":{"cidrIp":"0.0.0.0/0"}}`},
	"net-changes": {"ec2.CreateRoute {}\nec2.CreateTrafficMirrorSession {}", "ec2.DeleteRoute {}\nappmesh.CreateRoute {}"},
	"vpce-denied": {`s3.PutObject {"eventType":"AwsVpceEvent","eventCategory":"NetworkActivity","errorCode":"VpceAccessDenied"}`, `s3.PutObject {"eventType":"AwsVpceEvent","eventCategory":"NetworkActivity"}
		s3.PutObject {"errorCode":"AccessDenied","eventCategory":"Data"}`},
	"dns-domain": {"route53.ChangeResourceRecordSets {}\nroute53domains.DisableDomainTransferLock {}", `route53.ListHostedZones {"readOnly":true}`},

	"snap-shared": {`ec2.ModifySnapshotAttribute {"req":{"createVolumePermission":{"add":{"items":[{"userId":"9"}]}}}}
		ec2.SharedSnapshotVolumeCreated {"eventType":"AwsServiceEvent"}`, `ec2.ModifySnapshotAttribute {"req":{"createVolumePermission":{"remove":{"items":[{"userId":"9"}]}}}}`},
	"rds-shared": {`rds.ModifyDBSnapshotAttribute {"req":{"attributeName":"restore","valuesToAdd":["999988887777"]}}`, `rds.ModifyDBSnapshotAttribute {"req":{"attributeName":"restore","valuesToRemove":["999988887777"]}}`},
	"rds-public": {`rds.CreateDBInstance {"req":{"publiclyAccessible":true}}
		rds.ModifyDBInstance {"req":{"masterUserPassword":"****"}}`, `rds.CreateDBInstance {"req":{"publiclyAccessible":false,"deletionProtection":true}}`},
	"bucket-public": {"s3.PutBucketPolicy {}\ns3.PutAccountPublicAccessBlock {}", "s3.PutBucketTagging {}\ns3.GetBucketPolicy {\"readOnly\":true}"},
	"s3-download": {`s3.GetObject {"readOnly":true,"eventCategory":"Data","req":{"bucketName":"b"},"add":{"bytesTransferredOut":1000.0}}`, `s3.HeadObject {"readOnly":true,"eventCategory":"Data","req":{"bucketName":"b"}}
		s3.GetObject {"readOnly":true,"eventCategory":"Data","req":{"bucketName":"b"},"errorCode":"AccessDenied"}`},
	"cross-account-read": {`s3.GetBucketAcl {"readOnly":true,"who":{"type":"AWSAccount","accountId":"999988887777"}}`, `s3.GetBucketAcl {"readOnly":true}
		s3.GetBucketAcl {"readOnly":true,"who":{"type":"AWSService","accountId":"999988887777"}}`},
	"s3-delete": {`s3.DeleteObjects {"eventCategory":"Data","req":{"bucketName":"b"}}
		s3.PutBucketVersioning {"req":{"bucketName":"b","VersioningConfiguration":{"Status":"Suspended"}}}`, `s3.PutBucketVersioning {"req":{"bucketName":"b","VersioningConfiguration":{"Status":"Enabled"}}}`},
	"s3-ransom": {`s3.PutObject {"eventCategory":"Data","req":{"x-amz-server-side-encryption-customer-algorithm":"AES256"}}
		s3.CopyObject {"eventCategory":"Data","req":{"x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:us-east-1:999988887777:key/k"}}`,
		`s3.CopyObject {"eventCategory":"Data","req":{"x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:us-east-1:111122223333:key/k"}}
		s3.PutObject {"eventCategory":"Data","req":{"x-amz-server-side-encryption":"AES256"}}`},
	"kms-destroy":    {`kms.ScheduleKeyDeletion {}`, "kms.CreateGrant {\"who\":{\"invokedBy\":\"rds.amazonaws.com\"}}\nkms.EnableKey {}"},
	"backup-destroy": {"ec2.DeleteSnapshot {}\nbackup.DeleteBackupVault {}", `ec2.CreateSnapshot {}`},

	"secrets-read": {`10* secretsmanager.GetSecretValue {"readOnly":true,"req":{"secretId":"s#"}}`, `20* secretsmanager.GetSecretValue {"readOnly":true,"req":{"secretId":"one"}}
		8* ssm.GetParameter {"readOnly":true,"req":{"name":"p#"}}`},
	"kms-decrypt-new": {`. kms.Decrypt {"readOnly":true,"resources":[{"ARN":"arn:aws:kms:us-east-1:111122223333:key/old"}]}
		kms.Decrypt {"readOnly":true,"resources":[{"ARN":"arn:aws:kms:us-east-1:111122223333:key/new"}]}`, `. kms.Decrypt {"readOnly":true,"resources":[{"ARN":"arn:aws:kms:us-east-1:111122223333:key/old"}]}
		kms.Decrypt {"readOnly":true,"resources":[{"ARN":"arn:aws:kms:us-east-1:111122223333:key/old"}]}
		kms.Decrypt {"readOnly":true,"who":{"invokedBy":"s3.amazonaws.com"},"resources":[{"ARN":"arn:aws:kms:us-east-1:111122223333:key/other"}]}`},
	"instance-creds-outside": {`s3.ListBuckets {"readOnly":true,"who":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/App/i-0123456789abcdef0"}}`,
		`. ec2.AssociateAddress {"req":{"instanceId":"i-0aaaaaaaaaaaaaaa0","publicIp":"203.0.113.253"}}
		s3.ListBuckets {"sourceIPAddress":"203.0.113.253","readOnly":true,"who":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/App/i-0aaaaaaaaaaaaaaa0"}}
		s3.ListBuckets {"sourceIPAddress":"10.1.2.3","readOnly":true,"who":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/App/i-0123456789abcdef0"}}
		s3.ListBuckets {"sourceIPAddress":"AWS Internal","readOnly":true,"who":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/App/i-0123456789abcdef0"}}
		s3.ListBuckets {"readOnly":true,"who":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/App/i-robot"}}`},
	"imds-v1":  {`s3.ListBuckets {"readOnly":true,"who":{"sessionContext":{"ec2RoleDelivery":"1.0"}}}`, `s3.ListBuckets {"readOnly":true,"who":{"sessionContext":{"ec2RoleDelivery":"2.0"}}}`},
	"userdata": {"ec2.DescribeInstanceAttribute {\"readOnly\":true,\"req\":{\"attribute\":\"userData\"}}\nec2.ModifyInstanceAttribute {\"req\":{\"userData\":\"<sensitiveDataRemoved>\"}}", `ec2.DescribeInstanceAttribute {"readOnly":true,"req":{"attribute":"instanceType"}}`},
	"key-many-ips": {`5* s3.ListBuckets {"readOnly":true,"sourceIPAddress":"203.0.113.#","who":{"accessKeyId":"AKIAMANYIPS000000001"}}`, `5* s3.ListBuckets {"readOnly":true,"sourceIPAddress":"203.0.113.#","who":{"accessKeyId":"ASIAMANYIPS000000001"}}
		4* s3.ListBuckets {"readOnly":true,"sourceIPAddress":"203.0.113.#","who":{"accessKeyId":"AKIAFEWIPS0000000001"}}
		2* s3.ListBuckets {"readOnly":true,"sourceIPAddress":"svc#.amazonaws.com","who":{"accessKeyId":"AKIAFEWIPS0000000001"}}`},

	"recon-burst": {`25* ec2.DescribeThing# {"readOnly":true}`, `24* ec2.DescribeThing# {"readOnly":true}
		20* ec2.DescribeThing1 {"readOnly":true}`},
	"whoami": {`.@1200 s3.ListBuckets {"readOnly":true}
		sts.GetCallerIdentity {"readOnly":true,"sourceIPAddress":"203.0.113.254"}`, `.@1200 s3.ListBuckets {"readOnly":true}
		sts.GetCallerIdentity {"readOnly":true}`},
	"denied-burst": {`10* ec2.DescribeThing# {"readOnly":true,"errorCode":"Client.UnauthorizedOperation"}`, `9* ec2.DescribeThing# {"readOnly":true,"errorCode":"Client.UnauthorizedOperation"}
		10* ec2.DescribeThing1 {"readOnly":true,"errorCode":"Client.UnauthorizedOperation"}
		10* ec2.DescribeOther# {"readOnly":true,"errorCode":"ThrottlingException"}`},
	"s3-enum": {`20* s3.GetBucketAcl {"readOnly":true}`, `19* s3.GetBucketAcl {"readOnly":true}
		20*@60 s3.GetBucketAcl {"readOnly":true,"sourceIPAddress":"203.0.113.249"}`},

	"role-chain": {`sts.AssumeRole {"readOnly":true,"req":{"roleArn":"arn:aws:iam::999988887777:role/R"}}
		sts.AssumeRole {"readOnly":true,"req":{"roleArn":"arn:aws:iam::111122223333:role/R"},"who":{"type":"AssumedRole"}}`, `sts.AssumeRole {"readOnly":true,"req":{"roleArn":"arn:aws:iam::111122223333:role/R"}}
		sts.AssumeRole {"readOnly":true,"req":{"roleArn":"arn:aws:iam::999988887777:role/R"},"errorCode":"AccessDenied"}`},
	"web-identity":    {`sts.AssumeRoleWithWebIdentity {"readOnly":true,"res":{"provider":"p","subjectFromWebIdentityToken":"repo:org/x"}}`, `sts.AssumeRoleWithSAML {"readOnly":true}`},
	"fed-token":       {"sts.GetFederationToken {}\nsignin.GetSigninToken {}", `sts.AssumeRole {"readOnly":true,"req":{"roleArn":"arn:aws:iam::111122223333:role/R"}}`},
	"lambda-backdoor": {"lambda.UpdateFunctionCode20150331v2 {}\nlambda.AddPermission20150331v2 {}", "lambda.GetFunction20150331v2 {\"readOnly\":true}\nsns.AddPermission {}"},
	"ssm-exec":        {"ssm.SendCommand {}\necs.ExecuteCommand {}", "ssm.DescribeInstanceInformation {\"readOnly\":true}\nrds-data.ExecuteCommand {}"},
	"ssh-push":        {"ec2-instance-connect.SendSSHPublicKey {}\nec2.GetPasswordData {\"readOnly\":true}", `ec2.GetConsoleOutput {"readOnly":true}`},
	"mining":          {`ec2.RunInstances {"req":{"instanceType":"p5.48xlarge"}}`, `ec2.StartInstances {}`},
	"email-abuse":     {"ses.VerifyEmailIdentity {}\nses.GetSendQuota {\"readOnly\":true}", "ses.DeleteEmailIdentity {}\nsecurityhub.GetAccount {\"readOnly\":true}"},
	"bedrock-abuse":   {`bedrock.InvokeModel {"readOnly":true}`, `bedrock.ListFoundationModels {"readOnly":true}`},
	"eks-access":      {`eks.CreateAccessEntry {}`, `eks.DescribeAccessEntry {"readOnly":true}`},

	"actor-everything": {`ec2.RunInstances {"req":{"instanceType":"t3.micro"}}`, "ec2.DescribeInstances {\"readOnly\":true}\nec2.StopInstances {\"errorCode\":\"Client.UnauthorizedOperation\"}"},
	"resource-history": {`s3.PutBucketTagging {"req":{"bucketName":"asked-for"}}`, `s3.PutBucketTagging {"req":{"bucketName":"asked-for-not"}}`},
	"ip-everything":    {`s3.ListBuckets {"readOnly":true,"sourceIPAddress":"2001:db8::7"}`, `s3.ListBuckets {"readOnly":true,"sourceIPAddress":"2001:db8::8"}`},
}

// A stage logs events for the questions, those of each at a time of its own.
type stage struct {
	t       *testing.T
	at      time.Time
	n       int
	records []string
}

// play logs the lines of one kind for a question.
func (s *stage) play(id, kind, lines string) {
	s.at = s.at.Add(2 * time.Hour)
	s.n++
	user, ip := id+"-"+kind, fmt.Sprintf("198.51.%d.7", s.n)
	if id == "actor-everything" {
		user = id
	}
	for line := range strings.SplitSeq(lines, "\n") {
		head, members, _ := strings.Cut(strings.TrimSpace(line), " {")
		fields := strings.Fields(head)
		step, times, kind := time.Second, 1, kind
		for _, f := range fields[:len(fields)-1] {
			f, silent := strings.CutPrefix(f, ".")
			if silent {
				kind = "neither"
			}
			n, every, _ := strings.Cut(f, "@")
			if k, err := strconv.Atoi(strings.TrimSuffix(n, "*")); err == nil {
				times = k
			}
			if k, err := strconv.Atoi(every); err == nil {
				step = time.Duration(k) * time.Second
			}
		}
		for i := range times {
			s.log(strings.ReplaceAll(fields[len(fields)-1], "#", strconv.Itoa(i)), strings.ReplaceAll("{"+strings.ReplaceAll(members, "$user", user), "#", strconv.Itoa(i)), user, ip, id+" "+kind)
			s.at = s.at.Add(step)
		}
	}
}

func (s *stage) log(call, members, user, ip, id string) {
	var more map[string]any
	if err := json.Unmarshal([]byte(members), &more); err != nil {
		s.t.Fatalf("%s: %v", members, err)
	}
	service, name, _ := strings.Cut(call, ".")
	who := map[string]any{"type": "IAMUser", "principalId": "AIDA" + user, "arn": "arn:aws:iam::111122223333:user/" + user, "accountId": "111122223333", "userName": user}
	r := map[string]any{"eventVersion": "1.08", "eventID": fmt.Sprint(id, " ", len(s.records)), "eventTime": s.at.Format(time.RFC3339), "eventSource": service + ".amazonaws.com", "eventName": name,
		"awsRegion": "us-east-1", "sourceIPAddress": ip, "userAgent": "aws-cli/2.15.0", "readOnly": false, "eventType": "AwsApiCall", "eventCategory": "Management", "recipientAccountId": "111122223333", "userIdentity": who}
	short := map[string]string{"req": "requestParameters", "res": "responseElements", "add": "additionalEventData"}
	for k, v := range more {
		if k != "who" {
			if long := short[k]; long != "" {
				k = long
			}
			r[k] = v
			continue
		}
		for k, v := range v.(map[string]any) {
			who[k] = v
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.records = append(s.records, string(text))
}

// Every built-in question finds what it is about, and not what comes near.
func TestBuiltinQuestionsTellTwinsApart(t *testing.T) {
	t.Parallel()
	s := &stage{t: t, at: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}
	s.log("iam.CreateGroup", "{}", "somebody", "198.51.100.1", "neither") // the account is at work in its region
	for _, q := range query.Builtin() {
		f, ok := twins[q.ID]
		if !ok {
			t.Errorf("%s: no events", q.ID)
			continue
		}
		s.play(q.ID, "hit", f.hit)
		s.play(q.ID, "miss", f.miss)
	}
	db := newCase(t)
	load(t, db, decoded(t, pack1("/logs/twins.json.gz", `{"Records":[`+strings.Join(s.records, ",")+`]}`, nil, nil)))
	given := map[string]string{"actor": "actor-everything", "resource": "asked-for", "ip": "2001:db8::7"}
	for _, saved := range query.Builtin() {
		q, err := saved.Question()
		if err != nil {
			t.Fatal(err)
		}
		a, err := db.Answer(t.Context(), q, given)
		if err != nil {
			t.Fatal(err)
		}
		found := foundBy(t, db, a)
		for _, r := range s.records {
			id := strings.Split(r[strings.Index(r, `"eventID":"`)+11:], `"`)[0]
			if strings.HasPrefix(id, saved.ID+" hit ") != found[id] && strings.HasPrefix(id, saved.ID+" ") && !strings.Contains(id, "neither") {
				t.Errorf("%s: found %v: %s", saved.ID, found[id], r)
			}
		}
	}
}

// foundBy lists the events that an answer opens, by id.
func foundBy(t *testing.T, db *DB, a query.Answer) map[string]bool {
	t.Helper()
	filters := []query.Filter{a.Filter}
	if a.Rule {
		filters = nil
		for _, f := range a.Findings {
			filters = append(filters, f.Filter)
		}
	}
	out := map[string]bool{}
	for _, f := range filters {
		err := whole{db}.Walk(t.Context(), query.Walk{Filter: f, Columns: []string{"id"}}, func(r query.Row) error {
			out[r.Values[0].Text] = true
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}
