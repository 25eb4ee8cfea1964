package loader_test

import (
	"encoding/base64"
	"encoding/json"
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

// A Lambda event of a CloudWatch Logs subscription, as it is saved from a test or
// a dead-letter queue.
func TestLambdaEvent(t *testing.T) {
	t.Parallel()
	event := func(inner string) string {
		return "{\n \"awslogs\": {\"data\": \"" + base64.StdEncoding.EncodeToString([]byte(inner)) + "\"}}\n"
	}
	message, err := json.Marshal(record(1, "null"))
	if err != nil {
		t.Fatal(err)
	}
	logs := `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[{"id":"1","timestamp":1,"message":` + string(message) + `}]}`
	bomb := loadertest.Gzip("{" + strings.Repeat(" ", 2<<20))
	sink := loadertest.NewSink()
	load(t, loadertest.NewSource(map[string]string{
		"event": event(loadertest.Gzip(logs)), "event.gz": loadertest.Gzip(event(loadertest.Gzip(logs))), "marked": "\xef\xbb\xbf" + event(loadertest.Gzip(logs)),
		"plain": event("text"), "cut": event(loadertest.Gzip(logs)[:40]), "bomb": event(bomb), "nested": event(loadertest.Gzip(event(loadertest.Gzip(event(loadertest.Gzip(event(loadertest.Gzip(logs)))))))),
	}), sink, loader.Poisoned(loader.Options{MaxUnpacked: 1 << 20}))
	objects := sink.Objects()
	for _, n := range []string{"event", "event.gz", "marked"} {
		if o := objects[n]; len(o.Events) != 1 || o.Carrier != "CloudWatch Logs subscription" || o.Unpacked != int64(len(logs)) {
			t.Errorf("%s: %d events in %q of %d bytes, %q", n, len(o.Events), o.Carrier, o.Unpacked, o.Reason)
		}
	}
	for n, want := range map[string]string{"plain": "still packed in base64", "cut": "cut off", "bomb": "more than 1 MiB", "nested": "packed"} {
		if o := objects[n]; len(o.Events) != 0 || !strings.Contains(o.Reason, want) {
			t.Errorf("%s: %d events, reason %q, want %q", n, len(o.Events), o.Reason, want)
		}
	}
}
