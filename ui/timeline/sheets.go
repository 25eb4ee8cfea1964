package timeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// sheetMsg brings a level that was read outside the loop.
type sheetMsg struct {
	n    uint64
	make func() *level
	err  error
}

func (v *View) opened(m sheetMsg) (pane.Intent, tea.Cmd) {
	if !v.sheets.Is(m.n) {
		return nil, nil
	}
	if m.err != nil {
		if errors.Is(m.err, context.Canceled) {
			return nil, nil
		}
		return pane.Say{Text: text.Clean(m.err.Error()), Bad: true}, nil
	}
	return nil, v.push(m.make())
}

// historyRows is how much of a history is shown; more is for the command line.
const historyRows = 2000

// openHistory reads all that happened to a resource.
func (v *View) openHistory(of pane.ShowHistory) tea.Cmd {
	ctx, n := v.sheets.Next(v.state.Ctx)
	r, req := v.reader, query.HistoryRequest{Resource: of.Resource, Type: of.Type, Account: of.Account, Order: v.state.Order, N: historyRows}
	return func() tea.Msg {
		h, err := r.History(ctx, req)
		return sheetMsg{n: n, err: err, make: func() *level { return v.historyLevel(h) }}
	}
}

func (v *View) historyLevel(h query.ResourceHistory) *level {
	var out []row
	add := func(event int64, cells ...grid.Cell) {
		out = append(out, row{key: -int64(len(out)) - 1, words: cells, event: event})
	}
	if len(h.Names) > 1 {
		add(0, dim("also known as "), plain(strings.Join(h.Names[1:], ", ")))
	}
	for i := range h.Changes {
		out = append(out, row{key: h.Changes[i].Seq, change: &h.Changes[i]})
	}
	switch {
	case len(h.Changes) == 0:
		add(0, dim("no change to it is in this case"))
	case h.More:
		add(0, dim(fmt.Sprintf("the first %d; spoor timeline --resource prints all", len(h.Changes))))
	}
	add(0)
	if !h.Reads {
		add(0, dim("reads of it: none recorded (trails log reads of data only if told)"))
	} else {
		add(0, dim("read by"))
	}
	for _, r := range h.Readers {
		role := outcomeRole(r.Outcome)
		add(r.Seq, grid.Cell{Text: "  " + text.Pad(text.CleanLine(r.Actor, 30), 30, "~") + " ", Role: role},
			grid.Cell{Text: text.CleanLine(r.Action, 40) + " ", Role: role}, dim(fmt.Sprintf("%dx, %s to %s", r.Count, v.state.Clock(r.First), v.state.Clock(r.Last))))
	}
	title := "History of " + text.CleanLine(h.Names[0], 120)
	if h.Type != "" {
		title += " (" + text.CleanLine(h.Type, 60) + ")"
	}
	l := v.newList(title, out)
	l.narrow, l.of = ofResource(h), h.Names[0]
	l.command = []string{"timeline", "--resource", h.Names[0]}
	if h.Type != "" {
		l.command = append(l.command, "--type", h.Type)
	}
	return l
}

// ofResource narrows a question to the changes of a history, one row a change.
func ofResource(h query.ResourceHistory) func(query.ChangeRequest) (query.ChangeRequest, error) {
	return func(r query.ChangeRequest) (query.ChangeRequest, error) {
		var named query.Filter
		for i, name := range h.Names {
			f, err := query.Is("resource", query.Value{Text: name})
			if err != nil {
				return r, err
			}
			if named = named.Or(f); i == 0 { // nothing OR something would be everything
				named = f
			}
		}
		r.Filter, r.Fold, r.Least = named, false, 0
		return r, nil
	}
}

func dim(s string) grid.Cell   { return grid.Cell{Text: text.Clean(s), Role: themes.Dim} }
func plain(s string) grid.Cell { return grid.Cell{Text: text.CleanLine(s, cellMax)} }

// openDiff reads what a change altered, and the state after it.
func (v *View) openDiff(c query.Change) tea.Cmd {
	ctx, n := v.sheets.Next(v.state.Ctx)
	r := v.reader
	return func() tea.Msg {
		d, err := r.Diff(ctx, c.Seq)
		if err != nil {
			return sheetMsg{n: n, err: err}
		}
		var s query.State
		if d.Note == "" && c.Time != cloudtrail.NoTime {
			s, err = r.StateAt(ctx, d.Resource, d.Type, c.Account, time.UnixMicro(c.Time))
		}
		return sheetMsg{n: n, err: err, make: func() *level { return v.diffLevel(c, d, s) }}
	}
}

func (v *View) diffLevel(c query.Change, d query.Diff, s query.State) *level {
	out := []row{{key: c.Seq, change: &c}, {key: -1}}
	add := func(event int64, cells ...grid.Cell) {
		out = append(out, row{key: -int64(len(out)) - 1, words: cells, event: event})
	}
	if d.Note != "" {
		add(0, dim(d.Note))
	}
	for _, l := range d.Lines {
		add(0, v.diffLine(l)...)
	}
	if len(s.Facts)+len(s.Unknown) > 0 {
		add(0)
		add(0, dim("what the case tells of it right after"))
	}
	for _, f := range s.Facts {
		since := grid.Cell{Text: "  since " + v.state.Clock(f.Since), Role: themes.Dim}
		if f.Inferred {
			since = grid.Cell{Text: "  inferred", Role: themes.Warn}
		}
		add(f.Seq, grid.Cell{Text: "  " + text.Pad(text.CleanLine(f.Aspect, 24), 24, "~") + " ", Role: themes.Key}, plain(joined(f.Key, f.Value)), since)
	}
	for _, u := range s.Unknown {
		words := "unknown"
		if u.Since != 0 {
			words = "unknown before " + string(v.state.Clock(u.Since))
		}
		add(0, grid.Cell{Text: "  " + text.Pad(text.CleanLine(u.Aspect, 24), 24, "~") + " ", Role: themes.Key}, grid.Cell{Text: text.Safe(words), Role: themes.Warn})
	}
	title := text.Safe("Before and after")
	if d.Resource != "" {
		title += ": " + text.CleanLine(d.Resource, 120)
	}
	l := v.newList(title, out)
	l.command = []string{"timeline", "--diff", c.ID}
	l.narrow = func(r query.ChangeRequest) (query.ChangeRequest, error) {
		f, err := query.Is("id", query.Value{Text: c.ID, Null: c.ID == ""})
		r.Filter, r.Fold, r.Least = f, false, 0
		return r, err
	}
	return l
}

func joined(key, value string) string {
	switch {
	case key == "":
		return value
	case value == "":
		return key
	}
	return key + ": " + value
}

// diffLine says one fact before and after, with a sign for how it differs.
func (v *View) diffLine(l query.DiffLine) []grid.Cell {
	g := v.state.Styles.Glyphs
	sign := [...]string{query.Same: " ", query.Added: "+", query.Removed: "-", query.Altered: "~"}[l.Mark]
	role := [...]themes.Role{query.Same: themes.Dim, query.Added: themes.Good, query.Removed: themes.Denied, query.Altered: themes.Warn}[l.Mark]
	cells := []grid.Cell{{Text: text.Safe(sign + " "), Role: role}, {Text: text.Pad(text.CleanLine(l.Aspect, 24), 24, "~") + " ", Role: themes.Key}}
	before := l.Before
	switch {
	case l.Unknown:
		before = "unknown"
	case l.Inferred && l.Mark != query.Same:
		before += " (inferred)"
	}
	switch l.Mark {
	case query.Altered:
		key := ""
		if l.Key != "" {
			key = l.Key + ": "
		}
		return append(cells, grid.Cell{Text: text.CleanLine(key+before, cellMax), Role: themes.Dim}, grid.Cell{Text: text.Safe(" " + g.Right + " "), Role: role}, grid.Cell{Text: text.CleanLine(l.After, cellMax), Role: role})
	case query.Removed:
		return append(cells, grid.Cell{Text: text.CleanLine(joined(l.Key, before), cellMax), Role: role})
	}
	return append(cells, grid.Cell{Text: text.CleanLine(joined(l.Key, l.After), cellMax), Role: role})
}
