package marked

import (
	"context"
	"testing"
	"time"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

// reader answers with what a test says and remembers what it was given.
type reader struct {
	list  []query.Noted
	asked query.Filter
	kept  []query.Annotation
}

func (r *reader) Noted(_ context.Context, f query.Filter) ([]query.Noted, error) {
	r.asked = f
	return r.list, nil
}

func (r *reader) Annotate(_ context.Context, a query.Annotation) error {
	r.kept = append(r.kept, a)
	return nil
}

func noted(about query.About, name, mark, note string) query.Noted {
	n := query.Noted{Annotation: query.Annotation{About: about, Name: name, Mark: mark, Note: note, Changed: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)},
		Title: "title of " + name, Events: 7, Time: time.Date(2026, 3, 9, 1, 2, 3, 0, time.UTC).UnixMicro()}
	n.Filter = n.Within()
	return n
}

func TestEachKindLeadsToItsPlace(t *testing.T) {
	t.Parallel()
	event := noted(query.AboutEvent, "ab12", "red", "first\nsecond \x1b[2J")
	event.Seq, event.Tags = 42, []string{"exfil"}
	lost := noted(query.AboutEvent, "cd34", "blue", "")
	lost.Events, lost.Time = 0, cloudtrail.NoTime
	r := &reader{list: []query.Noted{event, noted(query.AboutSession, "5f0c", "green", ""), noted(query.AboutResource, "sg-0abc", "", "open"), lost}}
	s := uitest.NewStage(t, New(r, func(string, []query.Noted) error { return nil }), 120, 30)
	s.Shows("red", "event", "session", "resource", "title of sg-0abc", "exfil", "second", `\x1b`, "not in this case", "2026-03-09 01:02:03")

	s.Keys("enter")
	if in, ok := s.Last().(pane.OpenEvent); !ok || in.Seq != 42 {
		t.Errorf("enter on an event: %#v", in)
	}
	s.Keys("-")
	if in, ok := s.Last().(pane.Pick); !ok || in != (pane.Pick{Field: "mark", Value: query.Value{Text: "red"}, How: pane.Exclude}) {
		t.Errorf("- on a mark: %#v", in)
	}
	s.Keys("e")
	if in, ok := s.Last().(pane.Reveal); !ok || in.At.Seq != 42 {
		t.Errorf("e on an event: %#v", in)
	}
	s.Keys("j", "enter")
	if in := s.Last().(pane.Several); in[1] != (pane.Send{Msg: pane.ShowSession{ID: "5f0c"}}) {
		t.Errorf("enter on a session: %#v", in)
	}
	s.Keys("e")
	if in := s.Last().(pane.Evidence); in.Filter.String() != "session=5f0c" {
		t.Errorf("e on a session: %q", in.Filter)
	}
	s.Keys("j", "enter")
	if in := s.Last().(pane.Several); in[1] != (pane.Send{Msg: pane.ShowHistory{Resource: "sg-0abc"}}) {
		t.Errorf("enter on a resource: %#v", in)
	}
	s.Keys("e")
	if in := s.Last().(pane.Evidence); in.Filter.String() != "resource:sg-0abc" {
		t.Errorf("e on a resource: %q", in.Filter)
	}
	s.Keys("j", "enter")
	if in, ok := s.Last().(pane.Say); !ok {
		t.Errorf("enter on an event that is not there: %#v", in)
	}
	if target, ok := s.Pane.(pane.Targeted).Target(); !ok || target != (pane.Target{About: query.AboutEvent, Name: "cd34"}) {
		t.Errorf("target %+v", target)
	}
}

// At the smallest screens what it is about is read before all else; the note
// stands in full below.
func TestWhatGoesLast(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 12}, {80, 20}, {120, 36}, {200, 46}} {
		r := &reader{list: []query.Noted{noted(query.AboutResource, "prod-customer-exports-eu", "blue", "a note to read")}}
		s := uitest.NewStage(t, New(r, nil), size[0], size[1])
		s.Shows("blue", "title of prod-customer-exports-eu", "a note to read")
		if c := s.Pane.(*View).grid.Column(); c != "what" {
			t.Errorf("at %v the cursor is in column %s", size, c)
		}
	}
}

func TestTakingAwayAsksAndForgets(t *testing.T) {
	t.Parallel()
	r := &reader{list: []query.Noted{noted(query.AboutResource, "sg-0abc", "red", "x")}}
	s := uitest.NewStage(t, New(r, nil), 80, 20)
	s.Keys("d")
	confirm := s.Last().(pane.Confirm)
	if len(r.kept) != 0 {
		t.Fatal("it was taken away unasked")
	}
	_, cmd := confirm.Do()
	if done := cmd().(pane.Done); done.Err != nil || !done.Grown {
		t.Errorf("%+v", done)
	}
	if len(r.kept) != 1 || !r.kept[0].Empty() || r.kept[0].Name != "sg-0abc" {
		t.Errorf("kept %+v", r.kept)
	}
	if why := s.Why("w"); why == "" {
		t.Error("a list that can't be written is offered to be")
	}
}

func TestTheFilterHoldsHere(t *testing.T) {
	t.Parallel()
	r := &reader{}
	s := uitest.NewStage(t, New(r, nil), 80, 20)
	if note := s.Pane.(*View).Note(); note != "nothing is marked yet: m on an event, a session or a resource does it" {
		t.Errorf("an empty list says %q", note)
	}
	if s.Why("a") == "" {
		t.Error("a filter on all that is marked is offered where nothing is")
	}
	s.Filter("actor:alice")
	if r.asked.String() != "actor:alice" {
		t.Errorf("asked %q", r.asked)
	}
	s.Keys("a")
	if in := s.Last().(pane.Replace); in.Filter.String() != "mark:* OR note:* OR tag:*" {
		t.Errorf("filter %q", in.Filter)
	}
}
