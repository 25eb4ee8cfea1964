package main

import (
	"io"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

type still struct{}

func (still) Init() tea.Cmd                         { return nil }
func (s still) Update(tea.Msg) (tea.Model, tea.Cmd) { return s, tea.Quit }
func (still) View() tea.View                        { return tea.NewView("still") }

// The pacer knows a field of Bubble Tea's: a new version may call it differently.
func TestPacerFindsTheTicker(t *testing.T) {
	program := paced(still{}, tea.WithInput(strings.NewReader("")), tea.WithOutput(io.Discard), tea.WithoutSignalHandler(), tea.WithWindowSize(80, 24))
	model, err := program.Run()
	if err != nil {
		t.Fatal(err)
	}
	if p := model.(*pacer); p.ticker == nil {
		t.Error("the renderer's ticker wasn't found: the screen redraws at a fixed rate, idle or not")
	}
}
