package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/text"
)

// completion is one way to finish the word at the cursor.
type completion struct {
	title, note text.Safe
	insert      string // in place of the word
}

// maxCompletions bounds the list; more would not be read.
const maxCompletions = 40

// complete offers what can stand at the cursor: what is known at once, and values
// of the case when it answers.
func (e *editor) complete(m *Model) tea.Cmd {
	was, c := e.word, query.Complete(e.in.value(), len(e.in.before()))
	e.word, e.sel = c, -1
	wanted := c.Field != "" && !strings.ContainsAny(c.Prefix, "*?/")
	if wanted && c.Field == was.Field && c.Prefix == was.Prefix {
		return nil
	}
	e.list = nil
	for _, it := range c.Items[:min(len(c.Items), maxCompletions)] {
		if e.typed() != "" || c.Value {
			e.list = append(e.list, completion{title: text.Safe(strings.TrimSuffix(it.Text, ":")), note: text.Safe(it.Help), insert: it.Text})
		}
	}
	if !wanted {
		e.values.Stop()
		return nil
	}
	ctx, n := e.values.Next(m.ctx)
	ask := m.opt.Case
	return func() tea.Msg {
		v, err := ask.Values(ctx, query.ValueRequest{Field: c.Field, Prefix: c.Prefix, N: maxCompletions})
		return valuesMsg{n: n, values: v, err: err}
	}
}

// typed is the part of the word left of the cursor.
func (e *editor) typed() string { return e.in.before()[e.word.From:] }

// offer takes values of the case into the list.
func (e *editor) offer(values []query.FacetValue) {
	e.list, e.sel = nil, -1
	for _, v := range values {
		if !v.Value.Null && v.Value.Text != "" {
			e.list = append(e.list, completion{title: text.CleanLine(v.Value.Text, 60), note: text.Safe(thousands(v.Count)), insert: e.word.Insert(v.Value.Text)})
		}
	}
}

// accept puts a completion in place of the word.
func (e *editor) accept(m *Model, i int) tea.Cmd {
	if i < 0 || i >= len(e.list) {
		return nil
	}
	line := e.in.value()
	before, after := line[:e.word.From]+e.list[i].insert, line[e.word.To:]
	if e.word.Value && !strings.HasPrefix(after, " ") {
		before += " "
	}
	e.in.set(before+after, runeLen(before))
	e.list, e.sel = nil, -1
	return e.changed(m)
}

// unfinished reports whether the text ends in a word that is still on its way to
// a field or a value: "acto" is not to be looked for in all records, and actor:al
// not to empty the table.
func (e *editor) unfinished() bool {
	word := e.typed()
	if e.in.before() != e.in.value() || word == "" {
		return false
	}
	if e.values.Out() {
		return true // the values that it may become are being looked up
	}
	if len(e.list) == 0 {
		return false
	}
	for _, c := range e.list {
		if e.word.Value && strings.EqualFold(c.insert, word) {
			return false
		}
	}
	return true
}
