package main

import (
	"os"
	"strings"
	"testing"

	"github.com/charmbracelet/x/term"
)

// Only a terminal cuts cells; a file or a pipe gets every byte.
func TestTableCutsOnlyOnATerminal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("arn:aws:s3:::bucket/", 10)
	for width, whole := range map[int]bool{0: true, 80: false} {
		var out strings.Builder
		tab := newTable(&out, width, "resource", "outcome")
		if err := tab.add(long, "ok"); err != nil {
			t.Fatal(err)
		}
		if err := tab.flush(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), long); got != whole {
			t.Errorf("width %d: the long cell is whole: %v, want %v\n%s", width, got, whole, out.String())
		}
	}
}

// A terminal that nobody has told its size, such as a container's, is a terminal
// all the same: tables are cut to a usual width and stop after a screenful.
func TestTerminalWithoutSize(t *testing.T) {
	t.Parallel()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0) // its own end of a new one counts as a terminal on Linux
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	defer f.Close()
	if !term.IsTerminal(f.Fd()) {
		t.Skip("the end that is open is no terminal on this system")
	}
	if tty, width := terminalWidth(f); !tty || width != 80 {
		t.Errorf("terminal %t, %d wide, want true and 80", tty, width)
	}
}
