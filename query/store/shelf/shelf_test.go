package shelf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// other is the other copy of the texts, which counts how often it is asked.
type other struct {
	lists   [][]string // from number 1 on
	fetched int
}

func newOther(sizes ...int) *other {
	o := &other{}
	for list, n := range sizes {
		texts := make([]string, n)
		for i := range texts {
			if texts[i] = fmt.Sprintf("list %d text %d", list, i+1); i%10 == 9 {
				texts[i] = "" // left out
			}
		}
		o.lists = append(o.lists, texts)
	}
	return o
}

func (o *other) fetch(list int, from, to uint32, f func(uint32, string) error) error {
	o.fetched++
	for id := from; id < to; id++ {
		if err := f(id, o.lists[list][id-1]); err != nil {
			return err
		}
	}
	return nil
}

// fill puts what is missing on the shelf.
func (o *other) fill(t *testing.T, s *Shelf) {
	t.Helper()
	for list, texts := range o.lists {
		if err := s.Put(list, texts[s.Next(list)-1:]); err != nil {
			t.Fatal(err)
		}
	}
}

// check asks for every text in every way.
func (o *other) check(t *testing.T, s *Shelf) {
	t.Helper()
	for list, texts := range o.lists {
		end := s.Next(list)
		if int(end) != len(texts)+1 {
			t.Fatalf("list %d goes to %d", list, end)
		}
		each := make([]string, len(texts))
		if err := s.Each(list, end, func(id uint32, text string) error { each[id-1] = text; return nil }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(each, texts) {
			t.Errorf("list %d is not what was put there", list)
		}
		var want []uint32
		test := func(text string) bool { return strings.HasSuffix(text, "7") }
		for i, text := range texts {
			if got := s.Text(list, uint32(i+1)); got != text {
				t.Fatalf("list %d text %d: %q", list, i+1, got)
			}
			if i+1 >= 20 && test(text) {
				want = append(want, uint32(i+1))
			}
		}
		if got, err := s.Matching(list, 20, end, 3, test); err != nil || !slices.Equal(got, want) {
			t.Errorf("list %d: %v, %v, want %v", list, got, err, want)
		}
	}
	if s.Text(0, 0) != "" || s.Text(0, s.Next(0)) != "" {
		t.Error("a text of a number that is not there")
	}
}

func TestWithoutAFile(t *testing.T) {
	t.Parallel()
	o := newOther(1000, 0, 130)
	s := New(len(o.lists), o.fetch)
	defer s.Close()
	o.fill(t, s)
	o.check(t, s)
	s.Clear()
	if s.Next(0) != 1 || s.Text(0, 5) != "" {
		t.Error("it is not empty")
	}
	o.fill(t, s)
	if o.check(t, s); o.fetched > 0 {
		t.Error("what is on the shelf was fetched")
	}
}

// Wherever a byte of the file changes, or wherever it ends, the texts are the same.
func TestEveryByteOfTheFile(t *testing.T) {
	t.Parallel()
	o := newOther(60, 200)
	path, mark := filepath.Join(t.TempDir(), "texts"), [MarkSize]byte{1}
	reopen := func() {
		t.Helper()
		s := New(len(o.lists), o.fetch)
		s.Open(path, mark)
		o.fill(t, s)
		o.check(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		changed := slices.Clone(whole)
		changed[at] ^= 0x11
		for _, content := range [][]byte{changed, whole[:at]} {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			reopen()
		}
	}
	if o.fetched == 0 {
		t.Error("no damage was met: the test tests nothing")
	}
}

// The shelf of another case is not believed.
func TestOtherMark(t *testing.T) {
	t.Parallel()
	o := newOther(300)
	path := filepath.Join(t.TempDir(), "texts")
	for i := range 3 {
		s := New(1, o.fetch)
		s.Open(path, [MarkSize]byte{byte(i / 2)}) // 0, 0, 1
		if found := s.Next(0) > 1; found != (i == 1) {
			t.Errorf("opened for time %d: found is %v", i, found)
		}
		if s.Next(0) == 1 {
			o.fill(t, s)
		}
		o.check(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A file of crumbs, one block for every text, is written anew.
func TestCrumbs(t *testing.T) {
	t.Parallel()
	o := newOther(600)
	path := filepath.Join(t.TempDir(), "texts")
	s := New(1, o.fetch)
	s.Open(path, [MarkSize]byte{})
	for _, text := range o.lists[0] {
		if err := s.Put(0, []string{text}); err != nil {
			t.Fatal(err)
		}
	}
	o.check(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = New(1, o.fetch)
	defer s.Close()
	s.Open(path, [MarkSize]byte{})
	if s.Next(0) != 1 {
		t.Error("the crumbs are still there")
	}
}
