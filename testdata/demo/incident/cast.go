package incident

import (
	"fmt"
	"time"
)

// The accounts of the story. All ids, keys and addresses are made up; the
// addresses are those RFC 5737 keeps for documentation.
const (
	dev      = "111122223333"
	prod     = "444455556666"
	stranger = "999988887777" // where the snapshot goes

	leakedKey  = "AKIADEMOLEAKEDKEY001"
	plantedKey = "AKIADEMOPLANTED00001"

	attackerIP  = "203.0.113.77"
	attackerIP2 = "198.51.100.23"
	officeIP    = "192.0.2.10"
	cli         = "aws-cli/2.17.9 md/awscrt#0.20.11 ua/2.0 os/linux#5.15 lang/python#3.11.8 md/command#%s"
	kali        = "aws-cli/2.9.19 Python/3.11.8 Linux/6.6.9-amd64 source/x86_64.kali.2024 prompt/off command/%s"
	chrome      = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36"
)

func iamUser(account, name, id, key string) caller {
	return caller{account: account, identity: obj{
		"type": "IAMUser", "principalId": id, "arn": "arn:aws:iam::" + account + ":user/" + name,
		"accountId": account, "accessKeyId": key, "userName": name,
	}}
}

// assumed is a role session made at created.
func assumed(account, path, role, roleID, session, key string, created time.Time) caller {
	return caller{account: account, identity: obj{
		"type": "AssumedRole", "principalId": roleID + ":" + session,
		"arn":       fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", account, role, session),
		"accountId": account, "accessKeyId": key,
		"sessionContext": obj{
			"sessionIssuer": obj{
				"type": "Role", "principalId": roleID, "arn": "arn:aws:iam::" + account + ":role" + path + role,
				"accountId": account, "userName": role,
			},
			"webIdFederationData": obj{},
			"attributes":          obj{"creationDate": stamp(created), "mfaAuthenticated": "false"},
		},
	}}
}

// sso is a person who came through Identity Center with a permission set.
func sso(account, set, hash, roleID, user, key string, created time.Time) caller {
	c := assumed(account, "/aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_"+set+"_"+hash, roleID, user, key, created)
	return c.from(officeIP, chrome)
}

func service(account, name string) caller {
	return caller{account: account, ip: name, agent: name, identity: obj{"type": "AWSService", "invokedBy": name}}
}

// instance is what runs on an EC2 instance under its role.
func instance(account, role, roleID, id, key, ip string, created time.Time) caller {
	c := assumed(account, "/", role, roleID, id, key, created)
	c.identity["sessionContext"].(obj)["ec2RoleDelivery"] = "2.0"
	return c.from(ip, "Boto3/1.34.69 md/Botocore#1.34.69 ua/2.0 os/linux#6.1.79 lang/python#3.11.6")
}
