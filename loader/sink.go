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
//
// A digest file ends as Skipped with Digest set: it holds no events, but its
// Delivered bytes and Object.Meta are evidence, to be kept for validation.
type Loaded struct {
	Object    Object
	Outcome   Outcome
	Reason    string // for Skipped and Failed
	Carrier   string // how records were wrapped, e.g. "Records", "lookup-events"
	Digest    bool   // a CloudTrail digest file, see above
	Delivered []byte // the stored bytes as fetched; nil for Failed, Archive, Skipped without Digest, and when the case links to a file instead
	Text      string // unpacked UTF-8 text, which the events' spans index
	SHA256    [32]byte
	Unpacked  int64 // bytes after unpacking, before any change of encoding
	Events    []Event
	Invalid   int      // entries that looked like records but could not be decoded
	Outside   int      // events left out, as they are not of Part
	Part      Part     // what was taken, where that is not all; also of an archive
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

// A Sink keeps whole objects. Append and Commit are called by one goroutine;
// Status may be called by another at the same time.
type Sink interface {
	// Status tells whether an object need be fetched. What ended as Failed is New.
	Status(o Object) Status
	// Append stages a batch of objects, of a few dozen MiB of text at most. The
	// texts and events belong to the sink until Append returns: what it keeps it
	// clones. A Changed object replaces its old events. After an error the load
	// ends, and nothing that was staged since the last Commit is kept.
	Append(ctx context.Context, batch []Loaded) (Stored, error)
	// Commit makes all that was staged since the last Commit durable and
	// visible, or none of it. Load commits the first rows at once, then ever
	// larger lots, up to about a million events or four seconds.
	Commit(ctx context.Context) error
}

// A Parter is a Sink that remembers which part of an object it has: nil is the
// whole.
type Parter interface {
	Part(name string) Part
}

// A Marker is a Sink that keeps account of objects which are no longer in their
// source. MarkGone is called after a full listing without an error; gone tells
// whether an object of that name belongs to the source and was not listed.
type Marker interface {
	MarkGone(ctx context.Context, gone func(name string) bool) error
}
