package loader_test

import (
	"testing"

	"spoor/loader"
	"spoor/loader/loadertest"
)

// Whatever the bytes are, unpacking ends, within the limit.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "{}", "\xff\xfea\x00", "\xfe\xff\x00a", loadertest.Gzip("text"), loadertest.Zstd("text"),
		loadertest.Gzip(loadertest.Gzip("text")), loadertest.Gzip("a") + loadertest.Gzip("b") + "tail", "\x28\xb5\x2f\xfd\x00", "\x50\x2a\x4d\x18\x01\x00\x00\x00x"} {
		f.Add([]byte(s))
	}
	const limit = 1 << 16
	f.Fuzz(func(t *testing.T, data []byte) {
		u := loader.NewUnpacker(limit)
		defer u.Close()
		text, err := u.Text(data)
		if err == nil && len(data) <= limit && len(text) > 2*limit { // UTF-16 grows by half
			t.Errorf("%d bytes of text, the limit is %d", len(text), limit)
		}
		again, err2 := u.Text(data)
		if again != text || (err == nil) != (err2 == nil) {
			t.Errorf("a used unpacker answers differently: %v, %v", err, err2)
		}
	})
}

// What was packed comes back.
func FuzzPackedTextComesBack(f *testing.F) {
	f.Add("text", uint8(1))
	f.Fuzz(func(t *testing.T, text string, form uint8) {
		if len(text) < 4 || text[0] != '{' {
			text = "{" + text // not packed itself, no byte order mark
		}
		packed := text
		switch form % 3 {
		case 1:
			packed = loadertest.Gzip(text)
		case 2:
			packed = loadertest.Zstd(text)
		}
		u := loader.NewUnpacker(0)
		defer u.Close()
		if got, err := u.Text([]byte(packed)); err != nil || got != text {
			t.Errorf("got %q, %v; want %q", got, err, text)
		}
	})
}
