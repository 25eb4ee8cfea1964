package loader

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// Text returns the text that the events' spans of an object index, from its
// delivered bytes: unpacked as often as they are packed, in UTF-8, without a byte
// order mark. It is the Loaded.Text of that object again.
func (u *Unpacker) Text(delivered []byte) (string, error) {
	out, err := u.unpack(delivered, false, func(int64) error { return nil })
	if err != nil {
		return "", err
	}
	text, _ := toUTF8(out.text)
	return text, nil
}

// TextSum is Text, and the SHA-256 of the unpacked bytes: Loaded.SHA256.
func (u *Unpacker) TextSum(delivered []byte) (string, [32]byte, error) {
	out, err := u.unpack(delivered, true, func(int64) error { return nil })
	if err != nil {
		return "", out.sum, err
	}
	text, _ := toUTF8(out.text)
	return text, out.sum, nil
}

// asString views bytes as a string without a copy. The bytes are an object's
// delivered content, which nobody writes to again.
func asString(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// asBytes views a string as bytes that nobody may write to.
func asBytes(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// toUTF8 takes the byte order mark off a text and, when it announces UTF-16
// (shells on Windows write that), re-encodes the text.
func toUTF8(s string) (text, note string) {
	switch {
	case strings.HasPrefix(s, "\xef\xbb\xbf"):
		return s[3:], ""
	case strings.HasPrefix(s, "\xff\xfe"):
		return fromUTF16(s[2:], binary.LittleEndian), "converted from UTF-16"
	case strings.HasPrefix(s, "\xfe\xff"):
		return fromUTF16(s[2:], binary.BigEndian), "converted from UTF-16"
	}
	return s, ""
}

// fromUTF16 decodes a UTF-16 text; what is not valid becomes U+FFFD, and so
// does an odd last byte.
func fromUTF16(s string, order binary.ByteOrder) string {
	var b strings.Builder
	b.Grow(len(s)/2 + len(s)/16)
	unit := func(i int) rune { return rune(order.Uint16([]byte{s[i], s[i+1]})) }
	i := 0
	for ; i+1 < len(s); i += 2 {
		r := unit(i)
		if utf16.IsSurrogate(r) {
			low := rune(utf8.RuneError)
			if i+3 < len(s) {
				low = unit(i + 2)
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				i += 2
			}
		}
		b.WriteRune(r)
	}
	if i < len(s) {
		b.WriteRune(utf8.RuneError)
	}
	return b.String()
}
