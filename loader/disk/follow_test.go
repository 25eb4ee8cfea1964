package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/loadertest"
)

func logLine(n int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2026-03-01T12:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"RunInstances","eventID":"00000000-0000-4000-8000-%012d"}`+"\n", n)
}

func logFile(from, to int) string {
	var b strings.Builder
	for n := from; n < to; n++ {
		b.WriteString(logLine(n))
	}
	return b.String()
}

// What happens to files while they are watched: new ones, ones that grow, that
// are replaced, that are looked at in the middle of being written, that go. Each
// round loads what is new or changed, and the end is that of a single load.
func TestFollowFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(name string, data string) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(data), 0o600), os.Chtimes(path, clock, clock)); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(time.Millisecond)
	}
	replace := func(name, data string) { // as careful programs do: same size, same time
		path := filepath.Join(dir, name)
		at(name+".tmp", data)
		if err := errors.Join(os.Chtimes(path+".tmp", clock, clock), os.Rename(path+".tmp", path)); err != nil {
			t.Fatal(err)
		}
	}
	half := loadertest.Gzip(logFile(100, 150))
	archive := loadertest.Tar(map[string]string{"in/a.json": logFile(200, 203)})
	src, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	sink := loadertest.NewSink()
	var f *follow
	for i, round := range []struct {
		change func()
		want   [4]int64 // loaded, skipped, failed, events
		gone   string
	}{
		{func() { at("a.json", logFile(0, 3)) }, [4]int64{1, 0, 0, 3}, ""},
		{func() { at("2026/03/01/b.json.gz", loadertest.Gzip(logFile(10, 14))) }, [4]int64{1, 0, 0, 4}, ""},
		{func() {}, [4]int64{}, ""},
		{func() { at("a.json", logFile(0, 5)) }, [4]int64{1, 0, 0, 5}, ""},                        // grown
		{func() { replace("a.json", logFile(5, 10)) }, [4]int64{1, 0, 0, 5}, ""},                  // replaced
		{func() { at("half.json.gz", half[:len(half)/2]) }, [4]int64{0, 0, 1, 0}, ""},             // being written
		{func() {}, [4]int64{}, ""},                                                               // not read again in vain
		{func() { at("half.json.gz", half[:len(half)-4]) }, [4]int64{0, 0, 1, 0}, ""},             //
		{func() { at("half.json.gz", half) }, [4]int64{1, 0, 0, 50}, ""},                          // whole now
		{func() { at("line.json", logFile(300, 303)[:400]) }, [4]int64{1, 0, 0, 2}, ""},           // a line is being written
		{func() { at("line.json", logFile(300, 303)) }, [4]int64{1, 0, 0, 3}, ""},                 //
		{func() { at("empty.json", "") }, [4]int64{0, 1, 0, 0}, ""},                               // just made
		{func() { at("empty.json", logFile(400, 401)) }, [4]int64{1, 0, 0, 1}, ""},                //
		{func() { at("x.tar", archive[:600]) }, [4]int64{0, 0, 2, 0}, ""},                         // half an archive
		{func() { at("x.tar", archive) }, [4]int64{1, 0, 0, 3}, ""},                               //
		{func() { os.Remove(filepath.Join(dir, "empty.json")) }, [4]int64{}, "empty.json"},        // gone, its events stay
		{func() { at("empty.json", logFile(400, 402)) }, [4]int64{1, 0, 0, 2}, ""},                // and back
		{func() { os.RemoveAll(filepath.Join(dir, "2026")) }, [4]int64{}, "2026/03/01/b.json.gz"}, // its folder
	} {
		round.change()
		if f == nil {
			f = startFollow(t, src, sink) // it looks at once
		}
		r := f.round(t, i > 0)
		o := r.Objects
		if got := [4]int64{o.Loaded, o.Skipped, o.Failed, r.Events.Read - r.Events.Invalid}; got != round.want {
			t.Errorf("round %d: loaded, skipped, failed, events %v, want %v: %+v", i, got, round.want, r.Failures)
		}
		if round.gone != "" && !sink.Gone(filepath.Join(dir, round.gone)) {
			t.Errorf("round %d: %s is not marked as gone", i, round.gone)
		}
	}
	f.end(t)
	got := map[string]int{}
	for name, o := range sink.Objects() {
		rel, _ := filepath.Rel(dir, name)
		if got[rel] = len(o.Events); o.Outcome != loader.Done {
			got[rel] = -int(o.Outcome)
		}
	}
	want := map[string]int{"a.json": 5, "2026/03/01/b.json.gz": 4, "half.json.gz": 50, "line.json": 3, "empty.json": 2, "x.tar": -int(loader.Archive), "x.tar!in/a.json": 3}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("events by file (-want +got):\n%s", d)
	}
}

// follow is a loader.Follow whose clock a test holds.
type follow struct {
	ticks   chan time.Time
	reports chan loader.Report
	ended   chan error
	cancel  func()
}

func startFollow(t *testing.T, src loader.Source, sink loader.Sink) *follow {
	ctx, cancel := context.WithCancel(t.Context())
	f := &follow{make(chan time.Time), make(chan loader.Report), make(chan error, 1), cancel}
	go func() {
		f.ended <- loader.Follow(ctx, []loader.Source{src}, sink, loader.Options{}, f.ticks, func(r loader.Report) {
			select {
			case f.reports <- r:
			case <-ctx.Done():
			}
		})
	}()
	return f
}

// round lets it look again, if tick says so, and returns what it found.
func (f *follow) round(t *testing.T, tick bool) loader.Report {
	t.Helper()
	if tick {
		select {
		case f.ticks <- time.Now():
		case err := <-f.ended:
			t.Fatal(err)
		}
	}
	select {
	case r := <-f.reports:
		return r
	case err := <-f.ended:
		t.Fatal(err)
	}
	return loader.Report{}
}

func (f *follow) end(t *testing.T) {
	t.Helper()
	f.cancel()
	if err := <-f.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("follow ended with %v", err)
	}
}
