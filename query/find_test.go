package query

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestFind(t *testing.T) {
	t.Parallel()
	record := `{ "a" : {"B":[1,{"c":"x\ny","C":true}, [ {"c":null},{"c":{"d" : [1, "two\"]"] }} ], "s"]}, "A":"top" ,"esc\u0061ped":1,"e":[],"o":{} }`
	tests := []struct {
		path string
		want []string
	}{
		{"a", []string{`{"B":[1,{"c":"x\ny","C":true},[{"c":null},{"c":{"d":[1,"two\"]"]}}],"s"]}`, "top"}},
		{"a.b", []string{"1", `{"c":"x\ny","C":true}`, `{"c":null}`, `{"c":{"d":[1,"two\"]"]}}`, "s"}},
		{"A.B.C", []string{"x\ny", "true", `{"d":[1,"two\"]"]}`}},
		{"a.b.c.d", []string{"1", `two"]`}},
		{"escaped", []string{"1"}},
		{"e", nil}, {"o", []string{"{}"}}, {"o.x", nil}, {"zzz", nil}, {"a.b.c.d.e", nil},
	}
	for _, tt := range tests {
		var got []string
		for raw := range Find(record, strings.Split(tt.path, ".")) {
			got = append(got, ValueText(raw))
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s", tt.path, d)
		}
	}
	for raw := range Find(record, []string{"a"}) {
		_ = raw
		break // stopping early must not panic
	}
}

// decodeFind is Find over a decoded record.
func decodeFind(v any, path []string) []string {
	switch v := v.(type) {
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, decodeFind(e, path)...)
		}
		return all
	case map[string]any:
		if len(path) == 0 {
			break
		}
		var all []string
		for k, e := range v {
			if strings.EqualFold(k, path[0]) {
				all = append(all, decodeFind(e, path[1:])...)
			}
		}
		return all
	}
	if len(path) > 0 || v == nil {
		return nil
	}
	if s, ok := v.(string); ok {
		return []string{s}
	}
	b, _ := json.Marshal(v)
	return []string{string(b)}
}

func FuzzFind(f *testing.F) {
	f.Add(`{"a":{"b":[1,"x",{"c":null}]},"A":"\u00e9\ud83d\ude00\\"}`, "a.b")
	f.Add(`[{"a":"x`, "a")
	f.Add(`{"a":1,}`, "a")
	f.Add("{\"a\" \t:\n[[[]]]}", "a")
	f.Add(testEvent.record, "requestParameters.tag.key")
	f.Fuzz(func(t *testing.T, text, dotted string) {
		path := strings.Split(dotted, ".")
		var got []string
		for raw := range Find(text, path) {
			got = append(got, ValueText(raw))
		}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v any
		// Duplicate keys, bad UTF-8 and lone surrogates are decoded otherwise; and
		// objects come back in another spelling.
		if err := d.Decode(&v); err != nil || d.More() || !utf8.ValidString(text) || strings.Contains(strings.ToLower(text), `\ud`) || strings.Contains(text, "\ufffd") || duplicates(text) {
			return
		}
		want := decodeFind(v, path)
		plain := func(s string) bool { return strings.HasPrefix(s, "{") }
		got, want = slices.DeleteFunc(got, plain), slices.DeleteFunc(want, plain)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("Find(%q, %q) = %q, want %q", text, path, got, want)
		}
	})
}

// duplicates reports whether an object of the text may hold a key twice, or a
// key that escapes spell twice.
func duplicates(text string) bool {
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`"((?:[^"\\]|\\.)*)"\s*:`).FindAllStringSubmatch(text, -1) {
		if k := unescape(m[1]); seen[k] {
			return true
		} else {
			seen[k] = true
		}
	}
	return false
}

func TestFindInDeepNesting(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for range 1000 {
		b.WriteString(`{"a":[`)
	}
	for range Find(b.String(), slices.Repeat([]string{"a"}, 2000)) {
		t.Fatal("deep nesting gives a value")
	}
}

func TestFinder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	alphabet := []rune("aAbBkKsSxX1-\"\\/ éÉſ\u212aßẞσςΣ日😀")
	random := func(n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteRune(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	hits := 0
	for range 20_000 {
		needle, text := random(4), random(30)
		want := regexp.MustCompile("(?i)" + regexp.QuoteMeta(needle)).MatchString(text)
		if got := newFinder(needle).in(text); got != want {
			t.Fatalf("%q in %q: %v, want %v", needle, text, got, want)
		}
		if want {
			hits++
		}
	}
	if hits < 200 {
		t.Errorf("only %d hits", hits)
	}
}

func TestGlob(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	pattern, alphabet := []rune("aB*?é*"), []rune("aAbBéÉ*")
	random := func(from []rune, n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteRune(from[r.IntN(len(from))])
		}
		return b.String()
	}
	for range 20_000 {
		p, s := random(pattern, 7), random(alphabet, 9)
		re := regexp.MustCompile("(?is)^" + strings.NewReplacer("*", ".*", "?", ".").Replace(p) + "$")
		if got, want := newGlob(p).match(s), re.MatchString(s); got != want {
			t.Fatalf("%q on %q: %v, want %v", p, s, got, want)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	record := strings.Repeat(strings.ReplaceAll(testEvent.record, `\`, ""), 4)
	for _, text := range []string{"nowhere-to-be", "AccessDenied", `"a/b/c"`, "acc*denied"} {
		search := mustParse(b, text).Root().(Text).search()
		b.Run(text, func(b *testing.B) {
			b.SetBytes(int64(len(record)))
			for b.Loop() {
				search(record)
			}
		})
	}
	path := mustParse(b, "requestParameters.nothing:x").Root().(Term).search(Clock{})
	b.Run("path", func(b *testing.B) {
		b.SetBytes(int64(len(record)))
		for b.Loop() {
			path(record)
		}
	})
}
