package ui

import (
	"cmp"
	"context"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Recent is something that can be opened from the start screen.
type Recent struct {
	Name, Note string
	Choice     Choice
	Type       string // in place of a choice: what to type, to see what it goes on to
}

// A Completion lists names that begin with what was typed.
type Completion struct {
	Names []string
	More  bool // there are others
}

// A Choice is what was chosen on the start screen: a case, or a source to load.
// Neither: the reader left.
type Choice struct{ Case, Source string }

// StartOptions is all that the start screen is given.
type StartOptions struct {
	Recent []Recent
	// Complete lists names that begin with what was typed: files and folders, or
	// what lies under an s3:// address. It is called from a command, and ctx ends
	// when more was typed.
	Complete func(ctx context.Context, typed string) (Completion, error)
	Typed    string        // in the line at the start
	Err      error         // why that could not be opened; nil: it was not tried
	Theme    *themes.Theme // nil: dark or light, as the terminal's background is
	Glyphs   themes.Glyphs
	Profile  colorprofile.Profile
}

// A Start is the screen of a program that was not told what to open. It
// implements tea.Model; Choice tells what was chosen when it has ended.
type Start struct {
	canvas
	opt    StartOptions
	ctx    context.Context
	in     input
	list   *grid.Grid[Recent]
	names  int // width of the longest name, right of which the notes stand
	line   pane.Line
	err    text.Safe
	eager  bool // go in as soon as it is known where
	choice Choice
}

type completedMsg struct {
	n uint64
	Completion
	err error
}

// NewStart returns the start screen.
func NewStart(ctx context.Context, o StartOptions) *Start {
	s := &Start{canvas: newCanvas(o.Theme, o.Glyphs, o.Profile), opt: o, ctx: ctx, in: newInput(o.Typed)}
	s.list = grid.New(grid.Source[Recent]{Key: func(Recent) int64 { return 0 }, Line: s.draw}, nil)
	if s.list.Set(o.Recent); o.Typed != "" {
		s.offer(Completion{})
	}
	s.fail(o.Err)
	return s
}

// fail shows an error in the heading of the list.
func (s *Start) fail(err error) {
	if s.err = ""; err != nil {
		s.err = text.Clean(strings.ReplaceAll(err.Error(), "\n", " "))
	}
}

// Choice returns what was chosen.
func (s *Start) Choice() Choice { return s.choice }

// Init implements tea.Model.
func (s *Start) Init() tea.Cmd { return tea.RequestBackgroundColor }

// Update implements tea.Model.
func (s *Start) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.w, s.h = msg.Width, msg.Height
		s.list.Resize(s.w, max(s.h-startLines, 0))
	case tea.ColorProfileMsg:
		s.setProfile(msg.Profile)
	case tea.BackgroundColorMsg:
		s.setBackground(msg.IsDark())
	case tea.KeyPressMsg:
		return s, s.key(msg)
	case tea.PasteMsg:
		return s, s.typed(msg)
	case tea.MouseClickMsg:
		if spot, _ := s.list.Click(msg.X, msg.Y-startLines+1); spot == grid.OnRow {
			return s, s.take()
		}
	case tea.MouseWheelMsg:
		s.list.Wheel(pane.Notch(msg))
	case completedMsg:
		return s, s.completed(msg)
	}
	return s, nil
}

func (s *Start) key(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "ctrl+c", "esc":
		if s.in.value() != "" && msg.String() == "esc" {
			s.in.set("", 0)
			return s.complete()
		}
		return tea.Quit
	case "up", "ctrl+p":
		s.list.Move(-1)
	case "down", "ctrl+n":
		s.list.Move(1)
	case "pgup":
		s.list.Page(-1)
	case "pgdown":
		s.list.Page(1)
	case "tab":
		return s.goIn()
	case "right":
		if runeLen(s.in.before()) < runeLen(s.in.value()) {
			return s.typed(msg)
		}
		return s.goIn()
	case "enter":
		return s.take()
	default:
		return s.typed(msg)
	}
	return nil
}

// typed edits the line and looks up what it may become.
func (s *Start) typed(msg tea.Msg) tea.Cmd {
	changed, cmd := s.in.update(msg)
	if !changed {
		return cmd
	}
	return tea.Batch(cmd, s.complete())
}

func (s *Start) complete() tea.Cmd {
	typed := s.in.value()
	s.err, s.eager = "", false
	if typed == "" || s.opt.Complete == nil {
		s.line.Stop()
		s.list.Set(s.opt.Recent)
		s.list.First()
		return nil
	}
	ctx, n := s.line.Next(s.ctx)
	f := s.opt.Complete
	return func() tea.Msg {
		c, err := f(ctx, typed)
		return completedMsg{n: n, Completion: c, err: err}
	}
}

func (s *Start) completed(m completedMsg) tea.Cmd {
	if !s.line.Is(m.n) {
		return nil
	}
	s.fail(m.err)
	s.offer(m.Completion)
	if s.eager {
		return s.goIn()
	}
	return nil
}

// offer lists what is typed and what it can go on to.
func (s *Start) offer(c Completion) {
	typed := s.in.value()
	rows := []Recent{{Name: typed, Note: "open what is typed", Choice: Choice{Source: typed}}}
	for _, name := range c.Names {
		if name != typed {
			rows = append(rows, Recent{Name: name, Choice: Choice{Source: name}})
		}
	}
	if c.More {
		rows = append(rows, Recent{Name: "and more: type on", Type: typed})
	}
	s.list.Set(rows)
	s.list.First()
}

// goIn types the name that the cursor is on, to see what is in it. On what is
// typed already it goes on as far as all names agree.
func (s *Start) goIn() tea.Cmd {
	if s.eager = s.line.Out(); s.eager {
		return nil
	}
	r, ok := s.list.Current()
	typed := s.in.value()
	name := cmp.Or(r.Type, r.Choice.Source)
	if ok && name == typed {
		name = common(s.list.Rows()[1:], typed)
	}
	if !ok || name == typed || name == "" || r.Choice.Case != "" {
		return nil
	}
	s.in.set(name, runeLen(name))
	return s.complete()
}

// common is what all names begin with.
func common(rows []Recent, none string) string {
	if len(rows) == 0 || rows[len(rows)-1].Type != "" { // none, or not all are known
		return none
	}
	prefix := rows[0].Choice.Source
	for _, r := range rows {
		for !strings.HasPrefix(r.Choice.Source, prefix) {
			_, n := utf8.DecodeLastRuneInString(prefix)
			prefix = prefix[:len(prefix)-n]
		}
	}
	if len(prefix) < len(none) {
		return none
	}
	return prefix
}

// take ends with what the cursor is on, or with what was typed.
func (s *Start) take() tea.Cmd {
	r, ok := s.list.Current()
	if typed := s.in.value(); typed != "" && (!ok || s.line.Out()) {
		r, ok = Recent{Choice: Choice{Source: typed}}, true
	}
	switch {
	case !ok:
		return nil
	case r.Type != "":
		return s.goIn()
	}
	s.choice = r.Choice
	return tea.Quit
}

// startLines are the lines around the list.
const startLines = 7

func (s *Start) draw(r Recent, w int) []grid.Cell {
	tail := text.Safe(s.look.glyphs.Ellipsis)
	room := min(s.names, w/2)
	return []grid.Cell{{Text: " " + text.Pad(text.Clean(r.Name), room, tail) + "  "}, {Text: text.Truncate(text.Clean(r.Note), max(w-room-4, 0), tail), Role: themes.Dim}}
}

// View implements tea.Model.
func (s *Start) View() tea.View {
	v := tea.NewView(strings.Join(s.lines(), "\n"))
	v.AltScreen, v.WindowTitle = true, "spoor"
	v.MouseMode = tea.MouseModeCellMotion
	if s.w > 4 && s.h > startLines {
		_, x := s.in.draw(s.look.styles, s.w-4, -1)
		v.Cursor = tea.NewCursor(3+x, 3)
	}
	return v
}

func (s *Start) lines() []string {
	st := s.look.styles
	if s.w < minWidth || s.h <= startLines {
		return s.drawTooSmall("ctrl+c") // letters are typed
	}
	s.names = 0
	for _, r := range s.list.Rows() {
		s.names = max(s.names, text.Width(text.Clean(r.Name)))
	}
	line, _ := s.in.draw(st, s.w-4, -1)
	heading := seg{text: " Cases used before, and an example", role: themes.Dim}
	switch {
	case s.err != "":
		heading = seg{text: " " + s.err, role: themes.Error}
	case s.line.Out():
		heading.text = " Looking what begins so; enter opens what is typed, esc gives up"
	case s.in.value() != "":
		heading.text = " Files, folders and addresses that begin so"
	}
	lines := []string{
		s.drawLine(s.spread([]seg{{text: " spoor ", role: themes.Title, ground: themes.Bar}, {text: " investigate AWS CloudTrail logs", role: themes.Dim, ground: themes.Bar}}, nil, themes.Bar), s.w),
		text.Spaces(s.w),
		s.drawLine([]seg{{text: " Open a file, a folder, an archive or s3://bucket/prefix", role: themes.Text}}, s.w),
		st.Paint(themes.Accent, " > ") + line + " ",
		text.Spaces(s.w),
		s.drawLine([]seg{heading}, s.w),
	}
	lines = append(lines, strings.Split(s.list.View(st, true), "\n")...)
	foot := []seg{{text: " ", ground: themes.Bar}}
	for _, h := range []struct{ key, does text.Safe }{{"enter", "opens"}, {"tab", "goes in"}, {text.Safe(s.look.glyphs.Up + s.look.glyphs.Down), "choose"}, {"esc", "leaves"}} {
		foot = append(foot, seg{text: h.key + " ", role: themes.Accent, ground: themes.Bar}, seg{text: h.does + "  ", role: themes.Dim, ground: themes.Bar})
	}
	return append(lines, s.drawLine(s.spread(foot, nil, themes.Bar), s.w))
}
