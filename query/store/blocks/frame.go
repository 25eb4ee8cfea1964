package blocks

import (
	"errors"
	"io"
	"slices"
	"unsafe"

	"github.com/klauspost/compress/zstd"

	"spoor/query"
)

var errDamaged = errors.New("a search block is damaged")

// A Frame holds the records of some thousand events, cut into parts (query.Parts).
// Parts of one key make a stream, which holds each distinct one of them once; of
// every event it is kept which streams its parts are of (its shape), and in each
// stream which parts. So one looks at no more than what may hold the answer, and
// at that only once.
//
//	head      events · streams · shapes · where the sections are, and the short ones themselves
//	sections  numbers (in runs) and shapes of the events; of each stream: its texts, then
//	          the length of each and the parts of the events
//
// A section is unpacked when it is needed. In a stream whose values have a form
// all parts are taken for different: it holds the values and nothing else.
//
// All numbers are varints. Parts are numbered on from one stream to the next, those
// of streams with a form last.
type Frame struct {
	from io.ReaderAt
	dec  *zstd.Decoder
	buf  []byte

	head    section
	n       int // events
	parts   int // in all
	repeat  int // of them in streams without a form
	streams []stream
	inOrder []*stream // of the numbers of their parts
	shapes  [][]byte  // streams in order
	events  section
	seqs    []int64
	order   []uint32 // shapes of the events
}

// A stream is the parts of one key.
type stream struct {
	key           string // "" where parts of any key may be
	form          *form  // of values, nil for none
	before, after string // a value
	escapes       bool   // some part has a backslash
	n             int    // parts
	first         int    // number of the first part
	every         bool   // each event has one, and one only
	data, index   section

	text string   // the parts, joined
	ends []uint32 // of each part in text
	refs []byte   // parts of the events: number + 1, 0 for the next new one
	told bool     // ends and refs are there
	buf  []byte
}

// read reads the head; the frame lies at a place of its file.
func (f *Frame) read(at frameAt) error {
	at.head.bytes, f.head = f.head.bytes, at.head
	if err := f.head.load(f.from, f.dec, &f.buf); err != nil {
		return err
	}
	return f.parse(at)
}

func (f *Frame) parse(at frameAt) error {
	r := &varints{b: f.head.bytes}
	off := at.head.off + int64(at.head.packed)
	place := func(s *section) {
		s.parse(r, off)
		off += int64(s.packed)
	}
	f.n = r.size(maxSection)
	f.seqs, f.order = f.seqs[:0], f.order[:0]
	f.streams = slices.Grow(f.streams[:0], maxStreams)[:r.size(maxStreams)]
	for i := range f.streams {
		f.streams[i].read(r, place)
	}
	f.number()
	f.shapes = f.shapes[:0]
	for n := r.size(len(r.b)); n > 0 && !r.bad; n-- {
		f.shapes = append(f.shapes, r.bytes(r.size(len(r.b))))
	}
	place(&f.events)
	if err := f.inline(r); err != nil {
		return err
	}
	if off != at.head.off+at.len || f.n > f.events.raw || f.parts > maxSection || !f.shaped() {
		return errDamaged
	}
	return nil
}

// number numbers the parts.
func (f *Frame) number() {
	f.inOrder = f.inOrder[:0]
	f.parts, f.repeat = 0, 0
	for _, forms := range []bool{false, true} {
		for i := range f.streams {
			if s := &f.streams[i]; (s.form != nil) == forms {
				s.first = f.parts
				f.parts += s.n
				f.inOrder = append(f.inOrder, s)
			}
		}
		if !forms {
			f.repeat = f.parts
		}
	}
}

// shaped checks the shapes and finds the streams of which every event has one
// part.
func (f *Frame) shaped() bool {
	var once [maxStreams]int // in how many shapes
	for _, shape := range f.shapes {
		var count [maxStreams]int
		for _, k := range shape {
			if int(k) >= len(f.streams) {
				return false
			}
			count[k]++
		}
		for k, n := range count {
			if n == 1 {
				once[k]++
			}
		}
	}
	for k := range f.streams {
		f.streams[k].every = once[k] == len(f.shapes)
	}
	return true
}

func (s *stream) read(r *varints, place func(*section)) {
	k := r.size(len(forms) - 1)
	*s = stream{data: s.data, index: s.index, ends: s.ends[:0], buf: s.buf} // what can be used again
	before := r.text()
	s.n = r.size(maxSection)
	if k > 0 {
		s.form, s.before, s.after = &forms[k], before, r.text()
		s.key, _ = query.PartKey(before)
		place(&s.data)
		r.bad = r.bad || s.data.raw != s.n*s.form.size || len(s.before)+len(s.after) > longKey
		return
	}
	s.key, s.escapes = before, r.byte() != 0
	place(&s.data)
	place(&s.index)
	r.bad = r.bad || s.n > s.index.raw // each has a length
}

// inline gives the sections in the head what is theirs.
func (f *Frame) inline(r *varints) error {
	take := func(s *section) {
		if s.how == inHead {
			s.bytes, s.ready = append(s.bytes[:0], r.bytes(s.raw)...), true
		}
	}
	for i := range f.streams {
		take(&f.streams[i].data)
		if f.streams[i].form == nil {
			take(&f.streams[i].index)
		}
	}
	take(&f.events)
	if r.bad || len(r.b) > 0 {
		return errDamaged
	}
	return nil
}

// loadEvents reads the numbers and shapes of the events.
func (f *Frame) loadEvents() error {
	if len(f.seqs) == f.n {
		return nil
	}
	if err := f.events.load(f.from, f.dec, &f.buf); err != nil {
		return err
	}
	r := &varints{b: f.events.bytes}
	f.seqs, f.order = slices.Grow(f.seqs[:0], f.n), slices.Grow(f.order[:0], f.n)
	for seq := int64(0); len(f.seqs) < f.n && !r.bad; {
		seq += r.int()
		for n := r.size(f.n - len(f.seqs)); n > 0; n-- {
			f.seqs = append(f.seqs, seq)
			seq++
		}
	}
	for range f.n {
		n := r.uint()
		if n >= uint64(len(f.shapes)) {
			r.bad = true
		}
		f.order = append(f.order, uint32(n))
	}
	if r.bad || len(r.b) > 0 {
		f.seqs = f.seqs[:0]
		return errDamaged
	}
	return nil
}

// loadText reads the parts of a stream. Values are made parts again.
func (f *Frame) loadText(s *stream) error {
	if s.text != "" {
		return nil
	}
	if err := s.data.load(f.from, f.dec, &f.buf); err != nil {
		return err
	}
	b := s.data.bytes
	if s.form != nil {
		s.buf = slices.Grow(s.buf[:0], s.n*s.length())
		for i := range s.n {
			s.buf = s.appendPart(s.buf, i)
		}
		b = s.buf
	}
	s.text = unsafe.String(unsafe.SliceData(b), len(b)) // a copy of megabytes less
	return nil
}

// length is that of each part of a stream with a form.
func (s *stream) length() int { return len(s.before) + len(s.form.chars) + len(s.after) }

func (s *stream) appendPart(b []byte, i int) []byte {
	b = append(b, s.before...)
	b = s.form.text(b, s.data.bytes[i*s.form.size:])
	return append(b, s.after...)
}

// loadIndex reads where the parts of a stream end and those of the events.
func (f *Frame) loadIndex(s *stream) error {
	if s.form != nil || s.told {
		return nil
	}
	if err := s.index.load(f.from, f.dec, &f.buf); err != nil {
		return err
	}
	r := &varints{b: s.index.bytes}
	s.ends = slices.Grow(s.ends[:0], s.n)
	end := 0
	for range s.n {
		end += r.size(s.data.raw)
		s.ends = append(s.ends, uint32(end))
	}
	if r.bad || end != s.data.raw {
		return errDamaged
	}
	s.refs, s.told = r.b, true
	return nil
}

// Repeating is how many parts there are that several events may have: those with
// the lowest numbers. All others are of one event each.
func (f *Frame) Repeating() int { return f.repeat }

// Part returns a part that Each has told of, by its number.
func (f *Frame) Part(i uint32) string {
	k, _ := slices.BinarySearchFunc(f.inOrder, int(i), func(s *stream, i int) int {
		if s.first+s.n <= i {
			return -1
		}
		return 1
	})
	return f.inOrder[k].part(int(i) - f.inOrder[k].first)
}

func (s *stream) part(i int) string {
	switch {
	case s.form == nil && i == 0:
		return s.text[:s.ends[0]]
	case s.form == nil:
		return s.text[s.ends[i-1]:s.ends[i]]
	case s.text == "":
		return string(s.appendPart(nil, i))
	}
	return s.text[i*s.length() : (i+1)*s.length()]
}

// at is the number of the part at an index of the text.
func (s *stream) at(index int) int {
	if s.form != nil {
		return index / s.length()
	}
	i, _ := slices.BinarySearch(s.ends, uint32(index))
	for int(s.ends[i]) <= index { // that part ends before it
		i++
	}
	return i
}

func (s *stream) end(i int) int {
	if s.form != nil {
		return (i + 1) * s.length()
	}
	return int(s.ends[i])
}
