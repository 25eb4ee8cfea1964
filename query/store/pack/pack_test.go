package pack

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
)

// Wherever one byte of the pack changes, no more than one batch is lost, and
// nothing is made up.
func TestEveryByteOfThePack(t *testing.T) {
	t.Parallel()
	p, err := Open(filepath.Join(t.TempDir(), "objects.pack"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	body := bytes.Repeat([]byte("\x1f\x8bx"), 20)
	for i := range 4 {
		if err := p.Append([]Entry{{Name: fmt.Sprint("a", i), Bytes: body}, {Name: fmt.Sprint("b", i), Bytes: body}}); err != nil {
			t.Fatal(err)
		}
	}
	whole := make([]byte, p.at)
	if _, err := p.file.ReadAt(whole, 0); err != nil {
		t.Fatal(err)
	}
	for at := HeadSize; at < int64(len(whole)); at++ {
		rotten := bytes.Clone(whole)
		rotten[at] ^= 1
		c, err := ReadContents(bytes.NewReader(rotten), int64(len(rotten)))
		if err != nil {
			t.Fatalf("byte %d: %v", at, err)
		}
		if n := len(c.Entries); n != 8 && (n != 6 || len(c.Holes) == 0 && c.End == int64(len(whole))) {
			t.Errorf("byte %d: %d entries, %+v", at, n, c.Holes)
		}
		for _, e := range c.Entries {
			if string(whole[e.off:e.off+e.Len]) != string(body) || e.Name[0] != 'a' && e.Name[0] != 'b' {
				t.Errorf("byte %d: entry %+v", at, e)
			}
		}
	}
	for n := range whole {
		c, err := ReadContents(bytes.NewReader(whole[:n]), int64(n))
		if int64(n) < HeadSize && !errors.Is(err, ErrNoLabels) || int64(n) >= HeadSize && (err != nil || len(c.Entries)%2 != 0 || len(c.Holes) > 0) {
			t.Errorf("%d bytes: %d entries, %v, %v", n, len(c.Entries), c.Holes, err)
		}
	}
}
