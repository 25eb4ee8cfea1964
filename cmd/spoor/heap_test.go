package main

import (
	"math"
	"runtime/debug"
	"testing"
)

// What a load needs of the collector is gone when it has ended. Not parallel: the
// collector is the whole process's.
func TestCollectorIsAsItWasAfterALoad(t *testing.T) {
	gogc := debug.SetGCPercent(73)
	defer debug.SetGCPercent(gogc)
	stop := collectByNeed()
	if limit := debug.SetMemoryLimit(-1); limit != fillHeap {
		t.Errorf("the limit is %d during a load, want %d", limit, fillHeap)
	}
	stop()
	if p, limit := debug.SetGCPercent(73), debug.SetMemoryLimit(-1); p != 73 || limit != math.MaxInt64 {
		t.Errorf("afterwards GOGC is %d, the limit %d", p, limit)
	}
}
