package change

import (
	"strings"
)

// guess derives a change for a call that the table doesn't name: the
// resource from resources[], else from the member whose name looks most like
// an identifier of what the call is about, and "<verb> <noun> <id>".
func (r *reader) guess(name string) *Change {
	verb, base, noun := phrase(name)
	c := &Change{Severity: gravity(base)}
	bare := strings.ReplaceAll(noun, " ", "")
	if r.resourceEntries(c) == 0 {
		if id := r.identifier(r.req, bare); id != "" {
			r.ids = append(r.ids, id)
		} else if id := r.identifier(r.res, bare); id != "" {
			r.ids = append(r.ids, id)
		} else if id := r.identifier(trim(r.ev.Service), bare); id != "" {
			r.ids = append(r.ids, id)
		} else if id := r.identifier(trim(r.ev.Additional), bare); id != "" && r.ev.EventType == "AwsServiceEvent" {
			r.ids = append(r.ids, id)
		}
		c.Resources = r.ids
	}
	r.aim(c)
	r.begin(verb, base)
	r.out.add(" ")
	r.out.add(noun)
	if len(r.ids) > 0 {
		r.out.add(" ")
		r.put(&expr{id: true, maps: []func(string) string{short}})
	}
	if p := r.policyIn(r.req, 1); p != "" && c.Severity > Info {
		c.Severity = max(c.Severity, Medium)
		r.out.add(": ")
		policy(r, []node{p}, nil)
	}
	r.public = r.public || strings.EqualFold(r.member(r.req, "publiclyAccessible").text(), "true") || r.member(r.req, "principal").text() == "*"
	if r.public && c.Severity > Info {
		c.Severity = max(c.Severity, High)
	}
	return c
}

// policyIn finds a policy document in an object, as a member whose name says so
// or that many levels below.
func (r *reader) policyIn(n node, depth int) node {
	c := r.walk(n)
	for k, v, ok := c.next(); ok; k, v, ok = c.next() {
		if strings.Contains(strings.ToLower(k), "policy") && r.isPolicy(v) {
			return v
		}
		if depth > 0 && v.object() {
			if p := r.policyIn(v, depth-1); p != "" {
				return p
			}
		}
	}
	return ""
}

func (r *reader) isPolicy(v node) bool {
	if s := v.text(); s != "" {
		v = trim(s)
	}
	return !r.member(v, "Statement").empty()
}

// gravity grades a call by its verb alone.
func gravity(base string) Severity {
	switch base {
	case "delete", "terminate", "disable", "stop", "remove", "destroy", "purge", "wipe", "deregister", "detach", "disassociate", "share", "authorize", "grant":
		return Medium
	case "call", "tag", "untag":
		return Info
	}
	return Low
}

// resourceEntries takes the ARNs of resources[], all of them, and the type of
// the first; it returns how many there were.
func (r *reader) resourceEntries(c *Change) int {
	walk := r.walk(trim(r.ev.Resources))
	for _, e, ok := walk.next(); ok && len(r.ids) < maxResources; _, e, ok = walk.next() {
		arn := r.member(e, "ARN").text()
		if arn == "" {
			arn = r.member(e, "ARNPrefix").text()
		}
		if arn == "" {
			continue
		}
		if len(r.ids) == 0 {
			c.ResourceType = r.member(e, "type").text()
		}
		r.ids = appendNew(r.ids, arn)
	}
	c.Resources = r.ids
	return len(r.ids)
}

// identifier looks in an object for the scalar whose key looks most like an
// identifier of the noun; an answer that holds one object is looked into too.
func (r *reader) identifier(n node, noun string) string {
	best, rank := r.bestKey(n, noun)
	if rank < 4 { // only the weakest kind of match, or none: look one level down
		c := r.walk(n)
		for i := 0; i < 8; i++ {
			_, v, ok := c.next()
			if !ok {
				break
			}
			if !v.object() {
				continue
			}
			if s, k := r.bestKey(v, noun); k > rank {
				best, rank = s, k
			}
		}
	}
	return best
}

// bestKey ranks the keys of an object: 5 an ARN, 4 an identifier of the noun,
// 3 any identifier, 2 any list of identifiers.
func (r *reader) bestKey(n node, noun string) (best string, rank int) {
	if !n.object() {
		return "", 0
	}
	c := r.walk(n)
	for k, v, ok := c.next(); ok; k, v, ok = c.next() {
		got := rankKey(k, noun)
		if got <= rank || v.empty() {
			continue
		}
		s := r.content(v).text()
		if s == "" && v.list() {
			if texts := r.texts(v); len(texts) > 0 {
				s, got = texts[0], 2
			}
		}
		if got > rank && usable(s) {
			best, rank = s, got
		}
	}
	return best, rank
}

// usable reports whether s can name a resource: it is neither empty nor
// masked, nor a long text.
func usable(s string) bool {
	return s != "" && len(s) <= maxID && s != "HIDDEN_DUE_TO_SECURITY_REASONS" && s != "<sensitiveDataRemoved>" && strings.Trim(s, "*") != ""
}

func rankKey(k, noun string) int {
	if len(k) < 2 || len(k) > 80 {
		return 0
	}
	l := strings.ToLower(k)
	switch l {
	case "arn", "resourcearn":
		return 5
	case "requestid", "clientrequesttoken", "clienttoken", "callerreference":
		return 0
	}
	l = strings.TrimSuffix(l, "s")
	for _, suffix := range [...]string{"identifier", "name", "arn", "id", "url"} {
		stem, ok := strings.CutSuffix(l, suffix)
		if !ok {
			continue
		}
		if suffix != "url" && (stem == "" || noun != "" && strings.EqualFold(stem, strings.TrimSuffix(noun, "s"))) {
			return 4
		}
		return 3
	}
	return 0
}
