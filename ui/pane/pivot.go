package pane

import (
	tea "charm.land/bubbletea/v2"

	"spoor/ui/text"
)

// Pivots are the commands that make a filter of what is under the cursor: keep it,
// leave it out, ask for nothing else. what names it in their help; pick makes the
// intent. The first has the rank hint in the footer, 0 for none.
func Pivots(scope string, what text.Safe, hint int, when func() string, pick func(How) Intent) []Command {
	do := func(id, key string, title text.Safe, help string, how How) Command {
		c := Command{ID: scope + "." + id, Keys: []string{key}, Title: title, Help: help, Group: "Filter", When: when,
			Run: func(int) (Intent, tea.Cmd) { return pick(how), nil }}
		if hint > 0 {
			c.Hint = hint + int(how)
		}
		return c
	}
	return []Command{
		do("include", "+", "include", "Keep events with "+string(what)+"; again to take it back", Include),
		do("exclude", "-", "exclude", "Leave out events with "+string(what), Exclude),
		do("only", "=", "only", "Ask for "+string(what)+" and nothing else of its kind", Only),
	}
}
