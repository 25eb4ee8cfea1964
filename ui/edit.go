package ui

import (
	"errors"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// typePause is how long typing has to rest before the filter is tried.
const typePause = 80 * time.Millisecond

// editor is the filter line while it is edited: what it finds is shown while
// one types, enter keeps it, esc brings back what was.
type editor struct {
	in      input
	id      int // of the latest change
	err     *query.ParseError
	list    []completion
	sel     int // -1: none chosen
	values  pane.Line
	word    query.Completion // at the cursor
	cursorX int
}

type (
	editMsg   struct{ id int }
	valuesMsg struct {
		n      uint64
		values []query.FacetValue
		err    error
	}
)

// startEdit opens the filter line on the filter in force.
func (m *Model) startEdit() tea.Cmd {
	s := m.history.now().filter.String()
	if s != "" {
		s += " "
	}
	m.edit = &editor{in: newInput(s), sel: -1}
	return m.edit.complete(m)
}

// editKey gives the line a key or a paste.
func (m *Model) editKey(msg tea.Msg) tea.Cmd {
	e := m.edit
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "esc":
			return m.endEdit(m.history.now())
		case "enter":
			return m.keepEdit()
		case "tab":
			if len(e.list) > 0 {
				return e.accept(m, max(e.sel, 0))
			}
			return nil
		case "down", "ctrl+n":
			e.sel = min(e.sel+1, len(e.list)-1)
			return nil
		case "up", "ctrl+p":
			e.sel = max(e.sel-1, -1)
			return nil
		}
	}
	at := e.in.model.Position()
	changed, cmd := e.in.update(msg)
	if !changed && at == e.in.model.Position() {
		return cmd
	}
	if !changed {
		return tea.Batch(cmd, e.complete(m))
	}
	return tea.Batch(cmd, e.changed(m))
}

// changed follows the text: completion at once, the preview after a rest.
func (e *editor) changed(m *Model) tea.Cmd {
	e.id++
	id := e.id
	wait := tea.Tick(typePause, func(time.Time) tea.Msg { return editMsg{id} })
	return tea.Batch(wait, e.complete(m))
}

// keepEdit makes the filter a step of the history.
func (m *Model) keepEdit() tea.Cmd {
	e := m.edit
	if e.sel >= 0 && e.sel < len(e.list) {
		return e.accept(m, e.sel)
	}
	f, err := query.Parse(e.in.value())
	if err != nil {
		e.fail(err)
		return nil
	}
	l := m.history.now()
	l.filter = f
	return m.endEdit(l)
}

func (m *Model) endEdit(l lens) tea.Cmd {
	m.edit.values.Stop()
	m.edit = nil
	return m.apply(l)
}

func (e *editor) fail(err error) {
	if !errors.As(err, &e.err) {
		e.err = &query.ParseError{Col: 1, Msg: err.Error()}
	}
}

// editReply handles the rest after typing, and values for completion.
func (m *Model) editReply(msg tea.Msg) tea.Cmd {
	e := m.edit
	if e == nil {
		return nil
	}
	switch msg := msg.(type) {
	case editMsg:
		if msg.id == e.id {
			return e.try(m)
		}
	case valuesMsg:
		if e.values.Is(msg.n) && msg.err == nil {
			e.offer(msg.values)
			return e.try(m)
		} else if msg.err != nil {
			return m.fail("look up values", msg.err)
		}
	}
	return nil
}

// try shows what the text finds so far, or the mistake in it.
func (e *editor) try(m *Model) tea.Cmd {
	e.err = nil
	f, err := query.Parse(e.in.value())
	if err != nil && e.unfinished() {
		return nil // outcome:den is no mistake yet
	}
	if err != nil {
		e.fail(err)
		return nil
	}
	if e.unfinished() || m.preview == nil && f.Equal(m.history.now().filter) {
		return nil
	}
	l := m.history.now()
	l.filter = f
	m.preview = &l
	return m.sync()
}

// drawFilter draws the filter line: the conditions, or the text being edited.
func (m *Model) drawFilter() string {
	e := m.edit
	if e == nil {
		return m.drawLine(m.filterLine(), m.w)
	}
	s := m.look.styles
	bad := -1
	if e.err != nil {
		bad = e.err.Col - 1
	}
	line, x := e.in.draw(s, m.w-4, bad)
	e.cursorX = 3 + x
	return s.Paint(themes.Focus, " / ") + line + " "
}

// drawStatus draws the status line; while the filter has a mistake, what it is
// under where it is.
func (m *Model) drawStatus() string {
	e := m.edit
	if e == nil || e.err == nil {
		return m.drawLine(m.statusLine(), m.w)
	}
	runes := []rune(e.in.value())
	col := 3 + text.Width(text.Clean(string(runes[:max(0, min(e.err.Col-1, len(runes)))])))
	words := text.Clean(e.err.Short())
	if col+2+text.Width(words) <= m.w {
		return m.drawLine([]seg{{text: text.Safe(text.Spaces(col)) + "^ " + words, role: themes.Error}}, m.w)
	}
	// Too far right for the words: they go before the caret, or alone.
	if text.Width(words)+4 <= col && col < m.w {
		return m.drawLine([]seg{{text: text.Safe(text.Spaces(col-text.Width(words)-1)) + words + " ^", role: themes.Error}}, m.w)
	}
	return m.drawLine([]seg{{text: " " + words, role: themes.Error}}, m.w)
}

// box draws the list of completions under the word they complete.
func (e *editor) box(m *Model) box {
	if len(e.list) == 0 {
		return box{}
	}
	n := min(len(e.list), min(10, m.h-6))
	w := 20
	for _, c := range e.list {
		w = max(w, text.Width(c.title)+text.Width(c.note)+5)
	}
	w = min(w, min(76, m.w-2))
	x := max(0, min(e.cursorX-text.Width(text.Clean(e.typed()))-1, m.w-w))
	top := max(0, min(e.sel-n+1, len(e.list)-n))
	s := m.look.styles
	var lines []string
	for i := top; i < top+n; i++ {
		ground := themes.Bar
		if i == e.sel {
			ground = themes.Selected
		}
		c := e.list[i]
		title := text.Truncate(c.title, w-3, text.Safe(m.look.glyphs.Ellipsis))
		note := text.Truncate(c.note, max(w-3-text.Width(title)-2, 0), text.Safe(m.look.glyphs.Ellipsis))
		gap := text.Spaces(w - 2 - text.Width(title) - text.Width(note))
		lines = append(lines, s.On(themes.Text, ground).Render(" "+string(title)+gap)+s.On(themes.Dim, ground).Render(string(note)+" "))
	}
	return box{rect: rect{x, m.frame.filter.y + 2, w, len(lines)}, lines: lines}
}

// width in runes of a text, as the input counts.
func runeLen(s string) int { return utf8.RuneCountInString(s) }
