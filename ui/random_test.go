package ui

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"spoor/query"
	"spoor/ui/integrity"
	"spoor/ui/marked"
	"spoor/ui/queries"
	"spoor/ui/sessions"
	"spoor/ui/sources"
	"spoor/ui/text"
	"spoor/ui/timeline"
	"spoor/ui/uitest"
)

var messages = flag.Int("messages", 20_000, "messages that TestRandomMessages sends; make random sends a million")

// A pile collects commands and runs them out of order and late.
type pile struct {
	cmds []tea.Cmd
	rng  *rand.Rand
	late chan tea.Msg // of commands that were not waited for
}

func (p *pile) add(cmd tea.Cmd) {
	if cmd != nil {
		p.cmds = append(p.cmds, cmd)
	}
	if n := len(p.cmds) - 400; n > 0 { // never to come: the oldest
		p.cmds = p.cmds[n:]
	}
}

// take runs one command and returns its message. What takes longer than answers
// do is a timer: its message comes later.
func (p *pile) take() tea.Msg {
	select {
	case msg := <-p.late:
		return p.sorted(msg)
	default:
	}
	if len(p.cmds) == 0 {
		return nil
	}
	i := p.rng.IntN(len(p.cmds))
	cmd := p.cmds[i]
	p.cmds = append(p.cmds[:i], p.cmds[i+1:]...)
	reply := make(chan tea.Msg, 1)
	go func() { reply <- cmd() }()
	select {
	case msg := <-reply:
		return p.sorted(msg)
	case <-time.After(time.Millisecond):
		go func() {
			select {
			case p.late <- <-reply:
			default:
			}
		}()
		return nil
	}
}

func (p *pile) sorted(msg tea.Msg) tea.Msg {
	if batch, ok := msg.(tea.BatchMsg); ok {
		for _, c := range batch {
			p.add(c)
		}
		return nil
	}
	return msg
}

func randomMessage(rng *rand.Rand, keys []string, w, h int) tea.Msg {
	mouse := tea.Mouse{X: rng.IntN(w + 2), Y: rng.IntN(h + 2), Button: []tea.MouseButton{tea.MouseLeft, tea.MouseRight, tea.MouseWheelUp, tea.MouseWheelDown}[rng.IntN(4)]}
	switch k := rng.IntN(100); {
	case k < 62:
		return press(keys[rng.IntN(len(keys))])
	case k < 70:
		typed := []rune("abcdefghijklmnopqrstuvwxyz0123456789:-*\"()., 東é")
		return press(string(typed[rng.IntN(len(typed))]))
	case k < 73:
		return tea.PasteMsg{Content: uitest.Hostile[rng.IntN(len(uitest.Hostile))]}
	case k < 80:
		return tea.MouseClickMsg(mouse)
	case k < 84:
		return tea.MouseMotionMsg(mouse)
	case k < 88:
		return tea.MouseReleaseMsg(mouse)
	}
	return tea.MouseWheelMsg(mouse)
}

// randomSize is mostly one that fits, now and then any.
func randomSize(rng *rand.Rand) (w, h int) {
	if rng.IntN(4) == 0 {
		return 1 + rng.IntN(300), 1 + rng.IntN(80)
	}
	return minWidth + rng.IntN(241), minHeight + rng.IntN(66)
}

// A storm sends anything to the whole screen.
type storm struct {
	t       *testing.T
	m       *Model
	rng     *rand.Rand
	made    *uitest.Case
	p       *pile
	keys    []string
	w, h    int
	loading bool
	seen    map[string]int // views and overlays, by the frames that showed them
}

// allViews is the whole screen on answers that are made up.
func allViews(made *uitest.Case, progress func() Progress) Options {
	chaos, th := uitest.NewChaos(5), builtin("dark")
	files := queries.Files{Write: func(string, []query.Saved) error { return nil }, Read: func(string) ([]query.Saved, error) { return nil, nil }}
	return Options{
		Case: struct {
			*uitest.Case
			SessionFinder
		}{made, chaos},
		Name: "x\x1b[2J.spoor", Theme: &th, Export: &exporter{}, Mark: &exporter{}, Profiles: chaos, Guide: []text.Safe{"a guide"},
		Clipboard: func(string) error { return nil },
		Views: []View{{Title: "Timeline", Pane: timeline.New(chaos)}, {Title: "Sessions", Pane: sessions.New(chaos)},
			{Title: "Integrity", Pane: integrity.New(chaos, func() time.Time { return uitest.Start })},
			{Title: "Queries", Pane: queries.New(chaos, query.Builtin(), files, queries.SQL{Run: chaos.SQL, Write: func(context.Context, string, string, func(int64)) (int64, error) { return 7, nil }})}, {Title: "Sources", Pane: sources.New(chaos, chaos)},
			{Title: "Marked", Pane: marked.New(chaos, func(string, []query.Noted) error { return nil })}},
		Names: &namer{names: query.Accounts{"111122223333": "prod \x1b[2J"}}, Save: func(string, string) error { return nil },
		Progress: progress,
	}
}

func newStorm(t *testing.T) *storm {
	s := &storm{t: t, rng: rand.New(rand.NewPCG(3, 4)), made: uitest.New(160), loading: true, seen: map[string]int{}, w: 100, h: 30}
	s.m = New(t.Context(), allViews(s.made, func() Progress {
		return Progress{Running: s.loading, Revision: uint64(s.rng.IntN(9)), Listed: 9, Loaded: 3, Failed: 1}
	}))
	s.p = &pile{rng: s.rng, late: make(chan tea.Msg, 1000)}
	s.p.add(s.m.Init())
	for _, sec := range s.m.Keys() {
		for _, c := range sec.Commands {
			s.keys = append(s.keys, c.Keys...)
		}
	}
	s.keys = append(s.keys, "esc", "enter", "tab", "backspace", "space", "up", "down", "left", "right")
	return s
}

func (s *storm) send(msg tea.Msg) {
	switch msg.(type) {
	case nil, tea.QuitMsg, tea.SuspendMsg: // for the program, which would act on them
		return
	}
	_, cmd := s.m.Update(msg)
	s.p.add(cmd)
	for _, o := range s.m.overlays {
		if s.seen[kind(o)] == 0 { // a rare one: not only when it is its turn
			s.look()
		}
	}
}

func kind(o overlay) string { return strings.TrimPrefix(fmt.Sprintf("%T", o), "*ui.") }

func (s *storm) next(i int) {
	switch s.rng.IntN(10) {
	case 0, 1, 2:
		s.send(s.p.take())
	case 3:
		if s.rng.IntN(12) == 0 {
			s.w, s.h = randomSize(s.rng)
			s.send(tea.WindowSizeMsg{Width: s.w, Height: s.h})
			s.look()
		}
	case 4:
		if s.rng.IntN(30) == 0 {
			s.loading = !s.loading
			s.made.Add(uitest.Made(s.rng, i, uitest.Start))
		}
	default:
		s.send(randomMessage(s.rng, s.keys, s.w, s.h))
	}
}

// look draws the screen and checks the frame.
func (s *storm) look() {
	checkFrame(s.t, s.m.View().Content, s.w, s.h)
	if s.m.frame.tooSmall {
		s.seen["too small"]++
		return
	}
	s.seen[string(s.m.views[s.m.view].Title)]++
	for _, o := range s.m.overlays {
		s.seen[kind(o)]++
	}
	if s.m.edit != nil {
		s.seen["filter line"]++
	}
}

// escapes fails if the screen can't be left: esc and the replies that are due
// lead out of whatever is open, and the keys of the views work.
func (s *storm) escapes() {
	if s.m.frame.tooSmall {
		s.w, s.h = 80, 24
		s.send(tea.WindowSizeMsg{Width: s.w, Height: s.h})
	}
	for range 12 {
		s.send(press("esc"))
		for len(s.p.cmds) > 0 && len(s.m.overlays) > 0 {
			s.send(s.p.take())
		}
	}
	if len(s.m.overlays) > 0 || s.m.edit != nil {
		s.t.Fatalf("esc does not leave %T:\n%s", s.m.overlays, ansi.Strip(s.m.View().Content))
	}
	s.asks()
	want := 1 + s.rng.IntN(len(s.m.views)-1)
	s.send(press(strconv.Itoa(want + 1)))
	if s.m.view != want {
		s.t.Fatalf("key %d does not show view %d:\n%s", want+1, want+1, ansi.Strip(s.m.View().Content))
	}
}

// asks makes sure that the question on leaving a load was among what was drawn,
// which chance alone rarely brings about on a busy machine.
func (s *storm) asks() {
	if s.seen["confirm"] > 0 {
		return
	}
	s.loading = true
	s.m.sample()
	s.send(press("1"))
	s.send(press("q"))
	s.send(press("esc"))
}

// Whatever keys, clicks, pastes, sizes and replies come in whatever order, the
// screen neither panics, nor draws outside itself, nor can't be left.
func TestRandomMessages(t *testing.T) {
	t.Parallel()
	s := newStorm(t)
	s.send(tea.WindowSizeMsg{Width: s.w, Height: s.h})
	for i := range *messages {
		if s.next(i); i%31 == 0 {
			s.look()
		}
		if i%500 == 499 {
			s.escapes()
		}
	}
	if *messages < 20_000 {
		return
	}
	for _, what := range []string{"Events", "Timeline", "Sessions", "Integrity", "Queries", "Sources", "Marked", "too small", "filter line", "menu", "prompt", "confirm", "reader"} {
		if s.seen[what] == 0 {
			t.Errorf("no frame showed %s; seen: %v", what, s.seen)
		}
	}
	t.Log(s.seen)
}

// Log text in every cell, in the detail, in a chip and in a notice never reaches
// the terminal as anything but cells.
func TestHostileText(t *testing.T) {
	t.Parallel()
	for _, text := range uitest.Hostile {
		c := &uitest.Case{}
		fields := map[string]string{}
		for _, f := range query.Fields() {
			fields[f.Name] = text
		}
		fields["outcome"], fields["readonly"] = "ok", "false"
		c.Add(&uitest.Event{Time: uitest.Start.UnixMicro(), Fields: fields, JSON: `{"a":` + quoteJSON(text) + `,` + quoteJSON(text) + `:[` + quoteJSON(text) + `]}`})
		d := newDriver(t, Options{Case: c}, 170, 40)
		d.keys("right", "right", "+", "enter")
		d.frame()
		d.keys("down", "down", "down", "F", "type:a", "enter", "y", "O", "O", "x")
		d.frame()
		d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		d.keys("esc", "esc", "f", "down", "space")
		d.frame()
		d.keys("/")
		d.send(tea.PasteMsg{Content: text})
		d.frame()
	}
}

func quoteJSON(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}

func newRand() *rand.Rand { return rand.New(rand.NewPCG(5, 6)) }
