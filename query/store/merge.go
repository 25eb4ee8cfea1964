package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"spoor/query"
)

// Merged says what a merge brought.
type Merged struct {
	Notes     int      // annotations that are new or say more now
	Queries   int      // saved queries that are new
	Accounts  int      // names of accounts that are new or say more now
	Elsewhere int      // annotations on events that this case does not hold; they are kept
	Conflicts []string // what both said, each differently; both are kept. Holds names from the cases
}

// Merge takes in what people made in another case of the same logs: marks, notes
// and tags, saved queries, names of accounts. Nothing is lost and merging again
// changes nothing:
//
//   - tags are joined, a different note is put under the one that is there, and of
//     two marks the later one stays while the other becomes a line of the note;
//   - a different query under the same id comes in under an id of its own;
//   - two names of an account become one name with a stroke between.
func (db *DB) Merge(ctx context.Context, from *DB) (Merged, error) {
	var m Merged
	if err := db.mergeAnnotations(ctx, from, &m); err != nil {
		return m, err
	}
	if err := db.mergeQueries(ctx, from, &m); err != nil {
		return m, err
	}
	return m, db.mergeAccounts(from, &m)
}

func (m *Merged) conflict(format string, args ...any) {
	m.Conflicts = append(m.Conflicts, fmt.Sprintf(format, args...))
}

func (db *DB) mergeAnnotations(ctx context.Context, from *DB, m *Merged) error {
	var keep []query.Annotation
	for _, theirs := range from.notes.list(func(query.Annotation) bool { return true }) {
		ours, ok := db.notes.get(noteKey{theirs.About, theirs.Name})
		merged := theirs
		if ok {
			merged = mergeNotes(ours, theirs)
		}
		if ok && sameNotes(ours, merged) {
			continue
		}
		if ok && ours.Mark != "" && theirs.Mark != "" && ours.Mark != theirs.Mark {
			m.conflict("%s %s is marked %s here and %s there: %s stays, the note tells the other", ours.About, ours.Name, ours.Mark, theirs.Mark, merged.Mark)
		}
		if ok && ours.Note != "" && theirs.Note != "" && merged.Note != ours.Note && merged.Note != theirs.Note {
			m.conflict("%s %s has a note in both: they stand one under the other", ours.About, ours.Name)
		}
		keep = append(keep, merged)
	}
	slices.Sort(m.Conflicts)
	if m.Notes = len(keep); m.Notes == 0 {
		return nil
	}
	if err := db.keepAnnotations(ctx, keep); err != nil {
		return err
	}
	all, err := db.Annotations(ctx)
	for _, a := range all {
		if a.About == query.AboutEvent && a.Seq == 0 {
			m.Elsewhere++
		}
	}
	return err
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
		if text != "" && !strings.Contains("\n"+m.Note+"\n", "\n"+text+"\n") {
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

func (db *DB) mergeQueries(ctx context.Context, from *DB, m *Merged) error {
	ours, err := db.Queries(ctx)
	if err != nil {
		return err
	}
	theirs, err := from.Queries(ctx)
	if err != nil {
		return err
	}
	have := map[string]query.Saved{}
	for _, q := range append(query.Builtin(), ours...) {
		have[q.ID] = q
	}
	for _, q := range theirs {
		first := q
		for k := 2; ; k++ {
			mine, taken := have[q.ID]
			if taken && sameQuery(mine, q) {
				break // it is here already
			}
			if !taken {
				if err := db.SaveQuery(ctx, q); err != nil {
					return err
				}
				m.Queries++
				if have[q.ID] = q; q.ID != first.ID {
					m.conflict("query %s differs: theirs came in as %s", first.ID, q.ID)
				}
				break
			}
			q.ID, q.Name = fmt.Sprintf("%s-%d", first.ID, k), fmt.Sprintf("%s (%d)", first.Name, k)
		}
	}
	return nil
}

func sameQuery(a, b query.Saved) bool {
	var x, y strings.Builder
	return query.WriteSaved(&x, []query.Saved{a}) == nil && query.WriteSaved(&y, []query.Saved{b}) == nil && x.String() == y.String()
}

// nameStroke stands between two names of one account.
const nameStroke = " / "

func (db *DB) mergeAccounts(from *DB, m *Merged) error {
	ours := db.ownAccounts()
	theirs := from.ownAccounts()
	for _, id := range slices.Sorted(maps.Keys(theirs)) {
		name := theirs[id]
		if mine := ours[id]; mine != "" {
			parts := strings.Split(mine, nameStroke)
			for _, p := range strings.Split(name, nameStroke) {
				if !slices.Contains(parts, p) {
					parts = append(parts, p)
				}
			}
			if name = strings.Join(parts, nameStroke); name == mine {
				continue
			}
			m.conflict("account %s is called %s here and %s there: it is called both now", id, mine, theirs[id])
		}
		if err := db.NameAccount(id, name); err != nil {
			return err
		}
		m.Accounts++
	}
	return nil
}
