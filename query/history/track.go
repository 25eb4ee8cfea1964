package history

import (
	"maps"
	"slices"

	"spoor/query"
)

// A track is the state of one resource as events build it up.
type track struct {
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

// newTrack returns a track of a resource of which nothing is known yet.
func newTrack(kind string) *track {
	return &track{kind: kind, aspects: map[string]*aspect{}, rules: map[string]string{}}
}

// apply takes in the next event. Events that tell nothing of the state change nothing.
func (t *track) apply(e Event) {
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
func (t *track) aspect(name string) *aspect {
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
func (t *track) set(name, key, val string) {
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
func (t *track) assume(name, key, val string) {
	t.aspect(name).facts[key] = query.Fact{Value: val, Inferred: true}
}

// unset says that a fact no longer holds. Had no event told of it, it must have
// been there all the same; val is what is known of it.
func (t *track) unset(name, key, val string) {
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
func (t *track) replace(name string, facts map[string]string) {
	a := t.aspect(name)
	t.known(a)
	a.facts = make(map[string]query.Fact, len(facts))
	for k, v := range facts {
		a.facts[k] = query.Fact{Value: v, Since: t.event.Time, Seq: t.event.Seq}
	}
}

func (t *track) known(a *aspect) {
	if !a.whole {
		a.whole, a.since = true, t.event.Time
	}
}

// born says that the resource was created now: the aspects named are empty,
// and so is every other until an event tells.
func (t *track) born(aspects ...string) {
	t.created, t.first, t.made = true, t.event.Time, t.event.Seq
	for _, n := range aspects {
		t.replace(n, nil)
	}
	t.set("existence", "", "exists")
}

// gone says that the resource was deleted.
func (t *track) gone() {
	for _, n := range t.order {
		if n != "existence" {
			t.replace(n, nil)
		}
	}
	t.set("existence", "", "deleted")
}

func (a *aspect) keys() []string { return slices.Sorted(maps.Keys(a.facts)) }

// copy returns the state as it is now.
func (t *track) copy() *track {
	c := &track{aspects: make(map[string]*aspect, len(t.aspects)), created: t.created}
	for n, a := range t.aspects {
		c.aspects[n] = &aspect{facts: maps.Clone(a.facts), whole: a.whole, since: a.since}
	}
	return c
}

// compare lists what differs between two states, and for the aspects that
// differ what stayed the same.
func compare(before, after *track) []query.DiffLine {
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
	for _, k := range slices.Sorted(maps.Keys(keys)) {
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
