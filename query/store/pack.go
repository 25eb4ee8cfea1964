package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/klauspost/compress/zstd"
)

// How the bytes of an object lie in the pack.
const (
	packNone uint8 = iota // nowhere: linked, or nothing to keep
	packRaw               // as delivered
	packZstd              // delivered plain, compressed by us
	packLink              // in the file that the object names; verified by hash
)

// A pack is the file of originals: objects one after the other, only ever
// appended to. What lies behind the last committed byte is cut off on open.
type pack struct {
	file *os.File
	end  int64 // committed bytes
	at   int64 // written bytes
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
		return p, nil
	}
	if p.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	info, err := p.file.Stat()
	if err == nil && info.Size() < committed {
		err = fmt.Errorf("%s is cut off: %d bytes, the case counts on %d", path, info.Size(), committed)
	}
	if err == nil && info.Size() > committed {
		err = p.file.Truncate(committed)
	}
	if err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	return p, nil
}

// packed is where an object lies in the pack.
type packed struct {
	off, len int64
	enc      uint8
}

// append writes delivered bytes behind what is there. Nothing is kept for good
// before sync and commit.
func (p *pack) append(delivered []byte) (packed, error) {
	at := packed{off: p.at, enc: packRaw}
	if !compressed(delivered) {
		delivered = p.enc.EncodeAll(delivered, nil)
		at.enc = packZstd
	}
	at.len = int64(len(delivered))
	if _, err := p.file.WriteAt(delivered, p.at); err != nil {
		return packed{}, err
	}
	p.at += at.len
	return at, nil
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
	if at.enc != packZstd {
		return b, nil
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
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
