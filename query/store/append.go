package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"spoor/loader"
	"spoor/loader/cloudtrail"
	"spoor/query/store/pack"
)

// A batch is what one Append brings, turned into rows.
type batch struct {
	objects  []objectRow
	replaced []uint32 // objects whose old events go
	events   []eventRow
	touched  []touchedRow
	changes  []changeRow
	mints    []mintRow
	copies   []copyRow
	texts    []stringRow   // that are new, when there are many
	persons  []identityRow // likewise
	stored   loader.Stored
	span     span
}

// reset empties a batch, so that its room serves for another.
func (b *batch) reset() {
	clear(b.objects) // they hold texts, as do those below
	clear(b.changes)
	clear(b.texts)
	*b = batch{objects: b.objects[:0], replaced: b.replaced[:0], events: b.events[:0], touched: b.touched[:0], changes: b.changes[:0],
		mints: b.mints[:0], copies: b.copies[:0], texts: b.texts[:0], persons: b.persons[:0], span: emptySpan()}
}

// Append implements loader.Sink.
func (db *DB) Append(ctx context.Context, list []loader.Loaded) (loader.Stored, error) {
	db.writing.Lock()
	defer db.writing.Unlock()
	var stored loader.Stored
	err := db.stage(ctx, func(c conn) (err error) {
		stored, err = db.append(ctx, c, list)
		return err
	})
	if err != nil {
		return loader.Stored{}, fmt.Errorf("append %d objects: %w", len(list), db.classify(err))
	}
	return stored, nil
}

// append makes a batch of a list. Its rows are written while those of the next one
// are made.
func (db *DB) append(ctx context.Context, c conn, list []loader.Loaded) (loader.Stored, error) {
	b := db.lot.empty()
	db.known.turn++
	if err := db.index(); err != nil {
		return b.stored, err
	}
	list, unread := db.unread(list)
	if err := db.fetchAgain(ctx, c, unread); err != nil {
		return b.stored, err
	}
	if err := db.manifestRows(b, list); err != nil {
		return b.stored, err
	}
	if len(b.replaced) > 0 {
		if err := errors.Join(db.lot.write(ctx, c), db.clear(ctx, c, b.replaced)); err != nil {
			return b.stored, err
		}
	}
	if err := db.work(ctx, c, b, list); err != nil {
		return b.stored, err
	}
	if db.newTexts() >= flushRows {
		db.takeTexts(b)
	}
	db.known.trim()
	db.lot.add(b)
	return b.stored, nil
}

// work does what takes time, side by side: it puts the objects of a batch into the
// pack, makes its rows, and writes those of the batch before it, the last on this
// thread.
func (db *DB) work(ctx context.Context, c conn, b *batch, list []loader.Loaded) (err error) {
	written := make(chan struct{}) // closed when c is free, and has all rows
	kept := beside(func() error { return db.keep(b.objects, list) })
	made := beside(func() error { return db.eventRows(b, list, caseKeys{ctx, db, c, written}) })
	defer func() { err = errors.Join(err, kept(), made()) }()
	defer close(written)
	return db.lot.write(ctx, c)
}

// beside begins f on another goroutine. What it returns waits for the end of it; a
// panic of f is one of the waiting then.
func beside(f func() error) (wait func() error) {
	var err error
	var panicked any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		err = f()
	}()
	return func() error {
		<-done
		if panicked != nil {
			panic(panicked)
		}
		return err
	}
}

// index makes ready what tells new texts and identities from those that are
// there, unless it is.
func (db *DB) index() error {
	for _, d := range db.dicts {
		if err := d.index(); err != nil {
			return err
		}
	}
	db.people.index()
	return nil
}

// unread parts off the objects that changed and could not be read then. The case
// keeps what it has of them, and notes that: whoever can spoil a log in its source
// must not thereby take it out of the case.
func (db *DB) unread(list []loader.Loaded) (rest []loader.Loaded, rows []objectRow) {
	had := func(l *loader.Loaded) (objectRow, bool) {
		if l.Outcome != loader.Failed {
			return objectRow{}, false
		}
		r, ok := db.objects.find(l.Object.Name)
		_, staged := db.lot.names[l.Object.Name]
		return r, ok && !staged && loader.Outcome(r.outcome) == loader.Done
	}
	for i := range list {
		if r, ok := had(&list[i]); ok {
			r.notes = "it changed after it was loaded, and could not be read then: " + list[i].Reason
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return list, nil
	}
	for i := range list { // the list is the loader's
		if _, ok := had(&list[i]); !ok {
			rest = append(rest, list[i])
		}
	}
	return rest, rows
}

// manifestRows makes the rows of the objects, but for where they are kept.
func (db *DB) manifestRows(b *batch, list []loader.Loaded) error {
	next := db.objects.next() + uint32(len(db.lot.objects))
	now := time.Now().UnixMicro()
	seen := make(map[string]bool, len(list))
	for i := range list {
		l := &list[i]
		if seen[l.Object.Name] {
			return fmt.Errorf("%s is in the batch twice", l.Object.Name)
		}
		seen[l.Object.Name] = true
		r := newObject(l)
		r.loaded = now
		if old, ok := db.find(r.name); ok {
			r.id = old.id
			b.replaced = append(b.replaced, old.id)
		} else {
			r.id = next
			next++
		}
		b.objects = append(b.objects, r)
	}
	return nil
}

// keep puts the originals of the objects that hold events or evidence into the
// pack, and says there what is known of all of them. While a case is made anew
// they are there already.
func (db *DB) keep(rows []objectRow, list []loader.Loaded) error {
	if db.kept != nil {
		for i := range rows {
			db.kept.fill(&rows[i])
		}
		return nil
	}
	entries := make([]pack.Entry, len(rows))
	for i := range rows {
		l := &list[i]
		entries[i] = entryOf(l, &rows[i])
		switch {
		case l.Outcome != loader.Done && !l.Digest:
		case l.Delivered == nil:
			entries[i].How = pack.Link
		default:
			entries[i].Bytes = l.Delivered
		}
	}
	if err := db.pack.Append(entries); err != nil {
		return err
	}
	for i := range rows {
		rows[i].at = entries[i].At()
	}
	return nil
}

// clear takes the old events of replaced objects out of the case. An event that
// another object carries as well goes on living there.
func (db *DB) clear(ctx context.Context, c conn, objects []uint32) error {
	if err := db.lot.writers.flush(); err != nil {
		return err
	}
	ids := make([]any, len(objects))
	for i, id := range objects {
		ids[i] = id
	}
	if _, err := c.exec(ctx, "CREATE OR REPLACE TEMP TABLE replaced AS SELECT unnest(["+marks(len(ids))+"]::UINTEGER[]) AS id", ids...); err != nil {
		return fmt.Errorf("replace objects: %w", err)
	}
	for _, s := range clearing {
		if _, err := c.exec(ctx, s); err != nil {
			return fmt.Errorf("replace objects: %w", err)
		}
	}
	db.known.forget()
	return nil
}

// clearing are the steps of clear, for the objects in the table replaced.
var clearing = []string{
	"DELETE FROM copies WHERE object IN (SELECT id FROM replaced)",
	"CREATE OR REPLACE TEMP TABLE moved AS SELECT seq, arg_min({object: object, off: off, len: len, form: form}, object) AS c FROM copies " +
		"WHERE seq IN (SELECT seq FROM event_rows WHERE object IN (SELECT id FROM replaced)) GROUP BY seq",
	"UPDATE event_rows SET object = c.object, off = c.off, len = c.len, form = c.form FROM moved WHERE moved.seq = event_rows.seq",
	"DELETE FROM copies USING moved WHERE moved.seq = copies.seq AND moved.c.object = copies.object",
	"UPDATE objects_rows SET events = events + n, duplicates = duplicates - n FROM " +
		"(SELECT c.object AS o, count(*) AS n FROM moved GROUP BY o) WHERE id = o",
	"DELETE FROM changes_rows WHERE seq IN (SELECT seq FROM event_rows WHERE object IN (SELECT id FROM replaced))",
	"DELETE FROM touched WHERE seq IN (SELECT seq FROM event_rows WHERE object IN (SELECT id FROM replaced))",
	"DELETE FROM mints WHERE seq IN (SELECT seq FROM event_rows WHERE object IN (SELECT id FROM replaced))",
	"DELETE FROM event_rows WHERE object IN (SELECT id FROM replaced)",
	"DELETE FROM objects_rows WHERE id IN (SELECT id FROM replaced)",
	"DROP TABLE moved",
	"DROP TABLE replaced",
}

// eventRows makes the rows of all events that the case doesn't have yet.
func (db *DB) eventRows(b *batch, list []loader.Loaded, from keySource) error {
	n := 0
	for i := range list {
		n += len(list[i].Events)
	}
	m := db.maker
	b.events = slices.Grow(b.events, n)
	for i := range list {
		l, o := &list[i], &b.objects[i]
		for k := range l.Events {
			e := &l.Events[k]
			row := m.row(l.Text, e)
			row.object = o.id
			gave, did := m.mint(e.Mint), ""
			if e.Change != nil {
				did = e.Change.Summary
			}
			says := contentOf(&row, &m.people.rows[row.who], gave, did)
			first, isNew, err := db.known.put(hourOf(row.t), keyOf(&row), says, db.seq+1, from)
			if err != nil {
				return err
			}
			if !isNew {
				o.duplicates++
				b.copies = append(b.copies, copyRow{first, o.id, row.off, row.len, row.form})
				continue
			}
			db.seq++
			row.seq = db.seq
			o.events++
			b.add(m, row, gave, e)
		}
		b.stored.Events += int(o.events)
		b.stored.Duplicates += int(o.duplicates)
	}
	return nil
}

// add takes a new event into the batch.
func (b *batch) add(m *maker, row eventRow, gave mintRow, e *loader.Event) {
	b.span.add(row.seq, row.t)
	more := m.resources(&row, e)
	b.events = append(b.events, row)
	for _, r := range more {
		b.touched = append(b.touched, touchedRow{row.seq, r.id, r.kind})
	}
	if ch := e.Change; ch != nil {
		b.changes = append(b.changes, changeRow{row.seq, m.id(domResourceType, ch.ResourceType), row.resource, ch.Summary, uint8(ch.Severity), ch.Public, ch.Probe})
	}
	if e.Mint != nil {
		gave.seq = row.seq
		b.mints = append(b.mints, gave)
	}
}

// noTime is how cloudtrail says that an event has none.
const noTime = cloudtrail.NoTime
