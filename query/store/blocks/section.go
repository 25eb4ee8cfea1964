package blocks

import (
	"encoding/binary"
	"io"
	"math"
	"slices"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// How the bytes of a section are kept.
const (
	asZstd uint8 = iota
	asS2
	asRaw
	inHead // raw, at the end of the frame's head
)

// A section is a run of bytes of a frame that is unpacked by itself.
type section struct {
	how         uint8
	packed, raw int // bytes
	sum         uint64
	off         int64 // in the file

	bytes []byte // unpacked
	ready bool
}

const (
	// inlineText is up to how many bytes a section lies in the head: reading it by
	// itself would cost more.
	inlineText = 2 << 10

	// S2 unpacks some four times as fast as zstd and takes, of text that repeats
	// much, half as much again. It is worth it where a section shrinks to this
	// part of what it was (measured on generated logs: 9 bytes an event more).
	worthS2 = 4

	// maxSection bounds what unpacking a section may take, in bytes: no object, and
	// so no record, is larger.
	maxSection = math.MaxUint32

	maxFast = 1 << 30 // bytes that S2 is tried on, it has a bound of its own
)

// pack compresses bytes: for being read fast if that is cheap, else small.
func pack(enc *zstd.Encoder, raw []byte, fast bool) (section, []byte) {
	s := section{how: asRaw, raw: len(raw)}
	packed := raw
	if fast && len(raw) <= maxFast {
		if p := s2.EncodeBetter(nil, raw); len(p) <= len(raw)/worthS2 {
			s.how, packed = asS2, p
		}
	}
	if s.how == asRaw {
		if p := enc.EncodeAll(raw, nil); len(p) < len(raw)*9/10 {
			s.how, packed = asZstd, p
		}
	}
	s.packed, s.sum = len(packed), xxh3.Hash(packed)
	return s, packed
}

// append writes what is needed to read the section.
func (s *section) append(b []byte) []byte {
	b = append(b, s.how)
	b = binary.AppendUvarint(b, uint64(s.raw))
	if s.how == inHead {
		return b
	}
	b = binary.AppendUvarint(b, uint64(s.packed))
	return binary.LittleEndian.AppendUint64(b, s.sum)
}

// parse is the inverse of append; the section begins at off.
func (s *section) parse(r *varints, off int64) {
	s.how, s.raw, s.ready = r.byte(), r.size(maxSection), false
	s.packed, s.sum, s.off = 0, 0, off
	if s.how > inHead {
		r.bad = true
	}
	if s.how != inHead {
		s.packed, s.sum = r.size(maxSection), r.uint64()
	}
}

// load unpacks the section, if it is not yet; buf is used on the way.
func (s *section) load(from io.ReaderAt, dec *zstd.Decoder, buf *[]byte) error {
	if s.ready {
		return nil
	}
	*buf = slices.Grow((*buf)[:0], s.packed)[:s.packed]
	if _, err := from.ReadAt(*buf, s.off); err != nil || xxh3.Hash(*buf) != s.sum {
		return errDamaged
	}
	s.bytes = slices.Grow(s.bytes[:0], s.raw)[:0]
	var err error
	switch s.how {
	case asRaw:
		s.bytes = append(s.bytes, *buf...)
	case asS2:
		if n, err := s2.DecodedLen(*buf); err != nil || n != s.raw {
			return errDamaged
		}
		s.bytes, err = s2.Decode(s.bytes[:s.raw], *buf)
	default:
		s.bytes, err = dec.DecodeAll(*buf, s.bytes)
	}
	if err != nil || len(s.bytes) != s.raw {
		return errDamaged
	}
	s.ready = true
	return nil
}

// varints reads numbers; bad tells that there were fewer or others.
type varints struct {
	b   []byte
	bad bool
}

func (r *varints) uint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 { // most
		n := r.b[0]
		r.b = r.b[1:]
		return uint64(n)
	}
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *varints) int() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return n
}

// size reads a number of things of which there can't be more than limit.
func (r *varints) size(limit int) int {
	n := r.uint()
	if n > uint64(limit) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *varints) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *varints) uint64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// bytes reads n bytes, nil when there aren't.
func (r *varints) bytes(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *varints) text() string { return string(r.bytes(r.size(len(r.b)))) }
