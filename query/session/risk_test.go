package session_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

func signs(s *session.Session) []session.Sign {
	var out []session.Sign
	for _, r := range s.Risks {
		out = append(out, r.Sign)
	}
	slices.Sort(out)
	return out
}

func TestSigns(t *testing.T) {
	t.Parallel()
	alice, bare := user("alice", "AKIAALICE0000001"), user("alice", "")
	web := stamp(bare, "ASIACONSOLE00001", 5000)
	web.MFA = cloudtrail.MFANo
	root := cloudtrail.Identity{Type: "Root", PrincipalID: acct, ARN: "arn:aws:iam::" + acct + ":root", Account: acct, Created: cloudtrail.NoTime, Kind: cloudtrail.KindRoot, Actor: "root@" + acct}
	box := kind(role(acct, "App", "i-0123456789abcdef0", "ASIAINSTANCE0001", 60), cloudtrail.KindInstance)
	agent := do("agent", 9000, alice, idle, "s3", "ListBuckets")
	agent.UserAgent = "Boto3/1.34 md/Botocore"
	version := do("version", 20000, alice, idle, "s3", "ListBuckets")
	version.UserAgent = "aws-cli/2.16.1"
	events := []event{
		do("first", 0, alice, idle, "s3", "ListBuckets"), from(do("new", 4990, alice, idle, "s3", "ListBuckets"), away), agent, version,
		do("web", 5010, web, console, "s3", "ListBuckets"), from(do("clash", 5020, alice, idle, "s3", "ListBuckets"), away),
		do("root", 100, root, idle, "iam", "ListUsers"),
		from(do("inside", 100, box, byKey, "s3", "ListBuckets"), "10.0.0.5"), from(do("outside", 200, box, byKey, "s3", "ListBuckets"), "192.0.2.44"),
		from(do("private", 400, alice, idle, "s3", "ListBuckets"), "10.1.2.3"), from(do("private again", 30000, alice, idle, "s3", "ListBuckets"), "10.1.2.3"),
		from(do("shared", 40000, alice, idle, "s3", "ListBuckets"), "100.99.1.1"), from(do("machine", 50000, alice, idle, "s3", "ListBuckets"), "192.0.2.88"),
		from(do("box", 350, kind(role(acct, "App", "i-0bbbbbbbbbbbbbbbb", "ASIAINSTANCE0003", 60), cloudtrail.KindInstance), byKey, "s3", "ListBuckets"), "192.0.2.88"),
		do("lone", 300, kind(role(acct, "App", "i-0aaaaaaaaaaaaaaaa", "ASIAINSTANCE0002", 60), cloudtrail.KindInstance), byKey, "s3", "ListBuckets"),
	}
	events[len(events)-1].SourceIP = "192.0.2.77"
	in := sum(events, 0)
	r := session.Resolve(in)
	r.Assess([]session.Break{{Ref: ref(&events[0]), Call: "GetObject", Denied: 7}})
	want := map[string][]session.Sign{
		"first":   {session.DeniedThenDone},
		"new":     {session.NewAddress, session.TwoNetworks},
		"agent":   {session.NewAgent},
		"version": nil,
		"web":     {session.NoMFA, session.TwoNetworks},
		"root":    {session.RootUsed},
		"inside":  {session.OutsideInstance},
		"private": {session.Countryless, session.NewAddress}, "private again": nil,
		"shared": {session.Countryless, session.NewAddress}, "machine": {session.Countryless, session.NewAddress},
		"box": {session.OutsideInstance}, "lone": nil,
	}
	for id, w := range want {
		if d := cmp.Diff(w, signs(of(t, r, events, id))); d != "" {
			t.Errorf("signs of %q (-want +got):\n%s", id, d)
		}
	}
}

func TestIdleIsASetting(t *testing.T) {
	t.Parallel()
	alice := user("alice", "AKIAALICE0000001")
	events := []event{do("a", 0, alice, idle, "s3", "ListBuckets"), do("b", 200, alice, idle, "s3", "ListBuckets"), do("c", 500, alice, idle, "s3", "ListBuckets")}
	for _, c := range []struct{ minutes, want int }{{1, 3}, {4, 2}, {5, 1}} {
		if got := len(resolve(events, minutes(c.minutes)).Sessions); got != c.want {
			t.Errorf("idle of %d min: %d sessions, want %d", c.minutes, got, c.want)
		}
	}
}

func TestAgentsTellWorkloads(t *testing.T) {
	t.Parallel()
	fn := do("fn", 100, role(acct, "ExportRole", "order-export", "ASIALAMBDA000001", 50), byKey, "s3", "PutObject")
	fn.UserAgent = "Boto3/1.34 md/Botocore exec-env/AWS_Lambda_python3.12"
	hop := fn
	hop.ID, hop.Time = "hop", at(110)
	hop = mint(hop, cloudtrail.Mint{IssuedKey: "ASIANEXT00000001", RoleARN: "arn:aws:iam::" + acct + ":role/Next", SessionName: "n"})
	hop.Mint.Call = "AssumeRole"
	next := do("next", 120, role(acct, "Next", "n", "ASIANEXT00000001", 110), byKey, "s3", "ListBuckets")
	shell := do("shell", 100, role(acct, "Admin", "x", "ASIASHELL0000001", 50), byKey, "s3", "ListBuckets")
	events := []event{fn, hop, next, shell}
	r := resolve(events, 0)
	for id, want := range map[string]string{"fn": "order-export", "next": "order-export", "shell": "Admin/x"} {
		if s := of(t, r, events, id); s.RootActor != want {
			t.Errorf("root of %s is %q, want %q", id, s.RootActor, want)
		}
	}
	if s := of(t, r, events, "next"); s.Confidence != session.Inferred {
		t.Errorf("confidence %s", s.Confidence)
	}
}
