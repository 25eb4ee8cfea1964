package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrNotAllowed says that a query calls what could do more than read tables.
var ErrNotAllowed = errors.New("not allowed in a query")

// tableFunctions may be called in FROM. Others read files, change settings
// (enable_logging), write (checkpoint) or run text as SQL (query).
var tableFunctions = []string{"range", "generate_series", "unnest", "json_each", "json_tree", "repeat", "pragma_table_info", "pragma_storage_info",
	"pragma_version", "duckdb_tables", "duckdb_columns", "duckdb_views", "duckdb_functions", "duckdb_types"}

// guard refuses SQL that is not one query over tables and harmless functions. It
// looks at what DuckDB's own parser makes of the text.
func (c conn) guard(ctx context.Context, query string) error {
	whole := query
	if rest, ok := afterWord(query, "explain"); ok {
		query = rest
		if rest, ok = afterWord(rest, "analyze"); ok {
			query = rest
		}
	}
	var tree string
	err := c.each(ctx, "SELECT json_serialize_sql(?::VARCHAR)::VARCHAR", []any{query}, func(v []driver.Value) error {
		tree = text(v[0])
		return nil
	})
	if err != nil {
		return err
	}
	var parsed struct {
		Error      bool   `json:"error"`
		Kind       string `json:"error_type"`
		Message    string `json:"error_message"`
		Position   string `json:"position"` // characters
		Statements []any  `json:"statements"`
	}
	if err := json.Unmarshal([]byte(tree), &parsed); err != nil {
		return fmt.Errorf("read query: %w", err)
	}
	switch {
	case parsed.Error && parsed.Kind == "parser":
		at, err := strconv.Atoi(parsed.Position)
		if err != nil {
			return errors.New(parsed.Message)
		}
		before := utf8.RuneCountInString(whole) - utf8.RuneCountInString(query) // of what was left out
		return &SyntaxError{before + at + 1, parsed.Message}
	case parsed.Error || len(parsed.Statements) != 1:
		return ErrNotQuery
	}
	return harmless(parsed.Statements[0])
}

// afterWord is what follows the word that text begins with.
func afterWord(text, word string) (string, bool) {
	text = strings.TrimSpace(text)
	i := strings.IndexFunc(text, unicode.IsSpace)
	if i < 0 || !strings.EqualFold(text[:i], word) {
		return text, false
	}
	return text[i:], true
}

// harmless walks the tree of a query.
func harmless(node any) error {
	switch n := node.(type) {
	case []any:
		for _, e := range n {
			if err := harmless(e); err != nil {
				return err
			}
		}
	case map[string]any:
		switch n["type"] {
		case "TABLE_FUNCTION":
			f, _ := n["function"].(map[string]any)
			if name, _ := f["function_name"].(string); !slices.Contains(tableFunctions, strings.ToLower(name)) {
				return fmt.Errorf("table function %q: %w", name, ErrNotAllowed)
			}
		case "BASE_TABLE": // DuckDB takes a name that looks like a file for one
			if name, _ := n["table_name"].(string); strings.ContainsAny(name, `/\.:*?`) {
				return fmt.Errorf("file %q: %w", name, ErrNotAllowed)
			}
		}
		for _, e := range n {
			if err := harmless(e); err != nil {
				return err
			}
		}
	}
	return nil
}
