package change

import "strings"

// An arn is the parts of an Amazon Resource Name that tell what it names.
type arn struct {
	service, region, account string
	resource                 string // what follows the account
}

// parseARN splits an ARN; ok is false for anything else.
func parseARN(s string) (a arn, ok bool) {
	if !strings.HasPrefix(s, "arn:") {
		return arn{}, false
	}
	p := strings.SplitN(s, ":", 6)
	if len(p) < 6 {
		return arn{}, false
	}
	return arn{service: p[2], region: p[3], account: p[4], resource: p[5]}, true
}

// arnKinds maps "service:prefix" of an ARN's resource part to the resource
// type, for the services where that prefix is not spelt like the type.
var arnKinds = map[string]string{
	"iam:user": "AWS::IAM::User", "iam:role": "AWS::IAM::Role", "iam:group": "AWS::IAM::Group", "iam:policy": "AWS::IAM::ManagedPolicy",
	"iam:instance-profile": "AWS::IAM::InstanceProfile", "iam:mfa": "AWS::IAM::MFADevice", "iam:saml-provider": "AWS::IAM::SAMLProvider",
	"iam:oidc-provider": "AWS::IAM::OIDCProvider", "iam:server-certificate": "AWS::IAM::ServerCertificate",
	"ec2:instance": "AWS::EC2::Instance", "ec2:security-group": "AWS::EC2::SecurityGroup", "ec2:volume": "AWS::EC2::Volume",
	"ec2:snapshot": "AWS::EC2::Snapshot", "ec2:image": "AWS::EC2::Image", "ec2:vpc": "AWS::EC2::VPC", "ec2:subnet": "AWS::EC2::Subnet",
	"ec2:network-interface": "AWS::EC2::NetworkInterface", "ec2:route-table": "AWS::EC2::RouteTable", "ec2:key-pair": "AWS::EC2::KeyPair",
	"ec2:network-acl": "AWS::EC2::NetworkAcl", "ec2:internet-gateway": "AWS::EC2::InternetGateway", "ec2:natgateway": "AWS::EC2::NatGateway",
	"ec2:launch-template": "AWS::EC2::LaunchTemplate", "ec2:vpc-endpoint": "AWS::EC2::VPCEndpoint", "ec2:elastic-ip": "AWS::EC2::EIP",
	"ec2:vpc-flow-log": "AWS::EC2::FlowLog", "ec2:vpc-peering-connection": "AWS::EC2::VPCPeeringConnection",
	"lambda:function": "AWS::Lambda::Function", "lambda:layer": "AWS::Lambda::LayerVersion",
	"kms:key": "AWS::KMS::Key", "kms:alias": "AWS::KMS::Alias", "secretsmanager:secret": "AWS::SecretsManager::Secret",
	"rds:db": "AWS::RDS::DBInstance", "rds:cluster": "AWS::RDS::DBCluster", "rds:snapshot": "AWS::RDS::DBSnapshot",
	"rds:cluster-snapshot": "AWS::RDS::DBClusterSnapshot", "rds:secgrp": "AWS::RDS::DBSecurityGroup", "rds:subgrp": "AWS::RDS::DBSubnetGroup",
	"dynamodb:table": "AWS::DynamoDB::Table", "logs:log-group": "AWS::Logs::LogGroup", "cloudtrail:trail": "AWS::CloudTrail::Trail",
	"cloudtrail:eventdatastore": "AWS::CloudTrail::EventDataStore", "cloudtrail:channel": "AWS::CloudTrail::Channel",
	"cloudformation:stack": "AWS::CloudFormation::Stack", "cloudformation:stackset": "AWS::CloudFormation::StackSet",
	"ecs:cluster": "AWS::ECS::Cluster", "ecs:service": "AWS::ECS::Service", "ecs:task": "AWS::ECS::Task", "ecs:task-definition": "AWS::ECS::TaskDefinition",
	"eks:cluster": "AWS::EKS::Cluster", "ecr:repository": "AWS::ECR::Repository", "ssm:parameter": "AWS::SSM::Parameter", "ssm:document": "AWS::SSM::Document",
	"events:rule": "AWS::Events::Rule", "guardduty:detector": "AWS::GuardDuty::Detector", "cloudwatch:alarm": "AWS::CloudWatch::Alarm",
	"ses:identity": "AWS::SES::Identity", "config:config-rule": "AWS::Config::ConfigRule", "codebuild:project": "AWS::CodeBuild::Project",
	"elasticfilesystem:file-system": "AWS::EFS::FileSystem", "sso:permissionSet": "AWS::SSO::PermissionSet", "backup:backup-vault": "AWS::Backup::BackupVault",
	"elasticloadbalancing:loadbalancer": "AWS::ElasticLoadBalancingV2::LoadBalancer", "cloudfront:distribution": "AWS::CloudFront::Distribution",
	"organizations:account": "AWS::Organizations::Account", "organizations:policy": "AWS::Organizations::Policy",
}

// kind returns the resource type an ARN names, "" when it can't be told.
func (a arn) kind() string {
	switch a.service {
	case "s3":
		if strings.Contains(a.resource, "/") {
			return "AWS::S3::Object"
		}
		return "AWS::S3::Bucket"
	case "sqs":
		return "AWS::SQS::Queue"
	case "sns":
		return "AWS::SNS::Topic"
	}
	prefix := a.resource
	if i := strings.IndexAny(prefix, "/:"); i >= 0 {
		prefix = prefix[:i]
	}
	return arnKinds[a.service+":"+prefix]
}

// name returns what people call the resource of an ARN: the last part of a
// path, but the whole name where names have slashes in them.
func (a arn) name() string {
	r := a.resource
	switch a.service {
	case "s3", "sns", "sqs":
		return r
	case "kms":
		if strings.HasPrefix(r, "alias/") {
			return r
		}
	case "logs":
		r = strings.TrimPrefix(r, "log-group:")
		r, _, _ = strings.Cut(r, ":")
		return r
	case "secretsmanager":
		return strings.TrimPrefix(r, "secret:")
	case "lambda":
		if f, ok := strings.CutPrefix(r, "function:"); ok {
			f, _, _ = strings.Cut(f, ":")
			return f
		}
	case "ssm":
		if p, ok := strings.CutPrefix(r, "parameter"); ok {
			return p
		}
	case "cloudformation":
		if p := strings.Split(r, "/"); len(p) >= 2 {
			return p[1]
		}
	case "wafv2":
		if p := strings.Split(r, "/"); len(p) >= 4 {
			return p[2]
		}
	}
	if r == "root" {
		return a.account
	}
	if i := strings.LastIndexAny(strings.TrimRight(r, ":/"), ":/"); i >= 0 {
		return strings.TrimRight(r[i+1:], ":/")
	}
	return r
}

// TypeOf returns the resource type that an ARN names, "" when it can't be told
// or id is no ARN.
func TypeOf(id string) string {
	a, ok := parseARN(id)
	if !ok {
		return ""
	}
	return a.kind()
}

// AccountOf returns the account and the region that an ARN names, "" for those
// it leaves out (an S3 bucket's) or when id is no ARN.
func AccountOf(id string) (account, region string) {
	a, _ := parseARN(id)
	return a.account, a.region
}

// NameOf returns the name inside an ARN ("admin" of
// arn:aws:iam::111122223333:role/ops/admin); anything else is returned as it is.
func NameOf(id string) string {
	if a, ok := parseARN(id); ok {
		return a.name()
	}
	return id
}
