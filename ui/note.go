package ui

import (
	"context"
	"strings"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// annotationMsg is what is noted about something, to be changed by then.
type annotationMsg struct {
	of   pane.Target
	now  query.Annotation
	then func(pane.Target, query.Annotation) tea.Cmd
	err  error
}

// markedView is the title of the view that lists what is noted.
const markedView = "Marked"

// target is what mark and note mean: what the row under the cursor is about.
func (m *Model) target() (pane.Target, bool) {
	if t, ok := m.paneAt(m.shape.focus).(pane.Targeted); ok {
		if t, ok := t.Target(); ok {
			return t, true
		}
	}
	seq, ok := m.currentSeq()
	return pane.Target{About: query.AboutEvent, Seq: seq}, ok
}

// startMark reads what is noted about what is under the cursor, and offers what
// can be put on it.
func (m *Model) startMark() tea.Cmd {
	t, ok := m.target()
	if !ok {
		return nil
	}
	return m.annotation(t, m.markMenu)
}

// annotation reads what is noted about something and goes on with it.
func (m *Model) annotation(t pane.Target, then func(pane.Target, query.Annotation) tea.Cmd) tea.Cmd {
	mk, ctx := m.opt.Mark, m.ctx
	return func() tea.Msg {
		a, err := mk.Annotation(ctx, t.About, t.Name, t.Seq)
		return annotationMsg{of: t, now: a, then: then, err: err}
	}
}

func (m *Model) annotated(msg annotationMsg) tea.Cmd {
	if msg.err != nil {
		// Often just that there is none: an event without a resource.
		m.notice.text, m.notice.bad = text.Clean("its "+msg.of.About.String()+": "+msg.err.Error()), true
		return nil
	}
	return msg.then(msg.of, msg.now)
}

// markMenu offers the marks, each a word so that colour is never alone, notes
// and tags, and to go on to the session or the resource of an event. Each has a
// letter of its own.
func (m *Model) markMenu(of pane.Target, a query.Annotation) tea.Cmd {
	what := text.Safe(a.About.String())
	box := &menu{title: "Mark the " + what, help: "a letter or enter chooses, esc leaves", keys: map[string]func(int) tea.Cmd{}}
	if a.About != query.AboutEvent {
		box.title += " " + text.CleanLine(a.Name, 50)
	}
	add := func(key, title, note text.Safe, on bool, do func() tea.Cmd) {
		box.items = append(box.items, menuItem{title: title, note: note, key: key, on: on, do: func() (pane.Intent, tea.Cmd) { return nil, do() }})
		box.keys[string(key)] = func(int) tea.Cmd {
			m.pop(box)
			return do()
		}
	}
	set := func(word string) func() tea.Cmd {
		return func() tea.Cmd {
			said := text.Safe("marked " + word)
			if a.Mark = word; word == "" {
				said = "mark taken away"
			}
			return m.annotate(a, said)
		}
	}
	for _, word := range query.Marks() {
		add(text.Safe(word[:1]), text.Safe(word), "", a.Mark == word, set(word))
	}
	add("-", "no mark", "", a.Mark == "", set(""))
	first, _, _ := strings.Cut(a.Note, "\n")
	add("n", "note", orHelp(first, "several lines of text"), a.Note != "", func() tea.Cmd { return m.editNote(a) })
	add("t", "tags", orHelp(strings.Join(a.Tags, " "), "words, with blanks between"), len(a.Tags) > 0, func() tea.Cmd { return m.editTags(a) })
	if of.Name == "" && of.About == query.AboutEvent {
		add("s", "its session", "found on all that was done in it", false, func() tea.Cmd {
			return m.annotation(pane.Target{About: query.AboutSession, Seq: of.Seq}, m.markMenu)
		})
		add("o", "its resource", "found on all that touched it", false, func() tea.Cmd {
			return m.annotation(pane.Target{About: query.AboutResource, Seq: of.Seq}, m.markMenu)
		})
	}
	return m.push(box)
}

// orHelp is what is there, or what can be.
func orHelp(s string, help text.Safe) text.Safe {
	if s == "" {
		return help
	}
	return text.CleanLine(s, 60)
}

// annotate keeps an annotation.
func (m *Model) annotate(a query.Annotation, said text.Safe) tea.Cmd {
	mk, ctx := m.opt.Mark, m.ctx
	a.Changed = m.now().UTC()
	return func() tea.Msg {
		return pane.Done{What: text.Safe("mark the " + a.About.String()), Said: said, Grown: true, Err: mk.Annotate(ctx, a)}
	}
}

func (m *Model) editTags(a query.Annotation) tea.Cmd {
	return m.act(pane.Ask{Title: text.Safe("Tags of the " + a.About.String()), Initial: strings.Join(a.Tags, " "), Help: "words, with blanks between; find them with tag:word",
		Done: func(s string) (pane.Intent, tea.Cmd, error) {
			a.Tags = query.Retag(nil, strings.Fields(s))
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
	return m.frameBox(r, text.Safe("Note on the "+o.about.About.String()), inner)
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
