package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
)

// defaultFacets are what one looks at first.
var defaultFacets = []string{"actor", "event", "service", "outcome", "account", "region", "ip", "error"}

func facetsCommand(a *app) *cobra.Command {
	var fields []string
	var top int
	cmd := &cobra.Command{
		Use:   "facets [FILTER]",
		Short: "top values per field",
		Long:  "Counts the most frequent values of fields among the events that match FILTER.",
		Example: `  spoor facets
  spoor facets --field actor --field ip error:AccessDenied
  spoor facets --from ./logs --format json service:iam`,
		GroupID: "ask",
		RunE: func(cmd *cobra.Command, args []string) error {
			if top <= 0 {
				return usagef("--top: %d is not a number of values", top)
			}
			if a.flags.limit > 0 && !cmd.Flags().Changed("top") {
				top = int(a.flags.limit)
			}
			req := query.FacetRequest{Fields: defaultFacets, Top: top}
			if len(fields) > 0 {
				req.Fields = fields
			}
			for _, f := range req.Fields {
				if err := checkColumn("--field", f); err != nil {
					return err
				}
			}
			return a.ofEvents(cmd.Context(), args, func(db *store.DB, f query.Filter) error {
				req.Filter = f
				start := a.now()
				n, err := settle(cmd.Context(), db, f)
				if err != nil {
					return err
				}
				facets, err := db.Facets(cmd.Context(), req)
				if err != nil {
					return err
				}
				if n.N == 0 {
					a.sayNone("event", db)
				}
				a.timed(int64(len(facets)), start)
				return a.printFacets(facets)
			})
		},
	}
	cmd.Flags().StringArrayVar(&fields, "field", nil, "field to count (repeatable)")
	cmd.Flags().IntVar(&top, "top", 10, "how many values per field")
	return cmd
}

// jsonValue is a facet value in the JSON contract: null when absent.
type jsonValue struct {
	Value *string `json:"value"`
	Count int64   `json:"count"`
}

// jsonFacets is an object of lists of values by field, in the order they were
// asked for.
type jsonFacets []query.Facet

func (list jsonFacets) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, f := range list {
		field, err := json.Marshal(f.Field)
		if err != nil {
			return nil, err
		}
		values, err := json.Marshal(values(f))
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, field...), ':'), values...)
	}
	return append(b, '}'), nil
}

func (a *app) printFacets(facets []query.Facet) error {
	return a.write(func(w io.Writer) error {
		switch a.flags.format {
		case "json", "ndjson":
			return json.NewEncoder(w).Encode(jsonFacets(facets))
		case "csv":
			return a.facetsCSV(w, facets)
		}
		return a.printFacetText(w, facets)
	})
}

func (a *app) facetsCSV(w io.Writer, facets []query.Facet) error {
	rows := a.newCSV(w, "field", "value", "count")
	for _, f := range facets {
		for _, v := range f.Values {
			if err := rows.Write([]query.Value{{Text: f.Field}, v.Value, {Text: fmt.Sprint(v.Count)}}); err != nil {
				return err
			}
		}
	}
	return rows.Flush()
}

func (a *app) printFacetText(w io.Writer, facets []query.Facet) error {
	for i, f := range facets {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s (%s different)\n", f.Field, number(f.Distinct))
		for _, v := range f.Values {
			if _, err := fmt.Fprintf(w, "%12s  %s\n", number(v.Count), shown(query.Value{Text: a.named(f.Field, v.Value.Text), Null: v.Value.Null})); err != nil {
				return err
			}
		}
	}
	return nil
}

func pointer(v query.Value) *string {
	if v.Null {
		return nil
	}
	return &v.Text
}

// shown is a value as a person reads it.
func shown(v query.Value) string {
	if v.Null {
		return "(none)"
	}
	if v.Text == "" {
		return `""`
	}
	return cleanLines(v.Text)
}
