package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"spoor/query"
)

func caseNotes(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "notes [FILTER]", Short: "what was marked, noted and tagged in a case",
		Long: `Lists the marks, notes and tags of a case: on events, sessions and resources, the
last change first. With a FILTER only those with matching events. On the screen M
shows the same list.`,
		Example: "  spoor case notes\n  spoor case notes --format csv -o notes.csv mark:red",
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := a.filter(args)
			if err != nil {
				return err
			}
			db, err := a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(db)
			if _, err := settle(cmd.Context(), db, f); err != nil {
				return err
			}
			list, err := db.Noted(cmd.Context(), f)
			if err != nil {
				return err
			}
			if a.flags.count {
				return a.writeNumber(int64(len(list)))
			}
			if n := a.flags.limit; n > 0 && n < int64(len(list)) {
				list = list[:n]
			}
			return a.write(func(w io.Writer) error { return a.printNoted(w, list) })
		},
	}
}

// jsonNoted is one annotation as `case notes --format json` prints it.
type jsonNoted struct {
	About   string    `json:"about"`
	Name    string    `json:"name"`
	What    string    `json:"what"`
	Time    *string   `json:"time"`
	Events  int64     `json:"events"`
	Mark    string    `json:"mark"`
	Note    string    `json:"note"`
	Tags    []string  `json:"tags"`
	Changed time.Time `json:"changed"`
	Filter  string    `json:"filter"`
}

func (a *app) printNoted(w io.Writer, list []query.Noted) error {
	rows := make([]jsonNoted, len(list))
	for i, n := range list {
		rows[i] = jsonNoted{About: n.About.String(), Name: n.Name, What: n.Title, Time: optional(a.stamp(n.Time)), Events: n.Events, Mark: n.Mark, Note: n.Note, Tags: full(n.Tags),
			Changed: n.Changed.UTC(), Filter: n.Filter.String()}
	}
	switch a.flags.format {
	case "json", "ndjson":
		return writeJSON(w, a.flags.format, rows)
	case "csv":
		out := a.newCSV(w, "about", "name", "what", "time", "events", "mark", "note", "tags", "changed")
		for i, r := range rows {
			row := csvRow(r.About, r.Name, r.What, a.stamp(list[i].Time), fmt.Sprint(r.Events), r.Mark, r.Note, strings.Join(r.Tags, " "), r.Changed.Format(time.RFC3339))
			if err := out.Write(row); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	t := newTable(w, a.tableWidth(), "mark", "tags", "about", "time", "events", "what", "note")
	for i, r := range rows {
		if err := t.add(r.Mark, strings.Join(r.Tags, " "), r.About, a.clock(list[i].Time), number(r.Events), r.What, r.Note); err != nil {
			return err
		}
	}
	return t.flush()
}

// writeNoted writes a list of the screen to a new file; its ending says how.
func (a *app) writeNoted(path string, list []query.Noted) error {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if format != "csv" && format != "json" {
		return errors.New("end the name in .csv or .json")
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists already", path)
	}
	b := *a
	b.flags.format = format
	return atomicFile(path, func(w io.Writer) error { return b.printNoted(w, list) })
}

func caseAccounts(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "accounts [ACCOUNT=NAME...]", Short: "names of accounts, as tables and the screen show them",
		Long: `Lists the accounts of the case with their names, or names some: ACCOUNT=NAME keeps
a name in the case, ACCOUNT= takes it away. Names for all cases are kept in
accounts.toml beside config.toml, a line each: "111122223333" = "production".
A name of the case goes before those. Filters know them: account:prod*. CSV, JSON
and what is copied stay account ids.`,
		Example: "  spoor case accounts\n  spoor case accounts 111122223333=production 444455556666=audit",
		RunE: func(cmd *cobra.Command, args []string) error {
			names := map[string]string{}
			for _, arg := range args {
				id, name, ok := strings.Cut(arg, "=")
				if err := query.CheckAccount(id, name); !ok || err != nil {
					return usageError{fmt.Errorf("%q names no account", arg), "write ACCOUNT=NAME, ACCOUNT with its twelve digits"}
				}
				names[id] = name
			}
			db, err := a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(db)
			for _, id := range slices.Sorted(maps.Keys(names)) {
				if err := db.NameAccount(id, names[id]); err != nil {
					return err
				}
			}
			a.accounts = db.Accounts()
			facets, err := db.Facets(cmd.Context(), query.FacetRequest{Fields: []string{"account"}})
			if err != nil {
				return err
			}
			return a.printAccounts(facets[0])
		},
	}
}

// jsonAccount is an account of the case; Name is null without one.
type jsonAccount struct {
	Account string  `json:"account"`
	Name    *string `json:"name"`
	Events  int64   `json:"events"`
}

// printAccounts prints the accounts of the case, most events first, then others
// that have a name.
func (a *app) printAccounts(f query.Facet) error {
	rows := []jsonAccount{}
	rest := maps.Clone(a.accounts)
	add := func(id string, n int64) {
		r := jsonAccount{Account: id, Events: n}
		if name, ok := a.accounts[id]; ok {
			r.Name = &name
		}
		delete(rest, id)
		rows = append(rows, r)
	}
	for _, v := range f.Values {
		if !v.Value.Null {
			add(v.Value.Text, v.Count)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(rest)) {
		add(id, 0)
	}
	return printListing(a, listing[jsonAccount]{[]string{"account", "events", "name"}, rows, func(r jsonAccount, number func(int64) string) []string {
		return []string{r.Account, number(r.Events), a.accounts[r.Account]}
	}})
}
