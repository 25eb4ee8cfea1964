package store

import (
	"context"
	"strings"

	"spoor/query"
)

// Rows come in order of time and lie in objects that were written side by side,
// so records are cut out for many rows at once: each object is unpacked once for
// all of them, and again only if too many others came between.
const (
	exportTexts  = 160 << 20 // bytes of unpacked objects that are kept: as many as are written to at one time
	recordsAhead = 16 << 20  // bytes of records cut out at once
)

// EachRecord hands fn the records of an export, byte for byte as logged, and
// returns how many there were. fn must not keep them. It ends with ctx. Columns are not looked at.
func (db *DB) EachRecord(ctx context.Context, r query.ExportRequest, fn func(record string) error) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	e := &recordExport{db: db, ctx: ctx, cache: texts{bytes: exportTexts}, fn: fn}
	defer e.stop() // when it has been cancelled
	defer cancel()
	n, err := db.slabs(ctx, r, exprTrue, slabRows, placeColumns, nil, func(c *slab) error {
		for i := range c.len() {
			if err := e.add(c.place(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = e.flush()
	}
	if err == nil {
		err = e.write()
	}
	return n, err
}

// A recordExport writes records while the next ones are cut out.
type recordExport struct {
	db      *DB
	ctx     context.Context
	cache   texts
	fn      func(string) error
	at      []place // of records to be cut out
	size    int     // of these, in bytes
	cutting *cutting
}

// A cutting is records that are being cut out, in order.
type cutting struct {
	records []string
	done    chan error
}

func (e *recordExport) add(p place) error {
	e.at = append(e.at, p)
	if e.size += int(p.span.Len); e.size < recordsAhead {
		return nil
	}
	return e.flush()
}

// flush begins to cut out the records at hand, and writes those before.
func (e *recordExport) flush() error {
	next := &cutting{records: make([]string, len(e.at)), done: make(chan error, 1)}
	go func(at []place) { next.done <- e.cut(next.records, at) }(e.at)
	e.at, e.size = nil, 0
	err := e.write()
	e.cutting = next
	return err
}

// cut cuts records out. They are copied: to hold views of them is to hold all of
// their objects.
func (e *recordExport) cut(records []string, at []place) error {
	return e.db.cut(e.ctx, &e.cache, at, func(i int, record string) { records[i] = strings.Clone(record) })
}

// write writes the records that were being cut out.
func (e *recordExport) write() error {
	if e.cutting == nil {
		return nil
	}
	c := e.cutting
	e.cutting = nil
	if err := <-c.done; err != nil {
		return err
	}
	for _, s := range c.records {
		if err := e.fn(s); err != nil {
			return err
		}
	}
	return nil
}

// stop waits for what is being cut out.
func (e *recordExport) stop() {
	if e.cutting != nil {
		<-e.cutting.done
	}
}
