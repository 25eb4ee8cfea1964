package change

import (
	"strings"

	"github.com/goccy/go-json"
)

// A node is the text of one JSON value inside a record, found by scanning and
// never decoded as a whole; "" is no value (absent or null). The scanner does
// not validate: on broken text it finds less, it never fails.
type node string

// A cursor walks the members of an object or the elements of a list.
type cursor struct {
	s    string
	i    int
	list bool
}

// walk starts a cursor over n, which yields nothing unless n is an object or a list.
func walk(n node) cursor {
	if len(n) < 2 || n[0] != '{' && n[0] != '[' {
		return cursor{}
	}
	return cursor{s: string(n), i: 1, list: n[0] == '['}
}

// next returns the next member; the key is "" for elements of a list.
func (c *cursor) next() (key string, val node, ok bool) {
	s := c.s
	i := gap(s, c.i)
	if !c.list {
		if i >= len(s) || s[i] != '"' {
			return "", "", false
		}
		end := skipString(s, i)
		key = s[i+1 : max(end-1, i+1)]
		i = gap(s, end)
	}
	if i >= len(s) || s[i] == ']' || s[i] == '}' {
		c.i = len(s)
		return "", "", false
	}
	end := skip(s, i)
	if end == i { // a stray byte: step over it, so that the walk ends
		end++
	}
	c.i = end
	return key, clean(s[i:end]), true
}

// gap returns the index of the first byte at or after i that is not white
// space, a comma or a colon.
func gap(s string, i int) int {
	for i < len(s) {
		switch s[i] {
		case ' ', '\t', '\n', '\r', ',', ':':
			i++
		default:
			return i
		}
	}
	return i
}

// clean turns null into no value.
func clean(s string) node {
	if s == "null" {
		return ""
	}
	return node(s)
}

// trim returns the value in s without the white space around it.
func trim(s string) node { return clean(strings.TrimSpace(s)) }

// skip returns the index just after the value that starts at i.
func skip(s string, i int) int {
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
		return skipNested(s, i)
	}
	for i < len(s) {
		switch s[i] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return i
		}
		i++
	}
	return i
}

func skipNested(s string, i int) int {
	depth := 0
	for i < len(s) {
		switch s[i] {
		case '"':
			i = skipString(s, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return i
}

// skipString returns the index just after the string whose quote is at i.
func skipString(s string, i int) int {
	i++
	if n := strings.IndexByte(s[min(i, len(s)):], '"'); n >= 0 && (n == 0 || s[i+n-1] != '\\') { // the first quote, and no escaped one
		return i + n + 1
	}
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// text returns the value of a string, the digits of a number, "true" or
// "false"; "" for everything else.
func (n node) text() string {
	if n == "" || n[0] == '{' || n[0] == '[' {
		return ""
	}
	if n[0] != '"' {
		return string(n)
	}
	if len(n) < 2 {
		return ""
	}
	inner := string(n[1 : len(n)-1])
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if json.Unmarshal([]byte(n), &s) != nil {
		return inner
	}
	return s
}

func (n node) object() bool { return n != "" && n[0] == '{' }
func (n node) list() bool   { return n != "" && n[0] == '[' }

// empty reports whether there is nothing to say about n: no value, "", {} or [].
func (n node) empty() bool {
	switch n {
	case "", `""`, "{}", "[]":
		return true
	}
	return false
}
