package ui

import (
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/events"
	"spoor/ui/pane"
	"spoor/ui/text"
	"spoor/ui/uitest"
)

func (d *driver) filter() string { return d.m.history.now().filter.String() }

func (d *driver) shows(want ...string) {
	d.t.Helper()
	f := d.frame()
	for _, w := range want {
		if !strings.Contains(f, w) {
			d.t.Errorf("the screen lacks %q:\n%s", w, f)
		}
	}
}

func TestFilterUndoRedo(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:actor:alice", "enter")
	if d.filter() != "actor:alice" {
		t.Fatalf("filter %q", d.filter())
	}
	n := d.m.counts.matching
	if want, _ := d.m.opt.Case.Count(t.Context(), d.m.asked.filter); n != want.N || n == 0 {
		t.Errorf("%d match, the case says %d", n, want.N)
	}
	d.shows(fmt.Sprintf("%d of 300 events", n), "actor:alice")
	d.keys("o", "u", "u")
	if d.filter() != "" || d.m.lens().order != query.Newest {
		t.Errorf("after undo: filter %q, order %d", d.filter(), d.m.lens().order)
	}
	d.keys("u")
	d.shows("nothing to undo")
	d.keys("ctrl+r", "ctrl+r")
	if d.filter() != "actor:alice" || d.m.lens().order != query.Oldest {
		t.Errorf("after redo: filter %q, order %d", d.filter(), d.m.lens().order)
	}
}

func TestFilterPreviewIsTakenBackByEsc(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:outcome:denied")
	if got := d.m.asked.filter.String(); got != "outcome:denied" {
		t.Errorf("while typing %q is asked", got)
	}
	d.keys("esc")
	if got := d.m.asked.filter.String(); got != "" || len(d.m.history.steps) != 1 {
		t.Errorf("after esc %q is asked, %d steps", got, len(d.m.history.steps))
	}
}

func TestHalfAWordIsNotLookedFor(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	for _, typed := range []string{"acto", "r:al"} {
		d.keys("/")
		d.keys("type:" + typed)
		if d.m.preview != nil {
			t.Errorf("%q is tried before it is complete", typed)
		}
		d.keys("esc")
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:-acto", "tab", "type:ali", "tab")
	if got := d.m.edit.in.value(); got != "-actor:alice " {
		t.Errorf("completed to %q", got)
	}
	d.keys("type:outcome:ok,den", "down", "enter", "enter")
	if got := d.filter(); got != "-actor:alice outcome:ok,denied" {
		t.Errorf("filter %q", got)
	}
}

func TestPivotsFromTableFacetAndDetail(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 200, 50)
	d.keys("+")
	d.shows("move to another column first")
	r, _ := d.m.events.Current()
	actor := r.Values[2].Text
	d.keys("right", "right", "=")
	if want := "actor=" + actor; d.filter() != want {
		t.Errorf("from the table: %q, want %q", d.filter(), want)
	}
	d.keys("-")
	if d.filter() != "actor!="+actor {
		t.Errorf("exclude: %q", d.filter())
	}
	d.keys("X", "f", "down", "down", "space")
	if d.filter() != "outcome:denied" {
		t.Errorf("from a facet: %q", d.filter())
	}
	d.keys("f", "X", "enter")
	d.keys("down", "down", "+")
	if !strings.HasPrefix(d.filter(), "actor=") {
		t.Errorf("from the detail: %q", d.filter())
	}
}

func TestChipsCanBeSwitchedOffAndRemoved(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:actor:alice outcome:ok", "enter", "x", "enter")
	if l := d.m.history.now(); d.filter() != "outcome:ok" || len(l.off) != 1 {
		t.Errorf("switched off: %q and %d off", d.filter(), len(l.off))
	}
	d.shows("off: actor:alice")
	d.keys("down", "enter")
	if l := d.m.history.now(); d.filter() != "outcome:ok actor:alice" || len(l.off) != 0 {
		t.Errorf("switched on: %q and %d off", d.filter(), len(l.off))
	}
	d.keys("d", "esc")
	if len(d.m.history.now().filter.Chips()) != 1 {
		t.Errorf("removed: %q", d.filter())
	}
	// The cross of the first chip.
	line := d.m.filterLine()
	x := line[0].width() + line[1].width()
	d.send(tea.MouseClickMsg{X: x, Y: 1, Button: tea.MouseLeft})
	if d.filter() != "" {
		t.Errorf("after a click on the cross: %q", d.filter())
	}
}

func TestZoom(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.send(tea.MouseClickMsg{X: 20, Y: 5, Button: tea.MouseLeft})
	d.send(tea.MouseMotionMsg{X: 40, Y: 5, Button: tea.MouseLeft})
	d.send(tea.MouseReleaseMsg{X: 40, Y: 5, Button: tea.MouseLeft})
	_, _, n := d.m.chart.Span()
	d.keys("z")
	if s := d.m.history.now().span(); s.open() || !s.from.After(uitest.Start) {
		t.Fatalf("zoomed to %v", s)
	}
	if d.m.counts.matching != n || n == 0 {
		t.Errorf("the brush counted %d, the zoom finds %d", n, d.m.counts.matching)
	}
	d.shows("zoomed:")
	d.keys("Z")
	if !d.m.history.now().span().open() {
		t.Error("Z did not zoom out")
	}
	d.keys("R", "type:2026-05-04T10:00..2026-05-04T10:15", "enter")
	if s := d.m.history.now().span(); s.to.Sub(s.from) != 16*time.Minute { // the last minute is in it
		t.Errorf("range %v", s)
	}
}

func TestJumpToPastedTime(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.send(tea.PasteMsg{Content: "2026-05-04T10:00:00Z\n"})
	r, _ := d.m.events.Current()
	if got := time.UnixMicro(r.Time).UTC(); got.After(uitest.Start.Add(time.Hour)) || got.Before(uitest.Start.Add(59*time.Minute)) {
		t.Errorf("jumped to %v", got)
	}
	d.keys("t", "type:2026-05-04 09:30:00", "enter")
	r, _ = d.m.events.Current()
	if got := time.UnixMicro(r.Time).UTC(); got.After(uitest.Start.Add(30*time.Minute)) || got.Before(uitest.Start.Add(29*time.Minute)) {
		t.Errorf("jumped to %v", got)
	}
	d.shows("of 300")
}

func TestStepsFindTheirEvent(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Case: uitest.New(3000)}, 120, 40)
	outcome := func() string {
		r, _ := d.m.events.Current()
		return r.Values[1].Text
	}
	d.keys("e")
	first, _ := d.m.events.Current()
	if outcome() == "ok" {
		t.Error("e stopped at a call that went well")
	}
	d.keys("e", "E")
	if r, _ := d.m.events.Current(); r.Seq != first.Seq {
		t.Errorf("E came back to %d, not %d", r.Seq, first.Seq)
	}
	d.keys("o", "G")
	last, _ := d.m.events.Current()
	if p := d.m.events.Place(); p != 2999 {
		t.Errorf("G is at row %d", p)
	}
	d.keys("g")
	if r, _ := d.m.events.Current(); r.Seq == last.Seq {
		t.Error("g did not come back")
	}
	d.keys("9", "0", "j")
	if p := d.m.events.Place(); p != 90 {
		t.Errorf("90j is at row %d", p)
	}
	d.keys("/", "type:actor:alice", "enter", "a")
	r, _ := d.m.events.Current()
	if r.Values[2].Text != "alice" {
		t.Errorf("a stopped at %q", r.Values[2].Text)
	}
}

func TestCursorStaysOnItsEventWhenTheFilterChanges(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("9", "j", "right", "right", "=")
	was, _ := d.m.events.Current()
	d.keys("u")
	if r, _ := d.m.events.Current(); r.Seq != was.Seq {
		t.Errorf("undo moved the cursor from %d to %d", was.Seq, r.Seq)
	}
}

func TestLoadingDoesNotMoveTheCursor(t *testing.T) {
	t.Parallel()
	c := uitest.New(300)
	running, rev := true, uint64(1)
	d := newDriver(t, Options{Case: c}, 120, 40)
	d.m.opt.Progress = func() Progress { return Progress{Running: running, Revision: rev, Listed: 4, Loaded: 2, Failed: 1} }
	d.keys("9", "j")
	was, _ := d.m.events.Current()
	for i := range 20 {
		e := uitest.Made(newRand(), 500+i, uitest.Start.Add(3*time.Hour))
		c.Add(e)
	}
	rev++
	d.m.load.ticking = true
	_, cmd := d.m.Update(tickMsg{})
	running = false
	d.run(cmd)
	d.send(tickMsg{})
	if r, _ := d.m.events.Current(); r.Seq != was.Seq {
		t.Errorf("the load moved the cursor from %d to %d", was.Seq, r.Seq)
	}
	if d.m.counts.totals.Events != 320 {
		t.Errorf("%d events in the header", d.m.counts.totals.Events)
	}
	d.shows("1 failed")
	if d.m.tick() != nil {
		t.Error("the screen ticks with nothing to watch")
	}
	d.m.load.now = Progress{Running: true, Listed: 123456, Loaded: 54321, Failed: 12}
	for _, w := range []int{60, 80, 120} {
		d.send(tea.WindowSizeMsg{Width: w, Height: 24})
		d.shows("loading", "44%", "12 failed", "320 events")
	}
	d.shows("54,333/123,456 objects")
	d.m.load.now.Rate, d.m.load.now.Left = 98_765, 83*time.Second
	d.send(tea.WindowSizeMsg{Width: 150, Height: 24})
	d.shows("54,333/123,456 objects 98,765 events/s 1m23s left")
	d.m.load.now.Waiting = true
	d.send(tea.WindowSizeMsg{Width: 60, Height: 24})
	d.shows("following 123,456 objects", "12 failed")
}

// Sessions are worked out after the load: the event that is open by then is read
// again, and nothing ticks any more once they are known.
func TestAnOpenEventGetsItsRootActor(t *testing.T) {
	t.Parallel()
	e := &uitest.Event{Time: uitest.Start.UnixMicro(), Fields: map[string]string{"event": "CreateUser", "actor": "ci"}, JSON: "{}"}
	c := &uitest.Case{}
	c.Add(e)
	d := newDriver(t, Options{Case: c}, 120, 40)
	d.keys("enter")
	d.shows("Actor")
	left := []Progress{{Running: true, Revision: 1}, {Resolving: true, Revision: 1}, {Resolving: true, Revision: 1}, {Revision: 2}}
	d.m.opt.Progress = func() Progress {
		now := left[0]
		if left = left[1:]; len(left) == 0 {
			e.Fields["root"] = "erin@example.com"
		}
		return now
	}
	d.send(tickMsg{})
	if len(left) > 0 {
		t.Fatalf("nobody looked whether sessions are known: %d samples left", len(left))
	}
	d.shows("Root actor", "erin@example.com")
}

func TestNewsOfTheCaseAreSaidFirst(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Case: uitest.New(30), News: "the case was damaged; made anew, nothing is lost"}, 80, 24)
	d.shows("made anew, nothing is lost")
	d.keys("j")
	if d.m.notice.text != "" {
		t.Error("it stays after a key")
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	var copied []string
	d := newDriver(t, Options{Command: []string{"spoor", "-c", "my case.spoor"}, Clipboard: func(s string) error {
		copied = append(copied, s)
		return nil
	}}, 120, 40)
	d.keys("right", "right", "y", "Y", "/", "type:actor:alice -error:*", "enter", "ctrl+y")
	if len(copied) != 3 || !strings.HasPrefix(copied[1], `{"awsRegion"`) {
		t.Fatalf("copied %q", copied)
	}
	if want := `spoor -c 'my case.spoor' events -- 'actor:alice -error:*'`; copied[2] != want {
		t.Errorf("command %q, want %q", copied[2], want)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	ex := &exporter{}
	d := newDriver(t, Options{Export: ex}, 120, 40)
	d.keys("/", "type:actor:alice", "enter", "ctrl+e")
	for range 60 {
		d.keys("backspace")
	}
	d.keys("type:out.txt", "enter")
	d.shows("end the name in .csv")
	for range 4 {
		d.keys("backspace")
	}
	d.keys("type:.ndjson", "enter")
	if ex.got.Path != "out.ndjson" || ex.got.Format != "ndjson" || ex.got.Filter.String() != "actor:alice" {
		t.Errorf("asked for %+v", ex.got)
	}
	d.shows("wrote 7 events to out.ndjson")
	ex.err = errors.New("disk full")
	d.keys("ctrl+e", "enter")
	d.shows("export: disk full", "1 problem")
	d.keys("!")
	d.shows("Problems, 1")
}

// The sum of a load says what is new and what was there, and ! leads to what failed.
func TestFailedObjectsAreAProblem(t *testing.T) {
	t.Parallel()
	p := Progress{Listed: 12, Loaded: 2, Already: 7, Skipped: 1, Failed: 2}
	d := newDriver(t, Options{Views: []View{{Title: sourcesTitle, Pane: &other{}}}, Progress: func() Progress { return p }}, 130, 30)
	d.send(tickMsg{})
	d.shows("12 objects: 2 loaded, 7 already there, 1 skipped", "2 failed")
	d.keys("!")
	if d.m.view != 1 {
		t.Error("! does not lead to what failed")
	}
	d.send(exportMsg{err: errors.New("disk full")})
	d.keys("!")
	d.shows("Problems, 1", "2 objects could not be loaded: Sources lists them first", "disk full")
}

// A load that can't begin is told with what to do, and of a long name of a case the
// end is seen, by which cases differ.
func TestALoadThatCantBegin(t *testing.T) {
	t.Parallel()
	p := Progress{Source: "s3://trail", Err: errors.New("list s3://trail: no credentials; give --profile NAME")}
	d := newDriver(t, Options{Progress: func() Progress { return p }}, 60, 20)
	d.m.opt.Name = "/home/me/.local/state/spoor/cases/trail-309bdbbf.spoor"
	d.m.load.now = Progress{Running: true, Source: p.Source}
	d.send(tickMsg{})
	d.shows("load: list s3://trail: no credentials", "…", "309bdbbf.spoor\n")
}

// What a prompt takes, and why it does not take what was typed, is read in full.
func TestAPromptSaysAllOfIt(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 60, 15)
	d.keys("R")
	d.shows("2024-05-01..2024-05-03", "last:24h; empty takes it away")
	d.keys("type:last tuesday", "enter")
	d.shows("\"last\" is not a time", "2h or ago:2h")
	if strings.Contains(d.frame(), "column") {
		t.Error("a column is told that does not count from what was typed")
	}
}

func TestMarkNoteTags(t *testing.T) {
	t.Parallel()
	mk := &exporter{}
	d := newDriver(t, Options{Mark: mk}, 120, 40)
	d.keys("m", "down", "enter")
	d.shows("marked yellow")
	d.keys("m", "n")
	d.shows("second", "Note on the event")
	d.send(tea.PasteMsg{Content: " \x1b[2Jpasted\nthird"})
	d.frame()
	d.keys("ctrl+d", "m", "type:jjjjjj", "enter", "type: a b", "enter")
	if len(mk.kept) != 3 || mk.kept[0].Mark != "yellow" || !strings.Contains(mk.kept[1].Note, "second") || !strings.Contains(mk.kept[1].Note, "third") ||
		!slices.Equal(mk.kept[2].Tags, []string{"a", "b"}) {
		t.Errorf("kept %+v", mk.kept)
	}
	mk.kept = nil
	d.keys("m", "s", "r", "m", "o", "b", "m", "-")
	want := []query.About{query.AboutSession, query.AboutResource, query.AboutEvent}
	for i, k := range mk.kept {
		if k.About != want[i] || k.Seq == 0 || k.Mark != []string{"red", "blue", ""}[i] {
			t.Errorf("kept %+v", k)
		}
	}
	if len(mk.kept) != 3 {
		t.Errorf("kept %+v", mk.kept)
	}
}

// targeted is a view whose rows are sessions.
type targeted struct{ other }

func (*targeted) Target() (pane.Target, bool) {
	return pane.Target{About: query.AboutSession, Name: "5f0c"}, true
}

func TestMarkInAViewOfOtherThings(t *testing.T) {
	t.Parallel()
	mk := &exporter{}
	d := newDriver(t, Options{Mark: mk, Views: []View{{Title: "Sessions", Pane: &targeted{}}, {Title: "Marked", Pane: &other{}}}}, 120, 40)
	d.keys("2", "m")
	d.shows("Mark the session 5f0c")
	d.keys("g", "M")
	if len(mk.kept) != 1 || mk.kept[0].About != query.AboutSession || mk.kept[0].Name != "5f0c" || mk.kept[0].Mark != "green" {
		t.Errorf("kept %+v", mk.kept)
	}
	if d.m.view != 2 {
		t.Errorf("M shows view %d", d.m.view)
	}
}

// namer keeps names of accounts in memory.
type namer struct{ names query.Accounts }

func (n *namer) Accounts() query.Accounts { return n.names }
func (n *namer) NameAccount(id, name string) error {
	n.names = query.Accounts{id: name}.Over(n.names)
	return nil
}

func TestAccountsAreShownByName(t *testing.T) {
	t.Parallel()
	n := &namer{}
	d := newDriver(t, Options{Names: n}, 200, 50)
	id := ""
	for d.m.events.Columns()[0] != "account" { // to the front, where it is sure to be seen
		d.m.events.SetColumns([]string{"account", "time", "event"})
		d.run(d.m.resync())
	}
	v, ok := d.m.valueAt()
	if id = v.Text; !ok || query.CheckAccount(id, "") != nil {
		t.Fatalf("value %v", v)
	}
	d.keys("@", "type:prod eu", "enter")
	d.shows("account "+id+" is called prod eu", "prod eu ")
	if v, _ := d.m.valueAt(); v.Text != id {
		t.Errorf("the value is %q, not the id", v.Text)
	}
	d.keys("+")
	if d.filter() != "account="+id {
		t.Errorf("filter %q", d.filter())
	}
	d.keys("enter")
	d.shows("prod eu (" + id + ")")
	d.keys("@", "ctrl+u", "type:12 = x", "enter")
	d.shows("twelve digits")
}

// changing is a view of changes with one event under its cursor.
type changing struct{ other }

func (*changing) Event() (int64, bool) { return 77, true }
func (*changing) Changes() (query.ChangeRequest, error) {
	return query.ChangeRequest{Least: 3, Order: query.Oldest}, nil
}
func (*changing) Command() []string { return []string{"timeline", "--severity", "high"} }

func TestMarkAndExportInAViewOfChanges(t *testing.T) {
	t.Parallel()
	ex := &exporter{}
	d := newDriver(t, Options{Mark: ex, Export: ex, Views: []View{{Title: "Changes", Pane: &changing{}}}}, 120, 40)
	d.keys("2", "m", "r")
	d.shows("marked red")
	if len(ex.kept) != 1 || ex.kept[0].Seq != 77 || ex.kept[0].Mark != "red" {
		t.Errorf("kept %+v", ex.kept)
	}
	d.keys("ctrl+e", "ctrl+u", "type:a.txt", "enter")
	d.shows("end the name in .html")
	d.keys("ctrl+u", "type:a.html", "enter")
	d.shows("wrote 7 changes")
	if r := ex.got.Changes; ex.got.Format != "html" || r == nil || r.Least != 3 || ex.got.Order != query.Oldest {
		t.Errorf("exported %+v", ex.got)
	}
	if got := d.m.commandLine(); got != "spoor timeline --severity high" {
		t.Error(got)
	}
}

func TestReopeningComesBackToThePlace(t *testing.T) {
	t.Parallel()
	c := uitest.New(600)
	o := Options{Case: c, Views: []View{{Title: "Other", Pane: &other{}}}}
	d := newDriver(t, o, 120, 40)
	d.keys("/", "type:outcome:ok", "enter", "o", "9", "9", "j")
	d.m.events.SetColumns([]string{"time", "event", "requestParameters.name"})
	d.keys("right", ">", ">")
	d.run(d.m.resync())
	d.keys("9", "9", "j", "2")
	p := d.m.Place()
	was, _ := d.m.events.Current()
	o.Place = &p
	d = newDriver(t, o, 120, 40)
	if d.m.view != 1 || d.filter() != "outcome:ok" || d.m.lens().order != query.Oldest {
		t.Errorf("view %d, filter %q", d.m.view, d.filter())
	}
	d.keys("esc")
	if r, _ := d.m.events.Current(); r.Seq != was.Seq {
		t.Errorf("came back to %d, not %d", r.Seq, was.Seq)
	}
	if got := d.m.Place(); !slices.Equal(got.Columns, p.Columns) || got.Event != p.Event || len(p.Widths) != 1 || got.Widths["event"] != p.Widths["event"] {
		t.Errorf("came back to %+v, not %+v", got, p)
	}
	o.Place = &Place{View: "Gone", Filter: "acton:(", Columns: []string{"time"}}
	newDriver(t, o, 120, 40).frame()
}

// other is a view that only knows its size.
type other struct {
	w, h int
	st   pane.State
}

func (o *other) Title() text.Safe { return "Other" }
func (o *other) Sync(s pane.State) tea.Cmd {
	o.st = s
	return nil
}
func (o *other) Update(tea.Msg) (pane.Intent, tea.Cmd) { return nil, nil }
func (o *other) Resize(w, h int)                       { o.w, o.h = w, h }
func (o *other) View(bool) string {
	return strings.TrimSuffix(strings.Repeat(text.Spaces(o.w)+"\n", o.h), "\n")
}
func (o *other) Commands() []pane.Command {
	return []pane.Command{{ID: "other.open", Keys: []string{"enter"}, Title: "open", Help: "Open", Group: "Look",
		Run: func(int) (pane.Intent, tea.Cmd) {
			f, _ := query.Parse("outcome:denied")
			return pane.Evidence{Filter: f}, nil
		}}}
}

func TestViewsShareTheFilterAndLeadToEvidence(t *testing.T) {
	t.Parallel()
	o := &other{}
	d := newDriver(t, Options{Views: []View{{Title: "Other", Pane: o}}}, 80, 24)
	d.keys("/", "type:actor:alice", "enter", "2")
	if d.m.view != 1 || o.st.Filter.String() != "actor:alice" || o.w != 80 {
		t.Errorf("view %d, its filter %q, its width %d", d.m.view, o.st.Filter, o.w)
	}
	d.shows("2 Other")
	d.keys("[")
	if d.m.view != 0 {
		t.Errorf("back shows view %d", d.m.view)
	}
	d.keys("]", "enter")
	if d.m.view != 0 || d.filter() != "outcome:denied" {
		t.Errorf("the evidence is view %d, filter %q", d.m.view, d.filter())
	}
	d.keys("2", "q")
	if d.m.view != 0 || d.quit {
		t.Error("q in a view does not come back to Events")
	}
}

func TestSearchIsFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	c := uitest.New(300)
	d := newDriver(t, Options{Case: c}, 120, 40)
	c.Search(60)
	d.keys("/", "type:AccessDenied", "enter")
	want, _ := c.Count(t.Context(), d.m.asked.filter)
	if d.m.counts.matching != want.N || d.m.counts.partial || want.N == 0 {
		t.Errorf("%d match, partial %v; the case says %d", d.m.counts.matching, d.m.counts.partial, want.N)
	}
	if r, ok := d.m.events.Current(); !ok || r.Seq == 0 {
		t.Error("the table stayed empty")
	}
	c.Search(5)
	was, _ := d.m.events.Current()
	d.keys("e")
	if r, _ := d.m.events.Current(); r.Seq == was.Seq {
		t.Error("the next failed call was not waited for")
	}
}

func TestGuideFitsNarrowScreens(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Guide: []text.Safe{"What did they do?", text.Safe("1. " + strings.Repeat("word ", 120))}}, 60, 15)
	d.keys("ctrl+o")
	d.shows("What did they do?", "1. word word", "   word word", "j for more")
	d.keys("G")
	if strings.Contains(d.frame(), "j for more") {
		t.Errorf("more at the end:\n%s", d.frame())
	}
}

// Why a list is empty, and the way out, is read in full on the smallest screen.
func TestAnEmptyListSaysWhyInFull(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 60, 15)
	d.keys("/", "type:actor:nobody outcome:denied", "enter")
	d.shows("no event matches; u takes the last step back, X clears", "  the filter\n")
}

func TestGuideIsOfferedNotForced(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Guide: []text.Safe{"one", "two"}}, 80, 24)
	d.shows("ctrl+o guides you")
	d.keys("j")
	if strings.Contains(d.frame(), "guide") {
		t.Error("the offer stays")
	}
	d.keys("ctrl+o")
	d.shows("A guide through the incident", "two")
}

func TestQuit(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 80, 24)
	d.keys("ctrl+c", "j", "ctrl+c")
	if d.quit {
		t.Error("one ctrl+c, another key, one ctrl+c: ended")
	}
	d.keys("ctrl+c")
	if !d.quit {
		t.Error("ctrl+c twice does not end")
	}
	d = newDriver(t, Options{}, 80, 24)
	d.m.load.now.Running = true
	d.keys("q")
	d.shows("A load is running")
	if d.keys("y"); !d.quit {
		t.Error("y does not end")
	}
}

func TestFailingCaseIsSaidNotFatal(t *testing.T) {
	t.Parallel()
	c := uitest.New(10)
	c.Err = errors.New("boom")
	d := newDriver(t, Options{Case: c}, 120, 40)
	d.shows("boom", "problems")
}

func TestTooSmall(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 59, 24)
	d.shows("needs 60 columns")
	d.send(tea.WindowSizeMsg{Width: 1, Height: 1})
	d.frame()
}

func TestClicks(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Views: []View{{Title: "Other", Pane: &other{}}}}, 80, 24)
	d.send(tea.MouseClickMsg{X: 20, Y: 0, Button: tea.MouseLeft})
	if d.m.view != 1 {
		t.Error("a click on a tab does not show the view")
	}
	d.keys("esc")
	d.send(tea.MouseClickMsg{X: 30, Y: 12, Button: tea.MouseLeft})
	if p := d.m.events.Place(); p != 3 {
		t.Errorf("a click on the fourth row went to %d", p)
	}
	d.send(tea.MouseClickMsg{X: 30, Y: 12, Button: tea.MouseLeft})
	if d.m.shape.focus != slotDetail {
		t.Error("a second click does not open the event")
	}
}

// A theme of the reader's own is shown while one moves through the list, in the
// menu and in the palette; esc brings back what was, enter keeps it.
func TestThemesAreShownWhileMoving(t *testing.T) {
	t.Parallel()
	mine := builtin("light")
	mine.Name = "mine"
	wrong := []error{errors.New("broken.toml:1:1: unknown key")}
	var kept []string
	d := newDriver(t, Options{Themes: func() ([]themes.Theme, []error) {
		return []themes.Theme{builtin("dark"), builtin("high-contrast"), mine}, wrong
	}, KeepTheme: func(name string) (string, error) {
		kept = append(kept, name)
		return ", kept", nil
	}}, 120, 40)
	d.keys("ctrl+t")
	d.shows("theme mine", "moving shows it", "1 problem")
	at := func(want string) {
		t.Helper()
		if got := d.m.look.theme.Name; got != want {
			t.Errorf("theme %s, want %s", got, want)
		}
	}
	d.keys("down", "down")
	at("mine")
	d.keys("esc")
	at("dark")
	d.keys(":", "type:theme mi")
	at("mine")
	d.keys("backspace", "backspace", "backspace", "backspace", "backspace", "backspace", "backspace", "backspace", "type:undo")
	at("dark")
	d.keys("esc", ":", "type:theme hi", "enter")
	at("high-contrast")
	d.shows("theme high-contrast, kept")
	d.send(tea.BackgroundColorMsg{Color: color.White})
	at("high-contrast")
	d.keys(":", "type:theme auto", "enter")
	at("light")
	if want := []string{"high-contrast", "auto"}; !slices.Equal(kept, want) {
		t.Errorf("kept %q, want %q", kept, want)
	}
}

// Going back over a jump to the events behind a figure takes the jump's filter
// back, too; a filter set since then stays.
func TestBackTakesAJumpBack(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Views: []View{{Title: "Other", Pane: &other{}}}}, 120, 40)
	d.keys("/", "type:outcome:ok", "enter", "2")
	f, err := query.Parse("actor:alice")
	if err != nil {
		t.Fatal(err)
	}
	d.run(d.m.act(pane.Evidence{Filter: f}))
	if d.m.view != 0 || d.filter() != "actor:alice" {
		t.Fatalf("view %d, filter %q", d.m.view, d.filter())
	}
	d.keys("[")
	if d.m.view != 1 || d.filter() != "outcome:ok" {
		t.Errorf("back: view %d, filter %q", d.m.view, d.filter())
	}
	d.keys("]")
	if d.m.view != 0 || d.filter() != "actor:alice" {
		t.Errorf("forward: view %d, filter %q", d.m.view, d.filter())
	}
	d.keys("/", "type:outcome:denied", "enter", "[")
	if d.m.view != 1 || d.filter() != "actor:alice outcome:denied" {
		t.Errorf("back after another filter: view %d, filter %q", d.m.view, d.filter())
	}
	d.keys("[", "[")
	d.shows("no further view that way")
}

func TestAnEventAmongItsNeighbours(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Views: []View{{Title: "Changes", Pane: &changing{}}}}, 120, 40)
	d.keys("2", "V")
	if r, ok := d.m.events.Current(); d.m.view != 0 || !ok || r.Seq != 77 {
		t.Errorf("view %d, event %d", d.m.view, r.Seq)
	}
	if len(d.m.events.Columns()) == 0 || d.filter() != "" {
		t.Errorf("filter %q", d.filter())
	}
}

func TestWhatWasCopiedIsWritten(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	d := newDriver(t, Options{Save: func(path, text string) error {
		if path == "taken" {
			return errors.New("taken exists already")
		}
		got[path] = text
		return nil
	}}, 120, 40)
	d.keys("ctrl+w")
	d.shows("nothing was copied yet")
	d.keys("Y", "ctrl+w")
	d.shows("Write the event as JSON to a file", "event.json")
	d.keys("enter")
	d.shows("wrote event.json")
	if !strings.HasPrefix(got["event.json"], "{") {
		t.Errorf("wrote %q", got)
	}
	d.run(d.m.copy(pane.Copy{What: "value", Text: strings.Repeat("x", osc52Most+1)}))
	d.shows("ctrl+w writes it to a file")
	d.keys("ctrl+w", "ctrl+u", "type:taken", "enter")
	d.shows("taken exists already")
}

// The same session and the same resource are stepped to though the table shows
// neither.
func TestStepsToTheSameResource(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.m.events.SetColumns([]string{"time", "event"})
	d.run(d.m.resync())
	resource := func() string {
		r, ok := d.m.events.Current()
		if !ok {
			t.Fatal("no event")
		}
		e, err := d.m.opt.Case.Event(t.Context(), r.Seq)
		if err != nil {
			t.Fatal(err)
		}
		return e.Fields["resource"].Text
	}
	was, want := int64(-1), ""
	for range 250 { // to the first that comes again
		if want = resource(); want != "" {
			was = d.m.events.Place()
			if d.keys("d"); d.m.events.Place() != was {
				break
			}
		}
		d.keys("j")
	}
	if d.m.events.Place() <= was || resource() != want {
		t.Fatalf("at %d on %q, from %d on %q", d.m.events.Place(), resource(), was, want)
	}
	d.keys("D")
	if d.m.events.Place() != was {
		t.Errorf("back at %d, want %d", d.m.events.Place(), was)
	}
}

func TestAValueOnItsWayIsNoMistake(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:outcome:den")
	if d.m.edit.err != nil {
		t.Errorf("%v", d.m.edit.err)
	}
	d.keys("type:x")
	d.shows(`"denx" is no value of outcome`)
}

// Whatever the width, the zone of the times shown is named.
func TestTheZoneIsAlwaysNamed(t *testing.T) {
	t.Parallel()
	far, err := time.LoadLocation("America/St_Johns")
	if err != nil {
		t.Skip("no time zones on this machine: ", err)
	}
	c := uitest.New(300)
	for w := 60; w <= 130; w += 7 {
		d := newDriver(t, Options{Case: c, Zone: far, Progress: func() Progress { return Progress{Listed: 9_999_999, Loaded: 9_999_999, Failed: 12_345} }}, w, 24)
		d.keys("/", "type:outcome:ok", "enter", "z")
		if f := d.frame(); !strings.Contains(f, "(UTC-03:30)") && !strings.Contains(f, "(UTC-02:30)") {
			t.Fatalf("no zone at %d:\n%s", w, f)
		}
		d.keys("T")
		d.shows("UTC")
		d.keys("T")
		if d.m.zone != far {
			t.Fatalf("back in %s", d.m.zone)
		}
	}
}

// Another zone holds for the dates of the filter, for what is copied and exported,
// and is kept.
func TestTheZoneHoldsForAll(t *testing.T) {
	t.Parallel()
	var told, kept []*time.Location
	d := newDriver(t, Options{SetZone: func(z *time.Location) { told = append(told, z) }, KeepZone: func(z *time.Location) (string, error) {
		kept = append(kept, z)
		return ", kept", nil
	}}, 120, 40)
	asked := d.m.asked.data
	d.keys("T")
	d.shows("kept")
	if want := []*time.Location{time.Local}; !slices.Equal(told, want) || !slices.Equal(kept, want) {
		t.Errorf("told %v, kept %v", told, kept)
	}
	if d.m.asked.data == asked {
		t.Error("the panes are not asked anew")
	}
	if line := d.m.commandLine(); !strings.HasPrefix(line, "spoor --tz Local ") {
		t.Errorf("copied: %s", line)
	}
	d.keys("T")
	if line := d.m.commandLine(); strings.Contains(line, "--tz") {
		t.Errorf("copied in UTC: %s", line)
	}
}

// A column that is asked for is seen, also where not all fit; the usual ones come
// back by a key.
func TestAChosenColumnIsSeen(t *testing.T) {
	t.Parallel()
	for _, w := range []int{80, 120} {
		d := newDriver(t, Options{}, w, 40)
		d.keys("c", "p", "type:requestParameters.bucketName", "enter", "esc")
		d.shows("bucketName")
		d.keys("right", "right", "c", "G", "enter", "esc")
		ids := d.m.events.Columns()
		if len(ids) != len(events.Usual())+2 || ids[3] == "event" {
			t.Errorf("at %d the columns are %q", w, ids)
		}
		d.keys(">", "c", "r", "esc")
		if got := d.m.events.Columns(); !slices.Equal(got, events.Usual()) {
			t.Errorf("at %d the usual columns are %q", w, got)
		}
	}
}

func TestThePaletteFindsByTitleFirst(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	for _, typed := range []string{"undo", "mark", "copy value", "sql"} {
		d.keys(":", "type:"+typed)
		o := d.m.overlays[0].(*menu)
		if i, ok := o.grid.Current(); !ok || !strings.EqualFold(string(o.items[i].title), typed) {
			t.Errorf("%q finds %q first", typed, o.items[i].title)
		}
		d.keys("esc")
	}
}

// The footer tells of a command that can run now, and of another later on.
func TestTips(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 200, 50)
	seen := map[string]bool{}
	for range 10 * tipEvery {
		d.keys("j")
		foot := d.frame()
		foot = foot[strings.LastIndexByte(strings.TrimSpace(foot), '\n')+1:]
		_, tip, ok := strings.Cut(foot, "tip: ")
		if !ok {
			t.Fatalf("no tip in %q", foot)
		}
		seen[strings.TrimSpace(tip)] = true
	}
	if len(seen) < 8 {
		t.Errorf("only these tips: %v", seen)
	}
	d = newDriver(t, Options{NoTips: true}, 200, 50)
	if f := d.frame(); strings.Contains(f, "tip: ") {
		t.Error("a tip where none are wanted")
	}
}

// Columns are kept with a question, and come back when it is opened.
func TestColumnsOfAQuestion(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 160, 40)
	if c := d.m.state().Columns; c != nil {
		t.Errorf("the usual columns count as chosen: %v", c)
	}
	want := []string{"time", "event", "requestParameters.bucketName"}
	d.m.act(pane.SetColumns{Columns: want})
	if c := d.m.state().Columns; !slices.Equal(c, want) {
		t.Errorf("columns %v", c)
	}
	d.m.act(pane.SetColumns{})
	if c := d.m.state().Columns; c != nil {
		t.Errorf("the usual ones again: %v", c)
	}
}
