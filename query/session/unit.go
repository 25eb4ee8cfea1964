package session

import (
	"strconv"
	"strings"

	"spoor/loader/cloudtrail"
)

// A unit is a session in the making: the activity that shares a session key.
type unit struct {
	key  string // canonical: names the unit whatever the load order; the id is its hash, and then it goes
	kind Kind
	rows []int32 // indexes of Input.Activity

	stamp   stamp // of the console session or credentials
	target  *unit // whose session a burst belongs to, nil for its own
	index   int   // in resolver.units
	session int   // in Result.Sessions, of a unit that owns its session
}

// A stamp is (principal, creation time): what all events of one console session
// share, over its many keys. The principal contains the session name, so that
// two people in one role differ.
type stamp struct {
	person  string
	created int64
}

// realKey reports whether a key id can identify anything: masks such as
// "AKIA****************", "HIDDEN_DUE_TO_SECURITY_REASONS", "***" and "ASIAXXXXXXXX" can't.
func realKey(k string) bool {
	if len(k) < 8 || !(strings.HasPrefix(k, "A")) {
		return false
	}
	same := true
	for i := 0; i < len(k); i++ {
		c := k[i]
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
		same = same && (i <= 4 || c == k[4])
	}
	return !same
}

// temporary reports whether a key id is one of STS: of a session, a context or a
// bearer token (IAM identifiers, unique id prefixes).
func temporary(k string) bool {
	return strings.HasPrefix(k, "ASIA") || strings.HasPrefix(k, "ACCA") || strings.HasPrefix(k, "ABIA")
}

// Temporary reports whether a key id is a real one of STS, which one session uses.
func Temporary(key string) bool { return realKey(key) && temporary(key) }

// person names a principal as narrowly as its identity allows: never the role
// alone, and with every name there is where the principal id is masked or only
// repeats the account. Whom the id of Identity Center's user tells has one name.
func person(id *cloudtrail.Identity) string {
	var b strings.Builder
	add := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(strconv.Itoa(len(p))) // lengths keep ("a","bc") and ("ab","c") apart
			b.WriteByte(':')
			b.WriteString(p)
		}
	}
	add(id.Type, id.Account, id.PrincipalID)
	if cloudtrail.Masked(id.PrincipalID) || id.PrincipalID == id.Account && id.Type != "Root" {
		user := id.UserName
		if id.OnBehalfOf != "" {
			user = "" // on the steps of a sign-in alone
		}
		add(id.ARN, user, id.SessionName, id.OnBehalfOf, id.Provider, id.Delegate)
		if id.ARN == "" && id.UserName == "" && id.OnBehalfOf == "" {
			add(id.Actor)
		}
	}
	if id.AssumedRoot {
		add("assumed")
	}
	return b.String()
}

// A catalog holds what must be known of the whole case before a single row can
// be placed.
type catalog struct {
	people  map[*cloudtrail.Identity]string
	spelled map[string]string // one copy of each person, of whom there are far fewer than identities
	console map[stamp]bool
	signIns map[stamp]string  // the one sign-in ARN seen with a stamp; "" when several
	opened  map[openKey]stamp // console session that a sign-in event opens
	signers map[*cloudtrail.Identity]bool
	signing map[string]bool      // the people they are
	made    map[string]int64     // temporary key → its creation time
	reused  map[string]bool      // keys seen with several: made up, for one key is made once
	logins  map[loginKey][]login // sign-ins by who and where, by time
}

type openKey struct {
	who  *cloudtrail.Identity
	time int64
}

type loginKey struct{ person, ip string }

type login struct {
	time  int64
	stamp stamp
}

func newCatalog(in *Input) *catalog {
	c := &catalog{
		people: map[*cloudtrail.Identity]string{}, spelled: map[string]string{}, console: map[stamp]bool{}, signIns: map[stamp]string{},
		opened: map[openKey]stamp{}, signers: map[*cloudtrail.Identity]bool{}, signing: map[string]bool{},
		made: map[string]int64{}, reused: map[string]bool{}, logins: map[loginKey][]login{},
	}
	hops := map[stamp]bool{}
	for i := range in.Activity {
		a := &in.Activity[i]
		if a.Who.Created == cloudtrail.NoTime {
			continue
		}
		if key := a.Who.AccessKey; temporary(key) {
			if old, seen := c.made[key]; !seen {
				c.made[key] = a.Who.Created
			} else if old != a.Who.Created {
				c.reused[key] = true
			}
		}
		st := stamp{c.person(a.Who), a.Who.Created}
		switch {
		case a.Anchor == cloudtrail.AnchorSignIn && a.Who.SignInSession != "":
			if old, seen := c.signIns[st]; seen && old != a.Who.SignInSession {
				c.signIns[st] = "" // two sign-ins in one second: the stamp can't tell them apart
			} else if !seen {
				c.signIns[st] = a.Who.SignInSession
			}
		case a.Anchor != cloudtrail.AnchorConsole || borrowedByService(a.Who):
		case a.Who.InvokedBy == "":
			c.console[st] = true
		default:
			hops[st] = true
		}
	}
	c.internal(in, hops)
	c.open(in.Mints)
	return c
}

// internal takes sessions of which only "AWS Internal" shows as the console's,
// unless somebody used their keys in person: then it is a hop of a service's.
func (c *catalog) internal(in *Input, hops map[stamp]bool) {
	if len(hops) == 0 {
		return
	}
	for i := range in.Activity {
		if a := &in.Activity[i]; a.Anchor == cloudtrail.AnchorKey && a.Who.InvokedBy == "" && a.Who.Created != cloudtrail.NoTime {
			delete(hops, stamp{c.person(a.Who), a.Who.Created})
		}
	}
	for st := range hops {
		c.console[st] = true
	}
}

// borrowedByService reports whether a service acts with a role of its own or in
// somebody's name: such records lack a key, as the console's do.
func borrowedByService(id *cloudtrail.Identity) bool {
	return id.Kind == cloudtrail.KindServiceLinked || id.AccessKey == "" && strings.HasSuffix(id.InvokedBy, ".amazonaws.com")
}

// open finds for each sign-in the console session it opens: the same principal,
// created in the same second, within the tolerance of two clocks.
func (c *catalog) open(mints []Mint) {
	created := map[string][]int64{}
	for st := range c.console {
		created[st.person] = append(created[st.person], st.created)
	}
	for st := range c.signIns {
		created[st.person] = append(created[st.person], st.created)
	}
	for i := range mints {
		m := &mints[i]
		if !signs(m) || m.Ref.Time == cloudtrail.NoTime {
			continue
		}
		st := stamp{c.person(m.Ref.Who), m.Ref.Time}
		if at, ok := nearest(created[st.person], st.created); ok {
			st.created = at
		}
		c.opened[openKey{m.Ref.Who, m.Ref.Time}] = st
		c.signers[m.Ref.Who], c.signing[st.person] = true, true
		k := loginKey{st.person, m.Ref.IP}
		c.logins[k] = append(c.logins[k], login{m.Ref.Time, st})
	}
	for _, st := range c.opened {
		c.console[st] = true
	}
}

// nearest returns the time closest to t within the tolerance, the earlier of two.
func nearest(times []int64, t int64) (best int64, ok bool) {
	for _, at := range times {
		d := abs(at - t)
		if d <= stampTolerance && (!ok || d < abs(best-t) || d == abs(best-t) && at < best) {
			best, ok = at, true
		}
	}
	return best, ok
}

func abs(d int64) int64 {
	if d < 0 {
		return -d
	}
	return d
}

func (c *catalog) person(id *cloudtrail.Identity) string {
	p, ok := c.people[id]
	if !ok {
		p = person(id)
		if one, seen := c.spelled[p]; seen {
			p = one
		} else {
			c.spelled[p] = p
		}
		c.people[id] = p
	}
	return p
}

// mayBeSigning reports whether an identity's events may be part of a sign-in,
// and so have a row per distinct time.
func (c *catalog) mayBeSigning(id *cloudtrail.Identity) bool {
	return c.signers[id] || bare(id) && c.signing[c.person(id)]
}

// signInOf returns the console session that a row without one of its own
// belongs to: the one it opens, or the one opened soon after from the same
// place, whose password or second factor it checked.
func (c *catalog) signInOf(a *Activity) (stamp, bool) {
	if len(c.opened) == 0 || a.First == cloudtrail.NoTime || a.First != a.Last {
		return stamp{}, false
	}
	if st, ok := c.opened[openKey{a.Who, a.First}]; ok {
		return st, true
	}
	if !c.mayBeSigning(a.Who) || a.Errors > 0 {
		return stamp{}, false
	}
	best, found := login{}, false
	for _, l := range c.logins[loginKey{c.person(a.Who), a.IP}] {
		if d := l.time - a.First; d >= 0 && d <= signInPreface && (!found || l.time < best.time) {
			best, found = l, true
		}
	}
	return best.stamp, found
}

// A slot is where a row goes: a unit's key, or a group of idle windows.
type slot struct {
	key    string
	kind   Kind
	window bool // key names a group, to be cut where it is idle
	stamp  stamp
}

// place applies the anchors in order (fact sheet section 3.2).
func (c *catalog) place(a *Activity) slot {
	id := a.Who
	if a.Anchor == cloudtrail.AnchorSignIn && id.SignInSession != "" {
		return slot{key: "signin " + id.SignInSession, kind: SignIn}
	}
	if a.Anchor == cloudtrail.AnchorService {
		name := id.InvokedBy
		if name == "" {
			name = id.Actor
		}
		return slot{key: "service " + name + " " + a.Account, kind: Service}
	}
	who := c.person(id)
	if id.Created != cloudtrail.NoTime {
		st := stamp{who, id.Created}
		if arn := c.signIns[st]; arn != "" {
			return slot{key: "signin " + arn, kind: SignIn}
		}
		if c.console[st] {
			return consoleSlot(st)
		}
	}
	if a.Anchor == cloudtrail.AnchorConsole || a.Anchor == cloudtrail.AnchorIdle {
		if st, ok := c.signInOf(a); ok {
			if arn := c.signIns[st]; arn != "" {
				return slot{key: "signin " + arn, kind: SignIn}
			}
			return consoleSlot(st)
		}
	}
	return c.placeKey(a, who)
}

// placeKey places what belongs to no sign-in.
func (c *catalog) placeKey(a *Activity, who string) slot {
	id := a.Who
	switch {
	case realKey(id.AccessKey) && temporary(id.AccessKey):
		s := slot{key: "key " + id.AccessKey + " " + who, kind: TemporaryKey}
		if c.reused[id.AccessKey] {
			s.key += " " + strconv.FormatInt(id.Created, 10)
		}
		return s
	case !realKey(id.AccessKey) && id.Created != cloudtrail.NoTime:
		return slot{key: "stamp " + who + " " + strconv.FormatInt(id.Created, 10), kind: Stamped, stamp: stamp{who, id.Created}}
	case realKey(id.AccessKey):
		return slot{key: "idle " + who + " " + id.AccessKey + " " + a.IP, kind: LongTermKey, window: true}
	default:
		return slot{key: "idle " + who + " " + id.AccessKey + " " + a.IP, kind: Window, window: true}
	}
}

func consoleSlot(st stamp) slot {
	return slot{key: "console " + st.person + " " + strconv.FormatInt(st.created, 10), kind: Console, stamp: st}
}
