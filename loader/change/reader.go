package change

import (
	"strings"

	"spoor/loader/cloudtrail"
)

const (
	maxValues = 64      // values one path may yield, and so resources a change may have
	maxBudget = 200_000 // bytes of JSON that one derivation may look at: bounds its time for any input (half a millisecond of CPU at worst)
)

// A reader holds the record at hand while one change is derived.
type reader struct {
	ev      *cloudtrail.Event
	req     node // requestParameters, the <Action>Request wrapper taken off
	res     node // responseElements likewise
	wrapped bool // values may be {"tag":1,"content":x}
	budget  int

	found  []node   // what the last find found
	ids    []string // the resource, as said by {id}
	tried  bool     // the call did not succeed: say "tried to"
	aimed  bool     // ids come from the error text: say their short names
	named  bool     // the sentence has said the ids
	aside  string   // a target of another type, from the error text
	public bool     // something said so far exposes the resource to everyone
	allows bool     // a policy said so far allows something
	denies bool     // likewise denies
	out    line
	space  [8]node
}

func newReader(ev *cloudtrail.Event) *reader {
	r := &reader{ev: ev, budget: maxBudget, tried: ev.Outcome != cloudtrail.OK}
	r.found = r.space[:0]
	r.req = r.unwrap(trim(ev.Request), "Request")
	r.res = r.unwrap(trim(ev.Response), "Response")
	return r
}

// unwrap takes off the single key <Action>Request (or Response) under which
// the newer EC2 calls put everything.
func (r *reader) unwrap(n node, suffix string) node {
	c := r.walk(n)
	key, inner, ok := c.next()
	if !ok || c.list || !strings.HasSuffix(key, suffix) || !inner.object() {
		return n
	}
	if _, _, more := c.next(); more {
		return n
	}
	r.wrapped = true
	return inner
}

// start returns the value where paths of a root begin.
func (r *reader) start(p root) node {
	switch p {
	case rootReq:
		return r.req
	case rootRes:
		return r.res
	case rootAdd:
		return trim(r.ev.Additional)
	case rootSvc:
		return trim(r.ev.Service)
	case rootUID:
		return r.identity()
	case rootCtx:
		return r.member(r.identity(), "sessionContext")
	}
	return ""
}

func (r *reader) identity() node {
	if r.ev.Who == nil {
		return ""
	}
	return trim(r.ev.Who.Raw)
}

// all calls do for every element of n, or for n itself when it is no list,
// up to maxValues times; EC2's {"items":[…]} counts as its list.
func (r *reader) all(n node, do func(node)) {
	if n.object() {
		if items := r.child(n, "items"); items != "" {
			n = items
		}
	}
	if !n.list() {
		if !n.empty() {
			do(r.content(n))
		}
		return
	}
	c := r.walk(n)
	for i := 0; i < maxValues; i++ {
		_, e, ok := c.next()
		if !ok {
			return
		}
		do(r.content(e))
	}
}

// texts returns the scalars in n: its own text or those of its elements.
func (r *reader) texts(n node) []string {
	if s := n.text(); s != "" {
		return []string{s}
	}
	var out []string
	r.all(n, func(e node) {
		if s := e.text(); s != "" {
			out = append(out, s)
		}
	})
	return out
}
