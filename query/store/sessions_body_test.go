package store

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// bodyLexicon has two identities, some texts, and no agents at all.
func bodyLexicon() lexicon {
	l := lexicon{ip: []string{"", "198.51.100.1", "203.0.113.9"}, source: []string{"", "iam.amazonaws.com"}, region: []string{"", "eu-west-1"},
		person: []string{"", "alice", "arn:aws:iam::111122223333:user/alice", "AIDAALICE", "111122223333", "AKIAALICE0000001"}}
	l.rows = make([]identityRow, 2)
	t := &l.rows[1].texts
	t[whoActor], t[whoPrincipal], t[whoPrincipalID], t[whoAccount], t[whoKey] = 1, 2, 3, 4, 5
	return l
}

// randomSession has texts that are known and such that are not, hostile ones among
// them, and all that may be absent now and then.
func randomSession(r *rand.Rand) session.Session {
	text := func() string {
		return []string{"", "alice", "AIDAALICE", "198.51.100.1", "eu-west-1", "no MFA", "\x01\x02 first use of \x00", "ünï⟨cödé⟩", "the call that issued these credentials is not in these logs: x", "\xff\xfe"}[r.IntN(10)]
	}
	texts := func() (out []string) {
		for range r.IntN(4) {
			out = append(out, text()+[]string{"", "203.0.113.9"}[r.IntN(2)])
		}
		return out
	}
	at := func() int64 {
		return []int64{noTime, 0, 1, -1, 1_700_000_000_000_000 + r.Int64N(1e12), math.MaxInt64 / 4}[r.IntN(6)]
	}
	id := func() string { return []string{"", spellSession(r.Uint64())}[r.IntN(2)] }
	event := func() session.EventRef {
		return session.EventRef{ID: []string{"", "1", guidText(r.Uint64(), r.Uint64()), "ABCDEF01-0000-0000-0000-000000000000"}[r.IntN(4)], Seq: r.Int64N(1000)}
	}
	link := func() session.Link {
		return session.Link{Kind: session.LinkKind([]string{"", "issued-key", "another"}[r.IntN(3)]), Parent: id(), Event: event(), Call: text(), Time: at(),
			Confidence: []session.Confidence{session.Exact, session.Unknown}[r.IntN(2)], Reason: text()}
	}
	s := session.Session{ID: spellSession(r.Uint64()), Actor: text(), ActorKind: cloudtrail.Kind(r.IntN(12)), Kind: []session.Kind{session.Console, "unheard of"}[r.IntN(2)],
		Principal: text(), PrincipalID: text(), Account: text(), Role: text(), RoleARN: text(), SessionName: text(), SourceIdentity: text(), Keys: texts(),
		Start: at(), End: at(), Created: at(), Events: r.Int64(), Writes: r.Int64N(9), Errors: r.Int64N(9), Denied: r.Int64N(9), Forwarded: r.Int64N(9),
		IPs: texts(), Services: texts(), Regions: texts(), Agents: texts(), MFA: cloudtrail.MFA(r.IntN(3)), OpenedBy: event(), Root: id(), RootActor: text(),
		RootKind: cloudtrail.Kind(r.IntN(12)), Depth: r.IntN(17), Confidence: session.Inferred, Reason: text() + text(), Behalf: text(), Seen: texts(), Ring: r.IntN(2) == 0}
	if r.IntN(2) == 0 {
		l := link()
		s.Link = &l
	}
	for range r.IntN(3) {
		s.Candidates = append(s.Candidates, link())
		s.Risks = append(s.Risks, session.Risk{Sign: []session.Sign{session.NoMFA, "unheard of"}[r.IntN(2)], Detail: text()})
	}
	return s
}

func TestBodiesOfSessionsComeBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	coder := bodyCoder{lexicon: bodyLexicon()}
	for i := range 3000 {
		want, face := randomSession(r), uint32(r.IntN(2))
		body := string(coder.write(&want, face))
		got, err := coder.read(numberOfSession(want.ID), body)
		if d := cmp.Diff(want, got.Session, cmpopts.IgnoreUnexported(session.Session{})); d != "" || err != nil || got.face != face {
			t.Fatalf("session %d, face %d for %d (%v):\n%s", i, got.face, face, err, d)
		}
		if cut := body[:r.IntN(len(body))]; cut != body {
			if _, err := coder.read(1, cut); err == nil {
				t.Fatalf("session %d: %d of %d bytes were read as a session", i, len(cut), len(body))
			}
		}
		bent := []byte(body)
		bent[r.IntN(len(bent))] ^= byte(1 + r.IntN(255))
		_, _ = coder.read(1, string(bent)) // whatever it is, it ends
	}
}

// A session with usual words takes little room.
func TestBodiesAreShort(t *testing.T) {
	t.Parallel()
	s := session.Session{ID: spellSession(7), Actor: "alice", Kind: session.LongTermKey, Principal: "arn:aws:iam::111122223333:user/alice", PrincipalID: "AIDAALICE", Account: "111122223333",
		Keys: []string{"AKIAALICE0000001"}, Start: 1_700_000_000_000_000, End: 1_700_000_000_000_000 + 3e9, Created: noTime, Events: 500, IPs: []string{"198.51.100.1"},
		Services: []string{"iam.amazonaws.com"}, Regions: []string{"eu-west-1"}, Root: spellSession(7), RootActor: "alice", Confidence: session.Exact, Reason: "an IAM user's own credentials"}
	coder := bodyCoder{lexicon: bodyLexicon()}
	if n := len(coder.write(&s, 1)); n > 80 {
		t.Errorf("%d bytes, want 80 at most", n)
	}
	if len(phrases) >= ' ' {
		t.Errorf("%d phrases: each needs a control character of its own", len(phrases))
	}
}
