package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
	"spoor/ui/uitest"
)

// profiles answers with an invented profile.
type profiles struct {
	asked   string
	err     error
	partErr error
}

func (p *profiles) FindProfile(_ context.Context, value string) (query.Profile, error) {
	p.asked = value
	return query.Profile{Value: value, Fields: []string{"actor", "root"}, Filter: must(p.whole(value)).Filter}, p.err
}

func (p *profiles) ProfilePart(_ context.Context, of query.Profile, part query.ProfilePart) (query.Profile, error) {
	return p.whole(of.Value)
}

func (p *profiles) whole(value string) (query.Profile, error) {
	f, err := query.Is("actor", query.Value{Text: value})
	if err != nil {
		return query.Profile{}, err
	}
	return query.Profile{Value: value, Fields: []string{"actor", "root"}, Filter: f, Events: 1234, First: uitest.Start.UnixMicro(), Last: uitest.Start.UnixMicro() + 3_600_000_000,
		Denied: 5, Writes: 40, Changes: 38, Volume: query.Histogram{Start: uitest.Start, Step: 15 * time.Minute, Series: []query.Series{{Name: "ok", Counts: []int64{0, 1, 50, 100}}}},
		Facets:   []query.Facet{{Field: "service", Distinct: 2, Values: []query.FacetValue{{Value: query.Value{Text: "iam.amazonaws.com\x1b[2J"}, Count: 30}, {Value: query.Value{Null: true}, Count: 2}}}},
		Denials:  query.Facet{Field: "event", Distinct: 1, Values: []query.FacetValue{{Value: query.Value{Text: "CreateUser"}, Count: 5}}},
		Sessions: query.SessionPage{Total: 1, Sessions: []query.Session{{ID: "a1a1", Actor: "alice", RootActor: "alice", Start: cloudtrail.NoTime, Matched: 12}}}}, p.partErr
}

func TestProfile(t *testing.T) {
	t.Parallel()
	p := &profiles{}
	d := newDriver(t, Options{Profiles: p, NoTips: true}, 120, 40)
	d.keys("l", "l", "p") // from the time to the actor
	if p.asked == "" {
		t.Fatal("nothing was asked")
	}
	uitest.Golden(t, "profile-120x40.txt", d.frame())
	d.keys("enter")
	if got := d.filter(); !strings.HasPrefix(got, "actor=") {
		t.Errorf("the first figure opens %q", got)
	}
	opens := map[string]string{}
	for _, i := range d.m.profileItems(&portrait{Profile: must(p.whole("alice")), has: [query.ProfileParts]bool{true, true, true, true, true}}) {
		if i.Do != nil {
			in, _ := i.Do()
			if e, ok := in.(pane.Evidence); ok {
				opens[string(i.Title)] = e.Filter.String()
			}
		}
		if i.Title == "what came of it" {
			in, _ := i.Do()
			if all, ok := in.(pane.Several); !ok || all[1].(pane.Send).Msg.(pane.ShowRadius).Filter.String() != "actor=alice" {
				t.Errorf("what came of it: %#v", in)
			}
		}
	}
	for title, want := range map[string]string{
		"first seen 2026-05-04 09:00:00":                       "actor=alice time:2026-05-04T09:00:00Z..2026-05-04T09:00:00Z",
		"last seen  2026-05-04 10:00:00":                       "actor=alice time:2026-05-04T10:00:00Z..2026-05-04T10:00:00Z",
		"most from 2026-05-04 09:45:00 to 2026-05-04 09:59:59": "actor=alice time:2026-05-04T09:45:00Z..2026-05-04T09:59:59.999999Z",
		"40 writes": "actor=alice readonly:false",
	} {
		if opens[title] != want {
			t.Errorf("%q opens %q, want %q", title, opens[title], want)
		}
	}
	p.err = errors.New("gone")
	d.keys("p")
	d.shows("profile: gone")
	p.err, p.partErr = nil, errors.New("torn")
	d.keys("p")
	d.shows("profile: torn")
}

// Parts are shown as they come, in their places; the line under the cursor stays
// under it, and what was closed is not opened again.
func TestProfileComesInParts(t *testing.T) {
	t.Parallel()
	p := &profiles{}
	d := newDriver(t, Options{Profiles: p, NoTips: true}, 120, 40)
	found := must(p.FindProfile(t.Context(), "alice"))
	_, n := d.m.profiles.Next(t.Context())
	parts := map[query.ProfilePart]partMsg{}
	for _, ask := range d.m.profiled(profileMsg{n, found, nil})().(tea.BatchMsg) {
		part := ask().(partMsg)
		parts[part.part] = part
	}
	d.shows("events …", "over time …", "what, where, with what …", "denied …", "sessions …")
	list := parts[0].of.menu
	come := func(part query.ProfilePart) { d.m.portrayed(parts[part]) }
	come(query.ProfileSessions)
	d.shows("events …", "denied …", "alice")
	d.keys("end")
	at, _ := list.grid.Current()
	line := list.items[at].title
	for _, part := range []query.ProfilePart{query.ProfileDenials, query.ProfileSums, query.ProfileFacets, query.ProfileVolume} {
		come(part)
		if i, _ := list.grid.Current(); list.items[i].title != line {
			t.Errorf("after part %d the cursor is on %q, it was on %q", part, list.items[i].title, line)
		}
	}
	if got := d.frame(); strings.Contains(got, "…\n") {
		t.Errorf("still waiting:\n%s", got)
	}
	d.keys("esc")
	come(query.ProfileSums)
	if len(d.m.overlays) > 0 {
		t.Error("a part opened what was closed")
	}
}

func must(p query.Profile, _ error) query.Profile { return p }

func TestProfileNeedsAValue(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Profiles: &profiles{}}, 120, 40)
	d.keys("p") // the cursor is on the time
	d.shows("move to a value first")
}

// finder is a case whose events belong to one session.
type finder struct{ *uitest.Case }

func (finder) SessionOf(context.Context, int64) (string, error) { return "a1a1", nil }

// listener is a view that remembers what it was asked to show.
type listener struct {
	pane.Pane
	shown []string
}

func (l *listener) Sync(pane.State) tea.Cmd  { return nil }
func (l *listener) Resize(int, int)          {}
func (l *listener) Commands() []pane.Command { return nil }
func (l *listener) Title() text.Safe         { return "Sessions" }
func (l *listener) View(bool) string {
	return strings.TrimSuffix(strings.Repeat(text.Spaces(120)+"\n", 36), "\n")
}
func (l *listener) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	if m, ok := msg.(pane.ShowSession); ok {
		l.shown = append(l.shown, m.ID)
	}
	return nil, nil
}

func TestSessionOfAnEvent(t *testing.T) {
	t.Parallel()
	l := &listener{}
	d := newDriver(t, Options{Case: finder{uitest.New(20)}, Views: []View{{Title: "Sessions", Pane: l}}}, 120, 40)
	d.keys("S")
	if len(l.shown) != 1 || l.shown[0] != "a1a1" || d.m.view != 1 {
		t.Errorf("shown %v, view %d", l.shown, d.m.view)
	}
}
