package loader

import (
	"context"
	"errors"
	"testing"
)

// A budget lends no more than it has, but to one at a time that needs more than
// it said.
func TestBudget(t *testing.T) {
	t.Parallel()
	b := newBudget(100)
	full := func() bool {
		ok := b.sem.TryAcquire(1)
		if ok {
			b.sem.Release(1)
		}
		return !ok
	}
	reserve := func(n int64) *reservation {
		r, err := b.reserve(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := reserve(1000) // more than all: gets all
	if !full() {
		t.Error("a reservation of more than all leaves something")
	}
	r.shrink(60)
	second := reserve(40)
	if !full() {
		t.Error("60 and 40 leave something of 100")
	}
	if err := second.need(t.Context(), 500); err != nil {
		t.Errorf("the first to need more: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.need(gone, 500); !errors.Is(err, context.Canceled) {
		t.Errorf("the second to need more: %v, want to wait", err)
	}
	second.release()
	second.release()
	if err := r.need(t.Context(), 500); err != nil {
		t.Errorf("after the first is done: %v", err)
	}
	r.release()
	if !b.sem.TryAcquire(100) {
		t.Error("not all came back")
	}
	(*reservation)(nil).release()
	(*reservation)(nil).shrink(1)
}
