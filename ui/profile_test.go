package ui

import (
	"context"
	"errors"
	"strings"
	"testing"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/ui/uitest"
)

// profiles answers with an invented profile.
type profiles struct {
	asked string
	err   error
}

func (p *profiles) Profile(_ context.Context, value string) (query.Profile, error) {
	p.asked = value
	f, err := query.Is("actor", query.Value{Text: value})
	if err != nil {
		return query.Profile{}, err
	}
	return query.Profile{Value: value, Fields: []string{"actor", "root"}, Filter: f, Events: 1234, First: uitest.Start.UnixMicro(), Last: uitest.Start.UnixMicro() + 3_600_000_000,
		Denied: 5, Writes: 40, Volume: query.Histogram{Series: []query.Series{{Name: "ok", Counts: []int64{0, 1, 50, 100}}}},
		Facets:   []query.Facet{{Field: "service", Distinct: 2, Values: []query.FacetValue{{Value: query.Value{Text: "iam.amazonaws.com\x1b[2J"}, Count: 30}, {Value: query.Value{Null: true}, Count: 2}}}},
		Denials:  query.Facet{Field: "event", Distinct: 1, Values: []query.FacetValue{{Value: query.Value{Text: "CreateUser"}, Count: 5}}},
		Sessions: query.SessionPage{Total: 1, Sessions: []query.Session{{ID: "a1a1", Actor: "alice", RootActor: "alice", Start: cloudtrail.NoTime, Matched: 12}}}}, p.err
}

func TestProfile(t *testing.T) {
	t.Parallel()
	p := &profiles{}
	d := newDriver(t, Options{Profiles: p}, 120, 40)
	d.keys("l", "l", "p") // from the time to the actor
	if p.asked == "" {
		t.Fatal("nothing was asked")
	}
	golden(t, "profile-120x40.txt", d.frame())
	d.keys("enter")
	if got := d.filter(); !strings.HasPrefix(got, "actor=") {
		t.Errorf("the first figure opens %q", got)
	}
	p.err = errors.New("gone")
	d.keys("p")
	d.shows("profile: gone")
}

func TestProfileNeedsAValue(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Profiles: &profiles{}}, 120, 40)
	d.keys("p") // the cursor is on the time
	d.shows("move to a value first")
}
