//go:build libdeflate

package loader

// #cgo LDFLAGS: -ldeflate
// #include <libdeflate.h>
import "C"

import "unsafe"

// A quick is the system's libdeflate (MIT), which needs no window beside its
// output, as it has both ends in memory. It only ever does what goes well; a lack
// of room or a damaged file is left to the one that can say what is wrong.
type quick struct {
	d *C.struct_libdeflate_decompressor
}

// member unpacks one gzip member into room and checks its sum (RFC 1952). It
// returns how many bytes of data it read and of room it wrote.
func (q *quick) member(data, room []byte) (read, size int, ok bool) {
	if len(data) == 0 || len(room) == 0 {
		return 0, 0, false
	}
	if q.d == nil {
		if q.d = C.libdeflate_alloc_decompressor(); q.d == nil {
			return 0, 0, false
		}
	}
	var in, out C.size_t
	done := C.libdeflate_gzip_decompress_ex(q.d, unsafe.Pointer(&data[0]), C.size_t(len(data)), unsafe.Pointer(&room[0]), C.size_t(len(room)), &in, &out)
	return int(in), int(out), done == C.LIBDEFLATE_SUCCESS
}

func (q *quick) close() {
	if q.d != nil {
		C.libdeflate_free_decompressor(q.d)
		q.d = nil
	}
}
