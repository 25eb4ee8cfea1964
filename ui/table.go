package ui

import (
	"fmt"
	"slices"
	"strings"

	"spoor/ui/pane"
	"spoor/ui/text"
)

// table is the one command table: the root's commands, and each pane's.
type table struct {
	root     []pane.Command
	panes    map[pane.Pane][]pane.Command
	keys     map[string]pane.Command
	paneKeys map[pane.Pane]map[string]pane.Command
	problems []string
}

// newTable collects the commands, gives them the reader's own keys and looks for
// clashes.
func newTable(m *Model) table {
	t := table{panes: map[pane.Pane][]pane.Command{}, keys: map[string]pane.Command{}, paneKeys: map[pane.Pane]map[string]pane.Command{}}
	known := map[string]bool{}
	remap := func(cmds []pane.Command) []pane.Command {
		for i, c := range cmds {
			known[c.ID] = true
			if keys, ok := m.opt.Keys[c.ID]; ok {
				cmds[i].Keys = keys
			}
		}
		return cmds
	}
	t.root = remap(m.commands())
	t.bind(t.keys, t.root, nil)
	for _, p := range m.panes() {
		t.panes[p] = remap(p.Commands())
		t.paneKeys[p] = map[string]pane.Command{}
		t.bind(t.paneKeys[p], t.panes[p], t.keys)
	}
	for id := range m.opt.Keys {
		if !known[id] {
			t.problems = append(t.problems, fmt.Sprintf("no command is called %q", id))
		}
	}
	slices.Sort(t.problems)
	return t
}

// bind enters commands by key. A key of a pane must not hide one of the root.
func (t *table) bind(keys map[string]pane.Command, cmds []pane.Command, root map[string]pane.Command) {
	for _, c := range cmds {
		for _, k := range c.Keys {
			other, clash := keys[k]
			if !clash {
				other, clash = root[k]
			}
			if clash {
				t.problems = append(t.problems, fmt.Sprintf("key %s is both %s and %s", k, other.ID, c.ID))
				continue
			}
			keys[k] = c
		}
	}
}

// lookup finds the command of a key for the focused pane.
func (t *table) lookup(p pane.Pane, key string) (pane.Command, bool) {
	if c, ok := t.paneKeys[p][key]; ok {
		return c, true
	}
	c, ok := t.keys[key]
	return c, ok
}

// live returns the commands that apply now: the focused pane's, then the root's.
func (t *table) live(p pane.Pane) []pane.Command {
	return append(slices.Clone(t.panes[p]), t.root...)
}

// A Section is the commands of one pane, or, under the title "Everywhere", those
// that work in all of them.
type Section struct {
	Title    text.Safe
	Commands []pane.Command
}

// Keys returns the whole command table, for documents.
func (m *Model) Keys() []Section {
	list := []Section{{Title: "Everywhere", Commands: m.table.root}}
	for _, v := range m.views {
		list = append(list, Section{Title: v.Title, Commands: m.table.panes[v.Pane]})
		if v.Pane == pane.Pane(m.events) {
			for _, p := range []pane.Pane{m.facets, m.chart} {
				list = append(list, Section{Title: p.Title(), Commands: m.table.panes[p]})
			}
			list = append(list, Section{Title: "Event in full", Commands: m.table.panes[m.detail]})
		}
	}
	return list
}

// keyNames writes keys for reading: "j, ↓".
func (m *Model) keyNames(keys []string) string {
	var names []string
	for _, k := range keys {
		names = append(names, m.keyName(k))
	}
	return strings.Join(names, " ")
}

func (m *Model) keyName(k string) string {
	g := m.look.glyphs
	switch k {
	case "up":
		return g.Up
	case "down":
		return g.Down
	case "right":
		return g.Right
	}
	return k
}
