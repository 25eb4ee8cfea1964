package ui

import (
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// progressBox shows an export under way; esc ends it.
type progressBox struct {
	path   string
	what   string // event, change or session
	total  int64  // -1: unknown
	events atomic.Int64
	cancel func()
	ending bool
}

// progressMsg redraws the box.
type progressMsg struct{ box *progressBox }

func (o *progressBox) tick() tea.Cmd {
	return tea.Tick(sampleEvery, func(time.Time) tea.Msg { return progressMsg{o} })
}

func (o *progressBox) update(m *Model, msg tea.Msg) (pane.Intent, tea.Cmd) {
	if key, ok := msg.(tea.KeyPressMsg); ok && (key.String() == "esc" || key.String() == "q") {
		o.ending = true
		o.cancel()
	}
	return nil, nil
}

// progressed keeps the box ticking while it is open.
func (m *Model) progressed(msg progressMsg) tea.Cmd {
	for _, o := range m.overlays {
		if o == overlay(msg.box) {
			return msg.box.tick()
		}
	}
	return nil
}

func (o *progressBox) box(m *Model) box {
	r := m.centred(66, 5)
	g, st := m.look.glyphs, m.look.styles
	n := o.events.Load()
	figures := query.Counted(n, o.what)
	bar := ""
	if o.total > 0 {
		w := r.w - 4
		done := int(min(n, o.total) * int64(w) / o.total)
		bar = st.Paint(themes.Good, strings.Repeat(g.Bars[8], done)) + st.Paint(themes.Line, strings.Repeat(g.Shade, w-done))
		figures = thousands(n) + " of " + query.Counted(o.total, o.what)
	} else {
		bar = text.Spaces(r.w - 4)
	}
	last := []seg{{text: " esc ", role: themes.Accent}, {text: "stops and removes the file", role: themes.Dim}}
	if o.ending {
		last = []seg{{text: " stopping", role: themes.Dim}}
	}
	return m.frameBox(r, "Writing "+text.CleanLine(o.path, 50), []string{
		" " + bar + " ",
		m.drawLine([]seg{{text: " " + text.Safe(figures)}}, r.w-2),
		m.drawLine(last, r.w-2),
	})
}

func (o *progressBox) cursor(*Model) (int, int, bool) { return 0, 0, false }
