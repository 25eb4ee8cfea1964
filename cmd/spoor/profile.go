package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"spoor/query"
)

func profileCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "profile VALUE",
		Short: "all about one address, key, principal, role or user",
		Long: `Tells all about one thing, the way in when all one has is one hot lead: an
address (or range), an access key, an ARN, a user, a role, a session id. Whatever
fields hold the value count; a value in no field is looked for in the records.`,
		Example: `  spoor profile 203.0.113.9
  spoor profile AKIAIOSFODNN7EXAMPLE --format json
  spoor profile arn:aws:iam::111122223333:role/Admin`,
		GroupID: "ask",
		Args:    operand("VALUE", "name an address, key, ARN, user, role or session; quote what has spaces"),
		RunE: func(cmd *cobra.Command, args []string) error {
			db, err := a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(db)
			start := a.now()
			p, err := db.Profile(cmd.Context(), args[0])
			for err == nil && p.Partial { // its records are still being searched
				p, err = db.Profile(cmd.Context(), args[0])
			}
			if err != nil {
				return err
			}
			a.timed(p.Events, start)
			if a.flags.count {
				return a.writeNumber(p.Events)
			}
			return a.printProfile(p)
		},
	}
}

type jsonProfile struct {
	Value    string                 `json:"value"`
	Fields   []string               `json:"fields"`
	Filter   string                 `json:"filter"`
	Events   int64                  `json:"events"`
	First    *string                `json:"first"`
	Last     *string                `json:"last"`
	Writes   int64                  `json:"writes"`
	Changes  int64                  `json:"changes"`
	Denied   int64                  `json:"denied"`
	Volume   []jsonBucket           `json:"volume"`
	Facets   map[string][]jsonValue `json:"facets"`
	Denials  []jsonValue            `json:"denials"`
	Sessions []query.Session        `json:"sessions"`
	Total    int                    `json:"sessions_total"`
}

func (a *app) printProfile(p query.Profile) error {
	return a.write(func(w io.Writer) error {
		switch a.flags.format {
		case "json", "ndjson":
			return json.NewEncoder(w).Encode(a.profileJSON(p))
		case "csv":
			return a.facetsCSV(w, p.Facets)
		case "table":
			return a.describeProfile(w, p)
		}
		return usageError{fmt.Errorf("--format: a profile can't be written as %s", a.flags.format), "use json or csv"}
	})
}

func (a *app) profileJSON(p query.Profile) jsonProfile {
	j := jsonProfile{Value: p.Value, Fields: p.Fields, Filter: p.Filter.String(), Events: p.Events, Writes: p.Writes, Changes: p.Changes, Denied: p.Denied,
		Volume: histogramJSON(p.Volume, a.zone), Facets: map[string][]jsonValue{}, Denials: values(p.Denials), First: optional(a.stamp(p.First)), Last: optional(a.stamp(p.Last)), Sessions: full(p.Sessions.Sessions), Total: p.Sessions.Total}
	for _, f := range p.Facets {
		j.Facets[f.Field] = values(f)
	}
	return j
}

func values(f query.Facet) []jsonValue {
	list := []jsonValue{}
	for _, v := range f.Values {
		list = append(list, jsonValue{pointer(v.Value), v.Count})
	}
	return list
}

func (a *app) describeProfile(w io.Writer, p query.Profile) error {
	if p.Events == 0 {
		_, err := fmt.Fprintf(w, "%s is nowhere in this case\n", cleanLines(p.Value))
		return err
	}
	fmt.Fprintf(w, "%s  found as %s\nfilter   %s\nseen     %s to %s\nevents   %s: %s, %s denied\n\n", cleanLines(p.Value), strings.Join(p.Fields, ", "), cleanLines(p.Filter.String()),
		a.clock(p.First), a.clock(p.Last), number(p.Events), query.Counted(p.Writes, "write"), number(p.Denied))
	facets := p.Facets
	if len(p.Denials.Values) > 0 {
		p.Denials.Field = "denied"
		facets = append(facets, p.Denials)
	}
	if err := a.printFacetText(w, facets); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nsessions (%s)\n", number(p.Sessions.Total))
	t := newTable(w, a.tableWidth(), "session", "start", "lasted", "root actor", "actor", "events", "signs")
	for _, s := range p.Sessions.Sessions {
		if err := t.add(s.ID, a.clock(s.Start), lasted(s.Start, s.End), s.RootActor, s.Actor, number(s.Events), strings.Join(s.Signs(), ", ")); err != nil {
			return err
		}
	}
	return t.flush()
}
