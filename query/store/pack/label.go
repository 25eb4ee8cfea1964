package pack

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/zeebo/xxh3"
)

// The form of a pack:
//
//	pack   magic (16) · mark (16) · label, objects · label, objects …
//	label  mark (16) · kind (4) · length of the description (4) · bytes of the
//	       objects (8) · hash of the description (8) · hash of these 40 bytes (8)
//	       · description
//
// Numbers are little-endian, hashes XXH3-64. A description is a line of JSON an
// object (see Entry), packed with zstd: names and dates repeat, so a description
// takes some 80 bytes an object. The mark is drawn at random for each pack, so
// that no log file can hold what looks like a label of it.
const (
	magic     = "spoor pack 2\r\n\x1a\n" // line ends betray a transfer as text
	markSize  = 16
	labelHead = markSize + 32

	// maxDescription bounds what a label may claim. A batch is 16 MiB of text,
	// thus a million objects at the very worst.
	maxDescription = 1 << 30
)

// HeadSize is how many bytes a pack has that holds nothing.
const HeadSize = int64(len(magic) + markSize)

// Kinds of labels.
const (
	labelObjects uint32 = iota + 1 // objects that were loaded, or not
	labelGone                      // objects that vanished from their source, or came back
	labelSources                   // where the objects that follow come from
)

// ErrNoLabels says that a pack was begun by a version of this program whose
// packs do not describe themselves.
var ErrNoLabels = errors.New("its objects are not described")

// An Entry describes an object in the pack: its row in the manifest, but for
// what depends on other objects. Times are µs UTC.
type Entry struct {
	Name     string `json:"name"`
	Size     int64  `json:"size"` // as delivered
	ETag     string `json:"etag,omitempty"`
	Modified int64  `json:"modified,omitempty"`
	Class    string `json:"class,omitempty"`
	Meta     string `json:"meta,omitempty"` // lines key=value
	SHA256   string `json:"sha256,omitempty"`
	Unpacked int64  `json:"unpacked,omitempty"`
	Outcome  uint8  `json:"outcome,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Carrier  string `json:"carrier,omitempty"`
	Notes    string `json:"notes,omitempty"`
	Digest   bool   `json:"digest,omitempty"`
	Loaded   int64  `json:"loaded,omitempty"`
	Events   int    `json:"events,omitempty"`  // records in it, duplicates and all
	Invalid  int64  `json:"invalid,omitempty"` // what looked like a record
	How      uint8  `json:"enc,omitempty"`     // Raw …
	Len      int64  `json:"len,omitempty"`     // bytes in the pack
	Sum      uint64 `json:"sum,omitempty"`     // XXH3-64 of them
	Gone     bool   `json:"gone,omitempty"`    // with the name alone, for Pack.Gone
	Part     string `json:"part,omitempty"`    // what was taken of it; "": all

	Bytes []byte `json:"-"` // as delivered, for Append; nil: there are none to keep

	off int64 // in the pack
}

// At is where the bytes of the object lie.
func (e *Entry) At() Place { return Place{Off: e.off, Len: e.Len, How: e.How} }

// Contents reads what the labels of the first size bytes tell.
func (p *Pack) Contents(size int64) (Contents, error) { return ReadContents(p.file, size) }

// label writes the head and the description of a label.
func (p *Pack) label(kind uint32, list []Entry) error {
	var text bytes.Buffer
	lines, bodies := json.NewEncoder(&text), int64(0)
	for i := range list {
		bodies += list[i].Len
		if err := lines.Encode(&list[i]); err != nil {
			return err
		}
	}
	b := append(make([]byte, 0, labelHead+text.Len()/2), p.mark[:]...)
	b = p.enc.EncodeAll(text.Bytes(), b[:labelHead])
	description := b[labelHead:]
	binary.LittleEndian.PutUint32(b[markSize:], kind)
	binary.LittleEndian.PutUint32(b[markSize+4:], uint32(len(description)))
	binary.LittleEndian.PutUint64(b[markSize+8:], uint64(bodies))
	binary.LittleEndian.PutUint64(b[markSize+16:], xxh3.Hash(description))
	binary.LittleEndian.PutUint64(b[markSize+24:], xxh3.Hash(b[:markSize+24]))
	if _, err := p.file.WriteAt(b, p.at); err != nil {
		return err
	}
	p.at += int64(len(b))
	return nil
}

// readHead reads the mark of a pack.
func readHead(f io.ReaderAt) (mark [markSize]byte, err error) {
	var b [HeadSize]byte
	n, err := f.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return mark, err
	}
	if n < len(b) || string(b[:len(magic)]) != magic {
		return mark, ErrNoLabels
	}
	return [markSize]byte(b[len(magic):]), nil
}

// A Contents is what the labels of a pack tell.
type Contents struct {
	Entries []Entry  // the last of each name, in the order of the pack
	Sources []string // as the user named them, in the order first loaded
	End     int64    // of the last whole label
	Holes   []Hole
}

// A Hole is a part of the pack whose label can't be read. What objects lay
// there, nobody knows.
type Hole struct{ From, To int64 }

// ReadContents walks the labels of a pack of size bytes, passing over the objects. After a
// label that is damaged it goes on at the next mark; one that the end of the
// file cuts off was never committed, so it is left out. What was begun
// by an old version of this program, or is no pack, is ErrNoLabels.
func ReadContents(f io.ReaderAt, size int64) (Contents, error) {
	var c Contents
	mark, err := readHead(f)
	if err != nil {
		return c, err
	}
	index := map[string]int{}
	c.End = HeadSize
	for at := HeadSize; at < size; {
		l, err := readLabel(f, mark, at, size)
		switch {
		case errors.Is(err, errCutOff):
			return c, nil
		case errors.Is(err, errTorn):
			next, err := nextMark(f, mark, at+1, size)
			if err != nil {
				return c, err
			}
			if next == size { // what a killed process left behind, or the last label is gone
				return c, nil
			}
			c.Holes = append(c.Holes, Hole{at, next})
			at = next
			continue
		case err != nil:
			return c, err
		}
		if l.list == nil {
			c.Holes = append(c.Holes, Hole{at, l.end})
		}
		c.take(l, index)
		at = l.end
		c.End = at
	}
	return c, nil
}

// take puts the entries of a label in the place of earlier ones.
func (c *Contents) take(l label, index map[string]int) {
	at := l.bodies
	for _, e := range l.list {
		e.off = at
		at += e.Len
		i, known := index[e.Name]
		switch {
		case l.kind == labelSources && !slices.Contains(c.Sources, e.Name):
			c.Sources = append(c.Sources, e.Name)
		case l.kind == labelGone && known:
			c.Entries[i].Gone = e.Gone
		case l.kind == labelObjects && known:
			c.Entries[i] = e
		case l.kind == labelObjects:
			index[e.Name] = len(c.Entries)
			c.Entries = append(c.Entries, e)
		}
	}
}

var (
	errTorn   = errors.New("no label here")
	errCutOff = errors.New("the label is cut off")
)

// A label is one that was read: where its objects begin and end, and what it
// says of them, nil when its description is damaged.
type label struct {
	kind        uint32
	bodies, end int64
	list        []Entry
}

func readLabel(f io.ReaderAt, mark [markSize]byte, at, size int64) (label, error) {
	if size-at < labelHead {
		return label{}, errCutOff
	}
	var b [labelHead]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return label{}, err
	}
	if [markSize]byte(b[:]) != mark || binary.LittleEndian.Uint64(b[markSize+24:]) != xxh3.Hash(b[:markSize+24]) {
		return label{}, errTorn
	}
	length, objects := int64(binary.LittleEndian.Uint32(b[markSize+4:])), int64(binary.LittleEndian.Uint64(b[markSize+8:]))
	l := label{kind: binary.LittleEndian.Uint32(b[markSize:]), bodies: at + labelHead + length}
	l.end = l.bodies + objects
	if length > maxDescription || objects < 0 || l.end > size {
		return label{}, errCutOff
	}
	description := make([]byte, length)
	if _, err := f.ReadAt(description, at+labelHead); err != nil {
		return label{}, err
	}
	if xxh3.Hash(description) != binary.LittleEndian.Uint64(b[markSize+16:]) {
		return l, nil
	}
	var err error
	l.list, err = readEntries(description, objects)
	return l, err
}

// readEntries unpacks a description whose hash is right.
func readEntries(description []byte, objects int64) ([]Entry, error) {
	text, err := decode(description, Zstd)
	if err != nil {
		return nil, fmt.Errorf("unpack the description of objects: %w", err)
	}
	list, total := []Entry{}, int64(0)
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var e Entry
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read the description of objects: %w", err)
		}
		total += e.Len
		list = append(list, e)
	}
	if total != objects || slices.ContainsFunc(list, func(e Entry) bool { return e.Len < 0 }) {
		return nil, fmt.Errorf("read the description of objects: they have %d bytes, not %d", total, objects)
	}
	return list, nil
}

// nextMark finds the next label behind a place that is damaged, size if there is
// none.
func nextMark(f io.ReaderAt, mark [markSize]byte, at, size int64) (int64, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f, at, size-at), 1<<20)
	for {
		b, err := r.Peek(r.Size())
		if i := bytes.Index(b, mark[:]); i >= 0 {
			return at + int64(i), nil
		}
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return 0, err
		}
		n, err := r.Discard(len(b) - markSize + 1)
		at += int64(n)
		if err != nil {
			return 0, err
		}
	}
}
