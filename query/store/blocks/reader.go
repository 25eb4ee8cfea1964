package blocks

import (
	"context"
	"errors"
	"slices"

	"github.com/zeebo/xxh3"
)

// A Reader reads blocks, one after the other.
type Reader struct {
	file        *File
	packed, raw []byte
	frame       Frame
}

// Reader returns a reader, which is one caller's at a time.
func (s *File) Reader() *Reader { return &Reader{file: s} }

// Each gives the frames of a block to look; each holds until look returns. sound
// is false for a block that turned out damaged, which is forgotten: what look has
// seen of it may be wrong, and must be looked for in the originals.
func (r *Reader) Each(ctx context.Context, b *Block, look func(*Frame) error) (sound bool, err error) {
	for _, at := range b.frames {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := r.read(at); err != nil {
			r.file.drop(b)
			return false, nil
		}
		if err := look(&r.frame); errors.Is(err, errFrame) {
			r.file.drop(b)
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return true, nil
}

func (r *Reader) read(at frameAt) error {
	r.packed = slices.Grow(r.packed[:0], int(at.len))[:at.len]
	if _, err := r.file.file.ReadAt(r.packed, at.off); err != nil {
		return err
	}
	if xxh3.Hash(r.packed) != at.sum {
		return errFrame
	}
	var err error
	if r.raw, err = r.file.dec.DecodeAll(r.packed, r.raw[:0]); err != nil {
		return err
	}
	return r.frame.read(r.raw)
}
