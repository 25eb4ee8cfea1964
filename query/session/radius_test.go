package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// outline draws trees as indented lines.
func outline(trees []*session.Tree, indent string) string {
	var b strings.Builder
	for _, t := range trees {
		fmt.Fprintf(&b, "%s%s %d", indent, t.Session.Actor, t.Session.Events)
		if t.Maybe {
			b.WriteString(" maybe")
		}
		for _, i := range t.Issued {
			fmt.Fprintf(&b, " [%s %s used=%v]", i.Call, i.Key, i.Used)
		}
		b.WriteString("\n" + outline(t.Children, indent+"  "))
	}
	return b.String()
}

// steps lists what to do, a line a task.
func steps(c session.Contain) string {
	var b strings.Builder
	last := ""
	for _, s := range c.Steps() {
		if name := session.Tasks[s.Task].Name; name != last {
			last = name
			b.WriteString("\n" + name + ": ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(s.What)
		if len(s.Why) > 0 {
			b.WriteString(" (" + strings.Join(s.Why, "; ") + ")")
		}
	}
	return strings.TrimPrefix(b.String(), "\n") + "\n"
}

func TestRadius(t *testing.T) {
	t.Parallel()
	alice := user("alice", "AKIAALICE0000001")
	a := role(acct, "A", "alice", "ASIAROLEA0000001", 60)
	events := []event{
		assume("toA", 60, alice, idle, acct, "A", "alice", "ASIAROLEA0000001"),
		assume("spare", 61, alice, idle, acct, "A", "spare", "ASIANEVERUSED001"),
		assume("toB", 70, a, byKey, acctB, "B", "hop", "ASIAROLEB0000001"),
		do("useB", 80, role(acctB, "B", "hop", "ASIAROLEB0000001", 70), byKey, "s3", "GetObject"),
		mint(do("key", 75, a, byKey, "iam", "CreateAccessKey"), cloudtrail.Mint{IssuedKey: "AKIABACKDOOR0001", Target: "backdoor"}),
		do("useKey", 90, user("backdoor", "AKIABACKDOOR0001"), idle, "s3", "ListBuckets"),
		do("stranger", 90, user("zoe", "AKIAZOE000000001"), idle, "s3", "ListBuckets"),
	}
	r := resolve(events, 0)
	got := session.Descend(r.Sessions, r.Issued(), nil, []string{of(t, r, events, "toA").ID, of(t, r, events, "useB").ID})
	want := `alice 2 [AssumeRole ASIAROLEA0000001 used=true] [AssumeRole ASIANEVERUSED001 used=false]
  A/alice 2 [AssumeRole ASIAROLEB0000001 used=true] [CreateAccessKey AKIABACKDOOR0001 used=true]
    B/hop 1
    backdoor 1
`
	if d := cmp.Diff(want, outline(got.Trees, "")); d != "" {
		t.Errorf("tree (-want +got):\n%s", d)
	}
	want = `keys: AKIAALICE0000001 (used by alice), AKIABACKDOOR0001 (CreateAccessKey for backdoor; used by backdoor)
roles: arn:aws:iam::111111111111:role/A (AssumeRole by alice; session alice), arn:aws:iam::222222222222:role/B (AssumeRole by A/alice; session hop)
principals: arn:aws:iam::111111111111:user/alice, arn:aws:iam::111111111111:user/backdoor
temporary_keys: ASIAROLEA0000001 (AssumeRole for arn:aws:iam::111111111111:role/A; used by A/alice), ASIANEVERUSED001 (AssumeRole for arn:aws:iam::111111111111:role/A), ASIAROLEB0000001 (AssumeRole for arn:aws:iam::222222222222:role/B; used by B/hop)
root_actors: alice
`
	if d := cmp.Diff(want, steps(got.Contain)); d != "" {
		t.Errorf("contain (-want +got):\n%s", d)
	}
	if got.Sessions != 4 || got.Events != 6 {
		t.Errorf("%d sessions, %d events; want 4, 6", got.Sessions, got.Events)
	}
}

// A role at work in another account is there a stranger, and no further principal.
func TestStrangersAreContainedAsTheyAre(t *testing.T) {
	t.Parallel()
	hop := role(acct, "A", "alice", "ASIAROLEA0000001", 60)
	mine, theirs := do("mine", 70, hop, byKey, "s3", "GetObject"), do("theirs", 70, foreign(hop.PrincipalID, acct), idle, "s3", "GetObject")
	mine.SharedID, theirs.SharedID, theirs.Account = "pair", "pair", acctB
	events := []event{mine, theirs}
	r := resolve(events, 0)
	got := session.Descend(r.Sessions, r.Issued(), nil, []string{of(t, r, events, "mine").ID})
	if text := steps(got.Contain); got.Sessions != 2 || strings.Contains(text, "principals") {
		t.Errorf("%d sessions, %s; want 2, no principals", got.Sessions, text)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	one := session.Session{IPs: []string{"192.0.2.1", home}, Services: []string{"iam", "s3"}}
	two := session.Session{IPs: []string{home}, Services: []string{"ec2", "s3"}}
	d := session.Compare(&one, &two, [2][]string{{"iam:ListUsers"}, {"ec2:RunInstances", "iam:ListUsers"}})
	want := []session.Difference{{What: "calls", Both: []string{"iam:ListUsers"}, OnlyTwo: []string{"ec2:RunInstances"}}, {What: "addresses", Both: []string{home}, OnlyOne: []string{"192.0.2.1"}}, {What: "user agents"},
		{What: "services", Both: []string{"s3"}, OnlyOne: []string{"iam"}, OnlyTwo: []string{"ec2"}}, {What: "regions"}, {What: "access keys"}}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
}

func TestLongChainsEnd(t *testing.T) {
	t.Parallel()
	var events []event
	who := user("alice", "AKIAALICE0000001")
	anchor := idle
	for i := range 20 {
		key, name := fmt.Sprintf("ASIAHOP%09d", i), fmt.Sprintf("R%d", i)
		events = append(events, assume(name, float64(60+i), who, anchor, acct, name, "hop", key))
		who, anchor = role(acct, name, "hop", key, float64(60+i)), byKey
	}
	r := resolve(append(events, do("use", 100, who, byKey, "s3", "ListBuckets")), 0)
	for _, s := range r.Sessions {
		if s.Depth > 16 {
			t.Errorf("depth %d", s.Depth)
		}
	}
	if s := of(t, r, []event{events[10]}, "R10"); s.RootActor != "alice" || s.Depth != 10 {
		t.Errorf("ten hops: root %s, depth %d", s.RootActor, s.Depth)
	}
}

func BenchmarkResolve(b *testing.B) {
	var in session.Input
	in.From = at(0)
	for i := range 500_000 {
		t := at(float64(i))
		u := hashed(user(fmt.Sprintf("u%d", i%1000), fmt.Sprintf("AKIAUSER%08d", i%1000)))
		r := hashed(role(acct, fmt.Sprintf("R%d", i%50), fmt.Sprintf("s%d", i), fmt.Sprintf("ASIASESS%08d", i), float64(i)))
		in.Activity = append(in.Activity, session.Activity{Who: u, Anchor: idle, Account: acct, IP: home, First: t, Last: t + sec, Events: 10},
			session.Activity{Who: r, Anchor: byKey, Account: acct, IP: home, First: t, Last: t + 600*sec, Events: 10})
		if i%2 == 0 {
			in.Mints = append(in.Mints, session.Mint{Mint: cloudtrail.Mint{Call: "AssumeRole", IssuedKey: r.AccessKey, RoleARN: r.RoleARN, SessionName: r.SessionName},
				Ref: session.Ref{Who: u, Anchor: idle, Account: acct, IP: home, Time: t}, Event: session.EventRef{ID: fmt.Sprint(i)}})
		}
	}
	b.ResetTimer()
	for range b.N {
		b.ReportMetric(float64(len(session.Resolve(in).Sessions)), "sessions")
	}
}

// Of all calls that undo something, those are looked for that may undo a step.
func TestUndoingsAreOfWhatThereIsToDo(t *testing.T) {
	var c session.Contain
	if got := c.Undoings(nil); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
	made := []session.Deed{{Service: "iam", Name: "CreateRole", Resource: "Door"}, {Service: "iam", Name: "UpdateAccessKey", Resource: "AKIASLEPT", Summary: "set access key AKIASLEPT to Active"}, {Service: "s3", Name: "PutBucketPolicy"}}
	want := []string{"DeleteAccessKey", "DeleteRole", "UpdateAccessKey"}
	if d := cmp.Diff(want, c.Undoings(made)); d != "" {
		t.Errorf("of deeds to come: %s", d)
	}
	for _, m := range made {
		m.Theirs = true
		c.Did(m)
	}
	if d := cmp.Diff(want, c.Undoings(nil)); d != "" {
		t.Errorf("of steps: %s", d)
	}
}
