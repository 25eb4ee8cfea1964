package detail

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

// reader reads one made event.
type reader struct {
	record string
	err    error
	asked  []int64
	kin    query.Relatives
	kinErr error
}

func (r *reader) Relatives(_ context.Context, seq int64) (query.Relatives, error) {
	return r.kin, r.kinErr
}

func (r *reader) Event(_ context.Context, seq int64) (query.Event, error) {
	r.asked = append(r.asked, seq)
	return query.Event{Row: query.Row{Seq: seq, Time: uitest.Start.UnixMicro()}, Record: []byte(r.record), Object: "s3://b/k",
		Fields: map[string]query.Value{"event": {Text: "CreateUser"}, "actor": {Text: "alice"}, "time": {Text: "x"}, "outcome": {Text: "denied"}}}, r.err
}

const record = `{"eventName":"CreateUser","requestParameters":{"userName":"eve","tags":[{"key":"a","value":"1"},{"key":"b","value":"2"}],
"policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\"}]}"},"responseElements":null,"n":1.50e3,"ok":true,"evil":"\u001b[2Jx\u202ey"}`

func stage(t *testing.T, text string) (*uitest.Stage, *View, *reader) {
	t.Helper()
	r := &reader{record: text}
	v := New(r)
	s := uitest.NewStage(t, v, 80, 40)
	s.Run(v.Show(7, true))
	return s, v, r
}

// to puts the cursor on the first line whose node has the name.
func to(t *testing.T, v *View, name string) {
	t.Helper()
	for i, n := range v.nodes {
		if n.name() == name || n.key == name {
			v.show(i)
			return
		}
	}
	t.Fatalf("no node %q", name)
}

func TestShowsFactsRecordAndOrigin(t *testing.T) {
	t.Parallel()
	s, _, _ := stage(t, record)
	s.Shows("Mon 2026-05-04 09:00:00 UTC", "alice", "denied", "userName", "eve", "[0] 2 members", "1.50e3", "null", `\x1b[2Jx⟨U+202E⟩y`, "s3://b/k")
	s.Shows("Statement", "Effect  Allow") // a policy inside a text unfolds
}

// The event is shown before its relatives are found; they come below it and lead
// to the events.
func TestRelativesComeLater(t *testing.T) {
	t.Parallel()
	row := func(seq int64, account string) query.Row {
		return query.Row{Seq: seq, Time: uitest.Start.UnixMicro(), Values: []query.Value{{Text: "x"}, {Text: account}, {Text: "eve"}, {Text: "AssumeRole"}}}
	}
	r := &reader{record: record, kin: query.Relatives{Twins: []query.Row{row(9, "111122223333")}, SameID: []query.Row{row(12, "444455556666")}, More: true}}
	v := New(r)
	s := uitest.NewStage(t, v, 100, 60)
	msg := v.Show(7, true)()
	_, more := v.Update(msg)
	s.Shows("alice")
	if strings.Contains(s.Text(), "Related") {
		t.Error("relatives are shown before they are known")
	}
	s.Run(more)
	s.Shows("Related  the first ones", "Same call        2026-05-04 09:00:00  111122223333  eve  AssumeRole", "Same event ID")
	to(t, v, "Same event ID")
	s.Keys("enter")
	if got := s.Intents[len(s.Intents)-1]; got != (pane.OpenEvent{Seq: 12}) {
		t.Errorf("enter on a relative: %#v", got)
	}
	s.Run(v.Show(8, true))
	if r.kin = (query.Relatives{}); len(v.relatives.Twins) == 0 {
		t.Error("the relatives of the next event are missing")
	}
	msg = v.Show(9, true)()
	v.Update(msg)
	if strings.Contains(s.Text(), "Related") {
		t.Error("the relatives of the event before are still shown")
	}
	r.kinErr = errors.New("disk on fire")
	s.Run(v.Show(10, true))
	if say, ok := s.Intents[len(s.Intents)-1].(pane.Say); !ok || !say.Bad {
		t.Errorf("a failed look for relatives is not told: %#v", s.Intents[len(s.Intents)-1])
	}
}

// What the case has learnt while an event was read is not missed.
func TestReadAgainWhenTheCaseGrewMeanwhile(t *testing.T) {
	t.Parallel()
	s, v, r := stage(t, record)
	late := v.Show(8, true)
	s.State.Data++
	s.Sync()
	s.Run(late)
	if len(r.asked) != 3 || r.asked[2] != 8 {
		t.Errorf("asked for %v", r.asked)
	}
}

func TestFolding(t *testing.T) {
	t.Parallel()
	s, v, _ := stage(t, record)
	to(t, v, "requestParameters")
	s.Keys("enter")
	if strings.Contains(s.Text(), "userName") {
		t.Error("folded, but its members show")
	}
	s.Run(v.Show(8, true))
	if strings.Contains(s.Text(), "userName") {
		t.Error("the next event forgot what was folded")
	}
	to(t, v, "requestParameters")
	s.Keys("l")
	s.Shows("userName")
	to(t, v, "requestParameters.userName")
	s.Keys("h")
	if n, _ := v.current(); n.key != "requestParameters" {
		t.Errorf("left went to %q", n.key)
	}
	s.Keys("O")
	if strings.Contains(s.Text(), "userName") {
		t.Error("folding all leaves members")
	}
	s.Keys("O")
	s.Shows("userName")
}

func TestItemsFoldApart(t *testing.T) {
	t.Parallel()
	s, v, _ := stage(t, record)
	for i, n := range v.nodes {
		if n.item == 0 && n.kind == object && !n.inner {
			v.show(i)
		}
	}
	s.Keys("enter")
	if got := s.Text(); strings.Contains(got, "value  1") || !strings.Contains(got, "value  2") {
		t.Errorf("folding one item:\n%s", got)
	}
}

func TestPivotAndCopy(t *testing.T) {
	t.Parallel()
	s, v, _ := stage(t, record)
	for _, c := range []struct {
		node, key string
		want      pane.Intent
	}{
		{"requestParameters.userName", "+", pane.Pick{Field: "requestParameters.userName", Value: query.Value{Text: "eve"}, How: pane.Include}},
		{"actor", "-", pane.Pick{Field: "actor", Value: query.Value{Text: "alice"}, How: pane.Exclude}},
		{"responseElements", "=", pane.Pick{Field: "responseElements", Value: query.Value{Text: "null", Null: true}, How: pane.Only}},
		{"n", "y", pane.Copy{What: "value", Text: "1.50e3"}},
		{"evil", "y", pane.Copy{What: "value", Text: "\x1b[2Jx\u202ey"}},
		{"requestParameters.userName", ".", pane.Copy{What: "path", Text: "requestParameters.userName"}},
	} {
		to(t, v, c.node)
		s.Keys(c.key)
		if d := cmp.Diff(c.want, s.Last()); d != "" {
			t.Errorf("%s on %s (-want +got):\n%s", c.key, c.node, d)
		}
	}
	to(t, v, "Effect")
	if s.Why("+") == "" {
		t.Error("a value inside a text is offered as a filter")
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	s, v, _ := stage(t, record)
	s.Keys("n")
	in, _, err := s.Last().(pane.Ask).Done("ALLOW")
	if err != nil || in != nil {
		t.Fatal(in, err)
	}
	first, _ := v.current()
	s.Keys("n", "N")
	if n, _ := v.current(); n.text != first.text || !strings.Contains(n.text, "Allow") {
		t.Errorf("found %q, then back at %q", first.text, n.text)
	}
	v.find = "absent"
	s.Keys("n")
	if _, ok := s.Last().(pane.Say); !ok {
		t.Error("no word about a text that is not there")
	}
}

func TestRestsBeforeReading(t *testing.T) {
	t.Parallel()
	s, v, r := stage(t, record)
	a, b := v.Show(8, false), v.Show(9, false)
	s.Run(a)
	s.Run(b)
	if d := cmp.Diff([]int64{7, 9}, r.asked); d != "" {
		t.Errorf("read (-want +got):\n%s", d)
	}
}

func TestBrokenRecordsAreShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ record, want string }{
		{`{"a":1`, "not valid JSON"}, {``, "Record as logged"}, {`[1,2]`, "[1] 2"}, {`"x"`, "Record"}, {`{"a":"\ud800"}`, "a  \ufffd"},
		{strings.Repeat("[", 500), "not valid JSON"}, {"{\"a\":\"b\xff\"}", `b\xff`},
	} {
		s, _, _ := stage(t, c.record)
		s.Shows(c.want)
	}
}

func TestErrorIsSaid(t *testing.T) {
	t.Parallel()
	r := &reader{err: errors.New("boom")}
	v := New(r)
	s := uitest.NewStage(t, v, 60, 10)
	s.Run(v.Show(1, true))
	if in, ok := s.Last().(pane.Say); !ok || !in.Bad || v.Note() == "" {
		t.Errorf("got %#v", in)
	}
}

func TestEverySize(t *testing.T) {
	t.Parallel()
	s, _, _ := stage(t, record+strings.Repeat(" ", 10))
	for w := 1; w < 120; w += 3 {
		for h := 1; h < 40; h += 5 {
			s.Resize(w, h)
			s.Text()
		}
	}
}

// The walk agrees with encoding/json about what is JSON and what texts say.
func FuzzTree(f *testing.F) {
	for _, s := range []string{record, `{"a":[1,{"b":"\u00e9\n"}]}`, `[]`, `"x"`, `{"a":"{\"b\":[1]}"}`, `{"a":1,}`, `{"a" 1}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		nodes, ok := tree(doc)
		for i, n := range nodes {
			if n.end <= i || n.end > len(nodes) {
				if ok {
					t.Fatalf("node %d ends at %d of %d", i, n.end, len(nodes))
				}
			}
		}
		if json.Valid([]byte(doc)) && !ok && strings.Count(doc, "[")+strings.Count(doc, "{") < maxDepth {
			t.Fatalf("valid JSON is refused: %q", doc)
		}
		v := New(&reader{})
		s := uitest.NewStage(t, v, 40, 8)
		v.event, v.have = query.Event{Record: []byte(doc)}, true
		v.lay()
		s.Text()
	})
}
