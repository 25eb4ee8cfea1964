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
	live := m.table.live(m.paneAt(m.shape.focus))
	for i := range live {
		c := live[(m.presses/tipEvery*tipStride+m.view+i*tipStride)%len(live)]
		if c.Hint > 0 || c.Group == "Move" || strings.HasPrefix(c.ID, "view.") || len(c.Keys) == 0 || c.Why() != "" {
			continue
		}
		line := m.tipLine(c)
		if widthOf(line) <= room {
			return line
		}
	}
	return nil
}

// tipStride walks through all commands without telling of neighbours, which are
// alike, one after the other. It is a prime greater than most tables are long.
const tipStride = 127

func (m *Model) tipLine(c pane.Command) []seg {
	return []seg{
		{text: "  tip: ", role: themes.Dim, ground: themes.Bar},
		{text: text.Safe(m.keyName(c.Keys[0])), role: themes.Accent, ground: themes.Bar, do: m.runSeg(c)},
		{text: " " + text.Safe(c.Help), role: themes.Dim, ground: themes.Bar, do: m.runSeg(c)},
	}
}
