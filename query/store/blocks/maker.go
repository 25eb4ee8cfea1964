package blocks

import (
	"encoding/binary"

	"spoor/query"
)

// A Maker makes a block. The records given to it must stay as they are until
// Keep.
type Maker struct {
	file   *File
	use    func(*Frame) error
	maker  maker
	size   int64 // of records since the last frame
	packed [][]byte
}

// Maker returns the maker of a block, whose frames use sees.
func (s *File) Maker(use func(*Frame) error) *Maker { return &Maker{file: s, use: use} }

// Add takes the record of an event. An error is one of use.
func (m *Maker) Add(seq int64, record string) error {
	m.maker.add(seq, record)
	if m.size += int64(len(record)); m.size >= m.file.text {
		return m.flush()
	}
	return nil
}

func (m *Maker) flush() error {
	if m.size == 0 {
		return nil
	}
	m.size = 0
	raw := m.maker.finish()
	f, err := readFrame(raw)
	if err == nil {
		err = m.use(f)
	}
	m.packed = append(m.packed, m.file.enc.EncodeAll(raw, nil))
	return err
}

// Keep writes the block, which holds the events of objects. It returns nil when
// some object has a block already: another one was quicker.
func (m *Maker) Keep(objects []Object) (*Block, error) {
	if err := m.flush(); err != nil {
		return nil, err
	}
	return m.file.put(objects, m.packed)
}

// frameParts is about how many parts a frame has.
const frameParts = 1 << 15

// A maker makes a frame. The records given to it must stay as they are
// until finish.
type maker struct {
	seen   map[string]uint32 // number + 1
	parts  []string
	events []byte
	n      int
	seq    int64
	size   int // of parts
}

// add takes a record.
func (m *maker) add(seq int64, record string) {
	if m.seen == nil {
		m.seen = make(map[string]uint32, frameParts)
	}
	m.n++
	m.events = binary.AppendVarint(m.events, seq-m.seq)
	m.seq = seq
	var refs [64]uint32
	list := refs[:0]
	for part := range query.Parts(record) {
		ref, ok := m.seen[part]
		if !ok {
			m.parts = append(m.parts, part)
			m.seen[part] = uint32(len(m.parts))
			m.size += len(part)
		}
		list = append(list, ref)
	}
	m.events = binary.AppendUvarint(m.events, uint64(len(list)))
	for _, ref := range list {
		m.events = binary.AppendUvarint(m.events, uint64(ref))
	}
}

// finish returns the frame as it is kept, and readies the maker for the next.
func (m *maker) finish() []byte {
	out := make([]byte, 0, m.size+len(m.events)+2*len(m.parts)+16)
	out = binary.AppendUvarint(out, uint64(len(m.parts)))
	out = binary.AppendUvarint(out, uint64(m.n))
	out = binary.AppendUvarint(out, uint64(len(m.events)))
	for _, p := range m.parts {
		out = binary.AppendUvarint(out, uint64(len(p)))
	}
	out = append(out, m.events...)
	for _, p := range m.parts {
		out = append(out, p...)
	}
	clear(m.seen)
	*m = maker{seen: m.seen, parts: m.parts[:0], events: m.events[:0]}
	return out
}
