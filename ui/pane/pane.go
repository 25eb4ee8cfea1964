package pane

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/text"
)

// State is all that panes share. It is a value: a pane gets a new one whenever
// any part changed.
type State struct {
	Ctx    context.Context // ends with the screen; questions are asked under it
	Styles *themes.Styles
	Zone   *time.Location // every time on the screen is in this zone
	Filter query.Filter   // everything that narrows: chips and time range
	Order  query.Order
	// Columns are those of the table of events, nil for the usual ones.
	Columns []string
	Asked   uint64 // grows with every change of Filter or Order: older answers are void
	Data    uint64 // grows with the case: older answers are incomplete, not wrong
	Live    bool   // a load is running

	Accounts query.Accounts // what people call accounts; cells show Label, values stay ids
}

// Clock writes a time of the case, µs UTC or cloudtrail.NoTime, in the zone of the
// screen.
func (s State) Clock(t int64) text.Safe {
	if t == cloudtrail.NoTime {
		return "no time"
	}
	return text.Safe(time.UnixMicro(t).In(s.Zone).Format(time.DateTime))
}

// A Pane is one rectangle of the screen.
type Pane interface {
	// Title names the pane in the rule above it.
	Title() text.Safe
	// Sync tells the pane what is shared. The command starts the queries it needs.
	Sync(State) tea.Cmd
	// Update handles a message. The intent is acted on before any other message.
	Update(tea.Msg) (Intent, tea.Cmd)
	// Resize gives the pane its size in cells.
	Resize(w, h int)
	// View draws exactly that size, lines joined by "\n".
	View(focused bool) string
	// Commands lists what the pane can do; the same list each time.
	Commands() []Command
}

// A Command is one thing that can be done. Keys, palette, help and footer are
// made of commands, and of nothing else.
type Command struct {
	ID    string    // stable name, used to remap keys: "events.next-error"
	Keys  []string  // as tea.KeyPressMsg.String spells them; may be empty
	Title text.Safe // two or three words, for palette and footer
	Help  string    // one line, for help
	Group string    // heading in help: Move, Filter, Look, Take, Go
	Hint  int       // rank in the footer while the pane has the focus; 0: not there
	// When returns "" while the command can run, else the reason it can't, which
	// is shown with the greyed command. Nil: always.
	When func() string
	// Run does it. n is the count typed before the key, 0 for none.
	Run func(n int) (Intent, tea.Cmd)
}

// Doer makes commands that take no count, of the ids that begin with scope.
func Doer(scope string) func(id string, title text.Safe, help, group string, hint int, when func() string, f func() (Intent, tea.Cmd), keys ...string) Command {
	return func(id string, title text.Safe, help, group string, hint int, when func() string, f func() (Intent, tea.Cmd), keys ...string) Command {
		return Command{ID: scope + "." + id, Keys: keys, Title: title, Help: help, Group: group, Hint: hint, When: when,
			Run: func(int) (Intent, tea.Cmd) { return f() }}
	}
}

// Whichever returns the commands of a list, run by the commands of the same ids of
// whichever list is shown.
func Whichever(list []Command, shown func() []Command) []Command {
	out := slices.Clone(list)
	for i := range out {
		out[i].Run = func(n int) (Intent, tea.Cmd) {
			cmds := shown()
			if k := slices.IndexFunc(cmds, func(c Command) bool { return c.ID == out[i].ID }); k >= 0 {
				return cmds[k].Run(n)
			}
			return nil, nil
		}
	}
	return out
}

// Why returns the reason that the command can't run now, "" when it can.
func (c Command) Why() string {
	if c.When == nil {
		return ""
	}
	return c.When()
}

// Cursor is an optional ability: where the real terminal cursor belongs in the
// pane, so that screen readers and magnifiers follow it.
type Cursor interface {
	CursorAt() (x, y int, ok bool)
}

// Nested is an optional ability of a pane with levels of its own, such as a list
// and what is opened from it: esc goes one level out there first.
type Nested interface {
	// Out leaves the innermost level; false when the pane is at its outermost.
	Out() (tea.Cmd, bool)
}

// Valued is an optional ability: the value under the cursor, for commands that
// take one.
type Valued interface {
	Value() (query.Value, bool)
}

// Pointed is an optional ability of a view: the event under the cursor, for
// commands that take one, such as mark and copy.
type Pointed interface {
	Event() (seq int64, ok bool)
}

// A Target is something that can be marked, noted and tagged. With Seq and no
// Name it is the event of that number, its session or its resource.
type Target struct {
	About query.About
	Name  string
	Seq   int64
}

// Targeted is an optional ability of a view whose rows are no events: what the
// row under the cursor is about. Where it says nothing, what Pointed says is
// meant.
type Targeted interface {
	Target() (Target, bool)
}

// Scripted is an optional ability of a view that shows no events: the command that
// prints what it shows, after "spoor".
type Scripted interface {
	Command() []string
}

// Changing is an optional ability of a view that shows changes: the question it
// shows, for an export.
type Changing interface {
	Changes() (query.ChangeRequest, error)
}

// SessionsShown is what a view of sessions shows: one session, two side by side,
// what came of some, or the list.
type SessionsShown struct {
	ID, With string // With: the other side
	Radius   bool   // what came of the sessions with an event that matches List.Filter
	List     query.SessionRequest
}

// Command is the command that prints it, after "spoor".
func (s SessionsShown) Command() []string {
	args := []string{"sessions"}
	switch {
	case s.With != "":
		return append(args, "--id", s.ID, "--with", s.With)
	case s.ID != "":
		return append(args, "--id", s.ID)
	case s.Radius:
		return append(args, "--radius", "--", s.List.Filter.String())
	}
	switch s.List.Order {
	case query.SessionsNewest:
	case query.SessionsOldest:
		args = append(args, "--order", "oldest")
	default:
		args = append(args, "--sort", query.SessionOrders[s.List.Order])
	}
	if s.List.Sign != "" {
		args = append(args, "--sign", s.List.Sign)
	}
	if f := s.List.Filter.String(); f != "" {
		args = append(args, "--", f)
	}
	return args
}

// Sitting is an optional ability of a view of sessions: what it shows, for an
// export.
type Sitting interface {
	Sessions() SessionsShown
}

// Brush is an optional ability of a view: a stretch of time can be marked in it
// and become the time range.
type Brush interface {
	Brushing() bool
	// Brush begins to mark a stretch, or lets it go.
	Brush()
	// Zoom makes the stretch the time range.
	Zoom() (Intent, tea.Cmd)
	// NoBrush says why no stretch can be marked now, "" when one can.
	NoBrush() string
}
