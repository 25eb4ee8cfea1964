package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// connections is how many answers may be worked out at once; a cancelled one
// holds its connection for half a second more (see ask).
const (
	connections     = 64
	idleConnections = 8
)

// defaultMemory is enough for every question of the program on ten million
// events; more is spilled to disk.
const defaultMemory = 512 << 20

// storageVersion is the oldest DuckDB that need be able to read a case. Without
// it DuckDB writes for the very first versions and leaves out what it has
// learned since.
const storageVersion = "v1.4.0"

// connect opens the database at path ("" is in memory) and locks it down: no
// file but its own and those in exports, no network, no extensions, no change of settings.
func connect(path, dir, exports string, o Options) (*sql.DB, error) {
	first := true
	if path != "" {
		path += "?storage_compatibility_version=" + storageVersion
	}
	connector, err := duckdb.NewConnector(path, func(ex driver.ExecerContext) error {
		if !first { // the settings are global and locked by now
			return nil
		}
		first = false
		for _, s := range settings(dir, exports, o) {
			if _, err := ex.ExecContext(context.Background(), s, nil); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(idleConnections)
	if err := db.Ping(); err != nil { // runs the settings before anyone else can connect
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// settings lock a database down, in the order in which DuckDB takes them: once
// external access is off, allowed directories can't change any more.
func settings(dir, exports string, o Options) []string {
	spill, allowed := "", "[]"
	if dir != "" {
		spill = filepath.Join(dir, spillName)
	}
	if exports != "" {
		allowed = "[" + literal(exports) + "]"
	}
	s := []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET temp_directory = " + literal(spill),
		"SET allowed_directories = " + allowed,
		"SET GLOBAL TimeZone = 'UTC'",
		"SET zstd_min_string_length = 8", // else short texts that should be zstd stay as they are
		"SET checkpoint_threshold = " + literal(checkpointEvery),
	}
	if o.MemoryLimit == 0 && dir != "" {
		o.MemoryLimit = defaultMemory
	}
	if o.MemoryLimit > 0 {
		s = append(s, fmt.Sprintf("SET memory_limit = '%d KiB'", o.MemoryLimit>>10))
	}
	if o.Threads > 0 {
		s = append(s, fmt.Sprintf("SET threads = %d", o.Threads))
	}
	return append(s, "SET enable_external_access = false", "SET lock_configuration = true")
}

// literal quotes a text for statements that take no parameters (SET). Only
// names that this program makes get here.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// A conn is one connection, taken out of the pool for the length of a question.
type conn struct {
	d *duckdb.Conn
}

// exec runs statements and returns how many rows the last one changed.
func (c conn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := c.d.ExecContext(ctx, query, named(args))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// each calls f for every row of an answer. The slice is used again for the next
// row; texts in it are the caller's to keep.
func (c conn) each(ctx context.Context, query string, args []any, f func([]driver.Value) error) error {
	rows, err := c.d.QueryContext(ctx, query, named(args))
	if err != nil {
		return err
	}
	row := make([]driver.Value, len(rows.Columns()))
	for n := 0; ; n++ {
		if n&0x3ff == 0 {
			if err = ctx.Err(); err != nil {
				break
			}
		}
		if err = rows.Next(row); err != nil {
			break
		}
		if err = f(row); err != nil {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

// int64s returns the first row of an answer that is all numbers; an absent
// number is 0.
func (c conn) int64s(ctx context.Context, query string, args ...any) ([]int64, error) {
	var out []int64
	err := c.each(ctx, query, args, func(row []driver.Value) error {
		if out == nil {
			for _, v := range row {
				out = append(out, number(v))
			}
		}
		return nil
	})
	return out, err
}

func named(args []any) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return out
}

// number reads any whole number that the driver returns; NULL is 0.
func number(v driver.Value) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case uint32:
		return int64(n)
	case uint8:
		return int64(n)
	case int32:
		return int64(n)
	case uint64:
		return int64(n)
	case uint16:
		return int64(n)
	case int16:
		return int64(n)
	case int8:
		return int64(n)
	case bool:
		if n {
			return 1
		}
	case float64:
		return int64(n)
	}
	return 0
}

func text(v driver.Value) string {
	s, _ := v.(string)
	return s
}

// ask answers a question on a connection of its own, and returns ctx.Err() as
// soon as ctx is done. DuckDB's threads stop within milliseconds then, but the
// driver (duckdb-go 2.10505, runWithCtxInterrupt) sleeps out half a second
// before it gives the connection back; nobody waits for that but Close. f must
// not write to anything but what it returns.
func ask[T any](ctx context.Context, db *DB, f func(context.Context, conn) (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	var none T
	if err := db.enter(); err != nil {
		return none, err
	}
	done := make(chan answer, 1)
	db.asking.Add(1)
	go func() {
		defer db.running.Done()
		defer db.asking.Add(-1)
		var a answer
		a.err = db.with(ctx, func(c conn) (err error) {
			a.v, err = f(ctx, c)
			return err
		})
		done <- a
	}()
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case a := <-done:
		if a.err != nil && ctx.Err() != nil {
			return none, ctx.Err()
		}
		return a.v, db.classify(a.err)
	}
}

// with lends a connection to f.
func (db *DB) with(ctx context.Context, f func(conn) error) error {
	c, err := db.sql.Conn(ctx)
	if err != nil {
		return err
	}
	return errors.Join(raw(c, f), c.Close())
}

// raw gives f the driver's connection behind c.
func raw(c *sql.Conn, f func(conn) error) error {
	return c.Raw(func(d any) error { return f(conn{d.(*duckdb.Conn)}) })
}

// begin starts a transaction. It can't be cancelled: one that had begun all the
// same would be left on the connection.
func (c conn) begin(ctx context.Context, statement string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := c.exec(context.WithoutCancel(ctx), statement)
	return err
}

// inTx runs f in a transaction.
func (c conn) inTx(ctx context.Context, f func() error) error {
	if err := c.begin(ctx, "BEGIN TRANSACTION"); err != nil {
		return err
	}
	err := f()
	if err == nil {
		_, err = c.exec(ctx, "COMMIT")
	}
	if err != nil {
		// A failed COMMIT has rolled back already; then this one complains.
		_, _ = c.exec(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}
