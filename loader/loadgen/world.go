package loadgen

import "fmt"

// slotsPerCell is how many actors are at work in one account and region.
const slotsPerCell = 24

// An account owns the things that calls are about.
type account struct {
	id                                        string
	users, roles, buckets, functions, secrets []string
	keys, groups, instances, volumes, tables  []string
	principals                                map[string]string // unique id of a user or role, by name
}

// A cell is one account in one region, whose time only goes forward.
type cell struct {
	acc    *account
	region string
	slots  []*slot
}

// maxChain is how many roles are assumed one from another.
const maxChain = 3

// A kind of actor.
type kind uint8

const (
	userKey  kind = iota // IAM user with a long-term key
	saml                 // person, role assumed with SAML
	console              // person, IAM user signed in to the console
	assumed              // role assumed by another actor of the cell
	instance             // role of an EC2 instance
	function             // role of a Lambda function
	service              // AWS service on its own behalf
)

// A slot is an actor, and the session it is in.
type slot struct {
	kind     kind
	name     string // user or role
	session  string // session name
	host     string
	agent    string
	endpoint string // of the VPC it calls from
	parent   *slot  // assumed: who assumes the role
	depth    int    // sessions above this one
	identity string
	key      string
	created  int64
	until    int64
}

var kinds = [slotsPerCell]kind{
	userKey, assumed, instance, saml, assumed, function, userKey, instance, console, assumed, saml, function,
	service, assumed, instance, saml, userKey, assumed, function, instance, console, assumed, saml, assumed,
}

func (g *generator) newAccount(n int) *account {
	a := &account{id: fmt.Sprintf("%012d", 111122223333+int64(n)*100100100), principals: map[string]string{}}
	list := func(count int, format string) []string {
		items := make([]string, count)
		for i := range items {
			items[i] = fmt.Sprintf(format, i, n)
		}
		return items
	}
	ids := func(count int, prefix string) []string {
		items := make([]string, count)
		for i := range items {
			items[i] = prefix + g.hex(17)
		}
		return items
	}
	for i := range 12 {
		a.users = append(a.users, people[(i+n*5)%len(people)])
	}
	a.roles = list(20, "role-%02d-team%d")
	a.buckets = list(30, "data-%02d-acct%d")
	a.functions = list(20, "handler-%02d-%d")
	a.secrets = list(15, "prod/app%02d/db-%d")
	a.tables = list(15, "table-%02d-%d")
	a.groups, a.instances, a.volumes = ids(25, "sg-"), ids(60, "i-"), ids(60, "vol-")
	for range 12 {
		a.keys = append(a.keys, g.guid())
	}
	for _, u := range a.users {
		a.principals[u] = "AIDA" + g.alnumUpper(17)
	}
	for _, r := range a.roles {
		a.principals[r] = "AROA" + g.alnumUpper(17)
	}
	return a
}

func (g *generator) newCell(a *account, region string) *cell {
	c := &cell{acc: a, region: region}
	for i, k := range kinds {
		s := &slot{kind: k, host: g.hosts[g.rng.IntN(len(g.hosts))], agent: g.agents[g.rng.IntN(len(g.agents))], endpoint: g.hex(17)}
		s.name = a.roles[g.rng.IntN(len(a.roles))]
		user := a.users[g.rng.IntN(len(a.users))]
		switch k {
		case userKey, console:
			s.name = user
		case saml:
			s.session = user + "@example.com"
		case instance:
			s.session = a.instances[g.rng.IntN(len(a.instances))]
		case function:
			s.session = a.functions[g.rng.IntN(len(a.functions))]
		case assumed:
			if s.parent = c.slots[g.rng.IntN(i)]; s.parent.depth >= maxChain || s.parent.kind == service {
				s.parent = c.slots[0]
			}
			s.depth = s.parent.depth + 1
			s.session = [...]string{"deploy", "botocore-session-1772323200", user + "-cli", "terraform"}[g.rng.IntN(4)]
		}
		if k == console {
			s.agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
		}
		c.slots = append(c.slots, s)
	}
	return c
}

// people are user names; accounts share some of them, as companies do.
var people = [...]string{
	"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "niaj", "olivia",
	"peggy", "rupert", "sybil", "trent", "victor", "wendy", "zoe", "ci-deploy", "ci-test", "backup", "monitor",
}

func (g *generator) makeAgents() []string {
	var agents []string
	for i := range 60 {
		sid := g.hex(12)
		switch i % 6 {
		case 0, 1:
			agents = append(agents, fmt.Sprintf("aws-cli/2.2%d.%d md/awscrt#0.23.8 ua/2.1 os/linux#6.8.0-%d-generic md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython m/b,E,Z cfg/retry-mode#standard md/installer#exe sid/%s", i%5, i%7, 40+i%9, sid))
		case 2:
			agents = append(agents, fmt.Sprintf("Boto3/1.35.%d md/Botocore#1.35.%d ua/2.0 os/linux#5.10.226 md/arch#aarch64 lang/python#3.11.%d md/pyimpl#CPython exec-env/AWS_Lambda_python3.11 cfg/retry-mode#legacy Botocore/1.35.%d", i, i, i%10, i))
		case 3:
			agents = append(agents, fmt.Sprintf("APN/1.0 HashiCorp/1.0 Terraform/1.9.%d (+https://www.terraform.io) terraform-provider-aws/5.%d.0 aws-sdk-go-v2/1.32.5 ua/2.1 os/linux lang/go#1.23.3 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.195.0 m/i", i%9, i))
		case 4:
			agents = append(agents, fmt.Sprintf("aws-sdk-java/2.2%d.1 Linux/6.1.112 OpenJDK_64-Bit_Server_VM/21.0.%d vendor/Amazon.com_Inc. io/sync http/Apache cfg/retry-mode/legacy cfg/auth-source#imds md/internal exec-env/AWS_ECS_EC2 app/%s", i%9, i%6, sid))
		default:
			agents = append(agents, fmt.Sprintf("aws-sdk-go-v2/1.3%d.0 ua/2.1 os/linux lang/go#1.23.%d md/GOOS#linux md/GOARCH#amd64 api/s3#1.66.%d m/E,g exec-env/AWS_ECS_FARGATE app/team%d-worker-%s", i%3, i%5, i, i, sid))
		}
	}
	return agents
}

func (g *generator) makeHosts() []string {
	var hosts []string
	for range 400 {
		hosts = append(hosts, fmt.Sprintf("%d.%d.%d.%d", [...]int{198, 203, 52, 18, 3, 34}[g.rng.IntN(6)], 16+g.rng.IntN(90), g.rng.IntN(256), 1+g.rng.IntN(254)))
	}
	for range 20 {
		hosts = append(hosts, fmt.Sprintf("2001:db8:%x:%x::%x", g.rng.IntN(65536), g.rng.IntN(65536), 1+g.rng.IntN(65535)))
	}
	return hosts
}
