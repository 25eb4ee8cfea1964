package change

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxLine  = 300 // bytes of a sentence
	maxValue = 110 // bytes of one value inside it
	ellipsis = "…"
)

// A line is a sentence being written, of at most maxLine bytes.
type line struct {
	buf  []byte
	full bool
	room [maxLine + len(ellipsis)]byte
}

func (l *line) reset() { l.buf, l.full = l.room[:0], false }

// add writes s, without doubling spaces.
func (l *line) add(s string) {
	if l.full || s == "" {
		return
	}
	if s[0] == ' ' && (len(l.buf) == 0 || l.buf[len(l.buf)-1] == ' ') {
		s = s[1:]
	}
	if len(l.buf)+len(s) > maxLine {
		s = cut(s, maxLine-len(l.buf))
		l.full = true
	}
	l.buf = append(l.buf, s...)
	if l.full {
		l.buf = append(l.buf, ellipsis...)
	}
}

// value writes a value from the record, cut to maxValue bytes.
func (l *line) value(s string) {
	if len(s) > maxValue {
		l.add(cut(s, maxValue))
		s = ellipsis
	}
	l.add(s)
}

// back undoes all that was written after mark.
func (l *line) back(mark int) {
	l.buf, l.full = l.buf[:mark], false
}

// trim takes off what a missing value left at the end.
func (l *line) trim() {
	for n := len(l.buf); n > 0 && strings.IndexByte(" ,:", l.buf[n-1]) >= 0; n-- {
		l.buf = l.buf[:n-1]
	}
}

// String returns the sentence as valid UTF-8.
func (l *line) String() string {
	l.trim()
	s := string(l.buf)
	if !utf8.ValidString(s) {
		s = cut(strings.ToValidUTF8(s, "\uFFFD"), maxLine) // marks are longer than what they replace
	}
	return s
}

// cut shortens s to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// some writes up to three of items and how many there are besides.
func (l *line) some(items []string) {
	const show = 3
	for i, s := range items {
		if i == show && len(items) > show {
			l.add(" and ")
			l.add(strconv.Itoa(len(items) - show))
			l.add(" more")
			return
		}
		if i > 0 {
			l.add(", ")
		}
		l.value(s)
	}
}
