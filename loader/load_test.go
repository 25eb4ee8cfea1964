package loader_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/loadertest"
)

func load(t *testing.T, src loader.Source, sink loader.Sink, opt loader.Options) loader.Report {
	t.Helper()
	r, err := loader.Load(t.Context(), []loader.Source{src}, sink, opt)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	checkSum(t, r)
	return r
}

// checkSum: every object listed must end, once.
func checkSum(t *testing.T, r loader.Report) {
	t.Helper()
	o := r.Objects
	if o.Listed != o.Loaded+o.Skipped+o.Failed+o.Already {
		t.Errorf("the sum does not add up: %+v", o)
	}
	if int(o.Failed) != len(r.Failures) || int(o.Skipped) != len(r.Skips) {
		t.Errorf("%d failed, %d reasons; %d skipped, %d reasons", o.Failed, len(r.Failures), o.Skipped, len(r.Skips))
	}
}

func TestCarriersOfText(t *testing.T) {
	t.Parallel()
	const text = "one\ntwo\n"
	gz := loadertest.Gzip
	utf16 := func(bom, s string, big bool) string {
		var b strings.Builder
		b.WriteString(bom)
		for _, c := range []byte(s) {
			if big {
				b.WriteByte(0)
			}
			b.WriteByte(c)
			if !big {
				b.WriteByte(0)
			}
		}
		return b.String()
	}
	for name, c := range map[string]struct{ data, want, note string }{
		"plain":                 {text, text, ""},
		"empty":                 {"", "skipped: empty", ""},
		"gzip":                  {gz(text), text, ""},
		"two members":           {gz("one\n") + gz("two\n"), text, "2 gzip members"},
		"empty second member":   {gz(text) + gz(""), text, "2 gzip members"},
		"zero padding":          {gz(text) + strings.Repeat("\x00", 100), text, ""},
		"trailing bytes":        {gz(text) + "garbage", text, "7 bytes after the end of the gzip stream, ignored"},
		"gzip twice":            {gz(gz(text)), text, "packed more than once"},
		"zstd":                  {loadertest.Zstd(text), text, ""},
		"two zstd frames":       {loadertest.Zstd("one\n") + loadertest.Zstd("two\n"), text, ""},
		"zstd in gzip":          {gz(loadertest.Zstd(text)), text, "packed more than once"},
		"UTF-8 mark":            {"\xef\xbb\xbf" + text, text, ""},
		"UTF-8 mark in gzip":    {gz("\xef\xbb\xbf" + text), text, ""},
		"UTF-16 little":         {utf16("\xff\xfe", text, false), text, "converted from UTF-16"},
		"UTF-16 big":            {utf16("\xfe\xff", text, true), text, "converted from UTF-16"},
		"UTF-16 surrogates":     {"\xff\xfe\x3d\xd8\x00\xde\x3d\xd8!\x00", "😀\ufffd!", "converted from UTF-16"},
		"UTF-16 cut":            {"\xff\xfea\x00b", "a\ufffd", "converted from UTF-16"},
		"UTF-16 in gzip":        {gz(utf16("\xff\xfe", text, false)), text, "converted from UTF-16"},
		"no log":                {"not json", "skipped: not a log", ""},
		"bad":                   {"one\nbad\n", "failed: decode: bad line", ""},
		"panic":                 {"panic!", "failed: decode: internal error, please report it: panic!", ""},
		"cut gzip":              {gz(strings.Repeat("x", 100))[:20], "failed: unpack: cut off: the packed data ends after 0 bytes of text", ""},
		"cut gzip header":       {gz(text)[:6], "failed: unpack: cut off: the packed data ends after 0 bytes of text", ""},
		"cut in second member":  {gz(text) + gz(text)[:12], "failed: unpack: cut off: the packed data ends after 8 bytes of text", ""},
		"damaged gzip":          {damage(gz(text), -6), "failed: unpack: damaged: checksum does not match after 8 bytes of text", ""},
		"cut zstd":              {loadertest.Zstd(text)[:10], "failed: unpack: cut off: the packed data ends after 0 bytes of text", ""},
		"four times":            {gz(gz(gz(gz(text)))), "failed: unpack: packed more than 3 times over", ""},
		"parquet":               {"PAR1xxxx", "skipped: a Parquet file; spoor reads JSON and CSV: export the table as JSON", ""},
		"an unknown gz method":  {"\x1f\x8b\x07garbage", "failed: unpack: damaged after 0 bytes of text: gzip: invalid header", ""},
		"almost a tar":          {strings.Repeat("a", 600), strings.Repeat("a", 600), ""},
		"a size that is a lie ": {lie(gz(text)), "failed: unpack: damaged: checksum does not match after 8 bytes of text", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := loadertest.NewSink()
			load(t, loadertest.NewSource(map[string]string{"x": c.data}), sink, loader.Lines())
			if d := cmp.Diff(map[string]string{"x": c.want}, sink.Texts()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			got := sink.Objects()["x"]
			if note := strings.Join(got.Notes, "; "); note != c.note {
				t.Errorf("notes %q, want %q", note, c.note)
			}
			if got.Outcome != loader.Done {
				return
			}
			if string(got.Delivered) != c.data {
				t.Error("the delivered bytes are not those stored")
			}
			u := loader.NewUnpacker(0)
			defer u.Close()
			if again, err := u.Text(got.Delivered); err != nil || again != got.Text {
				t.Errorf("unpacked again: %q, %v", again, err)
			}
		})
	}
}

func damage(s string, at int) string {
	b := []byte(s)
	b[len(b)+at] ^= 0xff
	return string(b)
}

// lie makes the size at the end of a gzip stream 4 GiB.
func lie(s string) string { return s[:len(s)-4] + "\xff\xff\xff\xff" }

func TestArchives(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a.json": "a1\na2\n", "d/b.json.gz": loadertest.Gzip("b1\n"), "d/c.txt": "not a log"}
	members := func(name string) map[string]string {
		return map[string]string{name: "archive", name + "!a.json": "a1\na2\n", name + "!d/b.json.gz": "b1\n", name + "!d/c.txt": "skipped: not a log"}
	}
	filler := strings.Repeat("x", 2<<20)
	for name, c := range map[string]struct {
		data string
		want map[string]string
	}{
		"zip":      {loadertest.Zip(files), members("x")},
		"tar":      {loadertest.Tar(files), members("x")},
		"tar.gz":   {loadertest.Gzip(loadertest.Tar(files)), members("x")},
		"tar.zst":  {loadertest.Zstd(loadertest.Tar(files)), members("x")},
		"empty":    {loadertest.Zip(nil), map[string]string{"x": "archive"}},
		"cut zip":  {loadertest.Zip(files)[:40], map[string]string{"x": "failed: read zip: zip: not a valid zip file"}},
		"cut tar":  {loadertest.Tar(files)[:1100], map[string]string{"x": "failed: read tar: cut off: unexpected EOF", "x!a.json": "a1\na2\n"}},
		"tar name": {loadertest.Tar(map[string]string{"new\nline\x1b": "1\n"}), map[string]string{"x": "archive", "x!new\nline\x1b": "1\n"}},
		"zip in tar.gz": {loadertest.Gzip(loadertest.Tar(map[string]string{"in.zip": loadertest.Zip(files), "z": "z\n"})),
			with(members("x!in.zip"), "x", "archive", "x!in.zip", "", "x!z", "z\n")},
		"tar.gz in zip": {loadertest.Zip(map[string]string{"in.tgz": loadertest.Gzip(loadertest.Tar(files)), "z": "z\n"}),
			with(members("x!in.tgz"), "x", "archive", "x!z", "z\n")},
		"large tar.gz":                  {loadertest.Gzip(loadertest.Tar(map[string]string{"big": filler, "z": "z\n"})), map[string]string{"x": "archive", "x!big": filler, "x!z": "z\n"}},
		"three archives in one another": {nested(3, files), with(members("x!in!in"), "x", "archive", "x!in!in", "")},
		"four are too many":             {nested(4, files), map[string]string{"x!in!in!in": "failed: read archive: archives nested more than 3 deep"}},
		"twice the same name": {loadertest.Tar(map[string]string{"a": "1\n"})[:1024] + loadertest.Tar(map[string]string{"a": "2\n"}),
			map[string]string{"x": "archive", "x!a": "1\n", "x!a#2": "2\n"}},
		"a failed member keeps the archive open": {loadertest.Tar(map[string]string{"a": "bad\n", "b": "b\n"}),
			map[string]string{"x!a": "failed: decode: bad line", "x!b": "b\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := loadertest.NewSink()
			src := loadertest.NewSource(map[string]string{"x": c.data})
			load(t, src, sink, loader.Lines())
			if d := cmp.Diff(c.want, sink.Texts()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			load(t, src, sink, loader.Lines())
			if d := cmp.Diff(c.want, sink.Texts()); d != "" {
				t.Errorf("after a second load -want +got:\n%s", d)
			}
		})
	}
}

// nested makes an archive in an archive and so on, zip and tar by turns.
func nested(n int, files map[string]string) string {
	for i := 1; i < n; i++ {
		inner := loadertest.Tar(files)
		if i%2 == 0 {
			inner = loadertest.Zip(files)
		}
		files = map[string]string{"in": inner}
	}
	return loadertest.Tar(files)
}

// with adds pairs to a map, and takes away those without a value.
func with(m map[string]string, pairs ...string) map[string]string {
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
		if pairs[i+1] == "" {
			delete(m, pairs[i])
		}
	}
	return m
}

func TestBombs(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("\x00", 8<<20)
	opt := loader.Lines()
	opt.MaxUnpacked = 1 << 20
	for name, c := range map[string]struct{ data, want string }{
		"gzip":        {loadertest.Gzip(zeros), "unpack: more than 1 MiB of text in 8.1 KiB (limit: --max-object)"},
		"zstd":        {loadertest.Zstd(zeros), "unpack: more than 1 MiB of text"},
		"layers":      {loadertest.Gzip(loadertest.Gzip(zeros)), "unpack: more than 1 MiB of text"},
		"members":     {strings.Repeat(loadertest.Gzip(zeros[:300<<10]), 4), "unpack: more than 1 MiB of text"},
		"plain":       {strings.Repeat("x", 2<<20), "read: more than 1 MiB (limit: --max-object)"},
		"zip member":  {loadertest.Zip(map[string]string{"z": zeros}), "unpack: 8 MiB is more than 1 MiB (limit: --max-object)"},
		"records":     {strings.Repeat("x\n", 100_000), "decode: more than "},
		"tar in gzip": {loadertest.Gzip(loadertest.Tar(map[string]string{"z": zeros})), "unpack: more than 1 MiB of text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := load(t, loadertest.NewSource(map[string]string{"x": c.data}), loadertest.NewSink(), opt)
			if len(r.Failures) != 1 || !strings.HasPrefix(r.Failures[0].Error, c.want) {
				t.Errorf("failures %+v, want %q", r.Failures, c.want)
			}
		})
	}
}

// A second load fetches what is new or changed, and what failed.
func TestOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	src := loadertest.NewSource(map[string]string{"a": "a\n", "b": "b\n", "n": "not", "f": "bad\n"})
	sink := loadertest.NewSink()
	load(t, src, sink, loader.Lines())
	src.Put("b", "b2\n")
	src.Put("c", "c\n")
	src.Put("f", "f\n")
	src.Remove("a")
	r := load(t, src, sink, loader.Lines())
	want := map[string]string{"a": "a\n", "b": "b2\n", "c": "c\n", "n": "skipped: not a log", "f": "f\n"}
	if d := cmp.Diff(want, sink.Texts()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if r.Objects.Listed != 4 || r.Objects.Already != 1 || r.Objects.Loaded != 3 {
		t.Errorf("report: %+v", r.Objects)
	}
	if src.Opens("n") != 1 {
		t.Errorf("the unchanged object was opened %d times", src.Opens("n"))
	}
	if !sink.Gone("a") || sink.Gone("b") {
		t.Error("gone: a should be, b should not")
	}
}

// Faults of single objects are reported, and the rest loads.
func TestFaults(t *testing.T) {
	t.Parallel()
	src := loadertest.NewSource(map[string]string{"cut": loadertest.Gzip("a\n"), "gone": "b\n", "slow": "c\n", "denied": "d\n", "ok": "e\n"})
	src.Cut("cut", 15)
	src.Remove("nothing")
	src.Refuse("gone", fmt.Errorf("x: %w", fsNotExist))
	src.Refuse("denied", errors.New("access denied"))
	gate := make(chan struct{})
	src.Hold(t.Context(), "slow", gate)
	sink := loadertest.NewSink()
	go close(gate)
	load(t, src, sink, loader.Lines())
	want := map[string]string{
		"cut": "failed: read: after 15 bytes: unexpected EOF", "gone": "failed: open: no longer there: x: file does not exist",
		"denied": "failed: open: access denied", "slow": "c\n", "ok": "e\n",
	}
	if d := cmp.Diff(want, sink.Texts()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	for _, name := range []string{"cut", "gone", "denied"} {
		src.Heal(name)
	}
	r := load(t, src, sink, loader.Lines())
	if r.Objects.Loaded != 3 || r.Objects.Already != 2 {
		t.Errorf("second load: %+v", r.Objects)
	}
}

// A load that is cancelled returns, keeps whole objects only, and goes on where
// it stopped.
func TestCancelAndResume(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 300 {
		files[fmt.Sprintf("f%03d", i)] = loadertest.Gzip(fmt.Sprintf("%d\n", i))
	}
	want := loadertest.NewSink()
	load(t, loadertest.NewSource(files), want, loader.Lines())
	for stop := 1; stop < 300; stop += 30 {
		t.Run(fmt.Sprint(stop), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			sink := loadertest.NewSink()
			src := &cancelling{Source: loadertest.NewSource(files), after: stop, cancel: cancel}
			if _, err := loader.Load(ctx, []loader.Source{src}, sink, loader.Lines()); !errors.Is(err, context.Canceled) {
				t.Fatalf("load: %v", err)
			}
			load(t, src.Source, sink, loader.Lines())
			if d := cmp.Diff(want.Texts(), sink.Texts()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// cancelling ends the load after so many opens.
type cancelling struct {
	loader.Source
	mu     sync.Mutex
	after  int
	cancel func()
}

func TestSinkFails(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 50 {
		files[fmt.Sprint(i)] = strings.Repeat("x", 2<<20) + fmt.Sprint(i)
	}
	sink := loadertest.NewSink()
	sink.FailAfter = 2
	if _, err := loader.Load(t.Context(), []loader.Source{loadertest.NewSource(files)}, sink, loader.Lines()); !errors.Is(err, loadertest.ErrFull) {
		t.Fatalf("load: %v, want the sink's error", err)
	}
	sink.FailAfter = 0
	load(t, loadertest.NewSource(files), sink, loader.Lines())
	if n := len(sink.Objects()); n != 50 {
		t.Errorf("%d objects after the second load, want 50", n)
	}
}

// One budget bounds all that is in flight, and an object larger than all of it
// still loads.
func TestLittleMemory(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprint(i)] = loadertest.Gzip(strings.Repeat(fmt.Sprintf("event %d\n", i), 5_000))
	}
	opt := loader.Lines()
	opt.Memory, opt.Jobs, opt.Streams = 1<<10, 4, 8
	sink := loadertest.NewSink()
	load(t, loadertest.NewSource(files), sink, opt)
	if n := len(sink.Objects()); n != 20 {
		t.Errorf("%d objects, want 20", n)
	}
}

func TestSameObjectTwice(t *testing.T) {
	t.Parallel()
	src := loadertest.NewSource(map[string]string{"a": "a\n"})
	r, err := loader.Load(t.Context(), []loader.Source{src, src}, loadertest.NewSink(), loader.Lines())
	if err != nil {
		t.Fatal(err)
	}
	checkSum(t, r)
	if r.Objects.Listed != 1 {
		t.Errorf("%+v", r.Objects)
	}
}
