package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"spoor/query"
)

func coverageCommand(a *app) *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use: "coverage", Short: "account × region × day: what was listed, loaded, failed and proven", GroupID: "ask", Args: cobra.NoArgs,
		Long: `Maps what the case holds by account, region and day: objects listed, loaded,
failed and proven, and events; which series fall silent, and what can't be seen.`,
		Example: "  spoor coverage\n  spoor coverage --by hour --since 2024-05-01 --until 2024-05-02 --format json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			req := query.CoverageRequest{Step: 24 * time.Hour}
			switch by {
			case "day":
			case "hour":
				req.Step = time.Hour
			default:
				return usagef("--by: %q is neither day nor hour", by)
			}
			scope, err := a.scope()
			if err != nil {
				return err
			}
			req.From, req.To, req.Accounts, req.Regions = scope.Since, scope.Until, scope.Accounts, scope.Regions
			db, err := a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(db)
			start := a.now()
			m, err := db.Coverage(cmd.Context(), req)
			if err != nil {
				return err
			}
			a.timed(int64(len(m.Series)), start)
			if a.flags.count {
				return a.writeNumber(int64(len(coverageRows(m).Cells)))
			}
			return a.write(func(w io.Writer) error { return a.printCoverage(w, m) })
		},
	}
	cmd.Flags().StringVar(&by, "by", "day", "day or hour")
	return cmd
}

// coverageRow is one account, region and step in the JSON answer.
type coverageRow struct {
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Time    time.Time `json:"time"`
	query.CoverageCell
}

// coverageAnswer is what --format json prints.
type coverageAnswer struct {
	Step   string        `json:"step"`
	Cells  []coverageRow `json:"cells"` // those with anything in them
	Silent []silent      `json:"silent"`
	Blind  []string      `json:"cannot_see"`
}

type silent struct {
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Since   time.Time `json:"since"`
}

func coverageRows(m query.Coverage) coverageAnswer {
	out := coverageAnswer{Step: m.Step.String(), Cells: []coverageRow{}, Silent: []silent{}, Blind: full(m.Blind)}
	for _, s := range m.Series {
		for i, c := range s.Cells {
			if c != (query.CoverageCell{}) {
				out.Cells = append(out.Cells, coverageRow{s.Account, s.Region, m.Start.Add(time.Duration(i) * m.Step), c})
			}
		}
		if s.Stops {
			out.Silent = append(out.Silent, silent{s.Account, s.Region, s.Last})
		}
	}
	return out
}

func (a *app) printCoverage(w io.Writer, m query.Coverage) error {
	rows := coverageRows(m)
	head := []string{"account", "region", "time", "listed", "loaded", "skipped", "failed", "proven", "events"}
	cells := func(r coverageRow, number func(int64) string) []string {
		return []string{r.Account, r.Region, cellTime(r.Time, m.Step), number(r.Listed), number(r.Loaded), number(r.Skipped), number(r.Failed), number(r.Proven), number(r.Events)}
	}
	switch a.flags.format {
	case "json", "ndjson":
		return json.NewEncoder(w).Encode(rows)
	case "csv":
		return listingCSV(a, w, listing[coverageRow]{head, rows.Cells, cells})
	}
	t := newTable(w, a.tableWidth(), head...)
	for _, r := range rows.Cells {
		r.Account = a.accounts.Full(r.Account)
		if err := t.add(cells(r, number)...); err != nil {
			return err
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	for i, line := range m.Blind {
		if i == 0 {
			fmt.Fprintln(w, "\nwhat can't be seen:")
		}
		fmt.Fprintf(w, "  %s\n", cleanLines(line))
	}
	return nil
}

// cellTime is a day or an hour. Cells are days and hours of UTC.
func cellTime(t time.Time, step time.Duration) string {
	if step < 24*time.Hour {
		return t.UTC().Format("2006-01-02T15:04Z")
	}
	return t.UTC().Format(time.DateOnly)
}
