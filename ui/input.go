package ui

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"spoor/themes"
	"spoor/ui/text"
)

// maxInput bounds what can be typed or pasted into a line.
const maxInput = 4096

// input is a line being edited. The editing is the library's; the drawing is
// ours, because what was pasted is as hostile as what was logged.
type input struct{ model textinput.Model }

func newInput(initial string) input {
	t := textinput.New()
	t.CharLimit = maxInput
	t.SetVirtualCursor(false) // the terminal has one, which need not blink
	t.Focus()
	t.SetValue(initial)
	t.CursorEnd()
	return input{model: t}
}

func (in *input) value() string { return in.model.Value() }

func (in *input) set(s string, cursor int) {
	in.model.SetValue(s)
	in.model.SetCursor(cursor)
}

// update edits the line and reports whether its text changed.
func (in *input) update(msg tea.Msg) (changed bool, cmd tea.Cmd) {
	before := in.value()
	in.model, cmd = in.model.Update(msg)
	return in.value() != before, cmd
}

// before is the text left of the cursor.
func (in *input) before() string {
	r := []rune(in.value())
	return string(r[:min(in.model.Position(), len(r))])
}

// draw draws the line in w cells, scrolled so that the cursor is in sight. mark
// is the rune where a mistake begins, -1 for none. x is the cell of the cursor.
func (in *input) draw(s *themes.Styles, w, mark int) (line string, x int) {
	runes := []rune(in.value())
	at := min(in.model.Position(), len(runes))
	x = text.Width(text.Clean(string(runes[:at])))
	bad := len(runes)
	if mark >= 0 {
		bad = min(mark, len(runes))
	}
	good, wrong := text.Clean(string(runes[:bad])), text.Clean(string(runes[bad:]))
	skip := max(0, x-w+1)
	gw := text.Width(good)
	good, wrong = text.Skip(good, skip), text.Skip(wrong, max(0, skip-gw))
	good = text.Truncate(good, w, "")
	wrong = text.Truncate(wrong, max(w-text.Width(good), 0), "")
	line = s.Paint(themes.Text, string(good)) + s.Paint(themes.Error, string(wrong)) +
		text.Spaces(w-text.Width(good)-text.Width(wrong))
	return line, x - skip
}
