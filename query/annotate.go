package query

import "time"

// About says what an annotation is on.
type About uint8

const (
	AboutEvent    About = iota // Name is what Annotations gives for it; set it by Seq
	AboutSession               // Name is the session's id
	AboutResource              // Name is the resource as logged
)

// Marks are the colours of marks, each a word of its own, in the order in which
// one key steps through them.
func Marks() []string { return []string{"red", "yellow", "green", "blue"} }

// An Annotation is what analysts say of an event, a session or a resource. It is
// kept by what it is about, not by row, so it survives a new load and can be
// merged with another case of the same logs.
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
