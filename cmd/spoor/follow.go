package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"spoor/loader"
	"spoor/query"
	"spoor/query/store"
)

// followEvery is how often --follow looks for new objects. CloudTrail delivers
// about every five minutes.
const followEvery = 20 * time.Second

// follow loads and goes on looking until it is interrupted. Each round that
// brought something prints a report.
func (a *app) follow(ctx context.Context, names []string) error {
	scope, err := a.scope()
	if err != nil {
		return err
	}
	o, err := a.open(ctx, names)
	if err != nil {
		return err
	}
	defer a.release(o.db)
	opts, err := a.loadOptions(scope, new(loader.Progress))
	if err != nil {
		return err
	}
	defer spareProcessors(&opts, loadThreads)()
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	var printing error
	err = loader.Follow(ctx, o.sources, o.db, opts, tick.C, func(r loader.Report) {
		if r.Objects.Loaded+r.Objects.Failed+r.Objects.Skipped > 0 || r.Objects.Already > 0 {
			printing = errors.Join(printing, a.printReport(r, o.db.Path()))
		}
	})
	if errors.Is(err, context.Canceled) {
		err = nil // the way to end it
	}
	return errors.Join(err, printing)
}

// survey prints what a load would fetch.
func (a *app) survey(ctx context.Context, names []string) error {
	scope, err := a.scope()
	if err != nil {
		return err
	}
	sources, err := a.openSources(ctx, names)
	if err != nil {
		return err
	}
	db, err := a.openCase(ctx, a.casePathFor(names), false)
	if errors.Is(err, store.ErrNotFound) {
		db, err = a.openCase(ctx, memoryCase, true)
	}
	if err != nil {
		return err
	}
	defer a.release(db)
	opts, err := a.loadOptions(scope, nil)
	if err != nil {
		return err
	}
	plan, err := loader.Survey(ctx, sources, db, opts)
	if err != nil {
		return err
	}
	if len(plan.Failures) > 0 {
		a.status = exitPartial
	}
	return a.write(func(w io.Writer) error {
		if a.flags.format == "json" {
			return json.NewEncoder(w).Encode(plan)
		}
		return printPlan(w, plan)
	})
}

func printPlan(w io.Writer, p loader.Plan) error {
	var b strings.Builder
	fmt.Fprintf(&b, "to load   %s, %s\n", query.Counted(p.Objects, "object"), bytesText(p.Bytes))
	if p.Already > 0 {
		fmt.Fprintf(&b, "already   %s\n", query.Counted(p.Already, "object"))
	}
	if p.Requests > 0 {
		fmt.Fprintf(&b, "requests  %s\n", number(p.Requests))
	}
	if p.Days > 0 {
		fmt.Fprintf(&b, "days      %d, delivered %s to %s\n", p.Days, p.First, p.Last)
	}
	if len(p.Accounts) > 0 {
		fmt.Fprintf(&b, "accounts  %s\n", cleanLines(strings.Join(p.Accounts, ", ")))
	}
	if len(p.Regions) > 0 {
		fmt.Fprintf(&b, "regions   %s\n", cleanLines(strings.Join(p.Regions, ", ")))
	}
	for _, f := range p.Failures {
		what := f.Error
		if !strings.Contains(what, f.Object) {
			what = f.Object + ": " + what
		}
		fmt.Fprintf(&b, "not listed  %s\n", cleanLines(what))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
