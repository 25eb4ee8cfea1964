package main

import (
	"context"
	"errors"

	"spoor/loader"
	"spoor/loader/digest"
	"spoor/query"
	"spoor/query/store"
	"spoor/ui"
	"spoor/ui/integrity"
)

// integrityView is the view that checks what the screen was opened on.
func (a *app) integrityView(db *store.DB, names []string, sources []loader.Source) ui.View {
	if usesStdin(names) {
		sources = []loader.Source{db.Originals()} // standard input can't be read twice
	}
	return ui.View{Title: "Integrity", Pane: integrity.New(checker{a, db, sources}, a.now)}
}

// A checker is the engine behind the view: the command without its words.
type checker struct {
	app     *app
	db      *store.DB
	sources []loader.Source // none: what the case was loaded from
}

// Report implements integrity.Checker.
func (c checker) Report(ctx context.Context) (*digest.Report, error) {
	r, err := c.db.Report(ctx)
	if errors.Is(err, store.ErrNoReport) {
		return nil, nil
	}
	return r, err
}

// Check implements integrity.Checker.
func (c checker) Check(ctx context.Context, p *digest.Progress) (*digest.Report, error) {
	v := &validation{app: c.app, db: c.db, sources: c.sources}
	if err := v.options(); err != nil {
		return nil, err
	}
	if len(v.sources) == 0 {
		if _, err := v.caseSources(ctx); err != nil {
			return nil, err
		}
	}
	r, err := v.run(ctx, p)
	if err != nil {
		return nil, err
	}
	return r, v.keep(ctx, r)
}

// Causes implements integrity.Checker.
func (c checker) Causes(ctx context.Context, findings []digest.Finding) ([][]query.Cause, error) {
	return c.db.Causes(ctx, findings)
}
