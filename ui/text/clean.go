package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Safe is text that only occupies cells: no controls, nothing invisible, and as
// wide for a terminal that adds up code points as for one that counts grapheme
// clusters. Constants of the program convert by themselves; anything from a log
// or a file name comes through Clean.
type Safe string

// maxCluster bounds the code points of one grapheme cluster; letters with more
// marks than any script needs paint over neighbouring lines.
const maxCluster = 4

// Clean makes any text safe to show. It differs from s exactly when s holds
// something that a terminal would have obeyed, hidden or measured differently:
// compare the two to know whether to warn.
func Clean(s string) Safe {
	if plain(s) {
		return Safe(s)
	}
	return clean(s, -1)
}

// CleanLine is Clean for one table cell: it reads no more of s than cells can
// show, and ends with … when something was left out. A negative number of
// cells is no bound.
func CleanLine(s string, cells int) Safe {
	if plain(s) && (cells < 0 || len(s) <= cells) {
		return Safe(s)
	}
	return Truncate(clean(s, cells), cells, "…")
}

// plain reports whether s is printable ASCII, as most log text is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// clean stops once it has written more than limit cells, unless limit is negative.
func clean(s string, limit int) Safe {
	var b strings.Builder
	b.Grow(min(len(s), 4096) + 16)
	for cells := 0; s != "" && (limit < 0 || cells <= limit); {
		if c := s[0]; c >= ' ' && c <= '~' && (len(s) == 1 || s[1] < utf8.RuneSelf) {
			b.WriteByte(c)
			s = s[1:]
			cells++
			continue
		}
		// A bounded look ahead: a cluster longer than maxCluster is escaped anyway,
		// and thousands of stacked marks must not cost their square.
		cluster, width := ansi.FirstGraphemeCluster(s[:min(len(s), 16*maxCluster)], ansi.GraphemeWidth)
		if cluster == "" { // cannot happen; never loop on it
			cluster = s[:1]
		}
		if !showable(cluster, width) {
			cluster, width = firstRune(s)
		}
		if width < 0 {
			n := b.Len()
			escape(&b, cluster)
			width = b.Len() - n // an upper bound, good enough to stop at
		} else {
			b.WriteString(cluster)
		}
		s = s[len(cluster):]
		cells += width
	}
	return Safe(b.String())
}

// showable reports whether a cluster may stand as it is.
func showable(cluster string, width int) bool {
	if width <= 0 || width > 2 || width != ansi.StringWidthWc(cluster) || sticky(cluster) {
		return false
	}
	n := 0
	for i, r := range cluster {
		if hidden(r) || (r == utf8.RuneError && !strings.HasPrefix(cluster[i:], "\ufffd")) {
			return false
		}
		if n++; n > maxCluster {
			return false
		}
	}
	return true
}

// firstRune returns the first code point (or invalid byte) of s, with its width
// when it can stand alone and -1 when it has to be escaped.
func firstRune(s string) (string, int) {
	r, n := utf8.DecodeRuneInString(s)
	one := s[:n]
	if r == utf8.RuneError && n == 1 {
		return one, -1
	}
	if w := ansi.StringWidth(one); showable(one, w) {
		return one, w
	}
	return one, -1
}

// sticky reports whether a cluster would join with one before or after it:
// texts are set side by side, and no neighbour may change their width.
func sticky(cluster string) bool {
	return joins("a", cluster) || joins(cluster, "a") || joins(cluster, cluster)
}

func joins(a, b string) bool {
	first, _ := ansi.FirstGraphemeCluster(a+b, ansi.GraphemeWidth)
	return len(first) > len(a)
}

// hidden reports whether a code point is a control, takes no ink, or is drawn
// in no agreed way.
func hidden(r rune) bool {
	if r == ' ' {
		return false
	}
	return !unicode.IsGraphic(r) ||
		unicode.Is(unicode.Zs, r) || // spaces that only look like one
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		unicode.Is(unicode.Variation_Selector, r) ||
		unicode.Is(unicode.Regional_Indicator, r) || // half a flag
		r >= 0x1f3fb && r <= 0x1f3ff || // skin tones, which recolour the emoji before
		r == '\u2800' // braille blank
}

// escape writes the visible form of one code point or invalid byte.
func escape(b *strings.Builder, one string) {
	r, n := utf8.DecodeRuneInString(one)
	switch {
	case r == utf8.RuneError && n <= 1:
		fmt.Fprintf(b, `\x%02x`, one[0])
	case r == '\t':
		b.WriteString("⇥")
	case r == '\n':
		b.WriteString("⏎")
	case r < 0x20 || r == 0x7f:
		fmt.Fprintf(b, `\x%02x`, r)
	default:
		fmt.Fprintf(b, "⟨U+%04X⟩", r)
	}
}
