//go:build !libdeflate

package loader

// A quick is the system's libdeflate, in builds with the tag libdeflate; here it
// does nothing.
type quick struct{}

func (quick) member(_, _ []byte) (read, size int, ok bool) { return 0, 0, false }

func (quick) close() {}
