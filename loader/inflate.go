package loader

import (
	"encoding/binary"
	"io"
	"math/bits"

	"github.com/klauspost/compress/flate"
)

// A deflated decodes DEFLATE (RFC 1951) from memory to memory. Streaming
// decoders, klauspost's among them, keep a window beside their output and stop
// wherever a reader or a writer may: with both ends in memory the same work takes
// half the time, and unpacking is the largest part of a load. The tests hold it
// to the standard library's on any input.
type deflated struct {
	src  []byte
	in   int    // next byte of src
	hold uint64 // bits that have been read, the first lowest
	n    uint   // how many of hold count

	dst []byte // written up to out
	out int
	// grow returns dst with more room; its error ends the work.
	grow func(dst []byte) ([]byte, error)

	lits, dists   table
	fixed, fixedD *table // made on first use
	lens          [maxLits + maxDists]uint8
}

const (
	maxLits  = 286
	maxDists = 30
	litBits  = 11 // looked up at once; longer codes take a second table
	distBits = 8
	preBits  = 7
	maxCode  = 15

	// Room that the fast loop wants: a match and one word, or eight bytes to read.
	roomOut = 258 + 8
	roomIn  = 8
)

// An entry tells what a code means: bits 0-7 how many bits to take in all, 8-12
// how many of them are the code (the rest are extra bits), 16-31 the literal, the
// base of the length or distance, or where the second table begins.
type entry uint32

const (
	entryLiteral entry = 1 << 15
	entryEnd     entry = 1 << 14
	entryMore    entry = 1 << 13 // go on in a second table of 1<<(bits 8-12) entries
)

// A table decodes one Huffman code.
type table struct {
	entries []entry
	bits    uint
}

// inflate decodes src, which begins with a DEFLATE stream, behind dst[:at]. It
// returns all that has been written and how much of src was read.
func (d *deflated) inflate(src, dst []byte, at int, grow func([]byte) ([]byte, error)) (out []byte, read int, err error) {
	d.src, d.in, d.hold, d.n = src, 0, 0, 0
	d.dst, d.out, d.grow = dst, at, grow
	defer func() { d.src, d.dst, d.grow = nil, nil, nil }()
	for last := false; !last && err == nil; {
		last, err = d.block(at)
	}
	d.in -= int(d.n / 8) // whole bytes that were read ahead
	return d.dst[:d.out], d.in, err
}

// block decodes one block. What it copies lies at or behind from.
func (d *deflated) block(from int) (last bool, err error) {
	if !d.need(3) {
		return false, io.ErrUnexpectedEOF
	}
	head := d.take(3)
	last = head&1 == 1
	switch head >> 1 {
	case 0:
		return last, d.stored()
	case 1:
		if d.fixed == nil {
			d.makeFixed()
		}
		return last, d.codes(d.fixed, d.fixedD, from)
	case 2:
		if err := d.readTables(); err != nil {
			return false, err
		}
		return last, d.codes(&d.lits, &d.dists, from)
	}
	return false, d.corrupt()
}

func (d *deflated) corrupt() error { return flate.CorruptInputError(d.in) }

// need reads ahead until n bits are there.
func (d *deflated) need(n uint) bool {
	for d.n < n {
		if d.in >= len(d.src) {
			return false
		}
		d.hold |= uint64(d.src[d.in]) << d.n
		d.in++
		d.n += 8
	}
	return true
}

// take returns n bits, which must be there.
func (d *deflated) take(n uint) uint {
	v := uint(d.hold & (1<<n - 1))
	d.hold >>= n
	d.n -= n
	return v
}

// stored copies a block that is not packed.
func (d *deflated) stored() error {
	d.take(d.n & 7)
	d.in -= int(d.n / 8)
	d.hold, d.n = 0, 0
	if len(d.src)-d.in < 4 {
		d.in = len(d.src)
		return io.ErrUnexpectedEOF
	}
	n := int(binary.LittleEndian.Uint16(d.src[d.in:]))
	if n != int(^binary.LittleEndian.Uint16(d.src[d.in+2:])) {
		return d.corrupt()
	}
	d.in += 4
	have := min(n, len(d.src)-d.in)
	for len(d.dst)-d.out < have {
		if err := d.more(); err != nil {
			return err
		}
	}
	copy(d.dst[d.out:], d.src[d.in:d.in+have])
	d.out, d.in = d.out+have, d.in+have
	if have < n {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (d *deflated) more() error {
	dst, err := d.grow(d.dst)
	if err == nil {
		d.dst = dst
	}
	return err
}

// codes decodes the symbols of a block: fast as long as there is room on both
// sides, one by one near the ends.
func (d *deflated) codes(lits, dists *table, from int) error {
	for {
		end, err := d.fast(lits, dists, from)
		if end || err != nil {
			return err
		}
		for range 32 {
			if end, err := d.symbol(lits, dists, from); end || err != nil {
				return err
			}
		}
	}
}

// fast decodes until one of the ends is near.
func (d *deflated) fast(lits, dists *table, from int) (end bool, err error) {
	src, dst := d.src, d.dst
	in, out, hold, n := d.in, d.out, d.hold, d.n
	lt, dt := lits.entries, dists.entries
	lm, dm := uint64(1)<<lits.bits-1, uint64(1)<<dists.bits-1
	if len(lt) <= int(lm) || len(dt) <= int(dm) {
		return false, d.corrupt()
	}
	for in <= len(src)-roomIn && out <= len(dst)-roomOut {
		hold |= binary.LittleEndian.Uint64(src[in:]) << (n & 63)
		in += int(63-n) >> 3
		n |= 56
		e := lt[hold&lm]
		if e&entryLiteral != 0 { // up to three, of 11 bits at most
			hold, n = hold>>(e&63), n-uint(e&63)
			dst[out] = byte(e >> 16)
			out++
			if e = lt[hold&lm]; e&entryLiteral != 0 {
				hold, n = hold>>(e&63), n-uint(e&63)
				dst[out] = byte(e >> 16)
				out++
				if e = lt[hold&lm]; e&entryLiteral != 0 {
					hold, n = hold>>(e&63), n-uint(e&63)
					dst[out] = byte(e >> 16)
					out++
					continue
				}
			}
		}
		if e&(entryMore|entryEnd) != 0 {
			if e&entryMore != 0 {
				hold, n = hold>>(lits.bits&63), n-lits.bits
				i := uint64(e>>16) + hold&(1<<(e>>8&31)-1)
				if e = lt[i]; e&entryLiteral != 0 {
					hold, n = hold>>(e&63), n-uint(e&63)
					dst[out] = byte(e >> 16)
					out++
					continue
				}
			}
			if e&entryEnd != 0 {
				hold, n = hold>>(e&63), n-uint(e&63)
				end = true
				break
			}
		}
		if e == 0 {
			err = flate.CorruptInputError(in)
			break
		}
		length := int(e>>16) + int(hold&(1<<(e&63)-1)>>(e>>8&31))
		hold, n = hold>>(e&63), n-uint(e&63)
		if in > len(src)-roomIn {
			d.in, d.out, d.hold, d.n = in, out, hold&(1<<(n&63)-1), n
			return false, d.match(dists, length, from)
		}
		hold |= binary.LittleEndian.Uint64(src[in:]) << (n & 63)
		in += int(63-n) >> 3
		n |= 56
		e = dt[hold&dm]
		if e&entryMore != 0 {
			hold, n = hold>>(dists.bits&63), n-dists.bits
			e = dt[uint64(e>>16)+hold&(1<<(e>>8&31)-1)]
		}
		dist := int(e>>16) + int(hold&(1<<(e&63)-1)>>(e>>8&31))
		hold, n = hold>>(e&63), n-uint(e&63)
		if e == 0 || dist > out-from {
			err = flate.CorruptInputError(in)
			break
		}
		copyMatch(dst, out, dist, length)
		out += length
	}
	d.in, d.out, d.hold, d.n = in, out, hold&(1<<(n&63)-1), n
	return end, err
}

// copyMatch repeats length bytes from dist bytes back. There is room for a word
// more.
func copyMatch(dst []byte, out, dist, length int) {
	from := out - dist
	switch {
	case dist >= 8 && length <= 40:
		for end := out + length; out < end; out, from = out+8, from+8 {
			binary.LittleEndian.PutUint64(dst[out:], binary.LittleEndian.Uint64(dst[from:]))
		}
	case dist >= length:
		copy(dst[out:out+length], dst[from:from+length])
	case dist == 1:
		b := dst[from]
		to := dst[out : out+length]
		for i := range to {
			to[i] = b
		}
	default:
		for i := range length {
			dst[out+i] = dst[from+i]
		}
	}
}

// symbol decodes one literal or match, with every check.
func (d *deflated) symbol(lits, dists *table, from int) (end bool, err error) {
	e, err := d.code(lits)
	if err != nil {
		return false, err
	}
	switch {
	case e&entryEnd != 0:
		return true, nil
	case e&entryLiteral != 0:
		if d.out == len(d.dst) {
			if err := d.more(); err != nil {
				return false, err
			}
		}
		d.dst[d.out] = byte(e >> 16)
		d.out++
		return false, nil
	}
	length, err := d.extra(e)
	if err != nil {
		return false, err
	}
	return false, d.match(dists, length, from)
}

// match decodes a distance and copies.
func (d *deflated) match(dists *table, length, from int) error {
	e, err := d.code(dists)
	if err != nil {
		return err
	}
	dist, err := d.extra(e)
	if err != nil {
		return err
	}
	if dist > d.out-from {
		return d.corrupt()
	}
	for len(d.dst)-d.out < length {
		if err := d.more(); err != nil {
			return err
		}
	}
	for range length {
		d.dst[d.out] = d.dst[d.out-dist]
		d.out++
	}
	return nil
}

// code reads one code, all but its extra bits.
func (d *deflated) code(t *table) (entry, error) {
	d.need(maxCode) // as far as the text goes
	var used uint
	e := t.entries[d.hold&(1<<t.bits-1)]
	if e&entryMore != 0 {
		used = t.bits
		e = t.entries[uint64(e>>16)+d.hold>>used&(1<<(e>>8&31)-1)]
	}
	used += uint(e >> 8 & 31)
	switch {
	case used > d.n, e == 0 && d.n < maxCode:
		return 0, io.ErrUnexpectedEOF
	case e == 0:
		return 0, d.corrupt()
	}
	d.take(used)
	return e, nil
}

// extra adds the extra bits of e to its base.
func (d *deflated) extra(e entry) (int, error) {
	n := uint(e&63) - uint(e>>8&31)
	if !d.need(n) {
		return 0, io.ErrUnexpectedEOF
	}
	return int(e>>16) + int(d.take(n)), nil
}

// preOrder is the order in which the lengths of the code for lengths come.
var preOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readTables reads the two codes of a block (RFC 1951 section 3.2.7).
func (d *deflated) readTables() error {
	if !d.need(14) {
		return io.ErrUnexpectedEOF
	}
	nlit, ndist, npre := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	if nlit > maxLits || ndist > maxDists {
		return d.corrupt()
	}
	var pre [19]uint8
	for _, i := range preOrder[:npre] {
		if !d.need(3) {
			return io.ErrUnexpectedEOF
		}
		pre[i] = uint8(d.take(3))
	}
	if !d.lits.build(pre[:], preBits, preEntry) {
		return d.corrupt()
	}
	if err := d.readLens(nlit + ndist); err != nil {
		return err
	}
	if !d.lits.build(d.lens[:nlit], litBits, litEntry) || !d.dists.build(d.lens[nlit:nlit+ndist], distBits, distEntry) {
		return d.corrupt()
	}
	return nil
}

// readLens reads n lengths, themselves in the code of d.lits.
func (d *deflated) readLens(n int) error {
	for i := 0; i < n; {
		e, err := d.code(&d.lits)
		if err != nil {
			return err
		}
		v, again := uint8(e>>16), 1
		switch {
		case v == 16 && i == 0:
			return d.corrupt()
		case v >= 16:
			width, least := [3]uint{2, 3, 7}[v-16], [3]int{3, 3, 11}[v-16]
			if !d.need(width) {
				return io.ErrUnexpectedEOF
			}
			again = least + int(d.take(width))
			if v = 0; e>>16 == 16 {
				v = d.lens[i-1]
			}
		}
		if i+again > n {
			return d.corrupt()
		}
		for range again {
			d.lens[i] = v
			i++
		}
	}
	return nil
}

// makeFixed makes the codes of RFC 1951 section 3.2.6.
func (d *deflated) makeFixed() {
	var lens [288 + 32]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		case i < 288:
			lens[i] = 8
		default:
			lens[i] = 5
		}
	}
	d.fixed, d.fixedD = new(table), new(table)
	d.fixed.build(lens[:288], litBits, litEntry)
	d.fixedD.build(lens[288:], distBits, distEntry)
}

// The makers of entries, without the length of the code. 0 is a symbol that must
// not occur.

func preEntry(sym int) entry { return entry(sym)<<16 | entryLiteral }

var (
	lengthBase  = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
)

func litEntry(sym int) entry {
	switch {
	case sym < 256:
		return entry(sym)<<16 | entryLiteral
	case sym == 256:
		return entryEnd
	case sym < maxLits:
		return entry(lengthBase[sym-257])<<16 | entry(lengthExtra[sym-257])
	}
	return 0
}

func distEntry(sym int) entry {
	switch {
	case sym < 2:
		return entry(sym+1) << 16
	case sym < maxDists:
		extra := uint(sym)/2 - 1
		return entry(uint(2+sym&1)<<extra+1)<<16 | entry(extra)
	}
	return 0
}

// build makes the table of a code given by the lengths of its symbols. It refuses
// what the standard library refuses: codes that promise too much, or too little
// but for a single one of one bit. A code without any symbol is good as long as
// nobody reads it.
func (t *table) build(lens []uint8, width uint, meaning func(sym int) entry) bool {
	var count, next [maxCode + 2]int
	for _, n := range lens {
		count[n]++
	}
	count[0] = 0
	code, longest := 0, 0
	for n := 1; n <= maxCode; n++ {
		code = (code + count[n-1]) << 1
		if next[n] = code; count[n] > 0 {
			longest = n
		}
	}
	t.bits = width
	t.entries = append(t.entries[:0], zeros[:1<<width]...)
	if longest == 0 {
		return true
	}
	if total := next[longest] + count[longest]; total != 1<<longest && (total != 1 || longest != 1) {
		return false
	}
	for sym, n := range lens {
		if n > 0 {
			t.set(bits.Reverse16(uint16(next[n]))>>(16-n), uint(n), uint(longest), meaning(sym))
			next[n]++
		}
	}
	return true
}

// set enters a symbol of n bits, code with its first bit lowest.
func (t *table) set(code uint16, n, longest uint, e entry) {
	at, size, used := 0, 1<<t.bits, n
	i := int(code)
	if n > t.bits { // in a table of its own for the bits that the first one can't see
		first := &t.entries[i&(size-1)]
		width := longest - t.bits
		if *first == 0 {
			*first = entryMore | entry(len(t.entries))<<16 | entry(width)<<8
			t.entries = append(t.entries, zeros[:1<<width]...)
			first = &t.entries[i&(size-1)]
		}
		at, used = int(*first>>16), n-t.bits
		i >>= t.bits
		size = 1 << width
	}
	if e == 0 {
		return
	}
	e += entry(used)<<8 | entry(used)
	for ; i < size; i += 1 << used {
		t.entries[at+i] = e
	}
}

var zeros [1 << litBits]entry
