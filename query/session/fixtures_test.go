package session_test

import (
	"cmp"
	"fmt"

	"spoor/loader/cloudtrail"
)

const (
	acct  = "111111111111"
	acctB = "222222222222"
	acctC = "333333333333"
	home  = "198.51.100.7"
	away  = "203.0.113.9"
)

func user(name, key string) cloudtrail.Identity {
	return cloudtrail.Identity{Type: "IAMUser", PrincipalID: "AIDA" + name, ARN: "arn:aws:iam::" + acct + ":user/" + name, Account: acct, UserName: name,
		AccessKey: key, Created: cloudtrail.NoTime, Kind: cloudtrail.KindUser, Actor: name}
}

// role is an assumed role's identity; created in seconds of the day, or negative for none.
func role(account, name, sess, key string, created float64) cloudtrail.Identity {
	id := cloudtrail.Identity{Type: "AssumedRole", PrincipalID: "AROA" + name + ":" + sess, ARN: "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + sess,
		Account: account, AccessKey: key, Role: name, RoleARN: "arn:aws:iam::" + account + ":role/" + name, SessionName: sess, IssuerType: "Role",
		Created: cloudtrail.NoTime, Kind: cloudtrail.KindRole, Actor: name + "/" + sess}
	if created >= 0 {
		id.Created = at(created)
	}
	return id
}

func service(name string) cloudtrail.Identity {
	return cloudtrail.Identity{Type: "AWSService", InvokedBy: name, Created: cloudtrail.NoTime, Kind: cloudtrail.KindService, Actor: "service: " + name}
}

func foreign(principal, account string) cloudtrail.Identity {
	return cloudtrail.Identity{Type: "AWSAccount", PrincipalID: principal, Account: account, Created: cloudtrail.NoTime, Kind: cloudtrail.KindForeign,
		Actor: principal + " @ account " + account}
}

// via is the same identity with a key of its own, used by a service in its name.
func via(id cloudtrail.Identity, svc, key string, created float64) cloudtrail.Identity {
	id.InvokedBy, id.AccessKey, id.Created = svc, key, at(created)
	return id
}

// stamp gives an identity a creation time and a key.
func stamp(id cloudtrail.Identity, key string, created float64) cloudtrail.Identity {
	id.AccessKey, id.Created = key, at(created)
	return id
}

func onBehalf(id cloudtrail.Identity, user string) cloudtrail.Identity {
	id.OnBehalfOf = user
	return id
}

func kind(id cloudtrail.Identity, k cloudtrail.Kind) cloudtrail.Identity {
	id.Kind = k
	return id
}

// do is one call: who at a second, service.Call, from home.
func do(id string, t float64, who cloudtrail.Identity, anchor cloudtrail.Anchor, source, call string) event {
	return event{ID: id, Time: at(t), Source: source + ".amazonaws.com", Name: call, Region: "us-east-1", Account: cmp.Or(who.Account, acct),
		SourceIP: home, UserAgent: "aws-cli/2.15.0", ReadOnly: true, Anchor: anchor, Who: hashed(who)}
}

func from(e event, ip string) event         { e.SourceIP = ip; return e }
func in(e event, account string) event      { e.Account = account; return e }
func shared(e event, id string) event       { e.SharedID = id; return e }
func denied(e event) event                  { e.Outcome = cloudtrail.Denied; return e }
func mint(e event, m cloudtrail.Mint) event { m.Call = e.Name; e.Mint = &m; return e }

// assume is AssumeRole by a caller.
func assume(id string, t float64, who cloudtrail.Identity, anchor cloudtrail.Anchor, account, roleName, sess, key string) event {
	return mint(do(id, t, who, anchor, "sts", "AssumeRole"), cloudtrail.Mint{IssuedKey: key, RoleARN: "arn:aws:iam::" + account + ":role/" + roleName,
		SessionName: sess, Principal: "AROA" + roleName + ":" + sess, Target: "arn:aws:sts::" + account + ":assumed-role/" + roleName + "/" + sess})
}

func login(id string, t float64, who cloudtrail.Identity) event {
	return mint(do(id, t, who, cloudtrail.AnchorIdle, "signin", "ConsoleLogin"), cloudtrail.Mint{Principal: who.PrincipalID})
}

const (
	idle    = cloudtrail.AnchorIdle
	signin  = cloudtrail.AnchorSignIn
	console = cloudtrail.AnchorConsole
	byKey   = cloudtrail.AnchorKey
	forward = cloudtrail.AnchorForward
	ofSvc   = cloudtrail.AnchorService
)

// A want is what one event's session must look like. Parent and evidence are
// event ids; any session is named by an event in it.
type want struct {
	event      string
	parent     string // "" for none
	evidence   string
	link       string
	confidence string // of the link
	root       string
	sure       string // confidence of root
	depth      int
	candidates int
}

// A fixture is a little case with its sessions (groups of event ids) and links.
type fixture struct {
	name     string
	events   []event
	sessions [][]string
	wants    []want
}

func burst(n int) ([]event, []string) {
	alice := user("alice", "AKIAALICE0000001")
	events := []event{do("list", 100, alice, idle, "secretsmanager", "BatchGetSecretValue")}
	ids := []string{"list"}
	for i := range n {
		id := fmt.Sprintf("decrypt%d", i)
		fas := via(alice, "secretsmanager.amazonaws.com", fmt.Sprintf("ASIAFORWARD%04d", i), 100.5)
		events = append(events, from(do(id, 101, fas, forward, "kms", "Decrypt"), "secretsmanager.amazonaws.com"))
		ids = append(ids, id)
	}
	return events, ids
}

func masked(id cloudtrail.Identity) cloudtrail.Identity {
	id.AccessKey = "ASIA****************"
	return id
}
