package blocks

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/zstd"

	"spoor/query"
)

// A Maker makes a block. The records given to it must stay as they are until
// Keep.
type Maker struct {
	file   *File
	use    func(*Frame) error
	maker  frameMaker
	size   int64 // of records since the last frame
	frames []packedFrame
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
	p := m.maker.finish(m.file.enc)
	m.frames = append(m.frames, p)
	f := Frame{from: bytes.NewReader(p.bytes), dec: m.file.dec}
	if err := f.read(p.at); err != nil {
		return err
	}
	return m.use(&f)
}

// Keep writes the block, which holds the events of objects. It returns nil when
// some object has a block already: another one was quicker.
func (m *Maker) Keep(objects []Object) (*Block, error) {
	if err := m.flush(); err != nil {
		return nil, err
	}
	return m.file.put(objects, m.frames)
}

// A packedFrame is a frame as it is written; at says where it lies in bytes.
type packedFrame struct {
	bytes []byte
	at    frameAt
}

// frameParts is about how many distinct parts a frame has, those with a form left
// out.
const frameParts = 1 << 14

// maxStreams is how many streams a frame can have: their numbers are bytes.
const maxStreams = 256

// A frameMaker makes one frame after the other.
type frameMaker struct {
	seen    map[string]partAt
	numbers map[streamName]byte
	streams []*streamMaker
	shapes  map[string]uint64
	lists   []string // shapes by number: a stream a byte
	seqs    []byte
	order   []byte // shapes of the events
	packed  [maxForm]byte
	n       int
	next    int64  // number of the next event, if the run goes on
	run     uint64 // of events with numbers in a row
}

// partAt is a part: of which stream it is the how manyeth, beginning with 1.
type partAt struct {
	stream byte
	number uint32
}

// streamName tells streams apart.
type streamName struct {
	form          byte
	before, after string // of a value; without a form: the key, and ""
}

type streamMaker struct {
	name  streamName
	n     int
	texts []string // of parts, without a form
	size  int      // of texts
	refs  []byte
	bytes []byte // packed values, with one
}

func (m *frameMaker) begin() {
	if m.seen == nil {
		m.seen = make(map[string]partAt, frameParts)
	}
	m.numbers = make(map[streamName]byte)
	m.shapes = make(map[string]uint64)
	m.stream(streamName{}) // for all that goes nowhere else
}

// stream returns the number of a stream, that of the first when there are too
// many.
func (m *frameMaker) stream(name streamName) (byte, bool) {
	n, ok := m.numbers[name]
	if !ok {
		if len(m.streams) == maxStreams {
			return 0, false
		}
		n = byte(len(m.streams))
		m.numbers[name] = n
		m.streams = append(m.streams, &streamMaker{name: name})
	}
	return n, true
}

// add takes a record.
func (m *frameMaker) add(seq int64, record string) {
	if m.streams == nil {
		m.begin()
	}
	m.n++
	if seq != m.next || m.run == 0 {
		m.endRun()
		m.seqs = binary.AppendVarint(m.seqs, seq-m.next)
	}
	m.run, m.next = m.run+1, seq+1
	var list [64]byte
	shape := list[:0]
	for part := range query.Parts(record) {
		stream, ok := m.addForm(part)
		if !ok {
			stream = m.addPart(part)
		}
		shape = append(shape, stream)
	}
	n, ok := m.shapes[string(shape)]
	if !ok {
		n = uint64(len(m.lists))
		m.lists = append(m.lists, string(shape))
		m.shapes[m.lists[n]] = n
	}
	m.order = binary.AppendUvarint(m.order, n)
}

func (m *frameMaker) endRun() {
	if m.run > 0 {
		m.seqs = binary.AppendUvarint(m.seqs, m.run)
	}
	m.run = 0
}

// addForm takes a part whose value has a form.
func (m *frameMaker) addForm(part string) (stream byte, ok bool) {
	for k := 1; k < len(forms); k++ {
		before, value, after, ok := forms[k].cut(part)
		if !ok {
			continue
		}
		packed, ok := forms[k].pack(m.packed[:0], value)
		if !ok {
			continue
		}
		n, ok := m.stream(streamName{byte(k), before, after})
		if ok {
			s := m.streams[n]
			s.n++
			s.bytes = append(s.bytes, packed...)
			return n, true
		}
	}
	return 0, false
}

// addPart takes any part.
func (m *frameMaker) addPart(part string) (stream byte) {
	if at, ok := m.seen[part]; ok {
		s := m.streams[at.stream]
		s.refs = binary.AppendUvarint(s.refs, uint64(at.number))
		return at.stream
	}
	if key, ok := query.PartKey(part); ok {
		stream, _ = m.stream(streamName{before: key})
	}
	s := m.streams[stream]
	s.n++
	s.texts = append(s.texts, part)
	s.size += len(part)
	s.refs = append(s.refs, 0)
	m.seen[part] = partAt{stream, uint32(s.n)}
	return stream
}

// finish returns the frame as it is kept, and readies the maker for the next.
func (m *frameMaker) finish(enc *zstd.Encoder) packedFrame {
	m.endRun()
	w := frameWriter{enc: enc}
	w.uint(m.n)
	w.uint(len(m.streams))
	for _, s := range m.streams {
		w.stream(s)
	}
	w.uint(len(m.lists))
	for _, list := range m.lists {
		w.text(list)
	}
	w.section(append(m.seqs, m.order...), false)
	clear(m.seen)
	*m = frameMaker{seen: m.seen, seqs: m.seqs[:0], order: m.order[:0]}
	return w.finish()
}

// A frameWriter puts a frame together: the head, sections that lie in the head,
// sections.
type frameWriter struct {
	enc            *zstd.Encoder
	head, in, body []byte
}

func (w *frameWriter) uint(n int) { w.head = binary.AppendUvarint(w.head, uint64(n)) }

func (w *frameWriter) text(s string) {
	w.uint(len(s))
	w.head = append(w.head, s...)
}

func (w *frameWriter) section(raw []byte, fast bool) {
	if len(raw) <= inlineText {
		s := section{how: inHead, raw: len(raw)}
		w.head, w.in = s.append(w.head), append(w.in, raw...)
		return
	}
	s, packed := pack(w.enc, raw, fast)
	w.head, w.body = s.append(w.head), append(w.body, packed...)
}

func (w *frameWriter) stream(s *streamMaker) {
	w.uint(int(s.name.form))
	w.text(s.name.before)
	w.uint(s.n)
	if s.name.form > 0 {
		w.text(s.name.after)
		w.section(s.bytes, false)
		return
	}
	text := make([]byte, 0, s.size)
	var index []byte
	for _, t := range s.texts {
		text = append(text, t...)
		index = binary.AppendUvarint(index, uint64(len(t)))
	}
	escapes := 0
	if bytes.IndexByte(text, '\\') >= 0 {
		escapes = 1
	}
	w.uint(escapes)
	w.section(text, true)
	w.section(append(index, s.refs...), false)
}

func (w *frameWriter) finish() packedFrame {
	head := section{}
	head, packed := pack(w.enc, append(w.head, w.in...), false)
	return packedFrame{append(packed[:len(packed):len(packed)], w.body...), frameAt{head: head, len: int64(len(packed) + len(w.body))}}
}
