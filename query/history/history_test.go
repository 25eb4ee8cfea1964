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
		b.WriteString(strings.TrimRight(fmt.Sprintf("%c %s|%s: %s -> %s", " +-~"[l.Mark], l.Aspect, l.Key, before, l.After), " ") + "\n")
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
		{"outbound rule closed in a new group", "AWS::EC2::SecurityGroup", []Event{step(1, "ec2 CreateSecurityGroup", `{}`, `{"groupId":"sg-1"}`)},
			step(2, "ec2 RevokeSecurityGroupEgress", `{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"-1","ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}`, ""),
			"- egress rules|all traffic to 0.0.0.0/0: allowed (inferred) ->"},
		{"rule changed by its id", "AWS::EC2::SecurityGroup", []Event{
			step(1, "ec2 AuthorizeSecurityGroupIngress", allow22, `{"securityGroupRuleSet":{"items":[{"securityGroupRuleId":"sgr-1","ipProtocol":"tcp","fromPort":22,"toPort":22,"cidrIpv4":"0.0.0.0/0"}]}}`)},
			step(2, "ec2 ModifySecurityGroupRules", `{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-1","SecurityGroupRule":{"tag":1,"SecurityGroupRule":{"CidrIpv4":"10.0.0.0/8","FromPort":22,"IpProtocol":"tcp","ToPort":22},"SecurityGroupRuleId":"sgr-1"}}}`, ""),
			"- ingress rules|tcp/22 from 0.0.0.0/0: allowed ->\n+ ingress rules|tcp/22 from 10.0.0.0/8:  -> allowed"},
		{"ports, protocols and peers", "AWS::EC2::SecurityGroup", nil,
			step(1, "ec2 AuthorizeSecurityGroupIngress", `{"ipPermissions":{"items":[{"ipProtocol":"17","fromPort":1000,"toPort":2000,"groups":{"items":[{"groupId":"sg-2"}]}},{"ipProtocol":"6","fromPort":0,"toPort":65535,"ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]},"prefixListIds":{"items":[{"prefixListId":"pl-1"}]}}]}}`, ""),
			"+ ingress rules|all tcp from ::/0:  -> allowed\n+ ingress rules|all tcp from pl-1:  -> allowed\n+ ingress rules|udp/1000-2000 from sg-2:  -> allowed"},
		{"group deleted", "AWS::EC2::SecurityGroup", []Event{step(1, "ec2 AuthorizeSecurityGroupIngress", allow22, "")}, step(2, "ec2 DeleteSecurityGroup", `{"groupId":"sg-1"}`, ""),
			"- ingress rules|tcp/22 from 0.0.0.0/0: allowed ->\n~ existence|: ? -> deleted"},
		{"bucket policy that is broken", "AWS::S3::Bucket", []Event{step(1, "s3 PutBucketPolicy", policy("s3:GetObject"), "")}, step(2, "s3 PutBucketPolicy", `{"bucketName":"b","bucketPolicy":"{\"Statement\":[{\"Eff"}`, ""),
			"- bucket policy|S: Allow s3:GetObject to * on * ->\n+ bucket policy|document:  -> not told by the record"},
		{"bucket policy of a new bucket", "AWS::S3::Bucket", []Event{step(1, "s3 CreateBucket", `{"bucketName":"b"}`, "")}, step(2, "s3 PutBucketPolicy", policy("s3:GetObject"), ""),
			"+ bucket policy|S:  -> Allow s3:GetObject to * on *"},
		{"ACL canned, then by grants", "AWS::S3::Bucket", []Event{step(1, "s3 PutBucketAcl", `{"bucketName":"b","x-amz-acl":"private"}`, "")},
			step(2, "s3 PutBucketAcl", `{"bucketName":"b","AccessControlPolicy":{"AccessControlList":{"Grant":[{"Grantee":{"URI":"http://acs.amazonaws.com/groups/global/AllUsers"},"Permission":"READ"}]}}}`, ""),
			"+ ACL|AllUsers READ:  -> granted\n- ACL|canned: private ->"},
		{"access block removed, not seen before", "AWS::S3::Bucket", nil, step(2, "s3 DeleteBucketPublicAccessBlock", `{"bucketName":"b"}`, ""), "~ public access block|: ? -> none"},
		{"access block removed", "AWS::S3::Bucket", []Event{step(1, "s3 PutBucketPublicAccessBlock", `{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true}}`, "")}, step(2, "s3 DeleteBucketPublicAccessBlock", `{"bucketName":"b"}`, ""),
			"- public access block|BlockPublicAcls: on ->"},
		{"versioning suspended", "AWS::S3::Bucket", []Event{step(1, "s3 PutBucketVersioning", `{"VersioningConfiguration":{"Status":"Enabled"}}`, "")}, step(2, "s3 PutBucketVersioning", `{"VersioningConfiguration":{"Status":"Suspended"}}`, ""),
			"~ versioning|: Enabled -> Suspended"},
		{"ACL of an object", "AWS::S3::Object", nil, step(1, "s3 PutObjectAcl", `{"x-amz-acl":"public-read"}`, ""), "+ ACL|canned:  -> public-read"},
		{"policy detached that nobody saw attached", kindUser, nil, step(2, "iam DetachUserPolicy", `{"userName":"eve","policyArn":"arn:p"}`, ""), "- attached policies|arn:p: attached (inferred) ->"},
		{"policy attached, seen from the policy", kindPolicy, nil, step(2, "iam AttachRolePolicy", `{"roleName":"r","policyArn":"arn:p"}`, ""), "+ attached to|role r:  -> attached"},
		{"inline policy deleted", kindUser, []Event{step(1, "iam PutUserPolicy", `{"policyName":"p","policyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}}`, "")},
			step(2, "iam DeleteUserPolicy", `{"policyName":"p"}`, ""), "- inline policies|p: statement 1: Allow * on * ->"},
		{"inline policy deleted, not seen before", kindUser, nil, step(2, "iam DeleteUserPolicy", `{"policyName":"p"}`, ""), "- inline policies|p: some statements (inferred) ->"},
		{"user joins a group", kindUser, nil, step(2, "iam AddUserToGroup", `{"userName":"eve","groupName":"admins"}`, ""), "+ groups|admins:  -> member"},
		{"group gets a user", kindGroup, nil, step(2, "iam AddUserToGroup", `{"userName":"eve","groupName":"admins"}`, ""), "+ members|eve:  -> member"},
		{"boundary taken off", "AWS::IAM::Role", []Event{step(1, "iam CreateRole", `{"assumeRolePolicyDocument":{"Statement":[]},"permissionsBoundary":"arn:b"}`, "")}, step(2, "iam DeleteRolePermissionsBoundary", `{}`, ""),
			"~ permissions boundary|: arn:b -> none"},
		{"password given", kindUser, []Event{step(1, "iam CreateUser", `{}`, "")}, step(2, "iam CreateLoginProfile", `{"userName":"eve"}`, ""), "~ console password|: none -> set 1970-01-01T00:00:02Z"},
		{"password changed", kindUser, []Event{step(1, "iam CreateLoginProfile", `{}`, "")}, step(2, "iam UpdateLoginProfile", `{"userName":"eve"}`, ""), "~ console password|: set 1970-01-01T00:00:01Z -> set 1970-01-01T00:00:02Z"},
		{"MFA switched off", kindUser, nil, step(2, "iam DeactivateMFADevice", `{"userName":"eve","serialNumber":"arn:mfa"}`, ""), "- MFA devices|arn:mfa: enabled (inferred) ->"},
		{"key deleted, seen from itself", kindKey, []Event{step(1, "iam CreateAccessKey", `{}`, `{"accessKey":{"accessKeyId":"AKIA1"}}`)}, step(2, "iam DeleteAccessKey", `{"accessKeyId":"AKIA1"}`, ""), "~ status|: Active -> deleted"},
		{"policy version deleted", kindPolicy, []Event{step(1, "iam CreatePolicyVersion", `{"policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}`, `{"policyVersion":{"versionId":"v3"}}`)},
			step(2, "iam DeletePolicyVersion", `{"versionId":"v3"}`, ""), "- versions|v3: statement 1: Allow * on * ->"},
		{"default version set back", kindPolicy, nil, step(2, "iam SetDefaultPolicyVersion", `{"versionId":"v1"}`, ""), "~ default version|: ? -> v1"},
		{"key policy", "AWS::KMS::Key", []Event{step(1, "kms CreateKey", `{"policy":"{\"Statement\":{\"Sid\":\"a\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"1\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}}"}`, "")},
			step(2, "kms PutKeyPolicy", `{"policy":"{\"Statement\":{\"Sid\":\"a\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\"}}"}`, ""),
			"~ key policy|a: Allow kms:* to AWS 1 on * -> Allow kms:* to * on *"},
		{"grant revoked that nobody saw made", "AWS::KMS::Key", nil, step(2, "kms RevokeGrant", `{"grantId":"g1"}`, ""), "- grants|g1: granted (inferred) ->"},
		{"grant retired", "AWS::KMS::Key", []Event{step(1, "kms CreateGrant", `{"operations":["Decrypt"],"granteePrincipal":"r"}`, `{"grantId":"g1"}`)}, step(2, "kms RetireGrant", `{"grantId":"g1"}`, ""), "- grants|g1: Decrypt to r ->"},
		{"deletion called off", "AWS::KMS::Key", []Event{step(1, "kms ScheduleKeyDeletion", `{}`, "")}, step(2, "kms CancelKeyDeletion", `{}`, ""), "~ key state|: to be deleted in 30 days -> disabled"},
		{"rotation", "AWS::KMS::Key", []Event{step(1, "kms EnableKeyRotation", `{}`, "")}, step(2, "kms DisableKeyRotation", `{}`, ""), "~ rotation|: on -> off"},
		{"alias moved here", "AWS::KMS::Key", nil, step(2, "kms UpdateAlias", `{"aliasName":"alias/a"}`, ""), "+ aliases|alias/a:  -> points here"},
		{"instance profile replaced", "AWS::EC2::Instance", []Event{step(1, "ec2 RunInstances", `{"instanceType":"t3.micro","iamInstanceProfile":{"name":"web"}}`, "")},
			step(2, "ec2 ReplaceIamInstanceProfileAssociation", `{"iamInstanceProfile":{"name":"admin"}}`, ""), "~ instance profile|: web -> admin"},
		{"metadata options", "AWS::EC2::Instance", []Event{step(1, "ec2 ModifyInstanceMetadataOptions", `{"httpTokens":"required"}`, "")}, step(2, "ec2 ModifyInstanceMetadataOptions", `{"httpTokens":"optional"}`, ""),
			"~ metadata option httpTokens|: required -> optional"},
		{"instance attribute by name", "AWS::EC2::Instance", nil, step(1, "ec2 ModifyInstanceAttribute", `{"attribute":"userData","value":"x"}`, ""), "~ attribute userData|: ? -> x"},
		{"instance attribute reset", "AWS::EC2::Instance", []Event{step(1, "ec2 ModifyInstanceAttribute", `{"attribute":"kernel","value":"x"}`, "")}, step(2, "ec2 ResetInstanceAttribute", `{"attribute":"kernel"}`, ""), "~ attribute kernel|: x -> default"},
		{"instance stopped", "AWS::EC2::Instance", []Event{step(1, "ec2 RunInstances", `{}`, "")}, step(2, "ec2 StopInstances", `{}`, ""), "~ state|: running -> stopped"},
		{"image shared", "AWS::EC2::Image", nil, step(1, "ec2 ModifyImageAttribute", `{"launchPermission":{"add":{"items":[{"userId":"444455556666"},{"organizationArn":"arn:o"}]}}}`, ""),
			"+ shared with|444455556666:  -> may use it\n+ shared with|arn:o:  -> may use it"},
		{"image no longer shared", "AWS::EC2::Image", nil, step(1, "ec2 ModifyImageAttribute", `{"launchPermission":{"remove":{"items":[{"group":"all"}]}}}`, ""), "- shared with|everyone: may use it (inferred) ->"},
		{"image attribute", "AWS::EC2::Image", nil, step(1, "ec2 ModifyImageAttribute", `{"description":{"value":"new"}}`, ""), "~ attribute description|: ? -> new"},
		{"sharing reset", "AWS::EC2::Snapshot", []Event{step(1, "ec2 ModifySnapshotAttribute", `{"createVolumePermission":{"add":{"items":[{"userId":"1"}]}}}`, "")}, step(2, "ec2 ResetSnapshotAttribute", `{}`, ""), "- shared with|1: may use it ->"},
		{"database snapshot made public", "AWS::RDS::DBSnapshot", nil, step(1, "rds ModifyDBSnapshotAttribute", `{"valuesToAdd":["all"]}`, ""), "+ shared with|everyone:  -> may use it"},
		{"trail settings", "AWS::CloudTrail::Trail", []Event{step(1, "cloudtrail CreateTrail", `{"name":"t","s3BucketName":"a","isMultiRegionTrail":true}`, "")},
			step(2, "cloudtrail UpdateTrail", `{"name":"t","s3BucketName":"b"}`, ""), "~ setting s3BucketName|: a -> b"},
		{"a new trail starts", "AWS::CloudTrail::Trail", []Event{step(1, "cloudtrail CreateTrail", `{"name":"t"}`, "")}, step(2, "cloudtrail StartLogging", `{"name":"t"}`, ""), "~ logging|: off (inferred) -> on"},
		{"advanced selectors", "AWS::CloudTrail::Trail", []Event{step(1, "cloudtrail PutEventSelectors", `{"eventSelectors":[{"readWriteType":"All","dataResources":[{"type":"AWS::S3::Object","values":["arn:aws:s3"]}]}]}`, "")},
			step(2, "cloudtrail PutEventSelectors", `{"advancedEventSelectors":[{"name":"m","fieldSelectors":[{"field":"eventCategory","equals":["Management"]}]}]}`, ""),
			`+ event selectors|m:  -> [{"equals":["Management"],"field":"eventCategory"}]` + "\n- event selectors|selector 1: management events true; type All; AWS::S3::Object arn:aws:s3 ->"},
		{"trail deleted", "AWS::CloudTrail::Trail", []Event{step(1, "cloudtrail StartLogging", `{"name":"t"}`, "")}, step(2, "cloudtrail DeleteTrail", `{"name":"t"}`, ""), "- logging|: on ->\n~ existence|: ? -> deleted"},
		{"parameters that the record left out", "AWS::S3::Bucket", nil, step(1, "s3 PutBucketVersioning", "", ""), "~ versioning|: ? -> not told by the record"},
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

// Every call that is rebuilt takes any parameters.
func TestEveryHandlerIsTried(t *testing.T) {
	t.Parallel()
	for _, part := range handlers() {
		for c := range part {
			for _, req := range []string{"", "null", `""`, "[]", "{}", `{"policyDocument":[1]}`} {
				Diff("x", "", nil, Event{Seq: 1, Source: c.source, Name: c.name, Request: req})
			}
		}
	}
}

func TestStateBeforeItIsKnown(t *testing.T) {
	t.Parallel()
	s := At("t", "AWS::CloudTrail::Trail", 9e6, []Event{step(2, "cloudtrail StopLogging", `{}`, ""), step(5, "cloudtrail PutEventSelectors", `{"eventSelectors":[{}]}`, "")})
	since := map[string]int64{}
	for _, u := range s.Unknown {
		since[u.Aspect] = u.Since
	}
	if want := int64(5e6); since["event selectors"] != want {
		t.Errorf("event selectors are unknown before %d, want %d", since["event selectors"], want)
	}
	if s := At("b", "AWS::S3::Bucket", 9e6, nil); len(s.Facts)+len(s.Unknown) != 0 {
		t.Errorf("of nothing something is known: %+v", s)
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
