package main

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// fillHeap is how large the memory of Go may grow before garbage is collected
// sooner than by GOGC, in bytes. A load of a million events lives on half of it; one
// of ten million, which has to tell more of them apart, fills it.
const fillHeap = 280 << 20

// resolveHeap is the same while sessions are worked out. Those of ten million
// generated events have up to 180 MB alive, which would grow to 350 MB; to collect
// more often takes 7 % more CPU.
const resolveHeap = 250 << 20

// collectByNeed lets garbage lie while there is room for it. Collecting ever more
// often near heap, in bytes, keeps the peak of large cases down; what is alive gets a
// quarter more in any case, for to collect all the time would be worse. What it
// returns ends it.
func collectByNeed(heap int64) (stop func()) {
	gogc := debug.SetGCPercent(100)
	limit := debug.SetMemoryLimit(heap)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				metrics.Read(live)
				debug.SetMemoryLimit(max(heap, int64(live[0].Value.Uint64())/4*5))
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		debug.SetGCPercent(gogc)
		debug.SetMemoryLimit(limit)
	}
}

// collect has garbage collected by need, unless somebody said how it should be.
func (a *app) collect(heap int64) (stop func()) {
	if a.env("GOGC") != "" || a.env("GOMEMLIMIT") != "" {
		return func() {}
	}
	return collectByNeed(heap)
}
