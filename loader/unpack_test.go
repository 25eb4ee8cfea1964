package loader_test

import (
	"strings"
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

// The size at the end of a file is that of its last member alone: room for the
// others is made on the way.
func TestMembersNeedMoreRoomThanTheEndTells(t *testing.T) {
	t.Parallel()
	large := "{" + strings.Repeat("0123456789", 20_000)
	u := loader.NewUnpacker(0)
	defer u.Close()
	for range 2 {
		got, err := u.Text([]byte(loadertest.Gzip(large) + loadertest.Gzip(large) + loadertest.Gzip("}")))
		if want := large + large + "}"; err != nil || got != want {
			t.Fatalf("%d bytes, %v; want %d", len(got), err, len(want))
		}
	}
	tight := loader.NewUnpacker(int64(len(large)))
	defer tight.Close()
	if _, err := tight.Text([]byte(loadertest.Gzip(large))); err != nil {
		t.Errorf("as large as the limit: %v", err)
	}
	if _, err := tight.Text([]byte(loadertest.Gzip(large + "}"))); err == nil {
		t.Error("a byte more than the limit is taken")
	}
}
