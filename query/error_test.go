package query

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
)

// TestWrongInput holds every kind of mistake against its message:
// testdata/TestWrongInput.golden, written anew with -update.
func TestWrongInput(t *testing.T) {
	t.Parallel()
	inputs, err := os.ReadFile("testdata/wrong.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	unquote := strings.NewReplacer("␀", "\x00", "␛", "\x1b", "␉", "\t", "�", "\xff")
	for line := range strings.Lines(string(inputs)) {
		line = unquote.Replace(strings.TrimSuffix(line, "\n"))
		_, err := Parse(line)
		var pe *ParseError
		if !errors.As(err, &pe) {
			t.Errorf("Parse(%q) gives no ParseError but %v", line, err)
			continue
		}
		fmt.Fprintf(&b, "%s\n%v\n\n", pe.Caret(), pe)
	}
	golden.RequireEqual(t, b.String())
}

func TestTooLongAndTooDeep(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("x ", maxText), strings.Repeat("(", maxDepth+1) + "a" + strings.Repeat(")", maxDepth+1),
		strings.Repeat("-", maxDepth+1) + "a", strings.Repeat("NOT ", maxDepth+1) + "a",
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("Parse takes %.20q…", text)
		}
	}
	deep := strings.Repeat("(a b OR ", maxDepth-2) + "c" + strings.Repeat(")", maxDepth-2)
	f, err := Parse(deep)
	if err != nil {
		t.Fatal(err)
	}
	checkRoundTrip(t, f)
}
