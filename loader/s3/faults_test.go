package s3

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// faults is a transport that goes wrong on cue, and remembers what passed.
type faults struct {
	mu    sync.Mutex
	rules []*rule
	calls []*http.Request
}

// A rule spoils requests whose path or query holds a text.
type rule struct {
	text  string
	times int // how often; -1: always
	do    fault
	body  func(*http.Request, io.ReadCloser) io.ReadCloser // or spoil the answer's body
}

// on spoils the next requests that match.
func (f *faults) on(text string, times int, do fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, &rule{text: text, times: times, do: do})
}

func (f *faults) onBody(text string, times int, body func(*http.Request, io.ReadCloser) io.ReadCloser) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, &rule{text: text, times: times, body: body})
}

func (f *faults) match(r *http.Request) *rule {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, r)
	for _, x := range f.rules {
		if x.times != 0 && strings.Contains(r.Method+" "+r.URL.String(), x.text) {
			x.times--
			return x
		}
	}
	return nil
}

// seen returns the requests so far.
func (f *faults) seen() []*http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*http.Request(nil), f.calls...)
}

func (f *faults) wrap(next aws.HTTPClient) aws.HTTPClient {
	return client(func(r *http.Request) (*http.Response, error) {
		x := f.match(r)
		if x != nil && x.do != nil {
			return x.do(r)
		}
		resp, err := next.Do(r)
		if err == nil && x != nil {
			resp.Body = x.body(r, resp.Body)
		}
		return resp, err
	})
}

type client func(*http.Request) (*http.Response, error)

func (f client) Do(r *http.Request) (*http.Response, error) { return f(r) }

// cutAfter breaks a body off.
func cutAfter(n int64) func(*http.Request, io.ReadCloser) io.ReadCloser {
	return func(_ *http.Request, r io.ReadCloser) io.ReadCloser {
		return &readCloser{io.MultiReader(io.LimitReader(r, n), broken{}), r}
	}
}

type readCloser struct {
	io.Reader
	io.Closer
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// stalled is a body that gives nothing until its request is given up.
func stalled(req *http.Request, r io.ReadCloser) io.ReadCloser {
	return &readCloser{stall{req.Context()}, r}
}

type stall struct{ ctx context.Context }

func (s stall) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}
