package s3

import (
	"fmt"
	"strings"
	"testing"

	"spoor/loader"
	"spoor/loader/loadertest"
)

// A load from a bucket that misbehaves in every way gets all that can be had,
// says what it could not get, and gets that the next time.
func TestLoadThroughFaults(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for n := range 60 {
		files[logKey("", "111122223333", "CloudTrail", "eu-west-1", march, n)] = loadertest.Gzip(fmt.Sprintf(
			`{"Records":[{"eventVersion":"1.08","eventTime":"2026-03-01T12:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"id-%d"}]}`, n))
	}
	name := func(n int) string { return logKey("", "111122223333", "CloudTrail", "eu-west-1", march, n) }
	f := newFake(t, files)
	f.on("GET "+f.url+"/"+bucket+"/AWSLogs", 40, answer(503, "SlowDown", "Reduce your request rate."))
	f.on("list-type=2", 3, answer(500, "InternalError", "We encountered an internal error."))
	f.on(name(10), -1, answer(403, "AccessDenied", "Access Denied"))
	f.on(name(20), -1, answer(404, "NoSuchKey", "The specified key does not exist."))
	f.on(name(30), -1, answer(403, "InvalidObjectState", "archived"))
	f.onBody(name(40), 2, cutAfter(20))
	f.onBody(name(50), -1, cutAfter(0))
	opt := f.options()
	opt.patience.attempts = 50 // so that chance can't spend them on one object
	src, err := Open(t.Context(), "s3://"+bucket, opt)
	if err != nil {
		t.Fatal(err)
	}
	sink := loadertest.NewSink()
	r, err := loader.Load(t.Context(), []loader.Source{src}, sink, loader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Objects.Listed != 60 || r.Objects.Loaded != 56 || r.Objects.Failed != 4 {
		t.Errorf("%+v\n%v", r.Objects, r.Failures)
	}
	for n, want := range map[int]string{10: "needs s3:GetObject", 20: "no longer there", 30: "archived in Glacier", 50: "the connection broke"} {
		if o := sink.Objects()[src.url(name(n))]; !strings.Contains(o.Reason, want) {
			t.Errorf("%s: %q, want %q", o.Object.Name, o.Reason, want)
		}
	}
	healthy := newFake(t, files)
	r, err = loader.Load(t.Context(), []loader.Source{healthy.open(t, "")}, sink, loader.Options{})
	if err != nil || r.Objects.Loaded < 4 || len(sink.Objects()) != 60 || r.Objects.Failed > 0 {
		t.Errorf("after healing: %+v, %v", r.Objects, err)
	}
}
