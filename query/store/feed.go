package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
	"sync"

	"github.com/duckdb/duckdb-go/v2"
)

// A feed hands rows of this program to DuckDB as a table function, a chunk of
// 2,048 rows at a time: for numbers that is as quick as the Appender and, unlike
// it, interruptible and part of any statement:
//
//	INSERT INTO event_rows SELECT * FROM spoor_feed('name')
//
// The names are secret, so that SQL typed by people can't drain one.
type feeds struct {
	mu     sync.Mutex
	secret string
	n      int
	open   map[string]*feed
}

type feed struct {
	cols []duckdb.ColumnInfo
	rows int
	at   int
	fill func(chunk duckdb.DataChunk, row, i int) error
	pull func(chunk duckdb.DataChunk) (int, error) // instead, where the number of rows is not known
}

func (f *feed) ColumnInfos() []duckdb.ColumnInfo { return f.cols }
func (f *feed) Init()                            {}
func (f *feed) Cardinality() *duckdb.CardinalityInfo {
	return &duckdb.CardinalityInfo{Cardinality: uint(f.rows), Exact: f.pull == nil}
}

// FillChunk writes the next rows into DuckDB's own vectors.
func (f *feed) FillChunk(chunk duckdb.DataChunk) error {
	if f.pull != nil {
		n, err := f.pull(chunk)
		if err != nil {
			return err
		}
		return chunk.SetSize(n)
	}
	n := min(f.rows-f.at, duckdb.GetDataChunkCapacity())
	for row := range n {
		if err := f.fill(chunk, row, f.at+row); err != nil {
			return err
		}
	}
	f.at += n
	return chunk.SetSize(n)
}

func newFeeds() *feeds { return &feeds{secret: rand.Text(), open: make(map[string]*feed)} }

// register makes the table function known to the database.
func (fs *feeds) register(c *sql.Conn) error {
	varchar, err := duckdb.NewTypeInfo(duckdb.TYPE_VARCHAR)
	if err != nil {
		return err
	}
	return duckdb.RegisterTableUDF(c, "spoor_feed", duckdb.ChunkTableFunction{
		Config: duckdb.TableFunctionConfig{Arguments: []duckdb.TypeInfo{varchar}},
		BindArguments: func(_ map[string]any, args ...any) (duckdb.ChunkTableSource, error) {
			fs.mu.Lock()
			defer fs.mu.Unlock()
			if f, ok := fs.open[args[0].(string)]; ok {
				scan := *f // a statement may read a feed in several places
				return &scan, nil
			}
			return nil, fmt.Errorf("no such feed")
		},
	})
}

// offer makes f readable under the name returned, until withdraw is called.
func (fs *feeds) offer(f *feed) (name string, withdraw func()) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.n++
	name = fmt.Sprintf("%s%d", fs.secret, fs.n)
	fs.open[name] = f
	return name, func() {
		fs.mu.Lock()
		defer fs.mu.Unlock()
		delete(fs.open, name)
	}
}

// A table is what a row of T looks like in the database: one list of columns
// for the schema and for writing.
type table[T any] struct {
	name string
	cols []column[T]
}

// A column has a value for every row. kind is its SQL type.
type column[T any] struct {
	name, kind string
	put        func(chunk duckdb.DataChunk, col, row int, v *T) error
}

// ddl is the statement that makes the table.
func (t table[T]) ddl() string {
	cols := make([]string, len(t.cols))
	for i, c := range t.cols {
		cols[i] = c.name + " " + c.kind
		if c.kind == "VARCHAR" { // half of what DuckDB would choose (DICT_FSST) for ARNs and sentences
			cols[i] += " USING COMPRESSION zstd"
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", t.name, strings.Join(cols, ", "))
}

// insert adds rows to the table.
func (t table[T]) insert(ctx context.Context, db *DB, c conn, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	cols := make([]duckdb.ColumnInfo, len(t.cols))
	for i, col := range t.cols {
		info, err := duckdb.NewTypeInfo(duckTypes[col.kind])
		if err != nil {
			return err
		}
		cols[i] = duckdb.ColumnInfo{Name: col.name, T: info}
	}
	name, withdraw := db.feeds.offer(&feed{cols: cols, rows: len(rows), fill: func(chunk duckdb.DataChunk, row, i int) error {
		for k := range t.cols {
			if err := t.cols[k].put(chunk, k, row, &rows[i]); err != nil {
				return err
			}
		}
		return nil
	}})
	defer withdraw()
	_, err := c.exec(ctx, "INSERT INTO "+t.name+" SELECT * FROM spoor_feed(?)", name)
	return err
}

var duckTypes = map[string]duckdb.Type{
	"BOOLEAN": duckdb.TYPE_BOOLEAN, "UTINYINT": duckdb.TYPE_UTINYINT, "UINTEGER": duckdb.TYPE_UINTEGER,
	"UBIGINT": duckdb.TYPE_UBIGINT, "BIGINT": duckdb.TYPE_BIGINT, "VARCHAR": duckdb.TYPE_VARCHAR,
	"BLOB": duckdb.TYPE_BLOB,
}

// The makers of columns: one for each type, given how to get the value.

func boolCol[T any](name string, get func(*T) bool) column[T] {
	return column[T]{name, "BOOLEAN", func(ch duckdb.DataChunk, col, row int, v *T) error {
		return duckdb.SetChunkValue(ch, col, row, get(v))
	}}
}

func byteCol[T any](name string, get func(*T) uint8) column[T] {
	return column[T]{name, "UTINYINT", func(ch duckdb.DataChunk, col, row int, v *T) error {
		return duckdb.SetChunkValue(ch, col, row, get(v))
	}}
}

func idCol[T any](name string, get func(*T) uint32) column[T] {
	return column[T]{name, "UINTEGER", func(ch duckdb.DataChunk, col, row int, v *T) error {
		return duckdb.SetChunkValue(ch, col, row, get(v))
	}}
}

func u64Col[T any](name string, get func(*T) uint64) column[T] {
	return column[T]{name, "UBIGINT", func(ch duckdb.DataChunk, col, row int, v *T) error {
		return duckdb.SetChunkValue(ch, col, row, get(v))
	}}
}

func intCol[T any](name string, get func(*T) int64) column[T] {
	return column[T]{name, "BIGINT", func(ch duckdb.DataChunk, col, row int, v *T) error {
		return duckdb.SetChunkValue(ch, col, row, get(v))
	}}
}

// optCol is a number that may be absent, which none stands for: NULL.
func optCol[T any](name string, none int64, get func(*T) int64) column[T] {
	return column[T]{name, "BIGINT", func(ch duckdb.DataChunk, col, row int, v *T) error {
		if n := get(v); n != none {
			return duckdb.SetChunkValue(ch, col, row, n)
		}
		return ch.SetValue(col, row, nil)
	}}
}

func textCol[T any](name string, get func(*T) string) column[T] {
	return column[T]{name, "VARCHAR", func(ch duckdb.DataChunk, col, row int, v *T) error {
		return duckdb.SetChunkValue(ch, col, row, get(v))
	}}
}
