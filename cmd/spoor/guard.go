package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// While a screen is up a second process of the program, the guard, outlives
// whatever happens to the first: a panic of any goroutine, a fault in the
// database's own threads, a kill -9 or the system's lack of memory. It waits at
// the end of a pipe to which Go writes the report of a crash
// (debug.SetCrashOutput); when the pipe ends without the word that all is well, it
// gives the terminal back as it was, keeps the report and says where.
//
//	spoor ──pipe: nothing, a crash report, or guardBye──▶ guard ──▶ terminal, report

// guardName is the name under which the program runs as the guard. It stands where
// a user can't put it by mistake: in place of the program's own name.
const guardName = "spoor-guard: gives the terminal back"

// guardBye ends what the guard waits for.
const guardBye = "all is well\n"

// maxReport bounds the report of a crash.
const maxReport = 4 << 20

// A guard is the second process, from the side of the first.
type guard struct {
	cmd   *exec.Cmd
	ready *os.File // tells that it has seen the terminal
	w     *os.File // for the report
	up    bool
}

// guardTerminal starts the guard; release ends it. Where it can't be started, the
// terminal is guarded by Bubble Tea alone, which knows of its own goroutines' panics.
func (a *app) guardTerminal() (release func()) {
	out, ok := a.out.(*os.File)
	path, err := os.Executable()
	if !ok || !a.outTTY || err != nil {
		return func() {}
	}
	g, err := startGuard(path, out)
	if err != nil {
		return func() {}
	}
	a.guard = g
	return func() {
		a.guard = nil
		g.release()
	}
}

func startGuard(path string, terminal *os.File) (*guard, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	ready, told, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	defer told.Close()
	cmd := &exec.Cmd{Path: path, Args: append([]string{guardName}, os.Args[1:]...), Stdin: r, Stdout: terminal, ExtraFiles: []*os.File{told}, SysProcAttr: apart()}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, w.Close(), ready.Close())
	}
	return &guard{cmd: cmd, ready: ready, w: w}, nil
}

// stands waits for the guard to have seen the terminal, which a screen changes, and
// reports whether it stands. A program takes a while to start, so that is asked
// only when the screen is to come up.
func (g *guard) stands() bool {
	if g == nil || g.up {
		return g != nil
	}
	if n, _ := g.ready.Read(make([]byte, 1)); n == 1 && debug.SetCrashOutput(g.w, debug.CrashOptions{}) == nil {
		debug.SetTraceback("all")
		g.up = true
	}
	return g.up
}

func (g *guard) release() {
	_, _ = io.WriteString(g.w, guardBye)
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	g.w.Close()
	g.ready.Close()
	_ = g.cmd.Wait()
}

// standGuard is the guard: in is the pipe, out the terminal.
func standGuard(in io.Reader, out *os.File, args []string) {
	ignoreSignals()
	before, err := term.GetState(out.Fd())
	ready := os.NewFile(3, "ready")
	if err != nil {
		return
	}
	_, _ = ready.Write([]byte{1})
	ready.Close()
	report, _ := io.ReadAll(io.LimitReader(in, maxReport))
	_, _ = io.Copy(io.Discard, in)
	if string(report) == guardBye {
		return
	}
	_ = term.Restore(out.Fd(), before)
	fmt.Fprint(out, usualScreen)
	report = bytes.TrimPrefix(report, []byte(guardBye))
	if len(report) == 0 {
		fmt.Fprintln(out, "spoor was killed. What it had loaded is kept; the same command again goes on from there.")
		return
	}
	first, _, _ := strings.Cut(string(report), "\n")
	fmt.Fprintf(out, "spoor broke down: %s\nWhat it had loaded is kept; the same command again goes on from there.\n", cleanLines(first))
	if path, err := keepReport(report, args); err != nil {
		fmt.Fprintf(out, "The report could not be written: %s\n", cleanLines(err.Error()))
	} else {
		fmt.Fprintf(out, "Please report this, with the file %s; look through it first, it may quote your logs.\n", cleanLines(path))
	}
}

// keepReport writes the report of a crash to a file of its own.
func keepReport(report []byte, args []string) (string, error) {
	dir := filepath.Join(xdg.StateHome, "spoor", "crashes")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	now, v := time.Now().UTC(), versionInfo()
	path := filepath.Join(dir, now.Format("2006-01-02T15-04-05.000")+".txt")
	return path, atomicFile(path, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s, %s\nstarted as: spoor %q\n\n%s", v, now.Format(time.RFC3339), args, report)
		return err
	})
}

// usualScreen undoes whatever a screen does to a terminal; what was not done is
// undone without harm.
const usualScreen = ansi.ResetModeSynchronizedOutput + ansi.ResetModifyOtherKeys + "\x1b[<u" + // kitty's keys
	ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseAnyEvent + ansi.ResetModeMouseExtSgr +
	ansi.ResetModeBracketedPaste + ansi.ResetModeFocusEvent + ansi.ResetModeUnicodeCore +
	ansi.ResetBackgroundColor + ansi.ResetForegroundColor + ansi.ResetCursorColor + ansi.ResetStyle +
	ansi.ResetModeAltScreenSaveCursor + ansi.SetModeTextCursorEnable + "\r"
