package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// run returns all rows of an SQL query.
func run(t testing.TB, db *DB, text string) ([]Column, [][]any, error) {
	t.Helper()
	var cols []Column
	var rows [][]any
	err := db.SQL(t.Context(), text, 0, func(c []Column) error { cols = c; return nil }, func(v []any) error { rows = append(rows, v); return nil })
	return cols, rows, err
}

func TestSQLReadsTheViews(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	objects := generated(t, db, 2, 300)
	e := objects[0].Events[0]
	cols, rows, err := run(t, db, "SELECT seq, time, actor, event, service, id, object, outcome, readonly, mfa, bytesin FROM events ORDER BY seq LIMIT 1")
	if err != nil {
		t.Fatal(err)
	}
	if cols[1] != (Column{"time", "TIMESTAMP"}) {
		t.Errorf("column %v", cols[1])
	}
	want := []any{int64(1), time.UnixMicro(e.Time).UTC(), e.Who.Actor, e.Name, e.Source, e.ID, objects[0].Object.Name,
		[]string{"ok", "denied"}[e.Outcome], e.ReadOnly, nil, nil}
	if d := cmp.Diff(want, rows[0]); d != "" {
		t.Error(d)
	}
	for view, n := range map[string]int64{"events": 600, "objects": 2} {
		if _, rows, err := run(t, db, "SELECT count(*) FROM "+view); err != nil || rows[0][0] != n {
			t.Errorf("%s: %v, %v", view, rows, err)
		}
	}
	_, rows, err = run(t, db, "SELECT (SELECT count(*) FROM changes) = (SELECT count(*) FROM changes_rows), (SELECT count(*) FROM changes WHERE severity = 'info' AND resource LIKE 'i-%') > 0")
	if err != nil || rows[0][0] != true || rows[0][1] != true {
		t.Errorf("changes: %v, %v", rows, err)
	}
}

func TestSQLValues(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	_, rows, err := run(t, db, `SELECT 1, 2::UTINYINT, 1.5, 1.25::DECIMAL(9,2), 'x', NULL, [1, 2], {'a': 1}, TIMESTAMP '2024-05-01 10:00:00',
		'00112233-4455-6677-8899-aabbccddeeff'::UUID, sum(x), TIMESTAMP '2024-05-02 01:00:00' - TIMESTAMP '2024-05-01 00:00:00', 'ab'::BLOB FROM range(3) AS r(x)`)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{int64(1), int64(2), 1.5, 1.25, "x", nil, []any{int64(1), int64(2)}, map[string]any{"a": int64(1)}, time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC),
		"00112233-4455-6677-8899-aabbccddeeff", int64(3), "1 days 1h0m0s", "6162"}
	if d := cmp.Diff(want, rows[0]); d != "" {
		t.Error(d)
	}
}

func TestSQLCanOnlyRead(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 1, 50)
	out := filepath.Join(t.TempDir(), "out")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"DELETE FROM event_rows", "DROP TABLE event_rows", "INSERT INTO strings VALUES (1, 1, 'x')", "UPDATE objects_rows SET name = 'x'",
		"CREATE TABLE x (a INTEGER)", "CREATE TEMP TABLE x (a INTEGER)", "CREATE VIEW x AS SELECT 1", "SELECT 1; DROP TABLE event_rows", "DROP TABLE event_rows; SELECT 1",
		"COPY event_rows TO '" + out + "'", "COPY (SELECT 1) TO '" + filepath.Join(db.Path(), "x.csv") + "'", "EXPORT DATABASE '" + out + "'",
		"SELECT * FROM read_csv('" + secret + "')", "SELECT * FROM '" + secret + "'", "SELECT * FROM read_text('" + secret + "')", "SELECT * FROM glob('/*')",
		"SELECT * FROM read_text('" + filepath.Join(db.Path(), infoName) + "')",
		"ATTACH '" + out + "' AS x", "INSTALL httpfs", "LOAD httpfs", "SELECT * FROM read_csv('https://example.com/x.csv')", "PRAGMA enable_profiling",
		"SET memory_limit = '1TB'", "RESET memory_limit", "SET enable_external_access = true", "CHECKPOINT", "FORCE CHECKPOINT", "VACUUM", "CALL pragma_version()",
		"BEGIN TRANSACTION", "COMMIT", "ROLLBACK", "USE memory", "WITH x AS (SELECT 1) INSERT INTO strings SELECT 1, 1, 'x'", "PREPARE p AS SELECT 1", "", ";", "SELECT",
		"SELECT * FROM read_blob('" + filepath.Join(db.Path(), dbName) + "')", "DESCRIBE SELECT * FROM read_text('" + filepath.Join(db.Path(), dbName) + ".wal')",
		"SELECT (SELECT count(*) FROM glob('" + filepath.Join(db.Path(), spillName, "*") + "'))", "WITH x AS (FROM read_blob('x')) SELECT 1", "FROM main.read_blob('x')",
		"FROM enable_logging()", "FROM checkpoint()", "FROM query('SELECT 1')", "FROM query_table('strings')", "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
		"FROM duckdb_secrets()", "FROM sniff_csv('x')", "FROM 'x.csv'", "EXPLAIN FROM glob('x')", "explain\tANALYZE FROM enable_logging()", "SELECT 1; SELECT 2",
		"SELECT nextval('x')", "SELECT * FROM spoor_feed('x')", "EXPLAIN ANALYZE DELETE FROM event_rows",
	} {
		if _, rows, err := run(t, db, text); err == nil {
			t.Errorf("%s: no error, %d rows", text, len(rows))
		}
	}
	if n, err := db.Count(t.Context(), parse(t, "region:*")); err != nil || n.N != 50 {
		t.Errorf("after all that: %v, %v", n, err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a file was written")
	}
	for _, text := range []string{"SELECT 1", "EXPLAIN SELECT 1", "explain\n analyze SELECT 1", "SELECT 1 -- one", "SELECT 1;", "SELECT unnest([1, 2])", "FROM range(2)", "DESCRIBE events", "SHOW TABLES", "FROM events LIMIT 1", "WITH x AS (SELECT 1) SELECT * FROM x", "SUMMARIZE objects", "VALUES (1)"} {
		if _, rows, err := run(t, db, text); err != nil || len(rows) == 0 {
			t.Errorf("%s: %d rows, %v", text, len(rows), err)
		}
	}
}

func TestCancelledQueryReturnsAndFreesItsThread(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan struct{})
	done := make(chan error)
	go func() {
		close(started)
		done <- db.SQL(ctx, "SELECT count(*) FROM range(1000000) AS a(x), range(1000000) AS b(y) WHERE (x * y) % 7 = 3", 0, func([]Column) error { return nil }, func([]any) error { return nil })
	}()
	<-started
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled query: %v", err)
	}
	db.running.Wait() // the query would take hours: that this returns says its thread is free
	if _, err := db.Count(t.Context(), parse(t, "region:x")); err != nil {
		t.Error(err)
	}
}

func TestCallbackErrorEndsSQL(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	want := errors.New("enough")
	err := db.SQL(t.Context(), "SELECT * FROM range(100000)", 0, func([]Column) error { return nil }, func([]any) error { return want })
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}

// What is not asked for is not worked out (the first of these would never end), and
// an order is kept.
func TestSQLStopsAtItsLimit(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	for text, want := range map[string]string{
		"SELECT range AS x, 1 AS x FROM range(1000000000000000) -- all":        "[[0 1] [1 1] [2 1]]",
		"SELECT range FROM range(300000) ORDER BY hash(range), 1 DESC":         "",
		"WITH x AS (FROM range(300000)) SELECT * FROM x ORDER BY range DESC; ": "[[299999] [299998] [299997]]",
		"VALUES (1), (2) LIMIT 1": "[[1]]",
		"SHOW TABLES":             "[[annotations] [chain_rows] [changes]]",
	} {
		var rows [][]any
		err := db.SQL(t.Context(), text, 3, func([]Column) error { return nil }, func(v []any) error { rows = append(rows, v[:min(len(v), 2)]); return nil })
		if want == "" {
			_, all, err := run(t, db, text)
			if err != nil {
				t.Fatal(err)
			}
			want = fmt.Sprint(all[:3])
		}
		if got := fmt.Sprint(rows); err != nil || got != want {
			t.Errorf("%s: %s, want %s (%v)", text, got, want, err)
		}
	}
}

func TestSQLNamesColumnsAsAsked(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	cols, rows, err := run(t, db, "SELECT 1 AS x, 2 AS x, 'b' || 'c' ORDER BY 1 -- a remark")
	if err != nil || len(rows) != 1 || cols[0].Name != "x" || cols[1].Name != "x" {
		t.Errorf("%v, %v, %v", cols, rows, err)
	}
}

// TestLargeAnswersKeepTheirOrderAndPassThroughDisk asks for more than DuckDB may
// hold in memory.
func TestLargeAnswersKeepTheirOrderAndPassThroughDisk(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "small.spoor"), Options{Create: true, MemoryLimit: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const n = 400_000 // of 500 bytes: three times the memory
	next := int64(0)
	err = db.SQL(t.Context(), "SELECT x, repeat(md5(x::VARCHAR), 16) AS text FROM range(400000) AS r(x)", 0, func([]Column) error { return nil }, func(v []any) error {
		if v[0] != next || len(v[1].(string)) != 512 {
			t.Fatalf("row %d is %v", next, v[0])
		}
		next++
		return nil
	})
	if err != nil || next != n {
		t.Errorf("%d rows, %v", next, err)
	}
	_, _, err = run(t, db, "SELECT string_agg(md5(x::VARCHAR), '') FROM range(10000000) AS r(x)") // one value of 320 MB
	if !errors.Is(err, ErrMemory) {
		t.Errorf("more than there may be at once: %v", err)
	}
}

func TestSQLMistakesSayWhere(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	for text, column := range map[string]int{"SELEC 1": 1, "SELECT a b c FROM events": 12, "EXPLAIN SELEC 1": 9, "SELECT 'é' b c FROM events": 14} {
		_, _, err := run(t, db, text)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.Column != column {
			t.Errorf("%s: %v, want column %d", text, err, column)
		}
	}
}

func TestSQLWorksSessionsOutFirst(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 2, 300)
	_, rows, err := run(t, db, "SELECT count(*), sum(events) FROM sessions")
	if err != nil || rows[0][0] == int64(0) || rows[0][1] != int64(600) {
		t.Errorf("%v, %v", rows, err)
	}
}
