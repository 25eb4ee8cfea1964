package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"spoor/loader"
	"spoor/loader/cloudtrail"
	"spoor/query/store/blocks"
	"spoor/query/store/pack"
)

// An objectRow is an object in the manifest.
type objectRow struct {
	id                           uint32
	name                         string
	size                         int64
	etag                         string
	mtime                        int64 // µs UTC, 0 when unknown
	sum                          [32]byte
	unpacked                     int64
	outcome                      uint8
	reason, carrier, class, meta string // meta: user metadata as lines "key=value"
	events, duplicates, invalid  int64
	notes                        string // one a line
	at                           pack.Place
	gone, digest                 bool
	lossy                        bool   // some records are reconstructions
	loaded                       int64  // µs UTC
	part                         string // the loader.Scope that was taken of it, as JSON; "" for all
}

var objectTable = table[objectRow]{"objects_rows", []column[objectRow]{
	idCol("id", func(r *objectRow) uint32 { return r.id }),
	textCol("name", func(r *objectRow) string { return r.name }),
	intCol("size", func(r *objectRow) int64 { return r.size }),
	textCol("etag", func(r *objectRow) string { return r.etag }),
	intCol("mtime", func(r *objectRow) int64 { return r.mtime }),
	blobCol("sha256", func(r *objectRow) []byte { return r.sum[:] }),
	intCol("unpacked", func(r *objectRow) int64 { return r.unpacked }),
	byteCol("outcome", func(r *objectRow) uint8 { return r.outcome }),
	textCol("reason", func(r *objectRow) string { return r.reason }),
	textCol("carrier", func(r *objectRow) string { return r.carrier }),
	textCol("class", func(r *objectRow) string { return r.class }),
	textCol("meta", func(r *objectRow) string { return r.meta }),
	intCol("events", func(r *objectRow) int64 { return r.events }),
	intCol("duplicates", func(r *objectRow) int64 { return r.duplicates }),
	intCol("invalid", func(r *objectRow) int64 { return r.invalid }),
	textCol("notes", func(r *objectRow) string { return r.notes }),
	intCol("pack_off", func(r *objectRow) int64 { return r.at.Off }),
	intCol("pack_len", func(r *objectRow) int64 { return r.at.Len }),
	byteCol("pack_enc", func(r *objectRow) uint8 { return r.at.How }),
	boolCol("gone", func(r *objectRow) bool { return r.gone }),
	boolCol("digest", func(r *objectRow) bool { return r.digest }),
	boolCol("lossy", func(r *objectRow) bool { return r.lossy }),
	intCol("loaded_at", func(r *objectRow) int64 { return r.loaded }),
	textCol("part", func(r *objectRow) string { return r.part }),
}}

// addPart gives a case that was made before parts were kept the column for them:
// whatever it has, it has whole.
const addPart = "ALTER TABLE objects_rows ADD COLUMN IF NOT EXISTS part VARCHAR DEFAULT ''"

// A manifest is what the case knows of every object: the table objects_rows, in
// memory.
type manifest struct {
	mu   sync.RWMutex
	byID []objectRow // by number; 0 is none
	name map[string]uint32
}

func newManifest() *manifest {
	return &manifest{byID: make([]objectRow, 1), name: make(map[string]uint32)}
}

// coveredAs is an object as blocks know it.
func coveredAs(o objectRow) blocks.Object {
	return blocks.Object{ID: o.id, Loaded: o.loaded, Events: o.events}
}

// get returns the object of a number.
func (m *manifest) get(id uint32) (objectRow, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if int(id) >= len(m.byID) || m.byID[id].id == 0 {
		return objectRow{}, false
	}
	return m.byID[id], true
}

// hold reports whether objects still are what they were when they were covered.
func (m *manifest) hold(list []blocks.Object) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, c := range list {
		if int(c.ID) >= len(m.byID) || coveredAs(m.byID[c.ID]) != c {
			return false
		}
	}
	return true
}

// find returns the object of a name.
func (m *manifest) find(name string) (objectRow, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if id, ok := m.name[name]; ok {
		return m.byID[id], true
	}
	return objectRow{}, false
}

// list returns all objects by number.
func (m *manifest) list() []objectRow {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.DeleteFunc(slices.Clone(m.byID), func(r objectRow) bool { return r.id == 0 })
}

// names returns the names of all objects by number.
func (m *manifest) names() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	names := make([]string, len(m.byID))
	for i := range m.byID {
		names[i] = m.byID[i].name
	}
	return names
}

// put takes objects that have been committed.
func (m *manifest) put(rows []objectRow) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range rows {
		for len(m.byID) <= int(r.id) {
			m.byID = append(m.byID, objectRow{})
		}
		m.byID[r.id] = r
		m.name[r.name] = r.id
	}
}

// next returns the first number that is free.
func (m *manifest) next() uint32 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return uint32(len(m.byID))
}

// load reads the table.
func (m *manifest) load(ctx context.Context, c conn) error {
	cols := make([]string, len(objectTable.cols))
	for i, col := range objectTable.cols {
		cols[i] = col.name
	}
	q := "SELECT " + strings.Join(cols, ", ") + " FROM objects_rows ORDER BY id"
	return c.each(ctx, q, nil, func(v []driver.Value) error {
		r := objectRow{
			id: v[0].(uint32), name: text(v[1]), size: number(v[2]), etag: text(v[3]), mtime: number(v[4]),
			unpacked: number(v[6]), outcome: v[7].(uint8), reason: text(v[8]), carrier: text(v[9]), class: text(v[10]), meta: text(v[11]),
			events: number(v[12]), duplicates: number(v[13]), invalid: number(v[14]), notes: text(v[15]),
			at: pack.Place{Off: number(v[16]), Len: number(v[17]), How: v[18].(uint8)}, gone: v[19].(bool), digest: v[20].(bool), lossy: v[21].(bool), loaded: number(v[22]), part: text(v[23]),
		}
		copy(r.sum[:], v[5].([]byte))
		m.put([]objectRow{r})
		return nil
	})
}

// Status says whether the case has an object as the source lists it now. One
// that failed is New: it is tried again.
func (db *DB) Status(o loader.Object) loader.Status {
	r, ok := db.objects.find(o.Name)
	switch {
	case !ok || loader.Outcome(r.outcome) == loader.Failed:
		return loader.New
	case o.ETag != "" && r.etag != "" && o.ETag != r.etag,
		o.Size >= 0 && r.size >= 0 && o.Size != r.size,
		(o.ETag == "" || r.etag == "") && micros(o.ModTime) != r.mtime:
		return loader.Changed
	}
	return loader.Unchanged
}

// Part implements loader.Parter.
func (db *DB) Part(name string) loader.Part {
	r, _ := db.objects.find(name)
	return partOf(r.part)
}

// partText is how a case keeps a part, and partOf reads it: "" is nil, the whole. A
// part of one scope is kept as that scope.
func partText(p loader.Part) string {
	var b []byte // of times and texts: there is no error
	switch len(p) {
	case 0:
		return ""
	case 1:
		b, _ = json.Marshal(p[0])
	default:
		b, _ = json.Marshal(p)
	}
	return string(b)
}

func partOf(text string) loader.Part {
	var p loader.Part
	switch {
	case text == "":
		return nil
	case text[0] == '{':
		text = "[" + text + "]"
	}
	if json.Unmarshal([]byte(text), &p) != nil { // this program wrote it
		return nil
	}
	return p
}

// micros is a time as the case keeps it: µs UTC, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// MarkGone implements loader.Marker: objects that vanished from their source
// are marked, those that came back are not. Their events stay.
func (db *DB) MarkGone(ctx context.Context, gone func(name string) bool) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	if err := db.commit(ctx); err != nil {
		return err
	}
	var rows []objectRow
	for _, r := range db.objects.list() {
		if is := gone(r.name); is != r.gone {
			r.gone = is
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	err := db.stage(ctx, func(c conn) error {
		ids, entries := make([]any, len(rows)), make([]pack.Entry, len(rows))
		for i, r := range rows {
			ids[i], entries[i] = r.id, pack.Entry{Name: r.name, Gone: r.gone}
		}
		if err := db.pack.Gone(entries); err != nil {
			return err
		}
		_, err := c.exec(ctx, "UPDATE objects_rows SET gone = NOT gone WHERE id IN (SELECT unnest(["+marks(len(ids))+"]))", ids...)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark what is gone: %w", db.classify(err))
	}
	db.lot.moved = rows
	return db.commit(ctx)
}

// marks is a list of n parameters.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// newObject is the row of an object that was read, before it has a number.
func newObject(l *loader.Loaded) objectRow {
	o := l.Object
	lossy := slices.ContainsFunc(l.Events, func(e loader.Event) bool { return e.Span.Form >= cloudtrail.FormLake })
	return objectRow{
		name: o.Name, size: o.Size, etag: o.ETag, mtime: micros(o.ModTime), class: o.Class, meta: metaText(o.Meta),
		sum: l.SHA256, unpacked: l.Unpacked, outcome: uint8(l.Outcome), reason: l.Reason, carrier: l.Carrier,
		invalid: int64(l.Invalid), digest: l.Digest, lossy: lossy, notes: strings.Join(l.Notes, "\n"),
		part: partText(l.Part),
	}
}

// metaText writes user metadata as lines key=value, sorted by key. Line breaks
// can't occur: S3 metadata are HTTP headers.
func metaText(m map[string]string) string {
	lines := make([]string, 0, len(m))
	for k, v := range m {
		lines = append(lines, k+"="+v)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
