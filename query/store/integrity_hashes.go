package store

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"fmt"

	"spoor/loader"
	"spoor/loader/digest"
)

// A hashRow is what a check learned of an object that is not in the case, so
// that the next check need not fetch it again.
type hashRow struct {
	name, etag string
	digest.Hash
}

var hashTable = table[hashRow]{"hash_rows", []column[hashRow]{
	textCol("object", func(r *hashRow) string { return r.name }),
	textCol("etag", func(r *hashRow) string { return r.etag }),
	textCol("sha256", func(r *hashRow) string { return hex.EncodeToString(r.SHA256[:]) }),
	intCol("unpacked", func(r *hashRow) int64 { return r.Unpacked }),
	intCol("stored", func(r *hashRow) int64 { return r.Stored }),
	textCol("state", func(r *hashRow) string { return string(r.State) }),
	intCol("extra", func(r *hashRow) int64 { return r.Extra }),
}}

// A Reading is an object that a check has read, and what it found.
type Reading struct {
	Object loader.Object
	Hash   digest.Hash
}

// SaveReadings keeps what a check has read. Only S3 tells by an entity tag that
// an object is unchanged, so what has none is not kept: whoever changes a file
// can set its time back.
func (db *DB) SaveReadings(ctx context.Context, list []Reading) error {
	var rows []hashRow
	for _, r := range list {
		if r.Object.ETag != "" {
			rows = append(rows, hashRow{r.Object.Name, r.Object.ETag, r.Hash})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	db.writing.Lock()
	defer db.writing.Unlock()
	_, err := ask(ctx, db, func(ctx context.Context, c conn) (struct{}, error) {
		return struct{}{}, hashTable.insert(ctx, c, rows)
	})
	if err != nil {
		return fmt.Errorf("save hashes: %w", err)
	}
	return nil
}

// Readings returns a lookup of what earlier checks and loads have read.
func (db *DB) Readings(ctx context.Context) (func(loader.Object) (digest.Hash, bool), error) {
	type version struct{ name, etag string }
	known, err := ask(ctx, db, func(ctx context.Context, c conn) (map[version]digest.Hash, error) {
		known := map[version]digest.Hash{}
		q := "SELECT object, etag, sha256, unpacked, stored, state, extra FROM hash_rows"
		return known, c.each(ctx, q, nil, func(v []driver.Value) error {
			h := digest.Hash{Unpacked: number(v[3]), Stored: number(v[4]), State: digest.Reason(text(v[5])), Extra: number(v[6])}
			if _, err := hex.Decode(h.SHA256[:], []byte(text(v[2]))); err != nil {
				return err
			}
			known[version{text(v[0]), text(v[1])}] = h
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	return func(o loader.Object) (digest.Hash, bool) {
		if h, ok := db.KnownHash(o); ok {
			return h, true
		}
		h, ok := known[version{o.Name, o.ETag}]
		return h, ok && o.ETag != ""
	}, nil
}
