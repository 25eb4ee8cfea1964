package grid

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

func styles(t testing.TB) *themes.Styles {
	t.Helper()
	th, err := themes.Builtin("dark")
	if err != nil {
		t.Fatal(err)
	}
	return th.Styles(colorprofile.TrueColor, themes.Unicode())
}

// list is a long list of numbers behind a grid, with gaps so that rows can come in between.
type list struct {
	g *Grid[int64]
	n []int64
}

func newList(n int) *list {
	l := &list{}
	for i := range n {
		l.n = append(l.n, int64(i)*10)
	}
	l.g = New(Source[int64]{
		Key:  func(r int64) int64 { return r },
		Cell: func(r int64, c string) Cell { return Cell{Text: text.Safe(fmt.Sprintf("%s%d", c, r))} },
	}, []Column{{ID: "a", Title: "A", Width: 8}, {ID: "b", Title: "B", Width: 10, Min: 4, Priority: 2, Grow: 1}, {ID: "c", Title: "C", Width: 6, Priority: 1}})
	l.g.Resize(40, 11)
	return l
}

// serve answers needs until there are none.
func (l *list) serve() {
	for range 50 {
		need := l.g.Need()
		if need.Want == Nothing {
			return
		}
		l.answer(need)
	}
}

func (l *list) answer(need Need[int64]) {
	from, to := 0, min(need.N, len(l.n))
	at := 0
	for at < len(l.n) && l.n[at] < need.Anchor {
		at++
	}
	switch need.Want {
	case End:
		from, to = max(0, len(l.n)-need.N), len(l.n)
		l.g.Fill(need.Want, l.n[from:to], from > 0)
		return
	case After:
		from = at + 1
		to = min(from+need.N, len(l.n))
	case Before:
		from, to = max(0, at-need.N), at
		l.g.Fill(need.Want, l.n[from:to], from > 0)
		return
	case Around:
		from, to = max(0, at-need.N), min(at+need.N, len(l.n))
		l.g.FillAround(l.n[from:at], l.n[at:to], from > 0, to < len(l.n), int64(from))
		return
	}
	l.g.Fill(need.Want, l.n[from:to], to < len(l.n))
}

func (l *list) current(t *testing.T) int64 {
	t.Helper()
	r, ok := l.g.Current()
	if !ok {
		t.Fatal("no current row")
	}
	return r
}

func TestMovesThroughALongList(t *testing.T) {
	t.Parallel()
	l := newList(5000)
	l.serve()
	for i, step := range []struct {
		do   func()
		want int64
	}{
		{func() { l.g.Move(20) }, 200},
		{func() { l.g.Move(3000) }, 10550}, // no further than keep at once
		{func() { l.g.Last() }, 49990},
		{func() { l.g.Move(1) }, 49990},
		{func() { l.g.Page(-1) }, 49900},
		{func() { l.g.First() }, 0},
		{func() { l.g.Page(2) }, 180},
	} {
		step.do()
		l.serve()
		if got := l.current(t); got != step.want {
			t.Fatalf("step %d: at %d, want %d", i, got, step.want)
		}
		if len(l.g.rows) > keep+100 {
			t.Fatalf("step %d: %d rows held", i, len(l.g.rows))
		}
	}
	if p := l.g.Place(); p != 18 {
		t.Errorf("place %d, want 18", p)
	}
}

func TestCursorStaysOnItsRowWhenRowsComeIn(t *testing.T) {
	t.Parallel()
	l := newList(300)
	l.serve()
	l.g.Move(40)
	l.serve()
	before, screen := l.current(t), l.g.cur-l.g.top
	for range 25 {
		l.n = append([]int64{l.n[0] - 5}, l.n...)
	}
	l.g.Refresh()
	l.serve()
	if got := l.current(t); got != before {
		t.Errorf("the cursor moved from %d to %d", before, got)
	}
	if got := l.g.cur - l.g.top; got != screen {
		t.Errorf("the row moved on the screen from %d to %d", screen, got)
	}
	if p := l.g.Place(); p != 65 {
		t.Errorf("place %d, want 65", p)
	}
}

func TestJumpToARowOutOfTheWindow(t *testing.T) {
	t.Parallel()
	l := newList(3000)
	l.serve()
	l.g.Jump(20000)
	l.serve()
	if got := l.current(t); got != 20000 || l.g.Place() != 2000 {
		t.Errorf("at %d, place %d", got, l.g.Place())
	}
}

func TestUntouchedListFollowsItsHead(t *testing.T) {
	t.Parallel()
	l := newList(10)
	l.serve()
	l.n = append([]int64{-7}, l.n...)
	l.g.Refresh()
	l.serve()
	if got := l.current(t); got != -7 {
		t.Errorf("at %d, want the new head", got)
	}
}

func TestResetKeepsTheAnchorOrItsNeighbour(t *testing.T) {
	t.Parallel()
	l := newList(300)
	l.serve()
	l.g.Move(50)
	l.serve()
	l.n = append(l.n[:50:50], l.n[51:]...) // the current row is filtered out
	l.g.Reset()
	l.serve()
	if got := l.current(t); got != 510 {
		t.Errorf("at %d, want the next row", got)
	}
}

func TestFailedNeedIsAskedAgain(t *testing.T) {
	t.Parallel()
	l := newList(10)
	if n := l.g.Need(); n.Want != Start {
		t.Fatalf("want %d", n.Want)
	}
	if n := l.g.Need(); n.Want != Nothing {
		t.Fatalf("asked twice: %d", n.Want)
	}
	l.g.Fail()
	if n := l.g.Need(); n.Want != Start {
		t.Fatalf("after a failure want %d", n.Want)
	}
}

// checkFrame fails unless the frame is exactly w by h cells.
func checkFrame(t *testing.T, frame string, w, h int) {
	t.Helper()
	lines := strings.Split(frame, "\n")
	if len(lines) != h {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), h, ansi.Strip(frame))
	}
	for i, l := range lines {
		if ansi.StringWidth(l) != w {
			t.Fatalf("line %d is %d wide, want %d: %q", i, ansi.StringWidth(l), w, ansi.Strip(l))
		}
	}
}

func TestFrameIsExactlyItsSize(t *testing.T) {
	t.Parallel()
	s := styles(t)
	l := newList(60)
	l.serve()
	for w := 1; w < 90; w++ {
		for _, h := range []int{1, 2, 7, 50} {
			l.g.Resize(w, h)
			checkFrame(t, l.g.View(s, true), w, h)
		}
	}
}

func TestColumnsDropByPriority(t *testing.T) {
	t.Parallel()
	l := newList(1)
	for _, c := range []struct {
		w    int
		want string
	}{{60, "abc"}, {23, "abc"}, {20, "ac"}, {12, "a"}, {4, "a"}} {
		l.g.Resize(c.w, 5)
		got := ""
		for _, i := range l.g.fit.index {
			got += l.g.columns[i].ID
		}
		if got != c.want {
			t.Errorf("at %d columns: %q, want %q", c.w, got, c.want)
		}
	}
}

func TestLongNamesKeepTheirEnd(t *testing.T) {
	t.Parallel()
	c := Column{KeepEnd: true}
	for name, want := range map[text.Safe]text.Safe{"short": "short   ", "s3://logs/a.json": "…/a.json", "東京東京東京": "… 京東京"} {
		if got := align(c, name, 8, "…"); got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
}

func TestResizeAndReorderColumns(t *testing.T) {
	t.Parallel()
	l := newList(1)
	l.g.SelectColumn("b")
	l.g.Widen(-4)
	l.g.Shift(1)
	var got []string
	for _, c := range l.g.Columns() {
		got = append(got, fmt.Sprint(c.ID, c.Width))
	}
	if l.g.Column() != "b" || strings.Join(got, " ") != "a8 c6 b18" {
		t.Errorf("current %q, columns %v", l.g.Column(), got)
	}
}

func TestMouse(t *testing.T) {
	t.Parallel()
	l := newList(100)
	l.serve()
	if spot, again := l.g.Click(10, 4); spot != OnRow || again || l.current(t) != 30 || l.g.Column() != "b" {
		t.Errorf("click: %v %v at %d column %q", spot, again, l.current(t), l.g.Column())
	}
	if _, again := l.g.Click(10, 4); !again {
		t.Error("a second click on the row is not seen as such")
	}
	if spot, _ := l.g.Click(2, 0); spot != Heading {
		t.Errorf("heading: %v", spot)
	}
	l.g.Wheel(10)
	if got := l.current(t); got != 100 {
		t.Errorf("the wheel left the cursor at %d", got)
	}
	if spot, _ := l.g.Click(39, 10); spot != Bar {
		t.Errorf("bar: %v", spot)
	}
}

func TestSetKeepsTheCursor(t *testing.T) {
	t.Parallel()
	l := newList(0)
	l.g.Set([]int64{1, 2, 3})
	l.g.Move(1)
	l.g.Set([]int64{7, 8, 1, 2, 3})
	if got := l.current(t); got != 2 {
		t.Errorf("at %d, want 2", got)
	}
}

func TestLineRows(t *testing.T) {
	t.Parallel()
	g := New(Source[string]{
		Key: func(string) int64 { return 0 },
		Line: func(r string, w int) []Cell {
			return []Cell{{Text: text.Safe(r), Role: themes.Title}, {Text: " more than fits"}}
		},
	}, nil)
	g.Resize(12, 3)
	g.Set([]string{"head", "東京東京東京東京"})
	checkFrame(t, g.View(styles(t), true), 12, 3)
}

func TestCommandsAreComplete(t *testing.T) {
	t.Parallel()
	l := newList(3)
	for _, c := range l.g.Commands("x", nil) {
		if c.Help == "" || c.Title == "" || len(c.Keys) == 0 || !strings.HasPrefix(c.ID, "x.") {
			t.Errorf("%+v", c)
		}
	}
}

// Whatever is done in whatever order, the frame has its size and the cursor is
// on a row.
func TestRandomUse(t *testing.T) {
	t.Parallel()
	s := styles(t)
	rng := rand.New(rand.NewPCG(1, 2))
	l := newList(2000)
	cmds := l.g.Commands("x", func() (pane.Intent, tea.Cmd) { return nil, nil })
	w, h := 40, 11
	for range 20000 {
		switch rng.IntN(12) {
		case 0:
			w, h = 1+rng.IntN(120), 1+rng.IntN(40)
			l.g.Resize(w, h)
		case 1:
			l.g.Click(rng.IntN(w), rng.IntN(h))
		case 2:
			l.g.Wheel(rng.IntN(21) - 10)
		case 3:
			l.g.Reset()
		case 4:
			l.g.Refresh()
		case 8:
			l.g.Jump(l.n[rng.IntN(len(l.n))])
		case 5:
			l.n = append([]int64{l.n[0] - 1}, l.n...)
		case 6:
			l.serve()
		case 7:
			if need := l.g.Need(); need.Want != Nothing && rng.IntN(4) == 0 {
				l.g.Fail()
			} else if need.Want != Nothing {
				l.answer(need)
			}
		default:
			cmds[rng.IntN(len(cmds))].Run(rng.IntN(30))
		}
		if rng.IntN(20) == 0 {
			checkFrame(t, l.g.View(s, true), w, h)
		}
		if len(l.g.rows) > 0 && (l.g.cur < 0 || l.g.cur >= len(l.g.rows)) {
			t.Fatalf("cursor %d of %d rows", l.g.cur, len(l.g.rows))
		}
	}
}

func BenchmarkView(b *testing.B) {
	l := newList(5000)
	l.g.Resize(200, 50)
	l.serve()
	s := styles(b)
	for b.Loop() {
		l.g.View(s, true)
	}
}
