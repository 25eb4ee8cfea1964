package query

import (
	"fmt"
	"strings"
	"unicode"
)

// String writes the filter in the filter language, in one canonical spelling:
// Parse(f.String()) equals f.
func (f Filter) String() string {
	if f.root == nil {
		return ""
	}
	return text(f.root, false)
}

// text writes a node; tight says that it stands where only one term fits.
func text(n Node, tight bool) string {
	switch n := n.(type) {
	case And:
		return joined(n, " ", tight)
	case Or:
		return joined(n, " OR ", tight)
	case Not:
		if t, ok := n.Node.(Term); ok && t.Op == Exact {
			return termText(t, "!=")
		}
		return "-" + text(n.Node, true)
	case Term:
		return termText(n, "")
	case Text:
		return wordText(n)
	}
	return ""
}

func joined(nodes []Node, by string, tight bool) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		_, or := n.(Or) // AND binds tighter than OR, so only an OR inside an AND needs them
		parts[i] = text(n, or)
	}
	if s := strings.Join(parts, by); !tight {
		return s
	}
	return "(" + strings.Join(parts, by) + ")"
}

func wordText(t Text) string {
	switch {
	case t.Regex:
		return regexText(t.Value)
	case t.Quoted:
		return quote(t.Value)
	case !wordLike(t.Value): // wildcards among operators
		return "text:" + t.Value
	}
	return t.Value
}

var opText = map[Op]string{Like: ":", Exact: "=", Less: "<", LessEq: "<=", Greater: ">", GreaterEq: ">=", Range: ":", Present: ":", Regex: ":"}

// termText writes a term; op replaces its operator unless empty.
func termText(t Term, op string) string {
	if t.Field == "time" && t.Op == Like && len(t.Values) == 1 && isRelative(t.Values[0].Text) {
		return t.Values[0].Text
	}
	if op == "" {
		op = opText[t.Op]
	}
	name := t.Field
	if len(t.Path) > 0 {
		name = PathText(t.Path)
	}
	if t.Op == Present {
		return name + op + "*"
	}
	parts := make([]string, len(t.Values))
	for i, v := range t.Values {
		parts[i] = valueText(t.Op, v)
	}
	return name + op + strings.Join(parts, ",")
}

func isRelative(s string) bool { return strings.HasPrefix(s, "last:") || strings.HasPrefix(s, "ago:") }

func valueText(op Op, v Match) string {
	switch {
	case op == Range:
		return v.Text + ".." + v.To
	case op == Regex:
		return regexText(v.Text)
	case v.Quoted:
		return quote(v.Text)
	}
	return v.Text
}

func quote(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }

// regexText writes /re/: slashes are escaped, escapes kept.
func regexText(re string) string {
	var b strings.Builder
	b.WriteByte('/')
	for i := 0; i < len(re); i++ {
		switch c := re[i]; {
		case c == '\\' && i+1 < len(re):
			b.WriteString(re[i : i+2])
			i++
		case c == '/':
			b.WriteString(`\/`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "/"
}

// PathText writes a path into the record as a filter or a column names it, keys
// with dots and the like in quotes.
func PathText(keys []string) string {
	parts := make([]string, len(keys))
	quoted := false
	for i, k := range keys {
		parts[i] = k
		if k == "" || strings.ContainsFunc(k, func(r rune) bool { return !bareKeyRune(r) || unicode.IsControl(r) }) || strings.IndexByte("-/", k[0]) >= 0 {
			parts[i], quoted = quote(k), true
		}
	}
	if name := strings.Join(parts, "."); quoted || isBarePath(name, keys) {
		return name
	}
	parts[0] = quote(keys[0])
	return strings.Join(parts, ".")
}

// isBarePath reports whether a name without quotes is read as the path of keys.
func isBarePath(name string, keys []string) bool {
	if _, ok := Lookup(name); ok {
		return false
	}
	if len(keys) == 1 {
		k, _ := recordKey(keys[0])
		return k == keys[0]
	}
	return misspelt(keys) == ""
}

// bareValue reports whether a value without quotes is read as it stands.
func bareValue(s string, op Op) bool {
	if s == "" || startsLikeOperator(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`(),"`, r)
	}) {
		return false
	}
	return op != Like || s[0] != '/' && !strings.ContainsAny(s, "*?") && !strings.Contains(s, "..")
}

// needsQuotes is the canonical Quoted of a value: only where it makes a
// difference.
func needsQuotes(s string, op Op, quoted bool) bool { return quoted && !bareValue(s, op) }

// textNode is a word or phrase with the canonical Quoted.
func textNode(s string, quoted bool) Text {
	if !quoted && strings.ContainsAny(s, "*?") {
		return Text{Value: s}
	}
	return Text{Value: s, Quoted: !wordLike(s) || strings.ContainsAny(s, "*?")}
}

// wordLike reports whether a word standing alone is read as a word.
func wordLike(s string) bool {
	if s == "" || s == "AND" || s == "OR" || s == "NOT" || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`()"`, r)
	}) || foreignRegex(s) != "" || strings.IndexByte("-!/", s[0]) >= 0 {
		return false
	}
	return isPlainWord(s) || !strings.ContainsAny(s, ":=<>")
}

// ColumnPath reads a column: the canonical name of a field, or a path into the
// record. Exactly one of the two is set; the error is a *ParseError.
func ColumnPath(name string) (Field, []string, error) {
	p := &parser{text: name + ":"}
	keys, quoted, ok := p.name()
	if !ok || p.pos != len(name) {
		return Field{}, nil, &ParseError{Text: name, Col: 1, Msg: fmt.Sprintf("%q is no field or path", name)}
	}
	t, _, err := p.resolve(0, name, keys, quoted)
	if err != nil {
		err.(*ParseError).Text = name
		return Field{}, nil, err
	}
	f, _ := Lookup(t.Field)
	return f, t.Path, nil
}
