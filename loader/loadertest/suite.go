package loadertest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
)

// A Maker builds a source of the given files, by slash-separated path.
type Maker struct {
	// Source returns the source and how it names the file at a path.
	Source func(t *testing.T, files map[string]string) (loader.Source, func(path string) string)
	// Remove deletes a file behind the source's back; nil if that can't happen.
	Remove func(t *testing.T, path string)
}

const aLog = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/a.json.gz"

// suiteFiles are of every kind that matters to a source: packed bytes that must
// stay packed, an empty file, odd names, two accounts, regions and days.
var suiteFiles = map[string]string{
	aLog: Gzip("packed, and to stay so"),
	"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/b.json.gz":        Gzip("{}"),
	"AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/c.json.gz":        Gzip("{}"),
	"AWSLogs/444455556666/CloudTrail/eu-west-1/2026/03/20/d.json.gz":        Gzip("{}"),
	"AWSLogs/444455556666/CloudTrail-Digest/eu-west-1/2026/03/20/e.json.gz": Gzip("{}"),
	"other/empty.json":                    "",
	"other/with space+plus%25 & 'q'.json": "{}",
	"other/üñí/日本.json":                   "{}",
}

// Run holds a source to the contract of loader.Source.
func Run(t *testing.T, m Maker) {
	t.Run("lists every object once", func(t *testing.T) { listsAll(t, m) })
	t.Run("opens the bytes as stored", func(t *testing.T) { opensRaw(t, m) })
	t.Run("prunes by scope", func(t *testing.T) { prunes(t, m) })
	t.Run("is empty without files", func(t *testing.T) {
		src, _ := m.Source(t, map[string]string{})
		if got := list(t, src, loader.Scope{}); len(got) > 0 {
			t.Errorf("listed %v", got)
		}
	})
	t.Run("stops when the reader does", func(t *testing.T) { stops(t, m) })
	t.Run("serves many at once", func(t *testing.T) { concurrent(t, m) })
	t.Run("says when an object has vanished", func(t *testing.T) { vanishes(t, m) })
	t.Run("knows its own", func(t *testing.T) {
		src, name := m.Source(t, suiteFiles)
		c, ok := src.(loader.Coverer)
		if !ok {
			t.Skip("not a Coverer")
		}
		if !c.Covers(name(aLog)) || c.Covers("elsewhere/x.json") {
			t.Error("Covers is wrong about its own or another's object")
		}
	})
}

func list(t *testing.T, src loader.Source, s loader.Scope) []loader.Object {
	t.Helper()
	var out []loader.Object
	for o, err := range src.Objects(t.Context(), s) {
		if err != nil {
			t.Errorf("list %s: %v", o.Name, err)
			continue
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b loader.Object) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func listsAll(t *testing.T, m Maker) {
	src, name := m.Source(t, suiteFiles)
	want := map[string]int64{}
	for p, data := range suiteFiles {
		want[name(p)] = int64(len(data))
	}
	first := list(t, src, loader.Scope{})
	got := map[string]int64{}
	for _, o := range first {
		if _, dup := got[o.Name]; dup {
			t.Errorf("%q listed twice", o.Name)
		}
		got[o.Name] = o.Size
		if o.ModTime.IsZero() || o.ModTime.Location() != time.UTC {
			t.Errorf("%q: time %v is not in UTC", o.Name, o.ModTime)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("objects (-want +got):\n%s", d)
	}
	if d := cmp.Diff(first, list(t, src, loader.Scope{})); d != "" {
		t.Errorf("a second listing differs:\n%s", d)
	}
	if src.String() == "" {
		t.Error("the source has no name")
	}
}

func read(ctx context.Context, src loader.Source, o loader.Object) (string, error) {
	r, err := src.Open(ctx, o)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), errors.Join(err, r.Close())
}

func opensRaw(t *testing.T, m Maker) {
	src, name := m.Source(t, suiteFiles)
	paths := map[string]string{}
	for p := range suiteFiles {
		paths[name(p)] = p
	}
	for _, o := range list(t, src, loader.Scope{}) {
		got, err := read(t.Context(), src, o)
		if err != nil {
			t.Errorf("open %q: %v", o.Name, err)
		} else if got != suiteFiles[paths[o.Name]] {
			t.Errorf("%q: got %q", o.Name, got)
		}
	}
}

func prunes(t *testing.T, m Maker) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		scope loader.Scope
		want  string // names of the logs that must be listed
		not   string // and of those that must not
	}{
		{"since", loader.Scope{Since: day.AddDate(0, 0, 5)}, "de", "abc"},
		{"until lists the day after", loader.Scope{Until: day.Add(time.Hour)}, "abc", "de"},
		{"account", loader.Scope{Accounts: []string{"444455556666"}}, "de", "abc"},
		{"region", loader.Scope{Regions: []string{"us-east-1"}}, "c", "abde"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src, _ := m.Source(t, suiteFiles)
			got := map[string]bool{}
			for _, o := range list(t, src, c.scope) {
				if strings.HasSuffix(o.Name, ".json.gz") {
					got[o.Name[len(o.Name)-9:len(o.Name)-8]] = true
				}
			}
			for _, x := range strings.Split(c.want, "") {
				if !got[x] {
					t.Errorf("%s.json.gz is missing", x)
				}
			}
			for _, x := range strings.Split(c.not, "") {
				if got[x] {
					t.Errorf("%s.json.gz was listed", x)
				}
			}
		})
	}
}

func stops(t *testing.T, m Maker) {
	src, _ := m.Source(t, suiteFiles)
	for range src.Objects(t.Context(), loader.Scope{}) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	for _, err := range src.Objects(ctx, loader.Scope{}) {
		if err == nil {
			n++
		}
		cancel()
	}
	if n > 1 {
		t.Errorf("%d objects after the context was done", n-1)
	}
	cancel()
	if _, err := read(ctx, src, loader.Object{Name: "x"}); err == nil {
		t.Error("open succeeds although the context is done")
	}
}

func concurrent(t *testing.T, m Maker) {
	src, _ := m.Source(t, suiteFiles)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for o, err := range src.Objects(t.Context(), loader.Scope{}) {
				if err != nil {
					t.Errorf("list: %v", err)
				} else if _, err := read(t.Context(), src, o); err != nil {
					t.Errorf("open %q: %v", o.Name, err)
				}
			}
		})
	}
	wg.Wait()
}

func vanishes(t *testing.T, m Maker) {
	if m.Remove == nil {
		t.Skip("its objects can't vanish")
	}
	src, name := m.Source(t, suiteFiles)
	objects := list(t, src, loader.Scope{})
	m.Remove(t, aLog)
	for _, o := range objects {
		_, err := read(t.Context(), src, o)
		if o.Name != name(aLog) {
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("open of a vanished object: %v; want fs.ErrNotExist", err)
		}
	}
}
