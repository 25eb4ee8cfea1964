package s3

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"spoor/loader/loadertest"
)

// Someone types an address; a real server says what it can go on to.
func TestBrowse(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	name := srv.bucket(t, map[string]string{"AWSLogs/111122223333/CloudTrail/x.json.gz": "", "AWSLogs/444455556666/y.json.gz": "", "all logs/東京.json": "", "note.txt": ""})
	other := srv.bucket(t, nil)
	b := NewBrowser(srv.options(srv.Secret))
	for _, c := range []struct {
		typed string
		want  []string
	}{
		{"s3://", []string{"s3://" + name + "/", "s3://" + other + "/"}},
		{"s3://" + name[:len(name)-1], []string{"s3://" + name + "/", "s3://" + other + "/"}},
		{"s3://nothing-like-it", nil},
		{"s3://" + name + "/", []string{"s3://" + name + "/AWSLogs/", "s3://" + name + "/all logs/", "s3://" + name + "/note.txt"}},
		{"s3://" + name + "/AWSLogs/4", []string{"s3://" + name + "/AWSLogs/444455556666/"}},
		{"s3://" + name + "/all logs/", []string{"s3://" + name + "/all logs/東京.json"}},
		{"s3://" + other + "/", nil},
		{"s3:///x", nil},
	} {
		got, more, err := b.Browse(t.Context(), c.typed)
		if err != nil || more || !slices.Equal(got, c.want) {
			t.Errorf("%s goes on to %q, more %v, %v; want %q", c.typed, got, more, err, c.want)
		}
	}
}

// Names are listed a page at a time, and the buckets asked for once.
func TestBrowseAsksLittle(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range maxBrowsed + 5 {
		files[logKey("p/", "111122223333", "CloudTrail", "eu-west-1", march, i)] = ""
	}
	f := newFake(t, files)
	b := NewBrowser(f.options())
	for range 3 {
		if names, _, err := b.Browse(t.Context(), "s3://tr"); err != nil || len(names) != 1 {
			t.Fatalf("buckets %q, %v", names, err)
		}
	}
	if n := b.sources[""].Requests(); n != 1 {
		t.Errorf("the buckets were asked for %d times", n)
	}
	if names, more, err := b.Browse(t.Context(), "s3://"+bucket+"/p/"); err != nil || more || len(names) != 1 {
		t.Errorf("a folder of %d files lists %q, %v, %v", len(files), names, more, err)
	}
}

// What goes wrong is one plain line, and a context ends the wait.
func TestBrowseErrors(t *testing.T) {
	t.Parallel()
	srv := loadertest.StartServer(t)
	opt := (&server{Server: srv}).options("wrong")
	b := NewBrowser(opt)
	_, _, err := b.Browse(t.Context(), "s3://")
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), "list buckets: the secret key does not fit") || strings.Contains(err.Error(), "\n") {
		t.Errorf("wrong secret: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := b.Browse(ctx, "s3://x/"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled question ends with %v", err)
	}
	opt.Endpoint = "http://127.0.0.1:1"
	if _, _, err := NewBrowser(opt).Browse(t.Context(), "s3://x/"); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("nobody there: %v", err)
	}
}
