package store

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/session"
)

// A troupe makes events of all that batches could get wrong: services that act
// in somebody's name about the time of calls in person, callers that another
// account hides, sign-ins with failures before, refusals in a row, keys given
// out before or after their use is known.
type troupe struct {
	r      *rand.Rand
	n      int
	who    map[string]*cloudtrail.Identity
	events []loader.Event
}

func (p *troupe) identity(id cloudtrail.Identity) *cloudtrail.Identity {
	key := fmt.Sprintf("%+v", id)
	if p.who[key] == nil {
		id.Hash = [2]uint64{uint64(len(p.who) + 1), 7}
		p.who[key] = &id
	}
	return p.who[key]
}

const (
	troupeHome, troupeAway = "111111111111", "222222222222"
	second                 = int64(1_000_000)
)

func (p *troupe) user(n int, key string, created int64) cloudtrail.Identity {
	name := fmt.Sprint("user", n)
	return cloudtrail.Identity{Type: "IAMUser", PrincipalID: "AIDA" + name, ARN: "arn:aws:iam::" + troupeHome + ":user/" + name, Account: troupeHome, UserName: name,
		AccessKey: key, Created: created, Kind: cloudtrail.KindUser, Actor: name}
}

func (p *troupe) add(t int64, id cloudtrail.Identity, anchor cloudtrail.Anchor, source, name string, change func(*cloudtrail.Event)) {
	p.n++
	e := cloudtrail.Event{ID: guidText(3, uint64(p.n)), Time: t * second, Source: source + ".amazonaws.com", Name: name, Region: "eu-west-1", Account: id.Account, UserAgent: fmt.Sprint("agent/", p.r.IntN(3)),
		SourceIP: fmt.Sprint("198.51.100.", p.r.IntN(2)), ReadOnly: p.r.IntN(2) == 0, Anchor: anchor, Who: p.identity(id), BytesIn: cloudtrail.NoBytes, BytesOut: cloudtrail.NoBytes}
	if change != nil {
		change(&e)
	}
	p.events = append(p.events, loader.Event{Event: e})
}

// act makes the events of one scene.
func (p *troupe) act() {
	n := p.r.IntN(4)
	t := int64(100_000 + p.r.IntN(20_000))
	long := p.user(n, fmt.Sprintf("AKIAUSER%08d", n), cloudtrail.NoTime)
	switch p.r.IntN(5) {
	case 0: // a call in person, and a service in her name about then
		p.add(t, long, cloudtrail.AnchorIdle, "s3", "GetObject", nil)
		lent := p.user(n, fmt.Sprintf("ASIALENT%08d", p.n), (t+1)*second)
		lent.InvokedBy = "s3.amazonaws.com"
		p.add(t+int64(p.r.IntN(90)), lent, cloudtrail.AnchorForward, "kms", "Decrypt", nil)
	case 1: // a role assumed over accounts: hidden there, in full here
		key, shared := fmt.Sprintf("ASIAROLE%08d", p.n), guidText(9, uint64(p.n))
		mint := &cloudtrail.Mint{Call: "AssumeRole", IssuedKey: key, RoleARN: "arn:aws:iam::" + troupeAway + ":role/Ops", SessionName: "s"}
		both := func(e *cloudtrail.Event) { e.SharedID, e.Mint = shared, mint }
		p.add(t, long, cloudtrail.AnchorIdle, "sts", "AssumeRole", both)
		stranger := cloudtrail.Identity{Type: "AWSAccount", PrincipalID: long.PrincipalID, Account: troupeHome, Created: cloudtrail.NoTime, Kind: cloudtrail.KindForeign, Actor: "stranger"}
		p.add(t, stranger, cloudtrail.AnchorIdle, "sts", "AssumeRole", func(e *cloudtrail.Event) { both(e); e.Account = troupeAway })
		role := cloudtrail.Identity{Type: "AssumedRole", PrincipalID: "AROAOPS:s", ARN: "arn:aws:sts::" + troupeAway + ":assumed-role/Ops/s", Account: troupeAway, AccessKey: key, Role: "Ops", SessionName: "s",
			Created: t * second, Kind: cloudtrail.KindRole, Actor: "Ops/s"}
		p.add(t+5, role, cloudtrail.AnchorKey, "ec2", "RunInstances", nil)
	case 2: // a sign-in, perhaps after a failure, and work under two keys
		bare := p.user(n, "", cloudtrail.NoTime)
		p.add(t-20, bare, cloudtrail.AnchorIdle, "signin", "ConsoleLogin", func(e *cloudtrail.Event) { e.Outcome = cloudtrail.Denied })
		p.add(t, bare, cloudtrail.AnchorIdle, "signin", "ConsoleLogin", func(e *cloudtrail.Event) { e.Mint = &cloudtrail.Mint{Call: "ConsoleLogin"} })
		for k := range 2 {
			p.add(t+30, p.user(n, fmt.Sprintf("ASIAWEBK%04d%04d", p.n, k), t*second), cloudtrail.AnchorConsole, "iam", "ListUsers", nil)
		}
	case 3: // refused six times, then not
		for k := range int64(7) {
			p.add(t+k, long, cloudtrail.AnchorIdle, "s3", "PutObject", func(e *cloudtrail.Event) {
				e.SourceIP = "203.0.113.9"
				if k < 6 {
					e.Outcome = cloudtrail.Denied
				}
			})
		}
	case 4:
		p.add(cloudtrail.NoTime/second, long, cloudtrail.AnchorIdle, "s3", "ListBuckets", func(e *cloudtrail.Event) { e.Time = cloudtrail.NoTime })
	}
}

// What batches of events in any order give is what all of them at once give.
func TestBatchesGiveWhatAllAtOnceGives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		p := &troupe{r: rand.New(rand.NewPCG(seed, 5)), who: map[string]*cloudtrail.Identity{}}
		for range 60 {
			p.act()
		}
		p.r.Shuffle(len(p.events), func(i, j int) { p.events[i], p.events[j] = p.events[j], p.events[i] })
		db := newCase(t)
		taken := 0
		for batch := 0; len(p.events) > 0; batch++ {
			k := min(1+p.r.IntN(40), len(p.events))
			load(t, db, pack1(fmt.Sprintf("/%d.json.gz", batch), `{"Records":[]}`, p.events[:k:k], func(int) (int, int) { return 0, 1 }))
			p.events = p.events[k:]
			listed(t, db, query.SessionRequest{Stale: true})
			if db.sessions.kept.after > 0 {
				taken++
			}
			got := tablesOf(t, db)
			kept, written := db.sessions.kept, db.sessions.written
			db.sessions.kept, db.sessions.written = nil, nil
			if _, err := db.workOut(t.Context(), session.DefaultIdle, false); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tablesOf(t, db), got); d != "" {
				t.Fatalf("seed %d, batch %d, at once and batch by batch:\n%s", seed, batch, d)
			}
			db.sessions.kept, db.sessions.written = kept, written
		}
		if taken == 0 {
			t.Errorf("seed %d: no batch was taken into what there was", seed)
		}
	}
}
