package store

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"spoor/loader/cloudtrail"
	"spoor/query/session"
)

// A bodyCoder writes a session as a few hundred bytes, or reads it again: one
// value of one column, so that a page costs what its sessions cost and not a look
// into some forty compressed columns. One walk through the session serves both
// ways. What the case has already is left out: texts of the identity that speaks
// for the session, and addresses, services, regions and agents, which are numbers.
type bodyCoder struct {
	lexicon
	writing bool
	body    []byte // written so far, or left to be read
	broken  bool   // there was less to be read than there should be
	numbers map[*string]map[string]uint32
}

// errBody says that a session in the case can't be read.
var errBody = errors.New("the sessions kept in the case are damaged")

// A lexicon is what numbers stand for, as of one moment.
type lexicon struct {
	rows                                                 []identityRow
	account, ip, source, region, agent, person, id, name []string
}

func (db *DB) lexicon() lexicon {
	d := func(dom domain) []string { return db.dicts[dom].all() }
	return lexicon{account: d(domAccount), ip: d(domIP), source: d(domSource), region: d(domRegion), agent: d(domAgent), person: d(domPerson), id: d(domID), name: d(domName), rows: db.people.all()}
}

// write returns the body of a session. It holds until the next one is written.
func (c *bodyCoder) write(s *session.Session, face uint32) []byte {
	c.writing, c.body = true, c.body[:0]
	c.session(s, &face)
	return c.body
}

// read returns the session of an id and a body.
func (c *bodyCoder) read(id uint64, body string) (r sessionRow, err error) {
	c.writing, c.broken, c.body = false, false, append(c.body[:0], body...)
	rest := c.body
	r.ID = spellSession(id)
	c.session(&r.Session, &r.face)
	if c.broken || len(c.body) > 0 {
		err = errBody
	}
	c.body = rest
	return r, err
}

// sessionDigits is how long the ids of sessions are.
const sessionDigits = 16

// spellSession writes the id of a session as people see it, numberOfSession reads it.
func spellSession(id uint64) string {
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, id))
}

func numberOfSession(id string) uint64 {
	n, _ := strconv.ParseUint(id, 16, 64) // "" is 0, no session
	return n
}

func (c *bodyCoder) session(s *session.Session, face *uint32) {
	integer(c, face)
	if int(*face) >= len(c.rows) {
		c.broken = true
		return
	}
	who := func(i int) string { return c.person[c.rows[*face].texts[i]] }
	s.ActorKind = cloudtrail.Kind(c.octet(byte(s.ActorKind)))
	s.RootKind = cloudtrail.Kind(c.octet(byte(s.RootKind)))
	s.MFA = cloudtrail.MFA(c.octet(byte(s.MFA)))
	ring := byte(0)
	if s.Ring {
		ring = 1
	}
	s.Ring = c.octet(ring) == 1
	word(c, &s.Kind, kinds)
	word(c, &s.Confidence, confidences)
	c.text(&s.Actor, who(whoActor))
	c.text(&s.Principal, who(whoPrincipal))
	c.text(&s.PrincipalID, who(whoPrincipalID))
	c.text(&s.Account, who(whoAccount))
	c.text(&s.Role, who(whoRole))
	c.text(&s.RoleARN, who(whoRoleARN))
	c.text(&s.SessionName, who(whoSessionName))
	c.text(&s.SourceIdentity, who(whoSourceIdentity))
	c.text(&s.Behalf, who(whoOnBehalfOf))
	c.text(&s.RootActor, s.Actor)
	c.time(&s.Start, 0)
	c.time(&s.End, s.Start)
	c.time(&s.Created, s.Start)
	for _, n := range []*int64{&s.Events, &s.Writes, &s.Errors, &s.Denied, &s.Forwarded} {
		integer(c, n)
	}
	integer(c, &s.Depth)
	sequence(c, &s.Keys, func(k *string) { c.text(k, who(whoKey)) })
	for _, l := range []struct {
		of   *[]string
		from []string
	}{{&s.IPs, c.ip}, {&s.Seen, c.ip}, {&s.Services, c.source}, {&s.Regions, c.region}, {&s.Agents, c.agent}} {
		sequence(c, l.of, func(v *string) { c.known(v, l.from) })
	}
	c.eventRef(&s.OpenedBy)
	c.sessionID(&s.Root, s.ID)
	c.sentence(&s.Reason)
	c.links(s)
	sequence(c, &s.Risks, func(r *session.Risk) {
		word(c, &r.Sign, session.Signs[:])
		c.sentence(&r.Detail)
	})
}

// links are the one that holds, and all that fit when more than one does.
func (c *bodyCoder) links(s *session.Session) {
	var link []session.Link
	if s.Link != nil {
		link = []session.Link{*s.Link}
	}
	for _, l := range []*[]session.Link{&link, &s.Candidates} {
		sequence(c, l, func(l *session.Link) {
			word(c, &l.Kind, linkKinds)
			word(c, &l.Confidence, confidences)
			c.sessionID(&l.Parent, "")
			c.eventRef(&l.Event)
			c.text(&l.Call, "AssumeRole")
			c.time(&l.Time, s.Start)
			c.sentence(&l.Reason)
		})
	}
	if len(link) == 1 {
		s.Link = &link[0]
	}
}

// Words that have a number in bodies. One that is missing here is written out.
var (
	kinds = []session.Kind{session.SignIn, session.Console, session.TemporaryKey, session.Stamped, session.LongTermKey, session.Forwarded, session.Service, session.Window}

	confidences = []session.Confidence{session.Exact, session.ByTime, session.Inferred, session.Unknown}

	linkKinds = []session.LinkKind{session.ByIssuedKey, session.ByRoleSession, session.BySharedEvent, session.BySourceIdentity, session.ByInference}
)

func word[T ~string](c *bodyCoder, v *T, words []T) {
	n := 0
	if c.writing {
		for i, w := range words {
			if w == *v {
				n = i + 1
			}
		}
	}
	if integer(c, &n); n > 0 && n <= len(words) {
		*v = words[n-1]
		return
	}
	s := string(*v)
	c.text(&s, "")
	*v = T(s)
}

func integer[T ~uint32 | ~int64 | ~int](c *bodyCoder, v *T) {
	if c.writing {
		c.body = binary.AppendVarint(c.body, int64(*v))
		return
	}
	n, size := binary.Varint(c.body)
	if size <= 0 {
		c.broken, size = true, len(c.body)
	}
	*v, c.body = T(n), c.body[size:]
}

func (c *bodyCoder) octet(v byte) byte {
	if c.writing {
		c.body = append(c.body, v)
		return v
	}
	if len(c.body) == 0 {
		c.broken = true
		return 0
	}
	v, c.body = c.body[0], c.body[1:]
	return v
}

func (c *bodyCoder) wide(v *uint64) {
	if c.writing {
		c.body = binary.LittleEndian.AppendUint64(c.body, *v)
		return
	}
	if len(c.body) < 8 {
		c.broken, c.body = true, nil
		return
	}
	*v, c.body = binary.LittleEndian.Uint64(c.body), c.body[8:]
}

// text is a text that may well be a certain one.
func (c *bodyCoder) text(v *string, guess string) {
	n := int64(len(*v)) + 1
	if c.writing && *v == guess {
		n = 0
	}
	switch integer(c, &n); {
	case n == 0:
		*v = guess
	case c.writing:
		c.body = append(c.body, *v...)
	case n < 0 || n-1 > int64(len(c.body)):
		c.broken, c.body = true, nil
	default:
		*v, c.body = string(c.body[:n-1]), c.body[n-1:]
	}
}

// known is a text that has a number.
func (c *bodyCoder) known(v *string, from []string) {
	n := uint32(0)
	if c.writing {
		n = c.numberOf(*v, from)
	}
	switch integer(c, &n); {
	case n == 0:
		c.text(v, "")
	case int(n) >= len(from):
		c.broken = true
	default:
		*v = from[n]
	}
}

// numberOf returns the number of a text, 0 when there is none.
func (c *bodyCoder) numberOf(s string, from []string) uint32 {
	if len(from) == 0 {
		return 0
	}
	m := c.numbers[&from[0]]
	if m == nil {
		if c.numbers == nil {
			c.numbers = map[*string]map[string]uint32{}
		}
		m = make(map[string]uint32, len(from))
		for i, t := range from {
			m[t] = uint32(i)
		}
		c.numbers[&from[0]] = m
	}
	return m[s]
}

// time is a time near another; none of both may be there.
func (c *bodyCoder) time(v *int64, near int64) {
	if near == noTime {
		near = 0
	}
	d := int64(0)
	if *v != noTime {
		if d = *v - near; d >= 0 {
			d++ // 0 is none
		}
	}
	if integer(c, &d); c.writing {
		return
	}
	switch {
	case d == 0:
		*v = noTime
	case d > 0:
		*v = near + d - 1
	default:
		*v = near + d
	}
}

func sequence[T any](c *bodyCoder, l *[]T, each func(*T)) {
	n := len(*l)
	if integer(c, &n); !c.writing && n > 0 {
		if n > len(c.body) { // every one takes a byte at least
			c.broken, c.body = true, nil
			return
		}
		*l = make([]T, n)
	}
	for i := range *l {
		each(&(*l)[i])
	}
}

// sessionID is the id of a session, or none; self is one that it may well be.
func (c *bodyCoder) sessionID(v *string, self string) {
	form := byte(2)
	switch *v {
	case self:
		form = 0
	case "":
		form = 1
	}
	switch form = c.octet(form); form {
	case 0:
		*v = self
	case 2:
		n := numberOfSession(*v)
		c.wide(&n)
		*v = spellSession(n)
	}
}

func (c *bodyCoder) eventRef(v *session.EventRef) {
	hi, lo, canonical, ok := guid(v.ID)
	plain := byte(0)
	if canonical && ok {
		plain = 1
	}
	if plain = c.octet(plain); plain == 1 {
		c.wide(&hi)
		c.wide(&lo)
		v.ID = guidText(hi, lo)
	} else {
		c.text(&v.ID, "")
	}
	integer(c, &v.Seq)
}

// phrases are what sentences of package session are made of, or some of it. In
// bodies a byte stands for each.
var phrases = []string{
	"the call that issued these credentials is not in these logs: ", "the records name no role or key that leads further", "the records don't say when they were issued",
	"they were issued at ", ", before the first event loaded: load earlier logs", "no AssumeRole into account ",
	" is loaded at all; a trail that records only writes loses it (AssumeRole counts as a read), else load the logs of the calling account and of every region",
	" in the logs of other accounts and regions", " gave out the key ", " of this role and session name in the second the credentials were created",
	"an IAM user's own credentials", "EC2 delivers these credentials to the instance", "an AWS service on its own behalf", "a workload's own role",
	"an AWS service assumed the role for its work, and named the session after it", "Identity Center names its user", "first use of ", " was set when the chain began and can't be changed on the way",
	"sourceIdentity ", "; the caller is named by the copy in its own account (same sharedEventID)", "no second factor", " was in the console from ", " used keys from ",
}

// shorter and longer put bytes in place of phrases, and back.
var shorter, longer = func() (*strings.Replacer, *strings.Replacer) {
	var to, back []string
	for i, p := range phrases {
		to, back = append(to, p, string(rune(i+1))), append(back, string(rune(i+1)), p)
	}
	return strings.NewReplacer(to...), strings.NewReplacer(back...)
}()

// sentence is a text in words. One that has such bytes of its own, as those of
// hostile records may, stays as it is.
func (c *bodyCoder) sentence(v *string) {
	form, s := byte(0), *v
	if c.writing && strings.IndexFunc(s, func(r rune) bool { return r > 0 && int(r) <= len(phrases) }) < 0 {
		form, s = 1, shorter.Replace(s)
	}
	form = c.octet(form)
	if c.text(&s, ""); c.writing {
		return
	}
	if *v = s; form == 1 {
		*v = longer.Replace(s)
	}
}
