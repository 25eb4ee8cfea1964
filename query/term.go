package query

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
)

// fieldTerm reads operator and values after a name that begins at at.
func (p *parser) fieldTerm(at int, keys []string, quoted bool) (Node, error) {
	name := p.text[at:p.pos]
	if len(keys) == 1 && !quoted && (strings.EqualFold(name, "last") || strings.EqualFold(name, "ago")) {
		return p.relative(at)
	}
	t, kind, err := p.resolve(at, name, keys, quoted)
	if err != nil {
		return nil, err
	}
	opAt := p.pos
	op, not, err := p.operator(name)
	if err != nil {
		return nil, err
	}
	list, err := p.values(name, op)
	if err != nil {
		return nil, err
	}
	n, err := p.build(t, kind, op, opAt, name, list)
	if err != nil {
		return nil, err
	}
	if _, ok := n.(Or); ok && p.depth >= maxDepth { // printed, it needs parentheses
		return nil, p.fail(at, "nested too deeply", "", "")
	}
	if not {
		n = negate(n)
	}
	return n, nil
}

// relative reads last:2h and ago:2h, which are terms on the time.
func (p *parser) relative(at int) (Node, error) {
	word := strings.ToLower(p.text[at:p.pos])
	if !p.at(':') {
		return nil, p.fail(p.pos, "unexpected "+p.here(), "a colon", word+":2h")
	}
	p.pos++
	if p.delimited() {
		return nil, p.fail(p.pos, "no span of time", "one such as "+word+":2h", "")
	}
	span := p.run()
	text := word + ":" + strings.ToLower(span)
	if _, err := parseMoment(text); err != nil {
		return nil, p.fail(p.pos, err.Error(), "a span such as 30m, 2h or 7d", "")
	}
	p.pos += len(span)
	if err := p.mustEnd(); err != nil {
		return nil, err
	}
	return Term{Field: "time", Op: Like, Values: []Match{{Text: text}}}, nil
}

// resolve finds what a name stands for: a field of the catalogue, or a path.
func (p *parser) resolve(at int, name string, keys []string, quoted bool) (Term, Kind, error) {
	if !quoted {
		if f, ok := Lookup(name); ok {
			return Term{Field: f.Name}, f.Kind, nil
		}
		if len(keys) == 1 {
			if k, ok := recordKey(name); ok {
				return Term{Path: []string{k}}, KindText, nil
			}
			return Term{}, 0, p.unknownField(at, name)
		}
		if near := misspelt(keys); near != "" {
			return Term{}, 0, p.fail(at, fmt.Sprintf("unknown record key in %q", name), "a key of the record, in quotes if the record does have this one", near)
		}
	}
	return Term{Path: keys}, KindText, nil
}

// misspelt returns what the documented key is that the first or, in
// userIdentity, the second key of a path nearly is; "" when it is fine.
func misspelt(keys []string) string {
	first, ok := recordKey(keys[0])
	if !ok {
		return Suggest(keys[0], recordKeys)
	}
	if first != "userIdentity" || len(keys) < 2 {
		return ""
	}
	near := Suggest(keys[1], identityKeys)
	if near == "" || strings.EqualFold(near, keys[1]) {
		return ""
	}
	return first + "." + near
}

func (p *parser) unknownField(at int, name string) error {
	want, near := "", Suggest(name, fieldNames())
	if near == "" {
		want = "a field name, or quotes around text to search for"
	}
	return p.fail(at, fmt.Sprintf("unknown field %q", name), want, near)
}

// build makes the node of a term from its values, checked by kind.
func (p *parser) build(t Term, kind Kind, op Op, opAt int, name string, list []value) (Node, error) {
	ordered := kind.Ordered() || len(t.Path) > 0
	switch {
	case kind == KindRecord:
		return p.textTerm(op, opAt, name, list)
	case op.Compares() && !ordered:
		return nil, p.fail(opAt, name+" has no order", ": or =", "")
	case op.Compares() && len(list) > 1:
		return nil, p.fail(list[1].at, "a comparison takes one value", "", "")
	case op == Like && len(list) == 1 && !list[0].Quoted && !list[0].regex && list[0].Text == "*":
		t.Op = Present
		return t, nil
	}
	var nodes []Node
	for _, v := range list {
		vop := op
		if v.regex {
			vop = Regex
		} else if op == Like && !v.Quoted && strings.Contains(v.Text, "..") {
			lo, hi, _ := strings.Cut(v.Text, "..")
			vop, v.Text, v.To = Range, lo, hi
		}
		if err := p.check(t, kind, vop, name, &v); err != nil {
			return nil, err
		}
		nodes = addValue(nodes, t, vop, v.Match)
	}
	return anyOf(nodes), nil
}

// addValue adds a value to the node of its operator: a list may mix plain
// values, ranges and regexes.
func addValue(nodes []Node, t Term, op Op, m Match) []Node {
	for i, n := range nodes {
		if have, ok := n.(Term); ok && have.Op == op {
			have.Values = append(have.Values, m)
			nodes[i] = have
			return nodes
		}
	}
	t.Op, t.Values = op, []Match{m}
	return append(nodes, t)
}

// textTerm makes the words that text:a,b stands for.
func (p *parser) textTerm(op Op, opAt int, name string, list []value) (Node, error) {
	if op != Like {
		return nil, p.fail(opAt, name+" can only be searched", ":", "")
	}
	var nodes []Node
	for _, v := range list {
		if v.regex {
			nodes = append(nodes, Text{Value: v.Text, Regex: true})
			continue
		}
		if v.Text == "" {
			return nil, p.fail(v.at, "nothing to search for", "a word", "")
		}
		nodes = append(nodes, textNode(v.Text, v.Quoted))
	}
	return anyOf(nodes), nil
}

// check validates one value and brings it into its canonical spelling.
func (p *parser) check(t Term, kind Kind, op Op, name string, v *value) error {
	if len(t.Path) > 0 {
		return p.checkPath(op, v)
	}
	if op == Range && !kind.Ordered() {
		return p.fail(v.at, name+" has no order, so no ranges", "quotes, if the value itself holds two dots", "")
	}
	if op == Regex && (kind.Ordered() || kind.Closed()) {
		return p.fail(v.at, name+" takes no regex", wantOf(t.Field), "")
	}
	switch kind {
	case KindTime, KindNumber:
		return p.checkOrdered(t, kind, op, v)
	case KindBool, KindEnum:
		return p.checkClosed(t.Field, v)
	case KindLevel:
		if op.Compares() {
			return p.checkLevel(t.Field, op, v)
		}
		return p.checkClosed(t.Field, v)
	case KindAddress:
		return p.checkAddress(op, v)
	}
	v.Quoted = needsQuotes(v.Text, op, v.Quoted)
	return nil
}

// wantOf says which values a field takes.
func wantOf(field string) string {
	f, _ := Lookup(field)
	switch f.Kind {
	case KindTime:
		return wantTime
	case KindNumber:
		return wantNumber
	}
	return "one of " + strings.Join(f.Values, ", ")
}

// checkOrdered checks times and numbers, each end of a range for itself.
func (p *parser) checkOrdered(t Term, kind Kind, op Op, v *value) error {
	parse := func(s string) error { _, err := ParseNumber(s); return err }
	if kind == KindTime {
		parse = func(s string) error { _, err := parseMoment(s); return err }
	}
	if op == Range && v.Text == "" && v.To == "" {
		return p.fail(v.at, "a range needs at least one end", "", "")
	}
	for _, end := range []*string{&v.Text, &v.To} {
		if *end == "" && (op == Range || end == &v.To) {
			continue
		}
		if err := parse(*end); err != nil {
			return p.fail(v.at, err.Error(), wantOf(t.Field), "")
		}
		if kind == KindTime && unicode.IsLetter(rune((*end)[0])) {
			*end = strings.ToLower(*end) // last:2H and last:2h are one
		}
	}
	if op == Range && backwards(kind, v.Match) {
		return p.fail(v.at, "the range ends before it begins", "", v.To+".."+v.Text)
	}
	v.Quoted = needsQuotes(v.Text, op, v.Quoted)
	return nil
}

// backwards reports whether a range of absolute ends holds nothing.
func backwards(kind Kind, m Match) bool {
	if m.Text == "" || m.To == "" {
		return false
	}
	var b Bound
	ok := false
	if kind == KindNumber {
		b, ok = numberBound(Range, m)
	} else {
		lo, _ := parseMoment(m.Text)
		hi, _ := parseMoment(m.To)
		ok = lo.form == hi.form && lo.form <= formLocal
		if ok {
			b, ok = timeBound(Range, m, Clock{})
		}
	}
	return ok && b.From > b.To
}

// synonyms are the words that one field spells one way and another the other.
var synonyms = map[string]string{"yes": "true", "true": "yes", "no": "false", "false": "no"}

// place is the index of a value in the list of the field, ignoring case; -1 for none.
func (f Field) place(value string) int {
	return slices.IndexFunc(f.Values, func(v string) bool { return strings.EqualFold(v, value) })
}

// checkClosed holds a value to the list of the field.
func (p *parser) checkClosed(field string, v *value) error {
	f, _ := Lookup(field)
	text := v.Text
	if other := synonyms[strings.ToLower(text)]; slices.Contains(f.Values, other) {
		text = other
	}
	if i := f.place(text); i >= 0 {
		v.Text, v.Quoted = f.Values[i], false
		return nil
	}
	if isPattern(v.Match) && slices.ContainsFunc(f.Values, newGlob(v.Text).match) {
		return nil
	}
	return p.fail(v.at, fmt.Sprintf("%q is no value of %s", v.Text, f.Name), wantOf(field), Suggest(v.Text, f.Values))
}

// checkLevel holds the ends of a comparison to the list of the field, and to
// what leaves something to match.
func (p *parser) checkLevel(field string, op Op, v *value) error {
	f, _ := Lookup(field)
	place := [2]int{0, len(f.Values) - 1}
	for i, end := range []*string{&v.Text, &v.To} {
		if *end == "" && (op == Range || i == 1) {
			continue
		}
		if place[i] = f.place(*end); place[i] < 0 {
			return p.fail(v.at, fmt.Sprintf("%q is no value of %s", *end, f.Name), wantOf(field), Suggest(*end, f.Values))
		}
		*end = f.Values[place[i]]
	}
	v.Quoted = false
	switch {
	case op == Range && v.Text == "" && v.To == "":
		return p.fail(v.at, "a range needs at least one end", "", "")
	case op == Range && place[0] > place[1]:
		return p.fail(v.at, "the range ends before it begins", "", v.To+".."+v.Text)
	case op == Less && place[0] == 0:
		return p.fail(v.at, "nothing is less than "+v.Text, "<=, or a greater value", "")
	case op == Greater && place[0] == len(f.Values)-1:
		return p.fail(v.at, "nothing is more than "+v.Text, ">=, or a lesser value", "")
	}
	return nil
}

// looksLikeAddress reports whether s is made of what addresses are made of.
func looksLikeAddress(s string) bool {
	return strings.ContainsAny(s, ".:") && strings.Trim(s, "0123456789abcdefABCDEF.:") == ""
}

// checkAddress checks CIDR; all else is text, as sources can be names of
// services ("AWS Internal/3").
func (p *parser) checkAddress(op Op, v *value) error {
	if host, _, ok := strings.Cut(v.Text, "/"); ok && op == Like && looksLikeAddress(host) {
		if _, err := netip.ParsePrefix(v.Text); err != nil {
			return p.fail(v.at, fmt.Sprintf("%q is no address range", v.Text), "CIDR such as 203.0.113.0/24 or 2001:db8::/32", "")
		}
	}
	v.Quoted = needsQuotes(v.Text, op, v.Quoted)
	return nil
}

// checkPath checks comparisons: a path has no declared kind, so both ends must
// be numbers or both absolute times.
func (p *parser) checkPath(op Op, v *value) error {
	if op == Range && v.Text == "" && v.To == "" {
		return p.fail(v.at, "a range needs at least one end", "quotes, if the value itself holds two dots", "")
	}
	if op.Compares() {
		kind, ok := pathKind(v.Match)
		if !ok {
			return p.fail(v.at, "can't compare with this", "a number or a time, or quotes if the value itself holds two dots", "")
		}
		if op == Range && backwards(kind, v.Match) {
			return p.fail(v.at, "the range ends before it begins", "", v.To+".."+v.Text)
		}
	}
	v.Quoted = needsQuotes(v.Text, op, v.Quoted)
	return nil
}

// pathKind says how the values of a comparison on a path compare.
func pathKind(m Match) (Kind, bool) {
	number, instant := true, true
	for _, s := range []string{m.Text, m.To} {
		if s == "" {
			continue
		}
		if _, err := ParseNumber(s); err != nil {
			number = false
		}
		if _, err := parseMoment(s); err != nil {
			instant = false
		}
	}
	if number {
		return KindNumber, m.Text != "" || m.To != ""
	}
	return KindTime, instant
}
