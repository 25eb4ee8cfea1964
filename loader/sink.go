package loader

import (
	"context"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
)

// An Outcome is how an object ended.
type Outcome uint8

const (
	Done    Outcome = iota + 1 // its events are in the case
	Skipped                    // read and found to hold no CloudTrail record; Reason says why
	Failed                     // could not be read; Reason holds the error, a later run tries again
	Archive                    // a container whose members are objects of their own
)

// Loaded is one object, read to its end, ready to be kept.
type Loaded struct {
	Object    Object
	Outcome   Outcome
	Reason    string // for Skipped and Failed
	Carrier   string // how records were wrapped, e.g. "Records", "lookup-events"
	Delivered []byte // the stored bytes as fetched; nil when the case links to them instead
	Text      string // unpacked UTF-8 text, which the events' spans index
	SHA256    [32]byte
	Unpacked  int64 // bytes after unpacking, before any change of encoding
	Events    []Event
	Invalid   int      // entries that looked like records but could not be decoded
	Notes     []string // what a reader should know: trailing bytes, extra gzip members …
}

// An Event is a decoded record and, for mutating calls, the change it made.
type Event struct {
	cloudtrail.Event
	Change *change.Change
}

// A Status is what a Sink knows of an object before it is fetched.
type Status uint8

const (
	New Status = iota
	Unchanged
	Changed
)

// Stored sums up what an Append kept.
type Stored struct {
	Events     int // kept
	Duplicates int // already in the case under another or the same object
}

// A Sink keeps whole objects. Append is called by one goroutine at a time;
// Status may be called by another at once.
type Sink interface {
	Status(o Object) Status
	// Append keeps a batch of objects, all or nothing: after an error or a kill
	// none of the batch is there. A Changed object replaces its old events.
	Append(ctx context.Context, batch []Loaded) (Stored, error)
}
