package blocks

import (
	"encoding/binary"
	"strings"
)

// Each calls yield with the events, by number, and the parts of their records, in
// order, until it returns false; the list of parts is used again for the next.
// With keys, only parts that may be members of these keys are told of: ignoring
// case, and some others.
func (f *Frame) Each(keys []string, yield func(seq int64, parts []uint32) bool) error {
	cursors, err := f.cursors(keys)
	if err != nil {
		return err
	}
	wanted := make([][]byte, len(f.shapes))
	for i, shape := range f.shapes {
		for _, k := range shape {
			if cursors[k].s != nil {
				wanted[i] = append(wanted[i], k)
			}
		}
	}
	var parts []uint32
	for i, seq := range f.seqs {
		parts = parts[:0]
		for _, k := range wanted[f.order[i]] {
			c := &cursors[k]
			part, ok := c.take()
			if !ok {
				return errDamaged
			}
			parts = append(parts, uint32(c.s.first+part))
		}
		if !yield(seq, parts) {
			return nil
		}
	}
	return nil
}

// cursors stand at the beginning of the streams of some keys, all without any.
func (f *Frame) cursors(keys []string) ([]cursor, error) {
	if err := f.loadEvents(); err != nil {
		return nil, err
	}
	list := make([]cursor, len(f.streams))
	for i := range f.streams {
		s := &f.streams[i]
		if !s.isOneOf(keys) {
			continue
		}
		if err := f.ready(s); err != nil {
			return nil, err
		}
		list[i] = cursor{s: s, refs: s.refs}
	}
	return list, nil
}

// ready loads what is needed to look at single parts.
func (f *Frame) ready(s *stream) error {
	if s.form != nil {
		return s.data.load(f.from, f.dec, &f.buf)
	}
	if err := f.loadText(s); err != nil {
		return err
	}
	return f.loadIndex(s)
}

func (s *stream) isOneOf(keys []string) bool {
	if len(keys) == 0 || s.key == "" {
		return true
	}
	for _, k := range keys {
		if strings.EqualFold(s.key, k) {
			return true
		}
	}
	return false
}

// A cursor goes through the parts that events have in a stream.
type cursor struct {
	s    *stream
	refs []byte
	next int // the part that comes as a new one
}

// take returns the next part; ok is false when there is none.
func (c *cursor) take() (part int, ok bool) {
	ref := uint64(0)
	if c.s.form == nil {
		n, size := uint64(0), 0
		if len(c.refs) > 0 && c.refs[0] < 0x80 {
			n, size = uint64(c.refs[0]), 1
		} else if n, size = binary.Uvarint(c.refs); size <= 0 {
			return 0, false
		}
		ref, c.refs = n, c.refs[size:]
	}
	if ref == 0 {
		c.next++
		ref = uint64(c.next)
	}
	return int(ref) - 1, ref <= uint64(c.s.n)
}
