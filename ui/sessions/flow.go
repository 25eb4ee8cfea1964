package sessions

import (
	"strings"

	"spoor/ui/grid"
	"spoor/ui/text"
)

// margin is what the grid takes beside a line: the mark of the cursor, and the
// scrollbar.
const margin = 2

// parts is how many parts of a line there can be: the texts of its pieces are bounded.
const parts = 1000

// flow numbers lines, and breaks those that are wider than the sheet, so that
// nothing of an evidence or a reason is out of sight. What a line leads to, its
// parts lead to. Calls and programs stay whole: events show them in full.
func flow(lines []*line, width int) []*line {
	out := make([]*line, 0, len(lines))
	for n, l := range lines {
		l.n = int64(n) * parts
		if l.whole || width <= 0 {
			out = append(out, l)
			continue
		}
		for i, cells := range wrap(l.cells, max(width-margin, 2*labelWidth)) {
			part := *l
			part.n, part.cells = l.n+int64(i), cells
			out = append(out, &part)
		}
	}
	return out
}

// wrap breaks a line of pieces; what goes on is indented under the label.
func wrap(cells []grid.Cell, width int) (lines [][]grid.Cell) {
	var row []grid.Cell
	room := width
	for _, c := range cells {
		for {
			if w := text.Width(c.Text); w <= room {
				row, room = append(row, c), room-w
				break
			}
			if room > width/2 || room == width-labelWidth { // else the piece begins a line of its own
				head := text.Wrap(c.Text, room)[0]
				row = append(row, grid.Cell{Text: head, Role: c.Role})
				c.Text = c.Text[len(head):]
			}
			lines = append(lines, row)
			c.Text = text.Safe(strings.TrimLeft(string(c.Text), " "))
			row, room = []grid.Cell{dim(text.Safe(text.Spaces(labelWidth)))}, width-labelWidth
		}
	}
	return append(lines, row)
}
