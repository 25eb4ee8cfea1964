package digest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"github.com/klauspost/compress/gzip"

	"spoor/loader"
)

// A Hash is what was learned from reading an object once: the SHA-256 of its
// unpacked bytes, which is what digests record, and the state of its gzip
// container, of which the first member is the object as delivered.
type Hash struct {
	SHA256   [32]byte
	Unpacked int64
	Stored   int64  // bytes read
	State    Reason // "" for one sound gzip member; else Container, ContainerDamaged, Truncated, GzipDamaged, ExtraMember, TrailingBytes, TooLarge
	Extra    int64  // unpacked bytes after the first member; stored ones when they don't unpack
}

// Logs unpack to a few megabytes; this bounds the time that a decompression
// bomb can take. Digests are held in memory, so they are bounded closer.
const (
	maxLog    = 4 << 30
	maxDigest = 256 << 20
)

// A hasher unpacks and hashes; each worker has one, as its buffers are large.
type hasher struct {
	sum hash.Hash
	in  *bufio.Reader
	gz  *gzip.Reader
	buf []byte
}

func newHasher() *hasher {
	return &hasher{sum: sha256.New(), in: bufio.NewReaderSize(nil, 64<<10), gz: new(gzip.Reader), buf: make([]byte, 64<<10)}
}

// object opens, unpacks and hashes an object. The text is kept only when keep
// is not nil.
func (h *hasher) object(ctx context.Context, src loader.Source, o loader.Object, limit int64, keep *bytes.Buffer) (Hash, map[string]string, error) {
	r, err := src.Open(ctx, o)
	if err != nil {
		return Hash{}, nil, err
	}
	counted := &counter{r: r}
	result, err := h.read(ctx, counted, limit, keep)
	result.Stored = counted.n
	meta := o.Meta
	// A source that learns the metadata by opening says so on the reader: S3
	// sends it with the object, and a second request would be waste.
	if m, ok := r.(loader.Described); ok && meta == nil {
		meta = m.Meta()
	}
	if cerr := r.Close(); err == nil && cerr != nil {
		err = cerr
	}
	return result, meta, err
}

func (h *hasher) read(ctx context.Context, r io.Reader, limit int64, keep *bytes.Buffer) (Hash, error) {
	h.in.Reset(r)
	h.sum.Reset()
	magic, err := h.in.Peek(2)
	if err != nil && err != io.EOF {
		return Hash{}, err
	}
	var out Hash
	if packed := len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b; !packed {
		out.Unpacked, err = h.copy(ctx, h.in, limit, keep)
		if out.State = Container; out.Unpacked == 0 {
			out.State = Truncated
		}
		return h.finish(out, err)
	}
	if err := h.gz.Reset(h.in); err != nil {
		return h.finish(out, err)
	}
	h.gz.Multistream(false)
	out.Unpacked, err = h.copy(ctx, h.gz, limit, keep)
	if out, err = h.finish(out, err); err != nil || out.State != "" {
		return out, err
	}
	return h.rest(ctx, out, limit)
}

// finish turns errors of unpacking into a state. Errors of the source stay
// errors: a connection cut short says nothing about the object.
func (h *hasher) finish(out Hash, err error) (Hash, error) {
	h.sum.Sum(out.SHA256[:0])
	var source sourceFailure
	switch {
	case err == nil:
		return out, nil
	case errors.As(err, &source), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return out, err
	case errors.Is(err, errTooLarge):
		out.State = TooLarge
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		out.State = Truncated // ContainerDamaged when the text turns out whole
	default:
		out.State = GzipDamaged
	}
	return out, nil
}

var errTooLarge = errors.New("unpacks to more than a log file can hold")

type sourceFailure struct{ error }

func (f sourceFailure) Unwrap() error { return f.error }

func (h *hasher) copy(ctx context.Context, r io.Reader, limit int64, keep *bytes.Buffer) (int64, error) {
	var n int64
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		k, err := r.Read(h.buf)
		n += int64(k)
		h.sum.Write(h.buf[:k])
		if keep != nil {
			keep.Write(h.buf[:k])
		}
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if n > limit {
			return n, errTooLarge
		}
	}
}

// rest looks at what follows the first gzip member. Other readers would take
// more members for more records.
func (h *hasher) rest(ctx context.Context, out Hash, limit int64) (Hash, error) {
	magic, err := h.in.Peek(2)
	if len(magic) == 0 {
		if err != nil && err != io.EOF {
			return out, err
		}
		return out, nil
	}
	out.State = TrailingBytes
	if len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		if h.gz.Reset(h.in) == nil {
			if n, err := h.copy(ctx, h.gz, limit, nil); err == nil || n > 0 {
				out.State, out.Extra = ExtraMember, n
				return out, ctx.Err()
			}
		}
	}
	n, err := io.Copy(io.Discard, h.in)
	out.Extra = n
	return out, err
}

// A counter counts stored bytes and marks errors as the source's own.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		err = sourceFailure{err}
	}
	return n, err
}

// readReason sorts errors of opening and reading. S3 errors tell by their code,
// which keeps this package free of the SDK.
func readReason(err error) (Reason, string) {
	var api interface{ ErrorCode() string }
	code := ""
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	switch {
	case errors.Is(err, fs.ErrPermission), code == "AccessDenied", code == "Forbidden", code == "AllAccessDisabled":
		return AccessDenied, fmt.Sprintf("reading was denied: %v", err)
	case code == "InvalidObjectState":
		return Archived, fmt.Sprintf("it is in an archive class and must be restored first: %v", err)
	case code == "SlowDown", code == "Throttling", code == "ThrottlingException", code == "RequestLimitExceeded":
		return Throttled, fmt.Sprintf("the store asked to slow down: %v", err)
	default:
		return ReadError, err.Error()
	}
}

func notThere(err error) bool {
	var api interface{ ErrorCode() string }
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "NoSuchKey", "NotFound", "NoSuchBucket", "404":
			return true
		}
	}
	return errors.Is(err, fs.ErrNotExist)
}
