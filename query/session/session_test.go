package session_test

import (
	stdcmp "cmp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

func fixtures() []fixture { return slices.Concat(mintFixtures(), trapFixtures(), accountFixtures()) }

func TestSessionsOfMadeCases(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := resolve(f.events, 0)
			checkGroups(t, r, f)
			for _, w := range f.wants {
				checkWant(t, r, f, w)
			}
		})
	}
}

func checkGroups(t *testing.T, r *session.Result, f fixture) {
	t.Helper()
	got := map[string][]string{}
	for i := range f.events {
		at, ok := r.Find(ref(&f.events[i]))
		if !ok {
			t.Fatalf("%s is in no session", f.events[i].ID)
		}
		got[r.Sessions[at].ID] = append(got[r.Sessions[at].ID], f.events[i].ID)
	}
	var groups, want []string
	for _, g := range got {
		slices.Sort(g)
		groups = append(groups, strings.Join(g, ", "))
	}
	for _, g := range f.sessions {
		g = slices.Sorted(slices.Values(g))
		want = append(want, strings.Join(g, ", "))
	}
	slices.Sort(groups)
	slices.Sort(want)
	if d := cmp.Diff(want, groups); d != "" {
		t.Errorf("sessions (-want +got):\n%s", d)
	}
	if len(r.Sessions) != len(f.sessions) {
		t.Errorf("%d sessions, want %d", len(r.Sessions), len(f.sessions))
	}
}

func checkWant(t *testing.T, r *session.Result, f fixture, w want) {
	t.Helper()
	s := of(t, r, f.events, w.event)
	got := want{event: w.event, root: s.RootActor, sure: string(s.Confidence), depth: s.Depth, candidates: len(s.Candidates)}
	exp := w
	if w.parent != "" {
		exp.parent = of(t, r, f.events, w.parent).ID
	}
	if s.Link != nil {
		got.parent, got.evidence, got.link, got.confidence = s.Link.Parent, s.Link.Event.ID, string(s.Link.Kind), string(s.Link.Confidence)
		if s.Link.Reason == "" {
			t.Errorf("%s: link without a reason", w.event)
		}
	}
	if d := cmp.Diff(exp, got, cmp.AllowUnexported(want{})); d != "" {
		t.Errorf("session of %q (-want +got):\n%s\nreason: %s", w.event, d, s.Reason)
	}
	if s.Reason == "" {
		t.Errorf("%s: no reason for its root", w.event)
	}
}

// all returns every fixture's events as one case, their keys and names kept
// apart by nothing: what holds for each alone must hold for the heap.
func all() []event {
	var out []event
	for _, f := range fixtures() {
		out = append(out, f.events...)
	}
	return out
}

func TestOrderAndSplitDoNotMatter(t *testing.T) {
	t.Parallel()
	base := resolve(all(), 0)
	for seed := range uint64(20) {
		again := resolve(shuffled(all(), seed), 0)
		opts := cmp.Options{cmpopts.IgnoreFields(session.EventRef{}, "Seq"), cmpopts.IgnoreUnexported(session.Session{})}
		if d := cmp.Diff(base.Sessions, again.Sessions, opts); d != "" {
			t.Fatalf("order %d gives other sessions:\n%s", seed, d)
		}
		if d := cmp.Diff(plain(base), plain(again)); d != "" {
			t.Fatalf("order %d gives other spans:\n%s", seed, d)
		}
	}
}

type flat struct {
	Who      [2]uint64
	Anchor   cloudtrail.Anchor
	Account  string
	IP       string
	From, To int64
	Session  int
}

func plain(r *session.Result) []flat {
	var out []flat
	for _, s := range r.Spans {
		out = append(out, flat{s.Who.Hash, s.Anchor, s.Account, s.IP, s.From, s.To, s.Session})
	}
	slices.SortFunc(out, func(a, b flat) int {
		return stdcmp.Or(stdcmp.Compare(a.Session, b.Session), slices.Compare(a.Who[:], b.Who[:]), stdcmp.Compare(a.Anchor, b.Anchor), stdcmp.Compare(a.Account, b.Account),
			stdcmp.Compare(a.IP, b.IP), stdcmp.Compare(a.From, b.From))
	})
	return out
}

func TestEveryEventIsInOneSessionAndSumsAgree(t *testing.T) {
	t.Parallel()
	checkSums(t, all())
}

func checkSums(t *testing.T, events []event) {
	t.Helper()
	r := resolve(events, 0)
	type counts struct{ Events, Writes, Errors, Denied int64 }
	want := map[string]counts{}
	for i := range events {
		e := &events[i]
		hits := map[int]bool{}
		for _, s := range r.Spans {
			if s.Who == e.Who && s.Anchor == e.Anchor && (s.Account == "" || s.Account == e.Account) &&
				(!s.ByIP() || s.IP == e.SourceIP && s.From <= e.Time && e.Time <= s.To) {
				hits[s.Session] = true
			}
		}
		at, ok := r.Find(ref(e))
		if len(hits) != 1 || !ok || !hits[at] {
			t.Fatalf("event %s %s: spans of %d sessions, Find %d %v", e.ID, e.Name, len(hits), at, ok)
		}
		c := want[r.Sessions[at].ID]
		c.Events++
		if !e.ReadOnly {
			c.Writes++
		}
		if e.Outcome != cloudtrail.OK {
			c.Errors++
		}
		if e.Outcome == cloudtrail.Denied {
			c.Denied++
		}
		want[r.Sessions[at].ID] = c
	}
	got := map[string]counts{}
	for _, s := range r.Sessions {
		got[s.ID] = counts{s.Events, s.Writes, s.Errors, s.Denied}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("sums (-events +sessions):\n%s", d)
	}
}

func TestNoLinkWithoutEvidence(t *testing.T) {
	t.Parallel()
	events := all()
	r := resolve(events, 0)
	byID := map[string]*event{}
	for i := range events {
		byID[events[i].ID] = &events[i]
	}
	for _, s := range r.Sessions {
		for _, l := range append(slices.Clone(s.Candidates), deref(s.Link)...) {
			e := byID[l.Event.ID]
			if e == nil || l.Reason == "" || l.Kind == "" || l.Confidence == "" || r.ByID(l.Parent) == nil {
				t.Errorf("session %s of %s: link %+v without evidence", s.ID, s.Actor, l)
			}
		}
	}
}

func deref(l *session.Link) []session.Link {
	if l == nil {
		return nil
	}
	return []session.Link{*l}
}

// Keys that services used in somebody's name are no credentials of hers: nobody
// can take them away, and they would hide her own.
func TestKeysOfServicesAreNotTheSessions(t *testing.T) {
	t.Parallel()
	events, _ := burst(3)
	r := resolve(events, 0)
	if got := of(t, r, events, "decrypt1").Keys; !slices.Equal(got, []string{"AKIAALICE0000001"}) {
		t.Errorf("keys %v, want her own", got)
	}
	alone := events[1:] // the call behind them is not loaded
	r = resolve(alone, 0)
	if got := of(t, r, alone, "decrypt1").Keys; !slices.Equal(got, []string{"ASIAFORWARD0001"}) {
		t.Errorf("keys %v, want the one there is", got)
	}
}

// Where a chain breaks the reason says that something is not in these logs, and
// what to load.
func TestBrokenChainsSayWhatToLoad(t *testing.T) {
	t.Parallel()
	alice := user("alice", "AKIAALICE0000001")
	lone := do("lone", 70, role(acctB, "Ops", "s", "ASIALONE00000001", 65), byKey, "s3", "ListBuckets")
	first := do("first", 60, alice, idle, "s3", "ListBuckets")
	for name, c := range map[string]struct {
		events []event
		of     string
		words  []string
	}{
		"nothing assumed there at all": {[]event{first, lone}, "lone", []string{"not in these logs", "no AssumeRole into account " + acctB, "records only writes", "every region"}},
		"other roles are": {[]event{first, lone, assume("mint", 61, alice, idle, acctB, "Other", "s", "ASIANEVERUSED001")}, "lone",
			[]string{"not in these logs", "AssumeRole of Ops at 2026-03-01T00:01:05Z", "other accounts and regions"}},
		"issued before the first event": {[]event{do("early", 70, role(acctB, "Ops", "s", "ASIALONE00000001", 10), byKey, "s3", "ListBuckets")}, "early",
			[]string{"not in these logs", "issued at 2026-03-01T00:00:10Z", "load earlier logs"}},
		"a stranger": {[]event{do("s", 70, foreign("AROAX:y", acctC), idle, "s3", "GetObject")}, "s", []string{"external account " + acctC, "AROAX:y", "load those of account " + acctC}},
		"a ring": {[]event{assume("x", 60, role(acct, "X", "r", "ASIARINGX0000001", 60), byKey, acct, "Y", "r", "ASIARINGY0000001"),
			assume("y", 60, role(acct, "Y", "r", "ASIARINGY0000001", 60), byKey, acct, "X", "r", "ASIARINGX0000001")}, "y", []string{"lead back to itself"}},
	} {
		r := resolve(c.events, 0)
		s := of(t, r, c.events, c.of)
		for _, w := range c.words {
			if !strings.Contains(s.Reason, w) || s.Confidence != session.Unknown {
				t.Errorf("%s: reason %q (%s) lacks %q", name, s.Reason, s.Confidence, w)
			}
		}
	}
}
