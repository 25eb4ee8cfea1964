package query

import (
	"iter"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Find yields the values at a path of keys in a JSON text, each as it stands
// there. Keys match ignoring case, so several may; lists are gone through, the
// list itself is no value. An empty path means the value itself. The text is
// scanned, not decoded: what is not JSON gives fewer values, never an error.
func Find(json string, path []string) iter.Seq[string] {
	return func(yield func(string) bool) { find(json, path, yield) }
}

// find calls yield with each value until it returns false.
func find(json string, path []string, yield func(string) bool) {
	w := walker{s: json, yield: yield}
	w.value(w.blank(0), path, 0)
}

// maxNesting bounds the recursion into lists and objects.
const maxNesting = 1000

// A walker scans JSON text. Its methods take the index where something begins
// and return the index after it.
type walker struct {
	s     string
	yield func(string) bool
	done  bool
}

func (w *walker) value(i int, path []string, depth int) int {
	if i >= len(w.s) || w.done {
		return len(w.s)
	}
	switch c := w.s[i]; {
	case depth > maxNesting:
		return w.skip(i)
	case c == '[':
		return w.list(i, path, depth)
	case len(path) == 0:
		end := w.skip(i)
		if raw := w.s[i:end]; raw != "null" && raw != "" {
			w.done = !w.yield(raw)
		}
		return end
	case c == '{':
		return w.object(i, path, depth)
	}
	return w.skip(i)
}

func (w *walker) list(i int, path []string, depth int) int {
	for i = w.blank(i + 1); i < len(w.s) && w.s[i] != ']' && !w.done; {
		i = w.next(w.value(i, path, depth+1), i)
	}
	return min(i+1, len(w.s))
}

func (w *walker) object(i int, path []string, depth int) int {
	for i = w.blank(i + 1); i < len(w.s) && w.s[i] != '}' && !w.done; {
		if w.s[i] != '"' {
			return len(w.s)
		}
		end := w.str(i)
		key := w.s[i+1 : max(i+1, end-1)]
		i = w.blank(end)
		if i >= len(w.s) || w.s[i] != ':' {
			return len(w.s)
		}
		i = w.blank(i + 1)
		if sameKey(key, path[0]) {
			end = w.value(i, path[1:], depth+1)
		} else {
			end = w.skip(i)
		}
		i = w.next(end, i)
	}
	return min(i+1, len(w.s))
}

// next goes past a comma to the next element; from stands for progress, so that
// broken text ends the walk.
func (w *walker) next(i, from int) int {
	i = w.blank(i)
	if i < len(w.s) && w.s[i] == ',' {
		return w.blank(i + 1)
	}
	if i <= from || i < len(w.s) && w.s[i] != '}' && w.s[i] != ']' {
		return len(w.s)
	}
	return i
}

func (w *walker) blank(i int) int {
	for i < len(w.s) && (w.s[i] == ' ' || w.s[i] == '\n' || w.s[i] == '\t' || w.s[i] == '\r') {
		i++
	}
	return i
}

// str passes a string; i is at its opening quote.
func (w *walker) str(i int) int {
	for i++; ; i++ {
		n := strings.IndexByte(w.s[i:], '"')
		if n < 0 {
			return len(w.s)
		}
		i += n
		back := i - 1
		for w.s[back] == '\\' {
			back-- // ends at the opening quote at the latest
		}
		if (i-back)%2 == 1 {
			return i + 1
		}
	}
}

// skip passes any value.
func (w *walker) skip(i int) int {
	depth := 0
	for ; i < len(w.s); i++ {
		switch w.s[i] {
		case '"':
			i = w.str(i) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(w.s)
}

// sameKey compares a key as logged with one of a path.
func sameKey(raw, want string) bool {
	if strings.IndexByte(raw, '\\') >= 0 {
		raw = unescape(raw)
	}
	return strings.EqualFold(raw, want)
}

// ValueText is the text of a JSON value as filters compare and columns show it:
// a string without quotes and escapes, a number or bool as logged, an object or
// list as compact JSON.
func ValueText(raw string) string {
	if raw == "" {
		return ""
	}
	switch raw[0] {
	case '"':
		return unescape(strings.TrimSuffix(raw[1:], `"`))
	case '{', '[':
		return compact(raw)
	}
	return raw
}

// compact drops the white space outside strings.
func compact(raw string) string {
	var b strings.Builder
	w := walker{s: raw}
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; c {
		case ' ', '\n', '\t', '\r':
		case '"':
			end := w.str(i)
			b.WriteString(raw[i:end])
			i = end - 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unescape resolves the JSON escapes in s (RFC 8259 section 7); what is no valid
// escape stays.
func unescape(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; i >= 0; i = strings.IndexByte(s, '\\') {
		b.WriteString(s[:i])
		r, n := escape(s[i:])
		if n == 0 {
			b.WriteByte('\\')
			n = 1
		} else {
			b.WriteRune(r)
		}
		s = s[i+n:]
	}
	b.WriteString(s)
	return b.String()
}

// escape reads the escape at the start of s and returns its length, 0 for none.
func escape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
	default:
		return 0, 0
	}
	r := hex4(s[2:])
	if r < 0 {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if len(s) >= 8 && s[6] == '\\' && s[7] == 'u' {
			if pair := utf16.DecodeRune(r, hex4(s[8:])); pair != utf8.RuneError {
				return pair, 12
			}
		}
		return utf8.RuneError, 6
	}
	return r, 6
}

// hex4 reads four hexadecimal digits, -1 if there aren't.
func hex4(s string) rune {
	if len(s) < 4 {
		return -1
	}
	var r rune
	for i := range 4 {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return r
}
