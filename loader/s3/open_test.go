package s3

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"spoor/loader"
	"spoor/loader/loadertest"
)

const key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/a.json.gz"

// A body that breaks off or stalls is taken up again where it ended; throttling
// and server errors are sat out.
func TestPatience(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("0123456789", 20_000)
	for name, spoil := range map[string]func(*fake){
		"nothing wrong":  func(*fake) {},
		"slow down":      func(f *fake) { f.on("/"+key, 3, answer(503, "SlowDown", "Reduce your request rate.")) },
		"internal error": func(f *fake) { f.on("/"+key, 3, answer(500, "InternalError", "We encountered an internal error.")) },
		"broken at once": func(f *fake) { f.onBody("/"+key, 1, cutAfter(0)) },
		"broken thrice":  func(f *fake) { f.onBody("/"+key, 3, cutAfter(5_000)) },
		"stalled":        func(f *fake) { f.onBody("/"+key, 1, stalled) },
		"broken, then 500": func(f *fake) {
			f.onBody("/"+key, 1, cutAfter(777))
			f.on("/"+key, 2, answer(500, "InternalError", "x"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, map[string]string{key: content})
			spoil(f)
			got, err := get(t.Context(), f.open(t, ""), key)
			if err != nil || got != content {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

// What stays wrong is told in one line: likely cause, missing permission.
func TestOpenErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil      func(*fake)
		want, hint string
		is         error
	}{
		"vanished":      {func(f *fake) { f.backend.DeleteObject(bucket, key) }, "no such object", "", fs.ErrNotExist},
		"denied":        {always(403, "AccessDenied", "Access Denied"), "access denied: needs s3:GetObject on the object", "without s3:ListBucket", fs.ErrPermission},
		"key denied":    {always(403, "AccessDenied", "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x"), "access denied: needs kms:Decrypt", "key's policy", fs.ErrPermission},
		"archived":      {always(403, "InvalidObjectState", "The operation is not valid for the object's storage class"), "archived in Glacier", "restore", nil},
		"expired":       {always(400, "ExpiredToken", "The provided token has expired."), "the session token has expired", "aws sso login", nil},
		"unknown key":   {always(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."), "the access key is not known", "--profile", nil},
		"wrong secret":  {always(403, "SignatureDoesNotMatch", "The request signature we calculated does not match"), "the secret key does not fit", "AWS_SECRET_ACCESS_KEY", nil},
		"clock":         {always(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."), "this machine's clock is wrong", "set the clock", nil},
		"always slow":   {always(503, "SlowDown", "Please reduce your request rate."), "S3 asks to slow down", "--jobs", nil},
		"no bucket":     {always(404, "NoSuchBucket", "The specified bucket does not exist"), "there is no such bucket", "check the name", fs.ErrNotExist},
		"unknown user":  {always(404, "XAdminUserNotFound", "No user exists with the provided access key ID."), "not found: No user exists with the provided access key ID.", "", fs.ErrNotExist},
		"something new": {always(400, "BrandNewError", "two\nlines"), "BrandNewError two lines", "", nil},
		"always broken": {func(f *fake) { f.onBody("/"+key, -1, cutAfter(0)) }, "the connection broke", "run the same command again", nil},
		"no connection": {func(f *fake) {
			f.on("/"+key, -1, func(*http.Request) (*http.Response, error) { return nil, errors.New("dial tcp: connection refused") })
		}, "connection refused", "--endpoint-url", nil},
		"not even S3":    {always(405, "MethodNotAllowed", "x"), "the endpoint does not speak S3", "--endpoint-url", nil},
		"replaced since": {func(f *fake) { f.on("/"+key, -1, answer(412, "PreconditionFailed", "x")) }, "replaced by another version", "run again", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, map[string]string{key: "content"})
			c.spoil(f)
			_, err := get(t.Context(), f.open(t, ""), key)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want an *Error", err)
			}
			if !strings.HasPrefix(e.Error(), "get s3://"+bucket+"/"+key+": "+c.want) || strings.Contains(e.Error(), "\n") {
				t.Errorf("error %q, want …: %q", e, c.want)
			}
			if !strings.Contains(e.Hint, c.hint) {
				t.Errorf("hint %q, want %q", e.Hint, c.hint)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
		})
	}
}

func always(status int, code, message string) func(*fake) {
	return func(f *fake) { f.on("/"+key, -1, answer(status, code, message)) }
}

// The bucket may be in another region than the user thinks.
func TestRegionIsFollowed(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]fault{
		"redirect":        answer(301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.", "X-Amz-Bucket-Region", "eu-west-1"),
		"bare redirect":   answer(301, "PermanentRedirect", "x"),
		"wrong signature": answer(400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, map[string]string{key: "content"})
			here := answer(200, "", "", "X-Amz-Bucket-Region", "eu-west-1")
			f.on("", -1, func(r *http.Request) (*http.Response, error) {
				switch {
				case r.Method == http.MethodHead:
					return here(r)
				case strings.Contains(r.Header.Get("Authorization"), "/us-east-1/s3/"):
					return wrong(r)
				}
				return http.DefaultClient.Do(r)
			})
			s := f.open(t, "")
			for range 2 {
				if got, err := get(t.Context(), s, key); err != nil || got != "content" {
					t.Errorf("%q, %v", got, err)
				}
			}
			if s.region != "eu-west-1" {
				t.Errorf("region %q", s.region)
			}
		})
	}
}

// Metadata and bytes arrive as they are stored: digests need the one, hashes the
// other, whatever the content encoding claims.
func TestMetadataAndRawBytes(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	packed := loadertest.Gzip("content")
	f.put(t, key, packed, map[string]string{"X-Amz-Meta-Signature": "abc123", "Content-Encoding": "gzip"})
	s := f.open(t, "")
	r, err := s.Open(t.Context(), loader.Object{Name: s.url(key), Size: int64(len(packed))})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if m := r.(loader.Described).Meta(); m["signature"] != "abc123" {
		t.Errorf("metadata %v", m)
	}
	if got, err := get(t.Context(), s, key); err != nil || got != packed {
		t.Errorf("the bytes differ, %v", err)
	}
}

func TestPathStyle(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]bool{
		"http://127.0.0.1:9000": true, "http://[::1]:9000": true, "http://localhost": true, "http://minio:9000": true,
		"https://s3.example.org": false, "https://s3.eu-west-1.amazonaws.com": false,
	} {
		if got := pathStyle(endpoint); got != want {
			t.Errorf("%s: %v", endpoint, got)
		}
	}
}

// Where nobody ever listened it is no use to try again for minutes; a server that
// was there may come back.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	away := func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	f := newFake(t, map[string]string{key: "content"})
	f.on("/"+key, 1, away)
	s := f.open(t, "")
	if _, err := get(t.Context(), s, key); err == nil || len(f.seen()) != 1 {
		t.Errorf("%v after %d calls, want an error after one", err, len(f.seen()))
	}
	if text, err := get(t.Context(), s, key); err != nil || text != "content" {
		t.Fatalf("%q, %v", text, err)
	}
	f.on("/"+key, 2, away)
	if text, err := get(t.Context(), s, key); err != nil || text != "content" {
		t.Errorf("gone for a moment: %q, %v", text, err)
	}
}
