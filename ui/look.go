package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// setTheme changes the theme for good.
func (m *Model) setTheme(t themes.Theme) tea.Cmd {
	m.look.theme, m.look.chosen = t, true
	m.restyle()
	return m.sync()
}

// unsetTheme lets the terminal's background pick the theme.
func (m *Model) unsetTheme() tea.Cmd {
	m.look.chosen = false
	m.restyle()
	return m.sync()
}

// themeMenu lists the themes; the one under the cursor is shown at once.
func (m *Model) themeMenu() tea.Cmd {
	before := m.look
	items := m.themeItems()
	at := max(slices.IndexFunc(items, func(it menuItem) bool { return it.on }), 0)
	return m.push(&menu{title: "Theme", items: items, at: at, help: "moving shows it, enter takes it, esc goes back", rest: func() tea.Cmd { return m.relook(before) }})
}

// themeItems are the themes to choose from, first the one that goes by the
// terminal.
func (m *Model) themeItems() []menuItem {
	list, wrong := m.themes()
	for _, err := range wrong {
		m.fail("theme", err)
	}
	items := []menuItem{m.themeItem(autoTheme, "dark or light, by the terminal's background", !m.look.chosen, m.unsetTheme)}
	for _, t := range list {
		items = append(items, m.themeItem(t.Name, t.Title, m.look.chosen && t.Name == m.look.theme.Name, func() tea.Cmd { return m.setTheme(t) }))
	}
	return items
}

// autoTheme is the name of no theme: the terminal's background picks one.
const autoTheme = "auto"

func (m *Model) themeItem(name, title string, on bool, set func() tea.Cmd) menuItem {
	return menuItem{title: text.Clean("theme " + name), note: text.CleanLine(title, 60), on: on, peek: set,
		do: func() (pane.Intent, tea.Cmd) { return nil, tea.Batch(set(), m.keepTheme(name)) }}
}

// keepTheme remembers a choice for the next screens.
func (m *Model) keepTheme(name string) tea.Cmd {
	m.say(text.Clean("theme " + name))
	keep := m.opt.KeepTheme
	if keep == nil {
		return nil
	}
	return func() tea.Msg {
		said, err := keep(name)
		return pane.Done{What: "keep the theme", Said: text.Clean("theme " + name + said), Err: err}
	}
}

func (m *Model) themes() ([]themes.Theme, []error) {
	if m.opt.Themes != nil {
		return m.opt.Themes()
	}
	var list []themes.Theme
	for _, name := range themes.Names() {
		list = append(list, builtin(name))
	}
	return list, nil
}

// relook goes back to how things looked.
func (m *Model) relook(l look) tea.Cmd {
	m.look.theme, m.look.chosen = l.theme, l.chosen
	m.restyle()
	return m.sync()
}
