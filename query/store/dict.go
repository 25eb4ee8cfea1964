package store

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/zeebo/xxh3"

	"spoor/query/store/shelf"
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

// shelved reports whether the texts of a domain stay on the shelf. Resources and
// messages are as good as never the same twice: a quarter of all events bring a
// new one.
func (d domain) shelved() bool { return d == domResource || d == domMessage }

// shelfName is the file of the shelf inside the folder of a case: the texts of the
// table strings once more, a list for each domain, at hand without work for the
// database. What is missing in it is written anew by the next Open.
const shelfName = "case.texts"

// dicts are the dicts of all domains.
type dicts [domains]*dict

func newDicts(s *shelf.Shelf) dicts {
	seed := rand.Uint64()
	var ds dicts
	for i := range ds {
		ds[i] = &dict{dom: domain(i), shelf: s, seed: seed, texts: []string{""}, saved: 1, placed: 1}
	}
	return ds
}

// A dict numbers the texts of a domain: its part of the table strings. Number 0
// is the absent text. Numbers are dense, so slices serve as sets and counts of
// texts.
//
// The texts are in memory, but for those of a shelved domain: of these only the
// last ones, that are not on the shelf yet. A text is recognized by its hash, of
// 128 bits and by a seed that no log can know, so that the hash serves in place
// of a text that is not at hand. The table of hashes is a writer's: a case that is
// only looked at has none.
type dict struct {
	dom   domain
	shelf *shelf.Shelf
	seed  uint64

	mu     sync.RWMutex
	base   uint32   // of a shelved domain: those before are on the shelf
	texts  []string // by number, from base on
	arena  strings.Builder
	saved  uint32 // those before are in the database
	placed uint32 // those before are on the shelf as well

	prints [][]xxh3.Uint128 // by number, in pages of printPage; nil until index
	table  []uint32         // of numbers; open addressing, 0 is free; a power of two

	matches matches
}

// printPage is how many hashes are allocated at once: a list that moves when it
// grows would be in memory twice.
const printPage = 1 << 12

// arenaSize is how many bytes of text are allocated at once.
const arenaSize = 64 << 10

// index makes the table of hashes, unless it is there. Only the writer calls it,
// before it asks for the first number.
func (d *dict) index() error {
	if d.prints != nil {
		return nil
	}
	var prints [][]xxh3.Uint128
	for n := d.size(); n > 0; n -= printPage {
		prints = append(prints, make([]xxh3.Uint128, min(n, printPage), printPage))
	}
	if err := d.each(func(id uint32, s string) error {
		prints[id/printPage][id%printPage] = d.print(s)
		return nil
	}); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prints = prints
	d.grow()
	return nil
}

// print is the hash by which a text is recognized in this process.
func (d *dict) print(text string) xxh3.Uint128 { return xxh3.HashString128Seed(text, d.seed) }

func (d *dict) printOf(id uint32) xxh3.Uint128 { return d.prints[id/printPage][id%printPage] }

// id returns the number of s, a new one if need be. s is copied. Only the
// writer calls it.
func (d *dict) id(s string) uint32 {
	if s == "" {
		return 0
	}
	p := d.print(s)
	if id, ok := d.find(p); ok { // the writer is alone in changing the table
		return id
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.add(s, p)
}

// find returns the number of the text of a hash.
func (d *dict) find(p xxh3.Uint128) (uint32, bool) {
	mask := uint64(len(d.table) - 1)
	for i := p.Lo & mask; ; i = (i + 1) & mask {
		switch id := d.table[i]; {
		case id == 0:
			return 0, false
		case d.printOf(id) == p:
			return id, true
		}
	}
}

// add puts a text that is not there yet at the end.
func (d *dict) add(s string, p xxh3.Uint128) uint32 {
	id := d.base + uint32(len(d.texts))
	d.texts = append(d.texts, d.keep(s))
	if id%printPage == 0 {
		d.prints = append(d.prints, make([]xxh3.Uint128, 0, printPage))
	}
	page := &d.prints[id/printPage]
	*page = append(*page, p)
	if 2*int(id) > len(d.table) {
		d.grow()
	} else {
		d.link(id)
	}
	return id
}

func (d *dict) link(id uint32) {
	mask := uint64(len(d.table) - 1)
	i := d.printOf(id).Lo & mask
	for d.table[i] != 0 {
		i = (i + 1) & mask
	}
	d.table[i] = id
}

func (d *dict) grow() {
	n := d.base + uint32(len(d.texts))
	size := 1 << 8
	for size < 2*int(n) {
		size *= 2
	}
	d.table = make([]uint32, size)
	for id := uint32(1); id < n; id++ {
		if d.printOf(id) != (xxh3.Uint128{}) { // not a number left out by a failed commit
			d.link(id)
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

// size is one more than the highest number.
func (d *dict) size() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return int(d.base) + len(d.texts)
}

// recent are the texts from base on, as they are now. The slice is not written
// to again.
func (d *dict) recent() (base uint32, texts []string) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.base, d.texts[:len(d.texts):len(d.texts)]
}

// all returns the texts by number as they are now. The slice is not written to
// again. Texts of a shelved domain may be hundreds of megabytes: they are only to
// be had by each.
func (d *dict) all() []string {
	base, texts := d.recent()
	if base > 0 || d.dom.shelved() {
		panic("store: all texts of a domain that is on the shelf")
	}
	return texts
}

// text returns the text of a number, "" for one that is not known.
func (d *dict) text(id uint32) string {
	base, texts := d.recent()
	switch {
	case id == 0:
		return ""
	case id < base:
		return d.shelf.Text(int(d.dom), id)
	case int(id-base) < len(texts):
		return texts[id-base]
	}
	return ""
}

// each calls f with all texts, by number. It stops at the first error of f.
func (d *dict) each(f func(id uint32, s string) error) error {
	base, texts := d.recent()
	if base > 1 {
		if err := d.shelf.Each(int(d.dom), base, f); err != nil {
			return err
		}
	}
	for i, s := range texts {
		if s != "" {
			if err := f(base+uint32(i), s); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookup returns the number of s, 0 when there is none.
func (d *dict) lookup(s string) (found uint32) {
	if s == "" {
		return 0
	}
	d.mu.RLock()
	indexed := d.prints != nil
	if indexed {
		found, _ = d.find(d.print(s))
	}
	d.mu.RUnlock()
	if indexed {
		return found
	}
	_ = d.each(func(id uint32, t string) error { // the error is the one that ends it
		if s != t {
			return nil
		}
		found = id
		return errFound
	})
	return found
}

var errFound = errors.New("found")

// own returns the copy of s that the dict has, which is text number id.
func (d *dict) own(id uint32, s string) string {
	if d.dom.shelved() {
		return strings.Clone(s) // not to hold what else lies in an arena
	}
	return d.texts[id]
}
