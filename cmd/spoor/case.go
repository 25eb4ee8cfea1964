package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"spoor/loader"
	"spoor/query"
	"spoor/query/store"
)

// openCase opens the case at path, making it when create says so. A case whose
// database is damaged, or of an earlier version, is made anew first. Who opens it
// releases it.
func (a *app) openCase(ctx context.Context, path string, create bool) (*store.DB, error) {
	if a.held != nil && path == a.held.Path() {
		return a.held, nil
	}
	opts, err := a.storeOptions()
	if err != nil {
		return nil, err
	}
	opts.Create = create
	db, err := a.openInTurn(ctx, path, opts)
	if errors.Is(err, store.ErrDamaged) || errors.Is(err, store.ErrOutdated) {
		db, err = a.openAnew(ctx, path, opts, err)
	}
	if err != nil {
		return nil, err
	}
	a.accounts = db.Accounts()
	return db, nil
}

// turnPatience is how long one command waits for another that has the case open:
// those that a script runs side by side take turns. A screen has a case open for
// long, so that to wait longer would be in vain. From turnTold on a person is told
// what is waited for.
const turnPatience, turnTold, turnPoll = 5 * time.Second, 500 * time.Millisecond, 20 * time.Millisecond

// openInTurn opens a case, when whoever has it open is done with it.
func (a *app) openInTurn(ctx context.Context, path string, opts store.Options) (*store.DB, error) {
	told := false
	for start := time.Now(); ; {
		db, err := store.Open(ctx, path, opts)
		held, waited := (*store.LockedError)(nil), time.Since(start)
		if !errors.As(err, &held) || waited > turnPatience {
			return db, err
		}
		if !told && waited > turnTold && !a.flags.records() {
			fmt.Fprintf(a.errw, "waiting up to %s for the case: %v\n", turnPatience, held)
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(turnPoll):
		}
	}
}

// openAnew makes a case anew that can't be opened as it is, and opens it.
func (a *app) openAnew(ctx context.Context, path string, opts store.Options, err error) (*store.DB, error) {
	why := "the database of this case was damaged"
	if errors.Is(err, store.ErrOutdated) {
		why = "the case was made by an earlier version of spoor"
	}
	r, err := a.rebuildCase(ctx, path, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", why, err)
	}
	fmt.Fprintln(a.errw, why+": "+rebuiltText(r))
	a.news = why + "; made anew from its own objects, "
	if n := len(r.Lost) + r.Holes; n > 0 {
		a.news += fmt.Sprintf("but %d could not be read back: see Sources", n)
	} else {
		a.news += "nothing is lost"
	}
	return store.Open(ctx, path, opts)
}

func (a *app) storeOptions() (store.Options, error) {
	limit := int64(0)
	if a.flags.memory != "" {
		var err error
		if limit, err = parseSize(a.flags.memory); err != nil {
			return store.Options{}, usagef("--memory-limit: %v", err)
		}
	}
	return store.Options{MemoryLimit: cmp.Or(limit, a.memory), Threads: a.threads, Accounts: a.accounts, Zone: a.zone}, nil
}

// readingCase opens the case that a command asks: what --from names is loaded
// first, else it is -c or the most recent one.
func (a *app) readingCase(ctx context.Context) (*store.DB, error) {
	if len(a.flags.from) == 0 {
		return a.usedCase(ctx)
	}
	db, report, err := a.loadInto(ctx, a.flags.from)
	if err != nil {
		return nil, err
	}
	if report.Objects.Failed > 0 {
		a.status = exitPartial
		fmt.Fprintf(a.errw, "%d of %s could not be read: spoor load shows which\n", report.Objects.Failed, query.Counted(report.Objects.Listed, "object"))
	}
	return db, nil
}

// usedCase opens the case that -c names, else of those used last the first that
// holds events: a load that failed, of a bucket without credentials for instance,
// leaves a case with none, and to ask that one would look like an answer.
func (a *app) usedCase(ctx context.Context) (*store.DB, error) {
	path, err := a.existingCase()
	if err != nil {
		return nil, err
	}
	db, err := a.openCase(ctx, path, false)
	if err != nil || db == a.held || a.flags.caseName != "" || db.Totals().Events > 0 {
		return db, err
	}
	older, err := a.filledCase(ctx, path)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if older == nil {
		return db, nil
	}
	fmt.Fprintln(a.errw, "that one is empty; the last used with events:", cleanLines(older.Path()))
	a.accounts = older.Accounts()
	return older, db.Close()
}

// filledCase opens the case used last that holds events, but for the one at path;
// nil when there is none. Nobody asked for these cases: one that another process has
// open is not waited for, and one that would have to be made anew is left as it is.
func (a *app) filledCase(ctx context.Context, path string) (*store.DB, error) {
	cases, err := a.recentCases()
	if err != nil {
		return nil, err
	}
	opts, err := a.storeOptions()
	if err != nil {
		return nil, err
	}
	for _, c := range cases {
		if c.Path == path {
			continue
		}
		db, err := store.Open(ctx, c.Path, opts)
		if err != nil {
			continue
		}
		if db.Totals().Events > 0 {
			return db, nil
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// release closes a case, but not the one that is held open for the next command.
func (a *app) release(db *store.DB) error {
	if db == a.held {
		return nil
	}
	return db.Close()
}

// loadInto opens the case of some sources and loads them.
func (a *app) loadInto(ctx context.Context, names []string) (*store.DB, loader.Report, error) {
	scope, err := a.scope()
	if err != nil {
		return nil, loader.Report{}, err
	}
	o, err := a.open(ctx, names)
	if err != nil {
		return nil, loader.Report{}, err
	}
	report, err := a.load(ctx, o.db, o.sources, scope)
	if err != nil {
		return nil, report, errors.Join(err, a.release(o.db))
	}
	return o.db, report, nil
}

// done ends a list of rows: where it went to a file it says so, as an export that
// says nothing might have found nothing; of an empty one on a screen, why.
func (a *app) done(rows int64, noun string, db *store.DB, start time.Time) {
	switch {
	case a.toFile():
		fmt.Fprintf(a.errw, "wrote %s: %s\n", cleanLines(a.flags.output), query.Counted(rows, noun))
	case rows == 0:
		a.sayNone(noun, db)
	}
	a.timed(rows, start)
}

// sayNone tells that nothing matched, and what was asked. Who reads records or CSV
// sees for himself; line by line it is said already.
func (a *app) sayNone(noun string, db *store.DB) {
	if a.flags.format != "table" || a.spoken {
		return
	}
	if n := db.Totals().Events; n > 0 {
		fmt.Fprintf(a.errw, "no %s matches; the case holds %s\n", noun, query.Counted(n, "event"))
		return
	}
	fmt.Fprintln(a.errw, "the case holds no events: spoor load SOURCE -c NAME.spoor, or --from SOURCE, brings some in")
}

// timed reports to standard error how long a query took, where --timing asks.
func (a *app) timed(rows int64, start time.Time) {
	if a.flags.timing {
		fmt.Fprintf(a.errw, "%s in %.1f ms\n", query.Counted(rows, "row"), float64(time.Since(start).Microseconds())/1000)
	}
}
