package disk

import (
	"context"
	"io"
	"os"
	"testing"

	"spoor/loader"
	"spoor/loader/loadertest"
)

func TestStdin(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	archive := loadertest.Gzip(loadertest.Tar(map[string]string{"a.json": `{"eventSource":"s3.amazonaws.com","eventName":"ListBuckets","eventTime":"2026-03-01T12:00:00Z"}`}))
	go func() {
		w.WriteString(archive)
		w.Close()
	}()
	sink := loadertest.NewSink()
	src := Stdin(r, loadertest.ModTime)
	report, err := loader.Load(t.Context(), []loader.Source{src}, sink, loader.Options{})
	if err != nil || report.Events.Read != 1 || report.Objects.Loaded != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	if _, ok := sink.Objects()["stdin 2026-03-01T12:00:00.000Z!a.json"]; !ok {
		t.Errorf("objects %v", sink.Texts())
	}
}

// A pipe that nobody writes to must not keep a load from ending.
func TestStdinIsCancelled(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	src := Stdin(r, loadertest.ModTime)
	body, err := src.Open(ctx, loader.Object{Name: "stdin", Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := io.ReadAll(body)
		ended <- err
	}()
	cancel()
	if err := <-ended; err == nil {
		t.Error("the read ended without an error")
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
}
