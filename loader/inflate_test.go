package loader

import (
	"bytes"
	stdlib "compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	fast "github.com/klauspost/compress/gzip"
)

// inflateAll decodes with room that begins at room bytes and doubles.
func inflateAll(d *deflated, src []byte, room int) ([]byte, int, error) {
	return d.inflate(src, make([]byte, room), 0, func(dst []byte) ([]byte, error) {
		if len(dst) > 64<<20 {
			return nil, errors.New("too large")
		}
		return append(dst, make([]byte, len(dst)+1)...), nil
	})
}

// checkInflate compares with the standard library: the bytes, how far it read,
// and whether it is content.
func checkInflate(t *testing.T, d *deflated, src []byte, room int) {
	t.Helper()
	r := bytes.NewReader(src)
	want, wantErr := io.ReadAll(io.LimitReader(stdlib.NewReader(r), 32<<20))
	if len(want) == 32<<20 {
		return
	}
	got, read, err := inflateAll(d, src, room)
	switch {
	case (err == nil) != (wantErr == nil):
		t.Fatalf("%v, the standard library: %v", err, wantErr)
	case err == nil && !bytes.Equal(got, want):
		t.Fatalf("%d bytes that differ from the standard library's %d", len(got), len(want))
	case err == nil && read != len(src)-r.Len():
		t.Fatalf("read %d of %d bytes, the standard library %d", read, len(src), len(src)-r.Len())
	case errors.Is(wantErr, io.ErrUnexpectedEOF) != errors.Is(err, io.ErrUnexpectedEOF) && len(src)-r.Len() < len(src)-8:
		t.Fatalf("%v, the standard library: %v", err, wantErr)
	}
}

// deflateSamples are texts packed in each way there is.
func deflateSamples(t testing.TB) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	var log strings.Builder
	for i := range 3000 {
		log.WriteString(`{"eventVersion":"1.08","eventID":"`)
		for range 8 {
			log.WriteByte("0123456789abcdef"[r.IntN(16)])
		}
		log.WriteString(strings.Repeat("a", i%300) + strings.Repeat("xyz", i%7) + `"},`)
	}
	var out [][]byte
	for _, text := range []string{"", "a", "hello, hello, hello", strings.Repeat("a", 70_000), strings.Repeat("abc", 30_000), log.String(), string(noise), log.String()[:1000] + string(noise[:3000])} {
		for _, level := range []int{stdlib.HuffmanOnly, stdlib.NoCompression, stdlib.BestSpeed, 6, 9} {
			var b bytes.Buffer
			w, err := stdlib.NewWriter(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			out = append(out, b.Bytes())
		}
	}
	return out
}

func TestInflateAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	var d deflated
	r := rand.New(rand.NewPCG(3, 4))
	for _, src := range deflateSamples(t) {
		for _, room := range []int{0, 1, 300, 1 << 20} {
			checkInflate(t, &d, src, room)
			checkInflate(t, &d, append(src[:len(src):len(src)], "and what follows, which is not part of it"...), room)
		}
		for range 60 { // cut and damaged
			checkInflate(t, &d, src[:r.IntN(len(src)+1)], 1<<16)
			bad := bytes.Clone(src)
			bad[r.IntN(min(len(bad), 400))] ^= 1 << r.IntN(8)
			checkInflate(t, &d, bad, 1<<16)
		}
	}
}

func FuzzInflate(f *testing.F) {
	for _, src := range deflateSamples(f) {
		f.Add(src[:min(len(src), 4096)])
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var d deflated
		checkInflate(t, &d, src, 64)
		checkInflate(t, &d, src, 1<<20)
	})
}

// BenchmarkInflate unpacks a log, beside klauspost's reader.
func BenchmarkInflate(b *testing.B) {
	samples := deflateSamples(b)
	src := samples[5*5+3]
	var d deflated
	dst := make([]byte, 64<<20)
	out, _, err := d.inflate(src, dst, 0, nil)
	if err != nil {
		b.Fatal(err)
	}
	n := int64(len(out))
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write(out)
	w.Close()
	b.Run("own", func(b *testing.B) {
		b.SetBytes(n)
		for b.Loop() {
			if _, _, err := d.inflate(src, dst, 0, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("klauspost", func(b *testing.B) {
		b.SetBytes(n)
		var r fast.Reader
		for b.Loop() {
			if err := r.Reset(bytes.NewReader(zipped.Bytes())); err != nil {
				b.Fatal(err)
			}
			if _, err := r.WriteTo(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
}
