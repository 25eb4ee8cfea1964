package queries

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

// asker answers by id.
type asker struct {
	answers map[string]query.Answer
	asked   []string
	values  map[string]string
	own     []query.Saved
	err     error
}

func (a *asker) Answer(_ context.Context, q *query.Question, values map[string]string) (query.Answer, error) {
	a.asked, a.values = append(a.asked, q.Saved.ID), values
	return a.answers[q.Saved.ID], a.err
}
func (a *asker) ReadAhead(_ context.Context, list []*query.Question) error {
	a.asked = append(a.asked, fmt.Sprintf("(%d ahead)", len(list)))
	return nil
}
func (a *asker) Queries(context.Context) ([]query.Saved, error) { return a.own, nil }
func (a *asker) SaveQuery(_ context.Context, s query.Saved) error {
	for i, have := range a.own {
		if have.ID == s.ID {
			a.own[i] = s
			return nil
		}
	}
	a.own = append(a.own, s)
	return nil
}
func (a *asker) RemoveQuery(_ context.Context, id string) (bool, error) {
	for i, s := range a.own {
		if s.ID == id {
			a.own = append(a.own[:i], a.own[i+1:]...)
			return true, nil
		}
	}
	return false, nil
}

var builtin = []query.Saved{
	{ID: "root", Name: "Who used the root user?", Description: "Root should be idle.", Topic: "Root and sign-in", Filter: "type:Root", Attack: []string{"T1078.004"}},
	{ID: "none", Name: "Nothing of the kind", Topic: "Root and sign-in", Filter: "event:X"},
	{ID: "blind", Name: "Not to be seen here", Topic: "Data", Filter: "category:Data"},
	{ID: "bursts", Name: "Bursts of denials", Topic: "Data", Filter: "outcome:denied"},
	{ID: "asks", Name: "All by one key", Topic: "Data", Filter: "key:A"},
}

func parse(t *testing.T, s string) query.Filter {
	t.Helper()
	f, err := query.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func stage(t *testing.T) (*uitest.Stage, *asker) {
	t.Helper()
	a := &asker{answers: map[string]query.Answer{
		"root":  {N: 12, Filter: parse(t, "type:Root")},
		"none":  {Filter: parse(t, "event:X")},
		"blind": {Status: query.NotRecorded, Lacks: parse(t, "category:Data")},
		"bursts": {N: 2, Filter: parse(t, "outcome:denied"), Findings: []query.Finding{
			{Columns: []string{"actor"}, Key: []query.Value{{Text: "mallory\x1b[2J"}}, N: 40, Filter: parse(t, "actor=mallory")},
			{Columns: []string{"actor"}, Key: []query.Value{{Null: true}}, N: 9, First: -1 << 63, Last: -1 << 63, Filter: parse(t, "-actor:*")},
		}},
		"asks": {Status: query.Asks, Missing: &query.Variable{Name: "key", Prompt: "which access key"}},
	}}
	return uitest.NewStage(t, New(a, builtin, Files{}, SQL{}), 100, 20), a
}

func TestAnswersFillIn(t *testing.T) {
	t.Parallel()
	s, a := stage(t)
	s.Shows("Root and sign-in", "12   Who used", "none", "not in logs", "asks", "T1078.004", "Root should be idle.")
	if len(a.asked) != len(builtin) {
		t.Errorf("asked %q", a.asked)
	}
	s.State.Data++
	s.Sync()
	if len(a.asked) != 2*len(builtin) {
		t.Errorf("after the case grew asked %d times", len(a.asked))
	}
}

func TestQuickQuestionsAreAnsweredFirst(t *testing.T) {
	t.Parallel()
	a := &asker{}
	uitest.NewStage(t, New(a, []query.Saved{
		{ID: "path", Name: "By path", Topic: "A", Filter: "requestParameters.x:1"}, {ID: "field", Name: "By field", Topic: "A", Filter: "actor:x"},
		{ID: "text", Name: "By text", Topic: "A", Filter: "event:x word*s"}, {ID: "where", Name: "By column", Topic: "A", Filter: "event:x", Count: &query.CountRule{By: []string{"requestParameters.y"}}},
		{ID: "other", Name: "By another field", Topic: "A", Filter: "ip:x"},
	}, Files{}, SQL{}), 100, 20)
	if got := strings.Join(a.asked, " "); got != "field other (3 ahead) path text where" {
		t.Errorf("asked %s", got)
	}
}

// A slow question holds up no other, and enter puts one at once.
func TestSlowQuestionsHoldUpNoOther(t *testing.T) {
	t.Parallel()
	v := New(&asker{answers: map[string]query.Answer{"field": {N: 7}, "slow": {N: 8}}}, []query.Saved{
		{ID: "slow", Name: "Slow", Topic: "A", Filter: "requestParameters.x:1"}, {ID: "slow2", Name: "Slow too", Topic: "A", Filter: "requestParameters.x:2"},
		{ID: "field", Name: "Quick", Topic: "A", Filter: "actor:x"}}, Files{}, SQL{})
	s := uitest.NewStage(t, pane.Pane(v), 100, 20)
	s.State.Data++
	cmd := v.Sync(s.State) // not run: all of them are out
	if !v.lanes[quickLane].Out() || v.lanes[quickLane2].Out() || !v.lanes[slowLane].Out() || v.lanes[slowLane].entry != nil {
		t.Fatal("one quick question and the reading ahead should be out")
	}
	s.Run(v.ask(v.builtin[2], quickLane2))
	if v.builtin[2].state != answered || v.builtin[0].state != stale {
		t.Error("the quick one waits for the slow one")
	}
	v.builtin[0].state = waiting
	s.Keys("enter")
	s.Shows("8   Slow")
	if !v.lanes[slowLane].Out() {
		t.Error("the reading ahead was stopped")
	}
	s.Run(cmd)
	if v.anyOut() || v.builtin[1].state != answered {
		t.Error("not all are answered in the end")
	}
}

// Questions that wait for the records tell how far those are read.
func TestSlowQuestionsTellHowFarTheyAre(t *testing.T) {
	t.Parallel()
	v := New(&asker{answers: map[string]query.Answer{"slow": {N: 8}}}, []query.Saved{
		{ID: "slow", Name: "Slow", Topic: "A", Filter: "requestParameters.x:1"}, {ID: "slow2", Name: "Slow too", Topic: "A", Filter: "requestParameters.x:2"},
		{ID: "field", Name: "Quick", Topic: "A", Filter: "actor:x"}}, Files{}, SQL{})
	s := uitest.NewStage(t, pane.Pane(v), 100, 20)
	for _, e := range v.builtin {
		e.state = waiting
	}
	v.ahead = false
	cmd := v.next() // not run: the records are being read
	s.Shows("not asked yet")
	reading := v.lanes[slowLane].reading
	reading.Expect(300)
	reading.Add(120)
	s.Shows("40 %   Slow", "40 %   Slow too", "reading records for it: 40 %")
	if v.looked() == nil {
		t.Error("nobody looks again")
	}
	if _, ok := v.percent(v.builtin[2]); ok {
		t.Error("a question that reads no records tells how far it is")
	}
	s.Run(cmd)
	s.Shows("8   Slow")
	if v.looking {
		t.Error("it is still looked how far they are")
	}
}

func TestEnterLeadsToEvidence(t *testing.T) {
	t.Parallel()
	s, _ := stage(t)
	s.Keys("enter")
	if in, ok := s.Last().(pane.Several); !ok || in[0].(pane.Evidence).Filter.String() != "type:Root" {
		t.Errorf("got %#v", in)
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	s, _ := stage(t)
	s.Keys("G", "k", "enter")
	s.Shows("Actor", `mallory\x1b[2J`, "(none)", "no time")
	s.Keys("j", "enter")
	if in, ok := s.Last().(pane.Evidence); !ok || in.Filter.String() != "-actor:*" {
		t.Errorf("got %#v", in)
	}
	s.Keys("-")
	if in, ok := s.Last().(pane.Narrow); !ok || in.Filter.String() != "actor:*" {
		t.Errorf("- on a finding: %#v", in)
	}
	s.Keys("=")
	if in, ok := s.Last().(pane.Replace); !ok || in.Filter.String() != "-actor:*" {
		t.Errorf("= on a finding: %#v", in)
	}
	s.Keys("backspace")
	s.Shows("Bursts of denials")
}

// Headings are passed over: nothing can be done with them.
func TestTheCursorRestsOnQuestions(t *testing.T) {
	t.Parallel()
	s, _ := stage(t)
	v := s.Pane.(*View)
	for _, k := range []string{"g", "j", "j", "k", "j", "pgdown", "G", "pgup", "k", "k", "k", "k", "k", "home"} {
		s.Keys(k)
		if l, ok := v.list.Current(); !ok || l.entry == nil {
			t.Errorf("after %s the cursor is on the heading %q", k, l.topic)
		}
	}
	if e, _ := v.current(); e.saved.ID != "root" {
		t.Errorf("the first question is %s", e.saved.ID)
	}
}

func TestVariableIsAskedFor(t *testing.T) {
	t.Parallel()
	s, a := stage(t)
	s.Keys("G", "enter")
	in, ok := s.Last().(pane.Ask)
	if !ok {
		t.Fatal("nothing is asked")
	}
	if _, _, err := in.Done(""); err == nil {
		t.Error("an empty value is taken")
	}
	a.answers["asks"] = query.Answer{N: 3}
	_, cmd, err := in.Done("AKIAEXAMPLE")
	if err != nil {
		t.Fatal(err)
	}
	s.Run(cmd)
	s.Shows("3   All by one key")
	if a.values["key"] != "AKIAEXAMPLE" {
		t.Errorf("values %v", a.values)
	}
}

func TestOwnQueries(t *testing.T) {
	t.Parallel()
	s, a := stage(t)
	s.Keys("n")
	if _, ok := s.Last().(pane.Say); !ok {
		t.Error("an empty filter is kept")
	}
	s.State.Columns = []string{"time", "requestParameters.bucketName"}
	s.Filter("actor:alice")
	s.Keys("n")
	in := s.Last().(pane.Ask)
	for _, bad := range []string{"!!", "root"} {
		if _, _, err := in.Done(bad); err == nil {
			t.Errorf("the name %q is taken", bad)
		}
	}
	_, cmd, err := in.Done("What Alice did!")
	if err != nil {
		t.Fatal(err)
	}
	s.Run(cmd)
	if len(a.own) != 1 || a.own[0].ID != "what-alice-did" || a.own[0].Filter != "actor:alice" || !slices.Equal(a.own[0].Columns, s.State.Columns) {
		t.Fatalf("kept %+v", a.own)
	}
	s.Shows("Your own", "What Alice did!")
	s.Keys("d")
	_, cmd, _ = s.Last().(pane.Ask).Done("why it matters")
	s.Run(cmd)
	s.Shows("why it matters")
	s.Keys("D")
	_, cmd = s.Last().(pane.Confirm).Do()
	s.Run(cmd)
	if len(a.own) != 0 || strings.Contains(s.Text(), "Your own") {
		t.Errorf("still there: %+v", a.own)
	}
}

func TestFailingAnswerIsSaid(t *testing.T) {
	t.Parallel()
	a := &asker{err: errors.New("boom")}
	s := uitest.NewStage(t, New(a, builtin, Files{}, SQL{}), 100, 20)
	s.Shows("error", "can't be asked: boom")
}

func TestEverySizeAndMouse(t *testing.T) {
	t.Parallel()
	s, _ := stage(t)
	for w := 60; w < 220; w += 13 {
		for h := 1; h < 50; h += 5 {
			s.Resize(w, h)
			s.Text()
			s.Send(tea.MouseClickMsg{X: 5, Y: 2, Button: tea.MouseLeft})
		}
	}
}

// Questions for all cases are on the screen, can be changed there, and move.
func TestQuestionsForAllCases(t *testing.T) {
	t.Parallel()
	shared := []query.Saved{{ID: "ours", Name: "Ask this everywhere", Filter: "actor:x"}}
	a := &asker{answers: map[string]query.Answer{"ours": {N: 5}}}
	var written []query.Saved
	s := uitest.NewStage(t, New(a, builtin, Files{
		Write:  func(_ string, list []query.Saved) error { written = list; return nil },
		Shared: func() ([]query.Saved, error) { return shared, nil },
		Share:  func(list []query.Saved) error { shared = list; return nil },
		Drop:   func(string) (bool, error) { shared = nil; return true, nil },
	}, SQL{}), 100, 20)
	s.Shows("Your own, in all cases", "5   Ask this everywhere")
	s.Keys("g", "E")
	in, ok := s.Last().(pane.Ask)
	if !ok || in.Initial != "actor:x" {
		t.Fatalf("E asks %#v", in)
	}
	if _, _, err := in.Done("acton:y"); err == nil {
		t.Error("a wrong filter is taken")
	}
	_, cmd, err := in.Done("actor:y")
	if err != nil {
		t.Fatal(err)
	}
	s.Run(cmd)
	if len(shared) != 1 || shared[0].Filter != "actor:y" || len(a.own) != 0 {
		t.Errorf("shared %+v, in the case %+v", shared, a.own)
	}
	s.Keys("a")
	s.Shows("Your own, in this case", "Ask this everywhere")
	if len(shared) != 0 || len(a.own) != 1 {
		t.Errorf("shared %+v, in the case %+v", shared, a.own)
	}
	shared = a.own // of the same id in both
	s.Keys("w")
	_, cmd, err = s.Last().(pane.Ask).Done("x.toml")
	if err != nil {
		t.Fatal(err)
	}
	s.Run(cmd)
	if len(written) != 1 {
		t.Errorf("wrote %+v", written)
	}
}

// Questions of one's own come in above the others, heading and all.
func TestTheFirstHeadingIsInSight(t *testing.T) {
	t.Parallel()
	a := &asker{own: []query.Saved{{ID: "mine", Name: "Mine", Filter: "actor:x"}}}
	s := uitest.NewStage(t, New(a, builtin, Files{}, SQL{}), 100, 10)
	s.Shows("Your own, in this case", "Mine")
}
