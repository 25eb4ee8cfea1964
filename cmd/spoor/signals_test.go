package main

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"spoor/loader"
	"spoor/query/store"
)

// However the program ends, the terminal is as it was: no alternate screen, no
// mouse, a cursor.
func TestTerminalIsRestored(t *testing.T) {
	t.Parallel()
	for _, signal := range []string{"TERM", "HUP", "INT"} {
		t.Run(signal, func(t *testing.T) {
			t.Parallel()
			s := openTerminal(t, 80, 24, "demo")
			s.until("1,675 events")
			if got := s.modes(); !strings.HasPrefix(got, "1 1") {
				t.Errorf("while the screen is up the modes are %q", got)
			}
			s.kill(signal)
			s.until("exit status 0")
			if got := s.modes(); got != "0 0 1" {
				t.Errorf("left with the modes %q", got)
			}
		})
	}
}

// modes tells of alternate screen, mouse and visible cursor, as tmux sees them.
func (s *terminal) modes() string {
	s.t.Helper()
	return strings.TrimSpace(s.tmux("display-message", "-p", "-t", "t", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}"))
}

// ctrl+z gives the shell its terminal back, fg the screen; a size that changed
// meanwhile holds.
func TestSuspendAndResume(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := openShell(t, 80, 24)
	s.write(path + " demo").press("Enter")
	s.until("1,675 events")
	s.press("/").write("ip:203.0.113.77").press("Enter")
	s.until("98 of 1,675")
	s.press("C-z")
	s.until("topped") // Stopped, or as the shell says it
	if got := s.modes(); !strings.HasPrefix(got, "0 0") {
		t.Errorf("the shell is given a terminal with the modes %q", got)
	}
	s.resize([2]int{120, 40})
	s.write("fg").press("Enter")
	s.until("98 of 1,675", "321 loaded")
	s.press("u").until("no filter")
	s.press("q").until("$ fg")
	s.write("echo status $?").press("Enter")
	s.until("status 0")
}

// Below the least size the screen says which it needs; larger, it is there again.
func TestTooSmall(t *testing.T) {
	t.Parallel()
	s := openTerminal(t, 80, 24, "demo")
	s.until("1,675 events")
	s.resize([2]int{59, 14}).until("spoor needs 60 columns", "and 15 lines")
	s.resize([2]int{20, 3}).until("and 15 lines")
	s.resize([2]int{60, 15}).until("1,675 events", "◆ Events")
	s.resize([2]int{300, 80}).until("1,675 events", "Facets", "321 loaded")
}

// A load that panics is an error on the screen.
func TestPanicOfALoad(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), store.Memory, store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	b := &background{app: &app{now: time.Now}, db: db, ctx: t.Context()}
	b.load([]loader.Source{broken{}})
	b.wait()
	if s := b.sample(); s.Running || s.Resolving || s.Err == nil || !strings.Contains(s.Err.Error(), "broke down") {
		t.Errorf("running %v, error %v", s.Running, s.Err)
	}
}

// broken is a source that panics when it is asked its name.
type broken struct{ loader.Source }

func (broken) String() string { panic("no name") }

func (broken) Objects(context.Context, loader.Scope) iter.Seq2[loader.Object, error] {
	panic("no objects")
}

// Who starts the screen from a script learns that objects failed, as from a load.
func TestLeavingTheScreenTellsOfFailedObjects(t *testing.T) {
	t.Parallel()
	logs := t.TempDir()
	if err := os.WriteFile(filepath.Join(logs, "torn.json.gz"), []byte("\x1f\x8b\x08\x00torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openTerminal(t, 100, 30, logs)
	s.until("1 failed")
	s.gone("loading") // while it goes on, q asks whether to stop it
	s.press("q").until("could not be loaded: 1", "exit status 3")
}
