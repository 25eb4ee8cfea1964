package blocks

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// magic begins the file; the number is that of its format.
const magic = "spoor search 3\n\n"

// A Block holds the records of some objects in a few frames. In the file:
//
//	magic · length and XXH3 of what follows up to the frames ·
//	objects · of each: number, when loaded, events ·
//	frames · of each: its head (section), its length · the frames
type Block struct {
	objects []Object
	frames  []frameAt
}

// An Object is an object of the case as it was when its block was made. One that
// was loaded anew, or that got events of another, is not covered any more.
type Object struct {
	ID     uint32
	Loaded int64 // when, µs UTC
	Events int64
}

// Objects are what the block covers. The list must not be changed.
func (b *Block) Objects() []Object { return b.objects }

// frameAt is where a frame lies.
type frameAt struct {
	head section
	len  int64 // with the head
}

const (
	blockHead  = 24 // bytes before the list of objects
	blockMagic = 0x6b6c62726f6f7073
	maxFrame   = 1 << 40 // bytes, more than any has
)

// A File is the file of search blocks: only ever appended to, not synced, for
// checksums tell what a crash has torn.
type File struct {
	mu       sync.Mutex
	path     string // "" keeps none
	text     int64  // of records in a frame, about
	opened   bool
	file     *os.File
	end      int64
	by       []*Block // by object
	revision uint64   // of the case when by was checked
	enc      *zstd.Encoder
	dec      *zstd.Decoder
}

// FrameText is about how many bytes of records a frame holds: enough for parts to
// repeat, little enough to be unpacked in milliseconds (8 MB: 2.5 ms).
const FrameText = 8 << 20

// New returns the file at path, which is opened or made when it is first needed.
// An empty path keeps no blocks. text is about how many bytes of records a frame
// gets: FrameText, but for tests.
func New(path string, text int64) *File { return &File{path: path, text: text} }

// Kept reports whether there can be blocks.
func (s *File) Kept() bool { return s.path != "" }

// Text is about how many bytes of records a frame gets. Objects that have a
// block in common should have about as many.
func (s *File) Text() int64 { return s.text }

// open reads which objects are covered. A file that can't be used is none.
func (s *File) open() error {
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
	if s.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxSection)); err != nil {
		return err
	}
	file, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil // a case that can't be written to is searched all the same
	}
	s.file = file
	begins := make([]byte, len(magic))
	if _, err := file.ReadAt(begins, 0); err != nil || string(begins) != magic {
		return s.begin()
	}
	s.end = int64(len(magic))
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
func (s *File) begin() error {
	s.by = nil
	if err := s.file.Truncate(0); err != nil {
		return err
	}
	_, err := s.file.WriteAt([]byte(magic), 0)
	s.end = int64(len(magic))
	return err
}

func (s *File) add(b *Block) {
	for _, o := range b.objects {
		for len(s.by) <= int(o.ID) {
			s.by = append(s.by, nil)
		}
		s.by[o.ID] = b
	}
}

// readHead reads the head of the block at off and returns the size of the block.
func (s *File) readHead(off int64) (*Block, int64, error) {
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
		return nil, 0, errDamaged
	}
	list := make([]byte, size)
	if _, err := s.file.ReadAt(list, off+blockHead); err != nil {
		return nil, 0, err
	}
	if xxh3.Hash(list) != binary.LittleEndian.Uint64(head[16:]) {
		return nil, 0, errDamaged
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
func parseHead(list []byte, off int64) (*Block, error) {
	r := &varints{b: list}
	b := &Block{}
	for n := r.size(len(list)); n > 0 && !r.bad; n-- {
		b.objects = append(b.objects, Object{uint32(r.uint()), int64(r.uint()), int64(r.uint())})
	}
	for n := r.size(len(list)); n > 0 && !r.bad; n-- {
		var f frameAt
		f.head.parse(r, off)
		f.len = int64(r.size(maxFrame))
		off += f.len
		b.frames = append(b.frames, f)
	}
	if r.bad {
		return nil, errDamaged
	}
	return b, nil
}

// put appends a block of frames. It returns nil when some object is covered
// already.
func (s *File) put(objects []Object, frames []packedFrame) (*Block, error) {
	b := &Block{objects: objects}
	list := binary.AppendUvarint(nil, uint64(len(objects)))
	for _, o := range objects {
		list = binary.AppendUvarint(list, uint64(o.ID))
		list = binary.AppendUvarint(list, uint64(o.Loaded))
		list = binary.AppendUvarint(list, uint64(o.Events))
	}
	list = binary.AppendUvarint(list, uint64(len(frames)))
	for _, f := range frames {
		list = binary.AppendUvarint(f.at.head.append(list), uint64(f.at.len))
		b.frames = append(b.frames, f.at)
	}
	whole := make([]byte, blockHead)
	binary.LittleEndian.PutUint64(whole, blockMagic)
	binary.LittleEndian.PutUint64(whole[8:], uint64(len(list)))
	binary.LittleEndian.PutUint64(whole[16:], xxh3.Hash(list))
	whole = append(whole, list...)
	for _, f := range frames {
		whole = append(whole, f.bytes...)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(objects, func(o Object) bool { return s.of(o.ID) != nil }) {
		return nil, nil
	}
	if _, err := s.file.WriteAt(whole, s.end); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", s.path, err), s.file.Truncate(s.end))
	}
	off := s.end + blockHead + int64(len(list))
	for i := range b.frames {
		b.frames[i].head.off = off
		off += b.frames[i].len
	}
	s.end += int64(len(whole))
	s.add(b)
	return b, nil
}

// of returns the block that covers an object, nil when none does. The caller
// holds mu.
func (s *File) of(id uint32) *Block {
	if int(id) >= len(s.by) {
		return nil
	}
	return s.by[id]
}

// drop forgets a block. What it covered is searched for in the originals.
func (s *File) drop(b *Block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(b)
}

func (s *File) forget(b *Block) {
	for _, o := range b.objects {
		if s.of(o.ID) == b {
			s.by[o.ID] = nil
		}
	}
}

// A View is which objects have blocks at some moment.
type View struct {
	by    []*Block
	grows bool
}

// Of returns the block that covers an object, nil when none does.
func (v View) Of(id uint32) *Block {
	if int(id) >= len(v.by) {
		return nil
	}
	return v.by[id]
}

// Grows reports whether blocks can be made: not where there is no path, or a file
// that can't be written to.
func (v View) Grows() bool { return v.grows }

// View opens the file if need be and tells which objects have blocks at a
// revision of the case. hold reports whether objects are still in the case as
// they were: blocks of others are forgotten, and a file that has no other is
// that of another case, and emptied.
func (s *File) View(revision uint64, hold func([]Object) bool) (View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return View{}, err
	}
	if s.revision != revision {
		s.revision = revision
		if err := s.check(hold); err != nil {
			return View{}, err
		}
	}
	return View{slices.Clone(s.by), s.file != nil}, nil
}

// check forgets the blocks that the case has moved away from.
func (s *File) check(hold func([]Object) bool) error {
	held := 0
	for _, b := range s.by {
		switch {
		case b == nil:
		case hold(b.objects):
			held++
		default:
			s.forget(b)
		}
	}
	if len(s.by) > 0 && held == 0 {
		return s.begin()
	}
	return nil
}

// Close closes the file. Nobody may be reading or making blocks.
func (s *File) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	s.dec.Close()
	return errors.Join(s.enc.Close(), s.file.Close())
}
