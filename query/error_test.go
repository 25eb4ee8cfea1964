package query

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
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
		fmt.Fprintf(&b, "%s\n%v\n\n", caret(pe), pe)
	}
	golden.RequireEqual(t, b.String())
}

// caret shows the filter on one line and a caret under the mistake on the next.
// Characters that would move the cursor are shown as spaces.
func caret(e *ParseError) string {
	shown := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, e.Text)
	before := []rune(shown)
	if n := e.Col - 1; n < len(before) {
		before = before[:n]
	}
	return shown + "\n" + strings.Repeat(" ", ansi.StringWidth(string(before))) + "^"
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
