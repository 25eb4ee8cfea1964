package grid

import (
	tea "charm.land/bubbletea/v2"

	"spoor/ui/pane"
	"spoor/ui/text"
)

// Commands returns the movement of a list as commands. scope begins their ids;
// after runs after each move, for what follows the cursor and for Need.
func (g *Grid[R]) Commands(scope string, after func() (pane.Intent, tea.Cmd)) []pane.Command {
	move := func(id string, title text.Safe, help string, f func(n int), keys ...string) pane.Command {
		return pane.Command{ID: scope + "." + id, Keys: keys, Title: title, Help: help, Group: "Move",
			Run: func(n int) (pane.Intent, tea.Cmd) {
				f(max(n, 1))
				return after()
			}}
	}
	cmds := []pane.Command{
		move("down", "down", "Next row; 0 and a count before it, as 012, moves that many", func(n int) { g.Move(n) }, "j", "down"),
		move("up", "up", "Previous row", func(n int) { g.Move(-n) }, "k", "up"),
		move("page-down", "page down", "One screen down", func(n int) { g.Page(n) }, "pgdown", "ctrl+f"),
		move("page-up", "page up", "One screen up", func(n int) { g.Page(-n) }, "pgup"),
		move("half-down", "half down", "Half a screen down", func(n int) { g.Move(n * max(g.body()/2, 1)) }, "ctrl+d"),
		move("half-up", "half up", "Half a screen up", func(n int) { g.Move(-n * max(g.body()/2, 1)) }, "ctrl+u"),
		move("first", "first", "First row", func(int) { g.First() }, "g", "home"),
		move("last", "last", "Last row", func(int) { g.Last() }, "G", "end"),
	}
	if !g.headed {
		return cmds
	}
	return append(cmds,
		move("left", "left", "Previous column", func(n int) { g.Sideways(-n) }, "h", "left"),
		move("right", "right", "Next column", func(n int) { g.Sideways(n) }, "l", "right"),
		move("widen", "widen column", "Make the current column wider", func(n int) { g.Widen(2 * n) }, ">"),
		move("narrow", "narrow column", "Make the current column narrower", func(n int) { g.Widen(-2 * n) }, "<"),
		move("shift-left", "move column left", "Move the current column to the left", func(n int) { g.Shift(-n) }, "H"),
		move("shift-right", "move column right", "Move the current column to the right", func(n int) { g.Shift(n) }, "L"),
	)
}
