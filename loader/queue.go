package loader

import (
	"container/heap"
	"context"
	"sync"
)

// queueLimit bounds how far the listing may run ahead of the fetching.
const queueLimit = 200_000

// A job is an object to fetch. Jobs leave the queue by hour, then as listed.
type job struct {
	src  Source
	obj  Object
	hour string // of delivery, YYYYMMDDHH, or only the day
	seq  int
}

// A queue stands between the listing and the fetchers. It hands out the oldest
// hour it knows of: loading in order of time keeps the case in that order, and the
// sets of event keys small however much a day holds. Sources list a directory tree
// account by account, which takes moments; so the queue has most of it before it
// matters.
type queue struct {
	mu     sync.Mutex
	change sync.Cond
	jobs   jobHeap
	seq    int
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.change.L = &q.mu
	return q
}

// put waits while the queue is full.
func (q *queue) put(ctx context.Context, j job) error {
	defer q.watch(ctx)()
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs) >= queueLimit {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		q.change.Wait()
	}
	q.seq++
	j.seq = q.seq
	heap.Push(&q.jobs, j)
	q.change.Signal()
	return nil
}

// get waits for a job; ok is false when the queue is closed and empty or ctx is
// done.
func (q *queue) get(ctx context.Context) (j job, ok bool) {
	defer q.watch(ctx)()
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs) == 0 {
		if q.closed || ctx.Err() != nil {
			return job{}, false
		}
		q.change.Wait()
	}
	if ctx.Err() != nil {
		return job{}, false
	}
	j = heap.Pop(&q.jobs).(job)
	if len(q.jobs) == queueLimit-1 {
		q.change.Broadcast()
	}
	return j, true
}

// close says that nothing more will be put.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.change.Broadcast()
}

// watch wakes the waiters when ctx ends, until the returned func is called.
func (q *queue) watch(ctx context.Context) func() bool {
	return context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.change.Broadcast()
	})
}

type jobHeap []job

func (h jobHeap) Len() int { return len(h) }
func (h jobHeap) Less(i, k int) bool {
	if h[i].hour != h[k].hour {
		return h[i].hour < h[k].hour
	}
	return h[i].seq < h[k].seq
}
func (h jobHeap) Swap(i, k int) { h[i], h[k] = h[k], h[i] }
func (h *jobHeap) Push(x any)   { *h = append(*h, x.(job)) }
func (h *jobHeap) Pop() any {
	old := *h
	j := old[len(old)-1]
	old[len(old)-1] = job{}
	*h = old[:len(old)-1]
	return j
}
