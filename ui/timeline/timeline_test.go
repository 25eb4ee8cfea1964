package timeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
	"spoor/ui/uitest"
)

// made is a case of invented changes, newest first.
type made struct {
	list []query.Change
	asks []query.ChangeRequest
	err  error
}

func at(minutes int) int64 {
	return time.Date(2026, 3, 1, 9, minutes, 0, 0, time.UTC).UnixMicro()
}

func world() *made {
	base := query.Change{Account: "111122223333", Region: "eu-west-1", SourceIP: "198.51.100.7", Actor: "alice"}
	with := func(seq int64, minute int, f func(*query.Change)) query.Change {
		c := base
		c.Seq, c.Time, c.Session = seq, at(minute), "s1"
		f(&c)
		return c
	}
	return &made{list: []query.Change{
		with(9, 50, func(c *query.Change) {
			c.Summary, c.Severity, c.Resource, c.ResourceType = "stopped logging on trail main", 4, "main", "AWS::CloudTrail::Trail"
		}),
		with(8, 45, func(c *query.Change) {
			c.Summary, c.Severity, c.Outcome, c.Error, c.Resource = "tried to create access key (user root-ops): AccessDenied", 2, 1, "AccessDenied", "root-ops"
			c.NewAddress, c.SourceIP = true, "203.0.113.9"
		}),
		with(7, 40, func(c *query.Change) {
			c.Summary, c.Severity, c.Resource = "deleted s3://data/a", 2, "arn:aws:s3:::data/a"
			c.Fold = &query.Fold{Count: 63, First: at(39), Last: at(40), LastSeq: 5, Resources: []string{"arn:aws:s3:::data/a"}}
		}),
		with(4, 30, func(c *query.Change) {
			c.Summary, c.Severity, c.Resource, c.Public = "opened tcp/22 to 0.0.0.0/0 on sg-0abc", 4, "sg-0abc", true
			c.ResourceType = "AWS::EC2::SecurityGroup"
		}),
		with(3, 20, func(c *query.Change) {
			c.Summary, c.Severity, c.Resource, c.Made, c.Session = "created stack web", 2, "web", 3, ""
			c.Mark, c.Note, c.Tags = "red", "who asked for \x1b[31mthis?\nask", []string{"todo"}
		}),
		with(2, 10, func(c *query.Change) {
			c.Actor, c.Summary = "mallory\x1b[31m\u202e", "created IAM user evil\x1b]52;c;x\x07\n| <script>"
			c.Severity, c.Resource = 3, "evil"
		}),
		with(1, 5, func(c *query.Change) {
			c.Actor, c.Summary, c.Severity, c.Region = "very-long-actor-name-that-does-not-fit/with-a-session", "tagged i-1: owner", 0, ""
		}),
	}}
}

func (m *made) Changes(_ context.Context, r query.ChangeRequest) (query.ChangePage, error) {
	m.asks = append(m.asks, r)
	list := slices.Clone(m.list)
	if r.Order == query.Oldest {
		slices.Reverse(list)
	}
	list = slices.DeleteFunc(list, func(c query.Change) bool { return c.Severity < r.Least || r.Group != nil && r.Group.Name != c.Actor })
	if strings.HasPrefix(r.Filter.String(), "-outcome") && r.From.Set { // the view's own question for failures, the row asked from kept to be found
		list = slices.DeleteFunc(list, func(c query.Change) bool {
			return c.Outcome == 0 && c.Seq != r.From.Seq && (c.Fold == nil || c.Fold.LastSeq != r.From.Seq)
		})
	}
	if strings.HasPrefix(r.Filter.String(), "actor") && r.From.Set {
		list = slices.DeleteFunc(list, func(c query.Change) bool { return !strings.Contains(r.Filter.String(), c.Actor) && c.Seq != r.From.Seq })
	}
	if r.From.Set {
		i := slices.IndexFunc(list, func(c query.Change) bool { return c.Seq == r.From.Seq || c.Fold != nil && c.Fold.LastSeq == r.From.Seq })
		switch {
		case r.Back && r.Include:
			list = list[:i+1]
		case r.Back:
			list = list[:i]
		case r.Include:
			list = list[i:]
		default:
			list = list[i+1:]
		}
	}
	p := query.ChangePage{More: len(list) > r.N}
	if r.Back {
		p.Rows = list[max(0, len(list)-r.N):]
	} else {
		p.Rows = list[:min(r.N, len(list))]
	}
	return p, m.err
}

func (m *made) ChangeGroups(_ context.Context, r query.GroupRequest) ([]query.ChangeGroup, error) {
	if r.By != query.ByActor {
		return []query.ChangeGroup{{Name: "sg-0abc", Count: 2, Worst: 4, First: at(1), Last: at(30)}, {Absent: true, Count: 1, First: at(1), Last: at(1)}}, m.err
	}
	return []query.ChangeGroup{{Name: "alice", Count: 67, Denied: 1, Worst: 4, First: at(20), Last: at(50)}, {Name: "mallory\x1b[31m\u202e", Count: 1, Worst: 3, First: at(10), Last: at(10)}}, m.err
}

func (m *made) Lanes(_ context.Context, r query.LaneRequest) (query.Lanes, error) {
	l := query.Lanes{Start: time.UnixMicro(at(0)).UTC(), Step: time.Hour / time.Duration(r.Buckets), Rest: 2}
	for i, actor := range []string{"alice", "mallory\x1b[31m\u202e", "ci"} {
		lane := query.Lane{Actor: actor, Total: int64(67 / (i + 1)), Counts: make([]int64, r.Buckets), Worst: make([]uint8, r.Buckets)}
		for b := i; b < r.Buckets; b += 7 + i {
			lane.Counts[b], lane.Worst[b] = 1, uint8((b+i)%5)
		}
		l.Lanes = append(l.Lanes, lane)
	}
	return l, m.err
}

func (m *made) History(_ context.Context, r query.HistoryRequest) (query.ResourceHistory, error) {
	return query.ResourceHistory{Names: []string{r.Resource, "web\x1b[2J"}, Type: "AWS::EC2::SecurityGroup", Changes: m.list[3:4], Reads: true,
		Readers: []query.Reader{{Actor: "bob", Action: "GetObject", Count: 24, First: at(1), Last: at(9), Seq: 77}}}, m.err
}

func (m *made) Diff(_ context.Context, seq int64) (query.Diff, error) {
	if seq == 9 {
		return query.Diff{Resource: "main", Note: "spoor does not rebuild the state that it changes"}, m.err
	}
	return query.Diff{Resource: "sg-0abc", Type: "AWS::EC2::SecurityGroup", Lines: []query.DiffLine{
		{Mark: query.Added, Aspect: "ingress rules", Key: "tcp/22 from 0.0.0.0/0", After: "allowed"},
		{Mark: query.Removed, Aspect: "ingress rules", Key: "tcp/80 from 10.0.0.0/8", Before: "allowed", Inferred: true},
		{Mark: query.Altered, Aspect: "bucket policy", Key: "S", Before: "Allow s3:GetObject", After: "Allow s3:* to *\x1b[31m"},
		{Mark: query.Altered, Aspect: "versioning", After: "Suspended", Unknown: true},
		{Mark: query.Same, Aspect: "ingress rules", Key: "tcp/443 from 0.0.0.0/0", Before: "allowed", After: "allowed"},
	}}, m.err
}

func (m *made) StateAt(context.Context, string, string, string, time.Time) (query.State, error) {
	return query.State{Facts: []query.Fact{{Aspect: "ingress rules", Key: "tcp/22 from 0.0.0.0/0", Value: "allowed", Since: at(30), Seq: 4}, {Aspect: "egress rules", Key: "all traffic to 0.0.0.0/0", Value: "allowed", Inferred: true}},
		Unknown: []query.UnknownAspect{{Aspect: "tags", Since: at(3)}, {Aspect: "ACL"}}}, m.err
}

// driver runs the view without a program: commands run at once, in order.
type driver struct {
	t       *testing.T
	v       *View
	intents []pane.Intent
	state   pane.State
}

func drive(t *testing.T, r Reader, w, h int, glyphs themes.Glyphs) *driver {
	t.Helper()
	theme, err := themes.Builtin("dark")
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{t: t, v: New(r)}
	d.v.Resize(w, h)
	d.state = pane.State{Ctx: t.Context(), Styles: theme.Styles(colorprofile.Ascii, glyphs), Zone: time.UTC, Asked: 1}
	d.run(d.v.Sync(d.state))
	return d
}

func (d *driver) run(cmd tea.Cmd) {
	d.t.Helper()
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			d.run(c)
		}
	default:
		d.send(msg)
	}
}

func (d *driver) send(msg tea.Msg) {
	d.t.Helper()
	in, next := d.v.Update(msg)
	d.took(in)
	d.run(next)
}

// took acts on intents as far as the root would for this view alone.
func (d *driver) took(in pane.Intent) {
	switch in := in.(type) {
	case nil:
		return
	case pane.SetOrder:
		d.state.Order = in.Order
		d.state.Asked++
		d.run(d.v.Sync(d.state))
	}
	d.intents = append(d.intents, in)
}

// key runs the commands of keys and returns what the last asked the root for.
func (d *driver) key(keys ...string) pane.Intent {
	d.t.Helper()
	d.intents = nil
	for _, k := range keys {
		i := slices.IndexFunc(d.v.Commands(), func(c pane.Command) bool { return slices.Contains(c.Keys, k) })
		if i < 0 {
			d.t.Fatalf("no command on %s", k)
		}
		if c := d.v.Commands()[i]; c.Why() == "" {
			in, cmd := c.Run(0)
			d.took(in)
			d.run(cmd)
		}
	}
	if len(d.intents) == 0 {
		return nil
	}
	return d.intents[len(d.intents)-1]
}

// choose takes an item of the list that was asked for last.
func (d *driver) choose(i int) {
	d.t.Helper()
	list, ok := d.intents[len(d.intents)-1].(pane.Choose)
	if !ok {
		d.t.Fatalf("no list to choose from: %#v", d.intents)
	}
	in, cmd := list.Items[i].Do()
	d.took(in)
	d.run(cmd)
}

func (d *driver) frame() string {
	d.t.Helper()
	frame := d.v.View(true)
	for i, l := range strings.Split(frame, "\n") {
		if w := ansi.StringWidth(l); w != d.v.w {
			d.t.Errorf("line %d is %d cells wide, want %d: %q", i, w, d.v.w, l)
		}
	}
	if n := strings.Count(frame, "\n") + 1; n != d.v.h {
		d.t.Errorf("%d lines, want %d", n, d.v.h)
	}
	for _, bad := range []string{"\x1b]", "\x1b[2J", "\x07", "\u202e"} {
		if strings.Contains(frame, bad) {
			d.t.Errorf("%q reached the screen", bad)
		}
	}
	return ansi.Strip(frame)
}

func (d *driver) golden(name string) {
	d.t.Helper()
	uitest.Golden(d.t, fmt.Sprintf("%s-%dx%d.txt", name, d.v.w, d.v.h), string(d.v.Title())+"\n"+d.frame()+"\n")
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for _, s := range [][2]int{{80, 20}, {120, 36}, {200, 46}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			t.Parallel()
			d := drive(t, world(), s[0], s[1], themes.Unicode())
			d.golden("list")
			d.v.Brush()
			d.key("l", "l", "l")
			d.golden("brush")
			d.v.Brush()
			d.key("j", "j", "j", "r")
			d.golden("history")
			d.key("backspace", "b")
			d.golden("diff")
			d.key("backspace", "d")
			d.choose(1)
			d.golden("groups")
			d.key("enter")
			d.golden("group")
		})
	}
	d := drive(t, world(), 100, 30, themes.ASCII())
	d.golden("ascii")
}

func TestKeysLeadOn(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 36, themes.Unicode())
	if got := d.key("enter"); got != (pane.OpenEvent{Seq: 9}) {
		t.Errorf("enter: %#v", got)
	}
	if got, ok := d.key("s").(pane.Several); !ok || got[1] != (pane.Send{Msg: pane.ShowSession{ID: "s1"}}) {
		t.Errorf("s: %#v", got)
	}
	d.key("l", "l")
	if got := d.key("="); got != (pane.Pick{Field: "actor", Value: query.Value{Text: "alice"}, How: pane.Only}) {
		t.Errorf("=: %#v", got)
	}
	d.key("l")
	if got := d.key("-"); got != (pane.Pick{Field: "resource", Value: query.Value{Text: "main"}, How: pane.Exclude}) {
		t.Errorf("-: %#v", got)
	}
	d.key("j", "j", "space")
	if got := string(d.v.Title()); got != "Alike: deleted s3://data/a" {
		t.Errorf("space opens what a line stands for: %s", got)
	}
	if _, out := d.v.Out(); !out || len(d.v.levels) != 1 {
		t.Error("out goes back to the list")
	}
	if r, ok := d.v.current(); !ok || r.Seq != 7 {
		t.Errorf("the cursor stayed on %d", r.Seq)
	}
}

func TestBrushMakesATimeRange(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 36, themes.Unicode())
	if why := d.v.NoBrush(); why != "" {
		t.Fatal(why)
	}
	d.send(tea.MouseClickMsg{X: laneName + 1, Y: 1, Button: tea.MouseLeft})
	d.send(tea.MouseMotionMsg{X: laneName + 10, Y: 1, Button: tea.MouseLeft})
	in, _ := d.v.Zoom()
	span, ok := in.(pane.Span)
	if !ok || !span.From.Equal(d.v.lanes.data.Start) || span.To.Sub(span.From) != 10*d.v.lanes.data.Step {
		t.Errorf("%#v", in)
	}
	if d.v.Brushing() {
		t.Error("zooming ends the brush")
	}
}

func TestFilterOfSeverityAndOrder(t *testing.T) {
	t.Parallel()
	m := world()
	d := drive(t, m, 120, 36, themes.Unicode())
	d.key("w")
	d.choose(4)
	if n := d.v.top().grid.Len(); n != 2 {
		t.Errorf("%d critical changes", n)
	}
	d.key("o")
	if last := m.asks[len(m.asks)-1]; last.Order != query.Oldest || last.Least != 4 {
		t.Errorf("%+v", last)
	}
}

func TestFailuresAreSaid(t *testing.T) {
	t.Parallel()
	m := world()
	m.err = errors.New("disk on fire\x1b[31m")
	d := drive(t, m, 80, 24, themes.Unicode())
	if say, ok := d.intents[0].(pane.Say); !ok || !say.Bad || strings.Contains(string(say.Text), "\x1b") {
		t.Errorf("%#v", d.intents)
	}
	if !strings.Contains(string(d.v.Note()), "disk on fire") {
		t.Error(d.v.Note())
	}
}

func TestCommandsHaveHelp(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, c := range New(world()).Commands() {
		if c.Help == "" || c.Title == "" || c.Group == "" {
			t.Errorf("%s lacks help, title or group", c.ID)
		}
		for _, k := range c.Keys {
			if seen[k] != "" {
				t.Errorf("%s is both %s and %s", k, seen[k], c.ID)
			}
			seen[k] = c.ID
		}
	}
}

func TestCommandsOnEventsReachTheTimeline(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 36, themes.Unicode())
	if seq, ok := d.v.Event(); !ok || seq != 9 {
		t.Errorf("event under the cursor: %d %v", seq, ok)
	}
	d.key("d")
	d.choose(1)
	if _, ok := d.v.Event(); ok {
		t.Error("a group is no event")
	}
	if got := d.v.Command(); !slices.Equal(got, []string{"timeline", "--by", "actor"}) {
		t.Errorf("groups: %q", got)
	}
	d.key("enter", "w")
	d.choose(3)
	if got := strings.Join(d.v.Command(), " "); got != "timeline --severity high -- actor=alice" {
		t.Errorf("a group: %q", got)
	}
}

func TestEveryLevelSaysItsCommand(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 36, themes.Unicode())
	d.key("j", "j", "j", "r")
	if got := strings.Join(d.v.Command(), " "); got != "timeline --resource sg-0abc --type AWS::EC2::SecurityGroup" {
		t.Errorf("history: %q", got)
	}
	r, err := d.v.Changes()
	if err != nil || r.Filter.String() != "resource=sg-0abc OR resource=web\x1b[2J" {
		t.Errorf("history exports %q, %v", r.Filter, err)
	}
	d.key("backspace", "k", "space")
	r, err = d.v.Changes()
	if want := "time:2026-03-01T09:39:00Z..2026-03-01T09:40:00Z actor=alice account=111122223333"; err != nil || !strings.HasPrefix(r.Filter.String(), want) || r.Fold {
		t.Errorf("alike ones export %q, %v", r.Filter, err)
	}
}

// In a group by resource, and on the lines of a history that are no event, what
// is marked is the resource.
func TestResourcesCanBeMarked(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 36, themes.Unicode())
	if target, ok := d.v.Target(); ok {
		t.Errorf("a change is no target of its own: %+v", target)
	}
	d.key("r", "G")
	for _, event := d.v.Event(); event; _, event = d.v.Event() {
		d.key("k")
	}
	target, ok := d.v.Target()
	if !ok || target.About != query.AboutResource || target.Name == "" {
		t.Errorf("a line of a history: %+v, %v", target, ok)
	}
	d.key("backspace", "d")
	d.choose(int(query.ByResource))
	r, has := d.v.top().grid.Current()
	if target, ok = d.v.Target(); !has || !ok || target != (pane.Target{About: query.AboutResource, Name: r.group.Name}) {
		t.Errorf("a group: %+v, %v", target, ok)
	}
}

// The title of before and after names the resource, where there is one.
func TestBeforeAndAfterOfWhat(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 80, 20, themes.Unicode())
	for resource, want := range map[string]text.Safe{"sg-1": "Before and after: sg-1", "": "Before and after"} {
		if l := d.v.diffLevel(query.Change{ID: "x"}, query.Diff{Resource: resource}, query.State{}); l.title != want {
			t.Errorf("the title is %q, not %q", l.title, want)
		}
	}
}
