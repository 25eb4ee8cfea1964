package ui

import (
	"cmp"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"spoor/ui/pane"
)

// key routes a key: ctrl+c always, then the overlay on top, the filter line, a
// count, the command table, and last the focused pane. On a screen too small to
// show what keys would do they do nothing, but for the one that it names.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	k := msg.String()
	if k == "ctrl+c" {
		return m.interrupt()
	}
	m.digits.stops = 0
	m.presses++
	m.notice.text = ""
	if m.frame.tooSmall {
		if k == "q" {
			return tea.Quit
		}
		return nil
	}
	if n := len(m.overlays); n > 0 {
		return m.toOverlay(msg)
	}
	if m.edit != nil {
		return m.editKey(msg)
	}
	if cmd, taken := m.digit(k); taken {
		return cmd
	}
	return m.run(msg, k)
}

// twoKeys takes apart what was read as a key with alt: a terminal sends that as
// escape and the key, so esc and the next key come as one where they were typed
// faster than they were read, as over a slow line. In a line of text keys with alt
// move by words, but for esc itself.
func (m *Model) twoKeys(msg tea.KeyPressMsg) (first, second tea.KeyPressMsg, ok bool) {
	if !msg.Mod.Contains(tea.ModAlt) || m.typing() && msg.Code != tea.KeyEscape {
		return first, second, false
	}
	if _, bound := m.table.lookup(m.paneAt(m.shape.focus), msg.String()); bound {
		return first, second, false
	}
	msg.Mod &^= tea.ModAlt
	if r := cmp.Or(msg.ShiftedCode, msg.Code); msg.Mod&^tea.ModShift == 0 && unicode.IsPrint(r) {
		msg.Text = string(r)
	}
	return tea.KeyPressMsg{Code: tea.KeyEscape}, msg, true
}

// typing reports whether keys are text: of the filter, a prompt or a note.
func (m *Model) typing() bool {
	if n := len(m.overlays); n > 0 {
		switch m.overlays[n-1].(type) {
		case *prompt, *noteBox:
			return true
		}
		return false
	}
	return m.edit != nil
}

// run runs the command of a key with the count typed before it.
func (m *Model) run(msg tea.KeyPressMsg, k string) tea.Cmd {
	p := m.paneAt(m.shape.focus)
	n := m.digits.take()
	c, ok := m.table.lookup(p, k)
	if !ok {
		intent, cmd := p.Update(msg)
		return tea.Batch(cmd, m.act(intent))
	}
	return m.runCommand(c, n)
}

// runCommand runs a command, or says why it can't.
func (m *Model) runCommand(c pane.Command, n int) tea.Cmd {
	if why := c.Why(); why != "" {
		m.say(c.Title + ": " + safeWhy(why))
		return nil
	}
	intent, cmd := c.Run(n)
	return tea.Batch(cmd, m.act(intent))
}

// interrupt ends the program at the second ctrl+c in a row.
func (m *Model) interrupt() tea.Cmd {
	if m.digits.stops++; m.digits.stops > 1 {
		return tea.Quit
	}
	m.say("ctrl+c again ends the program")
	return nil
}

// digits is the count being typed. It begins with 0: other digits are views, and who
// goes through them quickly must not find that 2 and 3 were 23.
type digits struct {
	n        int
	counting bool
	stops    int // ctrl+c in a row
}

const maxCount = 1_000_000

func (d *digits) take() int {
	n := d.n
	d.n, d.counting = 0, false
	return n
}

// digit takes a key that names a view or belongs to a count.
func (m *Model) digit(k string) (tea.Cmd, bool) {
	if len(k) != 1 || k[0] < '0' || k[0] > '9' {
		return nil, false
	}
	d, v := &m.digits, int(k[0]-'0')
	switch {
	case d.counting:
		d.n = min(d.n*10+v, maxCount)
	case v == 0:
		d.counting = true
	case v <= len(m.views):
		return m.goTo(v - 1), true
	default:
		return nil, false
	}
	return nil, true
}

// paste goes where text can be entered; elsewhere a pasted time is jumped to.
func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	switch {
	case m.frame.tooSmall:
		return nil
	case len(m.overlays) > 0:
		return m.toOverlay(msg)
	case m.edit != nil:
		return m.editKey(msg)
	case !m.shape.events:
		return nil
	}
	return m.jumpTo(firstLine(msg.Content))
}
