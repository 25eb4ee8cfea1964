package blocks

import (
	"context"
	"errors"
)

// A Reader reads blocks, one after the other.
type Reader struct {
	file  *File
	frame Frame
}

// Reader returns a reader, which is one caller's at a time.
func (s *File) Reader() *Reader { return &Reader{file: s} }

// Each gives the frames of a block to look; each, with all that it told, holds
// until look returns. sound is false for a block that turned out damaged, which is
// forgotten: what look has seen of it may be wrong, and must be looked for in the
// originals.
func (r *Reader) Each(ctx context.Context, b *Block, look func(*Frame) error) (sound bool, err error) {
	r.frame.from, r.frame.dec = r.file.file, r.file.dec
	for _, at := range b.frames {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		err := r.frame.read(at)
		if err == nil {
			err = look(&r.frame)
		}
		if errors.Is(err, errDamaged) {
			r.file.drop(b)
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return true, nil
}
