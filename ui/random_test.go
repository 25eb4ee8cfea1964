package ui

import (
	"context"
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/uitest"
)

var messages = flag.Int("messages", 20_000, "messages that TestRandomMessages sends")

// pile collects commands and runs them out of order, late, or never.
type pile struct {
	cmds []tea.Cmd
	rng  *rand.Rand
}

func (p *pile) add(cmd tea.Cmd) {
	if cmd != nil {
		p.cmds = append(p.cmds, cmd)
	}
	if n := len(p.cmds) - 200; n > 0 {
		p.cmds = p.cmds[n:]
	}
}

// take runs one command and returns its message; ticks are not waited for.
func (p *pile) take() tea.Msg {
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
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, c := range batch {
				p.add(c)
			}
			return nil
		}
		return msg
	case <-time.After(2 * time.Millisecond): // a timer: comes later or never
		go func() { <-reply }()
		return nil
	}
}

func randomMessage(rng *rand.Rand, keys []string, w, h int) tea.Msg {
	mouse := tea.Mouse{X: rng.IntN(w + 2), Y: rng.IntN(h + 2), Button: []tea.MouseButton{tea.MouseLeft, tea.MouseRight, tea.MouseWheelUp, tea.MouseWheelDown}[rng.IntN(4)]}
	switch k := rng.IntN(100); {
	case k < 62:
		key := keys[rng.IntN(len(keys))]
		if key == "ctrl+z" {
			key = "j"
		}
		return press(key)
	case k < 70:
		return press(string("abcdefghijklmnopqrstuvwxyz0123456789:-*\"()., 東é"[rng.IntN(46)]))
	case k < 73:
		return tea.PasteMsg{Content: uitest.Hostile[rng.IntN(len(uitest.Hostile))]}
	case k < 80:
		return tea.MouseClickMsg(mouse)
	case k < 84:
		return tea.MouseMotionMsg(mouse)
	case k < 88:
		return tea.MouseReleaseMsg(mouse)
	case k < 92:
		return tea.MouseWheelMsg(mouse)
	}
	return nil
}

// Whatever keys, clicks, pastes, sizes and replies come in whatever order, the
// screen neither panics nor draws outside itself.
func TestRandomMessages(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := uitest.New(160)
	rng := rand.New(rand.NewPCG(3, 4))
	th := builtin("dark")
	loading := true
	m := New(ctx, Options{Case: c, Name: "x\x1b[2J.spoor", Theme: &th, Export: &exporter{}, Mark: &exporter{}, Progress: func() Progress {
		return Progress{Running: loading, Revision: uint64(rng.IntN(9)), Listed: 9, Loaded: 3, Failed: 1}
	}})
	p := &pile{rng: rng}
	p.add(m.Init())
	var keys []string
	for _, s := range m.Keys() {
		for _, c := range s.Commands {
			keys = append(keys, c.Keys...)
		}
	}
	keys = append(keys, "esc", "enter", "tab", "backspace", "space")
	w, h := 100, 30
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	for i := range *messages {
		var msg tea.Msg
		switch rng.IntN(10) {
		case 0, 1, 2:
			msg = p.take()
		case 3:
			if rng.IntN(12) == 0 {
				w, h = 1+rng.IntN(220), 1+rng.IntN(60)
				msg = tea.WindowSizeMsg{Width: w, Height: h}
			}
		case 4:
			if rng.IntN(30) == 0 {
				loading = !loading
				c.Add(uitest.Made(rng, i, uitest.Start))
			}
		default:
			msg = randomMessage(rng, keys, w, h)
		}
		if msg == nil {
			continue
		}
		if _, quit := msg.(tea.QuitMsg); quit {
			continue
		}
		_, cmd := m.Update(msg)
		p.add(cmd)
		if i%11 == 0 {
			checkFrame(t, m.View().Content, w, h)
		}
	}
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
