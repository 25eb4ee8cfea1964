package s3

import (
	"container/heap"
	"context"
	"sync"
)

// An agenda is the folders still to be listed. Those furthest behind in time go
// first.
type agenda struct {
	mu      sync.Mutex
	wake    sync.Cond
	folders folders
	busy    int // folders being listed
	seq     int
}

func newAgenda(first folder) *agenda {
	a := &agenda{folders: folders{first}}
	a.wake.L = &a.mu
	return a
}

// run lists folders, n at once, until none is left or ctx is done. The pages
// must be read to the end or ctx cancelled; join waits for the workers.
func (a *agenda) run(ctx context.Context, n int, list func(context.Context, folder) page) (pages <-chan page, join func()) {
	out := make(chan page)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for {
				f, ok := a.next(ctx)
				if !ok {
					return
				}
				p := list(ctx, f)
				a.add(p.folders)
				select {
				case out <- p:
				case <-ctx.Done():
				}
			}
		})
	}
	stop := context.AfterFunc(ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.wake.Broadcast()
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		wg.Wait()
		stop()
		close(out)
	}()
	return out, func() { <-ended }
}

// next waits for a folder; false means that there is none left.
func (a *agenda) next(ctx context.Context) (folder, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.folders) == 0 {
		if a.busy == 0 || ctx.Err() != nil {
			return folder{}, false
		}
		a.wake.Wait()
	}
	if ctx.Err() != nil {
		return folder{}, false
	}
	a.busy++
	return heap.Pop(&a.folders).(folder), true
}

// add says that a folder has been listed, and what is to be listed after it.
func (a *agenda) add(more []folder) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy--
	for _, f := range more {
		a.seq++
		f.seq = a.seq
		heap.Push(&a.folders, f)
	}
	a.wake.Broadcast()
}

type folders []folder

func (h folders) Len() int { return len(h) }
func (h folders) Less(i, k int) bool {
	if h[i].day != h[k].day {
		return h[i].day < h[k].day
	}
	return h[i].seq < h[k].seq
}
func (h folders) Swap(i, k int) { h[i], h[k] = h[k], h[i] }
func (h *folders) Push(x any)   { *h = append(*h, x.(folder)) }
func (h *folders) Pop() any {
	old := *h
	f := old[len(old)-1]
	old[len(old)-1] = folder{}
	*h = old[:len(old)-1]
	return f
}
