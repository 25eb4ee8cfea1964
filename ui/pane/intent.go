package pane

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/text"
)

// An Intent is what a pane asks of the root. Nil asks for nothing.
type Intent any

// How says what to do with a picked value.
type How uint8

// The ways to pick.
const (
	Include How = iota // this one too: ticking, any ticked value matches
	Exclude            // not this one
	Only               // this one and nothing else of the field
)

type (
	// Several are intents in order.
	Several []Intent
	// Pick filters by a value of a field or dotted path.
	Pick struct {
		Field string
		Value query.Value
		How   How
	}
	// Narrow adds conditions to the filter.
	Narrow struct{ Filter query.Filter }
	// Replace sets the filter and keeps the time range.
	Replace struct{ Filter query.Filter }
	// Evidence opens the events behind a figure: the filter is replaced, the time
	// range set (zero times clear it) and the Events view shown.
	Evidence struct {
		Filter   query.Filter
		From, To time.Time
	}
	// Span sets the time range: From included, To excluded; zero is open.
	Span struct{ From, To time.Time }
	// SetOrder sets the order of events.
	SetOrder struct{ Order query.Order }
	// SetColumns sets the columns of the table of events.
	SetColumns struct{ Columns []string }
	// OpenEvent shows one event in full beside or above the view.
	OpenEvent struct{ Seq int64 }
	// Point says which event the cursor is on, so that an open detail follows.
	Point struct{ Seq int64 }
	// Reveal shows an event among its neighbours in the Events view.
	Reveal struct{ At query.Cursor }
	// GoTo shows a view by its title.
	GoTo struct{ View string }
	// Leave gives up the focus: back to the view the pane belongs to.
	Leave struct{}
	// Loading says that a load has begun, so that progress is watched again.
	Loading struct{}
	// Send hands a message to every pane; how one view asks another for something
	// without importing it is to be wired in cmd, which knows both.
	Send struct{ Msg tea.Msg }
	// Copy puts text on the clipboard. It is copied raw.
	Copy struct {
		What text.Safe // what the notice names: "value", "event as JSON"
		Text string
	}
	// Say shows a line at the foot of the screen. Bad ones are kept in the list
	// of problems.
	Say struct {
		Text text.Safe
		Bad  bool
	}
	// Ask opens a one-line prompt. Done gets what was entered; its error is shown
	// under the line and keeps the prompt open.
	Ask struct {
		Title, Help text.Safe
		Initial     string
		Done        func(entered string) (Intent, tea.Cmd, error)
		// History is what was entered before, the latest last: up and down walk it.
		History []string
		// Complete offers words for the one left of the cursor, whose first letter
		// is at from; tab takes them in turn. Nil offers none.
		Complete func(before string) (from int, words []string)
		Wide     bool // what is entered tends to be long
	}
	// Confirm asks before something that can't be undone.
	Confirm struct {
		Question text.Safe
		Yes      text.Safe // what yes does: "stop the check"
		Do       func() (Intent, tea.Cmd)
	}
	// Choose opens a short list to pick from.
	Choose struct {
		Title text.Safe
		Items []Item
	}
	// Read opens a page of lines to read and scroll.
	Read struct {
		Title text.Safe
		Lines []text.Safe
	}
)

// Messages with which views ask one another for something, by Send. The view
// that can show it answers; others let it pass.
type (
	// ShowHistory asks for all that happened to a resource.
	ShowHistory struct{ Resource, Type, Account string }
	// ShowSession asks for one session in full.
	ShowSession struct{ ID string }
	// ShowRadius asks for everything that came of the sessions with an event that
	// matches, and for what to contain.
	ShowRadius struct {
		What   text.Safe
		Filter query.Filter
	}
	// AskSQL asks for the prompt of SQL.
	AskSQL struct{}
)

// There shows the session, in the view of sessions.
func (s ShowSession) There() Intent { return Several{GoTo{View: "Sessions"}, Send{Msg: s}} }

// There shows what came of the sessions, in the view of sessions.
func (s ShowRadius) There() Intent { return Several{GoTo{View: "Sessions"}, Send{Msg: s}} }

// There shows the history, in the timeline.
func (s ShowHistory) There() Intent { return Several{GoTo{View: "Timeline"}, Send{Msg: s}} }

// Failed says what could not be done; nothing where the error only tells that nobody
// waits for the answer any more.
func Failed(what text.Safe, err error) Intent {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return Say{Text: what + ": " + text.Clean(err.Error()), Bad: true}
}

// Done is what a command sends to the root when it has ended.
type Done struct {
	What  text.Safe // what was tried, for an error: "write the list"
	Said  text.Safe // shown when it went well
	Grown bool      // the case changed: everything is asked again
	Err   error
}

// An Item is one line of a Choose.
type Item struct {
	Title, Note text.Safe
	Do          func() (Intent, tea.Cmd)
}
