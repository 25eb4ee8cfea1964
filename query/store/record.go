package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"spoor/loader"
	"spoor/loader/cloudtrail"
	"spoor/query/store/pack"
)

// A place is where a record lies.
type place struct {
	object uint32
	span   cloudtrail.Span
}

// keepTexts is how many unpacked objects are kept: enough for stepping through
// a table whose neighbours lie in a few files.
const keepTexts = 8

// texts keeps the objects unpacked last: keepTexts of them, or as many as have
// some number of bytes.
type texts struct {
	bytes int64 // 0: keepTexts objects

	mu   sync.Mutex
	list []unpacked // most recent last
	size int64
}

type unpacked struct {
	object uint32
	loaded int64 // when; tells a replaced object from its predecessor
	text   string
}

func (t *texts) get(o objectRow) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, u := range t.list {
		if u.object == o.id && u.loaded == o.loaded {
			t.list = append(append(t.list[:i:i], t.list[i+1:]...), u)
			return u.text, true
		}
	}
	return "", false
}

func (t *texts) put(o objectRow, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = append(t.list, unpacked{o.id, o.loaded, text})
	t.size += int64(len(text))
	drop := 0
	for len(t.list)-drop > 1 && (t.bytes > 0 && t.size > t.bytes || t.bytes == 0 && len(t.list)-drop > keepTexts) {
		t.size -= int64(len(t.list[drop].text))
		drop++
	}
	if drop > 0 {
		t.list = append([]unpacked(nil), t.list[drop:]...)
	}
}

// atHandFirst puts the objects whose texts are kept first, before others drive
// them out.
func (t *texts) atHandFirst(ids []uint32) []uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := make(map[uint32]bool, len(t.list))
	for _, u := range t.list {
		kept[u.object] = true
	}
	var first, later []uint32
	for _, id := range ids {
		if kept[id] {
			first = append(first, id)
		} else {
			later = append(later, id)
		}
	}
	return append(first, later...)
}

// text returns the unpacked text of an object, from t if it is there.
func (db *DB) text(t *texts, id uint32) (string, error) {
	o, ok := db.objects.get(id)
	if !ok {
		return "", fmt.Errorf("object %d is not in the case", id)
	}
	if s, ok := t.get(o); ok {
		return s, nil
	}
	s, err := db.unpack(o)
	if err == nil {
		t.put(o, s)
	}
	return s, err
}

// unpack reads an object and checks it against its hash: the pack, or the file
// that the case links to, may have been tampered with.
func (db *DB) unpack(o objectRow) (string, error) {
	b, err := db.delivered(o)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", o.name, err)
	}
	u := db.unpackers.Get().(*loader.Unpacker)
	defer db.unpackers.Put(u)
	text, sum, err := u.TextSum(b)
	if err != nil {
		return "", fmt.Errorf("unpack %s: %w", o.name, err)
	}
	if sum != o.sum {
		return "", fmt.Errorf("read %s: %w", o.name, ErrAltered)
	}
	return text, nil
}

// unpackQuick is unpack without the hash, for searches, which show nothing: a
// link is checked all the same, the pack by the checksums of gzip and zstd.
func (db *DB) unpackQuick(o objectRow) (string, error) {
	if o.at.How == pack.Link {
		return db.unpack(o)
	}
	b, err := db.delivered(o)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", o.name, err)
	}
	u := db.unpackers.Get().(*loader.Unpacker)
	defer db.unpackers.Put(u)
	text, err := u.Text(b)
	if err != nil {
		err = fmt.Errorf("unpack %s: %w", o.name, err)
	}
	return text, err
}

// newUnpacker makes an unpacker that takes whatever the load has taken.
func newUnpacker() any { return loader.NewUnpacker(math.MaxInt64) }

// delivered returns the bytes of an object as they were fetched.
func (db *DB) delivered(o objectRow) ([]byte, error) {
	if o.at.How == pack.Link {
		return os.ReadFile(o.name)
	}
	return db.pack.Read(o.at)
}

// places finds where events lie, in the order of seqs.
func (db *DB) places(ctx context.Context, c conn, seqs []int64) ([]place, error) {
	index := make(map[int64]int, len(seqs))
	for i, s := range seqs {
		index[s] = i
	}
	out := make([]place, len(seqs))
	name, withdraw := db.feeds.offer(numbersFeed("seq", seqs))
	defer withdraw()
	n := 0
	read := func(v []driver.Value) error {
		n++
		out[index[v[0].(int64)]] = place{v[1].(uint32), cloudtrail.Span{Off: v[2].(uint32), Len: v[3].(uint32), Form: cloudtrail.Form(v[4].(uint8))}}
		return nil
	}
	// The bounds let DuckDB pass over row groups.
	q := "SELECT seq, object, off, len, form FROM event_rows WHERE seq BETWEEN ? AND ? AND seq IN (SELECT seq FROM spoor_feed(?))"
	err := c.each(ctx, q, []any{slices.Min(seqs), slices.Max(seqs), name}, read)
	if err == nil && n < len(index) {
		err = ErrNoEvent
	}
	return out, err
}

// Records returns the records of events as logged, in the order of seqs.
func (db *DB) Records(ctx context.Context, seqs []int64) ([]string, error) {
	out := make([]string, len(seqs))
	err := db.eachRecord(ctx, seqs, func(i int, record string) { out[i] = strings.Clone(record) })
	return out, err
}

// eachRecord unpacks each object that carries some of the events once, several
// at a time, and calls use with the place of each event in seqs and its record.
// What use keeps of a record it clones: it holds all of its object in memory.
func (db *DB) eachRecord(ctx context.Context, seqs []int64, use func(i int, record string)) error {
	if len(seqs) == 0 {
		return nil
	}
	at, err := ask(ctx, db, func(ctx context.Context, c conn) ([]place, error) { return db.places(ctx, c, seqs) })
	if err != nil {
		return err
	}
	return db.cut(ctx, &db.texts, at, use)
}

// cut is eachRecord for events whose places are known. Objects whose texts t has
// come first.
func (db *DB) cut(ctx context.Context, t *texts, at []place, use func(i int, record string)) error {
	byObject := make(map[uint32][]int)
	var objects []uint32
	for i, p := range at {
		if byObject[p.object] == nil {
			objects = append(objects, p.object)
		}
		byObject[p.object] = append(byObject[p.object], i)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(processors())
	for _, id := range t.atHandFirst(objects) {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			text, err := db.text(t, id)
			if err != nil {
				return err
			}
			for _, i := range byObject[id] {
				record, err := cloudtrail.Record(text, at[i].span)
				if err != nil {
					return err
				}
				use(i, record)
			}
			return nil
		})
	}
	return g.Wait()
}
