package pane

import (
	tea "charm.land/bubbletea/v2"

	"spoor/ui/text"
)

// A Step leads to the next and to the previous row of a kind, however far away
// it is. Views differ in how they look for it.
type Step[K any] struct {
	ID          string    // of the commands: "next-" and "previous-" are put before
	Forth, Back string    // keys
	Title       text.Safe // "of this actor"
	What        text.Safe // "change of the same actor"
	Kind        K
}

// Steps makes the commands of steps in a view, two of each. seek goes to the n-th
// row of a kind.
func Steps[K any](view string, when func() string, seek func(kind K, back bool, n int) (Intent, tea.Cmd), steps ...Step[K]) []Command {
	var out []Command
	for _, s := range steps {
		for _, way := range []struct {
			name, key string
			back      bool
		}{{"next", s.Forth, false}, {"previous", s.Back, true}} {
			name := text.Safe(way.name)
			out = append(out, Command{ID: view + "." + way.name + "-" + s.ID, Keys: []string{way.key}, Title: name + " " + s.Title, Help: "Go to the " + way.name + " " + string(s.What), Group: "Move", When: when,
				Run: func(n int) (Intent, tea.Cmd) { return seek(s.Kind, way.back, max(n, 1)) }})
		}
	}
	return out
}

// NoFurther says that there is no such row.
func NoFurther(what text.Safe) Intent { return Say{Text: "no further " + what} }
