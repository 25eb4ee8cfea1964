package chart

import (
	tea "charm.land/bubbletea/v2"

	"spoor/ui/pane"
	"spoor/ui/text"
)

// Commands implements pane.Pane.
func (v *View) Commands() []pane.Command {
	move := func(id string, title text.Safe, help string, n int, keys ...string) pane.Command {
		return pane.Command{ID: "chart." + id, Keys: keys, Title: title, Help: help, Group: "Move", When: v.empty,
			Run: func(count int) (pane.Intent, tea.Cmd) {
				v.cur = max(0, min(v.cur+n*max(count, 1), len(v.buckets)-1))
				return nil, nil
			}}
	}
	return []pane.Command{
		move("left", "earlier", "Move to the bar before", -1, "h", "left"),
		move("right", "later", "Move to the next bar", 1, "l", "right"),
		move("start", "first bar", "Move to the first bar", -1<<20, "g", "home"),
		move("end", "last bar", "Move to the last bar", 1<<20, "G", "end"),
		{ID: "chart.apply", Keys: []string{"enter"}, Title: "zoom", Help: "Zoom to what is marked, or to the bar under the cursor",
			Group: "Filter", Hint: 1, When: v.empty, Run: func(int) (pane.Intent, tea.Cmd) { return v.Zoom() }},
	}
}

func (v *View) empty() string {
	if len(v.buckets) == 0 {
		return "no bar yet"
	}
	return ""
}

// Brush begins to mark a stretch at the cursor, or gives up marking.
func (v *View) Brush() {
	if v.anchor >= 0 {
		v.anchor = -1
		return
	}
	v.anchor = v.cur
}

// Zoom asks for the stretch marked as the time range.
func (v *View) Zoom() (pane.Intent, tea.Cmd) {
	if len(v.buckets) == 0 {
		return nil, nil
	}
	from, to, _ := v.Span()
	v.anchor = -1
	return pane.Span{From: from, To: to}, nil
}
