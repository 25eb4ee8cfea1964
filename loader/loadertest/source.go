// Package loadertest holds what tests of loading share: a conformance suite that
// every loader.Source passes, a source and a sink in memory, and faults on cue.
package loadertest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"sync"
	"time"

	"spoor/loader"
)

// ModTime is the time of every file that the package makes.
var ModTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A Source is a source in memory. Change it only through its methods.
type Source struct {
	mu    sync.Mutex
	files map[string]loader.Object
	data  map[string][]byte
	fault map[string]func(io.Reader) (io.Reader, error)
	opens map[string]int
}

// NewSource returns a source of the given files.
func NewSource(files map[string]string) *Source {
	s := &Source{files: map[string]loader.Object{}, data: map[string][]byte{}, fault: map[string]func(io.Reader) (io.Reader, error){}, opens: map[string]int{}}
	for name, data := range files {
		s.Put(name, data)
	}
	return s
}

// Put adds or replaces a file; each time it gets a later time.
func (s *Source) Put(name, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mod := ModTime
	if old, ok := s.files[name]; ok {
		mod = old.ModTime.Add(time.Second)
	}
	s.files[name] = loader.Object{Name: name, Size: int64(len(data)), ModTime: mod}
	s.data[name] = []byte(data)
}

// Remove takes a file away.
func (s *Source) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, name)
}

// Opens tells how often a file was opened.
func (s *Source) Opens(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opens[name]
}

func (s *Source) String() string { return "memory" }

// Covers makes every name one of the source's.
func (s *Source) Covers(string) bool { return true }

func (s *Source) Objects(ctx context.Context, scope loader.Scope) iter.Seq2[loader.Object, error] {
	s.mu.Lock()
	list := make([]loader.Object, 0, len(s.files))
	for _, o := range s.files {
		list = append(list, o)
	}
	s.mu.Unlock()
	slices.SortFunc(list, func(a, b loader.Object) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return func(yield func(loader.Object, error) bool) {
		for _, o := range list {
			if ctx.Err() != nil || scope.Holds(o.Name) && !yield(o, nil) {
				return
			}
		}
	}
}

func (s *Source) Open(ctx context.Context, o loader.Object) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opens[o.Name]++
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, ok := s.files[o.Name]; !ok {
		return nil, fmt.Errorf("%s: %w", o.Name, fs.ErrNotExist)
	}
	var r io.Reader = bytes.NewReader(s.data[o.Name])
	if fault := s.fault[o.Name]; fault != nil {
		var err error
		if r, err = fault(r); err != nil {
			return nil, err
		}
	}
	return io.NopCloser(r), nil
}

// Refuse makes Open of a file fail.
func (s *Source) Refuse(name string, err error) {
	s.setFault(name, func(io.Reader) (io.Reader, error) { return nil, err })
}

// Cut makes the body of a file fail after n bytes, as a broken connection does.
func (s *Source) Cut(name string, n int64) {
	s.setFault(name, func(r io.Reader) (io.Reader, error) {
		return io.MultiReader(io.LimitReader(r, n), failing{io.ErrUnexpectedEOF}), nil
	})
}

// Hold makes the body of a file wait until the gate is closed or ctx ends.
func (s *Source) Hold(ctx context.Context, name string, gate <-chan struct{}) {
	s.setFault(name, func(r io.Reader) (io.Reader, error) { return &held{r, ctx, gate}, nil })
}

// Heal takes the faults of a file away.
func (s *Source) Heal(name string) { s.setFault(name, nil) }

func (s *Source) setFault(name string, f func(io.Reader) (io.Reader, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault[name] = f
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type held struct {
	r    io.Reader
	ctx  context.Context
	gate <-chan struct{}
}

func (h *held) Read(p []byte) (int, error) {
	select {
	case <-h.gate:
		return h.r.Read(p)
	case <-h.ctx.Done():
		return 0, h.ctx.Err()
	}
}
