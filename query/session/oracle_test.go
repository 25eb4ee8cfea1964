package session_test

import (
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// An event is what these tests log: a decoded record, whatever made it.
type event = cloudtrail.Event

const sec = int64(1_000_000)

// at is a second of the fixtures' day, in µs.
func at(s float64) int64 {
	return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMicro() + int64(s*float64(sec))
}

// hashed gives an identity made by hand what the decoder gives: a hash of its content.
func hashed(id cloudtrail.Identity) *cloudtrail.Identity {
	h := fnv.New64a()
	for _, s := range []string{id.Type, id.PrincipalID, id.ARN, id.Account, id.AccessKey, id.UserName, id.InvokedBy, id.Role, id.SessionName,
		id.SourceIdentity, id.SignInSession, id.OnBehalfOf, id.CredentialID, id.IssuerARN, strconv.FormatInt(id.Created, 10), strconv.Itoa(int(id.MFA))} {
		h.Write([]byte(s + "\x00"))
	}
	id.Hash = [2]uint64{h.Sum64(), 0}
	return &id
}

// sum is the slow, plain counterpart of the store's SQL: it sums events up.
func sum(events []event, idle time.Duration) session.Input {
	in := session.Input{Idle: idle}
	intern := map[[2]uint64]*cloudtrail.Identity{}
	who := func(id *cloudtrail.Identity) *cloudtrail.Identity {
		if intern[id.Hash] == nil {
			intern[id.Hash] = id
		}
		return intern[id.Hash]
	}
	signs := map[*cloudtrail.Identity]bool{}
	for i := range events {
		e := &events[i]
		e.Who = who(e.Who)
		if e.Mint == nil || e.Outcome != cloudtrail.OK {
			continue
		}
		m := session.Mint{Mint: *e.Mint, Ref: ref(e), Event: session.EventRef{ID: e.ID, Seq: int64(i)}, Shared: e.SharedID, MFA: e.MFA, Agent: e.UserAgent}
		in.Mints = append(in.Mints, m)
	}
	for _, id := range session.Signers(in.Mints, slices.Collect(maps.Values(intern))) {
		signs[id] = true
	}
	if idle == 0 {
		idle = session.DefaultIdle
	}
	type group struct {
		who         *cloudtrail.Identity
		anchor      cloudtrail.Anchor
		account, ip string
		bucket      int64
	}
	rows := map[group]*session.Activity{}
	var order []group
	seen := map[group][]*event{}
	for i := range events {
		e := &events[i]
		bucket := e.Time
		if e.Time != cloudtrail.NoTime {
			if in.From == 0 || e.Time < in.From {
				in.From = e.Time
			}
			in.To = max(in.To, e.Time)
			if !signs[e.Who] {
				bucket = e.Time / idle.Microseconds()
			}
		}
		g := group{e.Who, e.Anchor, e.Account, e.SourceIP, bucket}
		a := rows[g]
		if a == nil {
			a = &session.Activity{Who: e.Who, Anchor: e.Anchor, Account: e.Account, IP: e.SourceIP, First: e.Time, Last: e.Time}
			rows[g] = a
			order = append(order, g)
		}
		seen[g] = append(seen[g], e)
		a.First, a.Last = min(a.First, e.Time), max(a.Last, e.Time)
		a.Events++
		if !e.ReadOnly {
			a.Writes++
		}
		if e.Outcome != cloudtrail.OK {
			a.Errors++
		}
		if e.Outcome == cloudtrail.Denied {
			a.Denied++
		}
	}
	var details []session.Detail
	for row, g := range order {
		in.Activity = append(in.Activity, *rows[g])
		for _, e := range seen[g] {
			details = append(details, session.Detail{Row: row, Service: e.Source, Region: e.Region, Agent: e.UserAgent})
		}
	}
	in.Details = slices.Values(details)
	in.Causes = causes(events)
	in.Twins = twins(events)
	return in
}

func ref(e *event) session.Ref {
	return session.Ref{Who: e.Who, Anchor: e.Anchor, Account: e.Account, IP: e.SourceIP, Time: e.Time}
}

func causes(events []event) []session.Cause {
	first := map[*cloudtrail.Identity]int64{}
	for i := range events {
		e := &events[i]
		if t, ok := first[e.Who]; session.Forwards(e.Who) && e.Time != cloudtrail.NoTime && (!ok || e.Time < t) {
			first[e.Who] = e.Time
		}
	}
	var out []session.Cause
	for id, t := range first {
		var best *event
		for i := range events {
			e := &events[i]
			if e.Who == id || e.Who.PrincipalID != id.PrincipalID || e.Time > t || e.Time < t-session.BurstWindow.Microseconds() ||
				e.Source != id.InvokedBy && id.InvokedBy != "AWS Internal" || e.Who.InvokedBy == id.InvokedBy ||
				id.InvokedBy == "AWS Internal" && e.Who.InvokedBy != "" {
				continue
			}
			if best == nil || later(e, best) {
				best = e
			}
		}
		if best != nil {
			out = append(out, session.Cause{Who: id, By: ref(best)})
		}
	}
	return out
}

func later(a, b *event) bool {
	if a.Time != b.Time {
		return a.Time > b.Time
	}
	if c := slices.Compare(a.Who.Hash[:], b.Who.Hash[:]); c != 0 {
		return c < 0
	}
	return a.SourceIP+" "+a.Account < b.SourceIP+" "+b.Account
}

func twins(events []event) []session.Twin {
	var out []session.Twin
	for i := range events {
		for j := range events {
			a, b := &events[i], &events[j]
			if i != j && a.SharedID != "" && a.SharedID == b.SharedID && a.Who.Kind == cloudtrail.KindForeign && b.Who.Kind != cloudtrail.KindForeign {
				out = append(out, session.Twin{Hidden: ref(a), Full: ref(b), Event: session.EventRef{ID: b.ID, Seq: int64(j)}})
			}
		}
	}
	return out
}

// resolve sums up and resolves.
func resolve(events []event, idle time.Duration) *session.Result {
	r := session.Resolve(sum(events, idle))
	r.Assess(nil)
	return r
}

// of returns the session of the event with an id.
func of(t *testing.T, r *session.Result, events []event, id string) *session.Session {
	t.Helper()
	for i := range events {
		if events[i].ID == id {
			if at, ok := r.Find(ref(&events[i])); ok {
				return &r.Sessions[at]
			}
			t.Fatalf("event %s is in no session", id)
		}
	}
	t.Fatalf("no event %s", id)
	return nil
}

func shuffled(events []event, seed uint64) []event {
	out := slices.Clone(events)
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
