package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"spoor/query"
)

// savedSchema makes the table of one's own saved queries. Each is kept as the
// TOML that a file of saved queries has for it, so the two can't drift apart.
func savedSchema() []string { return []string{"CREATE TABLE queries (id VARCHAR, toml VARCHAR)"} }

// ErrBuiltin says that a query of that id comes with the program.
var ErrBuiltin = errors.New("a query of that id is built in")

// Queries returns the saved queries of the case, by name.
func (db *DB) Queries(ctx context.Context) ([]query.Saved, error) {
	texts, err := ask(ctx, db, func(ctx context.Context, c conn) ([]string, error) {
		var texts []string
		err := c.each(ctx, "SELECT toml FROM queries", nil, func(v []driver.Value) error {
			texts = append(texts, text(v[0]))
			return nil
		})
		return texts, err
	})
	if err != nil {
		return nil, fmt.Errorf("read saved queries: %w", err)
	}
	var all []query.Saved
	for _, t := range texts {
		list, err := query.ReadSaved(strings.NewReader(t))
		if err != nil {
			return nil, fmt.Errorf("read saved queries: %w", err)
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b query.Saved) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	return all, nil
}

// SaveQuery keeps a query in the case, in the place of one with the same id.
func (db *DB) SaveQuery(ctx context.Context, s query.Saved) error {
	if _, err := s.Question(); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	if slices.ContainsFunc(query.Builtin(), func(b query.Saved) bool { return b.ID == s.ID }) {
		return fmt.Errorf("save query %s: %w", s.ID, ErrBuiltin)
	}
	var b strings.Builder
	if err := query.WriteSaved(&b, []query.Saved{s}); err != nil {
		return err
	}
	_, err := db.replaceQuery(ctx, s.ID, b.String())
	return err
}

// RemoveQuery drops a query from the case and reports whether there was one.
func (db *DB) RemoveQuery(ctx context.Context, id string) (bool, error) {
	n, err := db.replaceQuery(ctx, id, "")
	return n > 0, err
}

// replaceQuery puts a text in the place of what was kept under an id, nothing if
// it is empty. It returns how many there were.
func (db *DB) replaceQuery(ctx context.Context, id, toml string) (int64, error) {
	n, err := keepMade(ctx, db, madeMirror, func(ctx context.Context, c conn) (int64, error) {
		n, err := c.exec(ctx, "DELETE FROM queries WHERE id = ?", id)
		if err == nil && toml != "" {
			_, err = c.exec(ctx, "INSERT INTO queries VALUES (?, ?)", id, toml)
		}
		return n, err
	})
	if err != nil {
		return 0, fmt.Errorf("save query %s: %w", id, err)
	}
	return n, nil
}
