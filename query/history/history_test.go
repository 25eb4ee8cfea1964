package history

import (
	"fmt"
	"strings"
	"testing"

	"spoor/query"
)

// step makes an event of a test: "service Call" and its parameters.
func step(n int, what, req, res string) Event {
	service, name, _ := strings.Cut(what, " ")
	return Event{Seq: int64(n), Time: int64(n) * 1e6, Source: service + ".amazonaws.com", Name: name, Request: req, Answer: res}
}

// say renders a diff as one line a fact.
func say(d query.Diff) string {
	var b strings.Builder
	for _, l := range d.Lines {
		before := l.Before
		if l.Unknown {
			before = "?"
		}
		if l.Inferred {
			before += " (inferred)"
		}
		fmt.Fprintf(&b, "%c %s|%s: %s -> %s\n", " +-~"[l.Mark], l.Aspect, l.Key, before, l.After)
	}
	return strings.TrimSpace(b.String() + d.Note)
}

const allow22 = `{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}`

func TestDiffs(t *testing.T) {
	t.Parallel()
	policy := func(action string) string {
		return `{"bucketName":"b","bucketPolicy":{"Statement":[{"Sid":"S","Effect":"Allow","Principal":"*","Action":"` + action + `","Resource":"*"}]}}`
	}
	tests := []struct {
		name    string
		kind    string
		earlier []Event
		last    Event
		want    string
	}{
		{"rule added to a new group", "AWS::EC2::SecurityGroup", []Event{step(1, "ec2 CreateSecurityGroup", `{}`, `{"groupId":"sg-1"}`)},
			step(2, "ec2 AuthorizeSecurityGroupIngress", allow22, ""), "+ ingress rules|tcp/22 from 0.0.0.0/0:  -> allowed"},
		{"rule revoked that nobody saw made", "AWS::EC2::SecurityGroup", nil,
			step(2, "ec2 RevokeSecurityGroupIngress", allow22, ""), "- ingress rules|tcp/22 from 0.0.0.0/0: allowed (inferred) ->"},
		{"rule revoked by its id", "AWS::EC2::SecurityGroup", []Event{
			step(1, "ec2 AuthorizeSecurityGroupIngress", allow22, `{"securityGroupRuleSet":{"items":[{"securityGroupRuleId":"sgr-1","ipProtocol":"tcp","fromPort":22,"toPort":22,"cidrIpv4":"0.0.0.0/0"}]}}`)},
			step(2, "ec2 RevokeSecurityGroupIngress", `{"groupId":"sg-1","securityGroupRuleIds":{"items":[{"securityGroupRuleId":"sgr-1"}]}}`, ""), "- ingress rules|tcp/22 from 0.0.0.0/0: allowed ->"},
		{"bucket policy, first known", "AWS::S3::Bucket", nil, step(1, "s3 PutBucketPolicy", policy("s3:GetObject"), ""),
			"+ bucket policy|S:  -> Allow s3:GetObject to * on *"},
		{"bucket policy altered", "AWS::S3::Bucket", []Event{step(1, "s3 PutBucketPolicy", policy("s3:GetObject"), "")}, step(2, "s3 PutBucketPolicy", policy("s3:*"), ""),
			"~ bucket policy|S: Allow s3:GetObject to * on * -> Allow s3:* to * on *"},
		{"bucket policy deleted, not seen before", "AWS::S3::Bucket", nil, step(2, "s3 DeleteBucketPolicy", `{"bucketName":"b"}`, ""), "~ bucket policy|: ? -> none"},
		{"access block", "AWS::S3::Bucket", []Event{step(1, "s3 PutBucketPublicAccessBlock", `{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":true}}`, "")},
			step(2, "s3 PutBucketPublicAccessBlock", `{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":false}}`, ""),
			"~ public access block|BlockPublicPolicy: on -> off\n  public access block|BlockPublicAcls: on -> on"},
		{"policy attached", kindUser, []Event{step(1, "iam CreateUser", `{"userName":"eve"}`, "")}, step(2, "iam AttachUserPolicy", `{"userName":"eve","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`, ""),
			"+ attached policies|arn:aws:iam::aws:policy/AdministratorAccess:  -> attached"},
		{"inline policy rewritten", kindUser, []Event{step(1, "iam PutUserPolicy", `{"userName":"eve","policyName":"p","policyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}"}`, "")},
			step(2, "iam PutUserPolicy", `{"userName":"eve","policyName":"p","policyDocument":"{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}"}`, ""),
			"~ inline policies|p: statement 1: Allow s3:* on * -> Deny s3:* on *"},
		{"trust", "AWS::IAM::Role", []Event{step(1, "iam CreateRole", `{"roleName":"r","assumeRolePolicyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}}"}`, "")},
			step(2, "iam UpdateAssumeRolePolicy", `{"roleName":"r","policyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"sts:AssumeRole\"}}"}`, ""),
			"~ trust policy|statement 1: Allow sts:AssumeRole to Service ec2.amazonaws.com -> Allow sts:AssumeRole to AWS *"},
		{"access key switched off", kindKey, nil, step(3, "iam UpdateAccessKey", `{"accessKeyId":"AKIA1","status":"Inactive"}`, ""), "~ status|: ? -> Inactive"},
		{"key created", kindKey, nil, step(1, "iam CreateAccessKey", `{"userName":"eve"}`, `{"accessKey":{"accessKeyId":"AKIA1","status":"Active"}}`), "+ existence|:  -> exists\n+ status|:  -> Active"},
		{"key of a user deleted", kindUser, []Event{step(1, "iam CreateAccessKey", `{"userName":"eve"}`, `{"accessKey":{"accessKeyId":"AKIA1","status":"Active"}}`)},
			step(2, "iam DeleteAccessKey", `{"userName":"eve","accessKeyId":"AKIA1"}`, ""), "- access keys|AKIA1: Active ->"},
		{"policy version made default", kindPolicy, []Event{step(1, "iam CreatePolicy", `{"policyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Resource\":\"*\"}}"}`, "")},
			step(2, "iam CreatePolicyVersion", `{"setAsDefault":true,"policyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"}`, `{"policyVersion":{"versionId":"v2"}}`),
			"+ versions|v2: statement 1:  -> Allow * on *\n~ default version|: v1 -> v2\n  versions|v1: statement 1: Allow s3:Get* on * -> Allow s3:Get* on *"},
		{"key to be deleted", "AWS::KMS::Key", []Event{step(1, "kms DisableKey", `{}`, "")}, step(2, "kms ScheduleKeyDeletion", `{"pendingWindowInDays":7}`, ""),
			"~ key state|: disabled -> to be deleted in 7 days"},
		{"grant", "AWS::KMS::Key", nil, step(1, "kms CreateGrant", `{"operations":["Decrypt","Encrypt"],"granteePrincipal":"arn:aws:iam::1:role/r"}`, `{"grantId":"g1"}`),
			"+ grants|g1:  -> Decrypt, Encrypt to arn:aws:iam::1:role/r"},
		{"snapshot made public", "AWS::EC2::Snapshot", []Event{step(1, "ec2 CreateSnapshot", `{}`, "")}, step(2, "ec2 ModifySnapshotAttribute", `{"createVolumePermission":{"add":{"items":[{"group":"all"}]}}}`, ""),
			"+ shared with|everyone:  -> may use it"},
		{"instance attribute", "AWS::EC2::Instance", nil, step(1, "ec2 ModifyInstanceAttribute", `{"instanceId":"i-1","disableApiTermination":{"value":false}}`, ""),
			"~ attribute disableApiTermination|: ? -> false"},
		{"logging stopped", "AWS::CloudTrail::Trail", []Event{step(1, "cloudtrail StartLogging", `{"name":"t"}`, "")}, step(2, "cloudtrail StopLogging", `{"name":"t"}`, ""), "~ logging|: on -> off"},
		{"event selectors", "AWS::CloudTrail::Trail", nil, step(1, "cloudtrail PutEventSelectors", `{"trailName":"t","eventSelectors":[{"includeManagementEvents":false,"readWriteType":"ReadOnly"}]}`, ""),
			"+ event selectors|selector 1:  -> management events false; type ReadOnly"},
		{"a call that is not rebuilt", "AWS::EC2::VPC", nil, step(1, "ec2 CreateVpc", `{}`, ""), "spoor does not rebuild the state that CreateVpc changes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := say(Diff("x", tt.kind, tt.earlier, tt.last)); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestStateSaysWhatIsUnknown(t *testing.T) {
	t.Parallel()
	s := At("sg-1", "AWS::EC2::SecurityGroup", 9e6, []Event{step(3, "ec2 AuthorizeSecurityGroupIngress", allow22, "")})
	if len(s.Facts) != 1 || s.Facts[0].Key != "tcp/22 from 0.0.0.0/0" || s.Facts[0].Seq != 3 {
		t.Errorf("facts %+v", s.Facts)
	}
	if len(s.Unknown) != 1 || s.Unknown[0].Aspect != ingress {
		t.Errorf("unknown %+v", s.Unknown)
	}
	s = At("sg-1", "AWS::EC2::SecurityGroup", 9e6, []Event{step(1, "ec2 CreateSecurityGroup", `{}`, ""), step(3, "ec2 AuthorizeSecurityGroupIngress", allow22, "")})
	if len(s.Unknown) != 0 {
		t.Errorf("a group whose creation was seen: unknown %+v", s.Unknown)
	}
	inferred := 0
	for _, f := range s.Facts {
		if f.Inferred {
			inferred++
		}
	}
	if inferred != 1 {
		t.Errorf("the default outbound rule is inferred: %+v", s.Facts)
	}
}

// FuzzApply holds that no record stops the rebuilding, and that it is
// deterministic.
func FuzzApply(f *testing.F) {
	f.Add("ec2.amazonaws.com", "AuthorizeSecurityGroupIngress", allow22, "")
	f.Add("iam.amazonaws.com", "PutUserPolicy", `{"policyDocument":"{\"Statement\":[[],{}]}"}`, `[]`)
	f.Fuzz(func(t *testing.T, source, name, req, res string) {
		e := Event{Seq: 1, Source: source, Name: name, Request: req, Answer: res}
		if a, b := say(Diff("x", "", []Event{e}, e)), say(Diff("x", "", []Event{e}, e)); a != b {
			t.Errorf("%s\n%s", a, b)
		}
	})
}
