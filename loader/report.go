package loader

import (
	"sync/atomic"
	"time"
)

// A Report sums up a load. Encoded as JSON it is the output of `spoor load
// --format json`. Objects.Listed is the sum of the other four, Events.Read that
// of the other three: what is no log tells nothing of events.
type Report struct {
	Objects struct {
		Listed  int64 `json:"listed"`
		Loaded  int64 `json:"loaded"`
		Skipped int64 `json:"skipped"`
		Failed  int64 `json:"failed"`
		Already int64 `json:"already"` // unchanged since an earlier load
	} `json:"objects"`
	Events struct {
		Read      int64 `json:"read"`
		Loaded    int64 `json:"loaded"`
		Duplicate int64 `json:"duplicate"`
		Invalid   int64 `json:"invalid"` // could not be decoded; the rest of the object was
		Outside   int64 `json:"outside"` // not of the time, accounts or regions asked for, and not in Read
	} `json:"events"`
	Bytes struct {
		Stored   int64 `json:"stored"`
		Unpacked int64 `json:"unpacked"`
	} `json:"bytes"`
	Seconds  float64   `json:"seconds"`
	Failures []Failure `json:"failures"`
	Skips    []Skip    `json:"skips"`
}

// A Failure is an object that could not be read; the next load tries it again.
type Failure struct {
	Object string `json:"object"`
	Error  string `json:"error"`
}

// A Skip is an object that was read and holds no CloudTrail record.
type Skip struct {
	Object string `json:"object"`
	Reason string `json:"reason"`
}

// Progress counts what a load has done so far. The load writes it, anyone may
// read it at any time; one Progress may serve several loads, one after another
// or at once.
type Progress struct {
	Listed, Loaded, Skipped, Failed, Already atomic.Int64 // objects
	Read, Kept, Duplicate, Invalid, Outside  atomic.Int64 // events
	Stored, Unpacked                         atomic.Int64 // bytes of the objects that ended
	ToFetch                                  atomic.Int64 // stored bytes of the objects listed and not already there
	ListingDone                              atomic.Bool

	started atomic.Int64 // unix nanoseconds
}

// A Sample is a Progress at one moment.
type Sample struct {
	Listed, Loaded, Skipped, Failed, Already int64
	Read, Kept, Duplicate, Invalid, Outside  int64
	Stored, Unpacked, ToFetch                int64
	ListingDone                              bool
	Elapsed                                  time.Duration
	Rate                                     float64       // events read per second, over the whole load
	Left                                     time.Duration // until the end; 0 while it can't be told
}

// Sample reads the counters. Each is exact; together they may be a moment apart.
func (p *Progress) Sample(now time.Time) Sample {
	s := Sample{
		Listed: p.Listed.Load(), Loaded: p.Loaded.Load(), Skipped: p.Skipped.Load(), Failed: p.Failed.Load(), Already: p.Already.Load(),
		Read: p.Read.Load(), Kept: p.Kept.Load(), Duplicate: p.Duplicate.Load(), Invalid: p.Invalid.Load(), Outside: p.Outside.Load(),
		Stored: p.Stored.Load(), Unpacked: p.Unpacked.Load(), ToFetch: p.ToFetch.Load(),
		ListingDone: p.ListingDone.Load(),
	}
	if start := p.started.Load(); start != 0 {
		s.Elapsed = now.Sub(time.Unix(0, start))
	}
	if sec := s.Elapsed.Seconds(); sec > 0 {
		s.Rate = float64(s.Read) / sec
	}
	if s.ListingDone && s.Stored > 0 && s.ToFetch > s.Stored {
		s.Left = time.Duration(float64(s.Elapsed) * float64(s.ToFetch-s.Stored) / float64(s.Stored))
	}
	return s
}

// Ended reports how many objects have reached their end.
func (s Sample) Ended() int64 { return s.Loaded + s.Skipped + s.Failed + s.Already }

// count notes an object that ended.
func (p *Progress) count(o *Loaded) {
	switch o.Outcome {
	case Done:
		p.Loaded.Add(1)
	case Skipped:
		p.Skipped.Add(1)
	case Failed:
		p.Failed.Add(1)
	case Archive:
		return
	}
	p.Outside.Add(int64(o.Outside))
	if o.Outcome == Done {
		p.Read.Add(int64(len(o.Events) + o.Invalid))
		p.Invalid.Add(int64(o.Invalid))
	}
	p.Stored.Add(max(o.Object.Size, int64(len(o.Delivered)), 0))
	p.Unpacked.Add(o.Unpacked)
}
