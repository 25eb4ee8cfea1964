package history

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-json"
)

// A value is a decoded part of a record. Keys match ignoring case, and the
// wrappings of CloudTrail (items, {tag, content}, one-element lists) are
// looked through, as the fact sheet section 1.5 tells.
type value struct{ v any }

// parse decodes raw and takes off a single <Action>Request or Response around
// it. Broken text gives an empty value.
func parse(raw, suffix string) value {
	var v any
	if json.Unmarshal([]byte(raw), &v) != nil {
		return value{}
	}
	if m, ok := v.(map[string]any); ok && len(m) == 1 {
		for k, inner := range m {
			if _, isMap := inner.(map[string]any); isMap && strings.HasSuffix(k, suffix) {
				return value{inner}
			}
		}
	}
	return value{v}
}

// at goes down by keys.
func (x value) at(keys ...string) value {
	for _, k := range keys {
		if l, ok := x.v.([]any); ok && len(l) > 0 {
			x = value{l[0]}
		}
		m, ok := x.v.(map[string]any)
		if !ok {
			return value{}
		}
		x = value{unwrap(member(m, k))}
	}
	return x
}

func member(m map[string]any, key string) any {
	if v, ok := m[key]; ok {
		return v
	}
	var alike []string
	for k := range m {
		if strings.EqualFold(k, key) {
			alike = append(alike, k)
		}
	}
	if len(alike) == 0 {
		return nil
	}
	return m[slices.Min(alike)] // the same one every time
}

// unwrap takes off {"tag":1,"content":x} and {"value":x}.
func unwrap(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	if c, ok := m["content"]; ok && m["tag"] != nil {
		return c
	}
	if c, ok := m["value"]; ok && len(m) == 1 {
		return c
	}
	return v
}

// text returns a scalar as text, the first of a list; "" for anything else.
func (x value) text() string {
	switch v := x.v.(type) {
	case string:
		return v
	case bool:
		return fmt.Sprint(v)
	case float64:
		return strings.TrimSuffix(fmt.Sprintf("%.6f", v), ".000000")
	case []any:
		if len(v) > 0 {
			return value{unwrap(v[0])}.text()
		}
	}
	return ""
}

// list returns the elements; an object or scalar counts as its only element.
func (x value) list() []value {
	if m, ok := x.v.(map[string]any); ok {
		if items, ok := m["items"]; ok {
			x = value{items}
		} else if len(m) == 0 {
			return nil
		}
	}
	switch v := x.v.(type) {
	case nil:
		return nil
	case []any:
		out := make([]value, len(v))
		for i, e := range v {
			out[i] = value{unwrap(e)}
		}
		return out
	}
	if x.v == "" {
		return nil
	}
	return []value{x}
}

// texts returns the scalars of a list.
func (x value) texts() []string {
	var out []string
	for _, e := range x.list() {
		if s := e.text(); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// has reports whether the key is there at all.
func (x value) has(key string) bool { return x.at(key).v != nil }

// compact is x as one line of JSON with sorted keys.
func (x value) compact() string {
	if s, ok := x.v.(string); ok {
		return s
	}
	b, err := json.Marshal(x.v)
	if err != nil {
		return ""
	}
	return string(b)
}

// keys lists the member names, sorted.
func (x value) keys() []string {
	m, _ := x.v.(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// statements reads a policy, an object or a string that holds one, as a fact
// per statement: by its Sid, else by its place.
func statements(doc value) map[string]string {
	if s, ok := doc.v.(string); ok {
		doc = parse(s, "\x00")
	}
	if !doc.has("Statement") { // cut short, left out, or broken: it is there all the same
		return map[string]string{"document": untold}
	}
	out := map[string]string{}
	for i, st := range doc.at("Statement").list() {
		key := cmp.Or(st.at("Sid").text(), fmt.Sprintf("statement %d", i+1))
		if _, taken := out[key]; taken {
			key = fmt.Sprintf("%s (%d)", key, i+1)
		}
		out[key] = statement(st)
	}
	return out
}

// statement says one statement in full.
func statement(st value) string {
	var b strings.Builder
	b.WriteString(st.at("Effect").text())
	part := func(word, key string) {
		if v := st.at(key); v.v != nil {
			b.WriteString(" " + word + " " + words(v))
		}
	}
	if st.has("Action") {
		b.WriteString(" " + words(st.at("Action")))
	}
	part("all but", "NotAction")
	part("to", "Principal")
	part("to all but", "NotPrincipal")
	part("on", "Resource")
	part("on all but", "NotResource")
	part("if", "Condition")
	return b.String()
}

// words says a policy element: a text, a list, or principals by kind.
func words(v value) string {
	if l := v.texts(); len(l) > 0 {
		return strings.Join(l, ", ")
	}
	m, ok := v.v.(map[string]any)
	if !ok {
		return ""
	}
	var parts []string
	for _, k := range v.keys() {
		inner := value{m[k]}
		if l := inner.texts(); len(l) > 0 {
			if _, isMap := inner.v.(map[string]any); !isMap {
				parts = append(parts, k+" "+strings.Join(l, ", "))
				continue
			}
		}
		parts = append(parts, k+" "+inner.compact())
	}
	return strings.Join(parts, "; ")
}
