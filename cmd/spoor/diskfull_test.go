//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader/loadgen"
)

// When the disk fills up in the middle of a load, the error says so; after space
// is made, the same command completes the case.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Skip("mounting a small tmpfs needs root: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	logs := t.TempDir()
	if _, err := loadgen.Generate(logs, loadgen.Options{Seed: 3, Events: 15_000}); err != nil {
		t.Fatal(err)
	}
	load := func(path string) (string, error) {
		out, err := exec.Command("spoor", "load", "-c", path, logs).CombinedOutput()
		return string(out), err
	}
	path := filepath.Join(disk, "full.spoor")
	for range 2 { // full, and still full
		out, err := load(path)
		if err == nil || !strings.Contains(out, "disk") || strings.Contains(out, "panic") {
			t.Fatalf("load on a full disk: %v\n%s", err, out)
		}
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=300m"); err != nil {
		t.Fatal(err)
	}
	if out, err := load(path); err != nil {
		t.Fatalf("load after space was made: %v\n%s", err, out)
	}
	roomy := filepath.Join(t.TempDir(), "roomy.spoor")
	if out, err := load(roomy); err != nil {
		t.Fatalf("load: %v\n%s", err, out)
	}
	if d := cmp.Diff(fingerprint(t, roomy), fingerprint(t, path)); d != "" {
		t.Errorf("the case differs from one with enough room:\n%s", d)
	}
	if err := os.RemoveAll(path); err != nil {
		t.Error(err)
	}
}
