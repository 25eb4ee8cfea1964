package query

import (
	"slices"
	"strings"
	"unicode"
)

// A Completion says what can stand at the cursor of a filter being typed. The
// text from From to To (byte offsets) is replaced by the Text of an Item, or by
// Insert of a value. When Field or Path is set, values of it that begin with
// Prefix are wanted from the case, most frequent first; Items may hold some that
// are known without it.
type Completion struct {
	From, To int
	Items    []Item
	Field    string   // canonical field whose values are wanted
	Path     []string // path whose values are wanted
	Prefix   string   // what is typed of the value, without quotes
	Value    bool     // a value stands there, not a field
	op       Op
}

// An Item is one candidate: the text to put in, and one line about it.
type Item struct{ Text, Help string }

// Insert is a value from the case as it is written after the operator typed.
func (c Completion) Insert(value string) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	if bareValue(value, c.op) {
		return value
	}
	return quote(value)
}

// Complete looks at the filter as typed, cursor a byte offset into it, and tells
// what may be meant there: a field, an operator, a value. It never fails; where
// nothing can be said it has no items.
func Complete(text string, cursor int) Completion {
	cursor = max(0, min(cursor, len(text)))
	p := &parser{text: text[:cursor]}
	for {
		p.skipOpening()
		start := p.pos
		if keys, _, ok := p.name(); ok {
			if c, done := p.completeValue(text, start, keys); done {
				return c
			}
			continue
		}
		p.pos = start
		if p.passWord(); p.end() {
			return completeName(text, start, cursor)
		}
	}
}

// skipOpening passes white space, parentheses and minus signs.
func (p *parser) skipOpening() {
	p.pos = len(p.text) - len(strings.TrimLeftFunc(p.rest(), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("()-", r) }))
}

// passWord passes a word, phrase or regex, closed or not.
func (p *parser) passWord() {
	switch {
	case p.at('"'):
		if _, err := p.quoted(); err != nil {
			p.pos = len(p.text)
		}
	case p.at('/'):
		if _, err := p.regex(); err != nil && !p.at('/') {
			p.pos = max(p.pos, len(p.text))
		}
	default:
		p.pos += max(len(p.run()), min(1, len(p.rest())))
	}
}

// completeValue passes the operator and values of a term; done when the cursor
// is in them.
func (p *parser) completeValue(text string, start int, keys []string) (Completion, bool) {
	name := p.text[start:p.pos]
	c := Completion{op: Like}
	if f, ok := Lookup(name); ok {
		c.Field = f.Name
	} else if _, ok := recordKey(keys[0]); ok || len(keys) > 1 {
		c.Path = keys
	}
	for _, o := range operators {
		if strings.HasPrefix(p.rest(), o.text) {
			c.op = o.op
			p.pos += len(o.text)
			break
		}
	}
	for {
		c.From = p.pos
		closed := true
		switch {
		case p.at('"'):
			_, err := p.quoted()
			closed = err == nil
		case p.at('/') && c.op == Like:
			_, err := p.regex()
			closed = err == nil
			if p.end() {
				return Completion{From: len(p.text), To: len(p.text)}, true
			}
		default:
			p.bareValue()
		}
		if !closed || p.end() {
			p.pos = len(p.text)
			return c.values(text, name, p.text[c.From:]), true
		}
		if !p.at(',') {
			return c, false
		}
		p.pos++
	}
}

// values finishes a completion whose cursor stands after typed.
func (c Completion) values(text, name, typed string) Completion {
	cursor := c.From + len(typed)
	c.To = cursor
	if !strings.HasPrefix(typed, `"`) {
		rest := &parser{text: text, pos: cursor}
		rest.bareValue()
		c.To = rest.pos
	}
	c.Prefix, c.Value = unquoteOpen(typed), true
	f, ok := Lookup(name)
	switch {
	case strings.EqualFold(name, "last") || strings.EqualFold(name, "ago"):
		c.add(typed, spans, "")
	case !ok:
	case f.Kind == KindTime:
		c.Field = ""
		c.add(typed, []string{"today", "yesterday", "last:1h", "last:24h", "ago:24h"}, "")
	case f.Kind.Closed():
		c.Field = ""
		c.add(typed, f.Values, f.Help)
	case f.Kind.Ordered() || f.Kind == KindRecord:
		c.Field = ""
	default:
		c.add(typed, f.Values, f.Help)
	}
	return c
}

var spans = []string{"15m", "1h", "6h", "24h", "7d", "30d"}

// add offers those of the texts that begin with what is typed.
func (c *Completion) add(typed string, texts []string, help string) {
	for _, s := range texts {
		if hasPrefixFold(s, typed) {
			c.Items = append(c.Items, Item{s, help})
		}
	}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// unquoteOpen is the text of a quoted value that may lack its closing quote.
func unquoteOpen(typed string) string {
	inside, ok := strings.CutPrefix(typed, `"`)
	if !ok {
		return typed
	}
	p := &parser{text: typed}
	if s, err := p.quoted(); err == nil {
		return s
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(inside)
}

// completeName offers fields and record keys for a word begun at start, and
// operators once the word is a field.
func completeName(text string, start, cursor int) Completion {
	typed := text[start:cursor]
	rest := &parser{text: text, pos: cursor}
	c := Completion{From: start, To: cursor + len(rest.run())}
	if strings.ContainsAny(typed, `"/`) || strings.ContainsAny(text[cursor:c.To], ":=<>") {
		c.To = cursor // in a phrase or regex, or before what has its operator already
		if strings.ContainsAny(typed, `"/`) {
			return c
		}
	}
	if f, ok := Lookup(typed); ok {
		c.operators(typed, f)
	}
	for _, f := range fields {
		if hasPrefixFold(f.Name, typed) && !strings.EqualFold(f.Name, typed) {
			c.Items = append(c.Items, Item{f.Name + ":", f.Help})
		}
	}
	if typed == "" {
		return c
	}
	c.add(typed, []string{"last:", "ago:"}, "back from the newest event, or from now: last:2h")
	for _, f := range fields {
		for _, a := range f.Aliases {
			if hasPrefixFold(a, typed) && !hasPrefixFold(f.Name, typed) {
				c.Items = append(c.Items, Item{a + ":", "the field " + f.Name + ": " + f.Help})
			}
		}
	}
	for _, k := range paths() {
		if hasPrefixFold(k, typed) {
			c.Items = append(c.Items, Item{k, "a path into the record"})
		}
	}
	return c
}

// paths are the record keys that are no fields, those that hold more with a dot.
func paths() []string {
	var list []string
	for _, k := range recordKeys {
		_, field := Lookup(k)
		switch {
		case field:
		case slices.Contains([]string{"apiVersion", "eventVersion", "managementEvent", "requestID", "sharedEventID", "vpcEndpointId", "vpcEndpointAccountId", "sessionCredentialFromConsole"}, k):
			list = append(list, k+":")
		default:
			list = append(list, k+".")
		}
	}
	for _, k := range identityKeys {
		if _, field := Lookup("userIdentity." + k); !field {
			list = append(list, "userIdentity."+k)
		}
	}
	return list
}

// operators offers what can be asked of a field.
func (c *Completion) operators(typed string, f Field) {
	c.Items = append(c.Items, Item{typed + ":", f.Help})
	if f.Kind == KindRecord {
		return
	}
	c.Items = append(c.Items, Item{typed + ":*", "any value"}, Item{typed + "!=", "anything but"})
	if f.Kind.Ordered() {
		c.Items = append(c.Items, Item{typed + ">=", "at least"}, Item{typed + "<=", "at most"})
	} else if !f.Kind.Closed() {
		c.Items = append(c.Items, Item{typed + "=", "exactly as logged"})
	}
}
