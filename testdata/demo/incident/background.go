package incident

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// background is what goes on in the two accounts on any day.
func background(s *story) {
	rng := rand.New(rand.NewPCG(22, 443)) // a fixed seed: the same day every time
	deployments(s)
	developers(s, rng)
	workloads(s, rng)
	signIns(s)
	services(s)
}

// deployments: the key that leaks later, at its daily work, and a pipeline that
// needs no key.
func deployments(s *story) {
	ci := iamUser(dev, "ci-deploy", "AIDADEMOCIDEPLOY00001", leakedKey).from("192.0.2.44", fmt.Sprintf(cli, "lambda.update-function-code"))
	for i, t := 0, begin.Add(20*time.Minute); t.Before(at(7, 0, 0)); i, t = i+1, t.Add(3*time.Hour) {
		s.read(t, ci, "sts", "GetCallerIdentity", nil)
		s.write(t.Add(8*time.Second), ci, "lambda", "UpdateFunctionCode20150331v2",
			obj{"functionName": "order-export", "s3Bucket": "dev-artifacts", "s3Key": fmt.Sprintf("order-export/%d.zip", 411+i), "dryRun": false, "publish": true},
			response(obj{"functionName": "order-export", "version": fmt.Sprint(88 + i), "runtime": "python3.12"}))
		s.write(t.Add(15*time.Second), ci, "lambda", "UpdateAlias20150331", obj{"functionName": "order-export", "name": "live", "functionVersion": fmt.Sprint(88 + i)})
	}
	for i, t := 0, begin.Add(70*time.Minute); t.Before(end); i, t = i+1, t.Add(5*time.Hour) {
		if dark(t) {
			continue
		}
		subject := "repo:example/shop:ref:refs/heads/main"
		role := "arn:aws:iam::" + prod + ":role/github-deploy"
		key := fmt.Sprintf("ASIADEMOGITHUB%06d", i)
		oidc := caller{account: prod, ip: "192.0.2.140", agent: "aws-sdk-nodejs/3.529.0 exec-env/GitHubActions", identity: obj{
			"type": "WebIdentityUser", "principalId": "token.actions.githubusercontent.com:sts.amazonaws.com:" + subject,
			"userName": subject, "identityProvider": "token.actions.githubusercontent.com"}}
		answer := mint(prod, "github-deploy", "AROADEMOGITHUB0000001", "GitHubActions", key, t)
		answer["provider"], answer["audience"], answer["subjectFromWebIdentityToken"] = "arn:aws:iam::"+prod+":oidc-provider/token.actions.githubusercontent.com", "sts.amazonaws.com", subject
		s.read(t, oidc, "sts", "AssumeRoleWithWebIdentity", obj{"roleArn": role, "roleSessionName": "GitHubActions"}, response(answer),
			touching(obj{"accountId": prod, "type": "AWS::IAM::Role", "ARN": role}))
		run := assumed(prod, "/", "github-deploy", "AROADEMOGITHUB0000001", "GitHubActions", key, t).from("192.0.2.140", oidc.agent)
		s.write(t.Add(20*time.Second), run, "ecs", "RegisterTaskDefinition", obj{"family": "shop-web", "cpu": "512", "memory": "1024"},
			response(obj{"taskDefinition": obj{"taskDefinitionArn": fmt.Sprintf("arn:aws:ecs:us-east-1:%s:task-definition/shop-web:%d", prod, 203+i), "family": "shop-web", "revision": 203 + i}}))
		s.write(t.Add(24*time.Second), run, "ecs", "UpdateService", obj{"cluster": "shop", "service": "web", "taskDefinition": fmt.Sprintf("shop-web:%d", 203+i), "forceNewDeployment": false})
	}
}

// developers: people with permission sets, mostly reading, at office hours.
func developers(s *story, rng *rand.Rand) {
	reads := [][2]string{{"ec2", "DescribeInstances"}, {"ec2", "DescribeVolumes"}, {"logs", "DescribeLogGroups"}, {"logs", "FilterLogEvents"}, {"lambda", "ListFunctions20150331"},
		{"cloudwatch", "GetMetricData"}, {"s3", "GetBucketPolicy"}, {"rds", "DescribeDBInstances"}, {"ecs", "DescribeServices"}, {"iam", "GetRole"}}
	for day := range 2 {
		for i, name := range []string{"bob@example.com", "carol@example.com"} {
			start := night.AddDate(0, 0, day).Add(time.Duration(8+i)*time.Hour + time.Duration(rng.IntN(1500))*time.Second)
			if day == 1 {
				start = night.Add(-5*time.Hour + time.Duration(i*40)*time.Minute) // late on the eve
			}
			who := sso(dev, "Developer", "9c8d7e6f50413223", "AROADEMOSSODEVELOPER1", name, fmt.Sprintf("ASIADEMODEV%d%d0000000", day, i), start)
			who.console = true
			for n := range 70 {
				t := start.Add(time.Duration(n)*3*time.Minute + time.Duration(rng.IntN(170))*time.Second)
				pick := reads[rng.IntN(len(reads))]
				source := pick[0]
				if source == "cloudwatch" {
					source = "monitoring"
				}
				s.read(t, who, source, pick[1], obj{"maxResults": 100})
			}
			s.write(start.Add(50*time.Minute), who, "ssm", "PutParameter", obj{"name": "/shop/dev/feature-" + name[:3], "type": "String", "value": "HIDDEN_DUE_TO_SECURITY_REASONS", "overwrite": true})
			s.write(start.Add(64*time.Minute), who, "ec2", "CreateTags",
				obj{"resourcesSet": obj{"items": []obj{{"resourceId": "i-0d4e5f6a7b8c9d0e1"}}}, "tagSet": obj{"items": []obj{{"key": "owner", "value": name[:3]}}}})
		}
	}
}

// workloads: an instance with its role, and a function with its own, both
// making KMS decrypt for them.
func workloads(s *story, rng *rand.Rand) {
	const id = "i-0c1d2e3f4a5b6c7d8"
	for i, created := 0, begin; created.Before(end); i, created = i+1, created.Add(6*time.Hour) {
		if dark(created) {
			continue
		}
		key := fmt.Sprintf("ASIADEMOINSTANCE%04d", i)
		answer := obj{"credentials": obj{"accessKeyId": key, "sessionToken": "IQoJb3JpZ2luX2VjEXAMPLETOKEN"}}
		s.read(created, service(prod, "ec2.amazonaws.com"), "sts", "AssumeRole",
			obj{"roleArn": "arn:aws:iam::" + prod + ":role/shop-app", "roleSessionName": id}, response(answer),
			touching(obj{"accountId": prod, "type": "AWS::IAM::Role", "ARN": "arn:aws:iam::" + prod + ":role/shop-app"}))
		app := instance(prod, "shop-app", "AROADEMOSHOPAPP000001", id, key, "192.0.2.201", created)
		for n := range 60 {
			t := created.Add(time.Duration(n)*6*time.Minute + time.Duration(rng.IntN(300))*time.Second)
			if dark(t) || t.After(end) {
				continue
			}
			orderRead(s, app, t, rng.IntN(400))
		}
	}
	for i, t := 0, begin.Add(7*time.Minute); t.Before(end); i, t = i+1, t.Add(30*time.Minute) {
		if dark(t) {
			continue
		}
		fn := assumed(prod, "/service-role/", "order-export-role", "AROADEMOEXPORT0000001", "order-export", fmt.Sprintf("ASIADEMOLAMBDA%06d", i/6), begin.Add(time.Duration(i/6)*3*time.Hour)).
			from("192.0.2.77", "Boto3/1.34.42 md/Botocore#1.34.42 exec-env/AWS_Lambda_python3.12")
		s.read(t, fn, "secretsmanager", "GetSecretValue", obj{"secretId": "prod/shop/db"})
		s.write(t.Add(4*time.Second), fn, "s3", "PutObject", object(exportKey(i)), data(),
			more(obj{"bytesTransferredIn": 38_000_000 + rng.IntN(9_000_000), "bytesTransferredOut": 0}), touching(objectARN(exportKey(i))))
	}
}

func orderRead(s *story, app caller, t time.Time, n int) {
	key := fmt.Sprintf("orders/%04d.json", n)
	s.read(t, app, "s3", "GetObject", obj{"bucketName": "prod-orders", "Host": "prod-orders.s3.us-east-1.amazonaws.com", "key": key}, data(),
		more(obj{"bytesTransferredIn": 0, "bytesTransferredOut": 2000 + n*7}),
		touching(obj{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::prod-orders/" + key}))
	if n%3 != 0 {
		return
	}
	// The store is encrypted: S3 asks KMS with the caller's rights, a moment
	// later and with credentials of its own.
	forward := assumed(prod, "/", "shop-app", "AROADEMOSHOPAPP000001", app.identity["principalId"].(string)[len("AROADEMOSHOPAPP000001:"):], fmt.Sprintf("ASIADEMOFORWARD%05d", n), t)
	forward.identity["invokedBy"] = "s3.amazonaws.com"
	forward.ip, forward.agent = "s3.amazonaws.com", "s3.amazonaws.com"
	keyARN := "arn:aws:kms:us-east-1:" + prod + ":key/4f1e2d3c-5b6a-4798-8a9b-0c1d2e3f4a5b"
	s.read(t, forward, "kms", "Decrypt", obj{"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": obj{"aws:s3:arn": "arn:aws:s3:::prod-orders"}},
		touching(obj{"accountId": prod, "type": "AWS::KMS::Key", "ARN": keyARN}))
}

// signIns: the console, with a second factor, and somebody who forgets.
func signIns(s *story) {
	bob := caller{account: dev, ip: officeIP, agent: chrome, identity: obj{
		"type": "IAMUser", "principalId": "AIDADEMOBREAKGLASS001", "arn": "arn:aws:iam::" + dev + ":user/break-glass", "accountId": dev, "userName": "break-glass"}}
	for i := range 4 {
		t := at(13, 2+i, 20)
		result, mfa := "Failure", "No"
		opts := []option{kind("AwsConsoleSignIn"), denied("", "Failed authentication")}
		if i == 3 {
			result, mfa = "Success", "Yes"
			opts = []option{kind("AwsConsoleSignIn")}
		}
		opts = append(opts, response(obj{"ConsoleLogin": result}), more(obj{"LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No", "MFAUsed": mfa}))
		s.write(t, bob, "signin", "ConsoleLogin", nil, opts...)
	}
	in := at(13, 5, 20)
	session := bob
	session.console = true
	for i, call := range [][2]string{{"iam", "ListUsers"}, {"iam", "GetAccountSummary"}, {"iam", "ListAccessKeys"}} {
		session.identity = obj{"type": "IAMUser", "principalId": "AIDADEMOBREAKGLASS001", "arn": "arn:aws:iam::" + dev + ":user/break-glass", "accountId": dev,
			"accessKeyId": fmt.Sprintf("ASIADEMOCONSOLE%05d", i), "userName": "break-glass",
			"sessionContext": obj{"sessionIssuer": obj{}, "webIdFederationData": obj{}, "attributes": obj{"creationDate": stamp(in), "mfaAuthenticated": "true"}}}
		s.read(in.Add(time.Duration(30+i*20)*time.Second), session, call[0], call[1], nil)
	}
}

// services: AWS itself, all day.
func services(s *story) {
	for _, account := range []string{dev, prod} {
		config := assumed(account, "/aws-service-role/config.amazonaws.com/", "AWSServiceRoleForConfig", "AROADEMOCONFIG"+account[:7], "configLambdaExecution", "ASIADEMOCONFIG"+account[6:], begin)
		config.identity["invokedBy"] = "config.amazonaws.com"
		config.ip, config.agent = "config.amazonaws.com", "config.amazonaws.com"
		for i, t := 0, begin.Add(3*time.Minute); t.Before(end); i, t = i+1, t.Add(17*time.Minute) {
			if account == prod && dark(t) {
				continue
			}
			for _, call := range [][2]string{{"ec2", "DescribeSecurityGroups"}, {"iam", "ListRoles"}, {"s3", "ListBuckets"}} {
				region := "us-east-1"
				if i%4 == 0 && call[0] == "ec2" {
					region = "eu-west-1"
				}
				s.read(t, config, call[0], call[1], nil, in(region))
			}
		}
	}
}

// dark reports whether prod's trail was off at t.
func dark(t time.Time) bool { return t.After(stopped) && t.Before(restarted) }
