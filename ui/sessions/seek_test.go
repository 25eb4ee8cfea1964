package sessions

import (
	"testing"

	"spoor/query"
	"spoor/ui/pane"
)

func TestSeek(t *testing.T) {
	t.Parallel()
	m := world()
	for i := range 1200 { // more than are held or looked through at a time
		s := query.Session{Num: int64(100 + i), ID: "f", Actor: "bob", RootActor: "bob", Start: at(1), End: at(2), Events: 1}
		m.list = append(m.list, s)
	}
	last := m.list[0]
	last.Num, last.ID = 5000, "a9"
	m.list = append(m.list, last)
	d := drive(t, m, 120, 40)
	for _, c := range []struct {
		key  string
		want string
		says string
	}{
		{"}", "b2b2b2b2b2b2b2b2", ""}, {"}", "a9", ""}, {"}", "a9", "no further session of the same root actor"},
		{"{", "b2b2b2b2b2b2b2b2", ""}, {"W", "a1a1a1a1a1a1a1a1", ""}, {"W", "a1a1a1a1a1a1a1a1", "no further session with a failed call"},
		{"w", "b2b2b2b2b2b2b2b2", ""}, {"w", "a9", ""},
	} {
		in := d.key(c.key)
		if got, ok := d.v.grid.Current(); !ok || got.s.ID != c.want {
			t.Errorf("%s leads to %v, want %s", c.key, got, c.want)
		}
		if say, ok := in.(pane.Say); ok != (c.says != "") || ok && string(say.Text) != c.says {
			t.Errorf("%s: %#v", c.key, in)
		}
	}
}
