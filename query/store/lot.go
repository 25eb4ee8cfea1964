package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// A lot is what has been staged since the last Commit: rows lie in an open
// transaction, where DuckDB packs full row groups as they come. Those of the last
// batch wait to be written, and writers hold some that the transaction does not
// have yet.
type lot struct {
	c        *sql.Conn // owns the transaction
	writers  writers
	next     *batch // to be written
	spare    *batch // has been; nil when there was none
	objects  []objectRow
	names    map[string]int // into objects
	replaced bool           // events of older objects went
	moved    []objectRow    // gone from their source, or back
	span     span
	saved    [domains]uint32 // of each dict, before the lot
	persons  int             // of people, before the lot
}

// Commit implements loader.Sink. The originals are synced before the
// transaction that counts on them ends: whatever happens, the case holds whole
// lots only.
func (db *DB) Commit(ctx context.Context) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	return db.commit(ctx)
}

// commit is Commit for those who hold writing.
func (db *DB) commit(ctx context.Context) error {
	if db.lot == nil {
		return nil
	}
	err := db.stage(ctx, func(c conn) error {
		if db.lot.next == nil {
			db.lot.next = db.lot.empty()
		}
		db.takeTexts(db.lot.next)
		if err := errors.Join(db.lot.write(ctx, c), db.lot.writers.flush()); err != nil {
			return err
		}
		if len(db.sources) > 0 && db.kept == nil {
			if err := db.pack.Sources(db.sources); err != nil {
				return err
			}
		}
		if err := db.pack.Sync(); err != nil {
			return err
		}
		if _, err := c.exec(ctx, "UPDATE pack_rows SET bytes = ?", db.pack.Size()); err != nil {
			return err
		}
		db.lot.writers.drop() // empty
		if err := c.commit(); err != nil {
			return err
		}
		return db.committed(context.WithoutCancel(ctx), c)
	})
	if err != nil {
		return fmt.Errorf("commit: %w", db.classify(err))
	}
	err = db.lot.c.Close()
	db.lot = nil
	return err
}

// stage runs f within the transaction of the lot, and begins one if need be.
// After an error the lot is gone.
func (db *DB) stage(ctx context.Context, f func(conn) error) (err error) {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.running.Done()
	if db.lot == nil {
		c, err := db.sql.Conn(ctx)
		if err != nil {
			return err
		}
		db.lot = &lot{c: c, writers: writers{}, names: make(map[string]int), span: emptySpan(), persons: db.people.saved}
		for i, d := range db.dicts {
			db.lot.saved[i] = d.saved
		}
		if err := raw(c, func(c conn) error { return c.begin(ctx, "BEGIN TRANSACTION") }); err != nil {
			return errors.Join(err, db.abandon())
		}
	}
	if err := raw(db.lot.c, f); err != nil {
		return errors.Join(err, db.abandon())
	}
	return nil
}

// abandon drops the lot: the case is as it was after the last Commit.
func (db *DB) abandon() error {
	l := db.lot
	db.lot = nil
	l.writers.drop()
	_ = raw(l.c, func(c conn) error { // fails when DuckDB has rolled back already
		_, err := c.exec(context.Background(), "ROLLBACK")
		return err
	})
	for i, d := range db.dicts {
		d.saved = l.saved[i]
	}
	db.people.saved = l.persons
	db.known.forget()
	db.pack.Rollback()
	return l.c.Close()
}

// add takes a batch whose rows are made.
func (l *lot) add(b *batch) {
	for _, o := range b.objects {
		if i, ok := l.names[o.name]; ok {
			l.objects[i] = o
			continue
		}
		l.names[o.name] = len(l.objects)
		l.objects = append(l.objects, o)
	}
	l.replaced = l.replaced || len(b.replaced) > 0
	l.span.join(b.span)
	l.next = b
}

// empty returns a batch to fill.
func (l *lot) empty() *batch {
	b := l.spare
	if b == nil {
		b = &batch{span: emptySpan()}
	}
	l.spare = nil
	return b
}

// write hands the rows of the batch that waits to the writers.
func (l *lot) write(ctx context.Context, c conn) error {
	b := l.next
	if b == nil {
		return nil
	}
	for _, stage := range []func() error{
		func() error { return stringTable.stage(ctx, c, l.writers, b.texts) },
		func() error { return identityTable.stage(ctx, c, l.writers, b.persons) },
		func() error { return eventTable.stage(ctx, c, l.writers, b.events) },
		func() error { return touchedTable.stage(ctx, c, l.writers, b.touched) },
		func() error { return changeTable.stage(ctx, c, l.writers, b.changes) },
		func() error { return mintTable.stage(ctx, c, l.writers, b.mints) },
		func() error { return copyTable.stage(ctx, c, l.writers, b.copies) },
		func() error { return objectTable.stage(ctx, c, l.writers, b.objects) },
	} {
		if err := stage(); err != nil {
			return err
		}
	}
	b.reset()
	l.next, l.spare = nil, b
	return nil
}

// find returns what the case, or the lot, has under a name.
func (db *DB) find(name string) (objectRow, bool) {
	if i, ok := db.lot.names[name]; ok {
		return db.lot.objects[i], true
	}
	return db.objects.find(name)
}

// takeTexts adds the texts and identities that are new in the lot to a batch:
// rarely, so that those of a domain lie together, which makes them small.
func (db *DB) takeTexts(b *batch) {
	for dom, d := range db.dicts {
		base, texts := d.recent()
		for id := d.saved; id < base+uint32(len(texts)); id++ {
			b.texts = append(b.texts, stringRow{domain(dom), id, texts[id-base]})
		}
		d.saved = base + uint32(len(texts))
	}
	b.persons = append(b.persons, db.people.rows[db.people.saved:]...)
	db.people.saved = len(db.people.rows)
}

// newTexts is how many texts are not written yet.
func (db *DB) newTexts() int {
	n := 0
	for _, d := range db.dicts {
		n += d.size() - int(d.saved)
	}
	return n
}

// committed publishes what a lot changed.
func (db *DB) committed(ctx context.Context, c conn) error {
	db.pack.Commit()
	db.sources = nil
	for _, d := range db.dicts {
		d.shelve(false)
	}
	db.objects.put(db.lot.objects)
	db.objects.put(db.lot.moved)
	db.verdicts.forget(db.lot.objects)
	if db.lot.replaced { // events went and moved as well: look anew
		return errors.Join(db.objects.load(ctx, c), db.readSpan(ctx, c))
	}
	db.state.Lock()
	defer db.state.Unlock()
	db.span.join(db.lot.span)
	db.revision++
	return nil
}
