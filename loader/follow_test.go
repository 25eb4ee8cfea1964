package loader_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/loadertest"
)

// Follow picks up what is new or changed in each round, and only that.
func TestFollow(t *testing.T) {
	t.Parallel()
	src := loadertest.NewSource(map[string]string{"a": "a\n", "bad": "bad\n", "away": "x\n"})
	src.Refuse("away", errors.New("no network"))
	sink := loadertest.NewSink()
	ticks := make(chan time.Time)
	reports := make(chan loader.Report)
	ended := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- loader.Follow(ctx, []loader.Source{src}, sink, loader.Lines(), ticks, func(r loader.Report) { reports <- r })
	}()
	rounds := []struct {
		change func()
		want   [4]int64 // listed, loaded, failed, already
	}{
		{func() {}, [4]int64{3, 1, 2, 0}},
		{func() { src.Put("b", "b\n") }, [4]int64{2, 1, 1, 0}},
		{func() { src.Put("a", "a2\n"); src.Heal("away") }, [4]int64{2, 2, 0, 0}},
		{func() {}, [4]int64{}},
		{func() { src.Put("bad", "good\n") }, [4]int64{1, 1, 0, 0}},
	}
	for i, round := range rounds {
		round.change()
		if i > 0 {
			ticks <- loadertest.ModTime
		}
		o := (<-reports).Objects
		if got := [4]int64{o.Listed, o.Loaded, o.Failed, o.Already}; got != round.want {
			t.Errorf("round %d: listed, loaded, failed, already %v, want %v", i, got, round.want)
		}
	}
	want := map[string]string{"a": "a2\n", "b": "b\n", "bad": "good\n", "away": "x\n"}
	if d := cmp.Diff(want, sink.Texts()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if n := src.Opens("b"); n != 1 {
		t.Errorf("b was opened %d times", n)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("follow ended with %v", err)
	}
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	src := loadertest.NewSource(map[string]string{
		"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/a.json.gz": "aaa\n",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/03/b.json.gz": "b\n",
		"AWSLogs/444455556666/CloudTrail/us-east-1/2026/03/03/c.json.gz": "c\n",
		"other": "d\n",
	})
	sink := loadertest.NewSink()
	opt := loader.Lines()
	opt.Scope.Accounts = []string{"444455556666"}
	load(t, src, sink, opt)
	opt.Scope = loader.Scope{}
	got, err := loader.Survey(t.Context(), []loader.Source{src}, sink, opt)
	want := loader.Plan{
		Objects: 2, Already: 2, Bytes: 6, Days: 2, First: "2026-03-01", Last: "2026-03-03",
		Accounts: []string{"111122223333"}, Regions: []string{"eu-west-1", "us-east-1"}, Failures: []loader.Failure{},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if src.Opens("other") != 1 {
		t.Error("the survey opened an object")
	}
}
