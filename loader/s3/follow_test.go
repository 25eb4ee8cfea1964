package s3

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/loadertest"
)

// Following a bucket of a real server: each round lists the last half hour by
// its keys and no more, finds what came late or was replaced, and tries again
// what could not be listed or fetched before.
func TestFollowBucket(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	key := func(region string, n int) string { return logKey("", "111122223333", "CloudTrail", region, march, n) }
	record := func(n int) string {
		return loadertest.Gzip(fmt.Sprintf(`{"Records":[{"eventVersion":"1.08","eventTime":"2026-03-01T12:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"X","eventID":"00000000-0000-4000-8000-%012d"}]}`, n))
	}
	bucket := srv.bucket(t, nil)
	put := func(region string, at, id int) { srv.put(t, bucket, key(region, at), record(id), nil) }
	for n := range 20 { // until 01:35
		put("eu-west-1", n, n)
	}
	put("us-east-1", 3, 100)
	var wire faults
	opt := srv.options(srv.Secret)
	opt.transport, opt.patience = wire.wrap, patience{attempts: 1, backoff: time.Millisecond}
	src, err := Open(t.Context(), "s3://"+bucket, opt)
	if err != nil {
		t.Fatal(err)
	}
	wire.on("prefix=AWSLogs%2F111122223333%2FCloudTrail%2Fus-east-1", 1, plain(500, "<Error><Code>InternalError</Code></Error>"))
	wire.on("/"+key("eu-west-1", 2), 2, plain(500, "<Error><Code>InternalError</Code></Error>"))
	sink := loadertest.NewSink()
	ticks, reports, ended := make(chan time.Time), make(chan loader.Report), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- loader.Follow(ctx, []loader.Source{src}, sink, loader.Options{}, ticks, func(r loader.Report) { reports <- r })
	}()
	at := func(n int) time.Time { return march.Add(time.Duration(n) * 5 * time.Minute) }
	for i, round := range []struct {
		change func()
		now    time.Time
		want   [3]int64 // loaded, failed, already
		after  string   // what the listing began after
	}{
		{func() {}, at(20), [3]int64{19, 2, 0}, ""},             // a region can't be listed, an object not be fetched
		{func() {}, at(20), [3]int64{1, 1, 0}, ""},              // whole again: the region is there now
		{func() {}, at(20), [3]int64{1, 0, 0}, "20260301T0110"}, // too old to be listed, fetched all the same
		{func() { put("eu-west-1", 20, 20) }, at(21), [3]int64{1, 0, 0}, "20260301T0115"},
		{func() { put("ap-south-1", 17, 200) }, at(21), [3]int64{1, 0, 0}, "20260301T0115"}, // late, and a new region
		{func() { put("eu-west-1", 20, 21) }, at(21), [3]int64{1, 0, 0}, "20260301T0115"},   // replaced
		{func() {}, at(22), [3]int64{}, "20260301T0120"},
		{func() { put("eu-west-1", 289, 300) }, at(290), [3]int64{1, 0, 0}, "20260301T2340"}, // the next day
	} {
		round.change()
		before := len(wire.seen())
		if i > 0 {
			ticks <- round.now
		}
		o := (<-reports).Objects
		if got := [3]int64{o.Loaded, o.Failed, o.Already}; got != round.want {
			t.Errorf("round %d: loaded, failed, already %v, want %v", i, got, round.want)
		}
		began := ""
		for _, r := range wire.seen()[before:] {
			if q := r.URL.Query(); q.Get("list-type") == "2" && strings.HasSuffix(q.Get("prefix"), "/eu-west-1/") {
				began = q.Get("start-after")
			}
		}
		if !strings.HasSuffix(began, round.after) || round.after == "" && began != "" {
			t.Errorf("round %d listed what is after %q", i, began)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	ids := map[string]int{}
	for _, o := range sink.Objects() {
		for _, e := range o.Events {
			ids[strings.TrimLeft(e.ID[24:], "0")]++
		}
	}
	want := map[string]int{"": 1, "100": 1, "200": 1, "300": 1, "21": 1}
	for n := 1; n < 20; n++ {
		want[fmt.Sprint(n)] = 1
	}
	if d := cmp.Diff(want, ids); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
}
