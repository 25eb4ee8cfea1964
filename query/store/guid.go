package store

import "github.com/zeebo/xxh3"

// hexDigits has the value of each hexadecimal digit in its low bits.
var hexDigits = func() (t [256]byte) {
	for c := range t {
		switch {
		case c >= '0' && c <= '9':
			t[c] = byte(c - '0')
		case c >= 'a' && c <= 'f':
			t[c] = byte(c - 'a' + 10)
		case c >= 'A' && c <= 'F':
			t[c] = byte(c-'A'+10) | upperHex
		default:
			t[c] = notHex
		}
	}
	return t
}()

const (
	upperHex = 0x10
	notHex   = 0x80
)

// guid reads a GUID in its usual spelling, in either case. canonical says that
// it is written in lower case, so that the number alone tells the text.
func guid(s string) (hi, lo uint64, canonical, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return 0, 0, false, false
	}
	upper := byte(0)
	for i, part := range [...]string{s[:8], s[9:13], s[14:18], s[19:23], s[24:]} {
		var v uint64
		for k := range len(part) {
			d := hexDigits[part[k]]
			if d&notHex != 0 {
				return 0, 0, false, false
			}
			v = v<<4 | uint64(d&0xf)
			upper |= d
		}
		switch i {
		case 0, 1, 2:
			hi = hi<<(4*len(part)) | v
		default:
			lo = lo<<(4*len(part)) | v
		}
	}
	canonical = upper&upperHex == 0
	return hi, lo, canonical, true
}

// guidText spells a GUID.
func guidText(hi, lo uint64) string {
	const digits = "0123456789abcdef"
	var b [36]byte
	n := 0
	for i := range b {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			b[i] = '-'
			continue
		}
		v := lo
		if n < 16 {
			v = hi
		}
		b[i] = digits[v>>(60-4*(n&15))&15]
		n++
	}
	return string(b[:])
}

// sharedKey makes a number of a sharedEventID: the GUID it is, else a hash. It
// only serves to find twins.
func sharedKey(id string) (hi, lo uint64) {
	if hi, lo, _, ok := guid(id); ok {
		return hi, lo
	}
	h := xxh3.HashString128(id)
	return h.Hi, h.Lo
}
