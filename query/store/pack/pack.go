// Package pack is the file of originals that a case keeps: objects as they were
// delivered, one after the other, each batch behind a label that describes it
// (label.go). It is only ever appended to, and tells by itself what is in it, so
// that a case can be made anew when its database is gone.
//
// Who keeps a database beside it goes in this order: Append; Sync; commit the
// database, with how long the pack is now; Commit. What lies behind the length
// that the database counts on was never committed: Open cuts it off.
package pack

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// How the bytes of an object are kept.
const (
	None uint8 = iota // nowhere: nothing to keep
	Raw               // as delivered
	Zstd              // delivered plain, compressed by the pack
	Link              // in the file that the object names; verified by hash
)

// maxUnpacked bounds what unpacking one object of the pack may take, in bytes: no
// object is larger (loader.Options.MaxUnpacked).
const maxUnpacked = 4 << 30

var (
	// ErrCutOff says that a pack is shorter than its database counts on.
	ErrCutOff = errors.New("it is cut off")

	// ErrRotten says that bytes of an object are not those that were written.
	ErrRotten = errors.New("its copy in the case is damaged: the checksum differs")
)

// A Pack is an open file of originals. Append, Gone, Sync, Commit and Rollback
// are one caller's at a time; reading goes on beside them.
type Pack struct {
	file *os.File
	mark [markSize]byte // begins every label of this pack
	end  int64          // committed bytes
	at   int64          // written bytes
	enc  *zstd.Encoder
	gone string // removed on Close where an open file can't be unlinked
}

// Open opens the pack at path, or makes it, and cuts it to its committed length
// in bytes: ErrCutOff when it is shorter. An empty path means a file that
// vanishes with the process.
func Open(path string, committed int64) (*Pack, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	p := &Pack{enc: enc, end: committed, at: committed}
	if path == "" {
		if p.file, err = os.CreateTemp("", "spoor-*.pack"); err != nil {
			return nil, err
		}
		if os.Remove(p.file.Name()) != nil {
			p.gone = p.file.Name() // Windows keeps open files
		}
		return p, p.begin()
	}
	if p.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if err := p.cut(path); err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	return p, nil
}

// OpenRead opens a pack that nothing is to be added to. It leaves alone what lies
// behind committed: another process may be writing it.
func OpenRead(path string, committed int64) (*Pack, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	mark, err := readHead(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Pack{file: file, mark: mark, enc: enc, end: committed, at: committed}, nil
}

// Mark is drawn at random when a pack is begun, so that files can say which one
// they belong to.
func (p *Pack) Mark() [markSize]byte { return p.mark }

// cut brings the file to its committed length, and begins it if that is none.
func (p *Pack) cut(path string) error {
	info, err := p.file.Stat()
	switch {
	case err != nil:
		return err
	case info.Size() < p.end:
		return fmt.Errorf("%s: %w: %d bytes, the case counts on %d", path, ErrCutOff, info.Size(), p.end)
	case info.Size() > p.end:
		if err := p.file.Truncate(p.end); err != nil {
			return err
		}
	}
	if p.end == 0 {
		return p.begin()
	}
	p.mark, err = readHead(p.file)
	return err
}

// begin writes the head of a new pack.
func (p *Pack) begin() error {
	if _, err := rand.Read(p.mark[:]); err != nil {
		return err
	}
	if _, err := p.file.WriteAt(append([]byte(magic), p.mark[:]...), 0); err != nil {
		return err
	}
	p.end, p.at = HeadSize, HeadSize
	return nil
}

// A Place is where the bytes of an object are, and how.
type Place struct {
	Off, Len int64 // bytes, in the pack
	How      uint8 // None, Raw, Zstd or Link
}

// Append writes a batch of objects behind what is there, with the label that
// describes it, and fills in where each of them lies and its checksum. Nothing is
// kept for good before Sync and Commit.
func (p *Pack) Append(batch []Entry) error {
	for i := range batch {
		e := &batch[i]
		if e.Bytes == nil {
			continue
		}
		e.How = Raw
		if !compressed(e.Bytes) {
			e.How, e.Bytes = Zstd, p.enc.EncodeAll(e.Bytes, nil)
		}
		e.Len, e.Sum = int64(len(e.Bytes)), xxh3.Hash(e.Bytes)
	}
	if err := p.label(labelObjects, batch); err != nil {
		return err
	}
	for i := range batch {
		e := &batch[i]
		if e.Len == 0 {
			continue
		}
		if _, err := p.file.WriteAt(e.Bytes, p.at); err != nil {
			return err
		}
		e.off, e.Bytes = p.at, nil
		p.at += e.Len
	}
	return nil
}

// Gone notes objects, by name, that vanished from their source or, where Gone is
// false, came back.
func (p *Pack) Gone(list []Entry) error { return p.label(labelGone, list) }

// Sources notes where the objects that follow come from, by the names that the
// user has for them.
func (p *Pack) Sources(names []string) error {
	list := make([]Entry, len(names))
	for i, name := range names {
		list[i].Name = name
	}
	return p.label(labelSources, list)
}

// compressed knows the formats that gain nothing from being packed again.
func compressed(b []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "PK\x03\x04"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return false
}

// Size is how long the pack is in bytes, with what has been written and not yet
// committed.
func (p *Pack) Size() int64 { return p.at }

// Committed is how many bytes the database counts on.
func (p *Pack) Committed() int64 { return p.end }

// Sync makes what was appended durable.
func (p *Pack) Sync() error {
	if p.at == p.end || p.gone != "" {
		return nil
	}
	return p.file.Sync()
}

// Commit says that the database counts on everything appended.
func (p *Pack) Commit() {
	p.end = p.at
}

// Rollback forgets what was appended since the last Commit. The bytes are written
// over or cut off by the next Open.
func (p *Pack) Rollback() {
	p.at = p.end
	_ = p.file.Truncate(p.end) // to give the disk its room back at once
}

// Read returns the delivered bytes of an object.
func (p *Pack) Read(at Place) ([]byte, error) {
	b := make([]byte, at.Len)
	if _, err := p.file.ReadAt(b, at.Off); err != nil {
		return nil, err
	}
	return decode(b, at.How)
}

// ReadChecked is Read where the checksum is known: ErrRotten if it differs.
func (p *Pack) ReadChecked(at Place, sum uint64) ([]byte, error) {
	b, err := p.checked(at, sum)
	if err != nil {
		return nil, err
	}
	return decode(b, at.How)
}

// Check compares the bytes of an object with their checksum: ErrRotten if they
// differ.
func (p *Pack) Check(at Place, sum uint64) error {
	_, err := p.checked(at, sum)
	return err
}

func (p *Pack) checked(at Place, sum uint64) ([]byte, error) {
	b := make([]byte, at.Len)
	if _, err := p.file.ReadAt(b, at.Off); err != nil {
		return nil, err
	}
	if xxh3.Hash(b) != sum {
		return nil, ErrRotten
	}
	return b, nil
}

// decode undoes what Append did to the bytes of an object.
func decode(b []byte, how uint8) ([]byte, error) {
	if how != Zstd {
		return b, nil
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.DecodeAll(b, nil)
}

// Close closes the file; one without a name is gone then.
func (p *Pack) Close() error {
	err := errors.Join(p.enc.Close(), p.file.Close())
	if p.gone != "" && runtime.GOOS == "windows" {
		err = errors.Join(err, os.Remove(p.gone))
	}
	return err
}
