package change

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"spoor/loader/cloudtrail"
)

// rec makes a record of a call from its parts.
func rec(source, name, request, rest string) string {
	if request == "" {
		request = "null"
	}
	return `{"eventSource":"` + source + `.amazonaws.com","eventName":"` + name + `","eventType":"AwsApiCall","awsRegion":"eu-west-1",` +
		`"recipientAccountId":"111122223333","readOnly":false,"userIdentity":{"type":"IAMUser","userName":"mallory"},"requestParameters":` + request + rest + `}`
}

func TestDeriveShapes(t *testing.T) {
	t.Parallel()
	const denied = `,"errorCode":"AccessDenied","errorMessage":`
	tests := []struct {
		name     string
		record   string
		want     string
		ids      string
		severity Severity
	}{
		{"EC2 nested items", rec("ec2", "AuthorizeSecurityGroupIngress", `{"groupId":"sg-0abc","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]},"ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]}}]}}`, ""),
			"opened tcp/22 to 0.0.0.0/0, ::/0 on sg-0abc", "sg-0abc", Critical},
		{"EC2 old flat form", rec("ec2", "AuthorizeSecurityGroupIngress", `{"groupName":"web","ipProtocol":"tcp","fromPort":"8000","toPort":"8100","cidrIp":"10.0.0.0/8"}`, ""),
			"opened tcp/8000-8100 to 10.0.0.0/8 on web", "web", High},
		{"EC2 rules to a group", rec("ec2", "RevokeSecurityGroupIngress", `{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"-1","groups":{"items":[{"groupId":"sg-2"}]}}]}}`, ""),
			"closed all traffic to sg-2 on sg-1", "sg-1", Low},
		{"EC2 wrapper with tag and content", rec("ec2", "DeleteFlowLogs", `{"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":"fl-1"}}}`, ""),
			"deleted flow logs fl-1", "fl-1", High},
		{"EC2 wrapper with a list of tag and content", rec("ec2", "DeleteFlowLogs", `{"DeleteFlowLogsRequest":{"FlowLogId":[{"tag":1,"content":"fl-1"},{"tag":2,"content":"fl-2"}]}}`, ""),
			"deleted flow logs fl-1, fl-2", "fl-1 fl-2", High},
		{"EC2 rule change", rec("ec2", "ModifySecurityGroupRules", `{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-9","SecurityGroupRule":{"tag":1,"SecurityGroupRule":{"CidrIpv4":"0.0.0.0/0","FromPort":22,"IpProtocol":"tcp","ToPort":22},"SecurityGroupRuleId":"sgr-1"}}}`, ""),
			"changed rules of sg-9: tcp/22 to 0.0.0.0/0", "sg-9", Critical},
		{"several instances", rec("ec2", "TerminateInstances", `{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"},{"instanceId":"i-3"},{"instanceId":"i-4"},{"instanceId":"i-5"}]}}`, ""),
			"terminated instances i-1, i-2, i-3 and 2 more", "i-1 i-2 i-3 i-4 i-5", Medium},
		{"attribute wrapped in value", rec("ec2", "ModifyInstanceAttribute", `{"instanceId":"i-1","disableApiTermination":{"value":false}}`, ""),
			"changed disableApiTermination of i-1", "i-1", Medium},
		{"snapshot shared with everyone", rec("ec2", "ModifySnapshotAttribute", `{"snapshotId":"snap-1","createVolumePermission":{"add":{"items":[{"group":"all"}]}},"attributeType":"CREATE_VOLUME_PERMISSION"}`, ""),
			"changed sharing of snapshot snap-1: shared with everyone", "snap-1", Critical},
		{"snapshot no longer shared", rec("ec2", "ModifySnapshotAttribute", `{"snapshotId":"snap-1","createVolumePermission":{"remove":{"items":[{"group":"all"}]}}}`, ""),
			"changed sharing of snapshot snap-1; no longer shared with everyone", "snap-1", Low},
		{"S3 one lifecycle rule", rec("s3", "PutBucketLifecycle", `{"bucketName":"b","LifecycleConfiguration":{"Rule":{"Expiration":{"Days":1},"ID":"x"}}}`, ""),
			"set lifecycle of b: objects expire after 1 day", "b", High},
		{"S3 two lifecycle rules", rec("s3", "PutBucketLifecycle", `{"bucketName":"b","LifecycleConfiguration":{"Rule":[{"Expiration":{"Days":1}},{"Expiration":{"Days":30}}]}}`, ""),
			"set lifecycle of b: objects expire after 1 day, 30 days", "b", High},
		{"S3 old one-element lists", rec("s3", "DeleteBucket", `{"bucketName":["b"],"host":["b.s3.amazonaws.com"]}`, ""),
			"deleted bucket b", "b", High},
		{"S3 canned ACL", rec("s3", "PutBucketAcl", `{"acl":"","bucketName":"b","x-amz-acl":"public-read"}`, ""), "set ACL of b: public-read", "b", Critical},
		{"S3 ACL in a header", rec("s3", "PutBucketAcl", `{"bucketName":"b","x-amz-grant-read":"uri=\"http://acs.amazonaws.com/groups/global/AllUsers\""}`, ""), "set ACL of b: everyone", "b", Critical},
		{"S3 canned ACL as a list", rec("s3", "PutObject", `{"bucketName":"b","key":"k","x-amz-acl":["public-read"]}`, ""), "wrote s3://b/k with ACL public-read", "b/k", Critical},
		{"S3 private object", rec("s3", "PutObject", `{"bucketName":"b","key":"k","x-amz-acl":"private"}`, ""), "wrote s3://b/k with ACL private", "b/k", Info},
		{"S3 access block lifted in part", rec("s3", "PutBucketPublicAccessBlock", `{"bucketName":"b","PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":false,"RestrictPublicBuckets":true}}`, ""),
			"set public access block of b: BlockPublicPolicy off", "b", High},
		{"S3 access block put up", rec("s3", "PutBucketPublicAccessBlock", `{"bucketName":"b","PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}`, ""),
			"set public access block of b: all on", "b", Low},
		{"S3 access block, refused without parameters", rec("s3", "PutBucketPublicAccessBlock", "", denied+`"Access Denied"`), "tried to set public access block: AccessDenied", "", Medium},
		{"refused without a word on what", rec("ec2", "AuthorizeSecurityGroupEgress", "", denied+`"no"`), "tried to authorize security group egress: AccessDenied", "", Low},
		{"detector switched off", rec("guardduty", "UpdateDetector", `{"detectorId":"d","enable":false}`, ""), "changed detector d: enable false", "d", Critical},
		{"detector tuned", rec("guardduty", "UpdateDetector", `{"detectorId":"d","findingPublishingFrequency":"ONE_HOUR"}`, ""), "changed detector d", "d", Medium},
		{"SNS topic policy", rec("sns", "SetTopicAttributes", `{"topicArn":"arn:aws:sns:eu-west-1:111122223333:t","attributeName":"Policy","attributeValue":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sns:Publish\"}]}"}`, ""),
			"set Policy of topic t: Allow sns:Publish to everyone", "arn:aws:sns:eu-west-1:111122223333:t", High},
		{"policy of a kind without a row", rec("glacier", "SetVaultAccessPolicy", `{"vaultName":"v","policy":{"policy":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"glacier:*\"}}"}}`, ""),
			"set vault access policy v: Allow glacier:* to everyone", "v", Critical},
		{"S3 ACL grants", rec("s3", "PutBucketAcl", `{"acl":"","bucketName":"b","AccessControlPolicy":{"AccessControlList":{"Grant":[{"Grantee":{"xsi:type":"Group","URI":"http://acs.amazonaws.com/groups/global/AllUsers"},"Permission":"READ"},{"Grantee":{"ID":"79a5","DisplayName":"me"},"Permission":"FULL_CONTROL"}]}}}`, ""),
			"set ACL of b: READ to everyone, FULL_CONTROL to me", "b", Critical},
		{"S3 policy as object", rec("s3", "PutBucketPolicy", `{"bucketName":"b","bucketPolicy":{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}},"policy":""}`, ""),
			"set policy of b: Allow s3:GetObject to everyone", "b", Critical},
		{"S3 public policy under a condition", rec("s3", "PutBucketPolicy", `{"bucketName":"b","bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}}`, ""),
			"set policy of b: Allow s3:* to everyone under conditions", "b", High},
		{"policy as string", rec("iam", "PutUserPolicy", `{"userName":"eve","policyName":"p","policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"iam:*\",\"s3:*\",\"ec2:*\"],\"Resource\":\"*\"}]}"}`, ""),
			"wrote inline policy p on user eve: Allow iam:*, s3:* and 1 more on *", "eve", High},
		{"broken policy", rec("iam", "PutUserPolicy", `{"userName":"eve","policyName":"p","policyDocument":"{\"Statement\":[{\"Effect"}`, ""),
			"wrote inline policy p on user eve", "eve", High},
		{"policy that only denies", rec("iam", "PutRolePolicy", `{"roleName":"r","policyName":"AWSRevokeOlderSessions","policyDocument":"{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}]}"}`, ""),
			"wrote inline policy AWSRevokeOlderSessions on role r: Deny * on *", "r", Medium},
		{"trust of everyone", rec("iam", "UpdateAssumeRolePolicy", `{"roleName":"r","policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"sts:AssumeRole\"}]}"}`, ""),
			"changed the trust policy of role r to trust everyone", "r", Critical},
		{"upper-case keys", rec("securityhub", "UpdateStandardsControl", `{"StandardsControlArn":"arn:aws:securityhub:eu-west-1:111122223333:control/x/1.1","ControlStatus":"DISABLED"}`, ""),
			"set control 1.1 to DISABLED", "arn:aws:securityhub:eu-west-1:111122223333:control/x/1.1", Medium},
		{"EKS encoded ARN", rec("eks", "CreateAccessEntry", `{"name":"prod","principalArn":"arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fadmin"}`, ""),
			"created access entry on prod for admin", "prod", High},
		{"Lambda dated name and ARN", rec("lambda", "UpdateFunctionCode20150331v2", `{"functionName":"arn:aws:lambda:eu-west-1:111122223333:function:pay:7"}`, ""),
			"replaced the code of function pay", "arn:aws:lambda:eu-west-1:111122223333:function:pay:7", Medium},
		{"NACL protocol number", rec("ec2", "CreateNetworkAclEntry", `{"networkAclId":"acl-1","ruleNumber":100,"ruleAction":"allow","aclProtocol":"6","cidrBlock":"0.0.0.0/0","egress":false}`, ""),
			"created NACL rule 100 on acl-1: allow tcp 0.0.0.0/0, egress false", "acl-1", Medium},
		{"DNS", rec("route53", "ChangeResourceRecordSets", `{"hostedZoneId":"Z1","changeBatch":{"changes":[{"action":"UPSERT","resourceRecordSet":{"name":"www.example.com","type":"A","tTL":60,"resourceRecords":[{"value":"192.0.2.1"}]}}]}}`, ""),
			"changed DNS records in Z1: UPSERT A www.example.com -> 192.0.2.1", "Z1", Medium},
		{"denied with target in the text", rec("cloudtrail", "StopLogging", "", denied+`"User: arn:aws:iam::1:user/m is not authorized to perform: cloudtrail:StopLogging on resource: arn:aws:cloudtrail:eu-west-1:111122223333:trail/main because no identity-based policy allows"`),
			"tried to stop logging on trail main: AccessDenied", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main", High},
		{"denied, IAM words", rec("iam", "CreateAccessKey", "", denied+`"User: arn:aws:iam::1:user/m is not authorized to perform: iam:CreateAccessKey on resource: user alice because no identity-based policy allows"`),
			"tried to create access key (user alice): AccessDenied", "alice", Medium},
		{"denied on everything", rec("kms", "CreateKey", "", denied+`"User: x is not authorized to perform: kms:CreateKey on resource: * because"`), "tried to create key: AccessDenied", "", Low},
		{"failed with id in quotes", rec("ec2", "DeleteRouteTable", "", `,"errorCode":"Client.InvalidRouteTableID.NotFound","errorMessage":"The routeTable ID 'rtb-1' does not exist"`),
			"tried to delete route table rtb-1: Client.InvalidRouteTableID.NotFound", "rtb-1", Low},
		{"dry run", rec("ec2", "TerminateInstances", `{"instancesSet":{"items":[{"instanceId":"i-1"}]},"dryRun":true}`, `,"errorCode":"Client.DryRunOperation","errorMessage":"Request would have succeeded, but DryRun flag is set."`),
			"tested whether it may terminate instance i-1: yes", "i-1", Low},
		{"fallback by name", rec("newservice", "DeleteFancyWidget", `{"clientToken":"t","fancyWidgetName":"w1","size":3}`, ""), "deleted fancy widget w1", "w1", Medium},
		{"fallback by resources", rec("newservice", "UpdateThing", `{"x":1}`, `,"resources":[{"ARN":"arn:aws:new:eu-west-1:1:thing/t1","type":"AWS::New::Thing"}]`),
			"updated thing t1", "arn:aws:new:eu-west-1:1:thing/t1", Low},
		{"fallback of an unknown verb", rec("newservice", "FrobnicateIt", `{"id":"z"}`, ""), "called FrobnicateIt z", "z", Info},
		{"fallback by the answer", rec("newservice", "CreateGizmo", `{"size":1}`, `,"responseElements":{"gizmo":{"gizmoId":"g-1"},"requestId":"r"}`), "created gizmo g-1", "g-1", Low},
		{"masked id is no name", rec("newservice", "CreateGizmo", `{"gizmoName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, ""), "created gizmo", "", Low},
		{"parameters as text", rec("ec2", "StopInstances", `"instancesSet"`, ""), "stopped instance", "", Low},
		{"root", strings.Replace(rec("iam", "DeleteUser", `{"userName":"eve"}`, ""), `"IAMUser"`, `"Root"`, 1), "deleted IAM user eve", "eve", High},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Derive(event(t, []byte(tt.record)))
			if got == nil {
				t.Fatal("no change")
			}
			if got.Summary != tt.want {
				t.Errorf("summary\n got %s\nwant %s", got.Summary, tt.want)
			}
			if ids := strings.Join(got.Resources, " "); ids != tt.ids {
				t.Errorf("resources %q, want %q", ids, tt.ids)
			}
			if got.Severity != tt.severity {
				t.Errorf("severity %s, want %s", got.Severity, tt.severity)
			}
		})
	}
}

func TestAlsoTouched(t *testing.T) {
	t.Parallel()
	got := Derive(event(t, []byte(rec("iam", "AttachRolePolicy", `{"roleName":"r","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`, ""))))
	want := &Change{ResourceType: "AWS::IAM::Role", Resources: []string{"r"}, Also: []Ref{{"AWS::IAM::ManagedPolicy", "arn:aws:iam::aws:policy/AdministratorAccess"}},
		Summary: "attached policy AdministratorAccess to role r", Severity: High}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestNotChanges(t *testing.T) {
	t.Parallel()
	for name, record := range map[string]string{
		"read":          strings.Replace(rec("iam", "ListUsers", "", ""), `"readOnly":false`, `"readOnly":true`, 1),
		"sign-in":       strings.Replace(rec("signin", "ConsoleLogin", "", ""), "AwsApiCall", "AwsConsoleSignIn", 1),
		"switch role":   rec("signin", "SwitchRole", "", ""),
		"portal token":  rec("sso", "CreateToken", "", ""),
		"assumed role":  rec("sts", "AssumeRole", `{"roleArn":"arn:aws:iam::1:role/r"}`, ""),
		"assistant use": strings.Replace(rec("aws-mcp", "CallTool", "", ""), "AwsApiCall", "AwsMcpEvent", 1),
	} {
		if c := Derive(event(t, []byte(record))); c != nil {
			t.Errorf("%s: %s", name, c.Summary)
		}
	}
	ev := event(t, []byte(rec("ec2", "RunInstances", "", "")))
	for _, cat := range []cloudtrail.Category{cloudtrail.Insight, cloudtrail.Aggregated, cloudtrail.NetworkActivity} {
		if ev.Category = cat; Derive(ev) != nil {
			t.Errorf("category %d is a change", cat)
		}
	}
	ev.Category, ev.Outcome, ev.ErrorCode = cloudtrail.NetworkActivity, cloudtrail.Denied, "VpceAccessDenied"
	if Derive(ev) == nil {
		t.Error("a call refused at the endpoint is an attempt")
	}
}

// TestSentencesAreShort holds the bounds of a change against a record with long values.
func TestSentencesAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 4000)
	many := strings.Repeat(`{"instanceId":"i-`+long[:90]+`"},`, 500)
	for _, r := range []string{
		rec("iam", "PutUserPolicy", `{"userName":"`+long+`","policyName":"`+long+`"}`, ""),
		rec("ec2", "StopInstances", `{"instancesSet":{"items":[`+strings.TrimSuffix(many, ",")+`]}}`, `,"errorCode":"`+long+`"`),
	} {
		c := Derive(event(t, []byte(r)))
		if len(c.Summary) > 320 || !utf8.ValidString(c.Summary) || len(c.Resources) > maxResources {
			t.Errorf("%d bytes, %d resources: %s", len(c.Summary), len(c.Resources), c.Summary)
		}
	}
}

func TestSeverityWords(t *testing.T) {
	t.Parallel()
	for s := Info; s <= Critical; s++ {
		if got, err := ParseSeverity(s.String()); err != nil || got != s {
			t.Errorf("%d: %v %v", s, got, err)
		}
	}
	if _, err := ParseSeverity("grave"); err == nil {
		t.Error("no error")
	}
}

func TestPhrases(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"DeleteVpc": "deleted VPC", "CreateDBInstance": "created DB instance", "BatchDeleteImage": "deleted image", "ModifyInstanceAttribute": "modified instance attribute",
		"StopMonitoringMembers": "stopped monitoring members", "CopyObject": "copied object", "PutItem": "put item", "EnableMFADevice": "enabled MFA device",
		"SharedSnapshotVolumeCreated": "called SharedSnapshotVolumeCreated", "": "called ", "X": "called X",
	} {
		if v, _, n := phrase(name); v+" "+n != want {
			t.Errorf("%s: %q, want %q", name, v+" "+n, want)
		}
	}
}

func TestNamesInARNs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string][2]string{
		"arn:aws:iam::111122223333:role/ops/admin":                            {"admin", "AWS::IAM::Role"},
		"arn:aws:iam::111122223333:root":                                      {"111122223333", ""},
		"arn:aws:s3:::b/dir/key":                                              {"b/dir/key", "AWS::S3::Object"},
		"arn:aws:lambda:eu-west-1:111122223333:function:pay:7":                {"pay", "AWS::Lambda::Function"},
		"arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x:*":       {"/aws/lambda/x", "AWS::Logs::LogGroup"},
		"arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf": {"prod/db-AbCdEf", "AWS::SecretsManager::Secret"},
		"arn:aws:cloudformation:eu-west-1:111122223333:stack/web/0f1e":        {"web", "AWS::CloudFormation::Stack"},
		"arn:aws:sns:eu-west-1:111122223333:alerts":                           {"alerts", "AWS::SNS::Topic"},
		"arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db":                {"/prod/db", "AWS::SSM::Parameter"},
		"sg-0abc": {"sg-0abc", ""}, "arn:": {"arn:", ""}, "arn:aws:iam::1:/": {"/", ""},
	} {
		if got := [2]string{NameOf(id), TypeOf(id)}; got != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
}

// A refused read carries no parameters as a rule: its error names what it was
// aimed at.
func TestTargetsOfRefusedReads(t *testing.T) {
	t.Parallel()
	const by = "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: "
	for _, c := range []struct{ source, name, request, message, kind, want string }{
		{"sts", "AssumeRole", "", by + "sts:AssumeRole on resource: arn:aws:iam::444455556666:role/x/Admin", "AWS::IAM::Role", "arn:aws:iam::444455556666:role/x/Admin"},
		{"sts", "AssumeRole", `{"roleArn":"arn:aws:iam::1:role/Asked"}`, by + "sts:AssumeRole on resource: arn:aws:iam::1:role/Said", "AWS::IAM::Role", "arn:aws:iam::1:role/Asked"},
		{"secretsmanager", "GetSecretValue", "", by + "secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf because no identity-based policy allows it", "AWS::SecretsManager::Secret", "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf"},
		{"dynamodb", "DescribeTable", "", by + "dynamodb:DescribeTable on resource: arn:aws:dynamodb:eu-west-1:1:table/t with an explicit deny", "AWS::DynamoDB::Table", "arn:aws:dynamodb:eu-west-1:1:table/t"},
		{"iam", "ListUsers", "", by + "iam:ListUsers on resource: *", "", ""},
		{"iam", "ListUsers", "", by + "iam:ListUsers", "", ""},
	} {
		ev := &cloudtrail.Event{Source: c.source + ".amazonaws.com", Name: c.name, ReadOnly: true, Request: c.request, Outcome: cloudtrail.Denied, ErrorCode: "AccessDenied", ErrorMessage: c.message}
		got := ""
		if target := Target(ev); target != nil && len(target.Resources) == 1 {
			got = target.ResourceType + " " + target.Resources[0]
		}
		if want := strings.TrimSpace(c.kind + " " + c.want); got != want {
			t.Errorf("%s %s: %q, want %q", c.name, c.message, got, want)
		}
	}
	if c := Target(&cloudtrail.Event{Source: "iam.amazonaws.com", Name: "ListUsers", ReadOnly: true, Outcome: cloudtrail.OK}); c != nil {
		t.Errorf("%+v", c)
	}
}
