package store

import (
	"bufio"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// A mirror is a file beside the database with all rows of some tables: of what
// can't be had again from the objects. It is replaced as a whole within each
// transaction that changes one of them, before that ends, so it holds whatever
// the case has promised to keep. A row is a line of JSON:
//
//	{"table":"annotations","row":{"about":1,"name":"…","note":"…"}}
type mirror struct {
	file   string
	tables []string
}

var (
	// madeMirror is what people made.
	madeMirror = mirror{"notes.ndjson", []string{"annotations", "queries"}}
	// checkMirror is what was found out about the integrity of objects.
	checkMirror = mirror{"checks.ndjson", []string{"check_rows", "verdict_rows", "finding_rows", "chain_rows", "key_use_rows", "public_key_rows"}}
)

func mirrors() []mirror { return []mirror{madeMirror, checkMirror} }

// keepMade runs f in a transaction that changes tables of m, and keeps the
// mirror in step. Like a question, f must not write to anything but what it
// returns.
func keepMade[T any](ctx context.Context, db *DB, m mirror, f func(context.Context, conn) (T, error)) (T, error) {
	db.making.Lock()
	defer db.making.Unlock()
	return ask(ctx, db, func(ctx context.Context, c conn) (v T, err error) {
		err = c.inTx(ctx, func() error {
			if v, err = f(ctx, c); err != nil {
				return err
			}
			return db.write(ctx, c, m)
		})
		return v, err
	})
}

// write replaces the file of a mirror.
func (db *DB) write(ctx context.Context, c conn, m mirror) error {
	if db.path == Memory {
		return nil
	}
	err := replaceFile(filepath.Join(db.path, m.file), func(w io.Writer) error {
		for _, table := range m.tables {
			q := fmt.Sprintf(`SELECT '{"table":"%s","row":' || to_json(r)::VARCHAR || '}' FROM %s AS r ORDER BY r.rowid`, table, table)
			if err := c.each(ctx, q, nil, func(v []driver.Value) error {
				_, err := io.WriteString(w, text(v[0])+"\n")
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", m.file, err)
	}
	return nil
}

// completeMirrors writes the files that are missing: someone took them away.
func (db *DB) completeMirrors(ctx context.Context, c conn) error {
	if db.path == Memory {
		return nil
	}
	for _, m := range mirrors() {
		if _, err := os.Lstat(filepath.Join(db.path, m.file)); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		n, err := c.int64s(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+strings.Join(m.tables, " UNION ALL SELECT 1 FROM ")+")")
		if err == nil && n[0] > 0 {
			err = db.write(ctx, c, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takeBack fills the tables of a mirror, which are empty, from its file. It
// returns how many rows it took, and the numbers of the lines that it could not
// make sense of.
func (db *DB) takeBack(ctx context.Context, c conn, m mirror) (taken int, odd []int, err error) {
	rows, odd, err := readMirror(filepath.Join(db.path, m.file), m)
	if err != nil {
		return 0, nil, fmt.Errorf("read %s: %w", m.file, err)
	}
	for _, table := range m.tables {
		if err := db.fill(ctx, c, table, rows[table]); err != nil {
			return 0, nil, fmt.Errorf("take back %s from %s: %w", table, m.file, err)
		}
		taken += len(rows[table])
	}
	return taken, odd, nil
}

// readMirror reads the rows of each table, as JSON.
func readMirror(path string, m mirror) (rows map[string][]string, odd []int, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	rows = make(map[string][]string, len(m.tables))
	for _, t := range m.tables {
		rows[t] = nil
	}
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := r.ReadString('\n')
		var l struct {
			Table string          `json:"table"`
			Row   json.RawMessage `json:"row"`
		}
		if strings.TrimSpace(line) != "" {
			wrong := json.Unmarshal([]byte(line), &l)
			if _, known := rows[l.Table]; wrong != nil || !known || !strings.HasPrefix(string(l.Row), "{") {
				odd = append(odd, n)
			} else {
				rows[l.Table] = append(rows[l.Table], string(l.Row))
			}
		}
		if errors.Is(err, io.EOF) {
			return rows, odd, nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// fill adds rows, given as JSON, to a table. Columns that a row lacks are NULL.
func (db *DB) fill(ctx context.Context, c conn, table string, rows []string) error {
	if len(rows) == 0 {
		return nil
	}
	types := map[string]string{}
	q := "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?"
	if err := c.each(ctx, q, []any{table}, func(v []driver.Value) error {
		types[text(v[0])] = text(v[1])
		return nil
	}); err != nil {
		return err
	}
	structure, err := json.Marshal(types)
	if err != nil {
		return err
	}
	info, _ := duckdb.NewTypeInfo(duckdb.TYPE_VARCHAR) // fails for composite types only
	name, withdraw := db.feeds.offer(&feed{cols: []duckdb.ColumnInfo{{Name: "line", T: info}}, rows: len(rows), fill: func(ch duckdb.DataChunk, row, i int) error {
		return duckdb.SetChunkValue(ch, 0, row, rows[i])
	}})
	defer withdraw()
	_, err = c.exec(ctx, "INSERT INTO "+table+" BY NAME SELECT unnest(json_transform(line::JSON, "+literal(string(structure))+")) FROM spoor_feed(?)", name)
	return err
}
