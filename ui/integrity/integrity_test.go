package integrity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"spoor/loader"
	"spoor/loader/digest"
	"spoor/loader/digest/digesttest"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

// A checker answers from a report made before, as slowly as told.
type checker struct {
	report  *digest.Report
	err     error
	started chan struct{} // closed when a check has begun; nil: at once
	checks  int
}

func (c *checker) Report(context.Context) (*digest.Report, error) { return c.report, c.err }

func (c *checker) Check(ctx context.Context, p *digest.Progress) (*digest.Report, error) {
	c.checks++
	p.Listed.Store(321)
	p.Digests.Store(72)
	p.DigestsDone.Store(72)
	p.Logs.Store(200)
	p.LogsDone.Store(40)
	p.Bytes.Store(1_500_000)
	if c.started != nil {
		close(c.started)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return c.report, c.err
}

func (c *checker) Causes(_ context.Context, list []digest.Finding) ([][]query.Cause, error) {
	out := make([][]query.Cause, len(list))
	for i, f := range list {
		if f.Type == digest.Gap {
			out[i] = []query.Cause{{Seq: 42, Time: f.From.Add(-time.Minute), Event: "StopLogging", Actor: "mallory\x1b[31m", Account: f.Account, Region: f.Region}}
		}
	}
	return out, nil
}

// damaged is a report over two regions and a day and a half, with something of
// each kind in it.
func damaged(t testing.TB) *digest.Report {
	t.Helper()
	start := time.Date(2026, 3, 9, 18, 5, 0, 0, time.UTC)
	const hours = 36
	tree, keys := digesttest.NewTree(), map[string][]digesttest.Key{}
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		trail := digesttest.Trail{Bucket: "trail-logs", Account: "111122223333", Region: region, Home: "us-east-1", Name: "main",
			Keys: digesttest.Rotation(start, start.Add(hours*time.Hour))}
		keys[region] = trail.Keys
		var logs []digesttest.Log
		for i := range hours * 2 {
			at := start.Add(time.Duration(i)*30*time.Minute + 10*time.Minute)
			logs = append(logs, digesttest.Log{Key: trail.LogKey(at, fmt.Sprintf("LOG%013d", i)), Text: fmt.Appendf(nil, "%s %d", region, i), Delivered: at})
		}
		tree.AddLogs(trail.Bucket, logs...)
		chain := trail.Chain(start, 10, logs)
		chain = append(chain, trail.Chain(start.Add(14*time.Hour), hours-14, logs)...)
		tree.AddDigests(chain...)
		if region == "eu-west-1" {
			continue
		}
		harm(tree, trail, chain, logs)
	}
	ring, err := digest.ParseKeys(digesttest.KeysJSON(digesttest.Epoch, keys), "keys.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := digest.Validate(t.Context(), []loader.Source{tree.Source()}, digest.Options{Keys: ring, From: start, To: start.Add(hours * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	r.Finished = time.Date(2026, 3, 12, 9, 30, 0, 0, time.UTC)
	return r
}

func harm(tree *digesttest.Tree, trail digesttest.Trail, chain []digesttest.Sealed, logs []digesttest.Log) {
	name := func(i int) string { return digesttest.Name(trail.Bucket, logs[i].Key) }
	edited := tree.Objects[name(5)]
	edited.Body = digesttest.Gzip([]byte("another text"))
	tree.Put(edited)
	delete(tree.Objects, name(8))
	delete(tree.Objects, digesttest.Name(trail.Bucket, chain[20].Object.Key))
	planted := trail.LogKey(logs[60].Delivered, "PLANTEDPLANTED16")
	tree.Put(digesttest.Object{Bucket: trail.Bucket, Key: planted, Body: digesttest.Gzip(nil)})
	last := chain[len(chain)-1].Object
	last.Meta = nil
	tree.Put(last)
}

type driver struct {
	t       *testing.T
	v       *View
	w, h    int
	intents []pane.Intent
	cmds    map[string]pane.Command
}

func drive(t *testing.T, c Checker, w, h int) *driver {
	t.Helper()
	th, err := themes.Builtin("dark")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 12, 9, 31, 0, 0, time.UTC)
	v := New(c, func() time.Time { return now })
	d := &driver{t: t, v: v, w: w, h: h, cmds: map[string]pane.Command{}}
	for _, c := range v.Commands() {
		for _, k := range c.Keys {
			if _, twice := d.cmds[k]; twice {
				t.Errorf("key %s twice", k)
			}
			d.cmds[k] = c
		}
	}
	v.Resize(w, h)
	d.run(v.Sync(pane.State{Ctx: t.Context(), Styles: th.Styles(colorprofile.TrueColor, themes.Unicode()), Zone: time.UTC}))
	return d
}

// run runs commands and what follows, but no ticks: nothing waits.
func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil, tickMsg:
	case tea.BatchMsg:
		for _, c := range msg {
			d.run(c)
		}
	default:
		intent, next := d.v.Update(msg)
		if intent != nil {
			d.intents = append(d.intents, intent)
		}
		d.run(next)
	}
}

func (d *driver) press(keys ...string) {
	d.t.Helper()
	for _, k := range keys {
		c, ok := d.cmds[k]
		if !ok {
			d.t.Fatalf("no command has the key %s", k)
		}
		if why := c.Why(); why != "" {
			d.t.Fatalf("%s: %s", k, why)
		}
		intent, cmd := c.Run(0)
		if intent != nil {
			d.intents = append(d.intents, intent)
		}
		d.run(cmd)
	}
}

func (d *driver) frame() string {
	d.t.Helper()
	raw := d.v.View(true)
	lines := strings.Split(raw, "\n")
	if len(lines) != d.h {
		d.t.Fatalf("%d lines, want %d:\n%s", len(lines), d.h, ansi.Strip(raw))
	}
	for i, l := range lines {
		if ansi.StringWidth(l) != d.w {
			d.t.Fatalf("line %d is %d cells wide, want %d: %q", i, ansi.StringWidth(l), d.w, ansi.Strip(l))
		}
		lines[i] = strings.TrimRight(ansi.Strip(l), " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	report := damaged(t)
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x20", 80, 20}, {"120x36", 120, 36}, {"200x46", 200, 46}} {
		for _, c := range []struct {
			name string
			c    *checker
			keys []string
		}{
			{"none", &checker{}, nil},
			{"report", &checker{report: report}, nil},
			{"moved", &checker{report: report}, []string{"j", "j", "j", "n"}},
		} {
			t.Run(c.name+" "+size.name, func(t *testing.T) {
				t.Parallel()
				d := drive(t, c.c, size.w, size.h)
				d.press(c.keys...)
				uitest.Golden(t, c.name+"-"+size.name+".txt", d.frame())
			})
		}
	}
}

func TestTinyAndWideSizesKeepTheirSize(t *testing.T) {
	t.Parallel()
	report := damaged(t)
	for w := 20; w < 160; w += 7 {
		for h := 1; h < 40; h += 3 {
			d := drive(t, &checker{report: report}, w, h)
			d.frame()
			d.press("G", "n", "}")
			for k := range 6 {
				key := []string{"i", "o"}[k/3]
				if why := d.cmds[key].Why(); why != "" {
					continue
				}
				before := d.v.strips.per
				d.press(key)
				if d.frame(); d.v.strips.per == before {
					t.Errorf("%dx%d: %s does nothing, and says nothing", w, h, key)
				}
			}
		}
	}
}

func TestCheckShowsProgressStopsAndRunsAgain(t *testing.T) {
	t.Parallel()
	c := &checker{report: damaged(t), started: make(chan struct{})}
	d := drive(t, &checker{}, 120, 20)
	d.v.checker = c
	if why := d.cmds["s"].Why(); why == "" {
		t.Error("a check that does not run can be stopped")
	}
	_, cmd := d.cmds["r"].Run(0)
	batch, ok := cmd().(tea.BatchMsg)
	if !ok || len(batch) != 2 {
		t.Fatal("starting a check is not a tick and the check")
	}
	done := make(chan tea.Msg)
	go func() { done <- batch[1]() }()
	<-c.started
	if got := d.frame(); !strings.Contains(got, "72 of 72 digests · 40 of 200 logs · 1.5 MB read") {
		t.Errorf("progress:\n%s", got)
	}
	if why := d.cmds["r"].Why(); why == "" {
		t.Error("two checks at once")
	}
	d.press("s")
	d.run(func() tea.Msg { return <-done })
	if got := d.frame(); !strings.Contains(got, "not checked") {
		t.Errorf("after stopping:\n%s", got)
	}
	c.started = nil
	d.press("r")
	if got := d.frame(); !strings.Contains(got, "not proven") || c.checks != 2 {
		t.Errorf("after the second check (%d):\n%s", c.checks, got)
	}
	if _, ok := d.intents[len(d.intents)-1].(pane.Say); !ok {
		t.Errorf("nothing is said at the end: %v", d.intents)
	}
}

func TestEvidenceAndEvents(t *testing.T) {
	t.Parallel()
	d := drive(t, &checker{report: damaged(t)}, 120, 36)
	d.press("enter") // the cursor is on what is worst
	page, ok := d.intents[0].(pane.Read)
	if !ok {
		t.Fatalf("enter on a log: %#v", d.intents[0])
	}
	var b strings.Builder
	for _, l := range page.Lines {
		b.WriteString(string(l) + "\n")
	}
	for _, want := range []string{"changed after delivery", "SHA-256", "failed", "recorded", "named by"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in the evidence:\n%s", want, b.String())
		}
	}
	d.press("e")
	if e, ok := d.intents[1].(pane.Evidence); !ok || !strings.Contains(e.Filter.String(), "object") {
		t.Errorf("e on a log: %#v", d.intents[1])
	}
	d.press("w")
	if e, ok := d.intents[2].(pane.Evidence); !ok || e.From.IsZero() || !strings.Contains(e.Filter.String(), "region") {
		t.Errorf("w: %#v", d.intents[2])
	}
	for range 100 {
		d.press("j")
		if r, _ := d.v.grid.Current(); r.finding >= 0 && d.v.report.Findings[r.finding].Type == digest.Gap {
			d.press("e")
			if got := d.intents[len(d.intents)-1]; got != (pane.OpenEvent{Seq: 42}) {
				t.Errorf("e on a gap: %#v", got)
			}
			return
		}
	}
	t.Error("no gap in the list")
}

func TestMouse(t *testing.T) {
	t.Parallel()
	d := drive(t, &checker{report: damaged(t)}, 120, 36)
	d.v.Update(tea.MouseClickMsg{X: 60, Y: 2, Button: tea.MouseLeft})
	if d.v.strips.cur != 1 || d.v.strips.hour == 0 {
		t.Errorf("a click on the second strip: strip %d, hour %d", d.v.strips.cur, d.v.strips.hour)
	}
	d.press("k") // a click on the line under the cursor opens it
	y := d.v.top() + 1
	for range 2 {
		if intent, _ := d.v.Update(tea.MouseClickMsg{X: 5, Y: y, Button: tea.MouseLeft}); intent != nil {
			d.intents = append(d.intents, intent)
		}
	}
	if len(d.intents) != 1 {
		t.Errorf("two clicks on a line: %v", d.intents)
	}
}

func TestErrorsAreSaid(t *testing.T) {
	t.Parallel()
	d := drive(t, &checker{err: errors.New("disk \x1b[31mfull")}, 80, 20)
	say, ok := d.intents[0].(pane.Say)
	if !ok || !say.Bad || strings.Contains(string(say.Text), "\x1b") {
		t.Errorf("%#v", d.intents[0])
	}
}
