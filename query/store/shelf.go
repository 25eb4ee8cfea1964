package store

import (
	"bytes"
	"container/list"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// shelfName is the file of the shelf inside the folder of a case. It holds the
// texts of the table strings once more, where one is found by its number at
// once, and all of them without work for the database. What is missing, stale or
// damaged in it is read from the table, and written anew by the next Open.
const shelfName = "case.texts"

// shelfMagic begins the file, and the mark of the pack follows it; the number is
// that of its format.
const shelfMagic = "spoor texts 1\r\n\n"

const (
	shelfStart = int64(len(shelfMagic) + shelfMark)
	shelfMark  = 16 // bytes of the mark
	shelfHead  = 32 // bytes before a block
	// shelfBlock is how many texts are compressed together: more make a smaller
	// file, fewer a quicker answer. 128 names take 45 bytes each and 20 µs.
	shelfBlock = 128
	// shelfMost bounds what a block may unpack to, in bytes: more than the texts of
	// one object.
	shelfMost = 4 << 30
	// shelfKept is how many blocks are kept unpacked, some 15 KB each.
	shelfKept = 512
	// shelfPieces is how many blocks a whole shelf may have for each that is
	// needed: a case that was followed for days is made of small ones.
	shelfPieces = 16
)

// A shelf keeps the texts of all dicts in blocks. In the file:
//
//	magic · mark of the pack ·
//	domain, first number, texts, length, XXH3 of what follows, XXH3 of these ·
//	block, zstd: length of each text · the texts
//
// Blocks are only ever appended, after the commit that their texts came with, and
// not synced. All methods are safe for concurrent use.
type shelf struct {
	seed  uint64
	fetch func(dom domain, from, to uint32, f func(id uint32, s string) error) error // reads from the database
	enc   *zstd.Encoder
	dec   *zstd.Decoder

	mu     sync.Mutex
	file   *os.File // nil: blocks are in memory
	end    int64
	blocks [domains][]shelved // by number
	kept   map[shelfKey]*list.Element
	order  list.List // of *openBlock, most recently used first
}

// shelved is a block: the numbers from first to next, next not in it.
type shelved struct {
	first, next uint32
	off         int64
	len         uint32
	sum         uint64
	packed      []byte // where there is no file
}

type shelfKey struct {
	dom   domain
	first uint32
}

type openBlock struct {
	key   shelfKey
	texts []string
}

func newShelf() *shelf {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(zstd.MinWindowSize<<6), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are as good as constants
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(shelfMost))
	if err != nil {
		panic(err)
	}
	return &shelf{seed: rand.Uint64(), enc: enc, dec: dec, kept: make(map[shelfKey]*list.Element)}
}

// print is the hash by which a text is recognized in this process.
func (s *shelf) print(text string) xxh3.Uint128 { return xxh3.HashString128Seed(text, s.seed) }

// open reads what is in the file, which is made if need be. A file that can't be
// used is none: then the blocks are in memory.
func (s *shelf) open(path string, mark [shelfMark]byte) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file = file
	start := append([]byte(shelfMagic), mark[:]...)
	found := make([]byte, len(start))
	if _, err := file.ReadAt(found, 0); err != nil || !bytes.Equal(found, start) {
		s.begin(mark)
		return
	}
	info, err := file.Stat()
	if err != nil {
		s.begin(mark)
		return
	}
	blocks := 0
	for s.end = shelfStart; s.readHead(info.Size()); blocks++ {
	}
	texts := 0
	for dom := range s.blocks {
		texts += int(s.next(domain(dom)))
	}
	torn := s.end < info.Size() && file.Truncate(s.end) != nil // or what lies behind might be taken for blocks later
	if torn || blocks > shelfPieces*(texts/shelfBlock+int(domains)) {
		s.begin(mark)
	}
}

// begin empties the shelf.
func (s *shelf) begin(mark [shelfMark]byte) {
	s.blocks = [domains][]shelved{}
	s.end = shelfStart
	err := s.file.Truncate(0)
	if err == nil {
		_, err = s.file.WriteAt(append([]byte(shelfMagic), mark[:]...), 0)
	}
	if err != nil {
		_ = s.file.Close() // nothing was written that anybody counts on
		s.file = nil
	}
}

// readHead takes in the block at the end of what is known.
func (s *shelf) readHead(size int64) bool {
	var b [shelfHead]byte
	if _, err := s.file.ReadAt(b[:], s.end); err != nil {
		return false
	}
	at := shelved{first: binary.LittleEndian.Uint32(b[4:]), off: s.end + shelfHead, len: binary.LittleEndian.Uint32(b[12:]), sum: binary.LittleEndian.Uint64(b[16:])}
	at.next = at.first + binary.LittleEndian.Uint32(b[8:])
	dom := binary.LittleEndian.Uint32(b[:])
	whole := at.off+int64(at.len) <= size && xxh3.Hash(b[:24]) == binary.LittleEndian.Uint64(b[24:])
	if !whole || dom >= uint32(domains) || at.first != s.next(domain(dom)) || at.next <= at.first {
		return false
	}
	s.blocks[dom] = append(s.blocks[dom], at)
	s.end = at.off + int64(at.len)
	return true
}

// next is the first number of a domain that is not on the shelf. The caller
// holds mu.
func (s *shelf) next(dom domain) uint32 {
	if n := len(s.blocks[dom]); n > 0 {
		return s.blocks[dom][n-1].next
	}
	return 1
}

// put adds texts of a domain behind those that are there. Only the writer calls
// it.
func (s *shelf) put(dom domain, texts []string) error {
	s.mu.Lock()
	first, end := s.next(dom), s.end // which the writer alone changes
	s.mu.Unlock()
	var all, raw []byte
	var blocks []shelved
	for part := range slices.Chunk(texts, shelfBlock) {
		head := len(all)
		raw = joinTexts(raw[:0], part)
		all = s.enc.EncodeAll(raw, append(all, make([]byte, shelfHead)...))
		b := shelved{first: first, next: first + uint32(len(part)), off: end + int64(head) + shelfHead}
		b.writeHead(all[head:], dom)
		if s.file == nil {
			b.packed = bytes.Clone(all[head+shelfHead:])
		}
		blocks = append(blocks, b)
		first = b.next
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		if _, err := s.file.WriteAt(all, end); err != nil {
			return errors.Join(fmt.Errorf("write %s: %w", shelfName, err), s.file.Truncate(end))
		}
	}
	s.end += int64(len(all))
	s.blocks[dom] = append(s.blocks[dom], blocks...)
	return nil
}

// writeHead fills in the head of a block and what it says of the rest.
func (b *shelved) writeHead(block []byte, dom domain) {
	b.len, b.sum = uint32(len(block)-shelfHead), xxh3.Hash(block[shelfHead:])
	binary.LittleEndian.PutUint32(block, uint32(dom))
	binary.LittleEndian.PutUint32(block[4:], b.first)
	binary.LittleEndian.PutUint32(block[8:], b.next-b.first)
	binary.LittleEndian.PutUint32(block[12:], b.len)
	binary.LittleEndian.PutUint64(block[16:], b.sum)
	binary.LittleEndian.PutUint64(block[24:], xxh3.Hash(block[:24]))
}

// joinTexts appends a block before it is compressed.
func joinTexts(b []byte, texts []string) []byte {
	for _, t := range texts {
		b = binary.AppendUvarint(b, uint64(len(t)))
	}
	for _, t := range texts {
		b = append(b, t...)
	}
	return b
}

// splitTexts undoes joinTexts, for n texts.
func splitTexts(b []byte, n int) ([]string, error) {
	sizes := make([]int, n)
	total := 0
	for i := range sizes {
		size, k := binary.Uvarint(b)
		if k <= 0 || size > uint64(len(b)) {
			return nil, errShelf
		}
		b = b[k:]
		sizes[i] = int(size)
		total += int(size)
	}
	if total != len(b) {
		return nil, errShelf
	}
	all := string(b)
	texts := make([]string, n)
	for i, size := range sizes {
		texts[i], all = all[:size], all[size:]
	}
	return texts, nil
}

var errShelf = errors.New("block of texts is damaged")

// read returns the texts of a block. One that is damaged is read from the
// database.
func (s *shelf) read(dom domain, b shelved) ([]string, error) {
	if texts, err := s.unpack(b); err == nil {
		return texts, nil
	}
	texts := make([]string, b.next-b.first)
	err := s.fetch(dom, b.first, b.next, func(id uint32, t string) error {
		texts[id-b.first] = strings.Clone(t)
		return nil
	})
	return texts, err
}

func (s *shelf) unpack(b shelved) ([]string, error) {
	packed := b.packed
	if packed == nil {
		packed = make([]byte, b.len)
		if _, err := s.file.ReadAt(packed, b.off); err != nil {
			return nil, err
		}
	}
	if xxh3.Hash(packed) != b.sum {
		return nil, errShelf
	}
	raw, err := s.dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, err
	}
	return splitTexts(raw, int(b.next-b.first))
}

// text returns a text that is on the shelf.
func (s *shelf) text(dom domain, id uint32) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, _ := slices.BinarySearchFunc(s.blocks[dom], id, func(b shelved, id uint32) int {
		if id < b.next {
			return 0
		}
		return -1
	})
	if i == len(s.blocks[dom]) {
		return ""
	}
	b := s.blocks[dom][i]
	key := shelfKey{dom, b.first}
	if e, ok := s.kept[key]; ok {
		s.order.MoveToFront(e)
		return e.Value.(*openBlock).texts[id-b.first]
	}
	texts, err := s.read(dom, b)
	if err != nil { // the disk fails under both the file and the database
		return fmt.Sprintf("(text %d: %v)", id, err)
	}
	s.kept[key] = s.order.PushFront(&openBlock{key, texts})
	if s.order.Len() > shelfKept {
		last := s.order.Back()
		s.order.Remove(last)
		delete(s.kept, last.Value.(*openBlock).key)
	}
	return texts[id-b.first]
}

// each calls f with the texts of a domain whose numbers are below end, by number.
func (s *shelf) each(dom domain, end uint32, f func(id uint32, s string) error) error {
	for _, b := range s.below(dom, end) {
		if err := s.eachOf(dom, b, f); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) eachOf(dom domain, b shelved, f func(id uint32, s string) error) error {
	texts, err := s.read(dom, b)
	if err != nil {
		return err
	}
	for i, t := range texts {
		if t == "" { // a number that a failed commit left out
			continue
		}
		if err := f(b.first+uint32(i), t); err != nil {
			return err
		}
	}
	return nil
}

// below returns the blocks of a domain whose numbers are below end. The slice is
// not written to again.
func (s *shelf) below(dom domain, end uint32) []shelved {
	s.mu.Lock()
	defer s.mu.Unlock()
	blocks := s.blocks[dom]
	for len(blocks) > 0 && blocks[len(blocks)-1].next > end {
		blocks = blocks[:len(blocks)-1]
	}
	return blocks[:len(blocks):len(blocks)]
}

func (s *shelf) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dec.Close()
	err := s.enc.Close()
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	return err
}
