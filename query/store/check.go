package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"spoor/loader"
	"spoor/query/store/pack"
)

// A Checked says what came of CheckObjects.
type Checked struct {
	Objects int              // with bytes, in the pack or linked to
	Bytes   int64            // of them, as delivered
	Damaged []loader.Failure // those that are not what was loaded, by name
}

// damagedNote is what the manifest says of an object whose bytes are no longer
// what was loaded.
const damagedNote = "its bytes in the case are damaged; the next load of its source fetches it again"

// CheckObjects reads all originals of the case and compares them with what was
// loaded. Those that differ keep their events, but the next load of their source
// fetches them again. Done tells of each object; nil: nobody looks.
func (db *DB) CheckObjects(ctx context.Context, done func(n, of int)) (Checked, error) {
	var out Checked
	described, err := db.pack.Contents(db.committedPack())
	if err != nil {
		return out, fmt.Errorf("check objects: %w", err)
	}
	sums := make(map[pack.Place]uint64, len(described.Entries))
	for i := range described.Entries {
		sums[described.Entries[i].At()] = described.Entries[i].Sum
	}
	rows := db.objects.list()
	for i, o := range rows {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		if done != nil {
			done(i, len(rows))
		}
		if o.at.How == pack.None {
			continue
		}
		out.Objects++
		out.Bytes += max(o.size, 0)
		if err := db.checkObject(o, sums); err != nil {
			out.Damaged = append(out.Damaged, loader.Failure{Object: o.name, Error: err.Error()})
		}
	}
	return out, db.doubt(ctx, out.Damaged)
}

// committedPack is how much of the pack counts.
func (db *DB) committedPack() int64 {
	db.writing.Lock()
	defer db.writing.Unlock()
	return db.pack.Committed()
}

// checkObject compares the bytes of one object with what was loaded. What the
// pack no longer describes counts as damaged, since it could not be read back if
// the database were lost.
func (db *DB) checkObject(o objectRow, sums map[pack.Place]uint64) error {
	if o.at.How == pack.Link {
		_, err := db.unpack(o)
		if errors.Is(err, fs.ErrNotExist) {
			return errors.New("the file that the case links to is gone")
		}
		return err
	}
	want, ok := sums[o.at]
	if !ok {
		return errors.New("its description in the case is damaged")
	}
	return db.pack.Check(o.at, want)
}

// doubt makes the next load fetch objects again, and the archives they came in.
func (db *DB) doubt(ctx context.Context, list []loader.Failure) error {
	if len(list) == 0 {
		return nil
	}
	db.writing.Lock()
	defer db.writing.Unlock()
	var rows []objectRow
	for _, l := range list {
		o, ok := db.objects.find(l.Object)
		if !ok {
			continue
		}
		o.notes = damagedNote
		rows = append(rows, o)
		for i, r := range l.Object {
			if archive, ok := db.objects.find(l.Object[:i]); ok && r == '!' {
				rows = append(rows, archive)
			}
		}
	}
	err := db.commit(ctx)
	if err == nil {
		err = db.stage(ctx, func(c conn) error { return db.fetchAgain(ctx, c, rows) })
	}
	if err != nil {
		return fmt.Errorf("note what is damaged: %w", db.classify(err))
	}
	return db.commit(ctx)
}

// fetchAgain stages rows without their ETag and time, with what their notes say,
// so that the next load takes the objects for changed.
func (db *DB) fetchAgain(ctx context.Context, c conn, rows []objectRow) error {
	for i := range rows {
		o := &rows[i]
		o.etag, o.mtime = "", 0
		if _, err := c.exec(ctx, "UPDATE objects_rows SET etag = '', mtime = 0, notes = ? WHERE id = ?", o.notes, o.id); err != nil {
			return err
		}
	}
	db.lot.moved = append(db.lot.moved, rows...)
	return nil
}
