package facets

import (
	"context"
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

func stage(t *testing.T) (*uitest.Stage, *View) {
	t.Helper()
	v := New(uitest.New(300), []string{"outcome", "actor", "error"})
	return uitest.NewStage(t, v, 36, 40), v
}

// to puts the cursor on a value.
func to(t *testing.T, v *View, field, val string) {
	t.Helper()
	for _, l := range v.grid.Rows() {
		if l.field == field && l.kind == value && l.value.Value.Text == val {
			v.grid.Select(l.key)
			return
		}
	}
	t.Fatalf("%s has no line %q", field, val)
}

func TestTopValuesWithCounts(t *testing.T) {
	t.Parallel()
	s, _ := stage(t)
	s.Shows("Outcome", "ok", "denied", "Actor", "more", "(none)")
	if n := strings.Count(s.Text(), "\n"); n != 40 {
		t.Errorf("%d lines", n)
	}
}

func TestPicking(t *testing.T) {
	t.Parallel()
	s, v := stage(t)
	for key, how := range map[string]pane.How{"space": pane.Include, "+": pane.Include, "-": pane.Exclude, "=": pane.Only} {
		to(t, v, "outcome", "denied")
		s.Keys(key)
		if d := cmp.Diff(pane.Pick{Field: "outcome", Value: query.Value{Text: "denied"}, How: how}, s.Last()); d != "" {
			t.Errorf("%s (-want +got):\n%s", key, d)
		}
	}
	s.Keys("g")
	if s.Why("+") == "" {
		t.Error("a heading can be picked")
	}
}

func TestTickedValuesAreMarkedAndTheirFieldStaysOpen(t *testing.T) {
	t.Parallel()
	s, _ := stage(t)
	s.Filter("outcome:denied -actor:alice -error:*")
	s.Shows("✓ denied", "✗ alice", "✓ (none)")
	if !strings.Contains(s.Text(), "ok") {
		t.Error("other values of a ticked field are gone")
	}
	s.Filter("actor:nobody")
	s.Shows("✓ nobody") // not among the top, but has to be there to be taken back
}

func TestFoldAndMore(t *testing.T) {
	t.Parallel()
	s, v := stage(t)
	s.Keys("g", "enter")
	if strings.Contains(s.Text(), "denied  ") {
		t.Errorf("folded values show:\n%s", s.Text())
	}
	s.Keys("}")
	before := v.grid.Len()
	for _, l := range v.grid.Rows() {
		if l.kind == more && l.field == "actor" {
			v.grid.Select(l.key)
		}
	}
	s.Keys("enter")
	if v.grid.Len() <= before {
		t.Error("more shows no more")
	}
	s.Shows("fewer")
	s.Keys("}", "{")
	if l, _ := v.grid.Current(); l.kind != heading {
		t.Errorf("{ and } stopped at %+v", l)
	}
}

func TestMouse(t *testing.T) {
	t.Parallel()
	s, _ := stage(t)
	s.Send(tea.MouseClickMsg{X: 1, Y: 2, Button: tea.MouseLeft})
	if in, ok := s.Last().(pane.Pick); !ok || in.How != pane.Include {
		t.Errorf("a click on the tick gives %#v", in)
	}
	s.Send(tea.MouseClickMsg{X: 9, Y: 2, Button: tea.MouseRight})
	if in, ok := s.Last().(pane.Pick); !ok || in.How != pane.Exclude {
		t.Errorf("a right click gives %#v", in)
	}
	s.Send(tea.MouseWheelMsg{X: 9, Y: 2, Button: tea.MouseWheelDown})
	s.Text()
}

func TestGrowingCaseIsCountedAgainOnce(t *testing.T) {
	t.Parallel()
	c := uitest.New(50)
	v := New(c, []string{"actor"})
	s := uitest.NewStage(t, v, 30, 20)
	s.State.Data++
	cmd := v.Sync(s.State) // a question is out …
	s.State.Data++
	if again := v.Sync(s.State); again != nil {
		t.Error("asks twice at a time")
	}
	s.Run(cmd) // … and its answer brings the next
	if v.main.Out() || v.again {
		t.Error("the last growth is not counted")
	}
}

func TestErrorIsSaid(t *testing.T) {
	t.Parallel()
	c := uitest.New(5)
	c.Err = errors.New("boom")
	s := uitest.NewStage(t, New(c, nil), 30, 20)
	if in, ok := s.Last().(pane.Say); !ok || !in.Bad {
		t.Errorf("got %#v", in)
	}
	c.Err = context.Canceled
	s.State.Asked++
	s.Sync()
	if in := s.Last(); in != nil {
		t.Errorf("a cancelled question says %#v", in)
	}
}

func TestEverySize(t *testing.T) {
	t.Parallel()
	s, _ := stage(t)
	s.Filter("actor:" + `"` + strings.Repeat("東", 30) + `"`)
	for w := 1; w < 90; w++ {
		s.Resize(w, 20)
		s.Text()
	}
}
