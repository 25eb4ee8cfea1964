package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
)

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

// sitting is a view of sessions.
type sitting struct {
	other
	shows pane.SessionsShown
}

func (s *sitting) Sessions() pane.SessionsShown { return s.shows }

// Where sessions are shown they are what is exported, in the forms that they have.
func TestExportSessions(t *testing.T) {
	t.Parallel()
	ex, v := &exporter{}, &sitting{}
	d := newDriver(t, Options{Export: ex, Views: []View{{Title: "Sessions", Pane: v}}}, 120, 40)
	d.keys("2")
	for _, c := range []struct {
		shows        pane.SessionsShown
		no, yes      string
		format, said string
	}{
		{pane.SessionsShown{}, "a.html", "a.csv", "csv", "end the name in .csv, .ndjson, .json or .txt"},
		{pane.SessionsShown{ID: "a1"}, "a.ndjson", "a.csv", "csv", "end the name in .txt, .csv or .json"},
		{pane.SessionsShown{ID: "a1", With: "b2"}, "a.csv", "a.json", "json", "end the name in .txt or .json"},
		{pane.SessionsShown{Radius: true}, "a.csv", "a.TXT", "table", "end the name in .txt or .json"},
	} {
		v.shows = c.shows
		d.keys("ctrl+e", "ctrl+u", "type:"+c.no, "enter")
		d.shows(c.said)
		d.keys("ctrl+u", "type:"+c.yes, "enter")
		if ex.got.Sessions == nil || ex.got.Sessions.Radius != c.shows.Radius || ex.got.Sessions.With != c.shows.With || ex.got.Format != c.format || ex.got.Path != c.yes {
			t.Errorf("%+v: asked for %+v", c.shows, ex.got)
		}
		d.shows("wrote 7 sessions to " + c.yes)
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
	d.run(d.m.copy(pane.Copy{What: "value"}))
	if d.shows("nothing to copy: the value is empty"); d.m.copied.Text != got["event.json"] {
		t.Errorf("what was copied before is gone: %q", d.m.copied.Text)
	}
	d.run(d.m.copy(pane.Copy{What: "value", Text: strings.Repeat("x", osc52Most+1)}))
	d.shows("ctrl+w writes it to a file")
	d.keys("ctrl+w", "ctrl+u", "type:taken", "enter")
	d.shows("taken exists already")
}
