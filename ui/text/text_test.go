package text

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"plain", "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/alice"},
		{"empty", "", ""},
		{"escape sequence", "a\x1b[31mb", `a\x1b[31mb`},
		{"clipboard", "\x1b]52;c;ZXZpbA==\x07", `\x1b]52;c;ZXZpbA==\x07`},
		{"C1 control", "a\u009bm", "a⟨U+009B⟩m"},
		{"bidi override", "user\u202egnp.exe", "user⟨U+202E⟩gnp.exe"},
		{"zero width", "ad\u200bmin", "ad⟨U+200B⟩min"},
		{"soft hyphen", "ad\u00admin", "ad⟨U+00AD⟩min"},
		{"no-break spaces", "5:49\u202fPM\u00a0x", "5:49⟨U+202F⟩PM⟨U+00A0⟩x"},
		{"invalid UTF-8", "a\xff\xc3", `a\xff\xc3`},
		{"replacement character itself", "a\ufffdb", "a\ufffdb"},
		{"tab and newline", "a\tb\nc\r", `a⇥b⏎c\x0d`},
		{"accents", "Zoë e\u0301", "Zoë e\u0301"},
		{"CJK", "東京リージョン", "東京リージョン"},
		{"single emoji", "🚀", "🚀"},
		{"family", "👨\u200d👩\u200d👧", "👨⟨U+200D⟩👩⟨U+200D⟩👧"},
		{"heart with selector", "❤\ufe0f", "❤⟨U+FE0F⟩"},
		{"flag", "🇳🇱", "⟨U+1F1F3⟩⟨U+1F1F1⟩"},
		{"leading mark", "\u0301x", "⟨U+0301⟩x"},
		{"hangul filler", "a\u3164b", "a⟨U+3164⟩b"},
		{"tag characters", "a\U000e0041b", "a⟨U+E0041⟩b"},
		{"private use", "\ue0b0", "⟨U+E0B0⟩"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Clean(c.in); string(got) != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestCleanStacksNoMarks(t *testing.T) {
	t.Parallel()
	got := Clean("z" + strings.Repeat("\u0335", 40))
	if n := strings.Count(string(got), "⟨U+0335⟩"); n == 0 {
		t.Errorf("Clean kept %d stacked marks: %q", 40, got)
	}
}

func TestCleanLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		cells int
		want  Safe
	}{
		{"short", 10, "short"},
		{"a longer one", 6, "a lon…"},
		{"\x1b\x1b\x1b", 6, `\x1b\…`},
		{"東京都", 4, "東…"},
		{"whole", -1, "whole"},
		{"x", 0, ""},
	} {
		if got := CleanLine(c.in, c.cells); got != c.want {
			t.Errorf("CleanLine(%q, %d) = %q, want %q", c.in, c.cells, got, c.want)
		}
	}
	long := strings.Repeat("\u202e", 1<<20)
	if got := CleanLine(long, 80); Width(got) > 80 {
		t.Errorf("CleanLine of a long text is %d cells wide", Width(got))
	}
}

// What is cut twice says so once.
func TestCutTwice(t *testing.T) {
	t.Parallel()
	if got := Truncate(Truncate("assumed-role/admin", 12, "…")+", 9f8a", 12, "…"); got != "assumed-rol…" {
		t.Errorf("%q", got)
	}
}

func TestPadAndTruncate(t *testing.T) {
	t.Parallel()
	for _, s := range []Safe{"", "a", "abcdef", "東京都港区", "e\u0301e\u0301e\u0301e\u0301"} {
		for w := range 12 {
			if got := Width(Pad(s, w, "…")); got != w {
				t.Errorf("Pad(%q, %d) is %d wide", s, w, got)
			}
			if got := Width(PadLeft(s, w, "…")); got != w {
				t.Errorf("PadLeft(%q, %d) is %d wide", s, w, got)
			}
			if got := Width(Skip(s, w)); got != max(0, Width(s)-w) {
				t.Errorf("Skip(%q, %d) is %d wide", s, w, got)
			}
		}
	}
}

func TestWrapKeepsEverything(t *testing.T) {
	t.Parallel()
	s := Clean("User: arn:aws:sts::111122223333:assumed-role/deploy/ci is not authorized to perform: iam:CreateUser on resource 東京")
	for _, w := range []int{1, 2, 7, 20, 200} {
		var joined Safe
		for _, l := range Wrap(s, w) {
			if Width(l) > max(w, 2) {
				t.Errorf("Wrap(%d): line %q is %d wide", w, l, Width(l))
			}
			joined += l
		}
		if joined != s {
			t.Errorf("Wrap(%d) lost text: %q", w, joined)
		}
	}
}

// check fails when a Safe could do more to a terminal than occupy cells.
func check(t *testing.T, in string, s Safe) {
	t.Helper()
	if !utf8.ValidString(string(s)) {
		t.Fatalf("Clean(%q) is not UTF-8: %q", in, s)
	}
	for _, r := range string(s) {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Bidi_Control, r) {
			t.Fatalf("Clean(%q) holds %U", in, r)
		}
	}
	if g, w := ansi.StringWidth(string(s)), ansi.StringWidthWc(string(s)); g != w {
		t.Fatalf("Clean(%q) = %q is %d cells by cluster, %d by code point", in, s, g, w)
	}
	if Width(s) != ansi.StringWidthWc(string(s)) {
		t.Fatalf("Width(%q) = %d", s, Width(s))
	}
}

func TestHostileCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/hostile/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no hostile corpus: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		check(t, string(b), Clean(string(b)))
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a", "\x1b]8;;http://x\x07", "👩🏽\u200d🚀", "한국어", "\u202e\u2066", "\xf0\x9f", "e\u0301\u0301", "ก็ำ", "🇳🇱", "\r\n"} {
		f.Add(s, 5)
	}
	f.Fuzz(func(t *testing.T, s string, w int) {
		got := Clean(s)
		check(t, s, got)
		// Cells are set side by side, so nothing may join with a neighbour.
		check(t, s+"|"+s, Clean(s)+Clean(s))
		w &= 63
		line := CleanLine(s, w)
		check(t, s, line)
		if Width(line) > w {
			t.Fatalf("CleanLine(%q, %d) = %q is %d wide", s, w, line, Width(line))
		}
		if p := Pad(got, w, "…"); Width(p) != w {
			t.Fatalf("Pad(%q, %d) = %q is %d wide", got, w, p, Width(p))
		}
		if Width(got) < 4096 {
			var joined Safe
			for _, l := range Wrap(got, w) {
				joined += l
			}
			if joined != got {
				t.Fatalf("Wrap(%q, %d) lost text", got, w)
			}
		}
	})
}

func BenchmarkClean(b *testing.B) {
	for b.Loop() {
		Clean("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/alice@example.com")
	}
}
