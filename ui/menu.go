package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"

	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// menuItem is one line of a menu. Without do it is a heading.
type menuItem struct {
	title, note, key text.Safe
	why              string // reason that it can't be done now
	do               func() (pane.Intent, tea.Cmd)
	peek             func() tea.Cmd // when the cursor comes to it
	on               bool           // ticked
}

// menuItems makes the lines of a menu.
func menuItems(list []pane.Item) []menuItem {
	items := make([]menuItem, len(list))
	for i, it := range list {
		items[i] = menuItem{title: it.Title, note: it.Note, do: it.Do}
	}
	return items
}

// menu is a list to choose from: palette, help, conditions, columns.
type menu struct {
	title  text.Safe
	help   text.Safe // at the foot
	items  []menuItem
	typing bool // what is typed narrows the list
	stay   bool // choosing does not close it
	// rebuild makes the items anew after something was chosen.
	rebuild func() []menuItem
	// shut ends what still works for the menu when it closes.
	shut func()
	// keys are more things to do with the item under the cursor.
	keys map[string]func(i int) tea.Cmd
	// rest takes back what an item showed when the cursor came to it.
	rest func() tea.Cmd
	at   int // item under the cursor at first

	in   input
	grid *grid.Grid[int] // indexes into items
	up   bool

	peeked bool // an item shows what it would do
	titles int  // width of the longest title, where notes begin
}

func (o *menu) open() {
	if o.up {
		return
	}
	o.up = true
	o.in = newInput("")
	o.grid = grid.New(grid.Source[int]{Key: func(i int) int64 { return int64(i) }}, nil)
	o.narrow()
	if o.at > 0 {
		o.grid.Select(int64(o.at))
	}
}

// narrow keeps the items that match what was typed, best first.
func (o *menu) narrow() {
	o.titles = 0
	for _, it := range o.items {
		if it.do != nil {
			o.titles = max(o.titles, min(text.Width(it.title), maxTitle))
		}
	}
	want := strings.TrimSpace(o.in.value())
	var list []int
	if want == "" {
		for i := range o.items {
			list = append(list, i)
		}
	} else {
		list = o.find(want)
	}
	o.grid.Set(list)
	if want != "" {
		o.grid.First()
	}
	if i, ok := o.grid.Current(); ok && o.items[i].do == nil && i+1 < len(o.items) {
		o.grid.Select(int64(i + 1)) // not a move: the heading stays in sight
	}
}

// find returns the items that match what was typed, best first: those whose title
// does before those whose note helps, as "undone" stands in the note of redo.
func (o *menu) find(want string) (list []int) {
	title := func(it menuItem) string { return string(it.title) }
	both := func(it menuItem) string { return string(it.title) + " " + string(it.note) }
	for _, by := range []func(menuItem) string{title, both} {
		for _, match := range fuzzy.FindFrom(want, words{o.items, by}) {
			if i := match.Index; o.items[i].do != nil && !slices.Contains(list, i) {
				list = append(list, i)
			}
		}
	}
	return list
}

// words lets the fuzzy matcher read items.
type words struct {
	items []menuItem
	of    func(menuItem) string
}

func (w words) String(i int) string { return w.of(w.items[i]) }
func (w words) Len() int            { return len(w.items) }

// skipHeading moves on from a heading, which can't be chosen.
func (o *menu) skipHeading(step int) {
	for range o.items {
		i, ok := o.grid.Current()
		if !ok || o.items[i].do != nil {
			return
		}
		before := i
		o.grid.Move(step)
		if i, _ = o.grid.Current(); i == before {
			if step < 0 {
				return
			}
			step = -1
		}
	}
}

func (o *menu) update(m *Model, msg tea.Msg) (pane.Intent, tea.Cmd) {
	o.open()
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return o.key(m, msg)
	case tea.PasteMsg:
		o.in.update(msg)
		o.narrow()
		return nil, o.show()
	case tea.MouseWheelMsg:
		o.grid.Wheel(pane.Notch(msg))
		return nil, o.show()
	case tea.MouseClickMsg:
		if spot, _ := o.grid.Click(msg.X, msg.Y-o.lead()); spot == grid.OnRow {
			return o.choose(m)
		}
	}
	return nil, nil
}

// lead is the number of lines above the list.
func (o *menu) lead() int {
	if o.typing {
		return 1
	}
	return 0
}

func (o *menu) key(m *Model, msg tea.KeyPressMsg) (pane.Intent, tea.Cmd) {
	k := msg.String()
	switch k {
	case "esc":
		m.pop(o)
		return nil, o.unpeek()
	case "enter":
		return o.choose(m)
	case "down", "ctrl+n", "up", "ctrl+p", "pgdown", "pgup", "home", "end":
		return nil, o.step(k)
	}
	if i, ok := o.grid.Current(); ok && o.keys[k] != nil {
		cmd := o.keys[k](i)
		o.refresh()
		return nil, cmd
	}
	if o.typing {
		if changed, cmd := o.in.update(msg); changed {
			o.narrow()
			return nil, tea.Batch(cmd, o.show())
		}
		return nil, nil
	}
	switch k {
	case "j":
		return nil, o.move(1)
	case "k":
		return nil, o.move(-1)
	case "G":
		return nil, o.move(len(o.items))
	case "g":
		return nil, o.move(-len(o.items))
	case "q":
		return o.key(m, tea.KeyPressMsg{Code: tea.KeyEscape})
	}
	return nil, nil
}

// step moves by the keys that work while typing, too.
func (o *menu) step(k string) tea.Cmd {
	switch k {
	case "down", "ctrl+n":
		return o.move(1)
	case "up", "ctrl+p":
		return o.move(-1)
	case "end":
		return o.move(len(o.items))
	case "home":
		return o.move(-len(o.items))
	case "pgdown":
		o.grid.Page(1)
	default:
		o.grid.Page(-1)
	}
	return o.move(0)
}

func (o *menu) move(n int) tea.Cmd {
	o.grid.Move(n)
	o.skipHeading(max(-1, min(n, 1)) | 1)
	return o.show()
}

// show lets the item under the cursor show what it would do, or takes back what
// another one showed.
func (o *menu) show() tea.Cmd {
	if i, ok := o.grid.Current(); ok && o.items[i].peek != nil {
		o.peeked = true
		return o.items[i].peek()
	}
	return o.unpeek()
}

func (o *menu) unpeek() tea.Cmd {
	if !o.peeked || o.rest == nil {
		return nil
	}
	o.peeked = false
	return o.rest()
}

// refresh makes the items anew and keeps the cursor where it was: on the line of
// the same words, if there is one.
func (o *menu) refresh() {
	if o.rebuild == nil {
		return
	}
	o.open()
	old := o.items
	o.items = o.rebuild()
	i, ok := o.grid.Current()
	o.narrow()
	if !ok || i == 0 || i >= len(old) {
		return
	}
	if at := slices.IndexFunc(o.items, func(it menuItem) bool { return it.do != nil && it.title == old[i].title }); at > 0 && o.in.value() == "" {
		o.grid.Select(int64(at))
	}
}

func (o *menu) choose(m *Model) (pane.Intent, tea.Cmd) {
	i, ok := o.grid.Current()
	if !ok || o.items[i].do == nil {
		return nil, nil
	}
	it := o.items[i]
	if it.why != "" {
		m.say(it.title + ": " + safeWhy(it.why))
		return nil, nil
	}
	if !o.stay {
		m.pop(o)
	}
	back := tea.Cmd(nil)
	if it.peek == nil {
		back = o.unpeek()
	}
	intent, cmd := it.do()
	cmd = tea.Batch(back, cmd)
	if o.stay {
		o.refresh()
		if len(o.items) == 0 {
			m.pop(o)
		}
	}
	return intent, cmd
}

// maxTitle is up to which width of titles the notes beside them are aligned.
const maxTitle = 32

// safeWhy shows a reason; reasons are the program's own words, but may quote.
func safeWhy(why string) text.Safe { return text.Clean(why) }

func (o *menu) size(m *Model) rect {
	w, h := 40, len(o.items)+2+o.lead()
	for _, it := range o.items {
		w = max(w, max(text.Width(it.title), o.titles)+text.Width(it.note)+text.Width(it.key)+10)
	}
	if o.help != "" {
		w, h = max(w, text.Width(o.help)+6), h+1
	}
	if o.typing {
		w = max(w, 64)
	}
	return m.centred(min(w, 110), h)
}

func (o *menu) box(m *Model) box {
	o.open()
	r := o.size(m)
	st := m.look.styles
	var inner []string
	if o.typing {
		line, _ := o.in.draw(st, max(r.w-5, 1), -1)
		inner = append(inner, st.Paint(themes.Accent, " > ")+line)
	}
	foot := 0
	if o.help != "" {
		foot = 1
	}
	h := max(r.h-2-o.lead()-foot, 1)
	o.grid.Resize(r.w-2, h)
	o.grid.SetLine(func(i, w int) []grid.Cell { return o.line(m, o.items[i], w) })
	inner = append(inner, strings.Split(o.grid.View(st, true), "\n")...)
	if foot > 0 {
		inner = append(inner, m.drawLine([]seg{{text: " " + o.help, role: themes.Dim}}, r.w-2))
	}
	return m.frameBox(r, o.title, inner)
}

// about is what is said of the item under the cursor, which the list may cut off.
func (o *menu) about() text.Safe {
	o.open()
	i, ok := o.grid.Current()
	switch {
	case !ok:
		return ""
	case o.items[i].why != "":
		return safeWhy(o.items[i].why)
	}
	return o.items[i].note
}

// line draws one item.
func (o *menu) line(m *Model, it menuItem, w int) []grid.Cell {
	if it.do == nil {
		return []grid.Cell{{Text: it.title, Role: themes.Title}}
	}
	g := m.look.glyphs
	mark := text.Safe("  ")
	if it.on {
		mark = text.Safe(g.Yes + " ")
	}
	role, note := themes.Text, it.note
	if it.why != "" {
		role, note = themes.Dim, safeWhy(it.why)
	}
	kw := text.Width(it.key)
	if kw > 0 {
		kw += 2
	}
	tw := max(text.Width(it.title), o.titles)
	if it.note == "" && it.why == "" {
		tw = text.Width(it.title)
	}
	tw = min(tw, max(w-kw-2, 0))
	rest := max(w-2-tw-2-kw, 0)
	return []grid.Cell{
		{Text: mark, Role: themes.Good},
		{Text: text.Pad(it.title, tw, text.Safe(g.Ellipsis)), Role: role},
		{Text: "  " + text.Pad(note, rest, text.Safe(g.Ellipsis)), Role: themes.Dim},
		{Text: "  " + it.key, Role: themes.Accent},
	}
}

func (o *menu) cursor(m *Model) (int, int, bool) {
	o.open()
	r := o.size(m)
	if !o.typing {
		return 0, 0, false
	}
	_, x := o.in.draw(m.look.styles, max(r.w-5, 1), -1)
	return r.x + 4 + x, r.y + 1, true
}
