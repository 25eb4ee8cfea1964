package detail

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// Commands implements pane.Pane.
func (v *View) Commands() []pane.Command {
	cmds := v.grid.Commands("detail", func() (pane.Intent, tea.Cmd) { return nil, nil })
	cmds = append(cmds, pane.Pivots("detail", "this value", 2, v.noValue, func(how pane.How) pane.Intent {
		n, _ := v.current()
		return pane.Pick{Field: n.name(), Value: query.Value{Text: n.text, Null: n.null}, How: how}
	})...)
	command := pane.Doer("detail")
	do := func(id string, title text.Safe, help, group string, hint int, when func() string, f func() pane.Intent, keys ...string) pane.Command {
		return command(id, title, help, group, hint, when, func() (pane.Intent, tea.Cmd) { return f(), nil }, keys...)
	}
	return append(cmds,
		do("history", "resource history", "All that happened to the resource that the value names, in the Timeline", "Look", 0, v.noName, func() pane.Intent {
			n, _ := v.current()
			return pane.ShowHistory{Resource: n.text}.There()
		}, "r"),
		do("fold", "fold", "Fold or unfold what is under the cursor; show the related event that a line names", "Look", 1, v.empty, v.fold, "enter", "space"),
		do("close", "fold", "Fold, or go to the line above that holds this one", "Look", 0, v.empty, v.out, "h", "left"),
		do("open", "unfold", "Unfold", "Look", 0, v.empty, v.in, "l", "right"),
		do("fold-all", "fold all", "Fold the record to its top level, or unfold all of it", "Look", 0, v.empty, v.foldAll, "O"),
		do("find", "find", "Find text in this event", "Look", 5, v.empty, v.ask, "F"),
		do("next", "next match", "Go to the next match; asks what to find first", "Look", 0, v.empty, func() pane.Intent { return v.match(1) }, "n"),
		do("previous", "previous match", "Go to the match before", "Look", 0, v.empty, func() pane.Intent { return v.match(-1) }, "N"),
		do("copy", "copy value", "Copy the value as logged", "Take", 6, v.noNode, func() pane.Intent {
			n, _ := v.current()
			return pane.Copy{What: "value", Text: n.text}
		}, "y"),
		do("copy-path", "copy path", "Copy the path of the value, as a filter names it", "Take", 0, v.noNode, func() pane.Intent {
			n, _ := v.current()
			return pane.Copy{What: "path", Text: n.name()}
		}, "."),
	)
}

// name is what the filter language calls the node.
func (n node) name() string {
	if n.field != "" || len(n.path) == 0 {
		return n.field
	}
	return query.PathText(n.path)
}

func (v *View) current() (node, int) {
	l, ok := v.grid.Current()
	if !ok || l.node >= len(v.nodes) {
		return node{kind: section}, -1
	}
	return v.nodes[l.node], l.node
}

func (v *View) empty() string {
	if !v.have {
		return "no event is shown"
	}
	return ""
}

// noNode says why there is no value or path under the cursor.
func (v *View) noNode() string {
	if n, i := v.current(); i < 0 || n.kind == section {
		return "move to a value first"
	}
	return ""
}

// noName says why the value under the cursor can't name a resource.
func (v *View) noName() string {
	if n, i := v.current(); i < 0 || n.kind == section || n.kind == object || n.kind == array || n.null || n.text == "" {
		return "move to the name of a resource first"
	}
	return ""
}

// noValue says why the line under the cursor can't become a filter.
func (v *View) noValue() string {
	n, i := v.current()
	switch {
	case i < 0 || n.kind == section || n.kind == object || n.kind == array:
		return "move to a single value first"
	case n.inner:
		return "this lies inside a text of the record: filter on the text as a whole, or search for a word"
	case n.name() == "" || n.field == "time":
		return "events can't be filtered by this line"
	}
	return ""
}

// Value implements pane.Valued.
func (v *View) Value() (query.Value, bool) {
	n, _ := v.current()
	return query.Value{Text: n.text, Null: n.null}, v.noValue() == ""
}

func (v *View) fold() pane.Intent {
	n, i := v.current()
	if n.event != 0 {
		return pane.OpenEvent{Seq: n.event}
	}
	if i >= 0 {
		v.toggle(i)
	}
	return nil
}

func (v *View) in() pane.Intent {
	if _, i := v.current(); i >= 0 && v.folded[v.place(i)] {
		v.toggle(i)
	}
	return nil
}

// out folds, or climbs to the holder.
func (v *View) out() pane.Intent {
	n, i := v.current()
	if i < 0 {
		return nil
	}
	if v.folds(i) && !v.folded[v.place(i)] {
		v.toggle(i)
		return nil
	}
	for j := i - 1; j >= 0; j-- {
		if v.nodes[j].depth < n.depth {
			v.grid.Select(int64(j) << 24)
			return nil
		}
	}
	return nil
}

// foldAll folds every branch of the record below its top level, or unfolds all.
func (v *View) foldAll() pane.Intent {
	any := false
	for i := range v.nodes {
		if v.nodes[i].kind != section && v.folds(i) && !v.folded[v.place(i)] {
			v.folded[v.place(i)], any = true, true
		}
	}
	if !any {
		clear(v.folded)
	}
	v.lines()
	return nil
}

func (v *View) ask() pane.Intent {
	return pane.Ask{Title: "Find in this event", Initial: v.find, Done: func(t string) (pane.Intent, tea.Cmd, error) {
		v.find = t
		if t == "" {
			return nil, nil, nil
		}
		return v.match(1), nil, nil
	}}
}

// match goes to the next node that holds what is searched for, around the end.
func (v *View) match(step int) pane.Intent {
	if v.find == "" {
		return v.ask()
	}
	want := strings.ToLower(v.find)
	_, at := v.current()
	n := len(v.nodes)
	for k := 1; k <= n; k++ {
		i := ((at+step*k)%n + n) % n
		if strings.Contains(strings.ToLower(v.nodes[i].text), want) || strings.Contains(strings.ToLower(v.nodes[i].key), want) {
			v.show(i)
			return nil
		}
	}
	return pane.Say{Text: text.Safe(fmt.Sprintf("%s is not in this event", text.CleanLine(v.find, 40)))}
}

// show unfolds what hides a node and goes to it.
func (v *View) show(i int) {
	for j := range i {
		if v.nodes[j].end > i && v.folded[v.place(j)] {
			v.folded[v.place(j)] = false
		}
	}
	v.lines()
	v.grid.Select(int64(i) << 24)
}
