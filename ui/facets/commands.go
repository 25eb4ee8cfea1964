package facets

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// Commands implements pane.Pane.
func (v *View) Commands() []pane.Command {
	pick := func(id string, title text.Safe, help string, hint int, how pane.How, keys ...string) pane.Command {
		return pane.Command{ID: "facets." + id, Keys: keys, Title: title, Help: help, Group: "Filter", Hint: hint, When: v.noValue,
			Run: func(int) (pane.Intent, tea.Cmd) { return v.pick(how) }}
	}
	cmds := v.grid.Commands("facets", func() (pane.Intent, tea.Cmd) { return nil, nil })
	return append(cmds,
		pane.Command{ID: "facets.enter", Keys: []string{"enter", "space"}, Title: "tick", Group: "Filter", Hint: 1,
			Help: "Tick the value, fold the field, or show more values",
			Run:  func(int) (pane.Intent, tea.Cmd) { return v.enter() }},
		pick("include", "include", "Tick the value: events with any ticked value are kept; again to take it back", 0, pane.Include, "+"),
		pick("exclude", "exclude", "Leave out events with the value; again to take it back", 2, pane.Exclude, "-"),
		pick("only", "only", "Ask for this value and no other of its field", 3, pane.Only, "="),
		pane.Command{ID: "facets.next", Keys: []string{"}"}, Title: "next field", Group: "Move", Help: "Go to the next field",
			Run: func(n int) (pane.Intent, tea.Cmd) { v.field(max(n, 1)); return nil, nil }},
		pane.Command{ID: "facets.previous", Keys: []string{"{"}, Title: "previous field", Group: "Move", Help: "Go to the field before",
			Run: func(n int) (pane.Intent, tea.Cmd) { v.field(-max(n, 1)); return nil, nil }},
		pane.Command{ID: "facets.copy", Keys: []string{"y"}, Title: "copy value", Group: "Take", Help: "Copy the value, as logged", When: v.noValue,
			Run: func(int) (pane.Intent, tea.Cmd) {
				l, _ := v.grid.Current()
				return pane.Copy{What: "value", Text: l.value.Value.Text}, nil
			}},
	)
}

func (v *View) noValue() string {
	if l, ok := v.grid.Current(); !ok || l.kind != value {
		return "move to a value first"
	}
	return ""
}

// Value implements pane.Valued.
func (v *View) Value() (query.Value, bool) {
	l, ok := v.grid.Current()
	if !ok || l.kind != value {
		return query.Value{}, false
	}
	return l.value.Value, true
}

func (v *View) pick(how pane.How) (pane.Intent, tea.Cmd) {
	l, ok := v.grid.Current()
	if !ok || l.kind != value {
		return nil, nil
	}
	return pane.Pick{Field: l.field, Value: l.value.Value, How: how}, nil
}

// enter does what the line is for.
func (v *View) enter() (pane.Intent, tea.Cmd) {
	l, ok := v.grid.Current()
	switch {
	case !ok:
		return nil, nil
	case l.kind == heading:
		v.folded[l.field] = !v.folded[l.field]
		v.lines()
	case l.kind == more:
		v.opened[l.field] = !v.opened[l.field]
		return nil, v.ask()
	default:
		return v.pick(pane.Include)
	}
	return nil, nil
}

// field moves by n headings.
func (v *View) field(n int) {
	rows := v.grid.Rows()
	at, _ := v.grid.Current()
	i := max(slices.IndexFunc(rows, func(l line) bool { return l.key == at.key }), 0)
	step := 1
	if n < 0 {
		step = -1
	}
	for n != 0 {
		for i += step; i >= 0 && i < len(rows) && rows[i].kind != heading; {
			i += step
		}
		if i < 0 || i >= len(rows) {
			return
		}
		v.grid.Select(rows[i].key)
		n -= step
	}
	v.grid.Touch()
}
