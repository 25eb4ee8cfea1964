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
)

// buffers are memory for the texts of objects, used again when the sink has
// taken them over: a load of a million events would otherwise ask the system for
// 1.7 GB of empty pages. The nil value always makes new ones.
type buffers struct {
	mu   sync.Mutex
	free [bufferSizes][][]byte
	kept int64 // bytes in free
	most int64 // bytes to keep

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
	list := b.free[class]
	if len(list) == 0 {
		return make([]byte, size)
	}
	buf := list[len(list)-1]
	b.free[class] = list[:len(list)-1]
	b.kept -= int64(size)
	return buf
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

// bufferClass returns the class of sizes that holds n bytes, and its size.
func bufferClass(n int) (class, size int) {
	shift := max(bits.Len(uint(n))-3, 0)
	quarters := (n + 1<<shift - 1) >> shift // 4 to 8
	return 4*shift + quarters - 4, quarters << shift
}
