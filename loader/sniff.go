package loader

import (
	"bytes"
	"encoding/binary"
)

// A format is how bytes are packed, judged by the bytes alone: names lie.
type format uint8

const (
	formatText format = iota // anything that is none of the others
	formatGzip
	formatZstd
	formatZip
	formatTar
	formatForeign // recognised, and not readable here; foreign says what it is
)

// sniffLen is how many leading bytes sniff wants to see.
const sniffLen = 512

// sniff tells the format of a file from its first sniffLen bytes.
func sniff(head []byte) format {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return formatGzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), zstdSkippable(head):
		return formatZstd
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return formatZip
	case isTar(head):
		return formatTar
	case foreign(head) != "":
		return formatForeign
	}
	return formatText
}

// zstdSkippable: a zstd stream may begin with a frame to skip (RFC 8878 3.1.2).
func zstdSkippable(head []byte) bool {
	return len(head) >= 4 && binary.LittleEndian.Uint32(head)&^0xf == 0x184d2a50
}

// isTar checks the sum over the header block, which every tar dialect has
// (POSIX.1-1988 ustar), so that a JSON file can't be taken for an archive.
func isTar(head []byte) bool {
	if len(head) < 512 || head[0] == 0 {
		return false
	}
	var want int64
	digits := 0
	for _, c := range head[148:156] {
		if c >= '0' && c <= '7' {
			want = want*8 + int64(c-'0')
			digits++
		} else if c != ' ' && c != 0 {
			return false
		}
	}
	if digits == 0 {
		return false
	}
	sum := int64(8 * ' ')
	for i, c := range head[:512] {
		if i < 148 || i >= 156 {
			sum += int64(c)
		}
	}
	return sum == want
}

// foreign names formats that people keep beside their logs, so that the reason
// for skipping one is better than "not JSON".
func foreign(head []byte) string {
	for _, f := range []struct{ magic, name string }{
		{"PAR1", "a Parquet file; spoor reads JSON and CSV: export the table as JSON"},
		{"Obj\x01", "an Avro file; spoor reads JSON and CSV: export the table as JSON"},
		{"ORC", "an ORC file; spoor reads JSON and CSV: export the table as JSON"},
		{"BZh", "packed with bzip2; unpack it first, or pack it with gzip or zstd"},
		{"\xfd7zXZ\x00", "packed with xz; unpack it first, or pack it with gzip or zstd"},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first, or make it a zip or tar"},
		{"Rar!\x1a\x07", "a RAR archive; unpack it first, or make it a zip or tar"},
		{"SQLite format 3\x00", "an SQLite database"},
		{"%PDF-", "a PDF document"},
		{"\x7fELF", "a program"},
		{"\x89PNG", "a picture"},
		{"\xff\xd8\xff", "a picture"},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return f.name
		}
	}
	if len(head) >= 12 && string(head[8:12]) == "DUCK" {
		return "a DuckDB database; open a case with -c"
	}
	return ""
}
