package store

import (
	"context"
	"fmt"
	"strings"

	"spoor/query/store/shelf"
)

// restoreTexts brings the shelf and the dicts up to the table strings.
func (db *DB) restoreTexts(ctx context.Context, c conn) error {
	var next [domains]uint32 // of the table
	for dom := range next {
		next[dom] = 1
	}
	if err := c.chunks(ctx, "SELECT dom, max(id) FROM strings GROUP BY dom", nil, func(v vectors) error {
		doms, ids := v.bytes(0), v.ids(1)
		for i, dom := range doms {
			next[dom] = ids[i] + 1
		}
		return nil
	}); err != nil {
		return err
	}
	for dom := range next {
		if db.shelf.Next(dom) > next[dom] { // the database is another, or an older one
			db.shelf.Clear()
			break
		}
	}
	for dom, d := range db.dicts {
		if err := d.restore(next[dom], func(from, to uint32) error {
			return fetchTexts(ctx, c, dom, from, to, d.take)
		}); err != nil {
			return err
		}
	}
	return nil
}

// fetchPart is how many texts are read from the table at a time.
const fetchPart = 1 << 16

// fetchTexts reads texts of the table by number. They hold until f returns.
func fetchTexts(ctx context.Context, c conn, dom int, from, to uint32, f func(id uint32, s string) error) error {
	for ; from < to; from += fetchPart {
		end := min(to, from+fetchPart)
		q := fmt.Sprintf("SELECT id, text FROM strings WHERE dom = %d AND id >= %d AND id < %d ORDER BY id", dom, from, end)
		if err := c.chunks(ctx, q, nil, func(v vectors) error {
			ids, texts := v.ids(0), v.texts(1)
			for i, id := range ids {
				if err := f(id, texts[i].String()); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// restore brings the dict to what is in the database, where next is the number
// after the last: from the shelf, and what is missing there by fetch, which hands
// the texts of a range of numbers to take.
func (d *dict) restore(next uint32, fetch func(from, to uint32) error) error {
	d.placed = d.shelf.Next(int(d.dom))
	if d.dom.shelved() && d.placed > 1 {
		d.base, d.texts = d.placed, nil
	} else if err := d.shelf.Each(int(d.dom), d.placed, d.take); err != nil {
		return err
	}
	for from := d.placed; from < next; { // into memory, and out of it by parts
		d.saved = min(next, from+fetchPart)
		if err := fetch(from, d.saved); err != nil {
			return err
		}
		from = d.saved
		d.fill(d.saved)
		d.shelve(false)
	}
	d.fill(next)
	d.saved = next
	if d.dom.shelved() {
		return nil
	}
	return d.index()
}

// fill leaves out the numbers below next that have no text: those that a failed
// commit left out stay unused.
func (d *dict) fill(next uint32) {
	for d.base+uint32(len(d.texts)) < next {
		d.texts = append(d.texts, "")
	}
}

// take adds a text as it is in the database.
func (d *dict) take(id uint32, s string) error {
	d.fill(id)
	if d.base+uint32(len(d.texts)) == id {
		d.texts = append(d.texts, d.keep(s))
	}
	return nil
}

// shelve puts what is in the database on the shelf, in full blocks unless it is
// the last time. If that fails the texts stay in memory.
func (d *dict) shelve(last bool) {
	n := d.saved - d.placed
	if !last {
		n -= n % shelf.Block
	}
	if n == 0 {
		return
	}
	base, texts := d.recent()
	if d.shelf.Put(int(d.dom), texts[d.placed-base:][:n]) != nil {
		return // it is there once more, in the table
	}
	d.placed += n
	if !d.dom.shelved() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.base, d.texts = d.placed, append([]string(nil), d.texts[d.placed-d.base:]...)
	if len(d.texts) == 0 {
		d.arena = strings.Builder{}
	}
}
