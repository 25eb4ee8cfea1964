package store

import (
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

// annotations holds all of them in memory: people write few.
type annotations struct {
	mu  sync.RWMutex
	all map[noteKey]query.Annotation
}

// A noteKey is what an annotation is about. An event goes by its uid, in hex.
type noteKey struct {
	about query.About
	name  string
}

func newAnnotations() *annotations { return &annotations{all: map[noteKey]query.Annotation{}} }

func (a *annotations) get(s noteKey) (query.Annotation, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	v, ok := a.all[s]
	return v, ok
}

// of returns what is noted about the event with a uid.
func (a *annotations) of(hi, lo uint64) (query.Annotation, bool) {
	a.mu.RLock()
	none := len(a.all) == 0 // spares naming every event of a case without notes
	a.mu.RUnlock()
	if none {
		return query.Annotation{}, false
	}
	return a.get(noteKey{query.AboutEvent, uidName(hi, lo)})
}

func (a *annotations) put(v query.Annotation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := noteKey{v.About, v.Name}
	if v.Empty() {
		delete(a.all, s)
		return
	}
	a.all[s] = v
}

// restore reads the annotations of a case.
func (a *annotations) restore(ctx context.Context, c conn) error {
	return c.each(ctx, "SELECT about, name, mark, note, tags, changed FROM annotations", nil, func(v []driver.Value) error {
		a.put(query.Annotation{
			About: query.About(number(v[0])), Name: text(v[1]), Mark: text(v[2]), Note: text(v[3]),
			Tags: splitLines(text(v[4])), Changed: time.UnixMicro(number(v[5])).UTC(),
		})
		return nil
	})
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// uidName is the name under which an event is annotated.
func uidName(hi, lo uint64) string { return fmt.Sprintf("%016x%016x", hi, lo) }

// Annotation returns what is noted about an event, by Seq, or about anything
// else, by Name. What nobody noted anything about gives an empty one.
func (db *DB) Annotation(ctx context.Context, about query.About, name string, seq int64) (query.Annotation, error) {
	if about == query.AboutEvent && name == "" {
		var err error
		if name, err = db.eventName(ctx, seq); err != nil {
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

func (db *DB) eventName(ctx context.Context, seq int64) (string, error) {
	names, err := ask(ctx, db, func(ctx context.Context, c conn) (names []string, err error) {
		err = c.each(ctx, "SELECT uid_hi, uid_lo FROM event_rows WHERE seq = ?", []any{seq}, func(v []driver.Value) error {
			names = append(names, uidName(v[0].(uint64), v[1].(uint64)))
			return nil
		})
		return names, err
	})
	if err != nil {
		return "", err
	}
	if len(names) == 0 {
		return "", ErrNoEvent
	}
	return names[0], nil
}

// Annotate keeps an annotation in place of the one before; an empty one takes it
// away. An event may be given by Seq alone.
func (db *DB) Annotate(ctx context.Context, v query.Annotation) error {
	if v.About == query.AboutEvent && v.Name == "" {
		var err error
		if v.Name, err = db.eventName(ctx, v.Seq); err != nil {
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

// Mark sets or, with "", takes away the mark of an event.
func (db *DB) Mark(ctx context.Context, seq int64, mark string) error {
	v, err := db.Annotation(ctx, query.AboutEvent, "", seq)
	if err != nil {
		return err
	}
	v.Mark, v.Changed = mark, time.Time{}
	return db.Annotate(ctx, v)
}

func (db *DB) keepAnnotations(ctx context.Context, list []query.Annotation) error {
	_, err := ask(ctx, db, func(ctx context.Context, c conn) (int, error) {
		return 0, c.inTx(ctx, func() error {
			for _, v := range list {
				if _, err := c.exec(ctx, "DELETE FROM annotations WHERE about = ? AND name = ?", uint8(v.About), v.Name); err != nil {
					return err
				}
				if v.Empty() {
					continue
				}
				if _, err := c.exec(ctx, "INSERT INTO annotations VALUES (?, ?, ?, ?, ?, ?)", uint8(v.About), v.Name, v.Mark, v.Note,
					strings.Join(v.Tags, "\n"), v.Changed.UnixMicro()); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("keep notes: %w", err)
	}
	for _, v := range list {
		db.notes.put(v)
	}
	db.bump()
	return nil
}

// Annotations returns everything noted in the case, the last change first.
// Events that the case holds have their Seq.
func (db *DB) Annotations(ctx context.Context) ([]query.Annotation, error) {
	db.notes.mu.RLock()
	list := make([]query.Annotation, 0, len(db.notes.all))
	for _, v := range db.notes.all {
		list = append(list, v)
	}
	db.notes.mu.RUnlock()
	slices.SortFunc(list, func(a, b query.Annotation) int {
		if c := b.Changed.Compare(a.Changed); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	seqs := map[string]int64{}
	where := noted(list, func(query.Annotation) bool { return true })
	if where.sql == "false" {
		return list, nil
	}
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

// Merge takes in the annotations of another case. Nothing is lost: tags are
// joined, a different note is put under the one that is there, and of two marks
// the later one stays while the other becomes a line of the note.
func (db *DB) Merge(ctx context.Context, list []query.Annotation) (changed int, err error) {
	var keep []query.Annotation
	for _, theirs := range list {
		ours, ok := db.notes.get(noteKey{theirs.About, theirs.Name})
		merged := theirs
		if ok {
			merged = mergeNotes(ours, theirs)
		}
		if !ok || !sameNotes(ours, merged) {
			keep = append(keep, merged)
		}
	}
	return len(keep), db.keepAnnotations(ctx, keep)
}

func sameNotes(a, b query.Annotation) bool {
	return a.Mark == b.Mark && a.Note == b.Note && slices.Equal(a.Tags, b.Tags)
}

func mergeNotes(a, b query.Annotation) query.Annotation {
	if b.Changed.After(a.Changed) {
		a, b = b, a
	}
	m := a
	m.Tags = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(a.Tags), b.Tags...))))
	add := func(text string) {
		if text != "" && !strings.Contains(m.Note, text) {
			m.Note = strings.TrimPrefix(m.Note+"\n"+text, "\n")
		}
	}
	add(b.Note)
	switch {
	case m.Mark == "":
		m.Mark = b.Mark
	case b.Mark != "" && b.Mark != m.Mark:
		add("also marked " + b.Mark)
	}
	return m
}

// A noteField is what is noted about the event itself.
type noteField func(query.Annotation) []string

func annotationBindings() map[string]binding {
	return map[string]binding{
		"mark": noteField(func(a query.Annotation) []string { return oneOrNone(a.Mark) }),
		"note": noteField(func(a query.Annotation) []string { return oneOrNone(a.Note) }),
		"tag":  noteField(func(a query.Annotation) []string { return a.Tags }),
	}
}

func oneOrNone(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func (noteField) cols() []string { return []string{"e.uid_hi", "e.uid_lo"} }

func (f noteField) show(db *DB, v []driver.Value) query.Value {
	a, ok := db.notes.of(v[0].(uint64), v[1].(uint64))
	texts := f(a)
	if !ok || len(texts) == 0 {
		return query.Value{Null: true}
	}
	return query.Value{Text: strings.Join(texts, ", ")}
}

func (f noteField) where(_ context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	test := func(string) bool { return true }
	if t.Op != query.Present {
		test = t.Test(clock)
	}
	db.notes.mu.RLock()
	defer db.notes.mu.RUnlock()
	list := make([]query.Annotation, 0, len(db.notes.all))
	for _, a := range db.notes.all {
		list = append(list, a)
	}
	return noted(list, func(a query.Annotation) bool { return slices.ContainsFunc(f(a), test) }), nil
}

// noted is the condition that an event is one of those annotated in a certain
// way.
func noted(list []query.Annotation, which func(query.Annotation) bool) expr {
	var parts []string
	for _, a := range list {
		if a.About != query.AboutEvent || !which(a) {
			continue
		}
		var uid [16]byte
		if n, err := hex.Decode(uid[:], []byte(a.Name)); err != nil || n != len(uid) {
			continue // not a name that this program made
		}
		parts = append(parts, fmt.Sprintf("(e.uid_hi = %d AND e.uid_lo = %d)", binary.BigEndian.Uint64(uid[:8]), binary.BigEndian.Uint64(uid[8:])))
	}
	if len(parts) == 0 {
		return exprFalse
	}
	return expr{sql: strings.Join(parts, " OR ")}
}
