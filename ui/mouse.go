package ui

import (
	tea "charm.land/bubbletea/v2"

	"spoor/ui/pane"
)

// mouse routes a mouse message to what lies under it.
func (m *Model) mouse(msg tea.MouseMsg) tea.Cmd {
	if m.frame.tooSmall {
		return nil
	}
	at := msg.Mouse()
	_, click := msg.(tea.MouseClickMsg)
	if click {
		m.notice.text = ""
	}
	if len(m.overlays) > 0 {
		return m.toOverlay(msg)
	}
	if click {
		if cmd, hit := m.clickLine(at.X, at.Y); hit {
			return cmd
		}
	}
	s, ok := m.slotAt(at.X, at.Y)
	if _, moving := msg.(tea.MouseMotionMsg); moving || !ok {
		// A drag stays with the pane it began in.
		s, ok = m.shape.focus, true
	}
	var first tea.Cmd
	if click && s != m.shape.focus {
		m.edit = nil
		first = m.setFocus(s)
	}
	p := m.paneAt(s)
	r := m.frame.panes[s]
	if s != slotChart {
		r = r.below()
	}
	intent, cmd := p.Update(shiftMouse(msg, -r.x, -r.y))
	return tea.Batch(first, cmd, m.act(intent))
}

func (m *Model) slotAt(x, y int) (slot, bool) {
	for s := range slots {
		if m.frame.panes[s].has(x, y) {
			return s, true
		}
	}
	return slotMain, false
}

// clickLine acts on the piece of a line of the frame that was clicked.
func (m *Model) clickLine(x, y int) (tea.Cmd, bool) {
	var line []seg
	switch y {
	case m.frame.tabs.y:
		line = m.tabLine()
	case m.frame.filter.y:
		if m.edit != nil {
			return nil, true
		}
		line = m.filterLine()
	case m.frame.status.y:
		line = m.statusLine()
	case m.frame.foot.y:
		line = m.footLine()
	default:
		return nil, false
	}
	for _, s := range line {
		if w := s.width(); x < w {
			if s.do == nil {
				return nil, true
			}
			intent, cmd := s.do()
			return tea.Batch(cmd, m.act(intent)), true
		} else {
			x -= w
		}
	}
	return nil, true
}

// shiftMouse moves a mouse message into the coordinates of a pane.
func shiftMouse(msg tea.MouseMsg, dx, dy int) tea.Msg {
	at := msg.Mouse()
	at.X += dx
	at.Y += dy
	switch msg.(type) {
	case tea.MouseClickMsg:
		return tea.MouseClickMsg(at)
	case tea.MouseReleaseMsg:
		return tea.MouseReleaseMsg(at)
	case tea.MouseWheelMsg:
		return tea.MouseWheelMsg(at)
	default:
		return tea.MouseMotionMsg(at)
	}
}

// runSeg makes a piece of a line run a command of the table.
func (m *Model) runSeg(c pane.Command) func() (pane.Intent, tea.Cmd) {
	return func() (pane.Intent, tea.Cmd) { return nil, m.runCommand(c, 0) }
}
