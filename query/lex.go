package query

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// notInKey are the characters that a key of a path holds only in quotes.
const notInKey = `.,:=<>!"()`

func bareKeyRune(r rune) bool { return !unicode.IsSpace(r) && !strings.ContainsRune(notInKey, r) }

// name reads a field name or path up to its operator, which must follow. When
// ok is false there is no name here and the position means nothing.
func (p *parser) name() (keys []string, quoted, ok bool) {
	for {
		if p.at('"') {
			s, err := p.quoted()
			if err != nil || s == "" {
				return nil, false, false
			}
			keys, quoted = append(keys, s), true
		} else {
			rest := p.rest()
			n := strings.IndexFunc(rest, func(r rune) bool { return !bareKeyRune(r) })
			if n < 0 || n == 0 {
				return nil, false, false
			}
			keys = append(keys, rest[:n])
			p.pos += n
		}
		if !p.at('.') {
			break
		}
		p.pos++
	}
	if p.end() || !(p.at(':') || p.at('=') || p.at('<') || p.at('>') || strings.HasPrefix(p.rest(), "!=")) {
		return nil, false, false
	}
	return keys, quoted, true
}

// quoted reads a string in quotes, in which \" and \\ are the escapes.
func (p *parser) quoted() (string, error) {
	start := p.pos
	var b strings.Builder
	for p.pos++; !p.end(); p.pos++ {
		switch c := p.text[p.pos]; c {
		case '"':
			p.pos++
			return b.String(), nil
		case '\\':
			if next := p.pos + 1; next < len(p.text) && (p.text[next] == '"' || p.text[next] == '\\') {
				p.pos = next
				b.WriteByte(p.text[next])
				continue
			}
			return "", p.fail(p.pos, "unknown escape in quotes", `\" or \\`, `\\`)
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail(start, "the quote isn't closed", "", "")
}

// regex reads /…/, in which \/ stands for a slash and all else is RE2 syntax.
func (p *parser) regex() (string, error) {
	start := p.pos
	var b strings.Builder
	for p.pos++; !p.end() && !p.at('/'); p.pos++ {
		c := p.text[p.pos]
		if c == '\\' && p.pos+1 < len(p.text) {
			p.pos++
			if p.text[p.pos] != '/' {
				b.WriteByte(c)
			}
			c = p.text[p.pos]
		}
		b.WriteByte(c)
	}
	if p.end() {
		return "", p.fail(start, "the regex isn't closed", "a closing slash, or quotes around text that begins with a slash", "")
	}
	p.pos++
	re := b.String()
	if re == "" {
		return "", p.fail(start, "the regex is empty", "", "")
	}
	if _, err := regexp.Compile(re); err != nil {
		return "", p.fail(start, "bad regex: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "), "", "")
	}
	return re, nil
}

// operators by how they are written, the longer first.
var operators = []struct {
	text string
	op   Op
	not  bool
}{
	{"!=", Exact, true}, {"<=", LessEq, false}, {">=", GreaterEq, false},
	{":", Like, false}, {"=", Exact, false}, {"<", Less, false}, {">", Greater, false},
}

// operator reads one; name is for the suggestion of an error.
func (p *parser) operator(name string) (op Op, not bool, err error) {
	at := p.pos
	for _, o := range operators {
		if !strings.HasPrefix(p.rest(), o.text) {
			continue
		}
		p.pos += len(o.text)
		if startsLikeOperator(p.rest()) {
			return 0, false, p.badOperator(at, name, o.text)
		}
		return o.op, o.not, nil
	}
	return 0, false, p.fail(at, "unexpected "+p.here(), "an operator", "") // name() saw one
}

// startsLikeOperator reports whether a value would be taken for more operator.
// Addresses may begin with two colons.
func startsLikeOperator(s string) bool {
	return s != "" && strings.IndexByte("=<>:!~", s[0]) >= 0 && !strings.HasPrefix(s, "::")
}

// badOperator explains operators of other languages.
func (p *parser) badOperator(at int, name, first string) error {
	rest := p.rest()
	n := strings.IndexFunc(rest, func(r rune) bool { return !strings.ContainsRune("=<>:!~", r) })
	if n < 0 {
		n = len(rest)
	}
	all, value := first+rest[:n], rest[n:]
	if i := strings.IndexFunc(value, unicode.IsSpace); i >= 0 {
		value = value[:i]
	}
	meant := map[string]string{
		"==": "=", ":=": "=", "=:": "=", "::": ":", ":>": ">", ":<": "<", ":>=": ">=", ":<=": "<=", "=>": ">=", "=<": "<=",
		"<>": "!=", "!==": "!=", "=!": "!=",
	}
	suggest := ""
	switch {
	case meant[all] != "":
		suggest = name + meant[all] + value
	case all == "=~" || all == ":~":
		suggest = name + ":/" + value + "/"
	case all == "!:" || all == ":!":
		suggest = "-" + name + ":" + value
	}
	return p.fail(at, fmt.Sprintf("unknown operator %q", all), "one of : = != < <= > >=, or quotes around the value", suggest)
}

// A value is one element of a list as lexed.
type value struct {
	Match
	at    int
	regex bool
}

// values reads a comma list. Regexes are taken only after ":".
func (p *parser) values(name string, op Op) ([]value, error) {
	var list []value
	for {
		v := value{at: p.pos}
		var err error
		switch {
		case p.delimited() && len(list) == 0:
			return nil, p.noValue(name, op)
		case p.delimited() || p.at(','):
			return nil, p.fail(p.pos, "a value is missing in the list", "a value right after the comma", "")
		case p.at('"'):
			v.Quoted = true
			v.Text, err = p.quoted()
		case p.at('/') && op == Like:
			v.regex = true
			v.Text, err = p.regex()
		default:
			v.Text = p.bareValue()
		}
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if !p.at(',') {
			return list, p.valueEnd(v)
		}
		p.pos++
	}
}

// noValue complains about an operator with nothing after it; a value after a
// space is the usual reason.
func (p *parser) noValue(name string, op Op) error {
	next := *p
	next.space()
	suggest := ""
	if run := next.run(); run != "" && next.pos > p.pos {
		suggest = name + opText[op] + run
	} else if f, _ := Lookup(name); op == Like && f.Kind != KindRecord {
		suggest = name + ":* (any value)"
	}
	return p.fail(p.pos, "no value after the operator", "a value right after it", suggest)
}

func (p *parser) valueEnd(v value) error {
	if v.regex && !p.delimited() {
		return p.fail(p.pos, "text after the regex", "a space, or quotes around a value that begins with a slash", "")
	}
	return p.mustEnd()
}

func (p *parser) bareValue() string {
	start := p.pos
	for !p.delimited() && !p.at(',') && !p.at('"') && !p.at('(') {
		_, n := utf8.DecodeRuneInString(p.rest())
		p.pos += n
	}
	return p.text[start:p.pos]
}
