package main

import (
	"strings"
	"testing"
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
