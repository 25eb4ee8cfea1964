package queries

import (
	"errors"
	"maps"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// Commands implements pane.Pane.
func (v *View) Commands() []pane.Command { return v.commands }

// makeCommands lists the commands, once.
func (v *View) makeCommands() []pane.Command {
	cmds := v.moves()
	do := pane.Doer("queries")
	cmds = append(cmds, pane.Pivots("queries", "what the question or finding stands for", 0, v.noFilter, v.pick)...)
	return append(cmds,
		do("open", "open", "Open the findings of the question, the events behind a finding, or a row of SQL in full", "Look", 1, v.nothing, v.enter, "enter"),
		do("events", "all its events", "Open all events that the question looks through", "Look", 2, v.noAnswer, v.openEvents, "e"),
		do("close", "back to questions", "Leave the findings or the answer to SQL; stop what runs there", "Go", 3, v.notOpen, v.close, "backspace"),
		do("new", "keep filter", "Keep the filter in force as a question of your own", "Take", 4, nil, v.keep, "n"),
		do("name", "rename", "Give a question of your own another name", "Take", 0, v.notOwn, v.rename, "r"),
		do("describe", "describe", "Say what a question of your own is for", "Take", 0, v.notOwn, v.describe, "d"),
		do("filter", "change filter", "Change the filter of a question of your own", "Take", 0, v.notOwn, v.refilter, "E"),
		do("all-cases", "for all cases", "Keep a question of your own for all cases, or for this one only", "Take", 0, v.notSharable, v.shareWithCases, "a"),
		do("delete", "delete", "Delete a question of your own", "Take", 0, v.notOwn, v.remove, "D", "delete"),
		do("share", "write to file", "Write your own questions to a file to share them, or the answer to SQL", "Take", 0, v.noShare, v.share, "w"),
		do("take", "take in", "Take questions in from a file", "Take", 0, v.noTake, v.take, "i"),
		do("again", "ask again", "Put all questions again", "Look", 0, nil, v.again, "ctrl+n"),
	)
}

// moves are the movements of whichever list is shown.
func (v *View) moves() []pane.Command {
	after := func() (pane.Intent, tea.Cmd) { return nil, nil }
	list, found, rows := v.list.Commands("queries", after), v.found.Commands("queries", after), v.sql.rows.Commands("queries", after)
	for i := range list {
		run := list[i].Run
		list[i].Run = func(n int) (pane.Intent, tea.Cmd) {
			switch {
			case v.sql.open:
				return rows[i].Run(n)
			case v.open != nil:
				return found[i].Run(n)
			}
			before := v.list.Place()
			intent, cmd := run(n)
			v.offHeading(v.list.Place() < before)
			return intent, cmd
		}
	}
	return list
}

// offHeading moves on from a heading, which nothing can be done with.
func (v *View) offHeading(up bool) {
	if l, ok := v.list.Current(); !ok || l.entry != nil {
		return
	}
	if up && v.list.Place() > 0 {
		v.list.Move(-1)
		return
	}
	v.list.Move(1)
}

func (v *View) nothing() string {
	if v.sql.open {
		if v.sql.rows.Len() == 0 {
			return "there are no rows"
		}
		return ""
	}
	if _, ok := v.current(); !ok && v.open == nil {
		return "move to a question first"
	}
	return ""
}

func (v *View) noAnswer() string {
	e, ok := v.subject()
	switch {
	case !ok || v.sql.open:
		return "move to a question first"
	case e.state == waiting || e.state == failed || e.answer.Status == query.Asks:
		return "it has no answer yet"
	}
	return ""
}

// noFilter says why the filter can't be had of what is under the cursor.
func (v *View) noFilter() string {
	if f, ok := v.filter(); v.sql.open || !ok || f.All() {
		if !v.sql.open && v.open == nil {
			return v.noAnswer()
		}
		return "move to a finding first"
	}
	return ""
}

// filter is that of the finding under the cursor, or of the question.
func (v *View) filter() (query.Filter, bool) {
	if v.open != nil {
		f, ok := v.found.Current()
		return f.Filter, ok
	}
	e, ok := v.current()
	if !ok || v.noAnswer() != "" {
		return query.Filter{}, false
	}
	return e.answer.Filter, true
}

// pick makes conditions of the filter under the cursor.
func (v *View) pick(how pane.How) pane.Intent {
	f, _ := v.filter()
	switch how {
	case pane.Exclude:
		return pane.Narrow{Filter: f.Not()}
	case pane.Only:
		return pane.Replace{Filter: f}
	}
	return pane.Narrow{Filter: f}
}

func (v *View) notOpen() string {
	if v.open == nil && !v.sql.open {
		return "no findings are open"
	}
	return ""
}

func (v *View) notOwn() string {
	if e, ok := v.subject(); !ok || !e.own || v.sql.open {
		return "only questions of your own can be changed"
	}
	return ""
}

func (v *View) notSharable() string {
	if v.files.Share == nil {
		return "questions for all cases can't be kept here"
	}
	return v.notOwn()
}

func (v *View) noShare() string {
	switch {
	case v.sql.open && (v.sql.run.Write == nil || v.sql.err != nil):
		return "there is no answer to write"
	case v.sql.open:
		return ""
	case v.files.Write == nil:
		return "files can't be written here"
	case len(v.own) == 0:
		return "there are no questions of your own yet"
	}
	return ""
}

func (v *View) noTake() string {
	if v.files.Read == nil {
		return "files can't be read here"
	}
	return ""
}

// subject is the question that commands are about.
func (v *View) subject() (*entry, bool) {
	if v.open != nil {
		return v.open, true
	}
	return v.current()
}

// enter goes one level in: findings, then events.
func (v *View) enter() (pane.Intent, tea.Cmd) {
	if v.sql.open {
		return v.readRow()
	}
	if v.open != nil {
		f, ok := v.found.Current()
		if !ok {
			return nil, nil
		}
		return pane.Evidence{Filter: f.Filter}, nil
	}
	e, ok := v.current()
	switch {
	case !ok:
		return nil, nil
	case e.state == failed:
		return pane.Say{Text: text.Clean(e.err.Error()), Bad: true}, nil
	case e.state == waiting:
		return pane.Say{Text: "asking this question now"}, v.askNow(e)
	case e.answer.Status == query.Asks:
		return v.askValue(e), nil
	case len(e.answer.Findings) > 0:
		v.open = nil
		v.showFindings(e)
		return nil, nil
	}
	return v.openEvents()
}

func (v *View) openEvents() (pane.Intent, tea.Cmd) {
	e, ok := v.subject()
	if !ok {
		return nil, nil
	}
	in := pane.Several{pane.Evidence{Filter: e.answer.Filter}}
	if e.saved.Order == "oldest" {
		in = append(in, pane.SetOrder{Order: query.Oldest})
	}
	if len(e.saved.Columns) > 0 {
		in = append(in, pane.SetColumns{Columns: e.saved.Columns})
	}
	return in, nil
}

func (v *View) close() (pane.Intent, tea.Cmd) {
	if v.sql.open {
		return v.leaveSQL()
	}
	v.open = nil
	return nil, nil
}

// Out implements pane.Nested.
func (v *View) Out() (tea.Cmd, bool) {
	if v.sql.open {
		_, cmd := v.leaveSQL()
		return cmd, true
	}
	was := v.open != nil
	v.open = nil
	return nil, was
}

// askValue asks for a variable and puts the question with it.
func (v *View) askValue(e *entry) pane.Intent {
	missing := e.answer.Missing
	return pane.Ask{Title: text.Clean(e.saved.Name), Help: text.Clean(missing.Prompt), Done: func(s string) (pane.Intent, tea.Cmd, error) {
		if s == "" {
			return nil, nil, errors.New("enter a value, or esc")
		}
		values := map[string]string{missing.Name: s}
		maps.Copy(values, e.values)
		e.values, e.state = values, waiting
		return nil, v.askNow(e), nil
	}}
}

func (v *View) again() (pane.Intent, tea.Cmd) {
	for _, e := range v.all() {
		if e.state == answered {
			e.state = stale
		}
	}
	v.stopLanes()
	v.ahead = false
	return nil, v.next()
}
