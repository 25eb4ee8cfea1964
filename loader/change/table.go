package change

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"
)

//go:embed changes.csv
var tableCSV string

// A call names an API.
type call struct{ source, name string }

// A rule is a compiled row of the table.
type rule struct {
	verb, base string // the first word of the sentence: past tense, and base form for attempts
	kind       string // resource type, "" for any
	resource   []choice
	forms      [][]choice // other names of the same resource
	also       []related  // other resources the call touches
	sentence   []token    // what follows the verb
	severity   Severity
	when       []condition // the severity holds when any of these does; none: always
	otherwise  Severity    // that of a change for which none holds
	exposes    bool        // the sentence's filters tell public exposure
	exposed    []equal
}

type related struct {
	kind    string
	choices []choice
}

// An equal holds when the value at a path is text.
type equal struct {
	choices []choice
	text    string
}

// A condition holds when a path finds something: with text, that value.
type condition struct {
	equal
	any bool // text does not matter
}

// table returns the rules, compiled once; the embedded rows are tested to compile.
var table = sync.OnceValue(func() map[call]*rule {
	t, err := parseTable(tableCSV)
	if err != nil {
		panic("change: embedded table: " + err.Error())
	}
	return t
})

// parseTable reads rows of source, name, type, resource, also, sentence,
// severity, public. The package's table explains each.
func parseTable(text string) (map[call]*rule, error) {
	rd := csv.NewReader(strings.NewReader(text))
	rd.Comment = '#'
	rd.FieldsPerRecord = 8
	rows, err := rd.ReadAll()
	if err != nil {
		return nil, err
	}
	out := make(map[call]*rule, len(rows))
	bases := baseForms()
	for _, row := range rows[1:] {
		rule, err := parseRule(row, bases)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", row[0], row[1], err)
		}
		key := call{row[0], row[1]}
		if out[key] != nil {
			return nil, fmt.Errorf("%s %s: a second row", row[0], row[1])
		}
		out[key] = rule
	}
	return out, nil
}

func parseRule(row []string, bases map[string]string) (*rule, error) {
	name := row[1]
	r := &rule{kind: row[2], resource: parseChoices(row[3])}
	if r.kind == "any" {
		r.kind = ""
	}
	for entry := range strings.FieldsSeq(row[4]) {
		kind, p, typed := strings.Cut(entry, "=")
		if typed {
			r.also = append(r.also, related{kind, parseChoices(p)})
		} else {
			r.forms = append(r.forms, parseChoices(entry))
		}
	}
	verb, base, noun := phrase(name)
	text := strings.ReplaceAll(row[5], "{eventName|verb}", verb+" "+noun)
	text = strings.ReplaceAll(text, "{eventName}", name)
	r.verb, text, _ = strings.Cut(text, " ")
	if r.base = bases[r.verb]; r.verb == verb {
		r.base = base
	}
	if r.base == "" {
		return nil, fmt.Errorf("%q is no known verb in the past tense", r.verb)
	}
	var err error
	if r.sentence, err = parseTemplate(" " + text); err != nil {
		return nil, err
	}
	if err := r.parseSeverity(row[6]); err != nil {
		return nil, err
	}
	for cond := range strings.FieldsSeq(row[7]) {
		p, text, ok := strings.Cut(cond, "=")
		if !ok {
			r.exposes = true
			continue
		}
		r.exposed = append(r.exposed, equal{parseChoices(p), text})
	}
	return r, nil
}

// parseSeverity reads "high", "high if path", "high if path=value or path else medium".
func (r *rule) parseSeverity(s string) (err error) {
	word, rest, limited := strings.Cut(s, " if ")
	if r.severity, err = ParseSeverity(word); err != nil || !limited {
		return err
	}
	rest, word, found := strings.Cut(rest, " else ")
	if r.otherwise = Low; found {
		if r.otherwise, err = ParseSeverity(word); err != nil {
			return err
		}
	}
	for cond := range strings.SplitSeq(rest, " or ") {
		p, text, compared := strings.Cut(cond, "=")
		r.when = append(r.when, condition{equal{parseChoices(p), text}, !compared})
	}
	return nil
}
