package digest_test

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/digest"
	"spoor/loader/digest/digesttest"
	"spoor/loader/disk"
)

func (w *world) write(dir string) {
	w.t.Helper()
	err := w.tree.Write(dir, digesttest.Manifest{Trail: w.trail, Regions: []string{"us-east-1"}, From: w.opts.From, To: w.opts.To, Keys: w.keys})
	if err != nil {
		w.t.Fatal(err)
	}
}

func openDisk(t *testing.T, path string) loader.Source {
	t.Helper()
	src, err := disk.Open(path, disk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func validateAt(t *testing.T, path string, o digest.Options) *digest.Report {
	t.Helper()
	r, err := digest.Validate(t.Context(), []loader.Source{openDisk(t, path)}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A copy with its manifest proves as much as the bucket, as a folder and inside
// archives.
func TestCopiesWithWhatLiesBeside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("d5.1", func(o *digesttest.Object) { o.Body = append(o.Body, digesttest.Gzip([]byte("{}"))...) })
	dir := t.TempDir()
	w.write(filepath.Join(dir, "copy"))
	zipped, tarred := filepath.Join(dir, "copy.zip"), filepath.Join(dir, "copy.tar.gz")
	writeZip(t, filepath.Join(dir, "copy"), zipped)
	writeTar(t, filepath.Join(dir, "copy"), tarred)
	for _, path := range []string{filepath.Join(dir, "copy"), zipped, tarred} {
		r := validateAt(t, path, digest.Options{Beside: true})
		if diff := cmp.Diff(map[string]string{"d5.1": "invalid extra-gzip-member"}, w.bad(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", filepath.Base(path), diff)
		}
		if len(r.Findings) != 0 || len(r.Keys) != 2 || !strings.Contains(r.Keys[0].Origin, "beside the logs") {
			t.Errorf("%s: findings %v, keys %v", filepath.Base(path), r.Findings, r.Keys)
		}
	}
	// Unless told to, a check takes nobody's word that lies beside the logs.
	if r := validateAt(t, filepath.Join(dir, "copy"), digest.Options{}); r.Digests.Unverifiable != hours {
		t.Errorf("without: %+v", r.Digests)
	}
}

// What `aws s3 sync` leaves: no metadata, no bucket names, any part of the path.
func TestPlainCopies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(t *digesttest.Trail) { t.Prefix = "moved/here" })
	w.validate()
	dir := t.TempDir()
	if err := w.tree.WritePlain(dir, false); err != nil {
		t.Fatal(err)
	}
	unpacked := filepath.Join(t.TempDir(), "u")
	unpackAll(t, dir, unpacked)
	flat := flatten(t, dir)
	want := logsOf(7, "unverifiable digest-unverifiable", map[string]string{"d7": "unverifiable metadata-missing"})
	for i := range 7 {
		want["d"+string(rune('0'+i))] = "valid signature-from-chain"
	}
	for name, path := range map[string]string{"synced": dir, "unpacked": unpacked, "flat": flat} {
		r := validateAt(t, path, w.opts)
		if diff := cmp.Diff(want, w.bad(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestBucketMapToAFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.validate()
	dir := t.TempDir()
	if err := w.tree.WritePlain(dir, true); err != nil {
		t.Fatal(err)
	}
	o := w.opts
	o.Buckets = map[string]string{"trail-logs": filepath.Join(dir, "trail-logs")}
	r := validateAt(t, dir, o)
	if r.Digests.Valid != hours-1 || r.Digests.Unverifiable != 1 || r.Logs.Valid != 3*(hours-1) || r.Digests.Invalid != 0 {
		t.Errorf("digests %+v, logs %+v, findings %v", r.Digests, r.Logs, r.Findings)
	}
	relocated := 0
	for _, f := range r.Findings {
		if f.Type == digest.Relocated {
			relocated++
		}
	}
	if relocated != (hours-1)*4 {
		t.Errorf("%d objects relocated", relocated)
	}
}

func writeZip(t *testing.T, dir, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	if err := z.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

func writeTar(t *testing.T, dir, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gz := gzip.NewWriter(f)
	out := tar.NewWriter(gz)
	if err := out.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
}

// unpackAll is gunzip -r on a copy.
func unpackAll(t *testing.T, from, to string) {
	t.Helper()
	each(t, from, func(path, rel string) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		gz, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(gz)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(to, strings.TrimSuffix(rel, ".gz")), text)
	})
}

// flatten puts all files into one folder.
func flatten(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	each(t, from, func(path, _ string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(to, filepath.Base(path)), data)
	})
	return to
}

func each(t *testing.T, dir string, f func(path, rel string)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			f(path, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Names of any kind must not make the parser fail, nor agree with itself less
// than before.
func FuzzParseName(f *testing.F) {
	trail := digesttest.Trail{Account: "111122223333", Region: "us-east-1", Home: "eu-west-1", Name: "a_b.c-d", Prefix: "p"}
	at := time.Date(2026, 3, 1, 4, 5, 6, 0, time.UTC)
	f.Add("s3://bucket/" + trail.DigestKey(at))
	f.Add("/x/y.zip!" + trail.LogKey(at, "0123456789abcdef"))
	f.Add(`C:\logs\AWSLogs\111122223333\CloudTrail\us-east-1\2026\03\01\x.json.gz`)
	f.Add("CloudTrail/")
	f.Fuzz(func(t *testing.T, name string) {
		n, ok := digest.ParseName(name)
		if ok && !strings.Contains(name, "CloudTrail") {
			t.Errorf("%q is taken for %+v", name, n)
		}
		if n.Digest && !strings.Contains(name, "CloudTrail-Digest") {
			t.Errorf("%q is taken for a digest", name)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	keys := map[string][]digesttest.Key{"us-east-1": {digesttest.NewKey("a", time.Unix(0, 0), time.Unix(1e9, 0))}}
	for _, style := range []digesttest.KeyStyle{digesttest.Epoch, digesttest.ISO, digesttest.Quoted, digesttest.SPKI} {
		f.Add(digesttest.KeysJSON(style, keys))
	}
	f.Add([]byte(`{"PublicKeyList":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ring, err := digest.ParseKeys(data, "fuzz")
		if err != nil {
			return
		}
		again, err := digest.ParseKeys(ring.FormatKeys(), "fuzz")
		if err != nil {
			t.Fatalf("what was written can't be read: %v", err)
		}
		for _, region := range ring.Regions() {
			if len(ring.Of(region)) != len(again.Of(region)) {
				t.Errorf("%d keys of %q became %d", len(ring.Of(region)), region, len(again.Of(region)))
			}
		}
	})
}
