package main

import (
	"reflect"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// A pacer is the screen, drawn at once when it changes and left alone when it
// doesn't. Bubble Tea looks for a new frame at a fixed rate: at 30 a second most of
// the time from a key to its frame was waiting for that (30 of 36 ms in the mean),
// at 120 an idle screen takes 1.4 % of a processor. So the renderer's ticker is
// wound up by each message and slowed down when none follows.
//
// Bubble Tea offers no way to ask for a frame or to change the rate, hence the
// field of its program taken here; without it (TestPacerFindsTheTicker) the rate
// is restlessFrames throughout.
type pacer struct {
	tea.Model
	program *tea.Program

	mu     sync.Mutex
	ticker *time.Ticker
	rest   *time.Timer
	awake  bool
}

// How soon a frame follows a message; how soon after the last message the rate
// falls; and the rate then, which only matters to a frame that the machine was too
// busy to draw before.
const (
	frameSoon = 8 * time.Millisecond
	restAfter = 100 * time.Millisecond
	frameRest = 250 * time.Millisecond
)

// restlessFrames a second are drawn where the ticker can't be had.
const restlessFrames = 60

// paced returns a program that shows the model at the pace of its messages.
func paced(model tea.Model, opts ...tea.ProgramOption) *tea.Program {
	p := &pacer{Model: model}
	p.program = tea.NewProgram(p, append(opts, tea.WithFPS(restlessFrames))...)
	return p.program
}

// Update implements tea.Model.
func (p *pacer) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := p.Model.Update(msg)
	p.wake()
	return p, cmd
}

// wake speeds the renderer up for a while. It runs where Bubble Tea handles
// messages, which is where it made the ticker.
func (p *pacer) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ticker == nil {
		if p.ticker = rendererTicker(p.program); p.ticker == nil {
			return
		}
		p.rest = time.AfterFunc(restAfter, p.slow)
	}
	if !p.awake {
		p.awake = true
		p.ticker.Reset(frameSoon)
	}
	p.rest.Reset(restAfter)
}

func (p *pacer) slow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.awake = false
	p.ticker.Reset(frameRest)
}

// rendererTicker returns what makes a program draw; nil: not found.
func rendererTicker(p *tea.Program) *time.Ticker {
	f := reflect.ValueOf(p).Elem().FieldByName("ticker")
	if !f.IsValid() || f.Type() != reflect.TypeFor[*time.Ticker]() {
		return nil
	}
	return (*time.Ticker)(f.UnsafePointer())
}
