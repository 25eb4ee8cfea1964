package ui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// restyle builds the styles anew; only when theme or terminal changed.
func (m *Model) restyle() {
	t := m.look.theme
	switch {
	case m.look.profile != colorprofile.Unknown && m.look.profile <= colorprofile.Ascii:
		t = builtin("mono")
	case m.look.chosen:
	case m.look.dark:
		t = builtin("dark")
	default:
		t = builtin("light")
	}
	p := m.look.profile
	if p == colorprofile.Unknown {
		p = colorprofile.TrueColor // the renderer brings colours down by itself
	}
	m.look.theme = t
	m.look.styles = t.Styles(p, m.opt.Glyphs)
}

// builtin returns an embedded theme; that they all parse is tested.
func builtin(name string) themes.Theme {
	t, err := themes.Builtin(name)
	if err != nil {
		panic(err)
	}
	return t
}

func (m *Model) setProfile(p colorprofile.Profile) tea.Cmd {
	if known := m.opt.Profile; known != colorprofile.Unknown && known <= colorprofile.Ascii {
		return nil // no colour was asked for
	}
	m.look.profile = p
	m.restyle()
	return m.sync()
}

func (m *Model) setBackground(dark bool) tea.Cmd {
	m.look.dark = dark
	if m.look.chosen {
		return nil
	}
	m.restyle()
	return m.sync()
}

// setTheme changes the theme for good.
func (m *Model) setTheme(t themes.Theme) tea.Cmd {
	m.look.theme, m.look.chosen = t, true
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

// themeItems are the themes to choose from.
func (m *Model) themeItems() []menuItem {
	list, wrong := m.themes()
	for _, err := range wrong {
		m.fail("theme", err)
	}
	var items []menuItem
	for _, t := range list {
		items = append(items, menuItem{title: text.Clean("theme " + t.Name), note: text.CleanLine(t.Title, 60), on: t.Name == m.look.theme.Name,
			do: func() (pane.Intent, tea.Cmd) {
				m.say(text.Clean(fmt.Sprintf("theme %s; theme = %q in config.toml keeps it", t.Name, t.Name)))
				return nil, m.setTheme(t)
			},
			peek: func() tea.Cmd { return m.setTheme(t) }})
	}
	return items
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
