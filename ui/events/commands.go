package events

import (
	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// Commands implements pane.Pane.
func (v *View) Commands() []pane.Command {
	cmds := v.grid.Commands("events", v.moved)
	cmds = append(cmds, v.pivots()...)
	cmds = append(cmds, v.steps()...)
	return append(cmds,
		pane.Command{ID: "events.open", Keys: []string{"enter"}, Title: "open", Group: "Look", Hint: 1, When: v.NoEvent,
			Help: "Show the event in full, beside the table or above it",
			Run:  func(int) (pane.Intent, tea.Cmd) { return v.open() }},
		pane.Command{ID: "events.order", Keys: []string{"o"}, Title: "turn order", Group: "Look",
			Help: "Newest first or oldest first",
			Run:  func(int) (pane.Intent, tea.Cmd) { return v.turn() }},
		pane.Command{ID: "events.history", Keys: []string{"r"}, Title: "resource history", Group: "Look", When: v.noResource,
			Help: "All that happened to the resource of the event, in the Timeline",
			Run:  func(int) (pane.Intent, tea.Cmd) { return v.history(), nil }},
		pane.Command{ID: "events.copy", Keys: []string{"y"}, Title: "copy value", Group: "Take", When: v.NoEvent,
			Help: "Copy the value under the cursor, as logged",
			Run: func(int) (pane.Intent, tea.Cmd) {
				return pane.Copy{What: "value", Text: v.currentValue().Text}, nil
			}},
	)
}

func (v *View) pivots() []pane.Command {
	return pane.Pivots("events", "the value under the cursor", 2, v.noValue, func(how pane.How) pane.Intent {
		return pane.Pick{Field: v.grid.Column(), Value: v.currentValue(), How: how}
	})
}

func (v *View) steps() []pane.Command {
	step := func(id, key string, title text.Safe, help string, f func(n int) (pane.Intent, tea.Cmd)) pane.Command {
		return pane.Command{ID: "events." + id, Keys: []string{key}, Title: title, Help: help, Group: "Move", When: v.NoEvent, Run: f}
	}
	return []pane.Command{
		step("next-error", "e", "next failed call", "Go to the next call that was denied, throttled or in error",
			func(n int) (pane.Intent, tea.Cmd) { return v.nextError(false, n) }),
		step("previous-error", "E", "previous failed call", "Go back to the call before that failed",
			func(n int) (pane.Intent, tea.Cmd) { return v.nextError(true, n) }),
		step("next-actor", "a", "next of this actor", "Go to the next call of the same actor",
			func(n int) (pane.Intent, tea.Cmd) { return v.nextSame("actor", false, n) }),
		step("previous-actor", "A", "previous of this actor", "Go back to the call before of the same actor",
			func(n int) (pane.Intent, tea.Cmd) { return v.nextSame("actor", true, n) }),
		step("next-same", "w", "next with this value", "Go to the next event with the value under the cursor",
			func(n int) (pane.Intent, tea.Cmd) { return v.nextSame(v.grid.Column(), false, n) }),
		step("previous-same", "W", "previous with this value", "Go back to the event before with the value under the cursor",
			func(n int) (pane.Intent, tea.Cmd) { return v.nextSame(v.grid.Column(), true, n) }),
		step("next-session", "i", "next of this session", "Go to the next call of the same session",
			func(n int) (pane.Intent, tea.Cmd) { return v.nextOf("session", false, n) }),
		step("previous-session", "I", "previous of this session", "Go back to the call before of the same session",
			func(n int) (pane.Intent, tea.Cmd) { return v.nextOf("session", true, n) }),
		step("next-resource", "d", "next of this resource", "Go to the next call on the same resource",
			func(n int) (pane.Intent, tea.Cmd) { return v.nextOf("resource", false, n) }),
		step("previous-resource", "D", "previous of this resource", "Go back to the call before on the same resource",
			func(n int) (pane.Intent, tea.Cmd) { return v.nextOf("resource", true, n) }),
		step("next-day", "}", "next day", "Go to the first event of the next day in the order shown",
			func(int) (pane.Intent, tea.Cmd) { return v.nextDay(false) }),
		step("previous-day", "{", "previous day", "Go to the nearest event of the day before in the order shown",
			func(int) (pane.Intent, tea.Cmd) { return v.nextDay(true) }),
	}
}

// NoEvent says why nothing can be done with the event under the cursor, "" when it can.
func (v *View) NoEvent() string {
	switch _, ok := v.grid.Current(); {
	case ok:
		return ""
	case v.grid.Waiting():
		return "the event is still being fetched"
	}
	return "no event under the cursor"
}

// noResource says why there is no history to show.
func (v *View) noResource() string {
	r, ok := v.grid.Current()
	if !ok || v.value(r, "resource").Text == "" {
		return "the event names no resource"
	}
	return ""
}

// history asks for all that happened to the resource of the event.
func (v *View) history() pane.Intent {
	r, ok := v.grid.Current()
	if !ok {
		return nil
	}
	return pane.ShowHistory{Resource: v.value(r, "resource").Text, Type: v.value(r, "resourcetype").Text, Account: v.value(r, "account").Text}.There()
}

// noValue says why the current cell can't become a filter.
func (v *View) noValue() string {
	if why := v.NoEvent(); why != "" {
		return why
	}
	if v.grid.Column() == "time" {
		return "move to another column first: a time range is set with v in the histogram, or R"
	}
	return ""
}

func (v *View) currentValue() query.Value {
	r, ok := v.grid.Current()
	if !ok {
		return query.Value{Null: true}
	}
	if v.grid.Column() == "time" {
		return query.Value{Text: string(v.timeCell(r).Text)}
	}
	return v.value(r, v.grid.Column())
}

// Value implements pane.Valued.
func (v *View) Value() (query.Value, bool) { return v.currentValue(), v.noValue() == "" }

func (v *View) open() (pane.Intent, tea.Cmd) {
	r, ok := v.grid.Current()
	if !ok {
		return nil, nil
	}
	v.grid.Touch()
	return pane.OpenEvent{Seq: r.Seq}, nil
}

func (v *View) turn() (pane.Intent, tea.Cmd) {
	return pane.SetOrder{Order: query.Newest + query.Oldest - v.state.Order}, nil
}

// View implements pane.Pane.
func (v *View) View(focused bool) string {
	if v.state.Styles == nil {
		return ""
	}
	return v.grid.View(v.state.Styles, focused)
}

// Note says why the table is empty, "" when it is not.
func (v *View) Note() text.Safe {
	switch {
	case v.grid.Len() > 0:
		return ""
	case v.err != nil:
		return text.Clean("cannot read the case: " + v.err.Error())
	case v.partial:
		return "searching the records"
	case v.grid.Waiting():
		return "looking"
	case v.state.Filter.All() && v.state.Live:
		return "nothing loaded yet"
	case v.state.Filter.All():
		return "this case holds no events yet: in Sources, a adds some"
	}
	return "no event matches; u takes the last step back, X clears the filter"
}
