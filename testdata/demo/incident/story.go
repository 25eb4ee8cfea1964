package incident

import (
	"fmt"
	"time"
)

var (
	begin = time.Date(2026, 3, 9, 18, 0, 0, 0, time.UTC)
	end   = time.Date(2026, 3, 11, 6, 0, 0, 0, time.UTC)
	night = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC) // the attack's day

	stopped   = at(3, 20, 14) // StopLogging in prod
	restarted = at(7, 45, 31) // StartLogging in prod
)

func at(h, m, s int) time.Time {
	return night.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second)
}

const (
	group    = "sg-0f3c9d1a2b4e5f607"
	volume   = "vol-0b7d6c5e4f3a29181"
	snapshot = "snap-0a1c9e8d7f6b50423"
	bucket   = "prod-customer-exports"
	trailARN = "arn:aws:cloudtrail:us-east-1:" + prod + ":trail/main"
)

// attack tells the incident: a leaked key, a look around, two roles in two
// accounts, a door opened, a key planted, data taken, the camera switched off.
func attack(s *story) {
	ci := iamUser(dev, "ci-deploy", "AIDADEMOCIDEPLOY00001", leakedKey).from(attackerIP, fmt.Sprintf(kali, "sts.get-caller-identity"))
	recon(s, ci)
	deployer := assumeDeployer(s, ci, at(2, 24, 9), "ASIADEMODEPLOYER0001")
	release := crossOver(s, deployer, at(2, 27, 40))
	lookAroundProd(s, release)
	openTheDoor(s, release)
	plantKey(s, release)
	takeSnapshot(s, release)
	emptyBucket(s, release)
	s.write(at(3, 14, 2), release, "ec2", "RunInstances",
		obj{"instanceType": "p4d.24xlarge", "instancesSet": obj{"items": []obj{{"imageId": "ami-0de3041b5a6c7d8e9", "minCount": 8, "maxCount": 8}}}},
		denied("Client.UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:sts::"+prod+":assumed-role/ReleaseManager/ci-run is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:"+prod+":instance/* with an explicit deny in a service control policy"))
	s.write(stopped, release, "cloudtrail", "StopLogging", obj{"name": trailARN})
	// Prod is dark from here; the door into it is still seen from dev.
	assumeDeployer(s, ci, at(3, 41, 55), "ASIADEMODEPLOYER0002")
}

func recon(s *story, ci caller) {
	arn := ci.identity["arn"].(string)
	refuse := func(action string) option {
		return denied("AccessDenied", "User: "+arn+" is not authorized to perform: "+action+" because no identity-based policy allows the "+action+" action")
	}
	s.read(at(2, 11, 3), ci, "sts", "GetCallerIdentity", nil)
	s.read(at(2, 11, 40), ci, "iam", "ListUsers", nil, refuse("iam:ListUsers"))
	s.read(at(2, 12, 2), ci, "iam", "GetAccountAuthorizationDetails", nil, refuse("iam:GetAccountAuthorizationDetails"))
	s.read(at(2, 12, 31), ci, "iam", "ListAttachedUserPolicies", obj{"userName": "ci-deploy"})
	s.read(at(2, 13, 8), ci, "s3", "ListBuckets", obj{"Host": "s3.amazonaws.com"})
	s.read(at(2, 13, 50), ci, "secretsmanager", "ListSecrets", nil, refuse("secretsmanager:ListSecrets"))
	s.read(at(2, 14, 20), ci, "secretsmanager", "GetSecretValue", nil, refuse("secretsmanager:GetSecretValue"))
	for i, region := range []string{"us-east-1", "us-east-1", "eu-west-1", "eu-west-1"} {
		s.read(at(2, 15, 4+i*9), ci, "ec2", "DescribeInstances", obj{"instancesSet": obj{}, "filterSet": obj{}}, in(region),
			denied("Client.UnauthorizedOperation", "You are not authorized to perform this operation. User: "+arn+" is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action"))
	}
	s.write(at(2, 17, 12), ci, "iam", "CreateUser", nil, refuse("iam:CreateUser"))
	s.read(at(2, 19, 47), ci, "cloudtrail", "DescribeTrails", obj{"trailNameList": []string{}})
	s.read(at(2, 22, 18), ci, "sts", "AssumeRole", nil,
		denied("AccessDenied", "User: "+arn+" is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::"+dev+":role/OrganizationAccountAccessRole"))
}

// mint is the answer of AssumeRole.
func mint(account, role, roleID, session, key string, t time.Time) obj {
	return obj{
		"credentials":     obj{"accessKeyId": key, "sessionToken": "IQoJb3JpZ2luX2VjEXAMPLETOKEN", "expiration": t.Add(time.Hour).Format("Jan 2, 2006, 3:04:05 PM")},
		"assumedRoleUser": obj{"assumedRoleId": roleID + ":" + session, "arn": "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + session},
	}
}

func assumeDeployer(s *story, ci caller, t time.Time, key string) caller {
	arn := "arn:aws:iam::" + dev + ":role/deployer"
	s.read(t, ci.from(attackerIP, fmt.Sprintf(kali, "sts.assume-role")), "sts", "AssumeRole",
		obj{"roleArn": arn, "roleSessionName": "ci-run", "durationSeconds": 3600},
		response(mint(dev, "deployer", "AROADEMODEPLOYER00001", "ci-run", key, t)),
		touching(obj{"accountId": dev, "type": "AWS::IAM::Role", "ARN": arn}))
	return assumed(dev, "/", "deployer", "AROADEMODEPLOYER00001", "ci-run", key, t).from(attackerIP, fmt.Sprintf(kali, "sts.assume-role"))
}

// crossOver is seen twice: by the account that calls and by the one that owns
// the role, which does not learn who called.
func crossOver(s *story, deployer caller, t time.Time) caller {
	const key, session = "ASIADEMORELEASE00001", "ci-run"
	arn := "arn:aws:iam::" + prod + ":role/ReleaseManager"
	request := obj{"roleArn": arn, "roleSessionName": session}
	answer := response(mint(prod, "ReleaseManager", "AROADEMORELEASE000001", session, key, t))
	target := touching(obj{"accountId": prod, "type": "AWS::IAM::Role", "ARN": arn})
	shared := s.id("shared")
	s.read(t, deployer, "sts", "AssumeRole", request, answer, target, delivered(dev, shared))
	stranger := deployer
	stranger.account = prod
	stranger.identity = obj{"type": "AWSAccount", "principalId": deployer.identity["principalId"], "accountId": dev}
	s.read(t, stranger, "sts", "AssumeRole", request, answer, target, delivered(prod, shared))
	return assumed(prod, "/", "ReleaseManager", "AROADEMORELEASE000001", session, key, t).from(attackerIP, fmt.Sprintf(kali, "ec2.describe-security-groups"))
}

func lookAroundProd(s *story, who caller) {
	s.read(at(2, 31, 12), who, "sts", "GetCallerIdentity", nil)
	s.read(at(2, 31, 50), who, "ec2", "DescribeInstances", obj{"instancesSet": obj{}, "filterSet": obj{}})
	s.read(at(2, 32, 33), who, "ec2", "DescribeSecurityGroups", obj{"securityGroupSet": obj{}, "filterSet": obj{}})
	s.read(at(2, 33, 15), who, "ec2", "DescribeVolumes", obj{"volumeSet": obj{}, "filterSet": obj{}})
	s.read(at(2, 33, 58), who, "ec2", "DescribeSnapshots", obj{"ownersSet": obj{"items": []obj{{"owner": "self"}}}})
	s.read(at(2, 34, 41), who, "s3", "ListBuckets", obj{"Host": "s3.amazonaws.com"})
	s.read(at(2, 35, 20), who, "cloudtrail", "DescribeTrails", obj{"trailNameList": []string{}})
	s.read(at(2, 36, 2), who, "iam", "ListUsers", nil)
}

func openTheDoor(s *story, who caller) {
	s.write(at(2, 38, 27), who, "ec2", "AuthorizeSecurityGroupIngress",
		obj{"groupId": group, "ipPermissions": obj{"items": []obj{{
			"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": obj{}, "ipRanges": obj{"items": []obj{{"cidrIp": "0.0.0.0/0", "description": "tmp"}}},
			"ipv6Ranges": obj{}, "prefixListIds": obj{}}}}},
		response(obj{"requestId": "8f0c", "_return": true, "securityGroupRuleSet": obj{"items": []obj{{
			"groupOwnerId": prod, "groupId": group, "securityGroupRuleId": "sgr-0d1e2f3a4b5c6d7e8", "isEgress": false,
			"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "0.0.0.0/0"}}}}))
}

// plantKey makes a key for a quiet user. The log file that holds it is the one
// that was altered later: see Alter.
func plantKey(s *story, who caller) {
	s.write(at(2, 41, 5), who, "iam", "CreateAccessKey", obj{"userName": "backup-svc"},
		response(obj{"accessKey": obj{"accessKeyId": plantedKey, "status": "Active", "userName": "backup-svc", "createDate": "Mar 10, 2026, 2:41:05 AM"}}))
	planted := backupUser(plantedKey).from(attackerIP2, fmt.Sprintf(kali, "sts.get-caller-identity"))
	s.read(at(2, 44, 19), planted, "sts", "GetCallerIdentity", nil)
	s.read(at(2, 45, 2), planted, "s3", "ListObjects", obj{"bucketName": bucket, "Host": bucket + ".s3.amazonaws.com", "list-type": "2"}, data(),
		touching(obj{"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::" + bucket + "/"}, obj{"accountId": prod, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::" + bucket}))
	for i := range 24 {
		s.read(at(2, 55, 0).Add(time.Duration(i*11)*time.Second), planted, "s3", "GetObject", object(exportKey(i)), data(),
			more(obj{"bytesTransferredIn": 0, "bytesTransferredOut": 41_943_040 + i*1_048_576, "AuthenticationMethod": "AuthHeader", "SignatureVersion": "SigV4", "CipherSuite": "TLS_AES_128_GCM_SHA256"}),
			touching(objectARN(exportKey(i)), obj{"accountId": prod, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::" + bucket}))
	}
}

func backupUser(key string) caller { return iamUser(prod, "backup-svc", "AIDADEMOBACKUP0000001", key) }

func exportKey(i int) string {
	return fmt.Sprintf("exports/2026/02/%02d/customers-%02d.csv.gz", 1+i%28, i)
}

func object(key string) obj {
	return obj{"bucketName": bucket, "Host": bucket + ".s3.us-east-1.amazonaws.com", "key": key}
}

func objectARN(key string) obj {
	return obj{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::" + bucket + "/" + key}
}

func takeSnapshot(s *story, who caller) {
	s.write(at(2, 46, 30), who, "ec2", "CreateSnapshot", obj{"volumeId": volume, "description": "tmp"},
		response(obj{"snapshotId": snapshot, "volumeId": volume, "status": "pending", "ownerId": prod, "volumeSize": "200"}))
	s.write(at(2, 52, 48), who, "ec2", "ModifySnapshotAttribute",
		obj{"snapshotId": snapshot, "attributeType": "CREATE_VOLUME_PERMISSION", "createVolumePermission": obj{"add": obj{"items": []obj{{"userId": stranger}}}}},
		response(obj{"_return": true}))
}

func emptyBucket(s *story, who caller) {
	s.write(at(3, 2, 11), who, "s3", "PutBucketVersioning",
		obj{"bucketName": bucket, "Host": bucket + ".s3.amazonaws.com", "versioning": "", "VersioningConfiguration": obj{"Status": "Suspended", "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"}})
	for batch := range 3 {
		t := at(3, 6, 10+batch*20)
		s.write(t, who, "s3", "DeleteObjects", obj{"bucketName": bucket, "Host": bucket + ".s3.amazonaws.com", "delete": ""}, data(),
			touching(obj{"accountId": prod, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::" + bucket}))
		for i := range 20 {
			key := exportKey(batch*20 + i)
			s.write(t.Add(time.Duration(i/4)*time.Second), who, "s3", "DeleteObject", object(key), data(),
				touching(objectARN(key), obj{"accountId": prod, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::" + bucket}))
		}
	}
}

// cleanUp is the morning after: someone notices and shuts the doors.
func cleanUp(s *story) {
	t := at(7, 42, 0)
	inProd := sso(prod, "AdministratorAccess", "5f2b8a1c9d3e4f60", "AROADEMOSSOADMIN0PROD", "alice@example.com", "ASIADEMOALICEPROD001", t)
	inDev := sso(dev, "AdministratorAccess", "1a2b3c4d5e6f7081", "AROADEMOSSOADMIN00DEV", "alice@example.com", "ASIADEMOALICEDEV0001", t)
	inProd.console, inDev.console = true, true
	s.read(at(7, 43, 10), inDev, "cloudtrail", "LookupEvents", obj{"maxResults": 50})
	s.write(restarted, inProd, "cloudtrail", "StartLogging", obj{"name": trailARN})
	s.read(at(7, 46, 2), inProd, "cloudtrail", "GetTrailStatus", obj{"name": trailARN})
	s.read(at(7, 48, 20), inProd, "ec2", "DescribeSecurityGroups", obj{"securityGroupSet": obj{}, "filterSet": obj{}})
	s.write(at(7, 50, 2), inProd, "ec2", "RevokeSecurityGroupIngress",
		obj{"groupId": group, "ipPermissions": obj{"items": []obj{{
			"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": obj{}, "ipRanges": obj{"items": []obj{{"cidrIp": "0.0.0.0/0"}}}, "ipv6Ranges": obj{}, "prefixListIds": obj{}}}}},
		response(obj{"_return": true}))
	s.write(at(7, 51, 33), inProd, "iam", "UpdateAccessKey", obj{"userName": "backup-svc", "accessKeyId": plantedKey, "status": "Inactive"})
	s.write(at(7, 53, 7), inProd, "ec2", "ModifySnapshotAttribute",
		obj{"snapshotId": snapshot, "attributeType": "CREATE_VOLUME_PERMISSION", "createVolumePermission": obj{"remove": obj{"items": []obj{{"userId": stranger}}}}},
		response(obj{"_return": true}))
	s.write(at(7, 54, 41), inDev, "iam", "UpdateAccessKey", obj{"userName": "ci-deploy", "accessKeyId": leakedKey, "status": "Inactive"})
	revoke := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-03-10T07:55:00Z"}}}]}`
	s.write(at(7, 55, 20), inProd, "iam", "PutRolePolicy", obj{"roleName": "ReleaseManager", "policyName": "AWSRevokeOlderSessions", "policyDocument": revoke})
	s.write(at(7, 56, 2), inDev, "iam", "PutRolePolicy", obj{"roleName": "deployer", "policyName": "AWSRevokeOlderSessions", "policyDocument": revoke})
	late := assumed(dev, "/", "deployer", "AROADEMODEPLOYER00001", "ci-run", "ASIADEMODEPLOYER0002", at(3, 41, 55)).from(attackerIP, fmt.Sprintf(kali, "s3.list-buckets"))
	for i := range 3 {
		s.read(at(8, 5, 7*i), late, "s3", "ListBuckets", nil,
			denied("AccessDenied", "User: "+late.identity["arn"].(string)+" is not authorized to perform: s3:ListAllMyBuckets with an explicit deny in an identity-based policy"))
	}
}
