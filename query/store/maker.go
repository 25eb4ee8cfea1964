package store

import (
	"github.com/zeebo/xxh3"

	"spoor/loader"
	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
)

// A maker turns events into rows. It remembers what came last: within an object
// most events share account, region, service and caller.
type maker struct {
	dicts  dicts
	people *people
	last   [domains]memo
	who    map[*cloudtrail.Identity]uint32
	named  map[string][]resource // by the raw text of resources
}

type memo struct {
	text string
	id   uint32
}

func newMaker(db *DB) *maker {
	return &maker{dicts: db.dicts, people: db.people, who: make(map[*cloudtrail.Identity]uint32), named: make(map[string][]resource)}
}

// id numbers a text.
func (m *maker) id(dom domain, s string) uint32 { return m.dicts[dom].id(s) }

// same numbers a text that is likely to be the last one of its column.
func (m *maker) same(dom domain, s string) uint32 {
	l := &m.last[dom]
	if l.text != s || l.id == 0 {
		*l = memo{s, m.dicts[dom].id(s)}
	}
	return l.id
}

func (m *maker) person(w *cloudtrail.Identity) uint32 {
	id, ok := m.who[w]
	if !ok {
		id = m.people.id(w, m.dicts[domPerson])
		m.who[w] = id
	}
	return id
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

// sharedKey makes a number of a sharedEventID: the GUID it is, else a hash. It
// only serves to find twins.
func sharedKey(id string) (hi, lo uint64) {
	if hi, lo, _, ok := guid(id); ok {
		return hi, lo
	}
	h := xxh3.HashString128(id)
	return h.Hi, h.Lo
}

// A resource is something an event touched: its name and its type.
type resource struct{ id, kind uint32 }

// resources names what the event touched: what its change names first (for a
// read, what it was aimed at), then what the record lists. The first goes into
// the row, the others are returned.
func (m *maker) resources(r *eventRow, e *loader.Event) []resource {
	var all []resource
	c := e.Change
	if c == nil {
		c = change.Target(&e.Event)
	}
	if c != nil {
		r.rtype = m.id(domResourceType, c.ResourceType)
		for _, names := range [][]string{c.Resources, c.Names} {
			for _, s := range names {
				all = addResource(all, resource{m.id(domResource, s), r.rtype})
			}
		}
	}
	if e.Resources != "" {
		for _, x := range m.listed(e.Resources) {
			all = addResource(all, x)
		}
	}
	if len(all) > 0 {
		r.resource, r.rtype = all[0].id, all[0].kind
		all = all[1:]
	}
	if c != nil {
		for _, ref := range c.Also {
			if x := (resource{m.id(domResource, ref.ID), m.id(domResourceType, ref.Type)}); x.id != r.resource {
				all = addResource(all, x)
			}
		}
	}
	return all
}

func addResource(all []resource, x resource) []resource {
	for i := range all {
		if all[i].id == x.id {
			if all[i].kind == 0 {
				all[i].kind = x.kind
			}
			return all
		}
	}
	return append(all, x)
}

// listed reads the resources of a record (user guide, "CloudTrail record
// contents", resources).
func (m *maker) listed(raw string) []resource {
	if list, ok := m.named[raw]; ok {
		return list
	}
	var list []resource
	first := func(entry, key string) string {
		for v := range query.Find(entry, []string{key}) {
			return query.ValueText(v)
		}
		return ""
	}
	for entry := range query.Find(raw, nil) { // anything but a list of objects names no resource
		name := first(entry, "ARN")
		if name == "" {
			name = first(entry, "ARNPrefix")
		}
		if name != "" {
			list = append(list, resource{m.id(domResource, name), m.id(domResourceType, first(entry, "type"))})
		}
	}
	m.named[raw] = list
	return list
}
