package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/events"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

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
	d.keys("0", "9", "0", "j")
	if p := d.m.events.Place(); p != 90 {
		t.Errorf("090j is at row %d", p)
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

// Why a list is empty, and the way out, is read in full on the smallest screen.
func TestAnEmptyListSaysWhyInFull(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 60, 15)
	d.keys("/", "type:actor:nobody outcome:denied", "enter")
	d.shows("no event matches; u takes the last step back, X clears", "  the filter\n")
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

// Until the rows of a new question have come there is no event to act on, and not
// because none matches.
func TestAKeyBeforeTheRowsHaveCome(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 120, 40)
	d.keys("/", "type:actor:nobody", "enter", "enter")
	d.shows("open: no event under the cursor")
	_, asked := d.m.Update(press("u"))
	for key, command := range map[string]string{"enter": "open", "Y": "copy event"} {
		d.keys(key)
		d.shows(command + ": the event is still being fetched")
	}
	d.run(asked)
	if d.keys("enter"); !d.m.shape.detail {
		t.Error("it does not open when it has come")
	}
}

// A screen too small to show anything ends at the key that it names, whatever is
// open below, and takes no other.
func TestTooSmallAScreenEndsAtTheKeyItNames(t *testing.T) {
	t.Parallel()
	for name, open := range map[string][]string{"a list": {"?"}, "the filter": {"/"}, "a detail": {"enter"}, "nothing": nil} {
		d := newDriver(t, Options{}, 80, 24)
		d.keys(open...)
		d.m.load.now.Running = true
		d.send(tea.WindowSizeMsg{Width: 40, Height: 10})
		d.shows("spoor needs 60 columns", "and 15 lines", "q ends")
		d.keys("j", "x")
		d.send(tea.PasteMsg{Content: "x"})
		if d.m.edit != nil && d.m.edit.in.value() != "" {
			t.Errorf("with %s open: %q was typed unseen", name, d.m.edit.in.value())
		}
		if d.keys("q"); !d.quit {
			t.Errorf("with %s open q does not end the program", name)
		}
	}
}

func TestFailingCaseIsSaidNotFatal(t *testing.T) {
	t.Parallel()
	c := uitest.New(10)
	c.Err = errors.New("boom")
	d := newDriver(t, Options{Case: c}, 120, 40)
	d.shows("boom", "problems")
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

// Leaving the events behind a figure leads to the figure; where the filter is
// another by now, what would go back is named.
func TestLeavingTheEventsBehindAFigure(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Views: []View{{Title: "Other", Pane: &other{}}}}, 120, 40)
	d.keys("/", "type:outcome:ok", "enter", "2", "enter", "enter", "esc", "esc")
	if d.m.view != 1 || d.filter() != "outcome:ok" {
		t.Errorf("view %d, filter %q", d.m.view, d.filter())
	}
	d.keys("enter", "/", "type:actor:alice", "enter", "esc")
	if d.m.view != 0 {
		t.Errorf("a filter of one's own is left for view %d", d.m.view)
	}
	d.shows("[ goes back to Other, q ends the program")
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
