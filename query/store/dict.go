package store

import (
	"strings"
	"sync"

	"github.com/zeebo/xxh3"
)

// A domain is a family of texts that are numbered together. Numbers of their own
// keep the columns of events small (a region takes a few bits) and make "all
// values of this column" the whole of a dict.
type domain uint8

const (
	domSource domain = iota
	domName
	domRegion
	domAccount
	domIP
	domAgent
	domError
	domMessage
	domEventType
	domID
	domEndpoint
	domResource
	domResourceType
	domPerson // texts of identities and mints, so that the two join by number
	domains
)

// dicts are the dicts of all domains.
type dicts [domains]*dict

func newDicts() dicts {
	var ds dicts
	for i := range ds {
		ds[i] = newDict()
	}
	return ds
}

// A dict numbers the texts of a domain: its part of the table strings, in memory. Number 0 is the absent
// text. Numbers are dense, so slices serve as sets and counts of texts.
//
// It is a hash table of numbers over one list of texts, without pointers of its
// own but the texts': a million entries cost the collector nothing to speak of.
type dict struct {
	mu    sync.RWMutex
	texts []string // by number; texts[0] is ""
	table []uint32 // open addressing, 0 is free; a power of two
	arena strings.Builder
	saved int // texts[:saved] are in the database
}

// arenaSize is how many bytes of text are allocated at once.
const arenaSize = 64 << 10

func newDict() *dict {
	return &dict{texts: []string{""}, table: make([]uint32, 1<<8), saved: 1}
}

// id returns the number of s, a new one if need be. s is copied. Only the
// writer calls it.
func (d *dict) id(s string) uint32 {
	if s == "" {
		return 0
	}
	if id, ok := d.find(s); ok { // the writer is alone in changing the table
		return id
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.add(d.keep(s))
}

// find returns the number of s. The caller is the writer or holds mu.
func (d *dict) find(s string) (uint32, bool) {
	if s == "" {
		return 0, true
	}
	mask := uint64(len(d.table) - 1)
	for i := xxh3.HashString(s) & mask; ; i = (i + 1) & mask {
		switch id := d.table[i]; {
		case id == 0:
			return 0, false
		case d.texts[id] == s:
			return id, true
		}
	}
}

// add puts a text that is not there yet at the end.
func (d *dict) add(s string) uint32 {
	if len(d.texts) > len(d.table)/2 {
		d.grow()
	}
	id := uint32(len(d.texts))
	d.texts = append(d.texts, s)
	d.link(id)
	return id
}

func (d *dict) link(id uint32) {
	mask := uint64(len(d.table) - 1)
	i := xxh3.HashString(d.texts[id]) & mask
	for d.table[i] != 0 {
		i = (i + 1) & mask
	}
	d.table[i] = id
}

func (d *dict) grow() {
	d.table = make([]uint32, 2*len(d.table))
	for id := 1; id < len(d.texts); id++ {
		if d.texts[id] != "" { // not a number left out by a failed commit
			d.link(uint32(id))
		}
	}
}

// keep copies s into the arena. A Builder that is never grown hands out
// substrings of one block.
func (d *dict) keep(s string) string {
	if len(s) > arenaSize/8 {
		return strings.Clone(s)
	}
	if d.arena.Cap()-d.arena.Len() < len(s) {
		d.arena = strings.Builder{}
		d.arena.Grow(arenaSize)
	}
	at := d.arena.Len()
	d.arena.WriteString(s)
	return d.arena.String()[at:]
}

// all returns the texts by number as they are now. The slice is not written to
// again.
func (d *dict) all() []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.texts[:len(d.texts):len(d.texts)]
}

// text returns the text of a number, "" for one that is not known.
func (d *dict) text(id uint32) string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if int(id) < len(d.texts) {
		return d.texts[id]
	}
	return ""
}

// lookup returns the number of s, 0 when there is none.
func (d *dict) lookup(s string) uint32 {
	d.mu.RLock()
	defer d.mu.RUnlock()
	id, _ := d.find(s)
	return id
}

// load takes a text as it is in the database. Numbers that a failed commit
// left out stay unused.
func (d *dict) load(id uint32, s string) {
	for len(d.texts) < int(id) {
		d.texts = append(d.texts, "")
	}
	if len(d.texts) == int(id) {
		d.add(d.keep(s))
	}
	d.saved = len(d.texts)
}
