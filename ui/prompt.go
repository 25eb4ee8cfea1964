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
	in  input
	err text.Safe
}

func newPrompt(a pane.Ask) *prompt { return &prompt{Ask: a, in: newInput(a.Initial)} }

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
		}
	}
	if changed, cmd := o.in.update(msg); changed {
		o.err = ""
		return nil, cmd
	}
	return nil, nil
}

func (o *prompt) size(m *Model) rect { return m.centred(80, 5) }

func (o *prompt) box(m *Model) box {
	r := o.size(m)
	st := m.look.styles
	line, _ := o.in.draw(st, max(r.w-5, 1), -1)
	below := seg{text: " " + o.Help, role: themes.Dim}
	if o.err != "" {
		below = seg{text: " " + o.err, role: themes.Error}
	}
	return m.frameBox(r, o.Title, []string{
		st.Paint(themes.Accent, " > ") + line,
		m.drawLine([]seg{below}, r.w-2),
		m.drawLine([]seg{{text: " enter ", role: themes.Accent}, {text: "takes it  ", role: themes.Dim}, {text: "esc ", role: themes.Accent}, {text: "leaves", role: themes.Dim}}, r.w-2),
	})
}

func (o *prompt) cursor(m *Model) (int, int, bool) {
	r := o.size(m)
	_, x := o.in.draw(m.look.styles, max(r.w-5, 1), -1)
	return r.x + 4 + x, r.y + 1, true
}
