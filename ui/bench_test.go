package ui

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"spoor/ui/uitest"
)

// Budgets, from the style guide of the screen: Update 1 ms, View 4 ms at 200x50.

func benchDriver(b *testing.B) *driver {
	b.Helper()
	d := newDriver(b, Options{Case: uitest.New(2000)}, 200, 50)
	d.keys("enter", "esc")
	d.m.shape.detail = true
	d.run(d.m.relayout())
	return d
}

func BenchmarkUpdateKey(b *testing.B) {
	d := benchDriver(b)
	down, up := press("j"), press("k")
	for i := 0; b.Loop(); i++ {
		if i%20 < 10 {
			d.m.Update(down)
		} else {
			d.m.Update(up)
		}
	}
}

func BenchmarkUpdateReply(b *testing.B) {
	d := benchDriver(b)
	for b.Loop() {
		d.m.Update(tickMsg{})
	}
}

func BenchmarkView(b *testing.B) {
	d := benchDriver(b)
	b.ReportAllocs()
	for b.Loop() {
		d.m.View()
	}
}

// Each view at 200x50, full of rows: drawing it, and a key.
func BenchmarkViews(b *testing.B) {
	for i, name := range viewOrder {
		d := newDriver(b, allViews(uitest.New(2000), nil), 200, 50)
		d.run(d.m.goTo(i))
		d.run(d.m.broadcast(nil))
		b.Run(string(name)+"/View", func(b *testing.B) {
			for b.Loop() {
				d.m.View()
			}
		})
		keys := []tea.KeyPressMsg{press("j"), press("j"), press("k"), press("G"), press("g")}
		b.Run(string(name)+"/Update", func(b *testing.B) {
			for n := 0; b.Loop(); n++ {
				d.m.Update(keys[n%len(keys)])
			}
		})
	}
}

func BenchmarkViewWithOverlay(b *testing.B) {
	d := benchDriver(b)
	d.keys("?")
	for b.Loop() {
		d.m.View()
	}
}

func BenchmarkResize(b *testing.B) {
	d := benchDriver(b)
	for i := 0; b.Loop(); i++ {
		d.m.Update(tea.WindowSizeMsg{Width: 160 + i%40, Height: 50})
	}
}
