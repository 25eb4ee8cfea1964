package sessions

import (
	"strings"
	"testing"

	"spoor/ui/grid"
	"spoor/ui/text"
)

// Nothing of a line is lost or wider than the sheet, whatever its width; calls
// stay whole.
func TestLinesAreBrokenNotCut(t *testing.T) {
	t.Parallel()
	cells := []grid.Cell{dim("root    "), plain("alice or mallory"), dim("  unknown: several calls fit equally well: the records can't tell them apart; event 0b7e53a4-91b2-4c3f-8f0a-000000000002")}
	words := func(lines []*line) string {
		var b strings.Builder
		for _, l := range lines {
			for _, c := range l.cells {
				b.WriteString(string(c.Text))
			}
			b.WriteByte(' ')
		}
		return strings.Join(strings.Fields(b.String()), "") // where a break is does not matter
	}
	whole := words([]*line{{cells: cells}})
	for width := 60; width <= 200; width++ {
		got := flow([]*line{{cells: cells, seq: 7}, {cells: cells, whole: true}}, width)
		last := len(got) - 1
		if w := words(got[:last]); w != whole {
			t.Fatalf("%d cells: %q", width, w)
		}
		if got[last].n != parts || words(got[last:]) != whole {
			t.Errorf("%d cells: a whole line was broken: %q", width, words(got[last:]))
		}
		for i, l := range got[:last] {
			w := 0
			for _, c := range l.cells {
				w += text.Width(c.Text)
			}
			if w > width-margin || l.n != int64(i) || l.seq != 7 {
				t.Errorf("%d cells: part %d is number %d of %d cells and leads to %d", width, i, l.n, w, l.seq)
			}
		}
	}
}

// A size that changes leaves the cursor on the line where it was.
func TestResizeKeepsTheLine(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 80, 20)
	d.key("j", "j", "j", "enter")
	d.key("G")
	before, _ := d.v.top().grid.Current()
	for _, size := range [][2]int{{200, 46}, {60, 15}, {80, 20}} {
		d.v.Resize(size[0], size[1])
		if at, _ := d.v.top().grid.Current(); at.n/parts != before.n/parts {
			t.Errorf("%v: line %d, was %d", size, at.n/parts, before.n/parts)
		}
	}
}
