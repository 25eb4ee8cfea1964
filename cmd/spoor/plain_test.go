package main

import (
	"strings"
	"testing"
)

// A terminal that can't move the cursor gets lines, and a prompt.
func TestDumbTerminal(t *testing.T) {
	t.Parallel()
	s := openTerminalWith(t, []string{"TERM=dumb"}, 80, 24, "demo")
	s.until("line by line", "\n>")
	s.write("wait").press("Enter").write("/ip:203.0.113.77").press("Enter")
	s.until("98 of 1,675 events match")
	s.write("quit").press("Enter")
	s.until("exit status 0")
}

// Each word says what it does, and none hides another or a command with
// operands of the same name.
func TestPlainWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, w := range plainWords() {
		if w.help == "" || w.do == nil {
			t.Errorf("%s lacks help or deed", w.names[0])
		}
		for _, n := range w.names {
			if seen[n] {
				t.Errorf("%s stands for two things", n)
			}
			seen[n] = true
		}
	}
	for _, name := range []string{"facets", "histogram", "stats", "coverage", "profile", "sql", "validate", "fields"} {
		if seen[name] {
			t.Errorf("the word %s hides the command", name)
		}
	}
}

func TestSplitWords(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`events  ip:1`:           "events|ip:1",
		`sql 'SELECT 1' x`:       "sql|SELECT 1|x",
		`a "b 'c'" ''`:           "a|b 'c'|",
		`timeline 'it'"'"'s' -x`: "timeline|it's|-x",
	} {
		got, err := splitWords(line)
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
	if _, err := splitWords(`a 'b`); err == nil {
		t.Error("an open quote is taken")
	}
}
