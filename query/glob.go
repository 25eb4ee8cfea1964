package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// fold maps a character to the one that stands for all of its cases: the
// smallest of its orbit under Unicode simple case folding (as strings.EqualFold).
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r // the smallest of every orbit that holds an ASCII letter is the capital
	}
	low := r
	for s := unicode.SimpleFold(r); s != r; s = unicode.SimpleFold(s) {
		low = min(low, s)
	}
	return low
}

// wild reports whether a character stands for others in a value without quotes.
func wild(r rune) bool { return r == '*' || r == '?' }

// isPattern reports whether a value holds wildcards.
func isPattern(m Match) bool { return !m.Quoted && strings.ContainsFunc(m.Text, wild) }

// A glob matches whole texts ignoring case; * is any run of characters, ? any one.
type glob struct {
	pattern []rune // folded
}

func newGlob(pattern string) glob {
	g := glob{}
	for _, r := range pattern {
		g.pattern = append(g.pattern, fold(r))
	}
	return g
}

// match walks the text once, going back only to the last star: linear in
// practice, never worse than pattern × text.
func (g glob) match(s string) bool {
	p := g.pattern
	at, star, back := 0, -1, 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case at < len(p) && p[at] == '*':
			star, back = at, i
			at++
			continue
		case at < len(p) && (p[at] == '?' || p[at] == fold(r)):
			at++
			i += n
			continue
		case star < 0:
			return false
		}
		_, n = utf8.DecodeRuneInString(s[back:])
		back += n
		i, at = back, star+1
	}
	for at < len(p) && p[at] == '*' {
		at++
	}
	return at == len(p)
}
