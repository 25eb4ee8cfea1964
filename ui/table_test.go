package ui

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"spoor/ui/uitest"
)

// possible are the keys that a hand finds.
func possible() []string {
	keys := []string{"enter", "space", "backspace", "delete", "left", "right", "up", "down", "home", "end", "pgup", "pgdown", "tab"}
	for r := '!'; r <= '~'; r++ {
		keys = append(keys, string(r))
	}
	for r := 'a'; r <= 'z'; r++ {
		keys = append(keys, "ctrl+"+string(r))
	}
	return keys
}

// No pane reacts to a key that its commands do not list: what help and palette
// show is all there is.
func TestNoKeyIsUnlisted(t *testing.T) {
	t.Parallel()
	d := newDriver(t, allViews(uitest.New(300), nil), 160, 40)
	for i := range d.m.views {
		d.run(d.m.goTo(i))
		for _, p := range d.m.panes() {
			for _, k := range possible() {
				if _, listed := d.m.table.lookup(p, k); listed {
					continue
				}
				before := p.View(true)
				intent, cmd := p.Update(press(k))
				if intent != nil || cmd != nil || p.View(true) != before {
					t.Errorf("%s reacts to %s, which no command lists", p.Title(), k)
				}
			}
		}
	}
}

// A command that can't run does nothing but say why.
func TestGreyedCommandsSayWhy(t *testing.T) {
	t.Parallel()
	d := newDriver(t, allViews(&uitest.Case{}, nil), 160, 40)
	greyed := 0
	for _, c := range d.commands() {
		why := c.Why()
		if why == "" {
			continue
		}
		greyed++
		d.m.notice.text = ""
		before := d.m.history.at
		d.run(d.m.runCommand(c, 0))
		if !strings.Contains(string(d.m.notice.text), why) || d.m.history.at != before {
			t.Errorf("%s can't run (%s) but says %q", c.ID, why, d.m.notice.text)
		}
	}
	if greyed < 10 {
		t.Errorf("only %d commands are greyed in an empty case", greyed)
	}
}

// The README names only keys that there are.
func TestKeysOfTheReadme(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(b), "\n## Keys\n")
	section, _, _ = strings.Cut(section, "\n\nWith a screen reader")
	if !ok {
		t.Fatal("the README has no section of keys")
	}
	var all []string
	d := newDriver(t, allViews(uitest.New(3), nil), 160, 40)
	for _, c := range d.commands() {
		all = append(all, c.Keys...)
	}
	keys := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(section, -1)
	if len(keys) < 10 {
		t.Fatalf("%d keys in %q", len(keys), section)
	}
	for _, k := range keys {
		if !slices.Contains(all, k[1]) && k[1] != "config.toml" && k[1] != "7" { // 7 is the view of what was marked
			t.Errorf("no command has the key %s", k[1])
		}
	}
}
