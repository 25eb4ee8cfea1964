package loader

import (
	"math/bits"
	"sync"
)

const (
	// smallText is what is left to the allocator, which is good at it.
	smallText = 4 << 10
	// sizes of buffers: four to each power of two, so that little is wasted.
	bufferSizes = 4 * 32
	// how many sizes larger a buffer may be than asked for: four times.
	bufferSlack = 8
	// how many lists of events are kept.
	keptLists = 8
)

// buffers are memory for the texts of objects, used again when the sink has
// taken them over: a load of a million events would otherwise ask the system for
// 1.7 GB of empty pages. The nil value always makes new ones.
type buffers struct {
	mu   sync.Mutex
	free [bufferSizes][][]byte
	kept int64 // bytes in free
	most int64 // bytes to keep
	list [][]Event

	poison bool // for tests: spoil what is given back
}

// take returns a buffer of at least n bytes. What it holds is anything.
func (b *buffers) take(n int) []byte {
	class, size := bufferClass(n)
	if b == nil || n <= smallText || class >= bufferSizes {
		return make([]byte, n)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := class; c < min(class+bufferSlack, bufferSizes); c++ {
		if n := len(b.free[c]); n > 0 {
			buf := b.free[c][n-1]
			b.free[c] = b.free[c][:n-1]
			b.kept -= int64(cap(buf))
			return buf
		}
	}
	return make([]byte, size)
}

// put gives a buffer back. Whoever still reads it reads garbage.
func (b *buffers) put(buf []byte) {
	class, size := bufferClass(cap(buf))
	if b == nil || cap(buf) <= smallText || size != cap(buf) {
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
	if b.kept+int64(size) > b.most {
		return
	}
	b.free[class] = append(b.free[class], buf)
	b.kept += int64(size)
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

// bufferClass returns the class of sizes that holds n bytes, and its size.
func bufferClass(n int) (class, size int) {
	shift := max(bits.Len(uint(n))-3, 0)
	quarters := (n + 1<<shift - 1) >> shift // 4 to 8
	return 4*shift + quarters - 4, quarters << shift
}
