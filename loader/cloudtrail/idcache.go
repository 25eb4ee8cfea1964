package cloudtrail

import (
	"strings"

	"github.com/zeebo/xxh3"
)

// idCacheSize bounds the identities a decoder keeps, twice over: at about 2 kB
// each some 8 MB. One object rarely holds more than a few hundred.
const idCacheSize = 2048

// An idCache keeps decoded identities by the hash of their text, in two
// generations: what is met in the older one moves to the newer, and when the
// newer is full the older is dropped.
type idCache struct {
	young, old map[[2]uint64]*Identity
	recent     [1024]*Identity // the last one for each way to begin
	none       *Identity       // of records without userIdentity
}

// guess returns the identity last met that began as text does at i, if text goes
// on exactly so.
func (c *idCache) guess(text string, i int) *Identity {
	slot, ok := prefixSlot(text, i)
	if !ok {
		return nil
	}
	who := c.recent[slot]
	if who == nil || !strings.HasPrefix(text[i:], who.Raw) {
		return nil
	}
	return who
}

// prefixSlot hashes 16 bytes where principal ids differ: `{"type":"IAMUser",` or
// `{"type":"AssumedRole",` and then `"principalId":"` come first.
func prefixSlot(text string, i int) (slot uint64, ok bool) {
	if i+80 > len(text) {
		return 0, false
	}
	h := word(text, i+40) ^ word(text, i+48)*3 ^ word(text, i+56)*5 ^ word(text, i+64)*7 ^ word(text, i+72)*9
	return h * 0x9e3779b97f4a7c15 >> 54, true
}

// find returns the identity for raw, decoding it when it is new.
func (c *idCache) find(raw string) *Identity {
	h := hashIdentity(raw)
	who := c.young[h]
	if who == nil {
		if who = c.old[h]; who == nil {
			who = decodeIdentity(strings.Clone(raw), h)
		}
		c.add(who)
	}
	if slot, ok := prefixSlot(raw, 0); ok {
		c.recent[slot] = who
	}
	return who
}

// named is an identity under the name that its record tells elsewhere.
func (c *idCache) named(who *Identity, name string) *Identity {
	name = strings.ToValidUTF8(name, "\uFFFD")
	h := hashIdentity(who.Raw + "\n" + name)
	for _, known := range []map[[2]uint64]*Identity{c.young, c.old} {
		if id := known[h]; id != nil {
			return id
		}
	}
	id := *who
	id.Hash, id.UserName = h, strings.Clone(name)
	id.call()
	c.add(&id)
	return &id
}

func (c *idCache) add(who *Identity) {
	if len(c.young) >= idCacheSize || c.young == nil {
		c.old, c.young = c.young, make(map[[2]uint64]*Identity)
	}
	c.young[who.Hash] = who
}

// absent is the identity of a record without one.
func (c *idCache) absent() *Identity {
	if c.none == nil {
		c.none = DecodeIdentity("")
	}
	return c.none
}

func hashIdentity(raw string) [2]uint64 {
	h := xxh3.HashString128(raw)
	return [2]uint64{h.Hi, h.Lo}
}
