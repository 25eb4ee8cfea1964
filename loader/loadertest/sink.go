package loadertest

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"strings"
	"sync"

	"spoor/loader"
	"spoor/loader/change"
)

// A Sink keeps objects in memory and holds the loader to its contract: one
// Append at a time, and nothing kept that was not committed. The same event ID
// twice is a duplicate.
type Sink struct {
	mu        sync.Mutex
	busy      bool
	staged    []loader.Loaded
	kept      map[string]loader.Loaded
	gone      map[string]bool
	ids       map[string]bool
	Commits   int
	FailAfter int // Append fails when it has been called so often; 0: never
	appends   int
	misuse    error
}

// ErrFull is the error of a Sink that was told to fail.
var ErrFull = errors.New("append: disk full")

// NewSink returns an empty sink.
func NewSink() *Sink {
	return &Sink{kept: map[string]loader.Loaded{}, gone: map[string]bool{}, ids: map[string]bool{}}
}

func (s *Sink) Status(o loader.Object) loader.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.kept[o.Name]
	switch {
	case !ok || old.Outcome == loader.Failed:
		return loader.New
	case old.Object.Size == o.Size && old.Object.ETag == o.ETag && old.Object.ModTime.Equal(o.ModTime):
		return loader.Unchanged
	}
	return loader.Changed
}

func (s *Sink) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		s.misuse = errors.New("loadertest: Append or Commit called twice at once")
	}
	s.busy = true
}

func (s *Sink) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
}

func (s *Sink) Append(ctx context.Context, batch []loader.Loaded) (loader.Stored, error) {
	s.enter()
	defer s.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.appends++
	if s.misuse != nil {
		return loader.Stored{}, s.misuse
	}
	if s.FailAfter > 0 && s.appends > s.FailAfter {
		s.staged = nil
		return loader.Stored{}, ErrFull
	}
	var sum loader.Stored
	for _, o := range batch {
		for _, e := range o.Events {
			if s.ids[e.ID] {
				sum.Duplicates++
			} else {
				sum.Events++
			}
			s.ids[e.ID] = true
		}
		own(reflect.ValueOf(&o).Elem())
		s.staged = append(s.staged, o)
	}
	return sum, ctx.Err()
}

// own clones all texts in v: those of a batch are the loader's own again when
// Append returns. Identities are not the object's.
func own(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Clone(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				own(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		v.Set(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v))
		for i := range v.Len() {
			own(v.Index(i))
		}
	case reflect.Pointer:
		if c, ok := v.Interface().(*change.Change); ok && c != nil {
			n := *c
			own(reflect.ValueOf(&n).Elem())
			v.Set(reflect.ValueOf(&n))
		}
	}
}

func (s *Sink) Commit(context.Context) error {
	s.enter()
	defer s.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.staged {
		s.kept[o.Object.Name] = o
		delete(s.gone, o.Object.Name)
	}
	s.staged = nil
	s.Commits++
	return s.misuse
}

func (s *Sink) MarkGone(_ context.Context, gone func(string) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.kept {
		if gone(name) {
			s.gone[name] = true
		}
	}
	return nil
}

// Objects returns what has been committed, by name.
func (s *Sink) Objects() map[string]loader.Loaded {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.kept)
}

// Gone tells whether an object was marked as gone.
func (s *Sink) Gone(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone[name]
}

// Texts returns the text of each object that ended as Done; for others the
// outcome and reason. Tests compare loads by it.
func (s *Sink) Texts() map[string]string {
	words := map[loader.Outcome]string{loader.Skipped: "skipped: ", loader.Failed: "failed: ", loader.Archive: "archive"}
	out := map[string]string{}
	for name, o := range s.Objects() {
		if o.Outcome == loader.Done {
			out[name] = strings.Clone(o.Text)
		} else {
			out[name] = words[o.Outcome] + o.Reason
		}
	}
	return out
}
