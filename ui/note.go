package ui

import (
	"context"
	"slices"
	"strings"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// annotationMsg is what is noted about an event, to be changed by then.
type annotationMsg struct {
	now  query.Annotation
	then func(query.Annotation) tea.Cmd
	err  error
}

// markMenu offers the marks, each a word so that colour is never alone, and
// notes and tags.
func (m *Model) markMenu() tea.Cmd {
	var items []menuItem
	for _, word := range append(query.Marks(), "") {
		title := text.Safe(word)
		if word == "" {
			title = "no mark"
		}
		items = append(items, menuItem{title: title, do: func() (pane.Intent, tea.Cmd) {
			return nil, m.annotation(func(a query.Annotation) tea.Cmd {
				a.Mark = word
				return m.annotate(a, "marked "+title)
			})
		}})
	}
	items = append(items,
		menuItem{title: "note", note: "several lines of text", do: func() (pane.Intent, tea.Cmd) { return nil, m.annotation(m.editNote) }},
		menuItem{title: "tags", note: "words, with blanks between", do: func() (pane.Intent, tea.Cmd) { return nil, m.annotation(m.editTags) }})
	return m.push(&menu{title: "Mark the event", items: items})
}

// annotation reads what is noted about the current event and goes on with it.
func (m *Model) annotation(then func(query.Annotation) tea.Cmd) tea.Cmd {
	seq, ok := m.currentSeq()
	if !ok {
		return nil
	}
	mk, ctx := m.opt.Mark, m.ctx
	return func() tea.Msg {
		a, err := mk.Annotation(ctx, query.AboutEvent, "", seq)
		return annotationMsg{now: a, then: then, err: err}
	}
}

func (m *Model) annotated(msg annotationMsg) tea.Cmd {
	if msg.err != nil {
		return m.fail("read the notes on the event", msg.err)
	}
	return msg.then(msg.now)
}

// annotate keeps an annotation.
func (m *Model) annotate(a query.Annotation, said text.Safe) tea.Cmd {
	mk, ctx := m.opt.Mark, m.ctx
	a.Changed = m.now().UTC()
	return func() tea.Msg {
		return doneMsg{what: "mark the event", said: said, grown: true, err: mk.Annotate(ctx, a)}
	}
}

func (m *Model) editTags(a query.Annotation) tea.Cmd {
	return m.act(pane.Ask{Title: "Tags of the event", Initial: strings.Join(a.Tags, " "), Help: "words, with blanks between; find them with tag:word",
		Done: func(s string) (pane.Intent, tea.Cmd, error) {
			a.Tags = strings.Fields(s)
			slices.Sort(a.Tags)
			a.Tags = slices.Compact(a.Tags)
			return nil, m.annotate(a, "tags kept"), nil
		}})
}

func (m *Model) editNote(a query.Annotation) tea.Cmd {
	t := textarea.New()
	t.CharLimit = maxNote
	t.MaxHeight = maxNote
	t.MaxWidth = 0
	t.SetWidth(noteWidth)
	t.SetVirtualCursor(false)
	t.SetValue(a.Note)
	t.Focus()
	return m.push(&noteBox{about: a, area: t})
}

// showMarked shows the events that carry a mark, a note or a tag; in a view of
// changes, the changes.
func (m *Model) showMarked() tea.Cmd {
	f, err := query.Parse("mark:* OR note:* OR tag:*")
	if err != nil {
		return m.fail("filter", err)
	}
	if _, ok := m.scripted(); ok {
		return m.act(pane.Replace{Filter: f})
	}
	return m.act(pane.Evidence{Filter: f})
}

// maxNote bounds a note, in characters.
const maxNote = 16_384

// noteWidth is wider than any line is wrapped at: lines are as they were typed.
const noteWidth = 4096

// noteBox edits a note. The library edits, we draw: what was pasted is hostile.
type noteBox struct {
	about query.Annotation
	area  textarea.Model
}

func (o *noteBox) update(m *Model, msg tea.Msg) (pane.Intent, tea.Cmd) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "esc":
			m.pop(o)
			return nil, nil
		case "ctrl+d", "ctrl+enter":
			m.pop(o)
			o.about.Note = strings.TrimRight(o.area.Value(), " \n")
			return nil, m.annotate(o.about, "note kept")
		}
	}
	var cmd tea.Cmd
	o.area, cmd = o.area.Update(msg)
	return nil, cmd
}

func (o *noteBox) size(m *Model) rect { return m.centred(84, 16) }

// view returns the lines in sight, how far they are scrolled, and the cell of
// the cursor.
func (o *noteBox) view(m *Model) (r rect, lines []text.Safe, x, y int) {
	r = o.size(m)
	all := strings.Split(o.area.Value(), "\n")
	row := min(o.area.Line(), len(all)-1)
	runes := []rune(all[row])
	x = text.Width(text.Clean(string(runes[:min(o.area.Column(), len(runes))])))
	w, h := r.w-4, r.h-3
	skip, top := max(0, x-w+1), max(0, row-h+1)
	for i := range h {
		var l text.Safe
		if k := top + i; k < len(all) {
			l = text.Truncate(text.Skip(text.Clean(all[k]), skip), w, "")
		}
		lines = append(lines, l)
	}
	return r, lines, x - skip, row - top
}

func (o *noteBox) box(m *Model) box {
	r, lines, _, _ := o.view(m)
	var inner []string
	for _, l := range lines {
		inner = append(inner, m.drawLine([]seg{{text: " " + l}}, r.w-2))
	}
	inner = append(inner, m.drawLine([]seg{{text: " ctrl+d ", role: themes.Accent}, {text: "keeps it  ", role: themes.Dim},
		{text: "esc ", role: themes.Accent}, {text: "leaves it as it was", role: themes.Dim}}, r.w-2))
	return m.frameBox(r, "Note on the event", inner)
}

func (o *noteBox) cursor(m *Model) (int, int, bool) {
	r, _, x, y := o.view(m)
	return r.x + 2 + x, r.y + 1 + y, true
}

// Marker is what keeps analysts' marks, notes and tags. *store.DB is one.
type Marker interface {
	Annotation(ctx context.Context, about query.About, name string, seq int64) (query.Annotation, error)
	Annotate(ctx context.Context, a query.Annotation) error
}
