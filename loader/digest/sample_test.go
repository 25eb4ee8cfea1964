package digest_test

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/digest"
)

// A folder is a plain source over a directory.
type folder string

func (f folder) String() string { return string(f) }

func (f folder) Objects(ctx context.Context, _ loader.Scope) iter.Seq2[loader.Object, error] {
	return func(yield func(loader.Object, error) bool) {
		_ = filepath.WalkDir(string(f), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			if ctx.Err() != nil || !yield(loader.Object{Name: path, Size: info.Size(), ModTime: info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
	}
}

func (f folder) Open(_ context.Context, o loader.Object) (io.ReadCloser, error) {
	return os.Open(o.Name)
}

// shared finds the folder of sample data, which is not part of the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := filepath.Abs("../../../shared/data/integrity")
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, name)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no sample data: ", err)
	}
	return dir
}

type sampleExpectation struct {
	Good struct {
		Verdicts []struct{ Object, Kind, Verdict, Reason string }
		Findings []struct{ Type, Object string }
	}
}

func readSample(t *testing.T, name string) (string, sampleExpectation, *digest.Manifest, *digest.KeyRing) {
	t.Helper()
	dir := shared(t, name)
	read := func(file string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var want sampleExpectation
	if err := json.Unmarshal(read("expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	manifest, err := digest.ParseManifest(read("manifest.json"), dir)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := digest.ParseKeys(read("public_keys.json"), "public_keys.json")
	if err != nil {
		t.Fatal(err)
	}
	return dir, want, manifest, keys
}

func samples() []string {
	return []string{"clean-rotation", "log-tampered", "digest-deleted", "unknown-key"}
}

func TestSamplesWithManifest(t *testing.T) {
	t.Parallel()
	for _, name := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, want, manifest, keys := readSample(t, name)
			r, err := digest.Validate(t.Context(), []loader.Source{folder(dir)}, digest.Options{Keys: keys, Manifest: manifest})
			if err != nil {
				t.Fatal(err)
			}
			compareSample(t, want, r)
			if clean := name == "clean-rotation"; r.Proven() != clean {
				t.Errorf("proven = %v", r.Proven())
			}
		})
	}
}

func compareSample(t *testing.T, want sampleExpectation, r *digest.Report) {
	t.Helper()
	wanted, got := map[string]string{}, map[string]string{}
	for _, v := range want.Good.Verdicts {
		wanted[v.Object] = strings.TrimSpace(v.Kind + " " + v.Verdict + " " + v.Reason)
	}
	for _, o := range r.Objects {
		got[o.Name] = strings.TrimSpace(o.Kind.String() + " " + o.Fine() + " " + string(o.Reason))
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	var wantFound, found []string
	for _, f := range want.Good.Findings {
		wantFound = append(wantFound, f.Type+" "+f.Object)
	}
	for _, f := range r.Findings {
		found = append(found, string(f.Type)+" "+f.Object)
	}
	if diff := cmp.Diff(wantFound, found); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// Without the manifest the newest digest of each unbroken segment, and the logs it names,
// can't be proven; all else can, wherever the folder lies and whatever of the
// bucket's name is left.
func TestSamplesAsPlainCopies(t *testing.T) {
	t.Parallel()
	for _, name := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, want, manifest, keys := readSample(t, name)
			o := digest.Options{Keys: keys, From: manifest.From, To: manifest.To}
			for _, sub := range []string{"", "buckets/example-sample-trail", "buckets/example-sample-trail/AWSLogs/111122223333"} {
				r, err := digest.Validate(t.Context(), []loader.Source{folder(filepath.Join(dir, sub))}, o)
				if err != nil {
					t.Fatal(err)
				}
				segments := 2
				if name == "digest-deleted" {
					segments++ // the deleted one held the signature of the one before
				}
				comparePlain(t, want, r, segments)
			}
		})
	}
}

func comparePlain(t *testing.T, want sampleExpectation, r *digest.Report, segments int) {
	t.Helper()
	got := map[string]digest.Object{}
	unproven := 0
	for _, o := range r.Objects {
		got[o.Name] = o
		if o.Reason == digest.MetadataMissing || o.Reason == digest.DigestUnverifiable {
			unproven++
		}
	}
	for _, v := range want.Good.Verdicts {
		o, ok := got[v.Object]
		newest := o.Reason == digest.MetadataMissing || o.Reason == digest.DigestUnverifiable
		if !ok || !newest && o.Fine() != v.Verdict {
			t.Errorf("%s: %s %s, want %s", v.Object, o.Fine(), o.Reason, v.Verdict)
		}
	}
	if len(got) != len(want.Good.Verdicts) || unproven != segments*4 {
		t.Errorf("%d objects, want %d; %d not provable, want the newest digest of %d segments and its 3 logs each", len(got), len(want.Good.Verdicts), unproven, segments)
	}
}
