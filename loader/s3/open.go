package s3

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"spoor/loader"
)

// Open returns the bytes of an object as they are stored, whatever its content
// encoding says. A body that breaks off is taken up again where it ended. The
// object must be the one that was listed: if it was replaced since, that is an
// error, and the next listing shows the new one.
func (s *Source) Open(ctx context.Context, o loader.Object) (io.ReadCloser, error) {
	key, ok := s.key(o.Name)
	if !ok {
		return nil, fmt.Errorf("%s is not in %s: %w", o.Name, s, fs.ErrNotExist)
	}
	b := &body{ctx: ctx, src: s, key: key, etag: o.ETag, size: -1}
	if err := b.connect(); err != nil {
		return nil, err
	}
	return b, nil
}

// A body is the content of an object. It is a loader.Described.
type body struct {
	ctx  context.Context
	src  *Source
	key  string
	etag string
	meta map[string]string
	size int64 // -1 until known

	off    int64 // bytes read
	tries  int   // connections in a row that gave nothing
	r      io.ReadCloser
	cancel context.CancelFunc
	watch  *time.Timer
}

func (b *body) Meta() map[string]string { return b.meta }

// connect asks for the bytes from off on.
func (b *body) connect() error {
	in := &s3.GetObjectInput{Bucket: &b.src.bucket, Key: &b.key, RequestPayer: b.src.payer()}
	if b.etag != "" {
		in.IfMatch = aws.String(`"` + b.etag + `"`)
	}
	if b.off > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", b.off))
	}
	ctx, cancel := context.WithCancel(b.ctx)
	var out *s3.GetObjectOutput
	err := b.src.call(ctx, "get", b.key, func(c *s3.Client) (err error) {
		out, err = c.GetObject(ctx, in)
		return err
	})
	if err != nil {
		cancel()
		return err
	}
	b.r, b.cancel = out.Body, cancel
	b.watch = time.AfterFunc(b.src.opt.patience.stall, cancel)
	if b.size < 0 && out.ContentLength != nil {
		b.size = b.off + *out.ContentLength
	}
	if b.etag == "" {
		b.etag = strings.Trim(aws.ToString(out.ETag), `"`)
	}
	b.meta = out.Metadata
	return nil
}

func (b *body) Read(p []byte) (int, error) {
	for {
		n, err := b.r.Read(p)
		b.off += int64(n)
		if n > 0 {
			b.tries = 0
			b.watch.Reset(b.src.opt.patience.stall)
			return n, nil // an error comes again with the next read
		}
		switch {
		case err == nil:
			return 0, nil
		case err == io.EOF && (b.size < 0 || b.off == b.size):
			return 0, io.EOF
		case b.ctx.Err() != nil:
			return 0, b.ctx.Err()
		}
		if err := b.reconnect(err); err != nil {
			return 0, err
		}
	}
}

// reconnect goes on after a broken connection, each time after a longer wait.
func (b *body) reconnect(cause error) error {
	b.hangUp()
	b.tries++
	if b.tries >= b.src.opt.patience.attempts {
		return newError("get", b.src.bucket, b.key, fmt.Errorf("the connection broke %d times at byte %d: %w", b.tries, b.off, cause))
	}
	wait := min(100*time.Millisecond<<min(b.tries, 10), b.src.opt.patience.backoff)
	select {
	case <-time.After(rand.N(wait)):
	case <-b.ctx.Done():
		return b.ctx.Err()
	}
	err := b.connect()
	if err != nil {
		b.r = io.NopCloser(strings.NewReader(""))
		return err
	}
	return nil
}

func (b *body) hangUp() {
	b.watch.Stop()
	b.r.Close()
	b.cancel()
}

func (b *body) Close() error {
	b.hangUp()
	return nil
}
