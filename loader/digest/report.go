package digest

import (
	"iter"
	"time"
)

// A Verdict is what the check says of one object, in the product's words.
type Verdict uint8

const (
	Valid        Verdict = iota + 1
	Invalid              // not as CloudTrail delivered it
	Missing              // named by a digest, and not there
	Unverifiable         // could not be checked; Reason says why
	Uncovered            // a log that no valid digest names
)

// String returns the word.
func (v Verdict) String() string {
	return [...]string{"", "valid", "invalid", "missing", "unverifiable", "uncovered"}[v]
}

// A Kind says what sort of object a verdict is about.
type Kind uint8

const (
	Digest Kind = iota + 1
	Log
)

// String returns the word.
func (k Kind) String() string { return [...]string{"", "digest", "log"}[k] }

// A Reason is the finer code of a verdict, or the type of a finding. Explain
// has it in words.
type Reason string

// Reasons of verdicts.
const (
	HashMismatch       Reason = "hash-mismatch"
	Truncated          Reason = "truncated"
	GzipDamaged        Reason = "gzip-damaged"
	ExtraMember        Reason = "extra-gzip-member"
	TrailingBytes      Reason = "trailing-bytes"
	TooLarge           Reason = "too-large" // unpacks to more than any log; a bomb
	Moved              Reason = "moved"
	BadSignature       Reason = "signature"
	KeyNotFound        Reason = "key-not-found"
	KeyValidity        Reason = "key-validity"
	FieldMissing       Reason = "field-missing"
	NotJSON            Reason = "not-json"
	BadName            Reason = "name"
	MetadataMissing    Reason = "metadata-missing"
	FromChain          Reason = "signature-from-chain" // valid: the next digest holds the signature
	DigestInvalid      Reason = "digest-invalid"
	DigestUnverifiable Reason = "digest-unverifiable"
	WindowCovered      Reason = "window-covered"
	WindowNotCovered   Reason = "window-not-covered"
	Pending            Reason = "pending"
	AccessDenied       Reason = "denied"
	Archived           Reason = "archived"
	Throttled          Reason = "throttled"
	ReadError          Reason = "read-error"
	OtherBucket        Reason = "other-bucket" // it lies where the check was not told to look
)

// Types of findings; some reasons are found as well.
const (
	Gap              Reason = "gap"
	CoverageHole     Reason = "coverage-hole"
	CoverageOverlap  Reason = "coverage-overlap"
	TailNotCovered   Reason = "tail-not-covered"
	HeadNotCovered   Reason = "head-not-covered"
	NoDigests        Reason = "no-digests"
	ChainMismatch    Reason = "chain-mismatch"
	ChainCycle       Reason = "chain-cycle"
	KeyTimeMismatch  Reason = "key-time-mismatch"
	Container        Reason = "container"
	ContainerDamaged Reason = "container-damaged"
	Relocated        Reason = "relocated"
	MetadataMismatch Reason = "metadata-signature-mismatch"
	AlgorithmLabel   Reason = "algorithm-label"
	NamedTwice       Reason = "named-twice"
	ListingError     Reason = "listing-error"
	KeyListOdd       Reason = "key-list"
)

// A Signature says how a digest's signature was found to hold.
type Signature uint8

const (
	NotChecked    Signature = iota
	InMetadata              // the object's own metadata holds a signature that verifies
	InNextDigest            // the next digest does
	InBoth                  // both do
	NoSignature             // there is none to check
	NoKey                   // there is no key to check it with
	FailedToCheck           // there is one, and it does not verify
)

// String returns the state in words.
func (s Signature) String() string {
	return [...]string{"not checked", "verified, from its metadata", "verified, from the next digest",
		"verified, from its metadata and from the next digest", "none at hand", "no key to check it", "does not verify"}[s]
}

// An Object is one digest or log file and what the check says of it.
type Object struct {
	Name    string // as digests record it, s3://bucket/key; else where it lies
	Actual  string // full name in the source; "" when it is not there
	Kind    Kind
	Verdict Verdict
	Reason  Reason
	Detail  string    // in plain words, for people
	From    time.Time // digests: the delivery hour; logs: oldest event. Zero when unknown
	To      time.Time // digests: its end; logs: newest event
	Time    time.Time // in its name, UTC
	Chain   int       // index in Report.Chains; for logs that no digest names, -1
	Account string
	Region  string

	Recorded string // SHA-256 in hex that a digest says; "" when none does
	SHA256   string // of the unpacked bytes as they are; "" when not read
	Unpacked int64  // bytes
	NamedBy  string // the digest that names this log, or points at this digest
	Sign     Signature
	Key      string // fingerprint of the key, digests only
}

// Fine is the finer verdict word of the fact sheet: unreferenced and unproven
// logs are both uncovered, what could not be read is an error.
func (o Object) Fine() string {
	switch {
	case o.Verdict == Uncovered && o.Reason == DigestInvalid:
		return "unproven"
	case o.Verdict == Uncovered:
		return "unreferenced"
	case o.Verdict == Unverifiable && unread(o.Reason):
		return "error"
	default:
		return o.Verdict.String()
	}
}

func unread(r Reason) bool {
	return r == AccessDenied || r == Archived || r == Throttled || r == ReadError || r == OtherBucket
}

// Fails reports whether the verdict forbids calling the window proven. Logs of
// the last hours whose digest is still to come don't.
func (o Object) Fails() bool { return o.Verdict != Valid && o.Reason != Pending }

// A Finding is about a chain, or adds to a verdict.
type Finding struct {
	Type     Reason
	Object   string // the digest or log it is about, or the folder
	Detail   string
	From, To time.Time // the time it concerns; zero when none
	Chain    int       // index in Report.Chains, or -1
	Account  string
	Region   string
}

// Weakens reports whether the finding takes from the proof. The others only
// say how a proof was come by.
func (f Finding) Weakens() bool {
	switch f.Type {
	case Container, ContainerDamaged, Relocated, MetadataMismatch, MetadataMissing, AlgorithmLabel, NamedTwice,
		HeadNotCovered, Pending:
		return false
	default:
		return true
	}
}

// A Chain is the digests of one account, region, trail and kind.
type Chain struct {
	Account, Region, Trail, Home string
	Org                          string // o-… when the digests lie in an organization's folder
	Backfill                     bool
	From, To                     time.Time // what its digests cover, proven or not
	Proven                       time.Time // end of the newest valid digest; zero when none is
	Digests, Logs                int       // counted with those missing
}

// A KeyUse is a key that digests were checked with.
type KeyUse struct {
	Fingerprint, Region, Origin string
	From, To                    time.Time
	Digests                     int
}

// A Count is the number of objects by verdict.
type Count struct{ Valid, Invalid, Missing, Unverifiable, Uncovered int }

func (c *Count) add(v Verdict) {
	switch v {
	case Valid:
		c.Valid++
	case Invalid:
		c.Invalid++
	case Missing:
		c.Missing++
	case Unverifiable:
		c.Unverifiable++
	case Uncovered:
		c.Uncovered++
	}
}

// Verdicts gives each verdict that there is, the good one first, with its count.
func (c Count) Verdicts() iter.Seq2[Verdict, int] {
	return func(yield func(Verdict, int) bool) {
		for i, n := range []int{c.Valid, c.Invalid, c.Missing, c.Unverifiable, c.Uncovered} {
			if n > 0 && !yield(Valid+Verdict(i), n) {
				return
			}
		}
	}
}

// Total is the number of objects.
func (c Count) Total() int {
	return c.Valid + c.Invalid + c.Missing + c.Unverifiable + c.Uncovered
}

// A Report is what a check found. Objects are ordered by kind and name,
// findings by how they weigh, both the same in each run.
type Report struct {
	Source            string
	From, To          time.Time // the window asked for, or what the digests span; zero when there are none
	Started, Finished time.Time
	Chains            []Chain
	Objects           []Object
	Findings          []Finding
	Keys              []KeyUse
	Digests, Logs     Count
	Bytes             int64 // stored bytes read
	Reused            int   // logs whose hash was known already
}

// Add puts an object into the report and counts it.
func (r *Report) Add(o Object) {
	counts := &r.Digests
	if o.Kind == Log {
		counts = &r.Logs
	}
	counts.add(o.Verdict)
	r.Objects = append(r.Objects, o)
}

// Gaps counts the times in which validation was off.
func (r *Report) Gaps() int {
	n := 0
	for _, f := range r.Findings {
		if f.Type == Gap {
			n++
		}
	}
	return n
}

// Proven reports whether everything in the window is proven and the window is
// covered: the one case for exit status 0.
func (r *Report) Proven() bool {
	for _, o := range r.Objects {
		if o.Fails() {
			return false
		}
	}
	for _, f := range r.Findings {
		if f.Weakens() {
			return false
		}
	}
	return r.Digests.Valid > 0
}
