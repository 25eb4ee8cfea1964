package ui

import (
	"strings"

	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// tipEvery is after how many keys another tip stands in the footer: time to read
// one, and to forget that it was there.
const tipEvery = 40

// tip tells of one command that the hints don't name, where the footer has room for
// it. Which one changes with the view and now and then with the keys pressed, never
// by itself. Moving about is for the help to tell, and the views have their tabs.
func (m *Model) tip(room int) []seg {
	if m.opt.NoTips {
		return nil
	}
	var list []pane.Command
	for _, c := range m.table.live(m.paneAt(m.shape.focus)) {
		if c.Hint == 0 && c.Group != "Move" && len(c.Keys) > 0 && !strings.HasPrefix(c.ID, "view.") && c.Why() == "" {
			list = append(list, c)
		}
	}
	for i := range list {
		line := m.tipLine(list[(m.presses/tipEvery*tipStride+m.view+i)%len(list)])
		if widthOf(line) <= room {
			return line
		}
	}
	return nil
}

// tipStride leaps over neighbours, which are alike; it is a prime, so that all have
// their turn.
const tipStride = 7

func (m *Model) tipLine(c pane.Command) []seg {
	return []seg{
		{text: "  tip: ", role: themes.Dim, ground: themes.Bar},
		{text: text.Safe(m.keyName(c.Keys[0])), role: themes.Accent, ground: themes.Bar, do: m.runSeg(c)},
		{text: " " + text.Safe(c.Help), role: themes.Dim, ground: themes.Bar, do: m.runSeg(c)},
	}
}
