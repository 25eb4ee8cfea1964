package query

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// search returns the function that decides on a record (JSON text as logged)
// whether the term on a path holds: when any value at the path does.
func (t Term) search(c Clock) func(record string) bool {
	accept := t.accept(c)
	return func(record string) bool {
		found := false
		find(record, t.Path, func(raw string) bool {
			found = accept(raw)
			return !found
		})
		return found
	}
}

// accept returns the test of one value at the path, as logged. Inside
// userIdentity an empty text or object is absent: services write accessKeyId ""
// and sessionIssuer {} for what isn't there (elsewhere, an empty text is data).
func (t Term) accept(c Clock) func(raw string) bool {
	test := t.Test(c)
	who := len(t.Path) > 0 && strings.EqualFold(t.Path[0], "userIdentity")
	return func(raw string) bool {
		text := ValueText(raw)
		return test(text) && !(who && (text == "" || raw[0] == '{' && text == "{}"))
	}
}

// search returns the function that decides whether the text is found in a
// record: in the JSON as logged, or in it with its escapes resolved, so that
// a/b also finds a\/b. Wildcards of a bare word don't go past a quote, so a
// match stays inside one string.
func (t Text) search() func(record string) bool {
	switch {
	case t.Regex:
		re, err := regexp.Compile(t.Value)
		if err != nil {
			return func(string) bool { return false } // Parse lets none through
		}
		return bothWays(re.MatchString)
	case isPattern(Match{Text: t.Value, Quoted: t.Quoted}):
		return bothWays(wordPattern(t.Value))
	}
	find := newFinder(t.Value).in
	if strings.ContainsFunc(t.Value, mayBeEscaped) {
		return bothWays(find)
	}
	return find
}

// bothWays tries a record as logged and, when it has escapes, without them.
func bothWays(test func(string) bool) func(string) bool {
	return func(record string) bool {
		if test(record) {
			return true
		}
		return strings.IndexByte(record, '\\') >= 0 && test(unescape(record))
	}
}

// mayBeEscaped reports whether some JSON writer escapes r: what must be, and
// what careful writers do for HTML's sake.
func mayBeEscaped(r rune) bool {
	return r < ' ' || r >= 0x7f || strings.ContainsRune("\"\\/<>&='+", r)
}

// wordPattern searches for a bare word with wildcards: its rarest piece first,
// which is fast and seldom there.
func wordPattern(word string) func(string) bool {
	var re strings.Builder
	re.WriteString("(?is)")
	for _, r := range strings.Trim(word, "*") {
		switch r {
		case '*':
			re.WriteString(`[^"]*`)
		case '?':
			re.WriteString(`[^"]`)
		default:
			re.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	compiled := regexp.MustCompile(re.String())
	piece := newFinder(rarestOf(word, wild))
	return func(record string) bool { return piece.in(record) && compiled.MatchString(record) }
}

// A finder looks for a text ignoring case (Unicode simple folding).
type finder struct {
	needle string
	runes  []rune // folded
	ascii  bool   // needle has only ASCII
	wide   bool   // some letter of it also has a form outside ASCII: K and S do
	rare   int    // index of the byte that is rarest in records
}

func newFinder(needle string) *finder {
	f := &finder{needle: needle, ascii: true}
	best := -1
	for i := range len(needle) {
		c := lower(needle[i])
		f.ascii = f.ascii && c < utf8.RuneSelf
		f.wide = f.wide || c == 'k' || c == 's'
		if n := rarity(c); n > best {
			best, f.rare = n, i
		}
	}
	for _, r := range needle {
		f.runes = append(f.runes, fold(r))
	}
	return f
}

// byFrequency are the bytes of CloudTrail records from the most to the less
// frequent, letters of both cases counted as one (2,900 records of a live
// account). What is not in it is rarer still.
const byFrequency = `"eatsrn:ico-d2,1mu30.p7lv8fbw9h4/gy 65{}qzkxj()+;_`

func rarity(c byte) int {
	if i := strings.IndexByte(byFrequency, c); i >= 0 {
		return i
	}
	return len(byFrequency)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// in reports whether the text is in s.
func (f *finder) in(s string) bool { return f.find(s) >= 0 }

// find is the index of the text in s, -1 when it isn't there.
func (f *finder) find(s string) int {
	switch {
	case f.needle == "":
		return 0
	case f.ascii && !(f.wide && (strings.Contains(s, "\u212a") || strings.Contains(s, "\u017f"))):
		return f.findASCII(s)
	}
	for i := range s {
		if f.prefix(s[i:]) {
			return i
		}
	}
	return -1
}

// findASCII hops from one occurrence of the rarest byte to the next, in either
// case.
func (f *finder) findASCII(s string) int {
	small := lower(f.needle[f.rare])
	big := small
	if 'a' <= small && small <= 'z' {
		big -= 'a' - 'A'
	}
	nextSmall, nextBig := -1, -1
	if big == small {
		nextBig = len(s)
	}
	for i := f.rare; ; i++ {
		if nextSmall < i {
			nextSmall = indexFrom(s, small, i)
		}
		if nextBig < i {
			nextBig = indexFrom(s, big, i)
		}
		i = min(nextSmall, nextBig)
		start := i - f.rare
		if start+len(f.needle) > len(s) {
			return -1
		}
		if equalASCII(s[start:start+len(f.needle)], f.needle) {
			return start
		}
	}
}

// indexFrom is the index of c in s at or after i, len(s) when there is none.
func indexFrom(s string, c byte, i int) int {
	if i >= len(s) {
		return len(s)
	}
	if n := strings.IndexByte(s[i:], c); n >= 0 {
		return i + n
	}
	return len(s)
}

func equalASCII(a, b string) bool {
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// prefix reports whether s begins with the text, by characters.
func (f *finder) prefix(s string) bool {
	for _, want := range f.runes {
		r, n := utf8.DecodeRuneInString(s)
		if n == 0 || fold(r) != want {
			return false
		}
		s = s[n:]
	}
	return true
}
