package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"spoor/query"
)

// annotationSchema makes the table of what analysts noted. Tags are one a line.
func annotationSchema() []string {
	return []string{`CREATE TABLE annotations (about UTINYINT, name VARCHAR, mark VARCHAR, note VARCHAR, tags VARCHAR, changed BIGINT)`}
}

// annotations holds all of them in memory: people write few. Rows find theirs
// by number or, for resources, by a test.
type annotations struct {
	mu        sync.RWMutex
	all       map[noteKey]query.Annotation
	events    map[uid]query.Annotation
	resources []resourceNote
	sessions  int // how many are on sessions
}

// empty reports whether there is none.
func (n *annotations) empty() bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return len(n.all) == 0
}

// A uid is what an event goes by.
type uid struct{ hi, lo uint64 }

// A resourceNote is an annotation on a resource, with the test whether that is
// what one is called.
type resourceNote struct {
	is   func(name string) bool
	note query.Annotation
}

// A noteKey is what an annotation is about. An event goes by its uid, in hex.
type noteKey struct {
	about query.About
	name  string
}

func newAnnotations() *annotations {
	return &annotations{all: map[noteKey]query.Annotation{}, events: map[uid]query.Annotation{}}
}

func (a *annotations) get(s noteKey) (query.Annotation, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	v, ok := a.all[s]
	return v, ok
}

// of returns what is noted about the event with a uid.
func (a *annotations) of(hi, lo uint64) (query.Annotation, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	v, ok := a.events[uid{hi, lo}]
	return v, ok
}

func (a *annotations) put(list ...query.Annotation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, v := range list {
		key := noteKey{v.About, v.Name}
		if a.all[key] = v; v.Empty() {
			delete(a.all, key)
		}
	}
	a.events, a.resources, a.sessions = map[uid]query.Annotation{}, nil, 0
	for _, v := range a.all {
		switch v.About {
		case query.AboutResource:
			a.resources = append(a.resources, resourceNote{called(v.Name), v})
		case query.AboutSession:
			a.sessions++
		default:
			if id, ok := uidOf(v.Name); ok {
				a.events[id] = v
			}
		}
	}
}

// uidOf reads the name of an event; false for one that this program didn't make.
func uidOf(name string) (uid, bool) {
	var b [16]byte
	n, err := hex.Decode(b[:], []byte(name))
	return uid{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}, err == nil && n == len(b) && len(name) == 2*len(b)
}

// list returns those that a test holds for, in no order.
func (a *annotations) list(which func(query.Annotation) bool) []query.Annotation {
	a.mu.RLock()
	defer a.mu.RUnlock()
	var list []query.Annotation
	for _, v := range a.all {
		if which(v) {
			list = append(list, v)
		}
	}
	return list
}

// restore reads the annotations of a case.
func (a *annotations) restore(ctx context.Context, c conn) error {
	var list []query.Annotation
	err := c.each(ctx, "SELECT about, name, mark, note, tags, changed FROM annotations", nil, func(v []driver.Value) error {
		list = append(list, query.Annotation{
			About: query.About(number(v[0])), Name: text(v[1]), Mark: text(v[2]), Note: text(v[3]),
			Tags: splitLines(text(v[4])), Changed: time.UnixMicro(number(v[5])).UTC(),
		})
		return nil
	})
	a.put(list...)
	return err
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// uidName is the name under which an event is annotated.
func uidName(hi, lo uint64) string { return fmt.Sprintf("%016x%016x", hi, lo) }

// Annotation returns what is noted about an event, a session or a resource, by
// Name. Without a name it is the event numbered seq, or that event's session or
// resource. What nobody noted anything about gives an empty one.
func (db *DB) Annotation(ctx context.Context, about query.About, name string, seq int64) (query.Annotation, error) {
	if name == "" {
		var err error
		if name, err = db.nameFrom(ctx, about, seq); err != nil {
			return query.Annotation{}, err
		}
	}
	v, ok := db.notes.get(noteKey{about, name})
	if !ok {
		v = query.Annotation{About: about, Name: name}
	}
	v.Seq = seq
	return v, nil
}

// nameFrom is the name of an event, or of its session or resource.
func (db *DB) nameFrom(ctx context.Context, about query.About, seq int64) (string, error) {
	if about == query.AboutSession {
		return db.SessionOf(ctx, seq)
	}
	name, found := "", false
	_, err := ask(ctx, db, func(ctx context.Context, c conn) (int, error) {
		return 0, c.each(ctx, "SELECT uid_hi, uid_lo, resource FROM event_rows WHERE seq = ?", []any{seq}, func(v []driver.Value) error {
			name, found = uidName(v[0].(uint64), v[1].(uint64)), true
			if about == query.AboutResource {
				name = db.dicts[domResource].text(v[2].(uint32))
			}
			return nil
		})
	})
	switch {
	case err != nil:
		return "", err
	case !found:
		return "", ErrNoEvent
	case name == "":
		return "", ErrNoResource
	}
	return name, nil
}

// Annotate keeps an annotation in place of the one before; an empty one takes it
// away. Without a name it is about what Seq leads to, as for Annotation.
func (db *DB) Annotate(ctx context.Context, v query.Annotation) error {
	if v.Name == "" {
		var err error
		if v.Name, err = db.nameFrom(ctx, v.About, v.Seq); err != nil {
			return err
		}
	}
	if v.Mark != "" && !slices.Contains(query.Marks(), v.Mark) {
		return fmt.Errorf("mark %q is none of %s", v.Mark, strings.Join(query.Marks(), ", "))
	}
	slices.Sort(v.Tags)
	v.Tags = slices.Compact(v.Tags)
	if v.Changed.IsZero() {
		v.Changed = time.Now().UTC()
	}
	return db.keepAnnotations(ctx, []query.Annotation{v})
}

// keepAnnotations is the one way in which annotations are written, to the
// database and then to memory.
func (db *DB) keepAnnotations(ctx context.Context, list []query.Annotation) error {
	_, err := keepMade(ctx, db, madeMirror, func(ctx context.Context, c conn) (struct{}, error) {
		for _, v := range list {
			if _, err := c.exec(ctx, "DELETE FROM annotations WHERE about = ? AND name = ?", uint8(v.About), v.Name); err != nil {
				return struct{}{}, err
			}
			if v.Empty() {
				continue
			}
			if _, err := c.exec(ctx, "INSERT INTO annotations VALUES (?, ?, ?, ?, ?, ?)", uint8(v.About), v.Name, v.Mark, v.Note,
				strings.Join(v.Tags, "\n"), v.Changed.UnixMicro()); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		return fmt.Errorf("keep notes: %w", err)
	}
	db.notes.put(list...)
	db.bump()
	return nil
}

// Annotations returns everything noted in the case, the last change first.
// Events that the case holds have their Seq.
func (db *DB) Annotations(ctx context.Context) ([]query.Annotation, error) {
	list := db.notes.list(func(query.Annotation) bool { return true })
	slices.SortFunc(list, func(a, b query.Annotation) int {
		return cmp.Or(b.Changed.Compare(a.Changed), cmp.Compare(a.About, b.About), strings.Compare(a.Name, b.Name))
	})
	where := aboutEvents(list)
	if where.sql == "false" {
		return list, nil
	}
	seqs := map[string]int64{}
	_, err := ask(ctx, db, func(ctx context.Context, c conn) (int, error) {
		return 0, c.each(ctx, "SELECT uid_hi, uid_lo, min(seq) FROM event_rows AS e WHERE "+where.sql+" GROUP BY ALL", nil, func(v []driver.Value) error {
			seqs[uidName(v[0].(uint64), v[1].(uint64))] = number(v[2])
			return nil
		})
	})
	for i := range list {
		if list[i].About == query.AboutEvent {
			list[i].Seq = seqs[list[i].Name]
		}
	}
	return list, err
}
