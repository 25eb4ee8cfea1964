package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spoor/loader/loadertest"
	"spoor/testdata/demo"
)

// A program that was not told what to open: the reader walks down a real bucket
// and opens a folder of it.
func TestBrowseABucket(t *testing.T) {
	t.Parallel()
	srv := loadertest.StartServer(t)
	srv.Write(t, "trail-logs", map[string]string{"team/AWSLogs/demo.zip": string(demo.Zip), "team/notes.txt": "nothing"})
	s := openTerminalWith(t, []string{"AWS_ACCESS_KEY_ID=" + srv.Access, "AWS_SECRET_ACCESS_KEY=" + srv.Secret, "AWS_REGION=us-east-1"}, 80, 24, "--endpoint-url", srv.Endpoint)
	s.until("demo", "list the buckets")
	if screen := s.screen(); strings.Contains(screen, "trail-logs") {
		t.Errorf("the buckets were listed before anyone asked:\n%s", screen)
	}
	s.write("s3://")
	s.until("s3://trail-logs/")
	s.press("Tab") // one bucket: its name is typed, and its folders listed
	s.until("s3://trail-logs/team/")
	s.press("Tab")
	s.until("s3://trail-logs/team/AWSLogs/", "s3://trail-logs/team/notes.txt")
	s.press("Down", "Enter")
	s.until("1,675 events")
	s.press("q")
	s.until("exit status 0")

	// It is among the cases used before.
	s = openTerminalWith(t, []string{"XDG_STATE_HOME=" + s.home + "/state"}, 80, 24)
	s.until("s3://trail-logs/team/AWSLogs/")
	s.press("Enter")
	s.until("1,675 events")
}

// Errors are one plain line; the reader may type on.
func TestStartMistakes(t *testing.T) {
	t.Parallel()
	s := openTerminalWith(t, []string{"AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=us-east-1"}, 80, 24, "--endpoint-url", "http://127.0.0.1:1")
	s.until("list the buckets")
	s.write("s3://")
	s.until("list buckets: connection refused")
	s.press("Escape")
	s.until("Cases used before")
	s.write("/nowhere/at/all").press("Enter")
	s.until("> /nowhere/at/all", "no such file")
	path := filepath.Join(s.home, "demo.zip")
	if err := os.WriteFile(path, demo.Zip, 0o600); err != nil {
		t.Fatal(err)
	}
	s.press("C-u").write(path[:len(path)-3]).press("Tab")
	s.until("> " + path)
	s.press("Enter")
	s.until("1,675 events")
}
