package main

import (
	"context"
	"fmt"
	"io"

	"spoor/loader/change"
	"spoor/query"
	"spoor/query/store"
)

// summarize is what spoor SOURCE says without a terminal.
func (a *app) summarize(ctx context.Context, sources []string) error {
	if len(sources) == 0 {
		return usageError{fmt.Errorf("no SOURCE given"), "try spoor demo, or spoor --help"}
	}
	db, report, err := a.loadInto(ctx, sources)
	if err != nil {
		return err
	}
	defer a.release(db)
	if report.Objects.Failed > 0 {
		a.status = exitPartial
	}
	facets, err := db.Facets(ctx, query.FacetRequest{Fields: defaultFacets, Top: 5})
	if err != nil {
		return err
	}
	path := db.Path()
	if path == store.Memory {
		path = ""
	}
	if err := a.printReport(report, path); err != nil {
		return err
	}
	changes, err := db.Changes(ctx, query.ChangeRequest{Order: query.Newest, N: summaryChanges, Fold: true, Least: uint8(change.High), Exact: true})
	if err != nil {
		return err
	}
	return a.write(func(w io.Writer) error {
		fmt.Fprintln(w)
		if err := a.printFacetText(w, facets); err != nil {
			return err
		}
		return a.printGravest(w, changes)
	})
}

// summaryChanges is how many changes a summary shows.
const summaryChanges = 12

// printGravest lists the changes that a reader should see first.
func (a *app) printGravest(w io.Writer, page query.ChangePage) error {
	if len(page.Rows) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nchanges graded high or critical, newest first (spoor timeline shows all)")
	t := newTable(w, a.tableWidth(), "time", "severity", "actor", "change")
	for _, c := range page.Rows {
		if err := t.add(a.clock(c.Time), severityWord(c.Severity), c.Actor, c.Summary); err != nil {
			return err
		}
	}
	if err := t.flush(); err != nil || !page.More {
		return err
	}
	_, err := fmt.Fprintln(w, "and more")
	return err
}
