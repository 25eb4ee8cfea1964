package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
)

// allObjects asks for the whole manifest.
var allObjects = query.ObjectRequest{}

// statistics is what `spoor stats` prints.
type statistics struct {
	Case    string                 `json:"case"`
	Events  int64                  `json:"events"`
	From    *time.Time             `json:"from"`
	To      *time.Time             `json:"to"`
	NoTime  int64                  `json:"events_without_time"`
	Objects map[string]int         `json:"objects"`
	Facets  map[string][]jsonValue `json:"facets"`
	Gaps    []gap                  `json:"gaps"`
	order   []query.Facet
}

// gap is a stretch of time in which an account and region, otherwise busy, logged
// nothing.
type gap struct {
	Account string    `json:"account"`
	Region  string    `json:"region"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
}

func statsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "stats", Short: "what is in this case: span, accounts, regions, categories, gaps", GroupID: "ask", Args: cobra.NoArgs,
		Example: "  spoor stats\n  spoor stats --from ./logs --format json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, err := a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(db)
			start := a.now()
			s, err := collectStats(cmd.Context(), db)
			if err != nil {
				return err
			}
			a.timed(1, start)
			return a.write(func(w io.Writer) error {
				if a.flags.records() {
					return json.NewEncoder(w).Encode(s)
				}
				return a.printStats(w, s)
			})
		},
	}
}

func collectStats(ctx context.Context, db *store.DB) (statistics, error) {
	t := db.Totals()
	s := statistics{Case: db.Path(), Events: t.Events, NoTime: t.NoTime, Objects: map[string]int{"loaded": 0, "skipped": 0, "failed": 0}, Facets: map[string][]jsonValue{}, Gaps: []gap{}}
	if !t.From.IsZero() {
		s.From, s.To = &t.From, &t.To
	}
	for _, o := range db.Objects(allObjects) {
		s.Objects[o.Outcome]++
	}
	var err error
	if s.order, err = db.Facets(ctx, query.FacetRequest{Fields: []string{"account", "region", "category", "service", "actor", "outcome"}, Top: 10}); err != nil {
		return s, err
	}
	for _, f := range s.order {
		s.Facets[f.Field] = values(f)
	}
	gaps, err := db.Gaps(ctx)
	for _, g := range gaps {
		s.Gaps = append(s.Gaps, gap(g))
	}
	return s, err
}

func (a *app) printStats(w io.Writer, s statistics) error {
	fmt.Fprintf(w, "case     %s\nevents   %s\n", cleanLines(s.Case), number(s.Events))
	if s.From != nil {
		fmt.Fprintf(w, "span     %s to %s\n", s.From.In(a.zone).Format(time.RFC3339), s.To.In(a.zone).Format(time.RFC3339))
	}
	if s.NoTime > 0 {
		fmt.Fprintf(w, "no time  %s\n", query.Counted(s.NoTime, "event"))
	}
	fmt.Fprintf(w, "objects  %s loaded, %s skipped, %s failed\n\n", number(s.Objects["loaded"]), number(s.Objects["skipped"]), number(s.Objects["failed"]))
	if err := a.printFacetText(w, s.order); err != nil {
		return err
	}
	if len(s.Gaps) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\ngaps: nothing logged for an hour or more where there are usually events")
	t := newTable(w, a.tableWidth(), "account", "region", "from", "to")
	for _, g := range s.Gaps {
		if err := t.add(a.accounts.Full(g.Account), g.Region, g.From.In(a.zone).Format(time.RFC3339), g.To.In(a.zone).Format(time.RFC3339)); err != nil {
			return err
		}
	}
	return t.flush()
}
