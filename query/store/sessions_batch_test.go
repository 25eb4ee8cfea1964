package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
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
	switch scene := p.r.IntN(15); scene {
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
		p.add(t+5, p.role(troupeAway, "Ops", "s", key, t*second), cloudtrail.AnchorKey, "ec2", "RunInstances", nil)
	case 2: // a sign-in, perhaps after a failure, and work under two keys
		bare := p.user(n, "", cloudtrail.NoTime)
		p.add(t-20, bare, cloudtrail.AnchorIdle, "signin", "ConsoleLogin", func(e *cloudtrail.Event) { e.Outcome = cloudtrail.Denied })
		p.add(t, bare, cloudtrail.AnchorIdle, "signin", "ConsoleLogin", func(e *cloudtrail.Event) {
			e.Mint, e.MFA = &cloudtrail.Mint{Call: "ConsoleLogin"}, cloudtrail.MFA(p.r.IntN(3))
		})
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
		p.add(0, long, cloudtrail.AnchorIdle, "s3", "ListBuckets", func(e *cloudtrail.Event) { e.Time = cloudtrail.NoTime })
	default:
		p.chained(scene, n, t, long)
	}
}

// chained makes the events of a scene in which calls give credentials out.
func (p *troupe) chained(scene, n int, t int64, long cloudtrail.Identity) {
	minting := func(m cloudtrail.Mint) func(*cloudtrail.Event) { return func(e *cloudtrail.Event) { e.Mint = &m } }
	switch scene {
	case 5: // a key for another, and its use
		key, other := fmt.Sprintf("AKIAMADE%08d", p.n), p.user(p.r.IntN(4), "", cloudtrail.NoTime)
		p.add(t, long, cloudtrail.AnchorIdle, "iam", "CreateAccessKey", minting(cloudtrail.Mint{Call: "CreateAccessKey", IssuedKey: key, Target: other.UserName}))
		other.AccessKey = key
		p.add(t+int64(p.r.IntN(4000)), other, cloudtrail.AnchorIdle, "iam", "ListUsers", nil)
	case 6: // a service takes a role for a machine, which goes on to another
		ec2 := cloudtrail.Identity{Type: "AWSService", InvokedBy: "ec2.amazonaws.com", Created: cloudtrail.NoTime, Kind: cloudtrail.KindService, Actor: "service: ec2.amazonaws.com"}
		key, next := fmt.Sprintf("ASIAHOST%08d", p.n), fmt.Sprintf("ASIANEXT%08d", p.n)
		take := minting(cloudtrail.Mint{Call: "AssumeRole", IssuedKey: key, RoleARN: "arn:aws:iam::" + troupeHome + ":role/Host", SessionName: "i-0123456789abcdef0"})
		p.add(t, ec2, cloudtrail.AnchorService, "sts", "AssumeRole", func(e *cloudtrail.Event) { take(e); e.Account = troupeHome })
		host := p.role(troupeHome, "Host", "i-0123456789abcdef0", key, t*second)
		host.Kind = cloudtrail.KindInstance
		p.add(t+int64(p.r.IntN(600)), host, cloudtrail.AnchorKey, "s3", "GetObject", nil)
		p.add(t+700, host, cloudtrail.AnchorKey, "sts", "AssumeRole", minting(cloudtrail.Mint{Call: "AssumeRole", IssuedKey: next, RoleARN: "arn:aws:iam::" + troupeAway + ":role/Next", SessionName: "n"}))
		p.add(t+710, p.role(troupeAway, "Next", "n", next, (t+700)*second), cloudtrail.AnchorKey, "s3", "GetObject", nil)
	case 7: // a role that was switched to in the console
		ops := p.role(troupeHome, "Ops", long.UserName, fmt.Sprintf("ASIASWIT%08d", p.n), t*second)
		p.add(t, ops, cloudtrail.AnchorConsole, "signin", "SwitchRole", minting(cloudtrail.Mint{Call: "SwitchRole", From: long.ARN}))
		p.add(t+20, ops, cloudtrail.AnchorConsole, "ec2", "DescribeInstances", nil)
		p.add(t-30, p.user(n, fmt.Sprintf("ASIAWEB0%08d", p.n), (t-40)*second), cloudtrail.AnchorConsole, "iam", "ListRoles", nil)
	case 8: // Identity Center: a sign-in, credentials from the portal, their use
		sso := cloudtrail.Identity{Type: "IdentityCenterUser", OnBehalfOf: fmt.Sprint("user-id-", n), CredentialID: fmt.Sprint("portal", p.n), Created: cloudtrail.NoTime, Kind: cloudtrail.KindSSO,
			Actor: fmt.Sprint("user-id-", n), Account: troupeHome}
		there := func(e *cloudtrail.Event) { e.SourceIP = "198.51.100.1" }
		if p.r.IntN(2) == 0 {
			p.add(t-60, sso, cloudtrail.AnchorIdle, "signin", "UserAuthentication", minting(cloudtrail.Mint{Call: "UserAuthentication", SessionName: fmt.Sprint("person", n)}))
		}
		give := minting(cloudtrail.Mint{Call: "GetRoleCredentials", RoleName: "Admin"})
		p.add(t, sso, cloudtrail.AnchorIdle, "sso", "GetRoleCredentials", func(e *cloudtrail.Event) { give(e); there(e) })
		admin := p.role(troupeHome, "AWSReservedSSO_Admin_0123456789abcdef", fmt.Sprint("person", n), fmt.Sprintf("ASIASSO0%08d", p.n), t*second)
		admin.Kind, admin.Actor = cloudtrail.KindSSO, admin.SessionName
		if p.r.IntN(2) == 0 {
			admin.OnBehalfOf = sso.OnBehalfOf
		}
		p.add(t+3, admin, cloudtrail.AnchorKey, "s3", "ListBuckets", there)
	case 9: // a source identity, where no second is known
		name := fmt.Sprint("src", n)
		p.add(t, long, cloudtrail.AnchorIdle, "sts", "AssumeRole", minting(cloudtrail.Mint{Call: "AssumeRole", RoleARN: "arn:aws:iam::" + troupeHome + ":role/Src", SessionName: name, SourceIdent: "alice"}))
		src := p.role(troupeHome, "Src", name, fmt.Sprintf("ASIASRC0%08d", p.n), cloudtrail.NoTime)
		src.SourceIdentity = "alice"
		p.add(t+int64(p.r.IntN(100)), src, cloudtrail.AnchorKey, "s3", "ListBuckets", nil)
	case 10: // a session token, by its second only
		p.add(t, long, cloudtrail.AnchorIdle, "sts", "GetSessionToken", minting(cloudtrail.Mint{Call: "GetSessionToken"}))
		p.add(t+9, p.user(n, fmt.Sprintf("ASIATOKN%08d", p.n), t*second), cloudtrail.AnchorKey, "iam", "ListUsers", nil)
	case 12: // an application on behalf of an Identity Center user, which goes on to another role
		app := p.role(troupeHome, "Reports", fmt.Sprint("app", p.n), fmt.Sprintf("ASIAAPP0%08d", p.n), t*second)
		p.add(t+1, app, cloudtrail.AnchorKey, "s3", "ListBuckets", nil)
		next := fmt.Sprintf("ASIASTOR%08d", p.n)
		p.add(t+20, app, cloudtrail.AnchorKey, "sts", "AssumeRole", minting(cloudtrail.Mint{Call: "AssumeRole", IssuedKey: next, RoleARN: "arn:aws:iam::" + troupeAway + ":role/Store", SessionName: "n"}))
		p.add(t+30, p.role(troupeAway, "Store", "n", next, (t+20)*second), cloudtrail.AnchorKey, "s3", "GetObject", nil)
		hop := app
		hop.InvokedBy = "AWS Internal"
		p.add(t+2, hop, cloudtrail.AnchorConsole, "kms", "Decrypt", nil)
		app.OnBehalfOf = fmt.Sprint("user-id-", n)
		p.add(t+5, app, cloudtrail.AnchorKey, "q", "SendMessage", nil)
	case 13: // a role's credentials turned into a console session with a second of its own
		broker := p.role(troupeHome, "Broker", fmt.Sprint("b", n), fmt.Sprintf("ASIABROK%08d", p.n), t*second)
		p.add(t, long, cloudtrail.AnchorIdle, "sts", "AssumeRole", minting(cloudtrail.Mint{Call: "AssumeRole", IssuedKey: broker.AccessKey, RoleARN: broker.RoleARN, SessionName: broker.SessionName}))
		p.add(t+5, broker, cloudtrail.AnchorKey, "signin", "GetSigninToken", minting(cloudtrail.Mint{Call: "GetSigninToken", IssuedKey: broker.AccessKey}))
		broker.AccessKey, broker.Created = fmt.Sprintf("ASIAWEBB%08d", p.n), (t+int64(p.r.IntN(1200)))*second
		p.add(t+1300, broker, cloudtrail.AnchorConsole, "iam", "ListUsers", nil)
	case 14: // a service that works with a role's rights long after it was called, if it was
		name := fmt.Sprint("stack", p.r.IntN(3))
		for range p.r.IntN(3) {
			p.add(t-int64(p.r.IntN(6000)), long, cloudtrail.AnchorIdle, "sts", "AssumeRole", minting(cloudtrail.Mint{Call: "AssumeRole", RoleARN: "arn:aws:iam::" + troupeHome + ":role/Stack", SessionName: name}))
		}
		lent := p.role(troupeHome, "Stack", name, fmt.Sprintf("ASIASTAC%08d", p.n), t*second)
		if p.r.IntN(3) == 0 {
			p.add(t-int64(p.r.IntN(70)), p.role(troupeHome, "Stack", name, fmt.Sprintf("ASIASTAK%08d", p.n), (t-100)*second), cloudtrail.AnchorKey, "cloudformation", "CreateStack", nil)
		}
		lent.InvokedBy = "cloudformation.amazonaws.com"
		p.add(t+1, lent, cloudtrail.AnchorForward, "ec2", "CreateVpc", nil)
	case 11: // two services at once in somebody's name, each of which may have set the other off
		for k, pair := range [][2]string{{"kms", "s3"}, {"s3", "kms"}} {
			lent := p.user(n, fmt.Sprintf("ASIARING%04d%04d", p.n, k), t*second)
			lent.InvokedBy = pair[1] + ".amazonaws.com"
			p.add(t, lent, cloudtrail.AnchorForward, pair[0], "Decrypt", nil)
		}
	}
}

// role is a session of a role with credentials of a time.
func (p *troupe) role(account, role, name, key string, created int64) cloudtrail.Identity {
	return cloudtrail.Identity{Type: "AssumedRole", PrincipalID: "AROA" + role + ":" + name, ARN: "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + name, Account: account, AccessKey: key,
		Role: role, RoleARN: "arn:aws:iam::" + account + ":role/" + role, SessionName: name, Created: created, Kind: cloudtrail.KindRole, Actor: role + "/" + name}
}

// What batches of events in any order give is what all of them at once give.
func TestBatchesGiveWhatAllAtOnceGives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		p := &troupe{r: rand.New(rand.NewPCG(seed, 5)), who: map[string]*cloudtrail.Identity{}}
		for range 100 {
			p.act()
		}
		p.r.Shuffle(len(p.events), func(i, j int) { p.events[i], p.events[j] = p.events[j], p.events[i] })
		db := newCase(t)
		batch, extended := 0, 0
		for ; len(p.events) > 0; batch++ {
			if p.r.IntN(6) == 0 { // what the tables keep will do to go on
				extended += db.sessions.extended
				db = reopened(t, db)
			}
			db.sessions.batches = 3
			k := min(1+p.r.IntN(40), len(p.events))
			load(t, db, pack1(fmt.Sprintf("/%d.json.gz", batch), `{"Records":[]}`, p.events[:k:k], func(int) (int, int) { return 0, 1 }))
			p.events = p.events[k:]
			listed(t, db, query.SessionRequest{Stale: true})
			if p.r.IntN(3) > 0 && len(p.events) > 0 {
				continue // what was kept of a batch is built upon
			}
			got := tablesOf(t, db)
			if d := cmp.Diff(tablesAnew(t, db), got); d != "" {
				t.Fatalf("seed %d, batch %d, at once and batch by batch:\n%s", seed, batch, d)
			}
		}
		if n := extended + db.sessions.extended; 2*n < batch {
			t.Errorf("seed %d: %d of %d batches were added to what there was", seed, n, batch)
		}
	}
}

// A large case is worked out part by part, with what is known of all of it.
func TestPartsGiveWhatAllAtOnceGives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		p := &troupe{r: rand.New(rand.NewPCG(seed, 6)), who: map[string]*cloudtrail.Identity{}}
		for range 150 {
			p.act()
		}
		p.r.Shuffle(len(p.events), func(i, j int) { p.events[i], p.events[j] = p.events[j], p.events[i] })
		db := newCase(t)
		db.sessions.portion = 1 << 40
		for batch := 0; len(p.events) > 0; batch++ {
			k := min(1+p.r.IntN(100), len(p.events))
			load(t, db, pack1(fmt.Sprintf("/%d.json.gz", batch), `{"Records":[]}`, p.events[:k:k], func(int) (int, int) { return 0, 1 }))
			p.events = p.events[k:]
			listed(t, db, query.SessionRequest{Stale: true}) // leaves sums of many batches
		}
		want := tablesAnew(t, db)
		db.sessions.portion = 50
		w, err := ask(t.Context(), db, func(ctx context.Context, c conn) (*workbench, error) {
			return db.prepare(ctx, c, db.sessions.index.Load(), nil, session.DefaultIdle)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.with(t.Context(), func(c conn) error { return recut(t.Context(), c, w) }); err != nil {
			t.Fatal(err)
		}
		if n := partsOf(t, db, w); n < 2 {
			t.Fatalf("seed %d: %d parts", seed, n)
		}
		if _, err = db.inParts(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, tablesOf(t, db)); d != "" {
			t.Fatalf("seed %d, at once and in parts:\n%s", seed, d)
		}
	}
}

// partsOf counts the parts of a case, none of which may take more than is worked
// out at once: a portion of sums that is larger by itself is one.
func partsOf(t *testing.T, db *DB, w *workbench) int {
	t.Helper()
	n := 0
	if err := db.with(t.Context(), func(c conn) error {
		ends, err := w.parts(t.Context(), c, db.sessions.portion)
		from := int64(0)
		for _, end := range ends {
			n++
			rows, err := c.int64s(t.Context(), fmt.Sprintf("SELECT count(*), count(DISTINCT upto) FROM session_sums WHERE upto > %d AND upto <= %d", from, end.last))
			if err != nil {
				return err
			}
			if rows[0] > db.sessions.portion && rows[1] > 1 {
				t.Errorf("part %d has %d rows of sums, of %d portions", n, rows[0], rows[1])
			}
			from = end.last
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// Where each event leaves a row of sums, fewer events are summed up at a time.
func TestPortionsOfSums(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ events, rows, want int64 }{
		{probePortion, probePortion, sessionPortion},
		{probePortion, sessionPortion, probePortion},
		{gatherPortion, 50_000, gatherPortion},
		{probePortion, 0, gatherPortion},
		{1, 10 * sessionPortion, 1},
	} {
		if got := nextPortion(c.events, c.rows); got != c.want {
			t.Errorf("after %d events in %d rows: %d, want %d", c.events, c.rows, got, c.want)
		}
	}
}

// recut sums a case up in many portions.
func recut(ctx context.Context, c conn, w *workbench) error {
	if _, err := c.exec(ctx, "DELETE FROM session_sums"); err != nil {
		return err
	}
	for from := int64(0); from < w.last; from += 40 {
		if err := sumUp(ctx, c, from, min(from+40, w.last), exprTrue, w.exact, w.idle); err != nil {
			return err
		}
	}
	return nil
}

// A fuse is a context that is cancelled when it has been looked at so often.
type fuse struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int64
}

func newFuse(parent context.Context, looks int64) *fuse {
	f := &fuse{}
	f.Context, f.cancel = context.WithCancel(parent)
	f.left.Store(looks)
	return f
}

func (f *fuse) Err() error {
	if f.left.Add(-1) == 0 {
		f.cancel()
	}
	return f.Context.Err()
}

// Whoever cancels, at whatever moment, loses nothing: the next to ask gets what
// working all of it out at once gives.
func TestCancelledSessionsGiveWhatAllAtOnceGives(t *testing.T) {
	t.Parallel()
	p := &troupe{r: rand.New(rand.NewPCG(3, 9)), who: map[string]*cloudtrail.Identity{}}
	for range 60 {
		p.act()
	}
	db := newCase(t)
	cancelled, written := 0, 0
	for batch := 0; len(p.events) > 0; batch++ {
		k := min(15, len(p.events))
		load(t, db, pack1(fmt.Sprintf("/%d.json.gz", batch), `{"Records":[]}`, p.events[:k:k], func(int) (int, int) { return 0, 1 }))
		p.events = p.events[k:]
		for range 3 {
			ctx := newFuse(t.Context(), 1+p.r.Int64N(250))
			err := db.Resolve(ctx, 0)
			ctx.cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if err != nil {
				cancelled++
			}
			if db.sessions.unsure.Load() {
				written++
			}
		}
		if p.r.IntN(3) > 0 {
			continue // to build on what was cancelled
		}
		listed(t, db, query.SessionRequest{Stale: true})
		got := tablesOf(t, db)
		if d := cmp.Diff(tablesAnew(t, db), got); d != "" {
			t.Fatalf("batch %d, at once and after cancelled ones:\n%s", batch, d)
		}
	}
	if cancelled < 5 || written == 0 {
		t.Errorf("%d were cancelled, %d of them while they wrote", cancelled, written)
	}
}
