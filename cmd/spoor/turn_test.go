package main

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Who asks a case that another process has open is told what is waited for, and is
// answered when that one ends.
func TestWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "held.spoor")
	if out, err := exec.Command("spoor", "load", "-c", path, demoSource).CombinedOutput(); err != nil {
		t.Fatalf("load: %v\n%s", err, out)
	}
	holder := exec.Command("spoor", "--plain", "-c", path)
	lines, answers := pipes(t, holder, (*exec.Cmd).StdoutPipe)
	defer lines.Close()
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, answers, "1,675 events")

	asker := exec.Command("spoor", "events", "-c", path, "--count")
	var count strings.Builder
	asker.Stdout = &count
	_, notes := pipes(t, asker, (*exec.Cmd).StderrPipe)
	if err := asker.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, notes, "waiting up to 5s for the case: it is in use by process")
	lines.Close()
	if err := asker.Wait(); err != nil || count.String() != "1675\n" {
		t.Errorf("answered %q, %v", count.String(), err)
	}
	if err := holder.Wait(); err != nil {
		t.Error(err)
	}
}

func pipes(t *testing.T, c *exec.Cmd, output func(*exec.Cmd) (io.ReadCloser, error)) (io.WriteCloser, *bufio.Scanner) {
	t.Helper()
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := output(c)
	if err != nil {
		t.Fatal(err)
	}
	return in, bufio.NewScanner(out)
}

// until reads lines up to the one that holds text.
func until(t *testing.T, lines *bufio.Scanner, text string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return
		}
	}
	t.Fatalf("%q was never said", text)
}
