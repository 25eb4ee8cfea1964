package integrity

import (
	"fmt"
	"strings"
	"time"

	"spoor/loader/digest"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/text"
)

// labelWidth is the width of the names before the strips.
func labelWidth(w int) int { return max(min(w/3, 44), 12) }

// stripLines is how many strips are in sight at once.
func (v *View) stripLines() int { return min(len(v.strips.list), max(v.h/3, 1)) }

// top is the number of lines above the list: summary, strips, axis, cell, legend.
func (v *View) top() int {
	if len(v.strips.list) == 0 {
		return 2
	}
	n := 1 + v.stripLines() + 2
	if v.h >= 14 {
		n++
	}
	return n
}

// View implements pane.Pane.
func (v *View) View(focused bool) string {
	s := v.state.Styles
	if s == nil || v.w <= 0 || v.h <= 0 {
		return ""
	}
	lines := []string{v.summary(s)}
	if len(v.strips.list) > 0 {
		for i := range v.strips.shown(v.stripLines()) {
			lines = append(lines, v.strip(s, v.strips.top+i, focused))
		}
		lines = append(lines, v.axis(s), v.under(s))
		if v.h >= 14 {
			lines = append(lines, v.legend(s))
		}
	} else {
		lines = append(lines, text.Spaces(v.w))
	}
	if rest := v.h - v.top(); rest > 0 {
		lines = append(lines, strings.Split(v.body(s, focused), "\n")...)
	}
	return strings.Join(lines[:min(len(lines), v.h)], "\n")
}

// body is the list, or what to say in its place.
func (v *View) body(s *themes.Styles, focused bool) string {
	if v.report != nil && len(v.problems) > 0 {
		return v.grid.View(s, focused)
	}
	words := []text.Safe{"No check has been run yet.", "", "r checks the log files against the signed digests that CloudTrail delivers",
		"beside them: which are as delivered, altered, missing, or named by no digest."}
	if v.report != nil {
		words = []text.Safe{"Nothing is wrong."}
	}
	rest := v.h - v.top()
	lines := make([]string, rest)
	for i := range lines {
		lines[i] = text.Spaces(v.w)
		if i < len(words) {
			lines[i] = s.Paint(themes.Dim, string(text.Pad(" "+words[i], v.w, text.Safe(s.Glyphs.Ellipsis))))
		}
	}
	return strings.Join(lines, "\n")
}

// piece is a run of text in one role.
type piece struct {
	text text.Safe
	role themes.Role
}

// line joins pieces in exactly w cells.
func line(s *themes.Styles, w int, pieces ...piece) string {
	var b strings.Builder
	for _, p := range pieces {
		t := text.Truncate(p.text, w, text.Safe(s.Glyphs.Ellipsis))
		b.WriteString(s.Paint(p.role, string(t)))
		if w -= text.Width(t); w <= 0 {
			return b.String()
		}
	}
	b.WriteString(text.Spaces(w))
	return b.String()
}

// summary says how it stands, or how far the check is.
func (v *View) summary(s *themes.Styles) string {
	if v.check.Out() {
		return v.progressLine(s)
	}
	r := v.report
	if r == nil {
		return line(s, v.w, piece{" not checked", themes.Warn})
	}
	answer := piece{text.Safe(" " + s.Glyphs.No + " not proven"), themes.Denied}
	if r.Proven() {
		answer = piece{text.Safe(" " + s.Glyphs.Yes + " proven"), themes.Good}
	}
	dot := text.Safe(" " + s.Glyphs.Dot + " ")
	pieces := []piece{answer,
		{dot + "digests " + counts(r.Digests) + dot + "logs " + counts(r.Logs), themes.Text}}
	if n := r.Gaps(); n > 0 {
		pieces = append(pieces, piece{dot + text.Safe(query.Counted(n, "gap")), themes.Warn})
	}
	pieces = append(pieces, piece{dot + "checked " + text.Safe(r.Finished.In(v.state.Zone).Format("2006-01-02 15:04")), themes.Dim})
	return line(s, v.w, pieces...)
}

func (v *View) progressLine(s *themes.Styles) string {
	p := v.progress
	spin := s.Glyphs.Spin[int(v.now().Sub(v.started)/(100*time.Millisecond))%len(s.Glyphs.Spin)]
	words := fmt.Sprintf(" %s checking %s %s listed %s %s of %s digests %s %s of %s logs %s %.1f MB read", spin, s.Glyphs.Dot,
		query.Counted(p.Listed.Load(), "object"), s.Glyphs.Dot, query.Number(p.DigestsDone.Load()), query.Number(p.Digests.Load()), s.Glyphs.Dot,
		query.Number(p.LogsDone.Load()), query.Number(p.Logs.Load()), s.Glyphs.Dot,
		float64(p.Bytes.Load())/1e6)
	return line(s, v.w, piece{text.Safe(words), themes.Accent}, piece{"  s stops", themes.Dim})
}

// counts lists how many there are of each verdict.
func counts(c digest.Count) text.Safe {
	var parts []string
	for verdict, n := range c.Verdicts() {
		parts = append(parts, query.Number(n)+" "+verdict.String())
	}
	if parts == nil {
		return "none"
	}
	return text.Safe(strings.Join(parts, ", "))
}

// looks is the sign and colour of each state, in the order of the legend.
func looks(g themes.Glyphs) []struct {
	state digest.State
	sign  string
	role  themes.Role
} {
	return []struct {
		state digest.State
		sign  string
		role  themes.Role
	}{
		{digest.Proven, g.Bars[6], themes.Good}, {digest.Altered, g.No, themes.Denied}, {digest.Lost, "!", themes.Error},
		{digest.Unlisted, "~", themes.Warn}, {digest.NoDigest, g.Bars[1], themes.Warn}, {digest.Unproven, "?", themes.Throttled},
		{digest.Unchecked, g.Dot, themes.Dim},
	}
}

func look(g themes.Glyphs, state digest.State) (sign string, role themes.Role) {
	for _, l := range looks(g) {
		if l.state == state {
			return l.sign, l.role
		}
	}
	return " ", themes.Text
}

// strip draws one chain.
func (v *View) strip(s *themes.Styles, i int, focused bool) string {
	st := &v.strips
	ground, mark := themes.Base, " "
	if i == st.cur {
		if ground = themes.Resting; focused {
			mark = s.Glyphs.Cursor
		}
	}
	w := labelWidth(v.w)
	name := text.Pad(text.CleanLine(label(st.chains[st.list[i].Chain], v.state.Accounts), w-2), w-2, text.Safe(s.Glyphs.Ellipsis))
	var b strings.Builder
	b.WriteString(s.On(themes.Focus, ground).Render(mark))
	b.WriteString(s.On(themes.Title, ground).Render(string(name)))
	b.WriteString(" ")
	run, role := "", themes.Text
	flush := func() {
		b.WriteString(s.Paint(role, run))
		run = ""
	}
	for x := range max(v.w-w, 0) {
		sign, r := " ", themes.Text
		if state, ok := st.cell(i, x); ok {
			sign, r = look(s.Glyphs, state)
		}
		if i == st.cur && x == (st.hour-st.left)/max(st.per, 1) {
			flush()
			b.WriteString(s.On(r, themes.Selected).Render(sign))
			continue
		}
		if r != role {
			flush()
			role = r
		}
		run += sign
	}
	flush()
	return b.String()
}

// axis draws the times below the strips.
func (v *View) axis(s *themes.Styles) string {
	st := &v.strips
	w := labelWidth(v.w)
	const every = 14 // cells from one time to the next
	var b strings.Builder
	for x := 0; x+11 <= v.w-w && st.left+x*st.per < st.hours(); x += every {
		at := st.list[0].Start.Add(time.Duration(st.left+x*st.per) * time.Hour)
		b.WriteString(string(text.Pad(text.Safe(at.In(v.state.Zone).Format("01-02 15:04")), every, "")))
	}
	scale := text.Safe("1 cell = 1 hour")
	if st.per > 1 {
		scale = text.Safe(fmt.Sprintf("1 cell = %d hours", st.per))
	}
	return line(s, v.w, piece{text.Pad(" "+scale, w, text.Safe(s.Glyphs.Ellipsis)), themes.Dim}, piece{text.Safe(strings.TrimRight(b.String(), " ")), themes.Dim})
}

// under describes the cell under the cursor.
func (v *View) under(s *themes.Styles) string {
	from, to, sum := v.strips.under()
	ch := v.strips.chains[v.strips.list[v.strips.cur].Chain]
	_, role := look(s.Glyphs, sum.State)
	words := query.Counted(sum.Logs, "log")
	if sum.Bad > 0 {
		words += fmt.Sprintf(", %d not valid", sum.Bad)
	}
	const f = "2006-01-02 15:04"
	return line(s, v.w,
		piece{" " + text.CleanLine(label(ch, v.state.Accounts), 60), themes.Title},
		piece{text.Safe("  " + from.In(v.state.Zone).Format(f) + " " + s.Glyphs.Right + " " + to.In(v.state.Zone).Format("15:04") + "  "), themes.Text},
		piece{text.Safe(sum.State.String()), role}, piece{text.Safe("  " + words), themes.Dim})
}

func (v *View) legend(s *themes.Styles) string {
	pieces := []piece{{" ", themes.Text}}
	for _, l := range looks(s.Glyphs) {
		pieces = append(pieces, piece{text.Safe(l.sign), l.role}, piece{text.Safe(" " + l.state.String() + " "), themes.Dim})
	}
	return line(s, v.w, pieces...)
}

// CursorAt implements pane.Cursor.
func (v *View) CursorAt() (x, y int, ok bool) {
	if len(v.problems) == 0 {
		return 0, 0, false
	}
	x, y, ok = v.grid.CursorAt()
	return x, y + v.top(), ok
}
