package change

import (
	"strings"
)

// A root names the part of a record where a path starts.
type root uint8

const (
	rootNone      root = iota
	rootReq            // requestParameters
	rootRes            // responseElements
	rootAdd            // additionalEventData
	rootSvc            // serviceEventDetails
	rootUID            // userIdentity
	rootCtx            // userIdentity.sessionContext
	rootRec            // the record itself: account, region, event name
	rootResources      // resources[]
)

// A path is one place in a record, or a fixed text between two places.
type path struct {
	literal string // fixed text when root is rootNone
	root    root
	steps   []step
	kind    string // for rootResources: the resource type asked for, "" for any
}

// A step goes to one member, and with each to all of its elements.
type step struct {
	key  string
	each bool
}

// A choice is paths joined by "+"; expr holds choices of which the first that
// finds something wins.
type choice []path

var roots = map[string]root{
	"req": rootReq, "res": rootRes, "add": rootAdd, "svc": rootSvc, "uid": rootUID, "ctx": rootCtx, "rec": rootRec, "resources": rootResources,
}

// parseChoices compiles "a.b||c.d+/+e.f".
func parseChoices(s string) []choice {
	var out []choice
	for alt := range strings.SplitSeq(s, "||") {
		var c choice
		for part := range strings.SplitSeq(alt, "+") {
			c = append(c, parsePath(part))
		}
		out = append(out, c)
	}
	return out
}

func parsePath(s string) path {
	head, rest, _ := strings.Cut(s, ".")
	kind := ""
	if k, ok := strings.CutPrefix(head, "resources["); ok {
		head, kind = "resources", strings.TrimSuffix(k, "]")
	}
	each := strings.HasSuffix(head, "[]")
	r, ok := roots[strings.TrimSuffix(head, "[]")]
	if !ok {
		return path{literal: s}
	}
	p := path{root: r, kind: kind}
	if each && r != rootResources {
		p.steps = append(p.steps, step{each: true})
	}
	if rest == "" {
		return p
	}
	for key := range strings.SplitSeq(rest, ".") {
		k, each := strings.CutSuffix(key, "[]")
		p.steps = append(p.steps, step{key: k, each: each})
	}
	return p
}

// find returns the values of the first choice that has any.
func (r *reader) find(choices []choice) []node {
	for _, c := range choices {
		r.found = r.found[:0]
		if len(c) == 1 {
			r.follow(c[0])
		} else if s := r.joined(c); s != "" {
			r.found = append(r.found, node(s))
		}
		if len(r.found) > 0 {
			return r.found
		}
	}
	return nil
}

// joined puts the texts of several paths together; all must be there. The
// result is plain text, which node.text returns as it is.
func (r *reader) joined(c choice) string {
	var b strings.Builder
	for _, p := range c {
		if p.root == rootNone {
			b.WriteString(p.literal)
			continue
		}
		r.found = r.found[:0]
		r.follow(p)
		if len(r.found) == 0 {
			return ""
		}
		b.WriteString(r.found[0].text())
	}
	r.found = r.found[:0]
	if s := b.String(); s != "" && s[0] != '{' && s[0] != '[' && s[0] != '"' {
		return s
	}
	return ""
}

// follow appends the values at p to r.found.
func (r *reader) follow(p path) {
	if p.root == rootResources {
		r.followResources(p)
		return
	}
	if p.root == rootRec {
		if s := r.record(p); s != "" {
			r.found = append(r.found, node(s))
		}
		return
	}
	r.descend(r.start(p.root), p.steps)
}

// followResources yields a member of the entries of resources that have the
// wanted type. One hit is enough unless the path iterates over all types.
func (r *reader) followResources(p path) {
	c := r.walk(trim(r.ev.Resources))
	for _, e, ok := c.next(); ok; _, e, ok = c.next() {
		if p.kind != "" && r.member(e, "type").text() != p.kind {
			continue
		}
		if len(p.steps) == 0 {
			r.keep(e)
			continue
		}
		r.keep(r.member(e, p.steps[0].key))
	}
}

// record answers the few paths into the record itself.
func (r *reader) record(p path) string {
	if len(p.steps) == 0 {
		return ""
	}
	switch p.steps[0].key {
	case "recipientAccountId":
		return r.ev.Account
	case "awsRegion":
		return r.ev.Region
	}
	return ""
}

// descend follows the steps from n and keeps what it reaches.
func (r *reader) descend(n node, steps []step) {
	for i, st := range steps {
		if st.key != "" {
			n = r.child(n, st.key)
		}
		if n == "" {
			return
		}
		if st.each {
			r.each(n, steps[i+1:])
			return
		}
	}
	r.keep(n)
}

// each follows the steps from every element of n; an object where a list is
// expected counts as its only element (XML turned JSON).
func (r *reader) each(n node, rest []step) {
	if n.object() {
		if items := r.child(n, "items"); items != "" {
			n = items
		} else if m := r.member(n, "member"); m != "" {
			n = m
		}
	}
	if !n.list() {
		r.descend(n, rest)
		return
	}
	c := r.walk(n)
	for _, e, ok := c.next(); ok && len(r.found) < maxValues; _, e, ok = c.next() {
		r.descend(r.content(e), rest)
	}
}

func (r *reader) keep(n node) {
	if !n.empty() && len(r.found) < maxValues {
		r.found = append(r.found, n)
	}
}

// child is the member key of n with its wrappers taken off: {tag, content} of
// the newer EC2 calls, the one-element lists of old S3 records. A list stands
// for its own "items".
func (r *reader) child(n node, key string) node {
	if n.list() {
		if key == "items" {
			return n
		}
		c := r.walk(n)
		_, first, _ := c.next()
		n = r.content(first)
	}
	return r.content(r.member(n, key))
}

// content unwraps {"tag":1,"content":x}.
func (r *reader) content(n node) node {
	if r.wrapped && n.object() {
		if c := r.member(n, "content"); c != "" {
			return c
		}
	}
	return n
}

// member returns the value of key in the object n, ignoring case; a key that
// is spelt the same wins, and so does one that has a value ("acl":"" beside "Acl":{}).
func (r *reader) member(n node, key string) node {
	if !n.object() {
		return ""
	}
	var loose node
	c := r.walk(n)
	for k, v, ok := c.next(); ok; k, v, ok = c.next() {
		if len(k) != len(key) {
			continue
		}
		if k == key && !v.empty() {
			return v
		}
		if loose.empty() && strings.EqualFold(k, key) {
			loose = v
		}
	}
	return loose
}

// walk is walk, on the reader's budget of bytes.
func (r *reader) walk(n node) cursor {
	if len(n) > r.budget {
		r.budget = 0
		return cursor{}
	}
	r.budget -= len(n)
	return walk(n)
}
