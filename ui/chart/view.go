package chart

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/text"
)

// ordinary is the colour of what went well: quiet, so that failures stand out.
const ordinary = themes.Volume

// failures are drawn at the bottom of a bar in the colour of the worst kind, at
// least an eighth of a cell: three denials among ten thousand calls must be seen.
var failures = []string{"denied", "error", "throttled"}

// narrowest is the least width that shows a bar and a date.
const narrowest = scaleWidth + 12

// View implements pane.Pane: bars above, one line of times below.
func (v *View) View(focused bool) string {
	s := v.state.Styles
	if s == nil || v.w <= 0 || v.h <= 0 {
		return ""
	}
	if v.w < narrowest {
		blank := text.Spaces(v.w)
		return strings.Repeat(blank+"\n", v.h-1) + blank
	}
	lines := make([]string, 0, v.h)
	for y := v.h - 2; y >= 0; y-- {
		lines = append(lines, v.bars(s, y, v.h-1, focused))
	}
	return strings.Join(append(lines, v.axis(s, focused)), "\n")
}

// bucket sums up one bar: all that happened, what failed, and how at worst.
type bucket struct {
	total, failed int64
	role          themes.Role
}

// sum adds up the series of a histogram, bucket by bucket.
func sum(h query.Histogram) (buckets []bucket, top int64) {
	if len(h.Series) == 0 {
		return nil, 0
	}
	buckets = make([]bucket, len(h.Series[0].Counts))
	for _, s := range h.Series {
		for b, n := range s.Counts[:len(buckets)] {
			buckets[b].total += n
			top = max(top, buckets[b].total)
		}
	}
	for _, f := range slices.Backward(failures) {
		for _, s := range h.Series {
			for b, n := range s.Counts[:len(buckets)] {
				if s.Name == f && n > 0 {
					buckets[b].failed += n
					buckets[b].role = themes.OfOutcome(f, ordinary)
				}
			}
		}
	}
	return buckets, top
}

// bar is one bucket as drawn: eighths of cells, from the bottom.
type bar struct {
	eighths, failed int64
	role            themes.Role
}

func (b bucket) bar(height int, top int64) bar {
	out := bar{role: b.role}
	if b.total > 0 {
		out.eighths = max(1, b.total*int64(height)*8/top)
	}
	if b.failed > 0 {
		out.failed = max(1, b.failed*out.eighths/b.total)
	}
	return out
}

// bars draws one line, y cells above the axis, of bars height cells tall.
func (v *View) bars(s *themes.Styles, y, height int, focused bool) string {
	var b strings.Builder
	label := ""
	if y == height-1 && v.top > 0 {
		label = short(v.top)
	}
	b.WriteString(s.Paint(themes.Dim, string(text.PadLeft(text.Safe(label), scaleWidth-1, "")+" ")))
	n, width := len(v.buckets), v.w-scaleWidth
	if n == 0 || width <= 0 {
		b.WriteString(text.Spaces(width))
		return b.String()
	}
	lo, hi := v.marked(focused)
	run := runs{b: &b, s: s}
	for x := range width {
		k := x * n / width
		ground := themes.Base
		if k >= lo && k <= hi {
			ground = themes.Resting
			if focused {
				ground = themes.Selected
			}
		}
		run.cell(v.buckets[k].bar(height, v.top), y, ground, v.stale)
	}
	run.flush()
	return b.String()
}

// marked returns the buckets to highlight: the brush, or the cursor while focused.
func (v *View) marked(focused bool) (lo, hi int) {
	switch {
	case v.anchor >= 0:
		return min(v.anchor, v.cur), max(v.anchor, v.cur)
	case focused:
		return v.cur, v.cur
	}
	return -1, -2
}

// axis draws the times under the bars and what the colours mean.
func (v *View) axis(s *themes.Styles, focused bool) string {
	n := len(v.buckets)
	if n == 0 {
		note := "no event over time"
		if v.line.Out() {
			note = "counting " + s.Glyphs.Ellipsis
		}
		return s.Paint(themes.Dim, string(text.Pad(text.Safe(text.Spaces(scaleWidth)+note), v.w, "")))
	}
	from := v.hist.Start
	to := from.Add(time.Duration(n) * v.hist.Step)
	f := v.layoutOf(from, to)
	left := from.In(v.state.Zone).Format(f)
	right := to.In(v.state.Zone).Format(f)
	room := v.w - scaleWidth - len(left) - len(right)
	legend := v.legend(s, query.Number)
	if room < legend.width+4 {
		legend = v.legend(s, short)
	}
	var b strings.Builder
	mark := " "
	if focused {
		mark = s.Glyphs.Mark
	}
	b.WriteString(" " + s.Paint(themes.Focus, mark) + text.Spaces(scaleWidth-2) + s.Paint(themes.Dim, left))
	switch {
	case room < 1:
		return b.String() + text.Spaces(v.w-scaleWidth-len(left))
	case room < legend.width+4:
		b.WriteString(text.Spaces(room))
	default:
		pad := (room - legend.width) / 2
		b.WriteString(text.Spaces(pad) + legend.drawn + text.Spaces(room-legend.width-pad))
	}
	b.WriteString(s.Paint(themes.Dim, right))
	return b.String()
}

type legend struct {
	drawn string
	width int
}

// legend names the outcomes there are, each in its colour with its count.
func (v *View) legend(s *themes.Styles, count func(int64) string) legend {
	var l legend
	for _, series := range v.hist.Series {
		var sum int64
		for _, c := range series.Counts {
			sum += c
		}
		if sum == 0 {
			continue
		}
		t := text.CleanLine(series.Name, 20) + " " + text.Safe(count(sum))
		if l.width > 0 {
			l.drawn += "  "
			l.width += 2
		}
		l.drawn += s.Paint(themes.OfOutcome(series.Name, themes.Dim), string(t))
		l.width += text.Width(t)
	}
	if v.hist.NoTime > 0 {
		t := text.Safe("  no time " + count(v.hist.NoTime))
		l.drawn += s.Paint(themes.Dim, string(t))
		l.width += text.Width(t)
	}
	return l
}

// layoutOf is how times are written for a stretch: as short as tells them apart.
func (v *View) layoutOf(from, to time.Time) string {
	a, b := from.In(v.state.Zone), to.In(v.state.Zone)
	switch {
	case b.Sub(a) > 200*24*time.Hour:
		return "2006-01-02"
	case a.YearDay() != b.YearDay() || a.Year() != b.Year():
		return "01-02 15:04"
	}
	return "15:04:05"
}

// short writes a count in at most five cells.
func short(n int64) string {
	switch {
	case n < 10_000:
		return query.Number(n)
	case n < 1_000_000:
		return fmt.Sprintf("%dk", n/1000)
	case n < 10_000_000:
		return fmt.Sprintf("%.1fM", float64(n/100_000)/10)
	}
	return fmt.Sprintf("%dM", n/1_000_000)
}

// runs joins neighbouring cells of one look into one piece.
type runs struct {
	b      *strings.Builder
	s      *themes.Styles
	buf    strings.Builder
	role   themes.Role
	ground themes.Ground
}

func (r *runs) put(role themes.Role, ground themes.Ground, cell string) {
	if cell == " " {
		role = themes.Text
	}
	if role != r.role || ground != r.ground {
		r.flush()
		r.role, r.ground = role, ground
	}
	r.buf.WriteString(cell)
}

func (r *runs) flush() {
	r.b.WriteString(r.s.On(r.role, r.ground).Render(r.buf.String()))
	r.buf.Reset()
}

// cell draws cell y of a bar.
func (r *runs) cell(b bar, y int, ground themes.Ground, stale bool) {
	e := max(0, min(b.eighths-int64(y)*8, 8))
	failed := max(0, min(b.failed-int64(y)*8, 8))
	switch {
	case stale || failed == 0:
		r.put(ordinary, ground, r.s.Glyphs.Bars[e])
	case failed >= e:
		r.put(b.role, ground, r.s.Glyphs.Bars[e])
	default:
		// Two colours in one cell: only a full one can show both.
		if st, ok := r.s.Stack(b.role); ok && e == 8 && ground == themes.Base {
			r.flush()
			r.b.WriteString(st.Render(r.s.Glyphs.Bars[failed]))
			return
		}
		r.put(b.role, ground, r.s.Glyphs.Bars[e])
	}
}
