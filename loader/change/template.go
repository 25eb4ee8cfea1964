package change

import (
	"fmt"
	"strings"
)

// A token is a piece of a sentence: some fixed text and after it a value, or a
// group of tokens that is said only when all of its values are there.
type token struct {
	lead  string // text before the value
	keep  int    // bytes of lead that make sense without a value: not "to", "of", "("
	expr  *expr
	group []token
}

// An expr finds values in the record and formats them.
type expr struct {
	id      bool // {id}: the resource
	choices []choice
	maps    []func(string) string
	format  formatter
}

// parseTemplate compiles a sentence of the table, with {eventName} and
// {eventName|verb} already put in.
func parseTemplate(s string) ([]token, error) {
	var out []token
	var lead strings.Builder
	for s != "" {
		switch s[0] {
		case '{', '[':
			end := strings.IndexByte(s, '}')
			if s[0] == '[' {
				end = groupEnd(s)
			}
			if end < 0 {
				return nil, fmt.Errorf("unclosed %q", s)
			}
			t := token{lead: lead.String()}
			var err error
			if s[0] == '{' {
				t.expr, err = parseExpr(s[1:end])
				t.keep = keepable(t.lead)
			} else {
				t.group, err = parseTemplate(s[1:end])
			}
			if err != nil {
				return nil, err
			}
			out = append(out, t)
			lead.Reset()
			s = s[end+1:]
		default:
			lead.WriteByte(s[0])
			s = s[1:]
		}
	}
	if lead.Len() > 0 {
		out = append(out, token{lead: lead.String()})
	}
	return out, nil
}

// groupEnd finds the ] that closes the group s begins with; those inside
// braces belong to paths.
func groupEnd(s string) int {
	inside := false
	for i := range len(s) {
		switch s[i] {
		case '{':
			inside = true
		case '}':
			inside = false
		case ']':
			if !inside {
				return i
			}
		}
	}
	return -1
}

// keepable returns how much of the text that leads to a value makes sense
// without it: nothing that begins with a preposition or points to the value,
// else all but a preposition at the end.
func keepable(lead string) int {
	words := strings.Fields(strings.TrimLeft(lead, ","))
	if len(words) == 0 || strings.ContainsAny(lead, "(:=>") || preposition(words[0]) {
		return 0
	}
	if last := words[len(words)-1]; preposition(last) {
		return strings.LastIndex(lead, last)
	}
	return len(lead)
}

// countable reports whether the text before several ids ends in the singular of
// what they are: "terminated instance".
func countable(lead string) bool {
	words := strings.Fields(lead)
	if len(words) == 0 || !strings.HasSuffix(lead, " ") {
		return false
	}
	last := words[len(words)-1]
	return !preposition(last) && !strings.HasSuffix(last, "s") && last[len(last)-1] >= 'a' && last[len(last)-1] <= 'z'
}

func preposition(w string) bool {
	switch w {
	case "to", "of", "on", "for", "from", "with", "as", "in", "by", "via", "at", "under", "trusted", "named":
		return true
	}
	return false
}

func parseExpr(s string) (*expr, error) {
	// A single "|" starts a filter, "||" an alternative.
	parts := strings.Split(strings.ReplaceAll(s, "||", "\x00"), "|")
	e := &expr{format: list}
	if parts[0] == "id" {
		e.id = true
	} else {
		e.choices = parseChoices(strings.ReplaceAll(parts[0], "\x00", "||"))
	}
	for _, name := range parts[1:] {
		if m, ok := rewrites[name]; ok {
			e.maps = append(e.maps, m)
		} else if f, ok := formats[name]; ok {
			e.format = f
		} else if thing, ok := strings.CutPrefix(name, "len "); ok {
			e.format = counted(thing)
		} else {
			return nil, fmt.Errorf("unknown filter %q", name)
		}
	}
	return e, nil
}

// say writes the tokens; it reports whether all values were there.
func (r *reader) say(tokens []token) bool {
	complete := true
	closing := false // an opening bracket went unsaid: so does the closing one
	for i := range tokens {
		t := &tokens[i]
		mark := len(r.out.buf)
		lead := t.lead
		if closing {
			lead = strings.TrimPrefix(lead, ")")
			closing = false
		}
		r.out.add(lead)
		if t.expr != nil && t.expr.id && len(r.ids) > 1 && countable(t.lead) {
			r.out.back(len(strings.TrimRight(string(r.out.buf), " ")))
			r.out.add("s ")
		}
		switch {
		case t.group != nil:
			inner := len(r.out.buf)
			if !r.say(t.group) {
				r.out.back(inner)
			}
		case t.expr != nil && !r.put(t.expr):
			complete = false
			if t.keep < len(t.lead) {
				r.out.back(mark)
				r.out.add(lead[:min(t.keep, len(lead))])
				closing = strings.Contains(lead, "(")
			}
		}
	}
	return complete
}

// put writes the value of e; false when the record has none.
func (r *reader) put(e *expr) bool {
	if e.id {
		if len(r.ids) == 0 {
			return false
		}
		r.putIDs(e.maps)
		return true
	}
	vals := r.find(e.choices)
	if len(vals) == 0 {
		return false
	}
	mark := len(r.out.buf)
	full := r.out.full
	e.format(r, vals, e.maps)
	return len(r.out.buf) > mark || full
}

// putIDs writes the resource.
func (r *reader) putIDs(maps []func(string) string) {
	r.named = true
	if r.aimed {
		maps = append(maps[:len(maps):len(maps)], NameOf)
	}
	if len(r.ids) == 1 {
		r.out.value(apply(maps, r.ids[0]))
		return
	}
	items := make([]string, len(r.ids))
	for i, id := range r.ids {
		items[i] = apply(maps, id)
	}
	r.out.some(items)
}

func apply(maps []func(string) string, s string) string {
	for _, m := range maps {
		s = m(s)
	}
	return s
}
