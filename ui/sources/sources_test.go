package sources

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

type keeper struct {
	objects []query.Object
	cover   query.Coverage
	err     error
}

func (k *keeper) Objects(r query.ObjectRequest) []query.Object {
	all := slices.SortedFunc(slices.Values(k.objects), query.Object.Compare)
	all = slices.DeleteFunc(all, func(o query.Object) bool {
		return r.After != nil && o.Compare(*r.After) <= 0 || r.Outcome != "" && o.Outcome != r.Outcome || !strings.Contains(o.Name, r.Text)
	})
	return all[:min(len(all), r.N)]
}

func (k *keeper) Coverage(context.Context, query.CoverageRequest) (query.Coverage, error) {
	return k.cover, k.err
}

type loads struct {
	added []string
	tries int
	err   error
}

func (l *loads) Add(s string) error {
	l.added = append(l.added, s)
	return l.err
}

func (l *loads) Retry() error {
	l.tries++
	return l.err
}

func stage(t *testing.T, n int) (*uitest.Stage, *keeper, *loads) {
	t.Helper()
	k := &keeper{cover: query.Coverage{Start: uitest.Start, Step: 24 * time.Hour, Blind: []string{"Data events are not recorded."},
		Series: []query.CoverageSeries{{Account: "111122223333", Region: "eu-west-1", Stops: true, Total: query.CoverageCell{Listed: 9, Loaded: 5, Failed: 1, Events: 70},
			Cells: []query.CoverageCell{{Listed: 1, Loaded: 1}, {Listed: 1, Failed: 1}, {}, {Listed: 2, Loaded: 2, Proven: 2}}}}}}
	for i := range n {
		o := query.Object{Name: fmt.Sprintf("s3://logs/%06d.json.gz", i), Outcome: "loaded", Events: int64(i), Stored: 12345, Carrier: "Records"}
		switch i {
		case 1:
			o.Outcome, o.Reason = "failed", "read: unexpected EOF\x1b]0;x\x07"
		case 2:
			o.Outcome, o.Reason = "skipped", "no CloudTrail record"
		}
		k.objects = append(k.objects, o)
	}
	l := &loads{}
	return uitest.NewStage(t, New(k, l), 120, 16), k, l
}

func TestObjectsWithHowTheyEnded(t *testing.T) {
	t.Parallel()
	s, _, _ := stage(t, 5)
	s.Shows("✓ loaded", "✗ failed", `unexpected EOF\x1b]0;x\x07`, "· skipped", "no CloudTrail record", "12 kB")
	s.Keys("s")
	if got := s.Text(); strings.Contains(got, "loaded") || !strings.Contains(got, "failed") {
		t.Errorf("only failed ones were asked for:\n%s", got)
	}
	s.Keys("enter")
	if in, ok := s.Last().(pane.Read); !ok || !strings.Contains(fmt.Sprint(in.Lines), "unexpected EOF") {
		t.Errorf("got %#v", in)
	}
	s.Keys("e")
	if in, ok := s.Last().(pane.Evidence); !ok || !strings.Contains(in.Filter.String(), "object=s3://logs/000001.json.gz") {
		t.Errorf("got %#v", in)
	}
	s.Keys("F")
	_, cmd, _ := s.Last().(pane.Ask).Done("nothing like it")
	s.Run(cmd)
	if n := s.Pane.(*View).Note(); n == "" {
		t.Error("an empty list says nothing")
	}
}

func TestLongListsComeInPages(t *testing.T) {
	t.Parallel()
	s, _, _ := stage(t, 5000)
	v := s.Pane.(*View)
	if len(v.rows) != pageSize {
		t.Fatalf("%d rows at first", len(v.rows))
	}
	s.Keys("G", "G", "G")
	if len(v.rows) != 5000 {
		t.Errorf("%d rows after going to the end", len(v.rows))
	}
	if first, last := v.rows[0].Outcome, v.rows[4999].Outcome; first != "failed" || last != "skipped" {
		t.Errorf("from %s to %s", first, last)
	}
}

// Where nothing has a reason, names have its room.
func TestReasonsTakeRoomOnlyWhereThereAreAny(t *testing.T) {
	t.Parallel()
	s, k, _ := stage(t, 1)
	if got := s.Text(); strings.Contains(got, "Reason") {
		t.Errorf("a column of nothing:\n%s", got)
	}
	s.Keys("=")
	if in, ok := s.Last().(pane.Pick); !ok || in.Field != "object" || in.Value.Text != k.objects[0].Name || in.How != pane.Only {
		t.Errorf("= on an object: %#v", in)
	}
	k.objects[0].Reason = "torn"
	s.State.Data++
	s.Sync()
	s.Shows("Reason", "torn")
}

func TestMap(t *testing.T) {
	t.Parallel()
	s, k, _ := stage(t, 5)
	s.Keys("space")
	s.Shows("111122223333 eu-west-1", "▄✗·█", "falls silent", "Data events are not recorded.")
	s.Keys("e")
	if in, ok := s.Last().(pane.Evidence); !ok || in.Filter.String() != "account=111122223333 region=eu-west-1" {
		t.Errorf("got %#v", in)
	}
	s.Keys("-")
	if in, ok := s.Last().(pane.Pick); !ok || in.Field != "account" || in.Value.Text != "111122223333" || in.How != pane.Exclude {
		t.Errorf("- on the map: %#v", in)
	}
	if s.Why("s") == "" {
		t.Error("listing by outcome is offered on the map")
	}
	k.cover.Step = time.Hour
	s.State.Data++
	s.Sync()
	s.Shows(uitest.Start.Format("2006-01-02 15:04") + " to " + uitest.Start.Add(4*time.Hour).Format("2006-01-02 15:04"))
	k.err = errors.New("boom")
	s.State.Data++
	s.Sync()
	if in, ok := s.Last().(pane.Say); !ok || !in.Bad {
		t.Errorf("got %#v", in)
	}
}

func TestAddAndRetry(t *testing.T) {
	t.Parallel()
	s, _, l := stage(t, 5)
	s.Keys("a")
	_, cmd, err := s.Last().(pane.Ask).Done("s3://other/logs")
	if err != nil {
		t.Fatal(err)
	}
	s.Run(cmd)
	if in, ok := s.Last().(pane.Several); !ok || len(l.added) != 1 || in[1] != (pane.Loading{}) {
		t.Errorf("added %q, intent %#v", l.added, in)
	}
	l.err = errors.New("a load is running")
	s.Keys("r")
	if in, ok := s.Last().(pane.Say); !ok || !in.Bad || l.tries != 1 {
		t.Errorf("got %#v", in)
	}
	whole, _, l := stage(t, 1)
	if why := whole.Why("r"); why != "no object failed" { // so the footer does not name it
		t.Errorf("trying again what did not fail: %q", why)
	}
	whole.Keys("s") // those that failed, of which there are none
	if whole.Keys("r"); l.tries != 0 {
		t.Error("a load was started to try again what did not fail")
	}
	bare := uitest.NewStage(t, New(&keeper{}, nil), 80, 10)
	if bare.Why("a") == "" {
		t.Error("adding is offered without a loader")
	}
}

func TestEverySize(t *testing.T) {
	t.Parallel()
	s, _, _ := stage(t, 50)
	for range 2 {
		for w := 60; w < 220; w += 13 {
			for h := 1; h < 50; h += 5 {
				s.Resize(w, h)
				s.Text()
			}
		}
		s.Keys("space")
	}
}
