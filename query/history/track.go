package history

import (
	"sort"

	"spoor/query"
)

// A Track is the state of one resource as events build it up.
type Track struct {
	kind    string
	order   []string // aspects in the order in which they were first met
	aspects map[string]*aspect
	first   int64 // time of the first event applied
	event   Event // the event being applied
	started bool
	created bool
	made    int64             // event that created it
	rules   map[string]string // security group rule id: its key
}

// An aspect is a group of facts. It is whole once an event has told all of it,
// at since.
type aspect struct {
	facts map[string]query.Fact
	whole bool
	since int64
	// implied are facts that the event being applied shows to have been there.
	implied map[string]query.Fact
}

// New returns a track of a resource of which nothing is known yet.
func New(kind string) *Track {
	return &Track{kind: kind, aspects: map[string]*aspect{}, rules: map[string]string{}}
}

// Apply takes in the next event. Events that tell nothing of the state change nothing.
func (t *Track) Apply(e Event) {
	h := handlerOf(call{e.Source, e.Name})
	if h == nil {
		return
	}
	if !t.started {
		t.started, t.first = true, e.Time
	}
	t.event = e
	for _, a := range t.aspects {
		a.implied = nil
	}
	h(t, e, parse(e.Request, "Request"), parse(e.Answer, "Response"))
}

// aspect returns the aspect of a name. In a resource whose creation was seen,
// one that was never mentioned is known to be empty.
func (t *Track) aspect(name string) *aspect {
	a := t.aspects[name]
	if a == nil {
		a = &aspect{facts: map[string]query.Fact{}, since: t.event.Time}
		if t.created {
			a.whole, a.since = true, t.first
		}
		t.aspects[name] = a
		t.order = append(t.order, name)
	}
	return a
}

// untold is the value of what an event set without telling to what: CloudTrail
// leaves out what is long or secret.
const untold = "not told by the record"

// set says that a fact holds from now on.
func (t *Track) set(name, key, val string) {
	if val == "" {
		val = untold
	}
	a := t.aspect(name)
	a.facts[key] = query.Fact{Value: val, Since: t.event.Time, Seq: t.event.Seq}
	if key == "" { // the aspect is one value: now it is known
		t.known(a)
	}
}

// assume says that a fact holds by what AWS documents, not by an event.
func (t *Track) assume(name, key, val string) {
	t.aspect(name).facts[key] = query.Fact{Value: val, Inferred: true}
}

// unset says that a fact no longer holds. Had no event told of it, it must have
// been there all the same; val is what is known of it.
func (t *Track) unset(name, key, val string) {
	a := t.aspect(name)
	if _, ok := a.facts[key]; !ok && !a.whole {
		if a.implied == nil {
			a.implied = map[string]query.Fact{}
		}
		a.implied[key] = query.Fact{Value: val, Inferred: true}
	}
	delete(a.facts, key)
}

// replace says the whole of an aspect.
func (t *Track) replace(name string, facts map[string]string) {
	a := t.aspect(name)
	t.known(a)
	a.facts = make(map[string]query.Fact, len(facts))
	for k, v := range facts {
		a.facts[k] = query.Fact{Value: v, Since: t.event.Time, Seq: t.event.Seq}
	}
}

func (t *Track) known(a *aspect) {
	if !a.whole {
		a.whole, a.since = true, t.event.Time
	}
}

// born says that the resource was created now: the aspects named are empty,
// and so is every other until an event tells.
func (t *Track) born(aspects ...string) {
	t.created, t.first, t.made = true, t.event.Time, t.event.Seq
	for _, n := range aspects {
		t.replace(n, nil)
	}
	t.set("existence", "", "exists")
}

// gone says that the resource was deleted.
func (t *Track) gone() {
	for _, n := range t.order {
		if n != "existence" {
			t.replace(n, nil)
		}
	}
	t.set("existence", "", "deleted")
}

func (a *aspect) keys() []string {
	out := make([]string, 0, len(a.facts))
	for k := range a.facts {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// copy returns the state as it is now.
func (t *Track) copy() *Track {
	c := &Track{aspects: make(map[string]*aspect, len(t.aspects)), created: t.created}
	for n, a := range t.aspects {
		b := &aspect{facts: make(map[string]query.Fact, len(a.facts)), whole: a.whole, since: a.since}
		for k, f := range a.facts {
			b.facts[k] = f
		}
		c.aspects[n] = b
	}
	return c
}

// compare lists what differs between two states, and for the aspects that
// differ what stayed the same.
func compare(before, after *Track) []query.DiffLine {
	var changed, same []query.DiffLine
	for _, name := range after.order {
		b := after.aspects[name]
		a := before.aspects[name]
		if a == nil {
			a = &aspect{whole: before.created}
		}
		if after.made == after.event.Seq && after.created { // it did not exist before
			a = &aspect{whole: true}
		}
		diff, rest := compareAspect(name, a, b)
		if len(diff) > 0 {
			changed = append(changed, diff...)
			same = append(same, rest...)
		}
	}
	return append(changed, same...)
}

func compareAspect(name string, a, b *aspect) (diff, same []query.DiffLine) {
	keys := map[string]bool{}
	for _, m := range []map[string]query.Fact{a.facts, b.facts, b.implied} {
		for k := range m {
			keys[k] = true
		}
	}
	sorted := make([]string, 0, len(keys))
	for k := range keys {
		sorted = append(sorted, k)
	}
	sort.Strings(sorted)
	for _, k := range sorted {
		was, had := a.facts[k]
		is, has := b.facts[k]
		line := query.DiffLine{Aspect: name, Key: k, Before: was.Value, After: is.Value, Inferred: was.Inferred}
		switch {
		case !had && !has:
			was = b.implied[k]
			line.Mark, line.Before, line.Inferred = query.Removed, was.Value, true
		case had && !has:
			line.Mark = query.Removed
		case !had && k == "" && !a.whole:
			line.Mark, line.Unknown = query.Altered, true
		case !had:
			line.Mark = query.Added
		case was.Value != is.Value:
			line.Mark = query.Altered
		default:
			same = append(same, line)
			continue
		}
		diff = append(diff, line)
	}
	if len(diff) == 0 && b.whole && !a.whole { // all of it was told, and it is empty
		diff = append(diff, query.DiffLine{Mark: query.Altered, Aspect: name, After: "none", Unknown: true})
	}
	return diff, same
}
