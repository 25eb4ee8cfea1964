package session

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"spoor/loader/cloudtrail"
)

// A walker follows links up to where each chain starts.
type walker struct {
	in     *Input
	res    *Result
	ledger *ledger
	parent []int
}

// An origin is the start of a chain, seen from one session.
type origin struct {
	session    int
	actor      string
	kind       cloudtrail.Kind
	depth      int
	confidence Confidence
	reason     string
}

func (w *walker) run(own int) {
	for i := range own {
		o := w.up(i, 0)
		s := &w.res.Sessions[i]
		s.Root, s.RootActor, s.RootKind, s.Depth = w.res.Sessions[o.session].ID, o.actor, o.kind, o.depth
		s.Confidence, s.Reason = o.confidence, o.reason
	}
}

// A climb is the way from a session up to the start of its chain.
type climb struct {
	path   []int
	sure   Confidence // of the weakest link
	given  string     // in words: that a key on the way was made for another; "" for none
	source string     // the source identity nearest to the session
}

func (w *walker) climb(i, depth int) climb {
	c := climb{path: []int{i}, sure: Exact, source: w.res.Sessions[i].SourceIdentity}
	for w.parent[c.top()] >= 0 && depth+len(c.path) <= maxDepth {
		s, up := &w.res.Sessions[c.top()], w.parent[c.top()]
		maker := &w.res.Sessions[up]
		c.sure = weaker(c.sure, s.Link.Confidence)
		if s.Link.Call == "CreateAccessKey" && s.PrincipalID != maker.PrincipalID {
			c.sure, c.given = weaker(c.sure, Inferred), maker.Actor+" made "+s.Actor+"'s key, and who holds it the records don't tell"
		}
		c.path = append(c.path, up)
		c.source = cmp.Or(c.source, maker.SourceIdentity)
	}
	return c
}

func (c *climb) top() int { return c.path[len(c.path)-1] }

// up walks from a session to the start of its chain.
func (w *walker) up(i, depth int) origin {
	c := w.climb(i, depth)
	o := w.begun(&c, depth)
	o.session, o.depth = c.top(), len(c.path)-1
	o.confidence = weaker(o.confidence, c.sure)
	named := Exact
	if c.given != "" {
		named = Inferred
	}
	if user := w.behalf(c.path); user != "" && o.kind != cloudtrail.KindSSO {
		o.actor, o.kind, o.confidence = user, cloudtrail.KindSSO, named
		o.reason = "onBehalfOf names the Identity Center user for whom the application worked"
	} else if c.source != "" {
		o.actor, o.kind, o.confidence = c.source, cloudtrail.KindPerson, named
		o.reason = "sourceIdentity " + c.source + " was set when the chain began and can't be changed on the way"
	}
	if c.given != "" {
		o.reason += "; " + c.given
	}
	return o
}

// begun says who stands at the top of a climb.
func (w *walker) begun(c *climb, depth int) origin {
	top := c.top()
	switch s := &w.res.Sessions[top]; {
	case w.parent[top] >= 0:
		return origin{actor: s.Actor, kind: s.ActorKind, confidence: Unknown, reason: "the chain has more than 16 links"}
	case s.Ring:
		return origin{actor: s.Actor, kind: s.ActorKind, confidence: Unknown, reason: "its links lead back to itself; the one that closes the ring is left out"}
	case len(s.Candidates) > 1 && depth+len(c.path) <= maxDepth:
		return w.several(s, depth+len(c.path))
	case s.Kind == Service && len(c.path) > 1 && w.res.Sessions[c.path[len(c.path)-2]].ActorKind != cloudtrail.KindServiceLinked:
		return w.start(c.path[len(c.path)-2])
	}
	o := w.start(top)
	if name := w.nameBelow(c.path); name != "" {
		o.actor, o.reason = name, namesUser
	}
	return o
}

// namesUser is the reason where the name of a session tells its person.
const namesUser = "the session of the permission set is named after its Identity Center user"

// nameBelow is what the session of a permission set calls an Identity Center
// user whom nothing else at the top of its path names.
func (w *walker) nameBelow(path []int) string {
	top := &w.res.Sessions[path[len(path)-1]]
	if len(path) < 2 || top.Face.Type != "IdentityCenterUser" || w.ledger.names[top.Behalf] != "" {
		return ""
	}
	s := &w.res.Sessions[path[len(path)-2]]
	if _, ok := permissionSet(s.Role); !ok {
		return ""
	}
	return s.SessionName
}

// behalf names the Identity Center user on whose behalf a session was, or one
// above it; "" for none.
func (w *walker) behalf(path []int) string {
	for _, at := range path {
		if s := &w.res.Sessions[at]; s.Behalf != "" {
			return cmp.Or(w.ledger.names[s.Behalf], cloudtrail.CenterUser(s.Behalf))
		}
	}
	return ""
}

// several is the start of a chain that may have begun in more than one place.
func (w *walker) several(s *Session, depth int) origin {
	var names []string
	kind := cloudtrail.KindUnknown
	for _, c := range s.Candidates {
		o := w.up(w.res.byID[c.Parent], depth)
		names = append(names, o.actor)
		kind = o.kind
	}
	names = sorted(names)
	if _, ok := permissionSet(s.Role); ok && s.SessionName != "" && len(names) > 1 {
		return origin{actor: cmp.Or(w.ledger.names[s.Behalf], s.SessionName), kind: cloudtrail.KindSSO, confidence: Inferred,
			reason: namesUser + "; several calls to the access portal fit"}
	}
	if len(names) == 1 {
		return origin{actor: names[0], kind: kind, confidence: Inferred, reason: "several calls fit equally well; all of them lead to the same actor"}
	}
	return origin{actor: strings.Join(names, " or "), kind: cloudtrail.KindUnknown, confidence: Unknown,
		reason: "several calls fit equally well: the records can't tell them apart"}
}

// start names who stands at the start of a chain, by what the records of that
// session say by themselves.
func (w *walker) start(i int) origin {
	s := &w.res.Sessions[i]
	id := s.Face
	o := origin{actor: s.Actor, kind: s.ActorKind, confidence: Exact}
	if s.ActorKind == cloudtrail.KindFederated || id.Type == "WebIdentityUser" {
		w.federated(&o, id)
		return o
	}
	if s.unproven() {
		o.confidence, o.reason = Unknown, "no sign-in succeeded: the records name who was tried, not who tried"
		return o
	}
	switch s.ActorKind {
	case cloudtrail.KindUser:
		o.actor, o.reason = cmp.Or(id.UserName, s.Actor), "an IAM user's own credentials"
		if id.Type == "Directory" {
			o.reason = "a user of the account's directory"
		}
	case cloudtrail.KindRoot:
		o.reason = "the account's root user"
		if id.AssumedRoot {
			o.confidence, o.reason = Unknown, "AssumeRoot is not in these logs: load those of the management account or delegated administrator"
		}
	case cloudtrail.KindSSO:
		if _, ok := permissionSet(s.Role); ok {
			o.actor = cmp.Or(w.ledger.names[s.Behalf], s.SessionName, s.Actor)
		}
		o.reason = "Identity Center names its user"
	case cloudtrail.KindPerson:
		o.confidence, o.reason = Inferred, "the session name is a person's; "+w.missing(s)
	case cloudtrail.KindInstance:
		o.actor, o.reason = cmp.Or(s.SessionName, s.Actor), "EC2 delivers these credentials to the instance"
		o.confidence = sureIf(id.EC2Delivery != "" || s.Link != nil)
	case cloudtrail.KindWorkload:
		o.actor, o.reason = cmp.Or(id.CredentialsFor, s.Actor), "a workload's own role"
		o.confidence = sureIf(id.CredentialsFor != "" || s.Link != nil)
	case cloudtrail.KindService:
		o.reason = "an AWS service on its own behalf"
	case cloudtrail.KindServiceLinked:
		o.reason = "a service-linked role: an AWS service on its own behalf"
		if _, path, ok := strings.Cut(s.RoleARN, "/aws-service-role/"); ok {
			name, _, _ := strings.Cut(path, "/")
			o.actor, o.kind = "service: "+name, cloudtrail.KindService
		}
	case cloudtrail.KindAnonymous:
		o.reason = "unsigned requests: nobody signed in"
	case cloudtrail.KindForeign:
		o.confidence, o.reason = Unknown, "external account "+id.Account+", principal "+cmp.Or(id.PrincipalID, id.ARN, "not named")+
			": its own logs, or the pairs by sharedEventID, are not in these logs: load those of account "+id.Account
	default:
		w.plain(&o, s)
	}
	return o
}

// unproven reports whether all there is of a session is attempts to sign in.
func (s *Session) unproven() bool {
	return s.Kind == Window && s.Events > 0 && len(s.Services) == 1 && s.Services[0] == "signin.amazonaws.com" && s.Created == cloudtrail.NoTime &&
		(s.Errors == s.Events || s.Errors > 0 && s.Face.ARN == "")
}

// plain names who stands at the start of a session of which the actor alone tells
// nothing.
func (w *walker) plain(o *origin, s *Session) {
	switch env := s.environment(); {
	case s.Face.Type == "Unknown" && !cloudtrail.Masked(s.Face.UserName):
		o.kind, o.reason = cloudtrail.KindSSO, "Identity Center names its user; before July 2025 its records had no type for them"
	case s.Link != nil: // minted by a service for its work
		o.kind, o.actor = cloudtrail.KindWorkload, cmp.Or(s.SessionName, s.Actor)
		o.reason = "an AWS service assumed the role for its work, and named the session after it"
	case env != "":
		o.kind, o.actor, o.confidence = cloudtrail.KindWorkload, s.SessionName, Inferred
		o.reason = "its user agent runs in " + env + ", which names sessions after the function or task; " + w.missing(s)
	case s.Face.Type == "" || s.Face.Type == "Unknown":
		o.confidence, o.reason = Unknown, "the records name nobody"
	default:
		o.confidence, o.reason = Unknown, w.missing(s)
	}
}

func (w *walker) federated(o *origin, id *cloudtrail.Identity) {
	if id.Type == "FederatedUser" && id.IssuerARN != "" {
		var account string
		account, o.actor = splitARN(id.IssuerARN)
		o.kind, o.reason = cloudtrail.KindUser, "the federated user's records name their issuer"
		if strings.HasSuffix(o.actor, ":root") {
			o.kind, o.actor = cloudtrail.KindRoot, "root@"+account
		}
		return
	}
	o.actor, o.reason = cmp.Or(id.UserName, o.actor), "the identity provider vouched for this subject"
}

func sureIf(ok bool) Confidence {
	if ok {
		return Exact
	}
	return Inferred
}

// missing says that the issuing call isn't there, and what to load to get it.
func (w *walker) missing(s *Session) string {
	const lead = "the call that issued these credentials is not in these logs: "
	switch {
	case s.Role == "":
		return lead + "the records name no role or key that leads further"
	case s.Kind == Forwarded:
		return lead + "a service worked with the rights of a session of " + s.Role + " that was opened in the twelve hours before: load those, of every account and region"
	case s.Created == cloudtrail.NoTime:
		return lead + "the records don't say when they were issued"
	case w.in.From != 0 && s.Created < w.in.From-stampTolerance:
		return lead + "they were issued at " + clock(s.Created) + ", before the first event loaded: load earlier logs"
	case !w.ledger.assumed[s.Account]:
		return lead + "no AssumeRole into account " + s.Account + " is loaded at all; a trail that records only writes loses it (AssumeRole counts as a read), " +
			"else load the logs of the calling account and of every region"
	default:
		return lead + "look for AssumeRole of " + s.Role + " at " + clock(s.Created) + " in the logs of other accounts and regions"
	}
}

// clock prints a time in words, UTC.
func clock(t int64) string { return time.UnixMicro(t).UTC().Format(time.RFC3339) }

// weaker returns the less sure of two.
func weaker(a, b Confidence) Confidence {
	order := []Confidence{Exact, ByTime, Inferred, Unknown}
	if slices.Index(order, a) >= slices.Index(order, b) {
		return a
	}
	return b
}

func sortLinks(links []Link) {
	slices.SortFunc(links, func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Event.ID, b.Event.ID), cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Event.Seq, b.Event.Seq))
	})
}
