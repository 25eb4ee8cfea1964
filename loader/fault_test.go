package loader_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"testing"

	"spoor/loader"
	"spoor/loader/loadertest"
)

var fsNotExist = fs.ErrNotExist

func (c *cancelling) Open(ctx context.Context, o loader.Object) (io.ReadCloser, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.after--; c.after == 0 {
		c.cancel()
	}
	return c.Source.Open(ctx, o)
}

// badList fails to list one folder and leaves one entry out.
type badList struct{ loader.Source }

func (b badList) Objects(ctx context.Context, s loader.Scope) iter.Seq2[loader.Object, error] {
	return func(yield func(loader.Object, error) bool) {
		if !yield(loader.Object{Name: "dir"}, errors.New("list: denied")) || !yield(loader.Object{Name: "pipe"}, &loader.SkipError{Reason: "a pipe"}) {
			return
		}
		for o, err := range b.Source.Objects(ctx, s) {
			if !yield(o, err) {
				return
			}
		}
	}
}

func TestListingErrors(t *testing.T) {
	t.Parallel()
	sink := loadertest.NewSink()
	r := load(t, badList{loadertest.NewSource(map[string]string{"a": "a\n"})}, sink, loader.Lines())
	if r.Objects.Loaded != 1 || r.Objects.Failed != 1 || r.Objects.Skipped != 1 {
		t.Errorf("%+v", r.Objects)
	}
	twice := badList{loadertest.NewSource(nil)}
	_, err := loader.Load(t.Context(), []loader.Source{twice, twice}, loadertest.NewSink(), loader.Lines())
	if err == nil {
		t.Error("a listing that gave nothing but errors is no error")
	}
}
