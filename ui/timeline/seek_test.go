package timeline

import (
	"testing"

	"spoor/themes"
	"spoor/ui/pane"
)

func TestSeek(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 40, themes.Unicode())
	for _, c := range []struct {
		key  string
		want int64
		says string
	}{
		{"e", 8, ""}, {"e", 8, "no further failed attempt"},
		{"}", 7, ""}, {"}", 4, ""}, {"}", 3, ""}, {"}", 3, "no further change of the same actor"},
		{"{", 4, ""}, {"E", 8, ""}, {"{", 9, ""}, {"{", 9, "no further change of the same actor"},
	} {
		in := d.key(c.key)
		if got, _ := d.v.current(); got.Seq != c.want {
			t.Errorf("%s leads to %d, want %d", c.key, got.Seq, c.want)
		}
		switch in := in.(type) {
		case pane.Say:
			if string(in.Text) != c.says {
				t.Errorf("%s says %q", c.key, in.Text)
			}
		case pane.Point:
			if in.Seq != c.want || c.says != "" {
				t.Errorf("%s points at %d", c.key, in.Seq)
			}
		default:
			t.Errorf("%s: %#v", c.key, in)
		}
	}
}

// What stands for a list in memory is looked through where it is.
func TestSeekInAHistory(t *testing.T) {
	t.Parallel()
	d := drive(t, world(), 120, 40, themes.Unicode())
	d.key("r")
	if d.v.top().windows {
		t.Fatal("a history comes by pages")
	}
	for range 20 {
		if _, ok := d.v.current(); ok {
			break
		}
		d.key("j")
	}
	if in, ok := d.key("e").(pane.Say); !ok || in.Text != "no further failed attempt" {
		t.Errorf("%#v", in)
	}
}
