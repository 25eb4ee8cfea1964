package change

import (
	"strconv"
	"strings"
)

// policy says an IAM policy document, given as an object or as a string that
// holds one: "Allow s3:GetObject to everyone". A document that can't be read
// says nothing, which leaves the rest of the sentence true.
func policy(r *reader, vals []node, _ []func(string) string) {
	var items []string
	r.statements(vals[0], func(st node) {
		s := r.child(st, "Effect").text()
		if s == "" {
			return
		}
		r.allows, r.denies = r.allows || s == "Allow", r.denies || s == "Deny"
		s += " " + r.actions(st)
		if who := r.principals(st); len(who) > 0 {
			s += " to " + abridge(who)
		} else if on := r.texts(r.child(st, "Resource")); len(on) > 0 {
			s += " on " + abridge(on)
		}
		if !r.child(st, "Condition").empty() {
			s += " under conditions"
		}
		items = append(items, s)
	})
	const show = 2
	for i, s := range items[:min(len(items), show)] {
		if i > 0 {
			r.out.add("; ")
		}
		r.out.add(s)
	}
	if len(items) > show {
		r.out.add(" and " + strconv.Itoa(len(items)-show) + " more statements")
	}
}

// trusts says whom a trust policy trusts.
func trusts(r *reader, vals []node, _ []func(string) string) {
	var items []string
	r.statements(vals[0], func(st node) {
		if r.child(st, "Effect").text() != "Deny" {
			items = append(items, r.principals(st)...)
		}
	})
	r.out.some(items)
}

// statements calls do for every statement of a policy.
func (r *reader) statements(n node, do func(node)) {
	if s := n.text(); s != "" { // a policy as a string, escaped once
		r.budget -= len(s)
		n = trim(s)
	}
	r.all(r.child(n, "Statement"), do)
}

func (r *reader) actions(st node) string {
	if a := r.texts(r.child(st, "Action")); len(a) > 0 {
		return abridge(a)
	}
	if a := r.texts(r.child(st, "NotAction")); len(a) > 0 {
		return "all but " + abridge(a)
	}
	return "nothing"
}

// principals names whom a statement is about, and marks the change public when
// it allows everyone without a condition.
func (r *reader) principals(st node) []string {
	p := r.child(st, "Principal")
	if p.empty() {
		if !r.child(st, "NotPrincipal").empty() {
			return []string{"all but some"}
		}
		return nil
	}
	var out []string
	add := func(kind, s string) {
		if s == "*" {
			s = "everyone"
			if r.child(st, "Effect").text() == "Allow" && r.child(st, "Condition").empty() {
				r.public = true
			}
		}
		if kind == "AWS" {
			s = strings.TrimSuffix(s, ":root")
			if strings.HasPrefix(s, "arn:aws") && strings.Count(s, ":") == 4 {
				s = "account " + s[strings.LastIndexByte(s, ':')+1:]
			}
		}
		if s != "" && len(out) < maxValues {
			out = append(out, s)
		}
	}
	if s := p.text(); s != "" {
		add("", s)
		return out
	}
	c := r.walk(p)
	for kind, v, ok := c.next(); ok && len(out) < maxValues; kind, v, ok = c.next() {
		for _, s := range r.texts(v) {
			add(kind, s)
		}
	}
	return out
}

// abridge joins two items and counts the rest.
func abridge(items []string) string {
	const show = 2
	s := ""
	for i, it := range items[:min(len(items), show)] {
		if i > 0 {
			s += ", "
		}
		if len(it) > 60 {
			it = cut(it, 60) + ellipsis
		}
		s += it
	}
	if len(items) > show {
		s += " and " + strconv.Itoa(len(items)-show) + " more"
	}
	return s
}
