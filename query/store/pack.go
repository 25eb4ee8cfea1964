package store

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

// How the bytes of an object lie in the pack.
const (
	packNone uint8 = iota // nowhere: linked, or nothing to keep
	packRaw               // as delivered
	packZstd              // delivered plain, compressed by us
	packLink              // in the file that the object names; verified by hash
)

// maxPacked bounds what unpacking one object of the pack may take: no object is
// larger (loader.Options.MaxUnpacked).
const maxPacked = 4 << 30

// A pack is the file of originals: objects one after the other, each batch
// behind a label that describes it (label.go), only ever appended to. What lies
// behind the last committed byte is cut off on open.
type pack struct {
	file *os.File
	mark [markSize]byte // begins every label of this pack
	end  int64          // committed bytes
	at   int64          // written bytes
	enc  *zstd.Encoder
	gone string // removed on Close where an open file can't be unlinked
}

// openPack opens the pack at path, cut to its committed length. An empty path
// means a file that vanishes with the process.
func openPack(path string, committed int64) (*pack, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	p := &pack{enc: enc, end: committed, at: committed}
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

// readPack opens a pack that nothing is to be added to.
func readPack(path string, committed int64) (*pack, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &pack{file: file, enc: enc, end: committed, at: committed}, nil
}

// cut brings the file to its committed length, and begins it if that is none.
func (p *pack) cut(path string) error {
	info, err := p.file.Stat()
	switch {
	case err != nil:
		return err
	case info.Size() < p.end:
		return fmt.Errorf("%w: %s is cut off: %d bytes, the case counts on %d", ErrDamaged, path, info.Size(), p.end)
	case info.Size() > p.end:
		if err := p.file.Truncate(p.end); err != nil {
			return err
		}
	}
	if p.end == 0 {
		return p.begin()
	}
	p.mark, err = readPackHead(p.file)
	return err
}

// begin writes the head of a new pack.
func (p *pack) begin() error {
	if _, err := rand.Read(p.mark[:]); err != nil {
		return err
	}
	if _, err := p.file.WriteAt(append([]byte(packMagic), p.mark[:]...), 0); err != nil {
		return err
	}
	p.end, p.at = packHead, packHead
	return nil
}

// packed is where an object lies in the pack.
type packed struct {
	off, len int64
	enc      uint8
}

// append writes a batch of objects behind what is there, with the label that
// describes it, and fills in where each of them lies. Nothing is kept for good
// before sync and commit.
func (p *pack) append(batch []entry) error {
	for i := range batch {
		e := &batch[i]
		if e.bytes == nil {
			continue
		}
		e.Enc = packRaw
		if !compressed(e.bytes) {
			e.Enc, e.bytes = packZstd, p.enc.EncodeAll(e.bytes, nil)
		}
		e.Len, e.Sum = int64(len(e.bytes)), xxh3.Hash(e.bytes)
	}
	if err := p.label(labelObjects, batch, bodies(batch)); err != nil {
		return err
	}
	for i := range batch {
		e := &batch[i]
		if e.Len == 0 {
			continue
		}
		if _, err := p.file.WriteAt(e.bytes, p.at); err != nil {
			return err
		}
		e.off, e.bytes = p.at, nil
		p.at += e.Len
	}
	return nil
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

// sync makes what was appended durable.
func (p *pack) sync() error {
	if p.at == p.end || p.gone != "" {
		return nil
	}
	return p.file.Sync()
}

// commit says that the database counts on everything appended.
func (p *pack) commit() {
	p.end = p.at
}

// rollback forgets what was appended since the last commit. The bytes are
// written over or cut off by the next open.
func (p *pack) rollback() {
	p.at = p.end
	_ = p.file.Truncate(p.end) // to give the disk its room back at once
}

// read returns the delivered bytes of an object.
func (p *pack) read(at packed) ([]byte, error) {
	b := make([]byte, at.len)
	if _, err := p.file.ReadAt(b, at.off); err != nil {
		return nil, err
	}
	return decode(b, at.enc)
}

// decode undoes what append did to the bytes of an object.
func decode(b []byte, enc uint8) ([]byte, error) {
	if enc != packZstd {
		return b, nil
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPacked))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.DecodeAll(b, nil)
}

func (p *pack) close() error {
	err := errors.Join(p.enc.Close(), p.file.Close())
	if p.gone != "" && runtime.GOOS == "windows" {
		err = errors.Join(err, os.Remove(p.gone))
	}
	return err
}
