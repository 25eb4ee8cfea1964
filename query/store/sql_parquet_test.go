package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readParquet returns the types and rows of a file, as texts.
func readParquet(t *testing.T, file string) (out []string) {
	t.Helper()
	other, err := connect("", "", filepath.Dir(file), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, q := range []string{
		"SELECT column_name || ' ' || column_type FROM (DESCRIBE FROM read_parquet(?))",
		"SELECT r::VARCHAR FROM read_parquet(?) AS r",
	} {
		rows, err := other.QueryContext(t.Context(), q, file)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestSQLAsParquet(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "answer.parquet")
	n, err := db.SQLParquet(t.Context(), `SELECT x::INTEGER AS a, x AS A, sum(x) OVER () * 100000000000000000000::HUGEINT AS wide, x > 0 AS yes, 1.5 AS d, NULL AS none,
		CASE WHEN x = 1 THEN 'it''s "so"' END AS word, [x, 2] AS list, {'k': x} AS struct, TIMESTAMP '2026-05-04 09:00:00.5' AS at, DATE '2026-05-04' AS day,
		'00112233-4455-6677-8899-aabbccddeeff'::UUID AS id, 18446744073709551615::UBIGINT AS u FROM range(2) AS r(x) ORDER BY x`, file, 0, func(int64) {})
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	want := []string{"a BIGINT", "A_2 BIGINT", "wide DECIMAL(38,0)", "yes BOOLEAN", "d DOUBLE", "none BIGINT", "word VARCHAR", "list VARCHAR", "struct VARCHAR", "at TIMESTAMP", "day DATE", "id VARCHAR", "u UBIGINT",
		`{'a': 0, 'A_2': 0, 'wide': 100000000000000000000, 'yes': false, 'd': 1.5, 'none': NULL, 'word': NULL, 'list': '[0,2]', 'struct': '{"k":0}', 'at': '2026-05-04 09:00:00.5', 'day': 2026-05-04, 'id': 00112233-4455-6677-8899-aabbccddeeff, 'u': 18446744073709551615}`,
		`{'a': 1, 'A_2': 1, 'wide': 100000000000000000000, 'yes': true, 'd': 1.5, 'none': NULL, 'word': 'it\'s "so"', 'list': '[1,2]', 'struct': '{"k":1}', 'at': '2026-05-04 09:00:00.5', 'day': 2026-05-04, 'id': 00112233-4455-6677-8899-aabbccddeeff, 'u': 18446744073709551615}`}
	if d := cmp.Diff(want, readParquet(t, file)); d != "" {
		t.Error(d)
	}
}

func TestSQLAsParquetEnds(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 2, 3000)
	dir := t.TempDir()
	file := filepath.Join(dir, "answer.parquet")
	var told int64
	if n, err := db.SQLParquet(t.Context(), "SELECT seq, time, actor FROM events ORDER BY seq", file, 0, func(n int64) { told = n }); err != nil || n != 6000 || told != 6000 {
		t.Error(n, told, err)
	}
	if got := readParquet(t, file); len(got) != 6003 {
		t.Errorf("%d rows", len(got))
	}
	if n, err := db.SQLParquet(t.Context(), "SELECT seq FROM events", file, 1234, func(int64) {}); err != nil || n != 1234 {
		t.Error("limited:", n, err)
	}
	if n, err := db.SQLParquet(t.Context(), "SELECT seq FROM events WHERE seq < 0", file, 0, func(int64) {}); err != nil || n != 0 {
		t.Error("empty:", n, err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]error{"SELECT nothing FROM events": nil, "DROP TABLE event_rows": ErrNotQuery, "SELECT * FROM read_text('/etc/passwd')": ErrNotAllowed, "SELECT seq, error('stop') FROM events": nil} {
		if _, err := db.SQLParquet(t.Context(), text, file, 0, func(int64) {}); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := db.SQLParquet(ctx, "SELECT seq FROM events", file, 0, func(int64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Error("cancelled:", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
