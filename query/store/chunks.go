package store

import (
	"context"
	"encoding/binary"
	"errors"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// chunks runs a statement without parameters and calls f with each part of its
// answer, up to 2,048 rows, column by column as DuckDB has them in memory. That
// costs a fraction of each, which makes a value of every cell; what is read when a
// case is opened is read so. The answer is made before f is called, so ask for
// what memory can hold. Absent numbers are anything: let the statement replace them.
func (c conn) chunks(ctx context.Context, query string, f func(vectors) error) error {
	handle, err := c.handle()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { mapping.Interrupt(handle) })()
	var result mapping.Result
	defer mapping.DestroyResult(&result)
	if mapping.Query(handle, query, &result) == mapping.StateError {
		return errors.Join(ctx.Err(), errors.New(mapping.ResultError(&result)))
	}
	for ctx.Err() == nil {
		part := mapping.FetchChunk(result)
		if part.Ptr == nil {
			return nil
		}
		err := f(vectors{part, int(mapping.DataChunkGetSize(part))})
		mapping.DestroyDataChunk(&part)
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// vectors are some rows of an answer. They hold until the function that got them
// returns.
type vectors struct {
	data mapping.DataChunk
	rows int
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
