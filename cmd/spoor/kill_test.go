package main

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader/loadertest"
	"spoor/loader/loadgen"
	"spoor/query"
	"spoor/query/store"
)

const (
	killedCases  = 5
	killsPerCase = 5
)

// A load that is killed again and again, and then let finish, gives the case of
// a load that nobody disturbed: 25 kills over disk, 25 over S3.
func TestKilledLoadsResume(t *testing.T) {
	t.Parallel()
	files := killFiles(t)
	t.Run("disk", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		for name, data := range files {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		killAndResume(t, nil, dir)
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		srv := loadertest.StartServer(t)
		if err := os.Mkdir(filepath.Join(srv.Root, "logs"), 0o700); err != nil {
			t.Fatal(err)
		}
		srv.Write(t, "logs", files)
		env := []string{"AWS_ACCESS_KEY_ID=" + srv.Access, "AWS_SECRET_ACCESS_KEY=" + srv.Secret, "AWS_REGION=us-east-1", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull}
		killAndResume(t, env, "--endpoint-url", srv.Endpoint, "s3://logs")
	})
}

// killFiles are many small logs, some of them twice, some in an archive, and one
// that is cut off.
func killFiles(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if _, err := loadgen.Generate(dir, loadgen.Options{Seed: 7, Events: 4_000, Shape: loadgen.Small}); err != nil {
		t.Fatal(err)
	}
	files, packed := map[string]string{}, map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		switch n := len(files); {
		case n%20 == 1:
			files["copies/"+filepath.Base(path)] = string(b)
		case n%20 == 2:
			packed[filepath.Base(path)] = string(b)
			return err
		case n == 50:
			files["cut.json.gz"] = string(b[:len(b)/2])
		}
		files[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files["archive.tar.gz"] = loadertest.Gzip(loadertest.Tar(packed))
	return files
}

func killAndResume(t *testing.T, env []string, source ...string) {
	load := func(path string) *exec.Cmd {
		c := exec.Command("spoor", append([]string{"load", "-c", path}, source...)...)
		c.Env = append(os.Environ(), env...)
		return c
	}
	finish := func(path string) string {
		out, err := load(path).CombinedOutput()
		if c := (*exec.ExitError)(nil); err != nil && (!asExit(err, &c) || c.ExitCode() != exitPartial) {
			t.Fatalf("load: %v\n%s", err, out)
		}
		return fingerprint(t, path)
	}
	start := time.Now()
	whole := filepath.Join(t.TempDir(), "whole.spoor")
	want := finish(whole)
	lasts := time.Since(start)
	r := rand.New(rand.NewPCG(1, 2))
	for range killedCases {
		path := filepath.Join(t.TempDir(), "killed.spoor")
		for range killsPerCase {
			c := load(path)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			after := time.AfterFunc(time.Duration(r.Int64N(int64(lasts))), func() { c.Process.Kill() })
			c.Wait()
			after.Stop()
		}
		if d := cmp.Diff(want, finish(path)); d != "" {
			t.Fatalf("the case differs from one loaded undisturbed (-undisturbed +killed):\n%s", d)
		}
		if d := cmp.Diff(want, finish(path)); d != "" {
			t.Fatalf("one more load changes the case:\n%s", d)
		}
	}
}

func asExit(err error, c **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*c = e
	return ok
}

// fingerprint is what a case holds, in an order that does not depend on how it
// was loaded: its objects, its counts, every record. Which of two copies of an
// event came first is left to chance, so duplicates count in sum only.
func fingerprint(t *testing.T, path string) string {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	events, duplicates := int64(0), int64(0)
	for _, o := range db.Objects(query.ObjectRequest{}) {
		b.WriteString(strings.Join([]string{filepath.Base(o.Name), o.Outcome, o.Reason, o.SHA256}, " ") + "\n")
		events, duplicates = events+o.Events, duplicates+o.Duplicates
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("spoor", "events", "-c", path, "--format", "ndjson").Output()
	if err != nil {
		t.Fatal(err)
	}
	records := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	slices.Sort(records)
	if int64(len(records)) != events {
		t.Errorf("%d records, but the objects count %d", len(records), events)
	}
	if n := len(slices.Compact(slices.Clone(records))); n < len(records) {
		t.Errorf("%d records are there twice", len(records)-n)
	}
	b.WriteString(strings.Join(records, "\n"))
	return b.String()
}
