package blocks

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"time"
)

// A form is a way to keep values that all look alike in fewer bytes: not as
// text, which is then made when somebody looks for what it might hold.
type form struct {
	chars string // of a value: h a hexadecimal digit in small letters, d a decimal one, others stand for themselves
	size  int    // bytes a value takes
	pack  func(dst []byte, value string) ([]byte, bool)
	text  func(dst, packed []byte) []byte
}

// forms are by number, from 1 on: those of the values that hardly ever come again,
// eventID, requestID and eventTime.
var forms = [...]form{
	1: {"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", 16, packGUID, guidText},
	2: {"dddd-dd-ddTdd:dd:ddZ", 4, packTime, timeText},
}

const (
	maxForm = 16 // bytes a value takes at most
	longKey = 64 // bytes of a key, with what stands around it, that is no longer worth looking at
)

// fits reports whether a value may hold a text, ignoring case.
func (f *form) fits(text string) bool {
	for at := 0; at+len(text) <= len(f.chars); at++ {
		if f.fitsAt(text, at) {
			return true
		}
	}
	return false
}

func (f *form) fitsAt(text string, at int) bool {
	for i := range len(text) {
		c := text[i]
		digit := '0' <= c && c <= '9'
		switch want := f.chars[at+i]; want {
		case 'd':
			if !digit {
				return false
			}
		case 'h':
			if !digit && (c|0x20 < 'a' || c|0x20 > 'f') {
				return false
			}
		default:
			if c|0x20 != want|0x20 {
				return false
			}
		}
	}
	return true
}

// cut finds what may be a value of the form in a part: all that its member holds.
func (f *form) cut(part string) (before, value, after string, ok bool) {
	if n := len(part) - len(f.chars); n < 0 || n > longKey { // most parts
		return "", "", "", false
	}
	end := strings.LastIndexByte(part, '"')
	from := end - len(f.chars)
	if from < 4 || part[from-1] != '"' || strings.Count(part[:from], `"`) != 3 {
		return "", "", "", false
	}
	return part[:from], part[from:end], part[end:], true
}

func packGUID(dst []byte, s string) ([]byte, bool) {
	if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return dst, false
	}
	for i := 0; i < len(s); i += 2 {
		if s[i] == '-' {
			i--
			continue
		}
		hi, lo := nibble(s[i]), nibble(s[i+1])
		if hi|lo > 15 {
			return dst, false
		}
		dst = append(dst, hi<<4|lo)
	}
	return dst, true
}

// nibble is the value of a hexadecimal digit in small letters, 255 for others.
func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

func guidText(dst, b []byte) []byte {
	for i, n := range [...]int{4, 2, 2, 2, 6} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[:n])
		b = b[n:]
	}
	return dst
}

// packTime keeps seconds; a time that would look otherwise when written anew is
// left as it is.
func packTime(dst []byte, s string) ([]byte, bool) {
	t, err := time.Parse(time.RFC3339, s)
	if n := t.Unix(); err == nil && 0 <= n && n <= math.MaxUint32 && strings.HasSuffix(s, "Z") {
		return binary.LittleEndian.AppendUint32(dst, uint32(n)), true
	}
	return dst, false
}

func timeText(dst, b []byte) []byte {
	return time.Unix(int64(binary.LittleEndian.Uint32(b)), 0).UTC().AppendFormat(dst, time.RFC3339)
}
