package store

import (
	"context"

	"spoor/query"
)

// Rows come in order of time and lie in objects that were written side by side,
// so records are cut out for many rows at once: each object is unpacked once for
// all of them, and again only if too many others came between.
const (
	exportTexts  = 128 << 20 // bytes of unpacked objects that are kept: as many as one stretch of time lies in
	recordsAhead = 16 << 20  // bytes of records cut out at once
)

// EachRecord hands fn the records of an export, byte for byte as logged, and
// returns how many there were. fn must not keep them. It ends with ctx. Columns are not looked at.
func (db *DB) EachRecord(ctx context.Context, r query.ExportRequest, fn func(record string) error) (int64, error) {
	cache := texts{bytes: exportTexts}
	var at []place
	size := 0
	flush := func() error {
		err := db.cutEach(ctx, &cache, at, func(records []string) error {
			for _, s := range records {
				if err := fn(s); err != nil {
					return err
				}
			}
			return nil
		})
		at, size = at[:0], 0
		return err
	}
	n, err := db.slabs(ctx, r, exprTrue, slabRows, placeColumns, nil, func(c *slab) error {
		for i := range c.len() {
			p := c.place(i)
			at = append(at, p)
			if size += int(p.span.Len); size >= recordsAhead {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	return n, flush()
}

// cutEach cuts out the records at some places, at most recordsAhead bytes at a
// time, and hands them to fn in order; they hold until fn returns.
func (db *DB) cutEach(ctx context.Context, t *texts, at []place, fn func([]string) error) error {
	for len(at) > 0 {
		n, size := 0, 0
		for n < len(at) && (n == 0 || size < recordsAhead) {
			size += int(at[n].span.Len)
			n++
		}
		records := make([]string, n)
		err := db.cut(ctx, t, at[:n], func(i int, record string) { records[i] = record })
		if err != nil {
			return err
		}
		if err := fn(records); err != nil {
			return err
		}
		at = at[n:]
	}
	return nil
}
