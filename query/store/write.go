package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// A table is what a row of T looks like in the database: one list of columns
// for the schema and for writing.
type table[T any] struct {
	name string
	cols []column[T]
}

// A column has a value for every row. kind is its SQL type; put writes the
// values of up to 2,048 rows into the memory of a vector.
type column[T any] struct {
	name, kind string
	put        func(v mapping.Vector, rows []T)
	plain      bool // not compressed: what is read one here and one there, where two thousand would be unpacked for each
}

// ddl is the statement that makes the table.
func (t table[T]) ddl() string {
	cols := make([]string, len(t.cols))
	for i, c := range t.cols {
		cols[i] = c.name + " " + c.kind
		if c.kind == "VARCHAR" { // half of what DuckDB would choose (DICT_FSST) for ARNs and sentences
			cols[i] += " USING COMPRESSION zstd"
		}
		if c.plain {
			cols[i] += " USING COMPRESSION uncompressed"
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", t.name, strings.Join(cols, ", "))
}

var duckTypes = map[string]duckdb.Type{
	"BOOLEAN": duckdb.TYPE_BOOLEAN, "UTINYINT": duckdb.TYPE_UTINYINT, "UINTEGER": duckdb.TYPE_UINTEGER,
	"UBIGINT": duckdb.TYPE_UBIGINT, "BIGINT": duckdb.TYPE_BIGINT, "VARCHAR": duckdb.TYPE_VARCHAR,
	"BLOB": duckdb.TYPE_BLOB,
}

// insert adds rows to the table, within the transaction of c if there is one.
//
// It hands whole columns to DuckDB's appender, which works on this thread. The
// same rows as an INSERT … SELECT from a table function took twice the CPU: a
// call into the driver for every value, and a second thread that spins while the
// first one fetches.
func (t table[T]) insert(ctx context.Context, c conn, rows []T) (err error) {
	if len(rows) == 0 {
		return nil
	}
	w, err := t.writer(c)
	if err != nil {
		return fmt.Errorf("write to %s: %w", t.name, err)
	}
	defer func() { err = errors.Join(err, w.close()) }()
	return t.fill(ctx, w, rows)
}

// fill hands rows to a writer.
func (t table[T]) fill(ctx context.Context, w *writer, rows []T) error {
	step := int(mapping.VectorSize())
	for ; len(rows) > 0; rows = rows[min(step, len(rows)):] {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := rows[:min(step, len(rows))]
		for i := range t.cols {
			t.cols[i].put(mapping.DataChunkGetVector(w.chunk, mapping.IdxT(i)), part)
		}
		if err := w.append(len(part)); err != nil {
			return fmt.Errorf("write to %s: %w", t.name, err)
		}
	}
	return nil
}

// writers are those of a lot, by table. DuckDB plans a statement whenever rows
// leave its appender, which costs as much as a thousand rows: so they leave it
// flushRows at a time, and before anything looks for them.
type writers map[string]*writer

// flushRows is how many rows of a table an appender of a lot holds: some 10 MB of
// events.
const flushRows = 20_480

// stage is insert within a lot.
func (t table[T]) stage(ctx context.Context, c conn, ws writers, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	w := ws[t.name]
	if w == nil {
		var err error
		if w, err = t.writer(c); err != nil {
			return fmt.Errorf("write to %s: %w", t.name, err)
		}
		ws[t.name] = w
	}
	if err := t.fill(ctx, w, rows); err != nil {
		return err
	}
	if w.held < flushRows {
		return nil
	}
	if err := w.flush(); err != nil {
		return fmt.Errorf("write to %s: %w", t.name, err)
	}
	return nil
}

// flush makes the rows seen by statements of the lot.
func (ws writers) flush() error {
	for name, w := range ws {
		if err := w.flush(); err != nil {
			return fmt.Errorf("write to %s: %w", name, err)
		}
	}
	return nil
}

// drop closes the writers; rows that they still hold are lost.
func (ws writers) drop() {
	for _, w := range ws {
		mapping.AppenderClear(w.appender)
		_ = w.close() // there is nothing left that could fail
	}
	clear(ws)
}

// A writer is DuckDB's appender for a table, and a chunk to fill.
type writer struct {
	appender mapping.Appender
	chunk    mapping.DataChunk
	held     int // rows in the appender
}

func (t table[T]) writer(c conn) (*writer, error) {
	handle, err := c.handle()
	if err != nil {
		return nil, err
	}
	w := &writer{}
	if mapping.AppenderCreateExt(handle, "", "", t.name, &w.appender) == mapping.StateError {
		return nil, errors.Join(w.failure(), w.close())
	}
	types := make([]mapping.LogicalType, len(t.cols))
	for i, col := range t.cols {
		types[i] = mapping.CreateLogicalType(duckTypes[col.kind])
		defer mapping.DestroyLogicalType(&types[i])
	}
	w.chunk = mapping.CreateDataChunk(types)
	return w, nil
}

// append takes n rows from the chunk and empties it.
func (w *writer) append(n int) error {
	mapping.DataChunkSetSize(w.chunk, mapping.IdxT(n))
	if mapping.AppendDataChunk(w.appender, w.chunk) == mapping.StateError {
		return w.failure()
	}
	mapping.DataChunkReset(w.chunk)
	w.held += n
	return nil
}

// flush writes what has been appended. An appender that failed before has nothing
// to write and says so again.
func (w *writer) flush() error {
	w.held = 0
	if mapping.AppenderFlush(w.appender) == mapping.StateError {
		err := w.failure()
		mapping.AppenderClear(w.appender)
		return err
	}
	return nil
}

// close writes what has been appended, and frees the writer.
func (w *writer) close() error {
	err := w.flush()
	mapping.AppenderDestroy(&w.appender)
	mapping.DestroyDataChunk(&w.chunk)
	return err
}

func (w *writer) failure() error {
	e := mapping.AppenderErrorData(w.appender)
	defer mapping.DestroyErrorData(&e)
	return errors.New(mapping.ErrorDataMessage(e))
}

// handle is DuckDB's own handle of the connection. The driver (duckdb-go
// 2.10505) uses it for its row-wise appender and offers no other way to it.
func (c conn) handle() (mapping.Connection, error) {
	v := reflect.ValueOf(c.d).Elem().FieldByName("conn")
	if !v.IsValid() || v.Type() != reflect.TypeFor[mapping.Connection]() {
		return mapping.Connection{}, errUnknownDriver
	}
	return mapping.Connection{Ptr: v.FieldByName("Ptr").UnsafePointer()}, nil
}

// commit ends the transaction. DuckDB gives the statement to one of its threads,
// and the driver's way to execute asks all the while whether it is done: a whole
// core for as long as the commit takes, 6 % of a load. This one looks now and
// then; there is nothing to wait on. A commit can't be cancelled.
func (c conn) commit() error {
	handle, err := c.handle()
	if err != nil {
		return err
	}
	var stmt mapping.PreparedStatement
	defer mapping.DestroyPrepare(&stmt)
	if mapping.Prepare(handle, "COMMIT", &stmt) == mapping.StateError {
		return errors.New(mapping.PrepareError(stmt))
	}
	var pending mapping.PendingResult
	defer mapping.DestroyPending(&pending)
	if mapping.PendingPrepared(stmt, &pending) == mapping.StateError {
		return errors.New(mapping.PendingError(pending))
	}
	for wait := 20 * time.Microsecond; ; {
		switch mapping.PendingExecuteTask(pending) {
		case mapping.PendingStateError:
			return errors.New(mapping.PendingError(pending))
		case mapping.PendingStateResultReady:
			return finish(pending)
		case mapping.PendingStateNoTasksAvailable:
			time.Sleep(wait)
			wait = min(2*wait, 2*time.Millisecond)
		}
	}
}

// finish takes the result of a statement that is done.
func finish(pending mapping.PendingResult) error {
	var result mapping.Result
	defer mapping.DestroyResult(&result)
	if mapping.ExecutePending(pending, &result) == mapping.StateError {
		return errors.New(mapping.ResultError(&result))
	}
	return nil
}

// values is the memory of a vector, as numbers.
func values[V any](v mapping.Vector, n int) []V {
	return unsafe.Slice((*V)(mapping.VectorGetData(v)), n)
}

// The makers of columns: one for each type, given how to get the value.

func boolCol[T any](name string, get func(*T) bool) column[T] { return fixed(name, "BOOLEAN", get) }

func byteCol[T any](name string, get func(*T) uint8) column[T] { return fixed(name, "UTINYINT", get) }

func idCol[T any](name string, get func(*T) uint32) column[T] { return fixed(name, "UINTEGER", get) }

func u64Col[T any](name string, get func(*T) uint64) column[T] { return fixed(name, "UBIGINT", get) }

func intCol[T any](name string, get func(*T) int64) column[T] { return fixed(name, "BIGINT", get) }

// fixed is a column of a type that is the same for Go and DuckDB.
func fixed[T, V any](name, kind string, get func(*T) V) column[T] {
	return column[T]{name: name, kind: kind, put: func(v mapping.Vector, rows []T) {
		to := values[V](v, len(rows))
		for i := range rows {
			to[i] = get(&rows[i])
		}
	}}
}

// optCol is a number that may be absent, which none stands for: NULL.
func optCol[T any](name string, none int64, get func(*T) int64) column[T] {
	return column[T]{name: name, kind: "BIGINT", put: func(v mapping.Vector, rows []T) {
		to := values[int64](v, len(rows))
		var valid []uint64 // one bit a row; all are set until one is absent
		for i := range rows {
			n := get(&rows[i])
			if to[i] = n; n != none {
				continue
			}
			if valid == nil {
				mapping.VectorEnsureValidityWritable(v)
				valid = unsafe.Slice((*uint64)(mapping.VectorGetValidity(v)), len(rows)/64+1)
			}
			to[i] = 0
			valid[i/64] &^= 1 << (i % 64)
		}
	}}
}

func textCol[T any](name string, get func(*T) string) column[T] {
	return column[T]{name: name, kind: "VARCHAR", put: func(v mapping.Vector, rows []T) {
		for i := range rows {
			mapping.VectorAssignStringElement(v, mapping.IdxT(i), get(&rows[i]))
		}
	}}
}

func blobCol[T any](name string, get func(*T) []byte) column[T] {
	return column[T]{name: name, kind: "BLOB", put: func(v mapping.Vector, rows []T) {
		for i := range rows {
			mapping.VectorAssignStringElementLen(v, mapping.IdxT(i), get(&rows[i]))
		}
	}}
}

// plainly leaves a column uncompressed.
func plainly[T any](c column[T]) column[T] {
	c.plain = true
	return c
}
