package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"spoor/loader"
	"spoor/loader/loadertest"
)

// A fake is an S3 service in this process, with faults on cue.
type fake struct {
	backend *s3mem.Backend
	url     string
	*faults
}

const bucket = "trail-logs"

func newFake(t *testing.T, files map[string]string) *fake {
	t.Helper()
	f := &fake{backend: s3mem.New(), faults: &faults{}}
	if err := f.backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	for key, data := range files {
		f.put(t, key, data, nil)
	}
	srv := httptest.NewServer(gofakes3.New(f.backend).Server())
	t.Cleanup(srv.Close)
	f.url = srv.URL
	return f
}

func (f *fake) put(t *testing.T, key, data string, meta map[string]string) {
	t.Helper()
	if meta == nil {
		meta = map[string]string{}
	}
	if _, err := f.backend.PutObject(bucket, key, meta, strings.NewReader(data), int64(len(data)), nil); err != nil {
		t.Fatal(err)
	}
}

// options reach the fake, impatiently.
func (f *fake) options() Options {
	return Options{
		Endpoint: f.url, Region: "us-east-1", Streams: 4,
		creds:     credentials.NewStaticCredentialsProvider("key", "secret", ""),
		transport: f.wrap,
		patience:  patience{attempts: 4, backoff: time.Millisecond, stall: 200 * time.Millisecond},
	}
}

func (f *fake) open(t *testing.T, prefix string) *Source {
	t.Helper()
	s, err := Open(t.Context(), "s3://"+bucket+"/"+prefix, f.options())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	var f *fake
	loadertest.Run(t, loadertest.Maker{
		Source: func(t *testing.T, files map[string]string) (loader.Source, func(string) string) {
			f = newFake(t, files)
			return f.open(t, ""), func(p string) string { return "s3://" + bucket + "/" + p }
		},
		Remove: func(t *testing.T, path string) {
			if _, err := f.backend.DeleteObject(bucket, path); err != nil {
				t.Fatal(err)
			}
		},
	})
}

// names lists a source: keys in the order they came; errors and what was left
// out as text.
func names(t *testing.T, s *Source, scope loader.Scope) (keys, others []string) {
	t.Helper()
	for o, err := range s.Objects(t.Context(), scope) {
		if err != nil {
			others = append(others, o.Name+": "+err.Error())
		} else if key, ok := s.key(o.Name); ok {
			keys = append(keys, key)
		} else {
			t.Errorf("object %q is not in the bucket", o.Name)
		}
	}
	return keys, others
}

func logKey(prefix, account, kind, region string, day time.Time, n int) string {
	at := day.Add(time.Duration(n) * 5 * time.Minute)
	return fmt.Sprintf("%sAWSLogs/%s/%s/%s/%s/%s_%s_%s_%sZ_abcdefghijklmno%x.json.gz",
		prefix, account, kind, region, at.Format("2006/01/02"), lastPart(account), kind, region, at.Format("20060102T1504"), n%16)
}

func lastPart(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// get reads an object by its key.
func get(ctx context.Context, s *Source, key string) (string, error) {
	r, err := s.Open(ctx, loader.Object{Name: s.url(key), Size: -1})
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), errors.Join(err, r.Close())
}

// A fault answers a request itself, or leaves it to the service.
type fault func(*http.Request) (*http.Response, error)

// answer is an S3 error document.
func answer(status int, code, message string, header ...string) fault {
	return func(r *http.Request) (*http.Response, error) {
		body := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
		if r.Method == http.MethodHead {
			body = ""
		}
		resp := &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/xml"}}, Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)), Request: r}
		for i := 0; i+1 < len(header); i += 2 {
			resp.Header.Set(header[i], header[i+1])
		}
		return resp, nil
	}
}
