package shelf

import (
	"encoding/binary"
	"errors"

	"github.com/zeebo/xxh3"
)

// A block is the numbers from first to next, next not in it.
type block struct {
	first, next uint32
	off         int64
	len         uint32
	sum         uint64
	packed      []byte // where there is no file
}

// writeHead fills in the head of a block and what it says of the rest.
func (b *block) writeHead(block []byte, list int) {
	b.len, b.sum = uint32(len(block)-blockHead), xxh3.Hash(block[blockHead:])
	binary.LittleEndian.PutUint32(block, uint32(list))
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
			return nil, errDamaged
		}
		b = b[k:]
		sizes[i] = int(size)
		total += int(size)
	}
	if total != len(b) {
		return nil, errDamaged
	}
	all := string(b)
	texts := make([]string, n)
	for i, size := range sizes {
		texts[i], all = all[:size], all[size:]
	}
	return texts, nil
}

var errDamaged = errors.New("block of texts is damaged")
