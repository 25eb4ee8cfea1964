package ui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// Esc and the next key, read at once, are one key with alt to the terminal's
// decoder.
func TestEscAndTheNextKeyAreTwoKeys(t *testing.T) {
	t.Parallel()
	alt := func(code, shifted rune) tea.KeyPressMsg {
		k := tea.KeyPressMsg{Code: code, ShiftedCode: shifted, Mod: tea.ModAlt}
		if shifted != 0 {
			k.Mod |= tea.ModShift
		}
		return k
	}
	d := newDriver(t, Options{}, 120, 40)
	d.keys("?")
	d.send(alt('o', 0))
	if got := d.frame(); len(d.m.overlays) != 0 || !strings.Contains(got, "oldest first") {
		t.Errorf("esc o in the palette: %d overlays\n%s", len(d.m.overlays), got)
	}
	d.keys("?")
	d.send(alt('g', 'G'))
	if got := d.frame(); len(d.m.overlays) != 0 || !strings.Contains(got, " 300 of 300") {
		t.Errorf("esc G in the palette: %d overlays\n%s", len(d.m.overlays), got)
	}
	d.keys("enter") // the detail
	d.keys("?")
	d.send(alt(tea.KeyEscape, 0))
	if len(d.m.overlays) != 0 || d.m.shape.focus == slotDetail {
		t.Errorf("esc esc leaves %d overlays, focus %v", len(d.m.overlays), d.m.shape.focus)
	}

	// In a line of text alt moves by words, and only esc twice is two keys.
	d.keys("/", "type:actor:alice x")
	d.send(alt('b', 0))
	if d.m.edit == nil || d.m.edit.in.model.Position() != len("actor:alice ") {
		t.Error("alt+b did not move by a word")
	}
	d.send(alt(tea.KeyEscape, 0))
	if d.m.edit != nil {
		t.Error("esc esc does not end the edit")
	}
}

// While a list to choose from is open the foot says all of what its line may cut
// off, and hints at nothing that does not work now.
func TestTheFootOfAMenu(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{}, 60, 15)
	d.keys("?")
	d.shows("0 and a…", "\n Next row; 0 and a count before it, as 012, moves that many\n")
	d.keys("esc", ":", "type:previous day")
	d.shows("\n Go to the nearest event of the day before in the order sh…\n")
	d.keys("esc", "R")
	if strings.Contains(d.frame(), "enter open") {
		t.Errorf("a prompt is open, and its foot hints at what lies below:\n%s", d.frame())
	}
}

// A digit shows its view, whatever key comes before or next and however soon; a count
// begins with 0.
func TestDigitsAreViewsAndCountsBeginWithZero(t *testing.T) {
	t.Parallel()
	d := newDriver(t, Options{Views: []View{{Title: "Other", Pane: &other{}}, {Title: "Third", Pane: &other{}}}}, 120, 40)
	d.keys("0", "1", "2", "j")
	d.shows(" 13 of 300")
	d.keys("0", "0", "2")
	if d.m.digits.n != 2 {
		t.Errorf("002 is %d", d.m.digits.n)
	}
	d.keys("k")
	d.shows(" 11 of 300")
	d.keys("0", "j")
	d.shows(" 12 of 300")
	for i, k := range []string{"2", "3", "1", "3"} {
		if d.m.Update(press(k)); d.m.view != int(k[0]-'1') {
			t.Errorf("key %d, %s, shows view %d", i, k, d.m.view)
		}
	}
	d.keys("9", "1", "j")
	d.shows(" 13 of 300")
}
