package ui

import (
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// palette finds any command or theme by some of its letters.
func (m *Model) palette() tea.Cmd {
	var items []menuItem
	before := m.look
	for _, c := range m.table.live(m.paneAt(m.shape.focus)) {
		items = append(items, m.commandItem(c))
	}
	items = append(items, m.themeItems()...)
	return m.push(&menu{title: "Commands", items: items, typing: true, help: "type to find, enter runs, esc leaves", rest: func() tea.Cmd { return m.relook(before) }})
}

func (m *Model) commandItem(c pane.Command) menuItem {
	return menuItem{title: c.Title, note: text.Safe(c.Help), key: text.Safe(m.keyNames(c.Keys)), why: c.Why(),
		do: func() (pane.Intent, tea.Cmd) { return nil, m.runCommand(c, 0) }}
}

// groups is the order of headings in help.
var groups = []string{"Move", "Filter", "Look", "Take", "Go"}

// help lists the live commands by what they are for.
func (m *Model) help() tea.Cmd {
	live := m.table.live(m.paneAt(m.shape.focus))
	var items []menuItem
	for _, g := range groups {
		items = append(items, menuItem{title: text.Safe(g)})
		for _, c := range live {
			if c.Group == g {
				items = append(items, m.commandItem(c))
			}
		}
	}
	title := "What can be done in " + m.paneAt(m.shape.focus).Title()
	return m.push(&menu{title: title, items: items, typing: true, help: "type to find, enter runs, esc leaves"})
}

// hints are the commands worth naming at the foot, most useful first.
func (m *Model) hints() []pane.Command {
	var list []pane.Command
	for _, c := range m.table.live(m.paneAt(m.shape.focus)) {
		if c.Hint > 0 && len(c.Keys) > 0 && c.Why() == "" {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b pane.Command) int { return a.Hint - b.Hint })
	return list
}

// chipMenu lists the conditions, in force and switched off.
func (m *Model) chipMenu() tea.Cmd {
	build := func() []menuItem {
		var items []menuItem
		l := m.history.now()
		for i, c := range l.filter.Chips() {
			items = append(items, menuItem{title: text.CleanLine(c.Text, 90), on: true,
				do: func() (pane.Intent, tea.Cmd) { return nil, m.apply(m.history.now().switchOff(i)) }})
		}
		for i, f := range l.off {
			items = append(items, menuItem{title: text.CleanLine(f.String(), 90), note: "off",
				do: func() (pane.Intent, tea.Cmd) { return nil, m.apply(m.history.now().switchOn(i)) }})
		}
		return items
	}
	remove := func(i int) tea.Cmd {
		l := m.history.now()
		if n := len(l.filter.Chips()); i >= n {
			return m.apply(l.dropOff(i - n))
		}
		return m.removeChip(i)
	}
	return m.push(&menu{title: "Conditions", items: build(), rebuild: build, stay: true, help: "enter switches on and off, d removes, esc leaves",
		keys: map[string]func(int) tea.Cmd{"d": remove, "delete": remove, "backspace": remove}})
}

// columnMenu chooses the columns of the events table.
func (m *Model) columnMenu() tea.Cmd {
	build := func() []menuItem {
		have := m.events.Columns()
		var items []menuItem
		add := func(id string, note text.Safe, on bool) {
			items = append(items, menuItem{title: text.CleanLine(id, 60), note: note, on: on,
				do: func() (pane.Intent, tea.Cmd) { return nil, m.toggleColumn(id) }})
		}
		for _, id := range have {
			add(id, helpOf(id), true)
		}
		for _, f := range query.Fields() {
			if f.Column && !slices.Contains(have, f.Name) {
				add(f.Name, text.Safe(f.Help), false)
			}
		}
		return items
	}
	shift := func(n int) func(int) tea.Cmd {
		return func(i int) tea.Cmd {
			ids := m.events.Columns()
			if to := i + n; i < len(ids) && to >= 0 && to < len(ids) {
				ids[i], ids[to] = ids[to], ids[i]
				m.events.SetColumns(ids)
			}
			return m.resync()
		}
	}
	return m.push(&menu{title: "Columns", items: build(), rebuild: build, stay: true,
		help: "enter shows and hides, K J move, p adds a path of the record, r brings the usual ones back; in the table < > size",
		keys: map[string]func(int) tea.Cmd{"K": shift(-1), "J": shift(1), "p": func(int) tea.Cmd { return m.askColumn() },
			"r": func(int) tea.Cmd { m.events.SetColumns(nil); return m.resync() }}})
}

func helpOf(id string) text.Safe {
	if f, ok := query.Lookup(id); ok {
		return text.Safe(f.Help)
	}
	return "path into the record"
}

func (m *Model) toggleColumn(id string) tea.Cmd {
	ids := m.events.Columns()
	switch i := slices.Index(ids, id); {
	case i < 0:
		m.events.AddColumn(id)
	case len(ids) > 1:
		m.events.SetColumns(slices.Delete(ids, i, i+1))
	}
	return m.resync()
}

func (m *Model) askColumn() tea.Cmd {
	return m.act(pane.Ask{Title: "Column", Help: "a path into the record, such as requestParameters.bucketName",
		Done: func(s string) (pane.Intent, tea.Cmd, error) {
			f, path, err := query.ColumnPath(s)
			if err != nil {
				return nil, nil, err
			}
			id := f.Name
			if id == "" {
				id = query.PathText(path)
			}
			return nil, m.toggleColumn(id), nil
		}})
}

// resync tells the panes again, for changes that are not part of the lens.
func (m *Model) resync() tea.Cmd { return m.events.Sync(m.state()) }

// problemList shows what went wrong, the newest first. Objects that failed are in a
// list of their own, with their reasons.
func (m *Model) problemList() tea.Cmd {
	var lines []text.Safe
	if n := m.load.now.Failed; n > 0 {
		if len(m.notice.problems) == 0 {
			return m.act(pane.GoTo{View: sourcesTitle})
		}
		lines = append(lines, text.Safe(query.Counted(n, "object")+" could not be loaded: Sources lists them first"))
	}
	for _, p := range slices.Backward(m.notice.problems) {
		lines = append(lines, text.Safe(p.at.In(m.zone).Format(time.TimeOnly))+"  "+p.text)
	}
	return m.act(pane.Read{Title: text.Safe(fmt.Sprintf("Problems, %d", len(m.notice.problems))), Lines: lines})
}
