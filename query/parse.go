package query

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxText  = 64 << 10 // bytes of a filter
	maxDepth = 100      // nested parentheses and negations
)

// Parse reads a filter; the empty text matches all. The error is a *ParseError.
// Everything that can be checked without a case is checked: names, operators,
// and the values by the kind of the field.
func Parse(text string) (Filter, error) {
	p := &parser{text: text}
	if len(text) > maxText {
		return Filter{}, p.fail(0, fmt.Sprintf("the filter is longer than %d bytes", maxText), "", "")
	}
	if i := invalidUTF8(text); i >= 0 {
		return Filter{}, p.fail(i, "not valid UTF-8", "", "")
	}
	if p.space(); p.end() {
		return Filter{}, nil
	}
	n, err := p.or()
	if err == nil && !p.end() {
		err = p.fail(p.pos, "a closing parenthesis too many", "", "")
	}
	if err != nil {
		return Filter{}, err
	}
	return Filter{n}, nil
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}

// A parser reads a filter from left to right; pos is a byte offset.
type parser struct {
	text  string
	pos   int
	depth int
}

func (p *parser) fail(at int, msg, want, suggest string) *ParseError {
	return &ParseError{Text: p.text, Col: utf8.RuneCountInString(p.text[:at]) + 1, Msg: msg, Want: want, Suggest: suggest}
}

func (p *parser) end() bool { return p.pos >= len(p.text) }

func (p *parser) rest() string { return p.text[p.pos:] }

func (p *parser) space() {
	p.pos = len(p.text) - len(strings.TrimLeftFunc(p.rest(), unicode.IsSpace))
}

// at reports whether the byte b is next.
func (p *parser) at(b byte) bool { return !p.end() && p.text[p.pos] == b }

// delimited reports whether a word or value ends here.
func (p *parser) delimited() bool {
	if p.end() || p.at(')') {
		return true
	}
	r, _ := utf8.DecodeRuneInString(p.rest())
	return unicode.IsSpace(r)
}

// run is the text up to the next white space, parenthesis or quote.
func (p *parser) run() string {
	rest := p.rest()
	if i := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`()"`, r) }); i >= 0 {
		return rest[:i]
	}
	return rest
}

// isWord reports whether the capital word w (AND, OR, NOT) is next.
func (p *parser) isWord(w string) bool {
	next := p.pos + len(w)
	return p.run() == w && (next == len(p.text) || p.text[next] != '"')
}

// word takes the capital word w if it is next.
func (p *parser) word(w string) bool {
	if !p.isWord(w) {
		return false
	}
	p.pos += len(w)
	p.space()
	return true
}

func (p *parser) or() (Node, error) {
	n, err := p.and()
	if err != nil {
		return nil, err
	}
	nodes := []Node{n}
	for at := p.pos; p.word("OR"); at = p.pos {
		if p.end() || p.at(')') {
			return nil, p.fail(at, "nothing follows OR", "a term", "")
		}
		if n, err = p.and(); err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return anyOf(nodes), nil
}

func (p *parser) and() (Node, error) {
	var nodes []Node
	for {
		n, err := p.not()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		p.space()
		at := p.pos
		if p.word("AND") {
			if p.end() || p.at(')') {
				return nil, p.fail(at, "nothing follows AND", "a term", "")
			}
			continue
		}
		if p.end() || p.at(')') || p.isWord("OR") {
			return allOf(nodes), nil
		}
	}
}

func (p *parser) not() (Node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(p.pos, "nested too deeply", "", "")
	}
	defer func() { p.depth-- }()
	at := p.pos
	switch {
	case p.word("NOT"):
		if p.end() || p.at(')') {
			return nil, p.fail(at, "nothing follows NOT", "a term", "")
		}
	case p.at('-'):
		if p.pos++; p.delimited() {
			return nil, p.fail(at, "nothing follows the minus sign", "a term right after it", "")
		}
	case p.at('('):
		return p.group()
	default:
		return p.term()
	}
	n, err := p.not()
	if err != nil {
		return nil, err
	}
	return negate(n), nil
}

func (p *parser) group() (Node, error) {
	at := p.pos
	p.pos++
	if p.space(); p.at(')') {
		return nil, p.fail(p.pos, "empty parentheses", "a term", "")
	}
	if p.end() {
		return nil, p.fail(at, "the parenthesis isn't closed", "", "")
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.at(')') {
		return nil, p.fail(at, "the parenthesis isn't closed", "", "")
	}
	p.pos++
	return n, nil
}

// term reads a field term, a word, a phrase or a regex.
func (p *parser) term() (Node, error) {
	at, run := p.pos, p.run()
	switch {
	case p.at('/'):
		return p.textRegex()
	case run == "OR" || run == "AND":
		return nil, p.fail(at, run+" stands between two terms", "a term", fmt.Sprintf("%q (in quotes, to search for the word)", run))
	case isPlainWord(run):
		p.pos += len(run)
		if err := p.mustEnd(); err != nil {
			return nil, err
		}
		return textNode(run, false), nil
	}
	if keys, quoted, ok := p.name(); ok {
		return p.fieldTerm(at, keys, quoted)
	}
	p.pos = at
	if p.at('"') {
		return p.phrase()
	}
	return p.bareWord(run)
}

func (p *parser) phrase() (Node, error) {
	at := p.pos
	s, err := p.quoted()
	if err != nil {
		return nil, err
	}
	if s == "" {
		return nil, p.fail(at, "nothing to search for", "words between the quotes", "")
	}
	if err := p.mustEnd(); err != nil {
		return nil, err
	}
	return textNode(s, true), nil
}

// isPlainWord reports whether a run is a word although it holds operators: an
// ARN or an IPv6 address, which people paste.
func isPlainWord(run string) bool {
	if strings.HasPrefix(run, "arn:aws") && strings.Count(run, ":") >= 5 {
		return true
	}
	a, err := netip.ParseAddr(run)
	return err == nil && a.Is6()
}

func (p *parser) bareWord(run string) (Node, error) {
	at := p.pos
	if run == "" {
		return nil, p.fail(at, "unexpected "+p.here(), "a term", "")
	}
	if run[0] == '!' {
		return nil, p.fail(at, `"!" is no operator here`, "", "-"+strings.TrimLeft(run, "!="))
	}
	if i := strings.IndexAny(run, ":=<>"); i >= 0 {
		return nil, p.fail(at+i, fmt.Sprintf("no field name before %q", run[i:i+1]), "a field, or quotes around the words", "")
	}
	if suggest := foreignRegex(run); suggest != "" {
		return nil, p.fail(at+strings.IndexByte(run, '~'), `"~" is no operator`, "", suggest)
	}
	p.pos += len(run)
	if err := p.mustEnd(); err != nil {
		return nil, err
	}
	return textNode(run, false), nil
}

// foreignRegex is what field~x means in our words, "" if s isn't of that form.
func foreignRegex(s string) string {
	name, re, _ := strings.Cut(s, "~")
	if _, ok := Lookup(name); !ok || name == s {
		return ""
	}
	return name + ":/" + re + "/"
}

// here names what stands at the position, for messages.
func (p *parser) here() string {
	if p.end() {
		return "end"
	}
	r, _ := utf8.DecodeRuneInString(p.rest())
	return fmt.Sprintf("%q", r)
}

// mustEnd asks for white space, a closing parenthesis or the end.
func (p *parser) mustEnd() error {
	switch {
	case p.delimited():
		return nil
	case p.at('"'):
		return p.fail(p.pos, "a quote inside a word", "quotes around all of it, with \\\" for a quote in them", "")
	case p.at('('):
		return p.fail(p.pos, "a parenthesis inside a word", "a space before it, or quotes around all of it", "")
	}
	return p.fail(p.pos, "unexpected "+p.here(), "a space", "")
}

// textRegex reads a regex that is searched in the whole record.
func (p *parser) textRegex() (Node, error) {
	re, err := p.regex()
	if err != nil {
		return nil, err
	}
	if !p.delimited() {
		return nil, p.fail(p.pos, "text after the regex", "a space, or quotes around words that begin with a slash", "")
	}
	return Text{Value: re, Regex: true}, nil
}
