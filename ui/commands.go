package ui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"spoor/ui/pane"
	"spoor/ui/text"
)

// commands is the root's part of the command table.
func (m *Model) commands() []pane.Command {
	var cmds []pane.Command
	for i, v := range m.views {
		cmds = append(cmds, pane.Command{ID: fmt.Sprintf("view.%d", i+1), Keys: []string{fmt.Sprint(i + 1)}, Title: v.Title,
			Help: "Show the view " + string(v.Title), Group: "Go",
			Run: func(int) (pane.Intent, tea.Cmd) { return nil, m.goTo(i) }})
	}
	cmds = append(cmds, m.goCommands()...)
	cmds = append(cmds, m.filterCommands()...)
	cmds = append(cmds, m.lookCommands()...)
	return append(cmds, m.takeCommands()...)
}

// do makes a command that needs no count.
func do(id, title, help, group string, hint int, when func() string, f func() tea.Cmd, keys ...string) pane.Command {
	return pane.Command{ID: id, Keys: keys, Title: text.Safe(title), Help: help, Group: group, Hint: hint, When: when,
		Run: func(int) (pane.Intent, tea.Cmd) { return nil, f() }}
}

func (m *Model) goCommands() []pane.Command {
	return []pane.Command{
		do("focus.next", "next pane", "Move the focus to the next pane", "Go", 0, nil, func() tea.Cmd { return m.ring(1) }, "tab"),
		do("focus.previous", "previous pane", "Move the focus to the pane before", "Go", 0, nil, func() tea.Cmd { return m.ring(-1) }, "shift+tab"),
		do("back", "back", "Go back to the view before", "Go", 0, func() string { return m.noStop(-1) }, func() tea.Cmd { return m.walk(-1) }, "["),
		do("forward", "forward", "Go forward again among the views", "Go", 0, func() string { return m.noStop(1) }, func() tea.Cmd { return m.walk(1) }, "]"),
		do("palette", "commands", "Find a command by typing some of its letters", "Go", 21, nil, m.palette, ":", "ctrl+p"),
		do("help", "help", "List what can be done here, with its keys", "Go", 22, nil, m.help, "?"),
		do("guide", "guide", "Read the guide through this example again", "Go", 0, m.noGuide, m.guide, "ctrl+o"),
		do("leave", "leave", "Leave one level: a brush, a detail, a pane, the events behind a figure", "Go", 0, nil, m.leave, "esc"),
		do("quit", "quit", "Close the view; in Events, end the program", "Go", 0, nil, m.quit, "q"),
		do("suspend", "suspend", "Back to the shell; fg returns", "Go", 0, nil, func() tea.Cmd { return tea.Suspend }, "ctrl+z"),
	}
}

func (m *Model) filterCommands() []pane.Command {
	return []pane.Command{
		do("filter", "filter", "Edit the filter; what it finds is shown while you type", "Filter", 20, nil, m.startEdit, "/"),
		do("clear", "clear filter", "Take filter and time range away", "Filter", 0, m.unfiltered, m.clear, "X"),
		do("chips", "conditions", "List the conditions in force, to switch off or remove one", "Filter", 0, m.noChips, m.chipMenu, "x"),
		do("undo", "undo", "Take back the last change of filter, order or time range", "Filter", 0, func() string { return m.noStep(-1) }, func() tea.Cmd { return m.step(-1) }, "u"),
		do("redo", "redo", "Do again what was undone", "Filter", 0, func() string { return m.noStep(1) }, func() tea.Cmd { return m.step(1) }, "ctrl+r"),
		do("brush", "mark a stretch", "Mark a stretch of time in the histogram or the lanes: v, move, z", "Filter", 0, m.noChart, m.brush, "v"),
		do("zoom", "zoom in", "Make the stretch marked the time range", "Filter", 0, m.noChart, m.zoom, "z"),
		do("unzoom", "zoom out", "Take the last zoom back", "Filter", 0, m.unzoomed, m.unzoom, "Z"),
		do("range", "time range", "Type a time range", "Filter", 0, nil, m.askRange, "R"),
		do("jump", "jump to time", "Go to the first event at a time, typed or pasted", "Move", 0, m.notEvents, m.askTime, "t"),
	}
}

func (m *Model) lookCommands() []pane.Command {
	return []pane.Command{
		do("facets", "facets", "Show the facets and go there, or hide them", "Look", 10, m.notEvents, m.toggleFacets, "f"),
		do("session", "session", "Show the session that the event belongs to: who, its chain, what else it did", "Look", 0, m.noSession, m.showSession, "S"),
		do("neighbours", "neighbours", "Show the event among its neighbours in time, in Events", "Look", 0, m.noEvent, m.neighbours, "V"),
		do("profile", "profile", "All about the value under the cursor: an address, a key, a user, a role", "Look", 0, m.noProfile, m.profile, "p"),
		do("histogram", "histogram", "Show or hide the histogram", "Look", 0, m.notEvents, m.toggleChart, "ctrl+g"),
		do("columns", "columns", "Choose the columns of the table", "Look", 0, m.notEvents, m.columnMenu, "c"),
		do("sql", "SQL", "Ask the case in SQL, reading only", "Look", 0, m.noSQL, m.askSQL, "Q"),
		do("zone", "time zone", "Show times in UTC or in the local zone", "Look", 0, nil, m.switchZone, "T"),
		do("theme", "theme", "Choose the colours", "Look", 0, nil, m.themeMenu, "ctrl+t"),
		do("problems", "problems", "List what went wrong", "Look", 0, m.noProblems, m.problemList, "!"),
		do("redraw", "redraw", "Draw the whole screen again", "Look", 0, nil, func() tea.Cmd { return tea.ClearScreen }, "ctrl+l"),
	}
}

func (m *Model) takeCommands() []pane.Command {
	return []pane.Command{
		do("copy-event", "copy event", "Copy the event as JSON, as logged", "Take", 0, m.noEvent, m.copyEvent, "Y"),
		do("write-copy", "write what was copied", "Write what was copied last to a file", "Take", 0, m.noCopy, m.askCopy, "ctrl+w"),
		do("copy-command", "copy command", "Copy the command that prints the same events, changes or sessions", "Take", 0, nil, m.copyCommand, "ctrl+y"),
		do("export", "export", "Write the filtered events to a file; in Timeline and Sessions what they show", "Take", 0, m.noExport, m.askExport, "ctrl+e"),
		do("mark", "mark", "Mark, note or tag the event, its session or its resource", "Take", 0, m.noMark, m.startMark, "m"),
		do("marked", "marked", "List what carries a mark, a note or a tag", "Go", 0, m.noMarks, func() tea.Cmd { return m.act(pane.GoTo{View: markedView}) }, "M"),
		do("name-account", "name account", "Give an account a name, by which the screen shows it", "Take", 0, m.noNames, m.askAccount, "@"),
	}
}

func (m *Model) unfiltered() string {
	if l := m.history.now(); l.filter.All() && l.span().open() && len(l.off) == 0 {
		return "nothing is filtered"
	}
	return ""
}

func (m *Model) noChips() string {
	if l := m.history.now(); l.filter.All() && len(l.off) == 0 {
		return "no condition is set"
	}
	return ""
}

func (m *Model) noChart() string {
	if b, ok := m.views[m.view].Pane.(pane.Brush); ok {
		return b.NoBrush()
	}
	if why := m.notEvents(); why != "" {
		return why
	}
	if m.frame.panes[slotChart].empty() {
		return "the histogram is not shown"
	}
	return ""
}

func (m *Model) unzoomed() string {
	if len(m.history.now().spans) == 0 {
		return "no time range is set"
	}
	return ""
}

// noSQL says why there is no prompt of SQL: it belongs to a view.
func (m *Model) noSQL() string {
	for _, v := range m.views {
		if v.Title == queriesTitle {
			return ""
		}
	}
	return "this screen has no view of queries"
}

const queriesTitle = "Queries"

// sourcesTitle is the view that lists what was loaded, and what failed.
const sourcesTitle = "Sources"

func (m *Model) askSQL() tea.Cmd {
	return m.act(pane.Several{pane.GoTo{View: queriesTitle}, pane.Send{Msg: pane.AskSQL{}}})
}

func (m *Model) notEvents() string {
	if !m.shape.events {
		return "only in Events"
	}
	return ""
}

func (m *Model) noProblems() string {
	if len(m.notice.problems) == 0 && m.load.now.Failed == 0 {
		return "nothing went wrong"
	}
	return ""
}

func (m *Model) noEvent() string {
	switch _, ok := m.currentSeq(); {
	case ok:
		return ""
	case m.shape.events && m.shape.focus != slotDetail:
		return m.events.NoEvent()
	}
	return "no event under the cursor"
}

func (m *Model) noExport() string {
	if m.opt.Export == nil {
		return "this case can't be exported"
	}
	return ""
}

func (m *Model) noMark() string {
	if m.opt.Mark == nil {
		return "this case takes no marks"
	}
	if _, ok := m.target(); !ok {
		return "nothing under the cursor that can be marked"
	}
	return ""
}

func (m *Model) noMarks() string {
	if m.opt.Mark == nil {
		return "this case takes no marks"
	}
	return ""
}

func (m *Model) noGuide() string {
	if len(m.opt.Guide) == 0 {
		return "only the demo has one"
	}
	return ""
}

func (m *Model) guide() tea.Cmd {
	return m.act(pane.Read{Title: "A guide through the incident", Lines: m.opt.Guide})
}

// ring moves the focus among the panes of the view.
func (m *Model) ring(n int) tea.Cmd {
	list := []slot{slotMain}
	if m.shape.events {
		list = append(list, slotFacets)
		if m.shape.chart && chartHeight(m.h-4) > 0 {
			list = append(list, slotChart)
		}
	}
	if m.shape.detail {
		list = append(list, slotDetail)
	}
	at := 0
	for i, s := range list {
		if s == m.shape.focus {
			at = i
		}
	}
	return m.setFocus(list[(at+n+len(list))%len(list)])
}

// leave goes one level out.
func (m *Model) leave() tea.Cmd {
	switch {
	case m.shape.events && m.chart.Brushing():
		m.chart.Brush()
	case m.shape.focus == slotDetail:
		m.shape.detail = false
		return m.setFocus(slotMain)
	case m.shape.focus != slotMain:
		return m.setFocus(slotMain)
	case m.shape.detail:
		m.shape.detail = false
		return m.relayout()
	case m.view != 0:
		if p, ok := m.views[m.view].Pane.(pane.Nested); ok {
			if cmd, went := p.Out(); went {
				return cmd
			}
		}
		return m.goTo(0)
	case m.jumped():
		return m.walk(-1)
	case m.noStop(-1) == "":
		m.say("[ goes back to " + m.views[m.trail.steps[m.trail.at-1].view].Title + ", q ends the program")
	default:
		m.say("q ends the program")
	}
	return nil
}

// quit closes the view, or the program.
func (m *Model) quit() tea.Cmd {
	if m.shape.focus == slotDetail || m.view != 0 {
		return m.leave()
	}
	if !m.load.now.Running {
		return tea.Quit
	}
	return m.push(&confirm{Confirm: pane.Confirm{
		Question: "A load is running. What is loaded stays; opening the source again goes on from there.",
		Yes:      "stop loading and quit",
		Do:       func() (pane.Intent, tea.Cmd) { return nil, tea.Quit },
	}})
}

func (m *Model) toggleFacets() tea.Cmd {
	if m.shape.focus == slotFacets {
		m.shape.facets = m.w < twoColumns && m.shape.facets
		return m.setFocus(slotMain)
	}
	m.shape.facets = true
	return m.setFocus(slotFacets)
}

func (m *Model) toggleChart() tea.Cmd {
	m.shape.chart = !m.shape.chart
	if m.shape.focus == slotChart {
		m.shape.focus = slotMain
	}
	return m.relayout()
}

func (m *Model) brush() tea.Cmd {
	if b, ok := m.views[m.view].Pane.(pane.Brush); ok {
		b.Brush()
		return nil
	}
	m.chart.Brush()
	return m.setFocus(slotChart)
}

func (m *Model) zoom() tea.Cmd {
	if b, ok := m.views[m.view].Pane.(pane.Brush); ok {
		intent, cmd := b.Zoom()
		return tea.Batch(cmd, m.act(intent))
	}
	if !m.chart.Brushing() && m.shape.focus != slotChart {
		m.say("mark a stretch first: v, or drag the mouse over the histogram")
		return nil
	}
	intent, cmd := m.chart.Zoom()
	return tea.Batch(cmd, m.act(intent))
}

func (m *Model) unzoom() tea.Cmd { return m.apply(m.history.now().unzoom()) }
