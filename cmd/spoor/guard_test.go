package main

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// breakDown makes a goroutine that no one looks after panic at SIGUSR1.
func breakDown() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		<-asked
		panic("made up\x1b[31m")
	}()
}

// Whatever ends the program, the terminal is as it was; of a crash a report is
// kept, and the reader is told what to do.
func TestGuardGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		signal, says, inReport string
	}{
		{"USR1", `broke down: panic: made up`, "breakDown"},
		{"ABRT", "broke down: SIGABRT: abort", "goroutine"}, // as when the database gives up
		{"KILL", "spoor was killed", ""},
	} {
		t.Run(c.signal, func(t *testing.T) {
			t.Parallel()
			s := openTerminalOf(t, os.Args[0], []string{"SPOOR_TEST_BREAKS=1"}, 100, 30, "demo")
			s.until("1,675 events")
			s.kill(c.signal)
			s.until(c.says, "is kept") // the shell's own words may be on the screen that was left
			if got := s.modes(); got != "0 0 1" {
				t.Errorf("left with the modes %q", got)
			}
			if out, err := s.shell("stty -a < " + strings.TrimSpace(s.tmux("display-message", "-p", "-t", "t", "#{pane_tty}"))); err != nil || strings.Contains(out, "-icanon") || strings.Contains(out, "-opost") {
				t.Errorf("the terminal is left raw: %v\n%s", err, out)
			}
			pattern := filepath.Join(s.home, "state/spoor/crashes/*.txt")
			if c.inReport == "" {
				if reports, _ := filepath.Glob(pattern); len(reports) > 0 {
					t.Errorf("reports of a kill: %q", reports)
				}
				return
			}
			screen := s.until("Please report this")
			reports, _ := filepath.Glob(pattern)
			if len(reports) != 1 || !strings.Contains(strings.ReplaceAll(screen, "\n", ""), filepath.Base(reports[0])) {
				t.Fatalf("reports %q; the screen says\n%s", reports, screen)
			}
			b, err := os.ReadFile(reports[0])
			if err != nil || !strings.Contains(string(b), c.inReport) || !strings.Contains(string(b), `started as: spoor ["demo"]`) {
				t.Errorf("the report: %v\n%.2000s", err, b)
			}
		})
	}
}
