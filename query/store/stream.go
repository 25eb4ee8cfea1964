package store

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// streamAhead is how many portions a stream may be ahead of who takes them.
const streamAhead = 4

// stream is ask for answers that come in portions: produce runs on a connection
// of its own, consume in the caller's goroutine, never after stream returns.
func stream[T any](ctx context.Context, db *DB, produce func(ctx context.Context, c conn, emit func(T) error) error, consume func(T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	portions := make(chan T, streamAhead)
	done := make(chan error, 1)
	go func() {
		_, err := ask(ctx, db, func(ctx context.Context, c conn) (struct{}, error) {
			return struct{}{}, produce(ctx, c, func(v T) error {
				select {
				case portions <- v:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
		done <- err
	}()
	for {
		select {
		case v := <-portions:
			if err := consume(v); err != nil {
				return err
			}
		case err := <-done:
			for err == nil && len(portions) > 0 {
				err = consume(<-portions)
			}
			return err
		}
	}
}

// inOrder is stream for portions that take work: as many at a time as there are
// workers, each for one portion at a time. consume gets them in their order.
func inOrder[T any](ctx context.Context, db *DB, produce func(ctx context.Context, c conn, emit func(T) error) error,
	workers []func(context.Context, T) error, consume func(T) error) (err error) {
	if len(workers) == 0 {
		return stream(ctx, db, produce, consume)
	}
	type job struct {
		v    T
		err  error
		done chan struct{}
	}
	ctx, cancel := context.WithCancel(ctx)
	jobs := make(chan *job, len(workers))
	var g errgroup.Group
	for _, work := range workers {
		g.Go(func() error {
			for j := range jobs {
				j.err = work(ctx, j.v)
				close(j.done)
			}
			return nil
		})
	}
	defer func() {
		cancel()
		close(jobs)
		_ = g.Wait() // what failed is known by its job
	}()
	var waiting []*job
	next := func() error {
		j := waiting[0]
		waiting = waiting[1:]
		if <-j.done; j.err != nil {
			return j.err
		}
		return consume(j.v)
	}
	err = stream(ctx, db, produce, func(v T) error {
		j := &job{v: v, done: make(chan struct{})}
		waiting = append(waiting, j)
		jobs <- j
		if len(waiting) <= len(workers) {
			return nil
		}
		return next()
	})
	for err == nil && len(waiting) > 0 {
		err = next()
	}
	return err
}
