package loader

import (
	"path"
	"runtime"
	"strings"
)

// Options say how to load. The zero value is a good start.
type Options struct {
	Scope       Scope     // what to list
	Jobs        int       // objects decoded at once; 0: one per CPU
	Streams     int       // objects fetched at once; 0: as the source likes
	Memory      int64     // bytes of objects in flight; 0: 64 MiB
	MaxUnpacked int64     // bytes one object may unpack to, 4 GiB at most; 0: 1 GiB
	TempDir     string    // where archives are spooled that can't be read in place; "": the system's
	Progress    *Progress // counters to keep; nil: nobody looks

	following *following // nil for a load that is not one of many

	decode func() decodeFunc // for tests
	poison bool              // likewise: see buffers
}

const (
	defaultMemory      = 64 << 20
	defaultMaxUnpacked = 1 << 30
)

// A Wide source is far away: it gains from more fetches at once than there are
// CPUs.
type Wide interface{ Streams() int }

func (o Options) withDefaults(sources []Source) Options {
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.Streams <= 0 {
		o.Streams = o.Jobs + 1
		for _, s := range sources {
			if w, ok := s.(Wide); ok {
				o.Streams = max(o.Streams, w.Streams())
			}
		}
	}
	if o.Memory <= 0 {
		o.Memory = defaultMemory
	}
	if o.MaxUnpacked <= 0 {
		o.MaxUnpacked = defaultMaxUnpacked
	}
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	if o.decode == nil {
		o.decode = newDecode
	}
	return o
}

// estimate guesses what an object of a size needs in memory: its bytes and its
// text. The name is believed only here, where a wrong guess costs little.
func estimate(name string, size int64) int64 {
	size = max(size, 64<<10)
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".jsonl", ".ndjson", ".log", ".csv", ".txt":
		return size + size/2
	}
	return size * 9
}
