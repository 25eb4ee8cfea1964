package store

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/zeebo/xxh3"

	"spoor/loader"
)

// The pack tells by itself what is in it, so that a case can be made anew when
// its database is gone:
//
//	pack   magic (16) · mark (16) · label, objects · label, objects …
//	label  mark (16) · kind (4) · length of the description (4) · bytes of the
//	       objects (8) · hash of the description (8) · hash of these 40 bytes (8)
//	       · description
//
// Numbers are little-endian, hashes XXH3-64. A description is a line of JSON an
// object (see entry), packed with zstd: names and dates repeat, so a description
// takes some 80 bytes an object. The mark is drawn at random for each pack, so
// that no log file can hold what looks like a label of it.
const (
	packMagic = "spoor pack 2\r\n\x1a\n" // line ends betray a transfer as text
	markSize  = 16
	packHead  = int64(len(packMagic) + markSize)
	labelHead = markSize + 32

	// maxDescription bounds what a label may claim. A batch is 16 MiB of text,
	// thus a million objects at the very worst.
	maxDescription = 1 << 30
)

// Kinds of labels.
const (
	labelObjects uint32 = iota + 1 // objects that were loaded, or not
	labelGone                      // objects that vanished from their source, or came back
)

// ErrNoLabels says that a pack was begun by a version of this program whose
// packs do not describe themselves.
var ErrNoLabels = errors.New("its objects are not described")

// An entry describes an object in the pack: its row in the manifest, but for
// what depends on other objects. Times are µs UTC.
type entry struct {
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
	Enc      uint8  `json:"enc,omitempty"`     // packRaw …
	Len      int64  `json:"len,omitempty"`     // bytes in the pack
	Sum      uint64 `json:"sum,omitempty"`     // XXH3-64 of them
	Gone     bool   `json:"gone,omitempty"`    // in a labelGone, with the name alone

	off   int64  // in the pack
	bytes []byte // to be written
}

// newEntry describes an object that was loaded.
func newEntry(l *loader.Loaded, r *objectRow) entry {
	e := entry{
		Name: r.name, Size: r.size, ETag: r.etag, Modified: r.mtime, Class: r.class, Meta: r.meta, Unpacked: r.unpacked,
		Outcome: r.outcome, Reason: r.reason, Carrier: r.carrier, Notes: r.notes, Digest: r.digest, Loaded: r.loaded,
		Events: len(l.Events), Invalid: r.invalid,
	}
	if r.unpacked > 0 {
		e.SHA256 = hex.EncodeToString(r.sum[:])
	}
	return e
}

func (e *entry) at() packed { return packed{off: e.off, len: e.Len, enc: e.Enc} }

// object is the entry as a source lists it.
func (e *entry) object() loader.Object {
	return loader.Object{Name: e.Name, Size: e.Size, ETag: e.ETag, ModTime: momentOf(e.Modified), Class: e.Class, Meta: metaMap(e.Meta), Linked: e.Enc == packLink}
}

func bodies(batch []entry) (n int64) {
	for i := range batch {
		n += batch[i].Len
	}
	return n
}

// label writes the head and the description of a label.
func (p *pack) label(kind uint32, list []entry, bodies int64) error {
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	for i := range list {
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

// readPackHead reads the mark of a pack.
func readPackHead(f io.ReaderAt) (mark [markSize]byte, err error) {
	var b [packHead]byte
	n, err := f.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return mark, err
	}
	if n < len(b) || string(b[:len(packMagic)]) != packMagic {
		return mark, ErrNoLabels
	}
	return [markSize]byte(b[len(packMagic):]), nil
}

// A contents is what the labels of a pack tell.
type contents struct {
	entries []entry // the last of each name, in the order of the pack
	end     int64   // of the last whole label
	holes   []hole
}

// A hole is a part of the pack whose label can't be read. What objects lay
// there, nobody knows.
type hole struct{ from, to int64 }

// readContents walks the labels of a pack, passing over the objects. After a
// label that is damaged it goes on at the next mark; one that the end of the
// file cuts off was never committed, so it is left out.
func readContents(f io.ReaderAt, size int64) (contents, error) {
	var c contents
	mark, err := readPackHead(f)
	if err != nil {
		return c, err
	}
	index := map[string]int{}
	c.end = packHead
	for at := packHead; at < size; {
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
			c.holes = append(c.holes, hole{at, next})
			at = next
			continue
		case err != nil:
			return c, err
		}
		if l.list == nil {
			c.holes = append(c.holes, hole{at, l.end})
		}
		c.take(l, index)
		at = l.end
		c.end = at
	}
	return c, nil
}

// take puts the entries of a label in the place of earlier ones.
func (c *contents) take(l label, index map[string]int) {
	at := l.bodies
	for _, e := range l.list {
		e.off = at
		at += e.Len
		i, known := index[e.Name]
		switch {
		case l.kind == labelGone && known:
			c.entries[i].Gone = e.Gone
		case l.kind == labelObjects && known:
			c.entries[i] = e
		case l.kind == labelObjects:
			index[e.Name] = len(c.entries)
			c.entries = append(c.entries, e)
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
	list        []entry
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
func readEntries(description []byte, objects int64) ([]entry, error) {
	text, err := decode(description, packZstd)
	if err != nil {
		return nil, fmt.Errorf("unpack the description of objects: %w", err)
	}
	list, total := []entry{}, int64(0)
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var e entry
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read the description of objects: %w", err)
		}
		total += e.Len
		list = append(list, e)
	}
	if total != objects || slices.ContainsFunc(list, func(e entry) bool { return e.Len < 0 }) {
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
