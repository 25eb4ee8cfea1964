package store

import (
	"database/sql/driver"
	"fmt"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"spoor/query"
)

// A slab is some thousand events of an export, in order: columns of numbers, and
// in time the rows or the text that was made of them. It is used again.
type slab struct {
	seqs  []int64
	times []int64 // noTime for none
	cols  []slabColumn

	rows   []query.Row
	values []query.Value // of rows
	text   []byte
}

func (s *slab) len() int { return len(s.seqs) }

// add takes over rows of seq, t and all columns.
func (s *slab) add(v vectors) error {
	s.seqs = append(s.seqs, v.ints(0)...)
	at := len(s.times)
	s.times = append(s.times, v.ints(1)...)
	if valid := v.valid(1); valid != nil {
		for i := range s.times[at:] {
			if valid[i/64]>>(i%64)&1 == 0 {
				s.times[at+i] = noTime
			}
		}
	}
	for i := range s.cols {
		if err := s.cols[i].add(v, i+2); err != nil {
			return err
		}
	}
	return nil
}

// clear empties the slab.
func (s *slab) clear() {
	s.seqs, s.times = s.seqs[:0], s.times[:0]
	for i := range s.cols {
		s.cols[i].bits, s.cols[i].null = s.cols[i].bits[:0], s.cols[i].null[:0]
	}
}

// A slabColumn is numbers of a slab. Whatever type it has, its values are kept in 64
// bits each.
type slabColumn struct {
	kind mapping.Type
	bits []uint64
	null []bool // empty as long as there is a value in every row
}

func (c *slabColumn) add(v vectors, col int) error {
	at := len(c.bits)
	c.kind = v.kinds[col]
	switch c.kind {
	case mapping.TypeBoolean, mapping.TypeUTinyInt:
		c.bits = widen(c.bits, v.bytes(col))
	case mapping.TypeUInteger:
		c.bits = widen(c.bits, v.ids(col))
	case mapping.TypeInteger:
		c.bits = widen(c.bits, values[int32](v.col(col), v.rows))
	case mapping.TypeBigInt, mapping.TypeUBigInt:
		c.bits = append(c.bits, v.words(col)...)
	default:
		return fmt.Errorf("a column of an export is of type %d", c.kind)
	}
	valid := v.valid(col)
	if valid == nil && len(c.null) == 0 {
		return nil
	}
	c.null = append(c.null, make([]bool, at-len(c.null)+v.rows)...)
	for i := range c.null[at:] {
		c.null[at+i] = valid != nil && valid[i/64]>>(i%64)&1 == 0
	}
	return nil
}

// widen appends numbers, those below zero by their sign.
func widen[N uint8 | uint32 | int32](bits []uint64, list []N) []uint64 {
	for _, v := range list {
		bits = append(bits, uint64(int64(v)))
	}
	return bits
}

// value is what the driver returns for a row.
func (c *slabColumn) value(row int) driver.Value {
	if len(c.null) > 0 && c.null[row] {
		return nil
	}
	switch b := c.bits[row]; c.kind {
	case mapping.TypeBoolean:
		return b != 0
	case mapping.TypeUTinyInt:
		return uint8(b)
	case mapping.TypeUInteger:
		return uint32(b)
	case mapping.TypeInteger:
		return int32(b)
	case mapping.TypeUBigInt:
		return b
	default:
		return int64(b)
	}
}
