package loader

import (
	"math/bits"
	"slices"
	"sync"
)

const (
	// smallText is what is left to the allocator, which is good at it.
	smallText = 4 << 10
	// keptLists is how many lists of events are kept.
	keptLists = 4
)

// buffers are memory for the texts of objects, used again when the sink has
// taken them over: a load of a million events would otherwise ask the system for
// 1.7 GB of empty pages. The nil value always makes new ones.
type buffers struct {
	mu   sync.Mutex
	free [][]byte // the one kept for longest first
	kept int64    // bytes in free
	most int64    // bytes to keep
	list [][]Event

	poison bool // for tests: spoil what is given back
}

// take returns a buffer of at least n bytes, and not twice as many: the budget
// does not know of the rest. What it holds is anything.
func (b *buffers) take(n int) []byte {
	if b == nil || n <= smallText {
		return make([]byte, n)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	best := -1
	for i, buf := range b.free {
		if cap(buf) >= n && cap(buf) < 2*n && (best < 0 || cap(buf) < cap(b.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return make([]byte, bufferSize(n))
	}
	buf := b.free[best]
	b.remove(best)
	return buf
}

func (b *buffers) remove(i int) {
	b.kept -= int64(cap(b.free[i]))
	b.free = slices.Delete(b.free, i, i+1)
}

// put gives a buffer back. Whoever still reads it reads garbage.
func (b *buffers) put(buf []byte) {
	if b == nil || cap(buf) <= smallText {
		return
	}
	buf = buf[:cap(buf)]
	if b.poison {
		for i := range buf {
			buf[i] = '#'
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free = append(b.free, buf)
	for b.kept += int64(cap(buf)); b.kept > b.most; { // others may fit better: forget those kept for longest
		b.remove(0)
	}
}

// takeEvents returns an empty list with room for n events.
func (b *buffers) takeEvents(n int) []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, list := range b.list {
		if cap(list) >= n && cap(list) <= 4*n {
			last := len(b.list) - 1
			b.list[i], b.list[last] = b.list[last], nil
			b.list = b.list[:last]
			return list
		}
	}
	return make([]Event, 0, n)
}

// putEvents gives a list back.
func (b *buffers) putEvents(list []Event) {
	if cap(list) < 64 {
		return
	}
	clear(list)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.list) == keptLists { // others may fit better: forget the one kept for longest
		b.list = append(b.list[:0], b.list[1:]...)
	}
	b.list = append(b.list, list[:0])
}

// bufferSize rounds up to one of four sizes for each power of two, so that
// buffers fit many objects and little is wasted.
func bufferSize(n int) int {
	shift := max(bits.Len(uint(n))-3, 0)
	return (n + 1<<shift - 1) >> shift << shift
}
