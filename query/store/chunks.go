package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// chunks runs a statement and calls f with each part of its answer, up to 2,048
// rows, column by column as DuckDB has them in memory. That costs a fraction of
// each, which makes a value of every cell: exports and what is read when a case is
// opened are read so. The answer is made before f is called, so ask for what
// memory can hold. Absent values are anything, unless valid is looked at.
func (c conn) chunks(ctx context.Context, query string, args []any, f func(vectors) error) error {
	handle, err := c.handle()
	if err != nil {
		return err
	}
	defer interrupting(ctx, handle)()
	if err := ctx.Err(); err != nil {
		return err
	}
	var stmt mapping.PreparedStatement
	defer mapping.DestroyPrepare(&stmt)
	if mapping.Prepare(handle, query, &stmt) == mapping.StateError {
		return errors.New(mapping.PrepareError(stmt))
	}
	for i, arg := range args {
		if err := bind(stmt, mapping.IdxT(i+1), arg); err != nil {
			return err
		}
	}
	var result mapping.Result
	defer mapping.DestroyResult(&result)
	if mapping.ExecutePrepared(stmt, &result) == mapping.StateError {
		return errors.Join(ctx.Err(), errors.New(mapping.ResultError(&result)))
	}
	kinds := make([]mapping.Type, mapping.ColumnCount(&result))
	for i := range kinds {
		kinds[i] = mapping.ColumnType(&result, mapping.IdxT(i))
	}
	for ctx.Err() == nil {
		part := mapping.FetchChunk(result)
		if part.Ptr == nil {
			return nil
		}
		err := f(vectors{part, kinds, int(mapping.DataChunkGetSize(part))})
		mapping.DestroyDataChunk(&part)
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// interrupting stops what a connection does when ctx is done, until the function that
// it returns is called: that waits for it, for an interrupt that came late would hit
// whatever the connection does next.
func interrupting(ctx context.Context, handle mapping.Connection) func() {
	hit := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(hit)
		mapping.Interrupt(handle)
	})
	return func() {
		if !stop() {
			<-hit
		}
	}
}

// bind gives a statement the value of a parameter, of the types that conditions
// have.
func bind(stmt mapping.PreparedStatement, i mapping.IdxT, arg any) error {
	state := mapping.StateError
	switch v := arg.(type) {
	case string:
		state = mapping.BindVarcharLength(stmt, i, v, mapping.IdxT(len(v)))
	case int64:
		state = mapping.BindInt64(stmt, i, v)
	case int:
		state = mapping.BindInt64(stmt, i, int64(v))
	case uint64:
		state = mapping.BindUInt64(stmt, i, v)
	case uint32:
		state = mapping.BindUInt32(stmt, i, v)
	case uint8:
		state = mapping.BindUInt8(stmt, i, v)
	case bool:
		state = mapping.BindBoolean(stmt, i, v)
	}
	if state == mapping.StateError {
		return fmt.Errorf("bind parameter %d, a %T", i, arg)
	}
	return nil
}

// vectors are some rows of an answer. They hold until the function that got them
// returns.
type vectors struct {
	data  mapping.DataChunk
	kinds []mapping.Type // of the columns
	rows  int
}

func (c vectors) col(i int) mapping.Vector {
	return mapping.DataChunkGetVector(c.data, mapping.IdxT(i))
}

func (c vectors) bytes(i int) []uint8   { return values[uint8](c.col(i), c.rows) }
func (c vectors) bools(i int) []bool    { return values[bool](c.col(i), c.rows) }
func (c vectors) ids(i int) []uint32    { return values[uint32](c.col(i), c.rows) }
func (c vectors) ints(i int) []int64    { return values[int64](c.col(i), c.rows) }
func (c vectors) words(i int) []uint64  { return values[uint64](c.col(i), c.rows) }
func (c vectors) texts(i int) []vString { return values[vString](c.col(i), c.rows) }

// valid has a bit for each row of a column, set where there is a value; nil when
// there is one in every row.
func (c vectors) valid(i int) []uint64 {
	bits := mapping.VectorGetValidity(c.col(i))
	if bits == nil {
		return nil
	}
	return unsafe.Slice((*uint64)(bits), (c.rows+63)/64)
}

// A vString is a text in a vector: its length, and up to twelve bytes, or four
// and where it lies (duckdb_string_t).
type vString [16]byte

// String is a view of the text, which holds as long as the chunk.
func (s *vString) String() string {
	n := binary.NativeEndian.Uint32(s[:])
	if n <= 12 {
		return unsafe.String(&s[4], n)
	}
	return unsafe.String(*(**byte)(unsafe.Pointer(&s[8])), n)
}
