package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary builds the program once for all tests that run it as a process.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "spoor-test")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "spoor")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// A terminal is the program on a real pseudo-terminal, drawn by tmux.
type terminal struct {
	t      *testing.T
	home   string
	drawn  chan struct{} // the screen may have changed
	waited time.Duration
}

// patience is how long a screen may take to show what it must: long enough for a
// machine with other work.
const patience = 60 * time.Second

// openTerminal runs the program with args on a terminal of the given size. Its
// state lives in a directory of its own.
func openTerminal(t *testing.T, columns, rows int, args ...string) *terminal {
	t.Helper()
	return openTerminalWith(t, nil, columns, rows, args...)
}

// openTerminalWith adds variables to the program's environment.
func openTerminalWith(t *testing.T, env []string, columns, rows int, args ...string) *terminal {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return openTerminalOf(t, path, env, columns, rows, args...)
}

// openTerminalOf runs the program at path.
func openTerminalOf(t *testing.T, path string, env []string, columns, rows int, args ...string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed: it is the terminal of the end-to-end tests")
	}
	s := &terminal{t: t, home: t.TempDir(), drawn: make(chan struct{}, 1), waited: patience}
	words := []string{"exec", "env", "-u", "TMUX", "-u", "NO_COLOR", "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8",
		"XDG_STATE_HOME=" + s.home + "/state", "XDG_CONFIG_HOME=" + s.home + "/config"}
	words = append(append(words, env...), path)
	for _, a := range args {
		words = append(words, "'"+strings.ReplaceAll(a, "'", `'\''`)+"'")
	}
	// The outer shell stays to show how the program ended.
	return s.start(columns, rows, "sh -c \"$(cat <<'COMMAND'\n"+strings.Join(words, " ")+"\nCOMMAND\n)\"\necho exit status $?\nexec sleep 600\n")
}

// openShell is a terminal with a shell that has job control.
func openShell(t *testing.T, columns, rows int) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed: it is the terminal of the end-to-end tests")
	}
	s := &terminal{t: t, home: t.TempDir(), drawn: make(chan struct{}, 1), waited: patience}
	return s.start(columns, rows, "exec env -u TMUX TERM=xterm-256color COLORTERM=truecolor LANG=C.UTF-8 PS1='$ ' XDG_STATE_HOME="+s.home+"/state XDG_CONFIG_HOME="+s.home+"/config sh -i\n")
}

// start runs a script on the terminal.
func (s *terminal) start(columns, rows int, script string) *terminal {
	t := s.t
	t.Helper()
	path := filepath.Join(s.home, "run")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	s.tmux("-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows), path)
	s.watch()
	t.Cleanup(func() {
		left, _ := s.shell("ps -o pid= --ppid " + s.pane())
		exec.Command("tmux", "-S", s.socket(), "kill-server").Run()
		for pid := range strings.FieldsSeq(left) { // it still closes its case
			s.shell("timeout 60 tail --pid=" + pid + " -f /dev/null")
		}
	})
	return s
}

func (s *terminal) socket() string { return filepath.Join(s.home, "tmux") }

func (s *terminal) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket()}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// watch follows the session as a control client, which is told of every output.
func (s *terminal) watch() {
	client := exec.Command("tmux", "-S", s.socket(), "-C", "attach-session", "-t", "t", "-f", "read-only,ignore-size")
	in, err := client.StdinPipe() // closing it would end the client
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := client.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := client.Start(); err != nil {
		s.t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			select {
			case s.drawn <- struct{}{}:
			default:
			}
		}
	})
	s.t.Cleanup(func() {
		in.Close()
		reading.Wait()
		client.Wait()
	})
}

// press types keys, named as tmux names them: "Down", "Enter", "C-c", "/".
func (s *terminal) press(keys ...string) *terminal {
	s.t.Helper()
	for _, k := range keys {
		s.tmux("send-keys", "-t", "t", k)
	}
	return s
}

// write types text as it is.
func (s *terminal) write(text string) *terminal {
	s.t.Helper()
	s.tmux("send-keys", "-t", "t", "-l", text)
	return s
}

// screen is what stands on the terminal now.
func (s *terminal) screen() string {
	s.t.Helper()
	return s.tmux("capture-pane", "-p", "-t", "t")
}

// until waits for a screen that shows all of the texts, and returns it.
func (s *terminal) until(texts ...string) string {
	s.t.Helper()
	return s.wait(func(screen string) string {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return fmt.Sprintf("the screen never showed %q", text)
			}
		}
		return ""
	})
}

// gone waits for a screen that shows the text no more.
func (s *terminal) gone(text string) string {
	s.t.Helper()
	return s.wait(func(screen string) string {
		if strings.Contains(screen, text) {
			return fmt.Sprintf("the screen went on to show %q", text)
		}
		return ""
	})
}

// wait waits for a screen with which nothing is wrong.
func (s *terminal) wait(wrong func(screen string) string) string {
	s.t.Helper()
	deadline := time.NewTimer(s.waited)
	defer deadline.Stop()
	for {
		screen := s.screen()
		what := wrong(screen)
		if what == "" {
			return screen
		}
		select {
		case <-s.drawn:
		case <-deadline.C:
			s.t.Fatalf("%s; it shows\n%s", what, screen)
		}
	}
}

// shell runs a command beside the terminal.
func (s *terminal) shell(line string) (string, error) {
	out, err := exec.Command("sh", "-c", line).CombinedOutput()
	return string(out), err
}

// pane is the process of the outer shell.
func (s *terminal) pane() string {
	s.t.Helper()
	return strings.TrimSpace(s.tmux("display-message", "-p", "-t", "t", "#{pane_pid}"))
}

// pid is the process of the program, the child of the shell's child.
func (s *terminal) pid() string {
	s.t.Helper()
	out, err := s.shell("ps -o pid= --ppid " + s.pane())
	if err != nil || strings.TrimSpace(out) == "" {
		s.t.Fatalf("the program is not there: %v\n%s", err, out)
	}
	return strings.TrimSpace(out)
}
