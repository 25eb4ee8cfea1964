// Package shelf keeps texts outside of memory: lists of texts, numbered from 1 and
// only ever added to, in a file of compressed blocks where one is found by its
// number at once, and all of them are read at a gigabyte a second and processor.
//
// The file is a copy. Whoever keeps a shelf has the texts elsewhere as well (the
// case: in its database) and says by a Fetch how to get them: what is missing,
// stale or damaged on the shelf is read from there. So it is not synced, and a
// file that can't be used at all only means that the blocks are in memory.
//
//	magic · mark ·
//	list, first number, texts, length, XXH3 of what follows, XXH3 of these ·
//	block, zstd: length of each text · the texts
//
// The mark says what the texts belong to. Blocks are appended after the commit
// that their texts came with: a shelf may have less than there is, never more,
// unless the other copy is another or an older one; then it begins anew.
package shelf

import (
	"bytes"
	"container/list"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// magic begins the file; the number is that of its format.
const magic = "spoor texts 1\r\n\n"

const (
	// HeadSize is how many bytes lie before the first block.
	HeadSize = int64(len(magic) + MarkSize)
	// MarkSize is the size of the mark of what the texts belong to, in bytes.
	MarkSize = 16
	// Block is how many texts are compressed together: more make a smaller file,
	// fewer a quicker answer. 128 names take 45 bytes each and 20 µs.
	Block = 128

	blockHead = 32 // bytes before a block
	// most bounds what a block may unpack to, in bytes: more than the texts of one
	// object.
	most = 4 << 30
	// keepOpen is how many blocks are kept unpacked, some 15 KB each.
	keepOpen = 512
	// pieces is how many blocks a whole shelf may have for each that is needed: a
	// case that was followed for days is made of small ones.
	pieces = 16
)

// A Fetch reads the texts of a list from their other copy, by number, from one up
// to another that is not in it, and hands them to f. Numbers may be missing, and
// texts hold until f returns.
type Fetch func(list int, from, to uint32, f func(id uint32, text string) error) error

// A Shelf keeps lists of texts. Put, Open and Clear are one caller's at a time;
// reading goes on beside them.
type Shelf struct {
	fetch Fetch
	enc   *zstd.Encoder
	dec   *zstd.Decoder

	mu    sync.Mutex
	file  *os.File // nil: blocks are in memory
	mark  [MarkSize]byte
	end   int64
	lists [][]block // by number
	open  map[blockKey]*list.Element
	order list.List // of *openBlock, most recently used first
}

type blockKey struct {
	list  int
	first uint32
}

type openBlock struct {
	key   blockKey
	texts []string
}

// New makes a shelf of so many empty lists, in memory until Open.
func New(lists int, fetch Fetch) *Shelf {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(zstd.MinWindowSize<<6), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are as good as constants
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(most))
	if err != nil {
		panic(err)
	}
	return &Shelf{fetch: fetch, enc: enc, dec: dec, lists: make([][]block, lists), open: make(map[blockKey]*list.Element)}
}

// Open reads what is in the file at path, which is made if need be, and empties it
// if its mark is another. A file that can't be used is none: then the blocks are in
// memory. It is called once, before all else.
func (s *Shelf) Open(path string, mark [MarkSize]byte) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file, s.mark = file, mark
	start := s.start()
	found := make([]byte, len(start))
	if _, err := file.ReadAt(found, 0); err != nil || !bytes.Equal(found, start) {
		s.begin()
		return
	}
	info, err := file.Stat()
	if err != nil {
		s.begin()
		return
	}
	blocks := 0
	for s.end = HeadSize; s.readHead(info.Size()); blocks++ {
	}
	texts := 0
	for list := range s.lists {
		texts += int(s.next(list))
	}
	torn := s.end < info.Size() && file.Truncate(s.end) != nil // or what lies behind might be taken for blocks later
	if torn || blocks > pieces*(texts/Block+len(s.lists)) {
		s.begin()
	}
}

// Clear empties the shelf: its texts turn out to be those of another.
func (s *Shelf) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin()
}

// begin is Clear for those who hold mu.
func (s *Shelf) begin() {
	clear(s.lists)
	clear(s.open)
	s.order.Init()
	s.end = HeadSize
	if s.file == nil {
		return
	}
	err := s.file.Truncate(0)
	if err == nil {
		_, err = s.file.WriteAt(s.start(), 0)
	}
	if err != nil {
		_ = s.file.Close() // nothing was written that anybody counts on
		s.file = nil
	}
}

// start is what lies before the first block.
func (s *Shelf) start() []byte { return append([]byte(magic), s.mark[:]...) }

// readHead takes in the block at the end of what is known.
func (s *Shelf) readHead(size int64) bool {
	var b [blockHead]byte
	if _, err := s.file.ReadAt(b[:], s.end); err != nil {
		return false
	}
	at := block{first: binary.LittleEndian.Uint32(b[4:]), off: s.end + blockHead, len: binary.LittleEndian.Uint32(b[12:]), sum: binary.LittleEndian.Uint64(b[16:])}
	at.next = at.first + binary.LittleEndian.Uint32(b[8:])
	list := int(binary.LittleEndian.Uint32(b[:]))
	whole := at.off+int64(at.len) <= size && xxh3.Hash(b[:24]) == binary.LittleEndian.Uint64(b[24:])
	if !whole || list >= len(s.lists) || at.first != s.next(list) || at.next <= at.first {
		return false
	}
	s.lists[list] = append(s.lists[list], at)
	s.end = at.off + int64(at.len)
	return true
}

// Next is the first number of a list that is not on the shelf.
func (s *Shelf) Next(list int) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next(list)
}

// next is Next for those who hold mu.
func (s *Shelf) next(list int) uint32 {
	if n := len(s.lists[list]); n > 0 {
		return s.lists[list][n-1].next
	}
	return 1
}

// Put adds texts to a list, behind those that are there; "" leaves a number out.
// They are compressed by the Block, so few at a time make a large file.
func (s *Shelf) Put(list int, texts []string) error {
	s.mu.Lock()
	first, end := s.next(list), s.end // which this caller alone changes
	s.mu.Unlock()
	var all, raw []byte
	var blocks []block
	for part := range slices.Chunk(texts, Block) {
		head := len(all)
		raw = joinTexts(raw[:0], part)
		all = s.enc.EncodeAll(raw, append(all, make([]byte, blockHead)...))
		b := block{first: first, next: first + uint32(len(part)), off: end + int64(head) + blockHead}
		b.writeHead(all[head:], list)
		if s.file == nil {
			b.packed = bytes.Clone(all[head+blockHead:])
		}
		blocks = append(blocks, b)
		first = b.next
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		if _, err := s.file.WriteAt(all, end); err != nil {
			return errors.Join(fmt.Errorf("write texts: %w", err), s.file.Truncate(end))
		}
	}
	s.end += int64(len(all))
	s.lists[list] = append(s.lists[list], blocks...)
	return nil
}

// read returns the texts of a block. One that is damaged is fetched.
func (s *Shelf) read(list int, b block) ([]string, error) {
	if texts, err := s.unpack(b); err == nil {
		return texts, nil
	}
	texts := make([]string, b.next-b.first)
	err := s.fetch(list, b.first, b.next, func(id uint32, t string) error {
		texts[id-b.first] = strings.Clone(t)
		return nil
	})
	return texts, err
}

func (s *Shelf) unpack(b block) ([]string, error) {
	packed := b.packed
	if packed == nil {
		packed = make([]byte, b.len)
		if _, err := s.file.ReadAt(packed, b.off); err != nil {
			return nil, err
		}
	}
	if xxh3.Hash(packed) != b.sum {
		return nil, errDamaged
	}
	raw, err := s.dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, err
	}
	return splitTexts(raw, int(b.next-b.first))
}

// Text returns the text of a number, "" for one that is not on the shelf. Texts of
// the blocks that were used last are in memory.
func (s *Shelf) Text(list int, id uint32) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, _ := slices.BinarySearchFunc(s.lists[list], id, func(b block, id uint32) int {
		if id < b.next {
			return 0
		}
		return -1
	})
	if i == len(s.lists[list]) || id == 0 {
		return ""
	}
	b := s.lists[list][i]
	key := blockKey{list, b.first}
	if e, ok := s.open[key]; ok {
		s.order.MoveToFront(e)
		return e.Value.(*openBlock).texts[id-b.first]
	}
	texts, err := s.read(list, b)
	if err != nil { // the disk fails under both the file and the database
		return fmt.Sprintf("(text %d: %v)", id, err)
	}
	s.open[key] = s.order.PushFront(&openBlock{key, texts})
	if s.order.Len() > keepOpen {
		last := s.order.Back()
		s.order.Remove(last)
		delete(s.open, last.Value.(*openBlock).key)
	}
	return texts[id-b.first]
}

// Each calls f with the texts of a list whose numbers are below end, by number, but
// for those left out. It stops at the first error of f.
func (s *Shelf) Each(list int, end uint32, f func(id uint32, text string) error) error {
	for _, b := range s.below(list, end) {
		if err := s.eachOf(list, b, f); err != nil {
			return err
		}
	}
	return nil
}

func (s *Shelf) eachOf(list int, b block, f func(id uint32, s string) error) error {
	texts, err := s.read(list, b)
	if err != nil {
		return err
	}
	for i, t := range texts {
		if t == "" { // a number left out
			continue
		}
		if err := f(b.first+uint32(i), t); err != nil {
			return err
		}
	}
	return nil
}

// below returns the blocks of a list whose numbers are below end. The slice is
// not written to again.
func (s *Shelf) below(list int, end uint32) []block {
	s.mu.Lock()
	defer s.mu.Unlock()
	blocks := s.lists[list]
	for len(blocks) > 0 && blocks[len(blocks)-1].next > end {
		blocks = blocks[:len(blocks)-1]
	}
	return blocks[:len(blocks):len(blocks)]
}

// Close closes the file. The texts can be had no more.
func (s *Shelf) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dec.Close()
	err := s.enc.Close()
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	return err
}
