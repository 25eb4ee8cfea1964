package session_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// dataset decodes the logs of a live account under an attack simulation
// (invictus-ir/aws_dataset), or skips the test where they are absent.
func dataset(t *testing.T) []event {
	t.Helper()
	files, _ := filepath.Glob("../../../shared/data/real/invictus-aws-dataset/*.json")
	if len(files) == 0 {
		files, _ = filepath.Glob("../../../shared/data/real/invictus-aws-dataset/*/*.json")
	}
	if len(files) == 0 {
		t.Skip("../shared/data is absent")
	}
	var events []event
	var d cloudtrail.Decoder
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Decode(string(raw), func(e *cloudtrail.Event) error { events = append(events, *e); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return events
}

// The data set's own count: 36 temporary keys were issued, 8 of them used later,
// by 70 events.
func TestAttackSimulationLinks(t *testing.T) {
	t.Parallel()
	events := dataset(t)
	if len(events) != 2900 {
		t.Fatalf("%d events, want 2,900", len(events))
	}
	checkSums(t, events)
	issued, used := map[string]*event{}, map[string]int64{}
	for i := range events {
		if m := events[i].Mint; m != nil && len(m.IssuedKey) > 4 && m.IssuedKey[:4] == "ASIA" {
			issued[m.IssuedKey] = &events[i]
		}
	}
	r := resolve(events, 0)
	for i := range events {
		e := &events[i]
		m := issued[e.Who.AccessKey]
		if m == nil {
			continue
		}
		used[e.Who.AccessKey]++
		at, _ := r.Find(ref(e))
		s := &r.Sessions[at]
		by, _ := r.Find(ref(m))
		if s.Link == nil || s.Link.Event.ID != m.ID || s.Link.Kind != session.ByIssuedKey || s.Link.Confidence != session.Exact || s.Link.Parent != r.Sessions[by].ID {
			t.Errorf("session of key %s: link %+v, want the event %s", e.Who.AccessKey, s.Link, m.ID)
		}
		if m.Who.Type == "IAMUser" && s.RootActor != "bert-jan" {
			t.Errorf("session of key %s: root %s", e.Who.AccessKey, s.RootActor)
		}
	}
	var sum int64
	for _, n := range used {
		sum += n
	}
	if len(issued) != 36 || len(used) != 8 || sum != 70 {
		t.Errorf("%d keys issued, %d used by %d events; want 36, 8, 70", len(issued), len(used), sum)
	}
}

func TestAttackSimulationInAnyOrder(t *testing.T) {
	t.Parallel()
	events := dataset(t)
	base := resolve(events, 0)
	again := resolve(shuffled(events, 7), 0)
	opts := cmp.Options{cmpopts.IgnoreFields(session.EventRef{}, "Seq"), cmpopts.IgnoreUnexported(session.Session{})}
	if d := cmp.Diff(base.Sessions, again.Sessions, opts); d != "" {
		t.Error(d)
	}
	if !slices.ContainsFunc(base.Sessions, func(s session.Session) bool {
		return s.SessionName == "i-0dbc91f429e48eeed" && slices.ContainsFunc(s.Risks, func(r session.Risk) bool { return r.Sign == session.OutsideInstance })
	}) {
		t.Error("no sign of the instance credentials that were stolen in this run")
	}
}
