package query

import (
	"cmp"
	"strings"
	"time"
)

// An Object is one log file as the case knows it.
type Object struct {
	Name       string    // path, s3:// URL or archive!member
	Outcome    string    // loaded, skipped or failed
	Reason     string    // why it was skipped, or the error it failed with
	Carrier    string    // how its records were wrapped
	Stored     int64     // bytes as delivered, -1 when unknown
	Unpacked   int64     // bytes
	Events     int64     // kept from it
	Duplicates int64     // that another object had brought already
	Invalid    int64     // entries that could not be decoded
	SHA256     string    // of the unpacked bytes, hex
	Modified   time.Time // UTC, zero when unknown
	Loaded     time.Time // UTC
	Gone       bool      // no longer in its source
	Digest     bool      // a CloudTrail digest file
	Notes      []string  // what a reader should know
}

// Compare orders objects as they are listed, what needs a reader first: failed,
// loaded, skipped, then digests that did not fail; by name within.
func (o Object) Compare(p Object) int {
	return cmp.Or(cmp.Compare(o.rank(), p.rank()), strings.Compare(o.Name, p.Name))
}

func (o Object) rank() int {
	switch {
	case o.Outcome == "failed":
		return 0
	case o.Digest:
		return 3
	case o.Outcome == "skipped":
		return 2
	}
	return 1
}

// An ObjectRequest asks for up to N objects, ordered by Compare, after one that
// was listed before; of that, name, outcome and digest count. Outcome narrows to
// loaded, skipped or failed; Text to names that contain it, ignoring case.
type ObjectRequest struct {
	Outcome string
	Text    string
	After   *Object // nil: from the first
	N       int     // 0: all
}
