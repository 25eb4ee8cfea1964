package query

import "time"

// A CoverageRequest asks what the case holds of which account, region and time.
// Zero times mean all there is.
type CoverageRequest struct {
	From, To time.Time     // UTC, From included, To excluded
	Step     time.Duration // width of a cell: a day or an hour; zero is a day
	Accounts []string      // empty: all
	Regions  []string
}

// A Coverage is a map of account × region × time, and what can't be seen on it.
type Coverage struct {
	Start  time.Time // of the first cell, UTC
	Step   time.Duration
	Series []CoverageSeries // by account, then region
	Blind  []string         // what the case can't show, a sentence each
}

// A CoverageSeries is one account and region; objects whose name tells neither
// are under empty names.
type CoverageSeries struct {
	Account, Region string
	Cells           []CoverageCell // as many in every series
	Total           CoverageCell
	Last            time.Time // of the newest event or object; zero when there is none
	Stops           bool      // it falls silent well before the others
}

// A CoverageCell counts objects by the time in their name (delivery) and events
// by their own time.
type CoverageCell struct {
	Listed  int64 `json:"listed"`
	Loaded  int64 `json:"loaded"` // of these
	Skipped int64 `json:"skipped"`
	Failed  int64 `json:"failed"`
	Proven  int64 `json:"proven"` // log files with the verdict valid
	Digests int64 `json:"digests"`
	Events  int64 `json:"events"`
}

// Add adds another cell's counts.
func (c *CoverageCell) Add(o CoverageCell) {
	c.Listed += o.Listed
	c.Loaded += o.Loaded
	c.Skipped += o.Skipped
	c.Failed += o.Failed
	c.Proven += o.Proven
	c.Digests += o.Digests
	c.Events += o.Events
}

// A Cause is an event that may explain a gap in the logs, such as StopLogging.
type Cause struct {
	Seq     int64
	Time    time.Time
	Event   string // its name
	Actor   string
	Account string
	Region  string
}
