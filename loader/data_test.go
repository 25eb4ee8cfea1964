package loader_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spoor/loader"
	"spoor/loader/disk"
	"spoor/loader/loadertest"
)

// Every file of the shared data gives the events that were counted in it, the
// decoys none.
func TestSharedData(t *testing.T) {
	t.Parallel()
	root := loadertest.Shared(t, "data")
	src, err := disk.Open(root, disk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sink := loadertest.NewSink()
	load(t, src, sink, loader.Poisoned(loader.Options{}))
	objects := sink.Objects()
	checked := 0
	for path, want := range expected(t, root) {
		o, ok := objects[filepath.Join(root, path)]
		if !ok {
			t.Errorf("%s was not loaded", path)
			continue
		}
		checked++
		if n := len(o.Events); !want(n) {
			t.Errorf("%s: %d events (%s)", path, n, o.Reason)
		}
		if len(o.Events) == 0 && o.Outcome != loader.Done && o.Reason == "" {
			t.Errorf("%s: no events and no reason", path)
		}
	}
	if checked < 600 {
		t.Errorf("only %d files checked", checked)
	}
	if r := load(t, src, sink, loader.Poisoned(loader.Options{})); r.Events.Read != 0 {
		t.Errorf("a second load read %d events", r.Events.Read)
	}
}

// expected reads expected.json: a check of the count for each file.
func expected(t *testing.T, root string) map[string]func(int) bool {
	t.Helper()
	var doc struct {
		Sources map[string]struct {
			PerFile map[string]struct{ Events any }
		}
	}
	b, err := os.ReadFile(filepath.Join(root, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	out := map[string]func(int) bool{}
	for _, src := range doc.Sources {
		for path, f := range src.PerFile {
			switch n := f.Events.(type) {
			case float64:
				out[path] = func(got int) bool { return got == int(n) }
			case string:
				out[path] = func(got int) bool { return got == 0 || got == 1 && strings.Contains(n, "1") }
			}
		}
	}
	return out
}
