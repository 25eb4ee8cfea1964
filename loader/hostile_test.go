package loader_test

import (
	"fmt"
	"strings"
	"testing"

	"spoor/loader"
	"spoor/loader/loadertest"
)

// record is a small record with text in its request.
func record(id int, request string) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2026-03-01T12:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"RunInstances",`+
		`"eventID":"00000000-0000-0000-0000-%012d","userIdentity":{"type":"IAMUser","userName":"alice"},"requestParameters":%s}`, id, request)
}

// What an attacker may put into a log must load or fail, and no more than that;
// the logs beside it load as ever.
func TestHostileContent(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	arrays := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	large := `{"x":"` + strings.Repeat("y", 256<<10) + `"}`
	for name, c := range map[string]struct {
		text   string
		events int
		fails  bool
	}{
		"deep objects in a record": {`{"Records":[` + record(1, deep) + "," + record(2, "null") + `]}`, 1, false}, // the deep one is counted as invalid
		"deep arrays in a record":  {`{"Records":[` + record(1, arrays) + `]}`, 0, true},
		"deep around records":      {strings.Repeat(`{"Records":[`, 10_000) + record(1, "null") + strings.Repeat("]}", 10_000), 1, false},
		"nothing but brackets":     {strings.Repeat("[", 1_000_000), 0, true},
		"nothing but braces":       {strings.Repeat(`{"a":`, 200_000), 0, true},
		"a record of 256 kB":       {`{"Records":[` + record(1, large) + `]}`, 1, false},
		"control characters":       {`{"Records":[` + record(1, `{"a":"\u001b]52;c;\u0007\u0000\u202e"}`) + `]}`, 1, false},
		"invalid UTF-8":            {`{"Records":[` + record(1, "{\"a\":\"\xff\xfe\xc0\"}") + `]}`, 1, false},
		"keys without end":         {`{"Records":[{"` + strings.Repeat("k", 1<<20), 0, true},
		"cut within a record":      {`{"Records":[` + record(1, "null") + "," + record(2, "null")[:80], 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := loadertest.NewSink()
			src := loadertest.NewSource(map[string]string{"x": c.text, "x.gz": loadertest.Gzip(c.text), "good": record(7, "null")})
			load(t, src, sink, loader.Poisoned(loader.Options{}))
			objects := sink.Objects()
			for _, n := range []string{"x", "x.gz"} {
				o := objects[n]
				if len(o.Events) != c.events || (o.Outcome == loader.Failed) != c.fails {
					t.Errorf("%s: outcome %d, %d events, reason %q", n, o.Outcome, len(o.Events), o.Reason)
				}
				for _, e := range o.Events {
					if text := o.Text[e.Span.Off : e.Span.Off+e.Span.Len]; !strings.HasPrefix(text, `{"eventVersion"`) || !strings.HasSuffix(text, "}") {
						t.Errorf("%s: the span of %s is not a record", n, e.ID)
					}
				}
			}
			if len(objects["good"].Events) != 1 {
				t.Error("the good log beside it did not load")
			}
		})
	}
}

// One line of 200 MB, which is more than many readers take.
func TestVeryLongLine(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 500 MB of memory")
	}
	const n = 100_000
	var b strings.Builder
	b.WriteString(`{"Records":[`)
	filler := `{"x":"` + strings.Repeat("y", 1800) + `"}`
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(record(i, filler))
	}
	b.WriteString("]}")
	sink := loadertest.NewSink()
	r := load(t, loadertest.NewSource(map[string]string{"x": b.String()}), sink, loader.Poisoned(loader.Options{}))
	if r.Bytes.Unpacked < 200_000_000 || r.Events.Read != n {
		t.Errorf("%d bytes, %d events", r.Bytes.Unpacked, r.Events.Read)
	}
}
