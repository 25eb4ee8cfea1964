package text

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Width returns the number of cells s occupies.
func Width(s Safe) int {
	if plain(string(s)) {
		return len(s)
	}
	return ansi.StringWidth(string(s))
}

// Truncate cuts s to at most w cells, ending in tail where it was cut: in one, even
// where the cut is beside an earlier one. A negative w leaves s whole.
func Truncate(s Safe, w int, tail Safe) Safe {
	if w < 0 || Width(s) <= w {
		return s
	}
	if w == 0 {
		return ""
	}
	tw := Width(tail)
	if tw > w {
		tail, tw = "", 0
	}
	return Safe(strings.TrimSuffix(string(head(s, w-tw)), string(tail))) + tail
}

// head returns as many whole clusters of s as fit in w cells.
func head(s Safe, w int) Safe { return s[:cutAt(string(s), w)] }

// cutAt returns the byte length of the clusters of s that fit in w cells.
func cutAt(s string, w int) int {
	n := 0
	for n < len(s) {
		if s[n] < utf8.RuneSelf && (n+1 == len(s) || s[n+1] < utf8.RuneSelf) {
			if w == 0 {
				break
			}
			n, w = n+1, w-1
			continue
		}
		cluster, cw := ansi.FirstGraphemeCluster(s[n:], ansi.GraphemeWidth)
		if cw > w || cluster == "" {
			break
		}
		w -= cw
		n += len(cluster)
	}
	return n
}

// Skip drops the clusters of s that begin in its first w cells; where a wide
// one was cut in half a space stands for the other half.
func Skip(s Safe, w int) Safe {
	n := cutAt(string(s), w)
	left := w - Width(s[:n])
	s = s[n:]
	if left > 0 && s != "" {
		cluster, cw := ansi.FirstGraphemeCluster(string(s), ansi.GraphemeWidth)
		return Safe(Spaces(cw-left)) + s[len(cluster):]
	}
	return s
}

// Pad makes s exactly w cells wide: cut with tail, or filled with spaces.
func Pad(s Safe, w int, tail Safe) Safe {
	s = Truncate(s, w, tail)
	return s + Safe(Spaces(w-Width(s)))
}

// PadLeft is Pad with the text at the right.
func PadLeft(s Safe, w int, tail Safe) Safe {
	s = Truncate(s, w, tail)
	return Safe(Spaces(w-Width(s))) + s
}

const blanks = "                                                                                                                                "

// Spaces returns n spaces, none for a negative n.
func Spaces(n int) string {
	if n <= 0 {
		return ""
	}
	if n <= len(blanks) {
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

// Wrap breaks s into lines of at most w cells, after a space or a separator
// where one lies in the last third of a line. There is always at least one
// line, and the lines joined are s again.
func Wrap(s Safe, w int) []Safe {
	w = max(w, 2) // the widest cluster
	var lines []Safe
	for {
		h := head(s, w)
		if len(h) == len(s) {
			return append(lines, s)
		}
		if i := strings.LastIndexAny(string(h), " ,;/&:"); i >= len(h)*2/3 {
			h = h[:i+1]
		}
		lines = append(lines, h)
		s = s[len(h):]
	}
}
