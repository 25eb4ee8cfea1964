package marked

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// Commands implements pane.Pane.
func (v *View) Commands() []pane.Command {
	cmds := v.grid.Commands("marked", func() (pane.Intent, tea.Cmd) { return nil, nil })
	cmds = append(cmds, pane.Pivots("marked", "the mark of the row", 0, v.unmarked, func(how pane.How) pane.Intent {
		n, _ := v.grid.Current()
		return pane.Pick{Field: "mark", Value: query.Value{Text: n.Mark}, How: how}
	})...)
	do := pane.Doer("marked")
	return append(cmds,
		do("open", "open", "Open the event, the session, or the history of the resource", "Look", 1, v.nothing, v.open, "enter"),
		do("evidence", "its events", "Show the events it is about", "Look", 2, v.nothing, v.evidence, "e"),
		do("filter", "filter on all", "Keep only events that carry a mark, a note or a tag, in every view", "Filter", 3, v.noneAtAll, v.all, "a"),
		do("remove", "take away", "Take mark, note and tags away from what the row is about", "Take", 4, v.nothing, v.remove, "d", "delete"),
		do("write", "write list", "Write the list to a file, CSV or JSON", "Take", 5, v.cantWrite, v.ask, "w"),
		do("copy", "copy note", "Copy the note, or without one the name of what the row is about", "Take", 0, v.nothing, v.copy, "y"),
	)
}

func (v *View) nothing() string {
	if _, ok := v.grid.Current(); !ok {
		return "nothing is marked here: m on a row of another view does it"
	}
	return ""
}

// noneAtAll says that nothing is marked, with or without a filter.
func (v *View) noneAtAll() string {
	if v.state.Filter.All() {
		return v.nothing()
	}
	return ""
}

func (v *View) unmarked() string {
	if n, ok := v.grid.Current(); !ok || n.Mark == "" {
		return "the row carries no mark"
	}
	return ""
}

func (v *View) cantWrite() string {
	if v.write == nil {
		return "this list can't be written"
	}
	return v.nothing()
}

func (v *View) open() (pane.Intent, tea.Cmd) {
	n, ok := v.grid.Current()
	switch {
	case !ok:
		return nil, nil
	case n.About == query.AboutSession:
		return pane.ShowSession{ID: n.Name}.There(), nil
	case n.About == query.AboutResource:
		return pane.ShowHistory{Resource: n.Name}.There(), nil
	case n.Seq == 0:
		return pane.Say{Text: "this case does not hold the event: load the logs that it is in"}, nil
	}
	return pane.OpenEvent{Seq: n.Seq}, nil
}

// evidence shows the events of the row; of an event its place among the others.
func (v *View) evidence() (pane.Intent, tea.Cmd) {
	n, ok := v.grid.Current()
	switch {
	case !ok:
		return nil, nil
	case n.About == query.AboutEvent && n.Seq == 0:
		return v.open()
	case n.About == query.AboutEvent:
		return pane.Reveal{At: query.Cursor{Time: n.Time, Seq: n.Seq, Set: true}}, nil
	}
	return pane.Evidence{Filter: n.Filter}, nil
}

func (v *View) all() (pane.Intent, tea.Cmd) {
	f, err := query.Parse("mark:* OR note:* OR tag:*")
	if err != nil {
		return pane.Say{Text: text.Clean(err.Error()), Bad: true}, nil
	}
	return pane.Replace{Filter: f}, nil
}

func (v *View) remove() (pane.Intent, tea.Cmd) {
	n, ok := v.grid.Current()
	if !ok {
		return nil, nil
	}
	ctx, r := v.state.Ctx, v.reader
	return pane.Confirm{Question: text.Safe("Take mark, note and tags away from the "+n.About.String()+" ") + text.CleanLine(n.Title, 120) + "?", Yes: "takes them away",
		Do: func() (pane.Intent, tea.Cmd) {
			return nil, func() tea.Msg {
				err := r.Annotate(ctx, query.Annotation{About: n.About, Name: n.Name})
				return pane.Done{What: "take the note away", Said: "taken away", Grown: true, Err: err}
			}
		}}, nil
}

func (v *View) ask() (pane.Intent, tea.Cmd) {
	list, write := v.grid.Rows(), v.write
	return pane.Ask{Title: "Write marks, notes and tags", Initial: "notes.csv", Help: "a file ending in .csv or .json",
		Done: func(path string) (pane.Intent, tea.Cmd, error) {
			return nil, func() tea.Msg {
				err := write(path, list)
				return pane.Done{What: "write the list", Said: "wrote " + text.CleanLine(path, 200), Err: err}
			}, nil
		}}, nil
}

func (v *View) copy() (pane.Intent, tea.Cmd) {
	n, _ := v.grid.Current()
	if n.Note != "" {
		return pane.Copy{What: "note", Text: n.Note}, nil
	}
	return pane.Copy{What: "name", Text: strings.TrimSpace(n.Name)}, nil
}
