package disk

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/muesli/cancelreader"

	"spoor/loader"
)

// A stream is standard input: one object that can be read once.
type stream struct {
	r    io.Reader
	name string
}

// Stdin returns the source `-`, read from r. Its object is named after the
// moment, because what is piped in next time is something else.
func Stdin(r io.Reader, now time.Time) loader.Source {
	return &stream{r, "stdin " + now.UTC().Format("2006-01-02T15:04:05.000Z")}
}

func (s *stream) String() string { return "-" }

func (s *stream) Objects(context.Context, loader.Scope) iter.Seq2[loader.Object, error] {
	return func(yield func(loader.Object, error) bool) {
		yield(loader.Object{Name: s.name, Size: -1}, nil)
	}
}

// Open returns the stream itself. A read that waits for input ends with ctx.
func (s *stream) Open(ctx context.Context, _ loader.Object) (io.ReadCloser, error) {
	r, err := cancelreader.NewReader(s.r)
	if err != nil {
		return nil, err
	}
	return &streamBody{r, context.AfterFunc(ctx, func() { r.Cancel() })}, nil
}

type streamBody struct {
	cancelreader.CancelReader
	stop func() bool
}

func (b *streamBody) Close() error {
	b.stop()
	return b.CancelReader.Close()
}
