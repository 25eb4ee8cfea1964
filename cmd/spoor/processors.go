package main

import (
	"runtime"

	"spoor/loader"
)

// How many threads Go may run for each processor. The system shares out time among
// threads sooner than Go among goroutines: one that comes back from a call into the
// database is queued behind those that unpack and decode.
//
// The load itself waits for its writer then. With two threads a processor, 1M events
// took 8.0 to 8.8 s where they had taken 9.1 to 9.7, and a twentieth less CPU.
//
// From a key to its frame there are several goroutines. On two cores with a load, a
// search and as much other work again, half of the keys were drawn within 18 to 31
// ms with four threads, and within 22 to 45 with two (BenchmarkKeyToFrame, four runs
// in turn). Lower priorities for the threads of a load made it worse: they hold what
// the screen waits for.
const (
	loadThreads   = 2
	screenThreads = 4
)

// spareProcessors gives Go threads to spare, and the load as many workers as it has
// without. What it returns takes them back.
func spareProcessors(load *loader.Options, threads int) (restore func()) {
	n := runtime.GOMAXPROCS(0)
	if load.Jobs == 0 {
		load.Jobs = n
	}
	runtime.GOMAXPROCS(threads * n)
	return func() { runtime.GOMAXPROCS(n) }
}
