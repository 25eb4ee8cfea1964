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

// token returns the word left of the cursor that can be completed: from the last
// blank, parenthesis or minus outside quotes. Within a value it is what follows
// the operator or the last comma, and field is what stands before it.
func token(before string) (word, field string) {
	from, quoted := 0, false
	for i := 0; i < len(before); i++ {
		switch c := before[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(" ()\t", c) >= 0:
			from = i + 1
		case !quoted && c == '-' && i == from:
			from = i + 1
		}
	}
	word = before[from:]
	if i := strings.IndexAny(word, ":=<>!"); i > 0 {
		field = word[:i]
		word = strings.TrimLeft(word[i:], ":=<>!")
		if j := strings.LastIndexByte(word, ','); j >= 0 && !quoted {
			word = word[j+1:]
		}
	}
	return word, field
}

// complete offers what can stand at the cursor.
func (e *editor) complete(m *Model) tea.Cmd {
	word, field := token(e.in.before())
	e.sel = -1
	if field != "" {
		return e.completeValue(m, field, word)
	}
	e.values.Stop()
	e.asked, e.list = valuesKey{}, nil
	if word == "" {
		return nil
	}
	low := strings.ToLower(word)
	for _, f := range query.Fields() {
		if name := f.Name; strings.HasPrefix(name, low) {
			e.list = append(e.list, completion{title: text.Safe(name), note: text.Safe(f.Help), insert: name + ":"})
		}
	}
	for _, f := range query.Fields() {
		for _, a := range f.Aliases {
			if strings.HasPrefix(strings.ToLower(a), low) && len(e.list) < maxCompletions {
				e.list = append(e.list, completion{title: text.Safe(a), note: text.Safe("the same as " + f.Name), insert: a + ":"})
			}
		}
	}
	for _, k := range query.RecordKeys() {
		if _, known := query.Lookup(k); !known && strings.HasPrefix(strings.ToLower(k), low) && len(e.list) < maxCompletions {
			e.list = append(e.list, completion{title: text.Safe(k), note: "path into the record", insert: k + "."})
		}
	}
	return nil
}

// completeValue offers values of a field: closed ones at once, those of the case
// when it answers.
func (e *editor) completeValue(m *Model, field, word string) tea.Cmd {
	f, known := query.Lookup(field)
	prefix := strings.TrimPrefix(word, `"`)
	e.list = nil
	if known {
		for _, v := range f.Values {
			if strings.HasPrefix(strings.ToLower(v), strings.ToLower(prefix)) {
				e.list = append(e.list, completion{title: text.Clean(v), insert: quoteValue(v)})
			}
		}
	}
	if !known || f.Kind.Closed() || f.Kind.Ordered() || f.Kind == query.KindRecord || strings.ContainsAny(prefix, "*?/") {
		e.values.Stop()
		e.asked = valuesKey{}
		return nil
	}
	key := valuesKey{field: f.Name, prefix: prefix}
	if key == e.asked {
		return nil
	}
	e.asked = key
	ctx, n := e.values.Next(m.ctx)
	c := m.opt.Case
	return func() tea.Msg {
		v, err := c.Values(ctx, query.ValueRequest{Field: key.field, Prefix: key.prefix, N: maxCompletions})
		return valuesMsg{n: n, key: key, values: v, err: err}
	}
}

// offer takes values of the case into the list.
func (e *editor) offer(key valuesKey, values []query.FacetValue) {
	if word, field := token(e.in.before()); field == "" || strings.TrimPrefix(word, `"`) != key.prefix {
		return
	}
	var list []completion
	for _, v := range values {
		if v.Value.Null || v.Value.Text == "" {
			continue
		}
		list = append(list, completion{title: text.CleanLine(v.Value.Text, 60), note: text.Safe(thousands(v.Count)), insert: quoteValue(v.Value.Text)})
	}
	e.list, e.sel = list, -1
}

// accept puts a completion in place of the word.
func (e *editor) accept(m *Model, i int) tea.Cmd {
	if i < 0 || i >= len(e.list) {
		return nil
	}
	c := e.list[i]
	before := e.in.before()
	word, field := token(before)
	after := e.in.value()[len(before):]
	before = before[:len(before)-len(word)] + c.insert
	if field != "" && !strings.HasPrefix(after, " ") {
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
	word, field := token(e.in.value())
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
		if field != "" && strings.EqualFold(c.insert, word) {
			return false
		}
	}
	return true
}

// quoteValue writes a value as the filter language reads it back.
func quoteValue(v string) string {
	if v != "" && !strings.ContainsAny(v, " \t\"(),*?\\<>=!~") && !strings.HasPrefix(v, "/") && !strings.Contains(v, "..") {
		return v
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
}
