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

// collectByNeed lets garbage lie while there is room for it. Collecting ever more
// often near fillHeap keeps the peak of a large load down; what is alive gets a
// quarter more in any case, for to collect all the time would be worse. What it
// returns ends it.
func collectByNeed() (stop func()) {
	gogc := debug.SetGCPercent(100)
	limit := debug.SetMemoryLimit(fillHeap)
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
				debug.SetMemoryLimit(max(fillHeap, int64(live[0].Value.Uint64())/4*5))
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
