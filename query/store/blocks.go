package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// searchName is the file of search blocks inside the folder of a case. It holds
// nothing that the originals don't: what is missing, stale or damaged in it is
// searched for there, and made anew.
const searchName = "case.search"

// searchMagic begins the file; the number is that of its format.
const searchMagic = "spoor search 1\n\n"

// A block holds the records of some objects in a few frames. In the file:
//
//	magic · length and XXH3 of what follows up to the frames ·
//	objects · of each: number, when loaded, events ·
//	frames · of each: length, XXH3 · the frames, zstd
type block struct {
	objects []covered
	frames  []frameAt
	gone    atomic.Bool // it must not be used any more
}

// covered is an object as it was when the block was made. An object that was
// loaded anew, or that got events of another, is not covered any more.
type covered struct {
	id     uint32
	loaded int64
	events int64
}

func coveredAs(o objectRow) covered { return covered{o.id, o.loaded, o.events} }

// frameAt is where a frame lies.
type frameAt struct {
	off, len int64
	sum      uint64
}

const blockHead = 24 // bytes before the list of objects
const blockMagic = 0x6b6c62726f6f7073

// blocks is the file of search blocks: only ever appended to, not synced, for
// checksums tell what a crash has torn.
type blocks struct {
	mu       sync.Mutex
	path     string // "" keeps none
	text     int64  // of records in a frame, about; see frameText
	opened   bool
	file     *os.File
	end      int64
	by       []*block // by object
	revision uint64   // of the case when by was checked
	enc      *zstd.Encoder
	dec      *zstd.Decoder
}

// open reads which objects are covered. A file that can't be used is none.
func (s *blocks) open() error {
	if s.opened {
		return nil
	}
	s.opened = true
	if s.path == "" {
		return nil
	}
	var err error
	if s.enc, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false)); err != nil {
		return err
	}
	if s.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0)); err != nil {
		return err
	}
	file, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil // a case that can't be written to is searched all the same
	}
	s.file = file
	magic := make([]byte, len(searchMagic))
	if _, err := file.ReadAt(magic, 0); err != nil || string(magic) != searchMagic {
		return s.begin()
	}
	s.end = int64(len(searchMagic))
	for {
		b, size, err := s.readHead(s.end)
		if err != nil {
			return file.Truncate(s.end) // the end, or a torn one
		}
		s.add(b)
		s.end += size
	}
}

// begin empties the file.
func (s *blocks) begin() error {
	s.by = nil
	if err := s.file.Truncate(0); err != nil {
		return err
	}
	_, err := s.file.WriteAt([]byte(searchMagic), 0)
	s.end = int64(len(searchMagic))
	return err
}

func (s *blocks) add(b *block) {
	for _, o := range b.objects {
		for len(s.by) <= int(o.id) {
			s.by = append(s.by, nil)
		}
		s.by[o.id] = b
	}
}

// readHead reads the head of the block at off and returns the size of the block.
func (s *blocks) readHead(off int64) (*block, int64, error) {
	info, err := s.file.Stat()
	if err != nil {
		return nil, 0, err
	}
	var head [blockHead]byte
	if _, err := s.file.ReadAt(head[:], off); err != nil {
		return nil, 0, err
	}
	size := int64(binary.LittleEndian.Uint64(head[8:]))
	if binary.LittleEndian.Uint64(head[:]) != blockMagic || size < 0 || size > info.Size()-off-blockHead {
		return nil, 0, errFrame
	}
	list := make([]byte, size)
	if _, err := s.file.ReadAt(list, off+blockHead); err != nil {
		return nil, 0, err
	}
	if xxh3.Hash(list) != binary.LittleEndian.Uint64(head[16:]) {
		return nil, 0, errFrame
	}
	b, err := parseHead(list, off+blockHead+size)
	if err != nil {
		return nil, 0, err
	}
	end := off + blockHead + size
	for _, f := range b.frames {
		end += f.len
	}
	if end > info.Size() {
		return nil, 0, io.ErrUnexpectedEOF
	}
	return b, end - off, nil
}

// parseHead reads the lists of a block; its frames begin at off.
func parseHead(list []byte, off int64) (*block, error) {
	bad := false
	next := func() uint64 {
		n, size := binary.Uvarint(list)
		if size <= 0 {
			bad, size = true, 0
		}
		list = list[size:]
		return n
	}
	b := &block{}
	for n := next(); n > 0 && !bad; n-- {
		b.objects = append(b.objects, covered{uint32(next()), int64(next()), int64(next())})
	}
	for n := next(); n > 0 && !bad; n-- {
		f := frameAt{off: off, len: int64(next()), sum: next()}
		off += f.len
		b.frames = append(b.frames, f)
	}
	if bad {
		return nil, errFrame
	}
	return b, nil
}

// pack compresses a frame.
func (s *blocks) pack(raw []byte) []byte { return s.enc.EncodeAll(raw, nil) }

// put appends a block of packed frames. It returns nil when some object is
// covered already.
func (s *blocks) put(objects []covered, packed [][]byte) (*block, error) {
	b := &block{objects: objects}
	list := binary.AppendUvarint(nil, uint64(len(objects)))
	for _, o := range objects {
		list = binary.AppendUvarint(list, uint64(o.id))
		list = binary.AppendUvarint(list, uint64(o.loaded))
		list = binary.AppendUvarint(list, uint64(o.events))
	}
	list = binary.AppendUvarint(list, uint64(len(packed)))
	for _, p := range packed {
		f := frameAt{len: int64(len(p)), sum: xxh3.Hash(p)}
		list = binary.AppendUvarint(list, uint64(f.len))
		list = binary.AppendUvarint(list, f.sum)
		b.frames = append(b.frames, f)
	}
	head := make([]byte, blockHead)
	binary.LittleEndian.PutUint64(head, blockMagic)
	binary.LittleEndian.PutUint64(head[8:], uint64(len(list)))
	binary.LittleEndian.PutUint64(head[16:], xxh3.Hash(list))
	whole := slices.Concat(append([][]byte{head, list}, packed...)...)

	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(objects, func(o covered) bool { return s.of(o.id) != nil }) {
		return nil, nil
	}
	if _, err := s.file.WriteAt(whole, s.end); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", s.path, err), s.file.Truncate(s.end))
	}
	off := s.end + blockHead + int64(len(list))
	for i := range b.frames {
		b.frames[i].off = off
		off += b.frames[i].len
	}
	s.end += int64(len(whole))
	s.add(b)
	return b, nil
}

// of returns the block that covers an object, nil when none does. The caller
// holds mu.
func (s *blocks) of(id uint32) *block {
	if int(id) >= len(s.by) {
		return nil
	}
	return s.by[id]
}

// drop forgets a block. What it covered is searched for in the originals.
func (s *blocks) drop(b *block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(b)
}

func (s *blocks) forget(b *block) {
	b.gone.Store(true)
	for _, o := range b.objects {
		if s.of(o.id) == b {
			s.by[o.id] = nil
		}
	}
}

// lock opens the file if need be, forgets the blocks that the case has moved
// away from, and holds mu until the function returned is called.
func (s *blocks) lock(m *manifest, revision uint64) (unlock func(), err error) {
	s.mu.Lock()
	if err := s.open(); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	if s.revision == revision {
		return s.mu.Unlock, nil
	}
	s.revision = revision
	held := 0
	for _, b := range s.by {
		switch {
		case b == nil:
		case m.hold(b.objects):
			held++
		default:
			s.forget(b)
		}
	}
	if len(s.by) > 0 && held == 0 { // of another case
		err = s.begin()
	}
	if err != nil {
		s.mu.Unlock()
	}
	return s.mu.Unlock, err
}

// A frameReader reads one frame after the other; each holds until the next.
type frameReader struct {
	packed, raw []byte
	frame       frame
}

func (r *frameReader) read(s *blocks, at frameAt) (*frame, error) {
	r.packed = slices.Grow(r.packed[:0], int(at.len))[:at.len]
	if _, err := s.file.ReadAt(r.packed, at.off); err != nil {
		return nil, err
	}
	if xxh3.Hash(r.packed) != at.sum {
		return nil, errFrame
	}
	var err error
	if r.raw, err = s.dec.DecodeAll(r.packed, r.raw[:0]); err != nil {
		return nil, err
	}
	return &r.frame, r.frame.read(r.raw)
}

func (s *blocks) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	s.dec.Close()
	return errors.Join(s.enc.Close(), s.file.Close())
}
