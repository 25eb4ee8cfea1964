package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"spoor/loader"
	"spoor/query/store"
)

// openCase opens the case at path, making it when create says so.
func (a *app) openCase(ctx context.Context, path string, create bool) (*store.DB, error) {
	opts := store.Options{Create: create, Accounts: a.accounts}
	if a.flags.memory != "" {
		limit, err := parseSize(a.flags.memory)
		if err != nil {
			return nil, usagef("--memory-limit: %v", err)
		}
		opts.MemoryLimit = limit
	}
	db, err := store.Open(ctx, path, opts)
	if err == nil {
		a.accounts = db.Accounts()
		return db, nil
	}
	if !create || !errors.Is(err, store.ErrDamaged) {
		return nil, err
	}
	// The sources are at hand: what was torn is loaded anew.
	ending, err := store.SetAside(path)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(a.errw, "the database of the case was torn by a kill in the middle of a write; it is kept as *%s, and everything is loaded again\n", ending)
	return store.Open(ctx, path, opts)
}

// readingCase opens the case that a command asks: what --from names is loaded
// first, else it is -c or the most recent one.
func (a *app) readingCase(ctx context.Context) (*store.DB, error) {
	if len(a.flags.from) == 0 {
		path, err := a.existingCase()
		if err != nil {
			return nil, err
		}
		return a.openCase(ctx, path, false)
	}
	db, report, err := a.loadInto(ctx, a.flags.from)
	if err != nil {
		return nil, err
	}
	if report.Objects.Failed > 0 {
		a.status = exitPartial
		fmt.Fprintf(a.errw, "%d of %d objects could not be read: spoor load shows which\n", report.Objects.Failed, report.Objects.Listed)
	}
	return db, nil
}

// loadInto opens the case of some sources and loads them.
func (a *app) loadInto(ctx context.Context, names []string) (*store.DB, loader.Report, error) {
	scope, err := a.scope()
	if err != nil {
		return nil, loader.Report{}, err
	}
	sources, err := a.openSources(ctx, names)
	if err != nil {
		return nil, loader.Report{}, err
	}
	db, err := a.openCase(ctx, a.casePathFor(names), true)
	if err != nil {
		return nil, loader.Report{}, err
	}
	for _, s := range sources {
		if err := db.AddSource(s.String()); err != nil {
			db.Close()
			return nil, loader.Report{}, err
		}
	}
	report, err := a.load(ctx, db, sources, scope)
	if err != nil {
		db.Close()
		return nil, report, err
	}
	return db, report, nil
}

// timed reports to standard error how long a query took, where --timing asks.
func (a *app) timed(rows int64, start time.Time) {
	if a.flags.timing {
		fmt.Fprintf(a.errw, "%d rows in %.1f ms\n", rows, float64(time.Since(start).Microseconds())/1000)
	}
}
