package loader

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// A budget bounds the bytes in flight: stored bytes and unpacked text from the
// fetch of an object until the sink has it. What an object will need is only
// known when it is unpacked, so it reserves an estimate; the one object at a
// time that outgrows its own may exceed the budget, others wait their turn.
type budget struct {
	sem   *semaphore.Weighted
	total int64
	over  chan struct{} // holds one token: the right to outgrow an estimate
}

func newBudget(total int64) *budget {
	b := &budget{sem: semaphore.NewWeighted(total), total: total, over: make(chan struct{}, 1)}
	b.over <- struct{}{}
	return b
}

// A reservation is one object's share of the budget. Its nil value holds none.
type reservation struct {
	b      *budget
	n      int64 // bytes the object may use
	held   int64 // what the semaphore gave: n, or the whole budget
	excess bool  // holds the token
}

// reserve waits for n bytes, or for the whole budget if that is less.
func (b *budget) reserve(ctx context.Context, n int64) (*reservation, error) {
	held := min(max(n, 1), b.total)
	if err := b.sem.Acquire(ctx, held); err != nil {
		return nil, err
	}
	return &reservation{b: b, n: n, held: held}, nil
}

// need says that the object uses n bytes in all, and waits when that is more
// than it reserved.
func (r *reservation) need(ctx context.Context, n int64) error {
	if r == nil || r.excess || n <= r.n {
		return nil
	}
	if r.b.sem.TryAcquire(n - r.n) {
		r.held += n - r.n
		r.n = n
		return nil
	}
	select {
	case <-r.b.over:
		r.excess = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shrink gives back what was reserved beyond n bytes: estimates are generous, and
// thousands of small objects wait together to be appended.
func (r *reservation) shrink(n int64) {
	n = max(n, 1)
	if r == nil || r.excess || n >= r.held {
		return
	}
	r.b.sem.Release(r.held - n)
	r.held, r.n = n, n
}

// release gives everything back. It may be called more than once.
func (r *reservation) release() {
	if r == nil || r.held == 0 {
		return
	}
	r.b.sem.Release(r.held)
	r.held = 0
	if r.excess {
		r.excess = false
		r.b.over <- struct{}{}
	}
}
