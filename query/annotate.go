package query

import (
	"slices"
	"strings"
	"time"
)

// About says what an annotation is on.
type About uint8

const (
	AboutEvent    About = iota // Name is what Annotations gives for it; set it by Seq
	AboutSession               // Name is the session's id
	AboutResource              // Name is the resource as logged
)

// String is the word for it.
func (a About) String() string {
	return [...]string{"event", "session", "resource"}[min(a, AboutResource)]
}

// Marks are the colours of marks, each a word of its own, in the order in which
// one key steps through them.
func Marks() []string { return []string{"red", "yellow", "green", "blue"} }

// An Annotation is what analysts say of an event, a session or a resource. It is
// kept by what it is about, not by row, so it survives a new load and can be
// merged with another case of the same logs. In filters the fields mark, note and
// tag hold for an event when it, its session or a resource it touches is so
// annotated; what a resource is called is judged as resource:"NAME" does.
type Annotation struct {
	About   About
	Name    string
	Seq     int64     // of an event that this case holds, else 0
	Mark    string    // one of Marks, or "" for none
	Note    string    // may have several lines
	Tags    []string  // sorted, each once
	Changed time.Time // UTC
}

// Empty reports whether the annotation says nothing.
func (a Annotation) Empty() bool { return a.Mark == "" && a.Note == "" && len(a.Tags) == 0 }

// Within is the filter of the events of a session or of a resource. For an event
// it is the empty filter: the name of an event is none that filters know.
func (a Annotation) Within() Filter {
	switch a.About {
	case AboutSession:
		return Filter{Term{Field: "session", Op: Exact, Values: []Match{{Text: a.Name, Quoted: needsQuotes(a.Name, Exact, true)}}}}
	case AboutResource:
		return Filter{Term{Field: "resource", Op: Like, Values: []Match{{Text: a.Name, Quoted: needsQuotes(a.Name, Like, true)}}}}
	}
	return Filter{}
}

// A Noted is an annotation with what it is about, in the words of the case.
type Noted struct {
	Annotation
	Title  string // who did what to what; actor and how of a session; the resource
	Time   int64  // µs UTC of the event or of the first matching one; cloudtrail.NoTime without
	Events int64  // of it that match; 0 when the case holds none
	Filter Filter // of its events; All for an event without an id
}

// Retag adds words to tags, and takes away those with a minus before them.
func Retag(tags, words []string) []string {
	all := slices.Clone(tags)
	for _, w := range words {
		if gone, minus := strings.CutPrefix(w, "-"); minus {
			all = slices.DeleteFunc(all, func(t string) bool { return t == gone })
		} else {
			all = append(all, w)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
