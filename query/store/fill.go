package store

import (
	"encoding/binary"
	"errors"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"

	"spoor/query"
)

// A filler writes rows into the memory of DuckDB's vectors, column by column. The
// driver's way, a call for every value, takes 300 ns each. Texts are not copied into
// DuckDB's memory one by one either: vectors point into blocks of the filler, which
// hold until the next rows are written or free is called.
type filler struct {
	puts   []func(f *filler, c cells, rows []query.Row, col int) error
	pinner runtime.Pinner
	blocks [][]byte // pinned
	used   int      // of blocks, but for the last of these
	block  []byte   // what is left of that one
}

const fillBlock = 1 << 20

// rows fills the first rows of a chunk.
func (f *filler) rows(chunk duckdb.DataChunk, rows []query.Row) error {
	data, err := chunkData(chunk)
	if err != nil {
		return err
	}
	f.used, f.block = 0, nil
	for col, put := range f.puts {
		if err := put(f, cells{vector: mapping.DataChunkGetVector(data, mapping.IdxT(col)), n: len(rows)}, rows, col); err != nil {
			return err
		}
	}
	return nil
}

// free gives the memory of texts back.
func (f *filler) free() { f.pinner.Unpin() }

// chunkData is DuckDB's own handle of a chunk. The driver (duckdb-go 2.10505)
// offers no way to it.
func chunkData(chunk duckdb.DataChunk) (mapping.DataChunk, error) {
	v := reflect.ValueOf(&chunk).Elem().FieldByName("chunk")
	if !v.IsValid() || v.Type() != reflect.TypeFor[mapping.DataChunk]() {
		return mapping.DataChunk{}, errUnknownDriver
	}
	return mapping.DataChunk{Ptr: v.FieldByName("Ptr").UnsafePointer()}, nil
}

var errUnknownDriver = errors.New("this version of the DuckDB driver is not known")

// cells are the rows of one vector.
type cells struct {
	vector mapping.Vector
	n      int
	valid  []uint64 // a bit each, nil as long as there is a value in every row
}

// null makes a row NULL.
func (c *cells) null(row int) {
	if c.valid == nil {
		mapping.VectorEnsureValidityWritable(c.vector)
		c.valid = unsafe.Slice((*uint64)(mapping.VectorGetValidity(c.vector)), (c.n+63)/64)
	}
	c.valid[row/64] &^= 1 << (row % 64)
}

func (f *filler) text(c cells, rows []query.Row, col int) error {
	to := values[vString](c.vector, c.n)
	for i := range rows {
		v := &rows[i].Values[col]
		if v.Null {
			c.null(i)
			continue
		}
		s := v.Text
		if !utf8.ValidString(s) {
			s = strings.ToValidUTF8(s, "\ufffd")
		}
		f.set(&to[i], s)
	}
	return nil
}

// set makes a text of a vector, which lies in a block unless it is short.
func (f *filler) set(to *vString, s string) {
	*to = vString{}
	binary.NativeEndian.PutUint32(to[:], uint32(len(s)))
	if len(s) <= 12 {
		copy(to[4:], s)
		return
	}
	copy(to[4:8], s)
	if len(s) > len(f.block) {
		f.next(len(s))
	}
	copy(f.block, s)
	*(**byte)(unsafe.Pointer(&to[8])) = &f.block[0]
	f.block = f.block[len(s):]
}

// next takes another block, with room for n bytes.
func (f *filler) next(n int) {
	for f.used < len(f.blocks) && len(f.blocks[f.used]) < n { // a text that is too long for the blocks there are
		f.used++
	}
	if f.used == len(f.blocks) {
		b := make([]byte, max(n, fillBlock))
		f.pinner.Pin(&b[0])
		f.blocks = append(f.blocks, b)
	}
	f.block = f.blocks[f.used]
	f.used++
}

func (f *filler) time(c cells, rows []query.Row, _ int) error {
	to := values[int64](c.vector, c.n)
	for i := range rows {
		if to[i] = rows[i].Time; rows[i].Time == noTime {
			c.null(i)
		}
	}
	return nil
}

func (f *filler) number(c cells, rows []query.Row, col int) (err error) {
	to := values[int64](c.vector, c.n)
	for i := range rows {
		v := &rows[i].Values[col]
		if v.Null {
			c.null(i)
			continue
		}
		if to[i], err = strconv.ParseInt(v.Text, 10, 64); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) truth(c cells, rows []query.Row, col int) error {
	to := values[bool](c.vector, c.n)
	for i := range rows {
		v := &rows[i].Values[col]
		if to[i] = v.Text == "true"; v.Null {
			c.null(i)
		}
	}
	return nil
}
