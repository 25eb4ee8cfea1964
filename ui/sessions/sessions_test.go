package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
	"spoor/ui/uitest"
)

// made is a case of invented sessions.
type made struct {
	list []query.Session
	asks []query.SessionRequest
	err  error
}

func at(minutes int) int64 {
	return time.Date(2026, 3, 1, 9, minutes, 0, 0, time.UTC).UnixMicro()
}

// world has three people: one with a role and a stolen instance below, one whose
// name attacks the terminal, one who can't be told.
func world() *made {
	alice := query.Session{Num: 5, ID: "a1a1a1a1a1a1a1a1", Actor: "alice", Kind: "long-term-key", ActorKind: uint8(cloudtrail.KindUser), Principal: "arn:aws:iam::111122223333:user/alice", Account: "111122223333",
		AccessKeys: []string{"AKIAALICE00000000001"}, Start: at(0), End: at(95), Events: 2344, Writes: 504, Errors: 60, Denied: 13, Forwarded: 240, Services: []string{"iam.amazonaws.com", "sts.amazonaws.com"},
		Regions: []string{"eu-west-1"}, SourceIPs: []string{"AWS Internal", "198.51.100.7"}, UserAgents: []string{"Boto3/1.34 md/request#1", "Boto3/1.34 md/request#2", "aws-cli/2.15.0"}, MFA: "no", Root: "a1a1a1a1a1a1a1a1", RootActor: "alice",
		Confidence: "exact", Reason: "an IAM user's own credentials", Risks: []query.Risk{{Sign: "no MFA", Detail: "no second factor"}, {Sign: "new address", Detail: "first use of 198.51.100.7 by alice"}}, Matched: 2344, Children: 1}
	link := query.SessionLink{Kind: "issued-key", Parent: alice.ID, Event: "0b7e53a4-91b2-4c3f-8f0a-000000000002", Seq: 17, Call: "AssumeRole", Time: at(4), Confidence: "exact", Reason: "AssumeRole gave out the key ASIAADMIN00000000001 that it uses"}
	role := query.Session{Num: 4, ID: "b2b2b2b2b2b2b2b2", Actor: "Admin/laptop", Kind: "temporary-key", ActorKind: uint8(cloudtrail.KindRole), Account: "111122223333", Role: "Admin", SessionName: "laptop",
		Principal: "arn:aws:sts::111122223333:assumed-role/Admin/laptop", AccessKeys: []string{"ASIAADMIN00000000001"}, Start: at(5), End: at(6), Events: 120, Denied: 29, Errors: 29, SourceIPs: []string{"203.0.113.9"},
		Regions: []string{"eu-west-1"}, UserAgents: []string{"aws-cli/2.15.0"}, Root: alice.ID, RootActor: "alice", Depth: 1, Confidence: "exact", Reason: "an IAM user's own credentials", Link: &link, Matched: 20}
	evil := query.Session{Num: 3, ID: "c3c3c3c3c3c3c3c3", Actor: "mallory\x1b[31m\u202e", Kind: "console", Start: at(30), End: at(31), Events: 3, Writes: 1, SourceIPs: []string{"203.0.113.9"}, RootActor: "mallory\x1b[31m\u202e",
		Confidence: "exact", Reason: "an IAM user's own credentials", Matched: 3}
	lost := query.Session{Num: 2, ID: "d4d4d4d4d4d4d4d4", Actor: "Ops/s", Kind: "credentials", Start: at(40), End: at(40), Events: 1, RootActor: "alice or mallory", Confidence: "unknown",
		Reason: "several calls fit equally well: the records can't tell them apart", Matched: 1, Candidates: []query.SessionLink{link, {Kind: "role-session", Parent: evil.ID, Event: "e2", Seq: 18, Call: "AssumeRole", Time: at(4), Confidence: "by time", Reason: "the same second"}}}
	timeless := query.Session{Num: 1, ID: "e5e5e5e5e5e5e5e5", Actor: "service: ec2.amazonaws.com", Kind: "service", Start: cloudtrail.NoTime, End: cloudtrail.NoTime, Events: 7, RootActor: "service: ec2.amazonaws.com",
		Confidence: "exact", Reason: "an AWS service on its own behalf", Matched: 7}
	return &made{list: []query.Session{alice, role, evil, lost, timeless}}
}

func (m *made) Sessions(_ context.Context, r query.SessionRequest) (query.SessionPage, error) {
	m.asks = append(m.asks, r)
	list := slices.Clone(m.list)
	if r.Sign != "" {
		list = slices.DeleteFunc(list, func(s query.Session) bool {
			return !slices.ContainsFunc(s.Risks, func(x query.Risk) bool { return x.Sign == r.Sign })
		})
	}
	p := query.SessionPage{Total: len(list), All: len(m.list)}
	list = list[min(r.Offset, len(list)):]
	if r.N > 0 {
		list = list[:min(r.N, len(list))]
	}
	p.Sessions = list
	return p, m.err
}

func (m *made) SessionLanes(_ context.Context, ids []string, n int) ([]query.SessionLane, error) {
	var out []query.SessionLane
	for i, id := range ids {
		l := query.SessionLane{Session: id, Reads: make([]int64, n), Writes: make([]int64, n), Errors: make([]int64, n), Denied: make([]int64, n)}
		for b := i; b < n; b += 2 {
			l.Reads[b] = 1
		}
		l.Writes[min(i+2, n-1)], l.Errors[min(i+4, n-1)], l.Denied[min(i+6, n-1)] = 1, 1, 1
		out = append(out, l)
	}
	return out, m.err
}

func (m *made) find(id string) query.Session {
	i := slices.IndexFunc(m.list, func(s query.Session) bool { return s.ID == id })
	return m.list[max(i, 0)]
}

func (m *made) Session(_ context.Context, id string) (query.SessionChain, error) {
	c := query.SessionChain{Session: m.find(id)}
	c.Down.Session = c.Session
	if c.Session.Link != nil {
		c.Up = []query.Session{m.find(c.Session.Link.Parent)}
	}
	if id == "a1a1a1a1a1a1a1a1" {
		c.Down.Issued = []query.IssuedKey{{Key: "AKIABACKDOOR00000001", Call: "CreateAccessKey", For: "backdoor", Seq: 40, Time: at(50)}}
		c.Down.Children = []query.SessionTree{{Session: m.find("b2b2b2b2b2b2b2b2")}, {Session: m.find("d4d4d4d4d4d4d4d4"), Maybe: true}}
	}
	return c, m.err
}

func (m *made) Bursts(_ context.Context, r query.BurstRequest) (query.BurstPage, error) {
	if r.From.Set {
		return query.BurstPage{Bursts: []query.Burst{{Seq: 99, First: at(20), Last: at(20), Count: 1, Service: "iam", Event: "DeleteUser"}}}, m.err
	}
	return query.BurstPage{More: true, Next: query.Cursor{Time: at(9), Seq: 60, Set: true}, Bursts: []query.Burst{
		{Seq: 10, First: at(1), Last: at(1) + 12_000_000, Count: 40, Service: "s3", Event: "ListBuckets", ReadOnly: true},
		{Seq: 52, First: at(2), Last: at(2), Count: 1, Service: "iam", Event: "CreateUser", Outcome: 1, Error: "AccessDenied", Resource: "backdoor\x1b]52;c;x\x07"},
		{Seq: 53, First: at(3), Last: at(3), Count: 1, Service: "kms", Event: "Decrypt", ReadOnly: true, Via: "secretsmanager.amazonaws.com"},
	}}, m.err
}

func (m *made) Contrast(context.Context, string, string) ([]query.Contrast, error) {
	return []query.Contrast{{What: "calls", Both: []string{"s3:ListBuckets"}, OnlyA: []string{"iam:CreateUser"}, OnlyB: []string{"ec2:RunInstances"}}, {What: "addresses", OnlyA: []string{"198.51.100.7"}}}, m.err
}

func (m *made) Radius(ctx context.Context, _ query.Filter) (query.Radius, error) {
	c, _ := m.Session(ctx, "a1a1a1a1a1a1a1a1")
	return query.Radius{Trees: []query.SessionTree{c.Down}, Sessions: 2, Events: 2464, Writes: 504, Denied: 42, Contain: []query.Task{
		{Name: "keys", Title: "long-term keys to disable", Field: "key", Steps: []query.Measure{{What: "AKIAALICE00000000001", Account: "111122223333", Why: []string{"used by alice"}}, {What: "AKIABACKDOOR00000001", Account: "111122223333", Why: []string{"CreateAccessKey for backdoor\x1b[2J"}}}},
		{Name: "users", Title: "users that were made: disable", Field: "resource", Steps: []query.Measure{{What: "backdoor", Account: "111122223333", Why: []string{"created IAM user backdoor"}, Seq: 40}, {What: "gone", Account: "111122223333", Why: []string{"created IAM user gone", "deleted IAM user gone"}, Seq: 41, Done: true}}},
		{Name: "roles", Title: "roles whose sessions to revoke", Field: "role", Steps: []query.Measure{{What: "arn:aws:iam::111122223333:role/Admin", Account: "111122223333"}}},
		{Name: "root_actors", Title: "people and workloads behind it", Field: "root", Steps: []query.Measure{{What: "alice"}}}},
		Made: []query.Change{{Seq: 40, Time: at(50), Action: "CreateAccessKey", Summary: "made an access key for backdoor", Actor: "alice"}}}, m.err
}

// driver is a stage with the view on it.
type driver struct {
	*uitest.Stage
	t *testing.T
	v *View
}

func drive(t *testing.T, r Reader, w, h int) *driver {
	t.Helper()
	v := New(r)
	return &driver{uitest.NewStage(t, v, w, h), t, v}
}

// key runs the commands of keys and returns what the last one asked the root for.
func (d *driver) key(keys ...string) pane.Intent {
	d.t.Helper()
	d.Intents = nil
	d.Keys(keys...)
	return d.Last()
}

func (d *driver) golden(name string, w, h int) {
	d.t.Helper()
	uitest.Golden(d.t, fmt.Sprintf("%s-%dx%d.txt", name, w, h), string(d.v.Title())+"\n"+d.Text())
}

var sizes = [][2]int{{80, 20}, {120, 36}, {200, 46}}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for _, s := range sizes {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			t.Parallel()
			d := drive(t, world(), s[0], s[1])
			d.golden("list", s[0], s[1])
			d.key("enter")
			d.golden("session", s[0], s[1])
			d.key("b")
			d.golden("radius", s[0], s[1])
			d.key("backspace", "backspace", "C", "j", "C")
			d.golden("contrast", s[0], s[1])
			d.key("backspace", "enter")
			d.golden("child", s[0], s[1])
			d.key("backspace", "G", "k", "enter")
			d.golden("candidates", s[0], s[1])
		})
	}
}

func TestWalkUpAndOut(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 40)
	d.key("j", "enter")
	if got := d.v.Title(); got != "Session of Admin/laptop, b2b2b2b2b2b2b2b2" {
		t.Fatalf("opened %q", got)
	}
	for d.current().session == "" {
		d.key("j")
	}
	d.key("enter")
	if got := d.v.Title(); got != "Session of alice, a1a1a1a1a1a1a1a1" {
		t.Fatalf("the parent is %q", got)
	}
	for range 2 {
		if _, ok := d.v.Out(); !ok {
			t.Fatal("nothing to leave")
		}
	}
	if _, ok := d.v.Out(); ok {
		t.Error("left the list")
	}
}

func (d *driver) current() *line {
	l, ok := d.v.top().grid.Current()
	if !ok {
		d.t.Fatal("no line under the cursor")
	}
	return l
}

func TestLinesLeadToTheirEvents(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 40)
	in := d.key("e")
	if e, ok := in.(pane.Evidence); !ok || e.Filter.String() != "session=a1a1a1a1a1a1a1a1" {
		t.Errorf("evidence of a session: %#v", in)
	}
	d.key("enter")
	for d.current().value != "ListBuckets" {
		d.key("j")
	}
	in = d.key("enter")
	if e, ok := in.(pane.Evidence); !ok || e.Filter.String() != "session=a1a1a1a1a1a1a1a1 event=ListBuckets" || !e.From.Equal(time.UnixMicro(at(1))) || !e.To.After(e.From) {
		t.Errorf("evidence of a burst: %#v", in)
	}
	d.key("j")
	if in := d.key("enter"); in != (pane.OpenEvent{Seq: 52}) {
		t.Errorf("a single call opens %#v", in)
	}
	n := d.v.top().grid.Len()
	d.key("G", "enter")
	if got := d.v.top().grid.Len(); got != n || d.v.top().more {
		t.Errorf("reading on: %d lines, had %d", got, n)
	}
}

// What a line of a session or of a blast radius names can be kept, looked up and
// copied, and a line that leads nowhere says so.
func TestLinesNameTheirValues(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 40)
	d.key("enter")
	check := func(value, field, picked string) {
		t.Helper()
		for said, _ := d.v.Value(); said.Text != value; said, _ = d.v.Value() {
			d.key("j")
		}
		if in := d.key("+"); in != (pane.Pick{Field: field, Value: query.Value{Text: picked}, How: pane.Include}) {
			t.Errorf("+ on %s: %#v", value, in)
		}
		if in := d.key("y"); in.(pane.Copy).Text != value {
			t.Errorf("y on %s: %#v", value, in)
		}
	}
	check("alice", "actor", "alice")
	if why := d.Why("enter"); why != "this line leads nowhere; esc goes back" {
		t.Errorf("enter on who it was: %q", why)
	}
	check("arn:aws:iam::111122223333:user/alice", "principal", "arn:aws:iam::111122223333:user/alice")
	check("198.51.100.7", "ip", "198.51.100.7")
	if e, ok := d.key("enter").(pane.Evidence); !ok || e.Filter.String() != "session=a1a1a1a1a1a1a1a1 ip=198.51.100.7" || !e.From.IsZero() {
		t.Errorf("enter on an address: %#v", d.Last())
	}
	check("aws-cli/2.15.0", "agent", "aws-cli/2.15.0")
	check("AKIAALICE00000000001", "key", "AKIAALICE00000000001")
	check("AKIABACKDOOR00000001", "key", "AKIABACKDOOR00000001")
	check("ListBuckets", "event", "ListBuckets")
	d.key("b")
	for _, key := range []string{"+", "y", "b", "C", "A", "e", "enter"} {
		if why := d.Why(key); why == "" {
			t.Errorf("%s does something on the sums of a blast radius", key)
		}
	}
	check("AKIAALICE00000000001", "key", "AKIAALICE00000000001")
	check("arn:aws:iam::111122223333:role/Admin", "role", "Admin")
}

// The command that is copied prints what is shown.
func TestCommands(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 40)
	check := func(want string) {
		t.Helper()
		if got := strings.Join(d.v.Command(), " "); got != want {
			t.Errorf("%s: %q, want %q", d.v.Title(), got, want)
		}
	}
	check("sessions --sort user")
	d.Filter("root:alice")
	d.key("o")
	check("sessions -- root:alice")
	d.key("o")
	check("sessions --order oldest -- root:alice")
	d.v.sign = "no MFA"
	check("sessions --order oldest --sign no MFA -- root:alice")
	d.v.sign = ""
	d.key("C", "enter")
	check("sessions --id a1a1a1a1a1a1a1a1")
	d.key("b")
	check("sessions --radius -- session=a1a1a1a1a1a1a1a1")
	d.key("backspace", "backspace", "j", "C")
	check("sessions --id a1a1a1a1a1a1a1a1 --with b2b2b2b2b2b2b2b2")
}

func TestFiltersAndOrders(t *testing.T) {
	t.Parallel()
	w := world()
	d := drive(t, w, 120, 40)
	if in := d.key("A"); in.(pane.Replace).Filter.String() != "root=alice" {
		t.Errorf("all of this human: %#v", in)
	}
	if in := d.key("K"); in.(pane.Replace).Filter.String() != "key=AKIAALICE00000000001" {
		t.Errorf("all of this credential: %#v", in)
	}
	d.key("o", "o")
	if got := w.asks[len(w.asks)-1].Order; got != query.SessionsOldest {
		t.Errorf("order %v", got)
	}
	choose := d.key("r").(pane.Choose)
	i := slices.IndexFunc(choose.Items, func(i pane.Item) bool { return i.Title == "no MFA" })
	_, cmd := choose.Items[i].Do()
	d.Run(cmd)
	if d.v.grid.Len() != 1 || !strings.Contains(string(d.v.note()), "1 of 5 sessions") {
		t.Errorf("%d sessions without MFA: %s", d.v.grid.Len(), d.v.note())
	}
	i = slices.IndexFunc(choose.Items, func(i pane.Item) bool { return i.Title == "root" }) // which none has
	_, cmd = choose.Items[i].Do()
	d.Run(cmd)
	if got := string(d.v.Note()); !strings.Contains(got, "r takes another") { // clearing the filter would show no more
		t.Errorf("without a session of the sign: %q", got)
	}
}

// A profile asks for what came of any address, key or principal.
func TestRadiusOfAFilter(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 40)
	f, err := query.Is("ip", query.Value{Text: "203.0.113.9"})
	if err != nil {
		t.Fatal(err)
	}
	d.Send(pane.ShowRadius{What: "203.0.113.9", Filter: f})
	if got := d.v.Title(); got != "Blast radius of 203.0.113.9" {
		t.Errorf("opened %q", got)
	}
	d.Shows("2 sessions  2,464 events", "AKIABACKDOOR00000001")
	for _, c := range []struct {
		down int
		want string
	}{{3, "key=AKIAALICE00000000001 OR resource=AKIAALICE00000000001"}, {4, "resource=backdoor"}, {4, "role=Admin"}, {3, "root=alice"}} {
		for range c.down {
			d.key("down")
		}
		if e, ok := d.key("e").(pane.Evidence); !ok || e.Filter.String() != c.want || !e.From.IsZero() {
			t.Errorf("%+v, want the events of %s", e, c.want)
		}
	}
}

func TestFailuresAreSaid(t *testing.T) {
	t.Parallel()
	w := world()
	w.err = errors.New("disk \x1b[2J gone")
	d := drive(t, w, 80, 20)
	say, ok := d.Intents[0].(pane.Say)
	if !ok || !say.Bad || strings.Contains(string(say.Text), "\x1b") {
		t.Errorf("said %#v", d.Intents)
	}
	w.err = nil
	d.State.Asked++
	d.Sync()
	w.err = errors.New("gone")
	if say, ok := d.key("enter").(pane.Say); !ok || !say.Bad || say.Text != text.Safe("read session: gone") {
		t.Errorf("said %#v", say)
	}
}

func TestCommandsHaveHelp(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, c := range New(world()).Commands() {
		if c.Help == "" || c.Title == "" || c.Group == "" {
			t.Errorf("%s lacks words", c.ID)
		}
		for _, k := range c.Keys {
			if old, clash := seen[k]; clash {
				t.Errorf("%s is both %s and %s", k, old, c.ID)
			}
			seen[k] = c.ID
		}
	}
}

func TestPivotsOnColumnsOfTheList(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 200, 40)
	for _, c := range []struct {
		column, key, field string
		how                pane.How
	}{{"root", "+", "root", pane.Include}, {"actor", "-", "actor", pane.Exclude}, {"from", "=", "ip", pane.Only}, {"signs", "+", "session", pane.Include}} {
		for d.v.grid.Column() != c.column {
			before := d.v.grid.Column()
			if d.key("l"); d.v.grid.Column() == before {
				t.Fatalf("no column %s", c.column)
			}
		}
		if in, ok := d.key(c.key).(pane.Pick); !ok || in.Field != c.field || in.How != c.how || in.Value.Text == "" {
			t.Errorf("%s on %s: %#v", c.key, c.column, in)
		}
	}
	if target, ok := d.v.Target(); !ok || target.About != query.AboutSession || target.Name == "" {
		t.Errorf("m means %+v", target)
	}
}

// An open session is read again when the case has changed, with the cursor where
// it was: a mark put on it shows.
func TestAMarkShowsOnTheOpenSession(t *testing.T) {
	t.Parallel()
	w := world()
	d := drive(t, w, 120, 40)
	d.key("enter", "j", "j", "j")
	at, _ := d.v.top().grid.Current()
	w.list[0].Mark, w.list[0].Note = "red", "the way in\nmore"
	state := d.v.state
	state.Data++
	d.Run(d.v.Sync(state))
	if now, ok := d.v.top().grid.Current(); !ok || now.n != at.n || len(d.v.open) != 1 {
		t.Errorf("line %d of %d sheets, was %d", now.n, len(d.v.open), at.n)
	}
	if view := d.v.View(true); !strings.Contains(view, "marked red note: the way in") {
		t.Errorf("no mark:\n%s", view)
	}
}

// The cursor is where it was when one comes back from the events of a session,
// though another filter was in force meanwhile.
func TestTheCursorStaysOverAJump(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 40)
	d.key("j", "j")
	want, _ := d.v.current()
	state := d.v.state
	state.Asked += 2
	d.Run(d.v.Sync(state))
	if got, ok := d.v.current(); !ok || got.ID != want.ID {
		t.Errorf("on %s, was on %s", got.ID, want.ID)
	}
}
