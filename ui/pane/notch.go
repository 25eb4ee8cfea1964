package pane

import tea "charm.land/bubbletea/v2"

// Notch is by how many rows a turn of the wheel moves a list: three up or down,
// none sideways.
func Notch(msg tea.MouseWheelMsg) int {
	switch msg.Button {
	case tea.MouseWheelUp:
		return -3
	case tea.MouseWheelDown:
		return 3
	}
	return 0
}
