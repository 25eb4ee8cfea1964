package store

import (
	"context"
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
