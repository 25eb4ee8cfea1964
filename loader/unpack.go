package loader

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
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
	limit   int64    // unpacked bytes an object may have
	buffers *buffers // where texts come from; nil makes new ones
	gz      gzip.Reader
	quick   quick
	zst     *zstd.Decoder
}

// unpacked is the result: the bytes as a string and the facts about them.
type unpacked struct {
	text  string // as packed: any byte order mark still there
	buf   []byte // what text lies in, to be given back; nil when that is the packed data
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
	return &Unpacker{limit: min(limit, math.MaxUint32)}
}

// unpack inflates data as often as it is packed. need is told how large the
// text grows. A container inside (tar, zip) comes back as it is, with its form.
// The sum costs as much as the unpacking, so it is made on demand.
func (u *Unpacker) unpack(data []byte, sum bool, need func(int64) error) (unpacked, error) {
	var out unpacked
	for layer := 0; ; layer++ {
		out.form = sniff(data[:min(len(data), sniffLen)])
		if inner := lambdaEvent(data); inner != nil && layer < maxLayers {
			data = inner
			out.notes = append(out.notes, "data of a Lambda event, in base64")
			continue
		}
		switch {
		case out.form != formatGzip && out.form != formatZstd:
			out.text = asString(data)
			if sum {
				out.sum = sha256.Sum256(data)
			}
			return out, nil
		case layer == maxLayers:
			return out, fmt.Errorf("unpack: packed more than %d times over", maxLayers)
		case layer == 1:
			out.notes = append(out.notes, "packed more than once")
		}
		outer := out.buf
		text, err := u.inflate(out.form, data, need, &out)
		u.buffers.put(outer)
		if err != nil {
			return out, err
		}
		data = text
	}
}

// lambdaEvent returns what a CloudWatch Logs subscription hands to a Lambda
// function (CloudWatch Logs user guide, "Subscription filters with Lambda"),
// {"awslogs":{"data":"…"}}: a gzip file in base64. It is nil for anything else.
func lambdaEvent(data []byte) []byte {
	head := bytes.TrimLeft(data[:min(len(data), sniffLen)], "\xef\xbb\xbf \t\r\n{")
	if !bytes.HasPrefix(head, []byte(`"awslogs"`)) {
		return nil
	}
	var event struct {
		AWSLogs struct{ Data []byte }
	}
	if json.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &event) != nil {
		return nil
	}
	if sniff(event.AWSLogs.Data[:min(len(event.AWSLogs.Data), sniffLen)]) != formatGzip {
		return nil
	}
	return event.AWSLogs.Data
}

// inflate takes one layer off; out has the buffer that the text lies in.
func (u *Unpacker) inflate(form format, data []byte, need func(int64) error, out *unpacked) ([]byte, error) {
	var text []byte
	var err error
	if form == formatZstd {
		text, err = u.zstd(data, need)
	} else {
		text, err = u.gzip(data, need, out)
	}
	out.buf = text
	lack := (*needError)(nil)
	switch {
	case err == nil:
		return text, nil
	case errors.As(err, &lack):
		return nil, lack.error
	case errors.Is(err, errTooLarge):
		return nil, fmt.Errorf("unpack: more than %s of text in %s (limit: --max-object)", sizeWords(u.limit), sizeWords(int64(len(data))))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("unpack: cut off: the packed data ends after %d bytes of text", len(text))
	case errors.Is(err, gzip.ErrChecksum):
		return nil, fmt.Errorf("unpack: damaged: checksum does not match after %d bytes of text", len(text))
	}
	return nil, fmt.Errorf("unpack: damaged after %d bytes of text: %w", len(text), err)
}

// needError is what need answered.
type needError struct{ error }

// gzip unpacks all members of a gzip file (RFC 1952 section 2.2) and notes when
// there is more than one, or something after the last: other readers may stop
// after the first.
func (u *Unpacker) gzip(data []byte, need func(int64) error, out *unpacked) ([]byte, error) {
	text, err := u.room(nil, gzipSize(data, u.limit), need)
	if err != nil {
		return nil, err
	}
	grow := func(text []byte) ([]byte, error) { return u.room(text, 2*int64(len(text)), need) }
	n, members := 0, 0
	for rest := data; len(rest) > 0; members++ {
		if members > 0 && !bytes.HasPrefix(rest, []byte{0x1f, 0x8b}) {
			if len(bytes.Trim(rest, "\x00")) > 0 {
				out.notes = append(out.notes, fmt.Sprintf("%d bytes after the end of the gzip stream, ignored", len(rest)))
			}
			break
		}
		var read int
		text, read, err = u.member(rest, text[:cap(text)], n, grow)
		if err == nil && int64(len(text)) > u.limit {
			err = errTooLarge
		}
		if err != nil {
			return text, err
		}
		rest, n = rest[read:], len(text)
	}
	if members > 1 {
		out.notes = append(out.notes, fmt.Sprintf("%d gzip members", members))
	}
	return text[:n], nil
}

// member unpacks one gzip member behind text[:n]. It returns how many bytes of
// data it takes.
func (u *Unpacker) member(data, text []byte, n int, grow func([]byte) ([]byte, error)) ([]byte, int, error) {
	if read, size, ok := u.quick.member(data, text[n:]); ok {
		return text[:n+size], read, nil
	}
	r := bytes.NewReader(data)
	if err := u.gz.Reset(r); err != nil {
		return text[:n], 0, noEOF(err)
	}
	u.gz.Multistream(false)
	for {
		if n == len(text) {
			more, err := grow(text)
			if err != nil {
				return text, 0, err
			}
			text = more[:cap(more)]
		}
		k, err := u.gz.Read(text[n:])
		n += k
		if err == io.EOF {
			return text[:n], len(data) - r.Len(), nil // the reader takes no byte more than it needs
		}
		if err != nil {
			return text[:n], 0, err
		}
	}
}

// room returns a buffer for n bytes of text, or as much as the limit allows, with
// what is in old.
func (u *Unpacker) room(old []byte, n int64, need func(int64) error) ([]byte, error) {
	if int64(len(old)) > u.limit {
		return nil, errTooLarge
	}
	n = min(max(n, smallText), u.limit+1)
	if err := need(n); err != nil {
		return nil, &needError{err}
	}
	buf := u.buffers.take(int(n) + 1) // the end is found by reading on
	copy(buf, old)
	u.buffers.put(old)
	return buf, nil
}

func (u *Unpacker) zstd(data []byte, need func(int64) error) ([]byte, error) {
	w := &textWriter{limit: u.limit, need: need}
	if u.zst == nil {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(u.limit)), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, err
		}
		u.zst = d
	}
	if err := u.zst.Reset(bytes.NewReader(data)); err != nil {
		return nil, err
	}
	_, err := u.zst.WriteTo(w)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		err = errTooLarge
	}
	return w.b.Bytes(), err
}

// Close frees the decompressors.
func (u *Unpacker) Close() {
	u.quick.close()
	if u.zst != nil {
		u.zst.Close()
	}
}

// gzipSize reads the size of the text from the end of a gzip file. It may be a
// lie, so it is believed only as far as logs expand.
func gzipSize(data []byte, limit int64) int64 {
	if len(data) < 18 {
		return 0
	}
	n := int64(binary.LittleEndian.Uint32(data[len(data)-4:]))
	return min(n, 40*int64(len(data)), limit)
}

// noEOF: an end inside a header is a cut, too.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

var errTooLarge = errors.New("too large")

// A textWriter collects text and stops at the limit.
type textWriter struct {
	b     bytes.Buffer
	limit int64
	need  func(int64) error
}

func (w *textWriter) Write(p []byte) (int, error) {
	n := int64(w.b.Len() + len(p))
	if n > w.limit {
		return 0, errTooLarge
	}
	if err := w.need(n); err != nil {
		return 0, &needError{err}
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
