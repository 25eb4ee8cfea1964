package loader

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxLayers is how often a file may be packed over; log shippers pack twice.
const maxLayers = 3

// An Unpacker turns stored bytes into text. It keeps its decompressors from one
// object to the next and is not safe for concurrent use.
type Unpacker struct {
	limit int64 // unpacked bytes an object may have
	gz    gzip.Reader
	zst   *zstd.Decoder
	sum   hash.Hash
}

// unpacked is the result: the bytes as a string and the facts about them.
type unpacked struct {
	text  string // as packed: any byte order mark still there
	sum   [32]byte
	notes []string
	form  format // formatText, or the container that was found inside
}

// NewUnpacker returns an Unpacker that stops at limit bytes of text, 4 GiB at
// most; 0 means 1 GiB.
func NewUnpacker(limit int64) *Unpacker {
	if limit <= 0 {
		limit = defaultMaxUnpacked
	}
	return &Unpacker{limit: min(limit, math.MaxUint32), sum: sha256.New()}
}

// unpack inflates data as often as it is packed. need is told how large the
// text grows. A container inside (tar, zip) comes back as it is, with its form.
// The sum costs as much as a third of the unpacking, so it is made on demand.
func (u *Unpacker) unpack(data []byte, sum bool, need func(int64) error) (unpacked, error) {
	var out unpacked
	for layer := 0; ; layer++ {
		out.form = sniff(data[:min(len(data), sniffLen)])
		switch {
		case out.form != formatGzip && out.form != formatZstd:
			if layer == 0 {
				out.text = asString(data)
				if sum {
					out.sum = sha256.Sum256(data)
				}
			}
			return out, nil
		case layer == maxLayers:
			return out, fmt.Errorf("unpack: packed more than %d times over", maxLayers)
		case layer == 1:
			out.notes = append(out.notes, "packed more than once")
		}
		w := &textWriter{limit: u.limit, need: need}
		if sum {
			u.sum.Reset()
			w.sum = u.sum
		}
		if err := u.inflate(out.form, data, w, &out); err != nil {
			return out, err
		}
		out.text = w.b.String()
		if sum {
			u.sum.Sum(out.sum[:0])
		}
		data = asBytes(out.text)
	}
}

func (u *Unpacker) inflate(form format, data []byte, w *textWriter, out *unpacked) error {
	var err error
	if form == formatZstd {
		err = u.zstd(data, w)
	} else {
		err = u.gzip(data, w, out)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooLarge):
		return fmt.Errorf("unpack: more than %s of text in %s (limit: --max-object)", sizeWords(u.limit), sizeWords(int64(len(data))))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("unpack: cut off: the packed data ends after %d bytes of text", w.n)
	case errors.Is(err, gzip.ErrChecksum):
		return fmt.Errorf("unpack: damaged: checksum does not match after %d bytes of text", w.n)
	case w.failed != nil:
		return w.failed
	}
	return fmt.Errorf("unpack: damaged after %d bytes of text: %w", w.n, err)
}

// gzip unpacks all members of a gzip file (RFC 1952 section 2.2) and notes when
// there is more than one, or something after the last: other readers may stop
// after the first.
func (u *Unpacker) gzip(data []byte, w *textWriter, out *unpacked) error {
	w.b.Grow(int(gzipSize(data, w.limit)))
	r := bytes.NewReader(data)
	members := 0
	for r.Len() > 0 {
		rest := data[len(data)-r.Len():]
		if members > 0 && !bytes.HasPrefix(rest, []byte{0x1f, 0x8b}) {
			if len(bytes.Trim(rest, "\x00")) > 0 {
				out.notes = append(out.notes, fmt.Sprintf("%d bytes after the end of the gzip stream, ignored", len(rest)))
			}
			break
		}
		if err := u.gz.Reset(r); err != nil {
			return noEOF(err)
		}
		u.gz.Multistream(false)
		if _, err := u.gz.WriteTo(w); err != nil {
			return err
		}
		members++
	}
	if members > 1 {
		out.notes = append(out.notes, fmt.Sprintf("%d gzip members", members))
	}
	return nil
}

func (u *Unpacker) zstd(data []byte, w *textWriter) error {
	if u.zst == nil {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(u.limit)), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return err
		}
		u.zst = d
	}
	if err := u.zst.Reset(bytes.NewReader(data)); err != nil {
		return err
	}
	_, err := u.zst.WriteTo(w)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		return errTooLarge
	}
	return err
}

// Close frees the decompressors.
func (u *Unpacker) Close() {
	if u.zst != nil {
		u.zst.Close()
	}
}

// gzipSize reads the size of the text from the end of a gzip file. It may be a
// lie, so it is believed only as far as deflate can expand (1032 times).
func gzipSize(data []byte, limit int64) int64 {
	if len(data) < 18 {
		return 0
	}
	n := int64(binary.LittleEndian.Uint32(data[len(data)-4:]))
	if n > int64(len(data))*1032 {
		return 0
	}
	return min(n, limit)
}

// noEOF: an end inside a header is a cut, too.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

var errTooLarge = errors.New("too large")

// A textWriter collects text, hashes it, and stops at the limit.
type textWriter struct {
	b      strings.Builder
	sum    hash.Hash // nil: nobody asks
	n      int64
	limit  int64
	need   func(int64) error
	failed error // what need answered
}

func (w *textWriter) Write(p []byte) (int, error) {
	w.n += int64(len(p))
	if w.n > w.limit {
		w.n -= int64(len(p))
		return 0, errTooLarge
	}
	if err := w.need(w.n); err != nil {
		w.failed = err
		return 0, err
	}
	if w.sum != nil {
		w.sum.Write(p)
	}
	return w.b.Write(p)
}

// packedTar reports whether packed data holds a tar archive, from its first few
// kilobytes.
func packedTar(form format, head []byte) bool {
	if form != formatGzip && form != formatZstd {
		return false
	}
	r, err := inflater(form, bytes.NewReader(head))
	if err != nil {
		return false
	}
	defer r.Close()
	block := make([]byte, sniffLen)
	_, err = io.ReadFull(r, block)
	return err == nil && isTar(block)
}

// inflater is a stream over packed data.
func inflater(form format, r io.Reader) (io.ReadCloser, error) {
	if form == formatZstd {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return gzip.NewReader(r)
}

// sizeWords writes a size for people, in powers of 1024.
func sizeWords(n int64) string {
	const units = "KMGT"
	if n < 1024 {
		return fmt.Sprintf("%d bytes", n)
	}
	f, i := float64(n)/1024, 0
	for ; f >= 1024 && i < len(units)-1; i++ {
		f /= 1024
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") + " " + units[i:i+1] + "iB"
}
