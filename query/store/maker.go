package store

import (
	"cmp"

	"github.com/zeebo/xxh3"

	"spoor/loader"
	"spoor/loader/change"
	"spoor/loader/cloudtrail"
)

// A maker turns events into rows. It remembers what came before: most events
// share account, region, service, caller and agent with others nearby.
type maker struct {
	dicts  dicts
	people *people
	last   [domains][memos]memo
	who    [4 * memos]whoMemo
	more   []resource // of the event at hand
}

// memos is how many texts of a domain are remembered; one place for each way to
// end, so that finding one costs a comparison.
const memos = 256

type memo struct {
	text string // a copy
	id   uint32
}

type whoMemo struct {
	hash [2]uint64
	id   uint32
}

func newMaker(dicts dicts, people *people) *maker { return &maker{dicts: dicts, people: people} }

// id numbers a text.
func (m *maker) id(dom domain, s string) uint32 { return m.dicts[dom].id(s) }

// same numbers a text that is likely to have been met shortly before.
func (m *maker) same(dom domain, s string) uint32 {
	if s == "" {
		return 0
	}
	at := &m.last[dom][ending(s)%memos]
	if at.text != s {
		id := m.dicts[dom].id(s)
		*at = memo{m.dicts[dom].own(id, s), id}
	}
	return at.id
}

// ending is a hash of what tells short texts apart: the length and the last
// bytes.
func ending(s string) uint32 {
	h := uint32(len(s))
	for i := max(0, len(s)-6); i < len(s); i++ {
		h = h*31 + uint32(s[i])
	}
	return h ^ h>>9
}

func (m *maker) person(w *cloudtrail.Identity) uint32 {
	at := &m.who[w.Hash[0]%uint64(len(m.who))]
	if at.id == 0 || at.hash != w.Hash {
		*at = whoMemo{w.Hash, m.people.id(w, m.dicts[domPerson])}
	}
	return at.id
}

// row makes the row of an event, all but its seq, object and resources.
func (m *maker) row(text string, e *loader.Event) eventRow {
	r := eventRow{
		t: e.Time, off: e.Span.Off, len: e.Span.Len, form: uint8(e.Span.Form),
		category: uint8(e.Category), outcome: uint8(e.Outcome), mfa: uint8(e.MFA), anchor: uint8(e.Anchor),
		readonly: e.ReadOnly, console: e.Console, bytesIn: e.BytesIn, bytesOut: e.BytesOut,
		who:     m.person(e.Who),
		source:  m.same(domSource, e.Source),
		name:    m.same(domName, e.Name),
		region:  m.same(domRegion, e.Region),
		account: m.same(domAccount, e.Account),
		ip:      m.same(domIP, e.SourceIP),
		agent:   m.same(domAgent, e.UserAgent),
		ecode:   m.same(domError, e.ErrorCode),
		emsg:    m.same(domMessage, e.ErrorMessage),
		etype:   m.same(domEventType, e.EventType),
		vpce:    m.same(domEndpoint, e.VPCEndpoint),
	}
	if e.Change != nil {
		r.grade = uint8(e.Change.Severity) + 1
	}
	m.identify(&r, text, e)
	if e.SharedID != "" {
		r.sharedHi, r.sharedLo = sharedKey(e.SharedID)
	}
	return r
}

// identify fills in the eventID.
func (m *maker) identify(r *eventRow, text string, e *loader.Event) {
	hi, lo, canonical, ok := guid(e.ID)
	r.uidHi, r.uidLo = hi, lo
	switch {
	case canonical && ok:
		r.idkind = idGUID
	case ok:
		r.idkind, r.idtext = idSpelled, m.id(domID, e.ID)
	default:
		h := xxh3.HashString128(text[e.Span.Off : e.Span.Off+e.Span.Len])
		r.uidHi, r.uidLo = h.Hi, h.Lo
		if r.idkind, r.idtext = idText, m.id(domID, e.ID); e.ID == "" {
			r.idkind = idNone
		}
	}
}

// mint makes the row of what an event gave out, all but its seq; zero for nothing.
func (m *maker) mint(x *cloudtrail.Mint) mintRow {
	if x == nil {
		return mintRow{}
	}
	id := func(s string) uint32 { return m.id(domPerson, s) }
	return mintRow{0, id(x.Call), id(x.IssuedKey), id(x.RoleARN), id(x.SessionName), id(x.Principal), id(x.Target), id(x.SourceIdent),
		id(cmp.Or(x.SignIn, x.Workflow)), id(x.From), id(x.Account), id(x.RoleName)}
}

// A resource is something an event touched: its name and its type.
type resource struct{ id, kind uint32 }

// resources names what the event touched: what its change names first (for a
// read, what it was aimed at), then what the record lists. The first goes into
// the row, the others are returned until the next call.
func (m *maker) resources(r *eventRow, e *loader.Event) []resource {
	m.more = m.more[:0]
	c := e.Change
	if c == nil {
		c = change.Target(&e.Event)
	}
	if c != nil {
		r.rtype = m.same(domResourceType, c.ResourceType)
		for _, names := range [][]string{c.Resources, c.Names} {
			for _, s := range names {
				m.touch(resource{m.id(domResource, s), r.rtype})
			}
		}
	}
	if e.Resources != "" {
		cloudtrail.Listed(e.Resources, func(name, kind string) {
			m.touch(resource{m.same(domResource, name), m.same(domResourceType, kind)})
		})
	}
	if c != nil && len(m.more) == 0 {
		m.more = append(m.more, resource{0, r.rtype})
	}
	if len(m.more) == 0 {
		return nil
	}
	r.resource, r.rtype = m.more[0].id, m.more[0].kind
	if c != nil {
		for _, ref := range c.Also {
			m.touch(resource{m.id(domResource, ref.ID), m.same(domResourceType, ref.Type)})
		}
	}
	return m.more[1:]
}

// touch takes one more resource, unless it is there.
func (m *maker) touch(x resource) {
	for i := range m.more {
		if m.more[i].id == x.id {
			if m.more[i].kind == 0 {
				m.more[i].kind = x.kind
			}
			return
		}
	}
	m.more = append(m.more, x)
}
