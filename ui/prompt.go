package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// prompt asks for one line.
type prompt struct {
	pane.Ask
	in    input
	err   text.Safe
	past  int    // index into History, its length for what is being written
	draft string // what was being written before walking the history
	words offer
}

// offer is the words that tab takes in turn.
type offer struct {
	before, after string // the line around the word
	list          []string
	at            int // of the word taken, -1 before the first
}

func newPrompt(a pane.Ask) *prompt {
	return &prompt{Ask: a, in: newInput(a.Initial), past: len(a.History)}
}

func (o *prompt) update(m *Model, msg tea.Msg) (pane.Intent, tea.Cmd) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "esc":
			m.pop(o)
			return nil, nil
		case "enter":
			intent, cmd, err := o.Done(strings.TrimSpace(o.in.value()))
			if err != nil {
				o.err = text.Clean(err.Error())
				return nil, nil
			}
			m.pop(o)
			return intent, cmd
		case "up":
			o.walk(-1)
			return nil, nil
		case "down":
			o.walk(1)
			return nil, nil
		case "tab":
			o.complete(1)
			return nil, nil
		case "shift+tab":
			o.complete(-1)
			return nil, nil
		}
	}
	changed, cmd := o.in.update(msg)
	if changed {
		o.err, o.words = "", offer{}
	}
	return nil, cmd
}

// walk shows what was entered before or after.
func (o *prompt) walk(n int) {
	to := o.past + n
	if to < 0 || to > len(o.History) {
		return
	}
	if o.past == len(o.History) {
		o.draft = o.in.value()
	}
	o.past = to
	line := o.draft
	if to < len(o.History) {
		line = o.History[to]
	}
	o.in.set(line, runeLen(line))
	o.words = offer{}
}

// complete puts the next word offered in place of the one at the cursor.
func (o *prompt) complete(n int) {
	if o.Complete == nil {
		return
	}
	if len(o.words.list) == 0 {
		before := o.in.before()
		from, list := o.Complete(before)
		if len(list) == 0 {
			return
		}
		o.words = offer{before: before[:from], after: o.in.value()[len(before):], list: list, at: -1}
		if n < 0 {
			o.words.at = 0
		}
	}
	w := &o.words
	w.at = (w.at + n + len(w.list)) % len(w.list)
	line := w.before + w.list[w.at]
	o.in.set(line+w.after, runeLen(line))
}

func (o *prompt) size(m *Model) rect {
	if o.Wide {
		return m.centred(160, 5)
	}
	return m.centred(80, 5)
}

func (o *prompt) box(m *Model) box {
	r := o.size(m)
	st := m.look.styles
	line, _ := o.in.draw(st, max(r.w-5, 1), -1)
	inner := []string{st.Paint(themes.Accent, " > ") + line}
	switch {
	case o.err != "":
		inner = append(inner, m.wrapped(o.err, themes.Error, r.w-2)...)
	case len(o.words.list) > 1:
		inner = append(inner, m.drawLine(o.offered(r.w-2), r.w-2))
	default:
		inner = append(inner, m.wrapped(o.Help, themes.Dim, r.w-2)...)
	}
	inner = append(inner, m.drawLine(o.keys(m), r.w-2))
	r.h = min(len(inner)+2, max(m.h-r.y, 5))
	return m.frameBox(r, o.Title, inner)
}

// wrapped draws a text over as many lines as it takes.
func (m *Model) wrapped(t text.Safe, role themes.Role, w int) []string {
	var lines []string
	for _, l := range text.Wrap(t, max(w-2, 1)) {
		lines = append(lines, m.drawLine([]seg{{text: " " + l, role: role}}, w))
	}
	return lines
}

// offered lists the words, from the one taken on.
func (o *prompt) offered(w int) []seg {
	var line []seg
	for i := range o.words.list {
		s := seg{text: " " + text.CleanLine(o.words.list[(o.words.at+i)%len(o.words.list)], 40), role: themes.Dim}
		if i == 0 {
			s.role = themes.Accent
		}
		if line = append(line, s); widthOf(line) > w {
			break
		}
	}
	return line
}

// keys are the keys that do something here.
func (o *prompt) keys(m *Model) []seg {
	line := []seg{{text: " enter ", role: themes.Accent}, {text: "takes it  ", role: themes.Dim}}
	if o.Complete != nil {
		line = append(line, seg{text: "tab ", role: themes.Accent}, seg{text: "completes  ", role: themes.Dim})
	}
	if len(o.History) > 0 {
		line = append(line, seg{text: text.Safe(m.look.glyphs.Up+m.look.glyphs.Down) + " ", role: themes.Accent}, seg{text: "earlier ones  ", role: themes.Dim})
	}
	return append(line, seg{text: "esc ", role: themes.Accent}, seg{text: "leaves", role: themes.Dim})
}

func (o *prompt) cursor(m *Model) (int, int, bool) {
	r := o.size(m)
	_, x := o.in.draw(m.look.styles, max(r.w-5, 1), -1)
	return r.x + 4 + x, r.y + 1, true
}
