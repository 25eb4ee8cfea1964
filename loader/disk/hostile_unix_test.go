//go:build unix

package disk

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
)

// A folder of evidence may hold anything that a file system can.
func TestHostileFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"ok.json": "{}", "new\nline.json": "{}", "esc\x1b]0;x\a.json": "{}", "bad\xff\xfeutf8.json": "{}", "-": "{}", "*.json": "{}",
		"mine.spoor/case.duckdb": "x", "notmine.spoor/log.json": "{}",
	})
	for _, err := range []error{
		os.Symlink(".", filepath.Join(dir, "loop")),
		os.Symlink("/", filepath.Join(dir, "root")),
		os.Symlink("none", filepath.Join(dir, "broken")),
		os.Symlink("self", filepath.Join(dir, "self")),
		os.Symlink("ok.json", filepath.Join(dir, "link.json")),
		os.Symlink("fifo", filepath.Join(dir, "fifolink")),
		syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	followed := "a link to a folder, not followed; name the folder itself to load it"
	want := map[string]string{
		"ok.json": "", "new\nline.json": "", "esc\x1b]0;x\a.json": "", "bad\xff\xfeutf8.json": "", "-": "", "*.json": "", "link.json": "",
		"notmine.spoor/log.json": "",
		"mine.spoor":             "a case of spoor's own; open it with -c",
		"loop":                   followed,
		"root":                   followed,
		"broken":                 "a link to nothing",
		"self":                   "look at file: too many levels of symbolic links",
		"fifo":                   "a named pipe, not a file",
		"fifolink":               "a named pipe, not a file",
	}
	if d := cmp.Diff(want, entries(t, dir)); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if _, err := Open(filepath.Join(dir, "*.json"), Options{}); err != nil {
		t.Errorf("a file named like a pattern: %v", err)
	}
}

// A file that turned into a pipe after it was listed must not block the load.
func TestFileBecomesPipe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "x.json")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := src.Open(t.Context(), loader.Object{Name: name}); err == nil {
		t.Error("a pipe was opened")
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"closed/x.json": "{}", "ok.json": "{}"})
	if err := os.Chmod(filepath.Join(dir, "closed"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(dir, "closed"), 0o700) })
	want := map[string]string{"ok.json": "", "closed": "list folder: permission denied"}
	if d := cmp.Diff(want, entries(t, dir)); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
}
