package main

import (
	"math"
	"runtime/debug"
	"testing"
)

// What a load needs of the collector, and working sessions out, is gone afterwards. Not parallel: the
// collector is the whole process's.
func TestCollectorIsAsItWasAfterALoad(t *testing.T) {
	gogc := debug.SetGCPercent(73)
	defer debug.SetGCPercent(gogc)
	stop := collectByNeed(fillHeap)
	if limit := debug.SetMemoryLimit(-1); limit != fillHeap {
		t.Errorf("the limit is %d during a load, want %d", limit, fillHeap)
	}
	stop()
	a := &app{env: func(string) string { return "" }}
	stop = a.resolve()
	if limit := debug.SetMemoryLimit(-1); limit != resolveHeap || a.memory != resolveMemory {
		t.Errorf("the limits are %d and %d while sessions are worked out", limit, a.memory)
	}
	stop()
	if p, limit := debug.SetGCPercent(73), debug.SetMemoryLimit(-1); p != 73 || limit != math.MaxInt64 {
		t.Errorf("afterwards GOGC is %d, the limit %d", p, limit)
	}
}
