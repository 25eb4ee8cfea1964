package loader

import (
	"context"
	"io"
	"iter"
	"time"
)

// An Object is one log file as its Source lists it.
type Object struct {
	Name    string            // full name: absolute path, s3://bucket/key, or archive!member
	Size    int64             // stored bytes; -1 when unknown (standard input)
	ETag    string            // S3 entity tag without quotes, "" elsewhere
	ModTime time.Time         // last modified, UTC
	Class   string            // S3 storage class, "" elsewhere
	Meta    map[string]string // user metadata, lower-case keys; only digests need it
	Linked  bool              // its bytes stay at Name: the case does not copy them
	Part    Part              // which of its events to take; nil: all
}

// A Scope narrows what a Source lists and which events of an object are taken.
// Its zero value is everything. Times are event times: a Source that prunes by
// delivery day lists the day after as well.
type Scope struct {
	Since    time.Time `json:"since,omitzero"`     // UTC, inclusive; zero: open
	Until    time.Time `json:"until,omitzero"`     // likewise
	Accounts []string  `json:"accounts,omitempty"` // 12-digit account ids; empty: all
	Regions  []string  `json:"regions,omitempty"`
}

// A Source is where objects come from. Implementations are safe for concurrent
// use and only ever read.
type Source interface {
	// String names the source as the user gave it.
	String() string
	// Objects lists the source. An error belongs to one listing or one entry,
	// which the Object beside it names; the sequence goes on after it, and ends
	// early only when ctx is done.
	Objects(ctx context.Context, s Scope) iter.Seq2[Object, error]
	// Open returns the stored bytes of an object, as delivered: never inflated.
	// Retries are the source's own affair; the caller closes the reader.
	Open(ctx context.Context, o Object) (io.ReadCloser, error)
}

// A Described body is what Open may return: it knows the user metadata that came
// with the bytes (S3 tells it on GetObject only, not when listing).
type Described interface {
	Meta() map[string]string // lower-case keys
}

// A Coverer is a Source that can tell from its name whether an object belongs to
// it, listed or not. Objects of such a source can be found to be gone.
type Coverer interface {
	Covers(name string) bool
}

// A SkipError from Objects says that an entry is left out on purpose, such as a
// named pipe in a folder: no failure, but not passed over in silence either.
type SkipError struct{ Reason string }

func (e *SkipError) Error() string { return e.Reason }

// A Version is what an object was at a time, in a bucket that keeps versions.
type Version struct {
	ID       string
	Modified time.Time // UTC
	Deleted  bool      // a mark that the object was deleted then; it has no bytes
}

// A Versioned source keeps what its objects were before.
type Versioned interface {
	// Versions lists the versions of an object, newest first.
	Versions(ctx context.Context, name string) ([]Version, error)
	// OpenVersion is Open for one of them.
	OpenVersion(ctx context.Context, name, id string) (io.ReadCloser, error)
}
