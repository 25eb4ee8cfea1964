package loadgen

import "strings"

// A call is an API operation as the generator knows it. Its texts are templates,
// see expand.
type call struct {
	source, name, action string
	request, response    string // JSON or "null"; "" for a response is null
	kind, resource       string // type and ARN of the resource, "" without
	reads, data          bool
	encrypted            bool // drags along a KMS call of the service
}

// calls reads a table: service.Name | request | response | type ARN | flags, in
// order of how often they come. Flags: d data event, k encrypted.
func calls(table string) []call {
	var all []call
	reads := table == readCalls
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		service, name, _ := strings.Cut(cells[0], ".")
		k := call{
			source: service + ".amazonaws.com", name: name, action: service + ":" + name, request: cells[1], response: cells[2],
			reads: reads, data: strings.Contains(cells[4], "d"), encrypted: strings.Contains(cells[4], "k"),
		}
		k.kind, k.resource, _ = strings.Cut(cells[3], " ")
		if k.request == "" {
			k.request = "null"
		}
		all = append(all, k)
	}
	return all
}

const readCalls = `
s3.GetObject | {"bucketName":"%b","Host":"%b.s3.%R.amazonaws.com","key":"%o"} | | AWS::S3::Object arn:aws:s3:::%b/%o | dk
ec2.DescribeInstances | {"maxResults":1000,"instancesSet":{"items":[%I]},"filterSet":{"items":[{"name":"tag:team","valueSet":{"items":[{"value":"team%n"}]}},{"name":"instance-state-name","valueSet":{"items":[{"value":"running"},{"value":"pending"}]}}]}} | | |
kms.Decrypt | {"encryptionContext":{"aws:lambda:FunctionArn":"arn:aws:lambda:%R:%a:function:%f"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"} | | AWS::KMS::Key arn:aws:kms:%R:%a:key/%K |
s3.ListObjects | {"list-type":"2","bucketName":"%b","prefix":"warehouse/events/year=2026/month=03/day=01/","Host":"%b.s3.%R.amazonaws.com","encoding-type":"url"} | | AWS::S3::Bucket arn:aws:s3:::%b | d
secretsmanager.GetSecretValue | {"secretId":"arn:aws:secretsmanager:%R:%a:secret:%s"} | | | k
ec2.DescribeSecurityGroups | {"maxResults":1000,"securityGroupSet":{"items":[{"groupId":"%g"}]},"securityGroupIdSet":{},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-%h"}]}}]}} | | |
sts.GetCallerIdentity | | | |
dynamodb.GetItem | {"tableName":"%t","key":{"id":"***"},"consistentRead":false,"returnConsumedCapacity":"TOTAL"} | | AWS::DynamoDB::Table arn:aws:dynamodb:%R:%a:table/%t | dk
ssm.GetParameters | {"names":["/app/%f/%n","/app/%f/config","/shared/%n"],"withDecryption":true} | | AWS::SSM::Parameter arn:aws:ssm:%R:%a:parameter/app/%f | k
kms.GenerateDataKey | {"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::%b"},"keyId":"arn:aws:kms:%R:%a:key/%K","keySpec":"AES_256"} | | AWS::KMS::Key arn:aws:kms:%R:%a:key/%K |
ec2.DescribeVolumes | {"volumeSet":{"items":[{"volumeId":"%v"}]},"filterSet":{"items":[{"name":"attachment.instance-id","valueSet":{"items":[{"value":"%i"}]}}]}} | | |
iam.GetRole | {"roleName":"%r"} | | |
iam.ListAttachedRolePolicies | {"roleName":"%r"} | | |
s3.HeadObject | {"bucketName":"%b","Host":"%b.s3.%R.amazonaws.com","key":"%o"} | | AWS::S3::Object arn:aws:s3:::%b/%o | d
lambda.GetFunction20150331v2 | {"functionName":"arn:aws:lambda:%R:%a:function:%f"} | | |
cloudwatch.DescribeAlarms | {"maxRecords":100,"alarmNamePrefix":"%f","alarmTypes":["MetricAlarm","CompositeAlarm"]} | | |
monitoring.GetMetricData | {"startTime":"Mar 1, 2026, 10:00:00 AM","endTime":"Mar 1, 2026, 11:00:00 AM","metricDataQueries":[{"id":"m%n","metricStat":{"metric":{"namespace":"AWS/EC2","metricName":"CPUUtilization","dimensions":[{"name":"InstanceId","value":"%i"}]},"period":300,"stat":"Average"}}]} | | |
logs.DescribeLogStreams | {"logGroupName":"/aws/lambda/%f","orderBy":"LastEventTime","descending":true,"limit":%n} | | |
autoscaling.DescribeAutoScalingGroups | {"autoScalingGroupNames":["asg-%f-%n","asg-%f-%n"],"maxRecords":100} | | |
elasticloadbalancing.DescribeTargetHealth | {"targetGroupArn":"arn:aws:elasticloadbalancing:%R:%a:targetgroup/%f/%h"} | | |
rds.DescribeDBInstances | {"dBInstanceIdentifier":"db-%n","maxRecords":100} | | |
ecr.BatchGetImage | {"registryId":"%a","repositoryName":"team/%f","imageIds":[{"imageDigest":"sha256:%h%h%h%h"}],"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json","application/vnd.oci.image.manifest.v1+json"]} | | AWS::ECR::Repository arn:aws:ecr:%R:%a:repository/team/%f |
ecr.GetAuthorizationToken | {} | | |
eks.DescribeCluster | {"name":"cluster-%n"} | | |
ecs.DescribeTasks | {"cluster":"main","tasks":["arn:aws:ecs:%R:%a:task/main/%h%h"],"include":["TAGS"]} | | |
s3.GetBucketAcl | {"bucketName":"%b","Host":"%b.s3.%R.amazonaws.com","acl":""} | | AWS::S3::Bucket arn:aws:s3:::%b |
s3.GetBucketPolicy | {"bucketName":"%b","Host":"%b.s3.%R.amazonaws.com","policy":""} | | AWS::S3::Bucket arn:aws:s3:::%b |
s3.ListBuckets | {"Host":"s3.%R.amazonaws.com"} | | |
iam.ListUsers | {"maxItems":1000} | | |
iam.GetUser | {"userName":"%u"} | | |
iam.ListAccessKeys | {"userName":"%u"} | | |
iam.GetPolicyVersion | {"policyArn":"arn:aws:iam::%a:policy/policy-%n","versionId":"v%n"} | | |
cloudtrail.LookupEvents | {"maxResults":50,"startTime":"Mar 1, 2026, 10:00:00 AM","endTime":"Mar 1, 2026, 11:00:00 AM","lookupAttributes":[{"attributeKey":"Username","attributeValue":"%u"}]} | | |
cloudtrail.DescribeTrails | {"trailNameList":[],"includeShadowTrails":true} | | |
sns.ListTopics | | | |
sqs.GetQueueAttributes | {"queueUrl":"https://sqs.%R.amazonaws.com/%a/queue-%n","attributeNames":["All"]} | | AWS::SQS::Queue arn:aws:sqs:%R:%a:queue-%n |
organizations.DescribeOrganization | | | |
route53.ListResourceRecordSets | {"hostedZoneId":"Z%h","maxItems":"300"} | | |
acm.DescribeCertificate | {"certificateArn":"arn:aws:acm:%R:%a:certificate/%K"} | | |
cloudformation.DescribeStacks | {"stackName":"stack-%f"} | | |
cloudformation.DescribeStackEvents | {"stackName":"arn:aws:cloudformation:%R:%a:stack/stack-%f/%K"} | | |
glue.GetTables | {"databaseName":"lake","maxResults":100} | | |
athena.GetQueryExecution | {"queryExecutionId":"%K"} | | |
config.DescribeConfigRules | {"configRuleNames":["rule-%n"]} | | |
guardduty.ListDetectors | {"maxResults":50} | | |
securityhub.GetFindings | {"Filters":{"SeverityLabel":[{"Value":"HIGH","Comparison":"EQUALS"}]},"MaxResults":100} | | |
tagging.GetResources | {"resourcesPerPage":100,"tagFilters":[{"key":"team","values":["team%n"]}]} | | |
ec2.DescribeSubnets | {"subnetSet":{"items":[{"subnetId":"subnet-%h"}]},"filterSet":{}} | | |
ec2.DescribeImages | {"imagesSet":{"items":[{"imageId":"ami-%h"}]},"ownersSet":{},"filterSet":{},"includeDeprecated":false} | | |
ec2.DescribeNetworkInterfaces | {"networkInterfaceIdSet":{},"filterSet":{"items":[{"name":"group-id","valueSet":{"items":[{"value":"%g"}]}}]}} | | |
`

const writeCalls = `
s3.PutObject | {"bucketName":"%b","Host":"%b.s3.%R.amazonaws.com","key":"%o","x-amz-server-side-encryption":"aws:kms"} | {"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:%R:%a:key/%K","x-amz-version-id":"%h"} | AWS::S3::Object arn:aws:s3:::%b/%o | dk
logs.CreateLogStream | {"logGroupName":"/aws/lambda/%f","logStreamName":"2026/03/01/[$LATEST]%h%h"} | | |
dynamodb.PutItem | {"tableName":"%t","key":{"id":"***"},"items":["id","payload","updated"]} | | AWS::DynamoDB::Table arn:aws:dynamodb:%R:%a:table/%t | d
ec2.CreateTags | {"resourcesSet":{"items":[{"resourceId":"%i"}]},"tagSet":{"items":[%T]}} | {"requestId":"%K","_return":true} | |
ec2.RunInstances | {"instancesSet":{"items":[{"imageId":"ami-%h","minCount":1,"maxCount":1}]},"groupSet":{"items":[{"groupId":"%g"}]},"instanceType":"m7g.large","blockDeviceMapping":{},"monitoring":{"enabled":false},"iamInstanceProfile":{"name":"%r"},"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[%T]}]}} | {"requestId":"%K","reservationId":"r-%h","ownerId":"%a","instancesSet":{"items":[{"instanceId":"%i","imageId":"ami-%h","instanceState":{"code":0,"name":"pending"},"privateDnsName":"ip-10-0-%n-%n.ec2.internal","instanceType":"m7g.large","subnetId":"subnet-%h","vpcId":"vpc-%h","privateIpAddress":"10.0.%n.%n"}]}} | |
ec2.TerminateInstances | {"instancesSet":{"items":[{"instanceId":"%i"}]}} | {"requestId":"%K","instancesSet":{"items":[{"instanceId":"%i","currentState":{"code":32,"name":"shutting-down"},"previousState":{"code":16,"name":"running"}}]}} | |
ec2.AuthorizeSecurityGroupIngress | {"groupId":"%g","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"groups":{},"ipRanges":{"items":[{"cidrIp":"10.%n.0.0/16","description":"team %n"}]},"ipv6Ranges":{},"prefixListIds":{}}]}} | {"requestId":"%K","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"%a","groupId":"%g","securityGroupRuleId":"sgr-%h","isEgress":false,"ipProtocol":"tcp","fromPort":443,"toPort":443,"cidrIpv4":"10.%n.0.0/16"}]}} | |
ec2.RevokeSecurityGroupIngress | {"groupId":"%g","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"groups":{},"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]},"ipv6Ranges":{},"prefixListIds":{}}]}} | {"requestId":"%K","_return":true} | |
ec2.CreateSnapshot | {"volumeId":"%v","description":"nightly %n"} | {"requestId":"%K","snapshotId":"snap-%h","volumeId":"%v","status":"pending","startTime":1772323200000,"progress":"","ownerId":"%a","volumeSize":"100"} | |
ec2.DeleteSnapshot | {"snapshotId":"snap-%h"} | {"requestId":"%K","_return":true} | |
ec2.AttachVolume | {"volumeId":"%v","instanceId":"%i","device":"/dev/sdf"} | {"requestId":"%K","volumeId":"%v","instanceId":"%i","device":"/dev/sdf","status":"attaching"} | |
lambda.UpdateFunctionCode20150331v2 | {"functionName":"%f","s3Bucket":"%b","s3Key":"builds/%h.zip","publish":true,"dryRun":false} | {"functionName":"%f","functionArn":"arn:aws:lambda:%R:%a:function:%f:%n","runtime":"python3.12","role":"arn:aws:iam::%a:role/team/%r","handler":"app.main","codeSize":%N,"timeout":30,"memorySize":512,"version":"%n","state":"Active","lastUpdateStatus":"InProgress","packageType":"Zip","architectures":["arm64"]} | |
lambda.UpdateFunctionConfiguration20150331v2 | {"functionName":"%f","timeout":60,"memorySize":1024} | {"functionName":"%f","functionArn":"arn:aws:lambda:%R:%a:function:%f","role":"arn:aws:iam::%a:role/team/%r"} | |
cloudformation.UpdateStack | {"stackName":"stack-%f","usePreviousTemplate":true,"capabilities":["CAPABILITY_IAM"]} | {"stackId":"arn:aws:cloudformation:%R:%a:stack/stack-%f/%K"} | |
ecs.UpdateService | {"cluster":"main","service":"%f","desiredCount":%n,"forceNewDeployment":true} | | |
autoscaling.SetDesiredCapacity | {"autoScalingGroupName":"asg-%f","desiredCapacity":%n,"honorCooldown":false} | | |
iam.AttachRolePolicy | {"roleName":"%r","policyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"} | | |
iam.PutRolePolicy | {"roleName":"%r","policyName":"inline-%n","policyDocument":"%P"} | | |
iam.CreateRole | {"roleName":"%r","assumeRolePolicyDocument":"%P","description":"made by a pipeline","maxSessionDuration":3600} | {"role":{"path":"/team/","roleName":"%r","roleId":"AROA%h","arn":"arn:aws:iam::%a:role/team/%r","createDate":"Mar 1, 2026, 10:00:00 AM","assumeRolePolicyDocument":"%P"}} | |
iam.CreateUser | {"userName":"%u"} | {"user":{"path":"/","userName":"%u","userId":"AIDA%h","arn":"arn:aws:iam::%a:user/%u","createDate":"Mar 1, 2026, 10:00:00 AM"}} | |
iam.CreateAccessKey | {"userName":"%u"} | {"accessKey":{"userName":"%u","accessKeyId":"AKIA%h","status":"Active","createDate":"Mar 1, 2026, 10:00:00 AM"}} | |
iam.DeleteAccessKey | {"userName":"%u","accessKeyId":"AKIA%h"} | | |
s3.PutBucketPolicy | {"bucketName":"%b","Host":"%b.s3.%R.amazonaws.com","policy":"","bucketPolicy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%a:role/%r"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::%b/*"}]}} | | AWS::S3::Bucket arn:aws:s3:::%b |
s3.PutBucketLifecycle | {"bucketName":"%b","lifecycle":"","LifecycleConfiguration":{"Rule":{"Status":"Enabled","ID":"rule-%n","Expiration":{"Days":%n},"Prefix":""}}} | | AWS::S3::Bucket arn:aws:s3:::%b |
s3.DeleteObject | {"bucketName":"%b","Host":"%b.s3.%R.amazonaws.com","key":"%o"} | | AWS::S3::Object arn:aws:s3:::%b/%o | d
kms.CreateGrant | {"keyId":"arn:aws:kms:%R:%a:key/%K","granteePrincipal":"arn:aws:iam::%a:role/%r","operations":["Decrypt","GenerateDataKey"]} | {"grantId":"%h%h%h%h"} | AWS::KMS::Key arn:aws:kms:%R:%a:key/%K |
secretsmanager.PutSecretValue | {"secretId":"%s","clientRequestToken":"%K"} | {"arn":"arn:aws:secretsmanager:%R:%a:secret:%s"} | | k
ssm.SendCommand | {"instanceIds":["%i"],"documentName":"AWS-RunShellScript","parameters":"HIDDEN_DUE_TO_SECURITY_REASONS","interactive":false} | {"command":{"commandId":"%K","documentName":"AWS-RunShellScript","status":"Pending"}} | |
ssm.UpdateInstanceInformation | {"instanceId":"%i","agentVersion":"3.3.1142.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"10.0.%n.%n","computerName":"ip-10-0-%n-%n.ec2.internal","agentName":"amazon-ssm-agent"} | | |
rds.CreateDBSnapshot | {"dBSnapshotIdentifier":"snap-%n","dBInstanceIdentifier":"db-%n"} | {"dBSnapshotIdentifier":"snap-%n","dBInstanceIdentifier":"db-%n","engine":"postgres","status":"creating"} | |
route53.ChangeResourceRecordSets | {"hostedZoneId":"Z%h","changeBatch":{"changes":[{"action":"UPSERT","resourceRecordSet":{"name":"%f.example.com.","type":"CNAME","tTL":60,"resourceRecords":[{"value":"lb-%n.%R.elb.amazonaws.com"}]}}]}} | {"changeInfo":{"id":"/change/C%h","status":"PENDING","submittedAt":"Mar 1, 2026, 10:00:00 AM"}} | |
sqs.SetQueueAttributes | {"queueUrl":"https://sqs.%R.amazonaws.com/%a/queue-%n","attributes":{"VisibilityTimeout":"%n"}} | | AWS::SQS::Queue arn:aws:sqs:%R:%a:queue-%n |
sns.SetTopicAttributes | {"topicArn":"arn:aws:sns:%R:%a:topic-%n","attributeName":"Policy","attributeValue":"%P"} | | |
events.PutRule | {"name":"rule-%n","scheduleExpression":"rate(%n minutes)","state":"ENABLED"} | {"ruleArn":"arn:aws:events:%R:%a:rule/rule-%n"} | |
cloudtrail.PutEventSelectors | {"trailName":"main","eventSelectors":[{"readWriteType":"All","includeManagementEvents":true,"dataResources":[]}]} | {"trailARN":"arn:aws:cloudtrail:%R:%a:trail/main"} | |
glue.StartJobRun | {"jobName":"etl-%n","timeout":2880} | {"jobRunId":"jr_%h%h"} | |
ecr.PutImage | {"registryId":"%a","repositoryName":"team/%f","imageTag":"build-%n","imageManifest":"{\n   \"schemaVersion\": 2,\n   \"config\": {\"digest\": \"sha256:%h%h%h%h\"}}"} | {"image":{"registryId":"%a","repositoryName":"team/%f","imageId":{"imageDigest":"sha256:%h%h%h%h","imageTag":"build-%n"}}} | AWS::ECR::Repository arn:aws:ecr:%R:%a:repository/team/%f |
`
