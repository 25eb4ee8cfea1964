package cloudtrail

import (
	"encoding/json"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// The scanner walks JSON text without building anything. Its functions take the
// text and an index and return the index behind what they read; a negative
// result ^n says that the text is broken at byte n. It accepts exactly what
// RFC 8259 does, but for two things that cost too much to check here: invalid
// escapes and lone surrogates inside strings nobody reads.

// maxDepth is how deep arrays and objects may nest. Records nest a dozen deep.
const maxDepth = 1024

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// word loads eight bytes, the first in the lowest byte.
func word(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// special finds the first quote, backslash or control character at or after i.
//
// Eight bytes at a time: subtracting makes the top bit of a byte appear when
// the byte was small; a borrow can only spoil bytes after the first hit.
func special(s string, i int) int {
	for i+8 <= len(s) {
		if m := specials(word(s, i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	for i < len(s) && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

func specials(w uint64) uint64 {
	return ((w - ' '*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones)) &^ w & highs
}

// stringEnd returns the index of the quote that closes the string whose first
// byte behind the opening quote is at i, and whether the string has no escapes.
func stringEnd(s string, i int) (end int, plain bool) {
	for i+8 <= len(s) {
		if m := specials(word(s, i)); m != 0 {
			if i += bits.TrailingZeros64(m) >> 3; s[i] == '"' {
				return i, true
			}
			break
		}
		i += 8
	}
	return oddStringEnd(s, i)
}

// oddStringEnd is stringEnd for strings with escapes and at the end of the text.
func oddStringEnd(s string, i int) (end int, plain bool) {
	plain = true
	for {
		i = special(s, i)
		if i >= len(s) {
			return ^len(s), false
		}
		switch s[i] {
		case '"':
			return i, plain
		case '\\':
			if i+1 >= len(s) {
				return ^len(s), false
			}
			plain = false
			if s[i+1] < ' ' {
				return ^(i + 1), false
			}
			i += 2
		default:
			return ^i, false
		}
	}
}

// space skips white space.
func space(s string, i int) int {
	for i < len(s) && s[i] <= ' ' && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// scalar skips a number, true, false or null.
func scalar(s string, i int) int {
	end := i
	for end < len(s) && isScalarByte(s[end]) {
		end++
	}
	switch t := s[i:end]; t {
	case "true", "false", "null":
		return end
	default:
		if !isNumber(t) {
			return ^i
		}
		return end
	}
}

func isScalarByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '.' || c == '-' || c == '+' || c == 'E'
}

// isNumber checks the number grammar of RFC 8259 section 6.
func isNumber(t string) bool {
	t = strings.TrimPrefix(t, "-")
	whole := digits(t)
	if whole == 0 || whole > 1 && t[0] == '0' {
		return false
	}
	t = t[whole:]
	if strings.HasPrefix(t, ".") {
		n := digits(t[1:])
		if n == 0 {
			return false
		}
		t = t[1+n:]
	}
	if t != "" && (t[0] == 'e' || t[0] == 'E') {
		t = t[1:]
		if t != "" && (t[0] == '+' || t[0] == '-') {
			t = t[1:]
		}
		n := digits(t)
		return n > 0 && n == len(t)
	}
	return t == ""
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// A nest remembers for each open bracket whether it is an array.
type nest struct {
	arrays [maxDepth / 64]uint64
	depth  int
}

func (n *nest) push(array bool) bool {
	if n.depth >= maxDepth {
		return false
	}
	bit := uint64(1) << (n.depth & 63)
	if array {
		n.arrays[n.depth>>6] |= bit
	} else {
		n.arrays[n.depth>>6] &^= bit
	}
	n.depth++
	return true
}

func (n *nest) inArray() bool {
	d := n.depth - 1
	return n.arrays[d>>6]>>(d&63)&1 != 0
}

// skip returns the index behind the value that starts at i.
func skip(s string, i int) int {
	if i >= len(s) {
		return ^len(s)
	}
	switch s[i] {
	case '"':
		end, _ := stringEnd(s, i+1)
		if end < 0 {
			return end
		}
		return end + 1
	case '{':
		if end := members(s, i); end > 0 {
			return end
		}
		return skipNested(s, i)
	case '[':
		return skipNested(s, i)
	default:
		return scalar(s, i)
	}
}

// members is skip for an object without white space, as most are written. It
// returns 0 for any other, which has to be read from its start.
func members(s string, i int) int {
	for i++; i < len(s) && s[i] == '"'; i++ {
		end, _ := stringEnd(s, i+1)
		if end < 0 || end+2 >= len(s) || s[end+1] != ':' {
			return 0
		}
		switch i = end + 2; s[i] {
		case '"':
			if end, _ = stringEnd(s, i+1); end < 0 {
				return 0
			}
			i = end + 1
		case '{', '[':
			i = skipNested(s, i)
		default:
			i = scalar(s, i)
		}
		switch {
		case i < 0 || i >= len(s):
			return 0
		case s[i] == '}':
			return i + 1
		case s[i] != ',':
			return 0
		}
	}
	return 0
}

// skipNested is skip for an object or an array, without recursion.
func skipNested(s string, i int) int {
	var n nest
	for i < len(s) {
		switch c := s[i]; c {
		case '"':
			if i, _ = stringEnd(s, i+1); i < 0 {
				return i
			}
			i++
		case '{', '[':
			if !n.push(c == '[') {
				return ^i
			}
			if i = space(s, i+1); i >= len(s) {
				return ^i
			}
			if s[i] != c+2 { // { and }, [ and ] are two apart
				if c == '{' {
					i = memberValue(s, i)
				}
				if i < 0 {
					return i
				}
				continue
			}
			n.depth--
			i++
		default:
			if i = scalar(s, i); i < 0 {
				return i
			}
		}
		if i = nextValue(s, i, &n); i < 0 || n.depth == 0 {
			return i
		}
	}
	return ^len(s)
}

// nextValue goes from the end of a value to the start of the next one, or to the
// end of the outermost value when n comes to be empty.
func nextValue(s string, i int, n *nest) int {
	for n.depth > 0 {
		if i = space(s, i); i >= len(s) {
			return ^len(s)
		}
		array := n.inArray()
		switch c := s[i]; {
		case c == ',' && array:
			return space(s, i+1)
		case c == ',':
			return memberValue(s, space(s, i+1))
		case c == '}' && !array || c == ']' && array:
			n.depth--
			i++
		default:
			return ^i
		}
	}
	return i
}

// memberValue skips the key at i and its colon.
func memberValue(s string, i int) int {
	_, _, i = readKey(s, i)
	return i
}

// readKey reads the key at i, without quotes and as it is written; value is where
// the member's value starts. The key is plain when it has no escapes.
func readKey(s string, i int) (key string, plain bool, value int) {
	if i >= len(s) || s[i] != '"' {
		return "", false, ^i
	}
	end, plain := stringEnd(s, i+1)
	if end < 0 {
		return "", false, end
	}
	key = s[i+1 : end]
	if i = space(s, end+1); i >= len(s) || s[i] != ':' {
		return "", false, ^i
	}
	return key, plain, space(s, i+1)
}

// unquote returns the value of the JSON string literal lit, quotes included.
func unquote(lit string) string {
	if len(lit) < 2 {
		return ""
	}
	if body := lit[1 : len(lit)-1]; strings.IndexByte(body, '\\') < 0 && utf8.ValidString(body) {
		return body
	}
	var v string
	if json.Unmarshal([]byte(lit), &v) != nil {
		return strings.ToValidUTF8(lit[1:len(lit)-1], "\uFFFD")
	}
	return v
}
