package query

import (
	"iter"
	"net/netip"
	"regexp/syntax"
	"strings"
)

// A Probe decides whether records match, for stores that keep each distinct part
// of a record once (see Parts): most parts repeat, and a record matches when one
// of its parts does, with few exceptions.
type Probe struct {
	// Whole decides on a record as logged.
	Whole func(record string) bool
	// Part decides on a part: a record matches if and only if one of its parts
	// does. It is nil where only whole records can tell: what is looked for may
	// reach from one part into the next.
	Part func(part string) bool
	// Key is the one key (ignoring case, escapes resolved) whose member of a record
	// can make it match; "" when any may.
	Key string
	// Pieces are texts without quotes: a part that makes a record match holds one
	// of them, ignoring case. There are none when there is no telling so. They say
	// nothing about parts with backslashes if Escapes is true.
	Pieces  []string
	Escapes bool
}

// Holds reports whether a text holds one of the pieces.
func (p Probe) Holds(text string) bool { return p.Hints(text)(0) >= 0 }

// Hints returns a function that finds the first of the pieces in a text, which may
// be several parts in a row: its index at or after from, or -1. It must not be
// asked to go back.
func (p Probe) Hints(text string) func(from int) int {
	finders := make([]*finder, len(p.Pieces))
	next := make([]int, len(p.Pieces)) // -1 for the pieces that don't come again
	for i, piece := range p.Pieces {
		finders[i] = newFinder(piece)
		next[i] = finders[i].find(text)
	}
	return func(from int) int {
		first := -1
		for i, f := range finders {
			if 0 <= next[i] && next[i] < from {
				if next[i] = f.find(text[from:]); next[i] >= 0 {
					next[i] += from
				}
			}
			if next[i] >= 0 && (first < 0 || next[i] < first) {
				first = next[i]
			}
		}
		return first
	}
}

// Parts cuts a record into its members: each begins with the quote before its
// key and ends before the next, the first begins with the record itself. Joined
// they are the record byte for byte. What can't be cut is one part.
//
// A quote begins every part but the first, and in JSON text between two members
// there is no other: what holds no quote never lies across a cut.
func Parts(record string) iter.Seq[string] {
	return func(yield func(string) bool) {
		w := walker{s: record}
		from := 0
		i := w.blank(0)
		if i < len(record) && record[i] == '{' {
			i = w.blank(i + 1)
		}
		for begin := i; i < len(record) && record[i] == '"'; {
			if i > begin && !yield(record[from:i]) {
				return
			}
			if i > begin {
				from = i
			}
			colon := w.blank(w.str(i))
			if colon >= len(record) || record[colon] != ':' {
				break
			}
			value := w.blank(colon + 1)
			i = w.next(w.skip(value), value)
		}
		yield(record[from:])
	}
}

// FindPart is Find for a part of a record, as Parts cuts it: what its parts
// yield, one after the other, is what the record yields.
func FindPart(part string, path []string) iter.Seq[string] {
	return func(yield func(string) bool) { findPart(part, path, yield) }
}

func findPart(part string, path []string, yield func(string) bool) {
	if !strings.HasPrefix(part, `"`) {
		find(part, path, yield)
		return
	}
	w := walker{s: part, yield: yield}
	if end := w.str(0); sameKey(part[1:max(1, end-1)], path[0]) {
		w.object(-1, path, 0)
	}
}

// PartKey returns the key of the member that a part is, as logged; ok is false
// when there is no telling without resolving escapes.
func PartKey(part string) (key string, ok bool) {
	w := walker{s: part}
	i := w.blank(0)
	if i < len(part) && part[i] == '{' {
		i = w.blank(i + 1)
	} else if i > 0 { // only the first part may begin with a blank
		return "", false
	}
	if i >= len(part) || part[i] != '"' {
		return "", false
	}
	key = part[i+1:]
	end := strings.IndexByte(key, '"')
	if end < 0 || strings.IndexByte(key[:end], '\\') >= 0 {
		return "", false
	}
	return key[:end], true
}

// Probe returns what decides on records by the term on a path.
func (t Term) Probe(c Clock) Probe {
	accept := t.accept(c)
	return Probe{
		Key:   t.Path[0],
		Whole: t.search(c),
		Part: func(part string) bool {
			found := false
			findPart(part, t.Path, func(raw string) bool {
				found = accept(raw)
				return !found
			})
			return found
		},
		Pieces:  t.pieces(),
		Escapes: true, // in values every letter may be written as an escape
	}
}

// pieces are texts of which every value that satisfies the term holds one, none
// when there is no telling.
func (t Term) pieces() []string {
	var out []string
	for _, v := range t.Values {
		piece := ""
		switch {
		case t.Op == Regex:
			piece = solid(required(v.Text))
		case t.Op == Exact || t.Op == Like && !isAddress(v.Text):
			piece = v.Text
			if t.Op == Like && isPattern(v) {
				piece = rarestOf(piece, wild)
			}
			piece = solid(piece)
		}
		if piece == "" {
			return nil
		}
		out = append(out, piece)
	}
	return out
}

// isAddress reports whether a value stands for other spellings of an address,
// or for a network.
func isAddress(s string) bool {
	_, notAddr := netip.ParseAddr(s)
	_, notPrefix := netip.ParsePrefix(s)
	return notAddr == nil || notPrefix == nil
}

// solid is the rarest run in a text that stands in a record as it is wherever
// the value does: no white space or punctuation of JSON, which the text of an
// object or list leaves out, and ASCII.
func solid(s string) string {
	return rarestOf(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_./@", r)
	})
}

// rarestOf is the piece of a text that is likely to be found least often.
func rarestOf(s string, cut func(rune) bool) string {
	rarest := ""
	for piece := range strings.FieldsFuncSeq(s, cut) {
		rarest = rarer(rarest, piece)
	}
	return rarest
}

// rarer returns the one of two texts that is likely to be found less often: the
// longer, or that with the rarer letters.
func rarer(a, b string) string {
	if weight(b) > weight(a) {
		return b
	}
	return a
}

// weight grows with how rare a text is.
func weight(s string) (n int) {
	for i := range len(s) {
		n += 4 + rarity(lower(s[i]))
	}
	return n
}

// Probe returns what decides on records by the text.
func (t Text) Probe() Probe {
	search := t.search()
	p := Probe{Whole: search}
	piece := t.Value
	switch {
	case t.Regex:
		piece, p.Escapes = required(t.Value), true
		if staysInside(t.Value) {
			p.Part = search
		}
	case isPattern(Match{Text: t.Value, Quoted: t.Quoted}):
		piece = rarestOf(t.Value, wild)
		p.Escapes = true
	default:
		p.Escapes = strings.ContainsFunc(t.Value, mayBeEscaped)
	}
	if !t.Regex && !strings.Contains(t.Value, `"`) {
		p.Part = search
	}
	if piece = rarestOf(piece, func(r rune) bool { return r == '"' }); piece != "" {
		p.Pieces = []string{piece}
	}
	return p
}

// staysInside reports whether all that a regular expression matches lies between
// two quotes, wherever a text around it is cut at a quote: it can't match a
// quote, and doesn't ask for the ends of the text or a line.
func staysInside(expr string) bool {
	re, err := syntax.Parse(expr, syntax.Perl)
	return err == nil && quoteless(re)
}

func quoteless(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText:
		return false
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r == '"' {
				return false
			}
		}
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			if re.Rune[i] <= '"' && '"' <= re.Rune[i+1] {
				return false
			}
		}
	}
	for _, sub := range re.Sub {
		if !quoteless(sub) {
			return false
		}
	}
	return true
}

// required is the rarest text found that every match of a regular expression
// holds, case aside; "" when none is.
func required(expr string) string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return ""
	}
	return literalIn(re.Simplify())
}

func literalIn(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCapture, syntax.OpPlus:
		return literalIn(re.Sub[0])
	case syntax.OpConcat:
		rarest := ""
		for _, sub := range re.Sub {
			rarest = rarer(rarest, literalIn(sub))
		}
		return rarest
	}
	return ""
}
