package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
	"spoor/ui/queries"
)

// sharedQueriesPath is where queries for all cases are kept.
func sharedQueriesPath() string { return filepath.Join(configDir(), "queries.toml") }

// sharedQueries reads the queries that hold for all cases.
func sharedQueries() ([]query.Saved, error) {
	list, err := readQueries(sharedQueriesPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return list, err
}

// A savedFlags is what the command line says of a query to be saved.
type savedFlags struct {
	query  query.Saved
	file   string
	shared bool
}

func saveQuery(a *app) *cobra.Command {
	var f savedFlags
	cmd := &cobra.Command{
		Use: "save ID FILTER | save --file FILE", Short: "save a filter under a name, change a saved one, or take in a file of queries",
		Long: `Keeps a filter as a query of your own, in the case or with --all-cases for all of
them. Saving under an ID of yours changes that query: what you don't give stays
(give no FILTER to change the rest). --columns, --order, --since and --until are
kept with it. Rules (counts, sequences, values first seen) are written in a file:
spoor queries export login-failures shows how.`,
		Example: `  spoor queries save night-logins --name "Sign-ins at night" 'event:ConsoleLogin'
  spoor queries save night-logins --description "Nobody works then" --since last:7d
  spoor queries save --file team.toml --all-cases`,
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			if given("since") {
				f.query.Since, a.flags.since = a.flags.since, "" // of the query, not of a load
			}
			if given("until") {
				f.query.Until, a.flags.until = a.flags.until, ""
			}
			if f.file != "" && len(args) == 0 {
				list, err := readQueries(f.file)
				if err != nil {
					return err
				}
				if list = withoutBuiltin(list); len(list) == 0 {
					return usagef("--file %s: all of its queries are built in", f.file)
				}
				return a.keepQueries(cmd.Context(), f.shared, func([]query.Saved) ([]query.Saved, error) { return list, nil })
			}
			if f.file != "" || len(args) == 0 {
				return usagef("give an ID and a FILTER, or --file FILE")
			}
			filter, err := a.filter(args[1:])
			if err != nil {
				return err
			}
			return a.keepQueries(cmd.Context(), f.shared, func(have []query.Saved) ([]query.Saved, error) {
				s, err := f.changed(a, args[0], filter, have, given)
				return []query.Saved{s}, err
			})
		},
	}
	p := cmd.Flags()
	p.StringVar(&f.query.Name, "name", "", "the question in words")
	p.StringVar(&f.query.Description, "description", "", "why one asks it")
	p.StringVar(&f.query.Topic, "topic", "Own", "heading it stands under")
	p.StringVar(&f.file, "file", "", "take in all queries of a TOML `FILE`")
	p.BoolVar(&f.shared, "all-cases", false, "keep it for all cases, not in this one")
	return cmd
}

// changed is the query of an id with what the flags say of it.
func (f savedFlags) changed(a *app, id string, filter query.Filter, have []query.Saved, given func(string) bool) (query.Saved, error) {
	s := query.Saved{ID: id, Name: id, Topic: f.query.Topic}
	i := slices.IndexFunc(have, func(s query.Saved) bool { return s.ID == id })
	if i >= 0 {
		s = have[i]
	} else if filter.All() {
		return s, usagef("give a FILTER: there is no query %q of your own to change", id)
	}
	if !filter.All() {
		s.Filter = filter.String()
	}
	for name, set := range map[string]func(){
		"name": func() { s.Name = f.query.Name }, "description": func() { s.Description = f.query.Description }, "topic": func() { s.Topic = f.query.Topic },
		"since": func() { s.Since = f.query.Since }, "until": func() { s.Until = f.query.Until },
		"columns": func() { s.Columns = a.flags.columns }, "order": func() { s.Order = a.flags.order },
	} {
		if given(name) {
			set()
		}
	}
	return s, nil
}

// keepQueries keeps what change makes of one's own queries, all of it or nothing,
// and says what it did.
func (a *app) keepQueries(ctx context.Context, shared bool, change func(have []query.Saved) ([]query.Saved, error)) error {
	var have []query.Saved
	var db *store.DB
	var err error
	where := "all cases"
	if shared {
		have, err = sharedQueries()
	} else {
		where = "this case"
		if db, err = a.readingCase(ctx); err != nil {
			return err
		}
		defer a.release(db)
		have, err = db.Queries(ctx)
	}
	if err != nil {
		return err
	}
	list, err := change(have)
	if err != nil {
		return err
	}
	if err := checkOwn(list); err != nil {
		return err
	}
	if shared {
		err = keepShared(list)
	}
	for _, s := range list {
		if !shared && err == nil {
			err = db.SaveQuery(ctx, s)
		}
	}
	if err != nil {
		return err
	}
	for _, s := range list {
		did := "saved"
		if slices.ContainsFunc(have, func(h query.Saved) bool { return h.ID == s.ID }) {
			did = "changed"
		}
		fmt.Fprintf(a.errw, "%s %s in %s\n", did, s.ID, where)
	}
	return nil
}

// withoutBuiltin leaves out queries that are built in, word for word: spoor queries
// export writes them too.
func withoutBuiltin(list []query.Saved) []query.Saved {
	return slices.DeleteFunc(list, func(s query.Saved) bool {
		return slices.ContainsFunc(query.Builtin(), func(b query.Saved) bool { return reflect.DeepEqual(b, s) })
	})
}

// checkOwn refuses queries that can't be one's own.
func checkOwn(list []query.Saved) error {
	for _, s := range list {
		if _, err := s.Question(); err != nil {
			return usageError{err: err}
		}
		if slices.ContainsFunc(query.Builtin(), func(b query.Saved) bool { return b.ID == s.ID }) {
			return usageError{fmt.Errorf("save query %s: %w", s.ID, store.ErrBuiltin), "give yours another id"}
		}
	}
	return nil
}

// keepShared puts queries among those for all cases, in the place of those of the
// same ids.
func keepShared(list []query.Saved) error {
	if err := checkOwn(list); err != nil {
		return err
	}
	return changeShared(func(old []query.Saved) []query.Saved {
		for _, s := range list {
			if i := slices.IndexFunc(old, func(o query.Saved) bool { return o.ID == s.ID }); i >= 0 {
				old[i] = s
			} else {
				old = append(old, s)
			}
		}
		return old
	})
}

// dropShared takes a query from those for all cases and reports whether it was
// there.
func dropShared(id string) (found bool, err error) {
	shared, err := sharedQueries()
	if err != nil || !slices.ContainsFunc(shared, func(s query.Saved) bool { return s.ID == id }) {
		return false, err
	}
	return true, changeShared(func(old []query.Saved) []query.Saved {
		return slices.DeleteFunc(old, func(s query.Saved) bool { return s.ID == id })
	})
}

// changeShared rewrites the queries for all cases.
func changeShared(change func([]query.Saved) []query.Saved) error {
	old, err := sharedQueries()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(configDir(), 0o700); err != nil {
		return err
	}
	return atomicFile(sharedQueriesPath(), func(w io.Writer) error { return query.WriteSaved(w, change(old)) })
}

func removeQuery(a *app) *cobra.Command {
	var shared bool
	cmd := &cobra.Command{
		Use: "rm ID", Short: "remove one of your own queries", Args: operand("ID", "spoor queries lists them"), Example: "  spoor queries rm night-logins",
		Long: `Removes a query of your own from the case, or if the case has none of that ID, from
those for all cases.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			where, err := a.removeQuery(cmd.Context(), args[0], shared)
			if err == nil {
				fmt.Fprintf(a.errw, "removed %s from %s\n", args[0], where)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&shared, "all-cases", false, "only look among the queries for all cases")
	return cmd
}

func (a *app) removeQuery(ctx context.Context, id string, shared bool) (where string, err error) {
	if path, err := a.existingCase(); err == nil && !shared {
		db, err := a.openCase(ctx, path, false)
		if err != nil {
			return "", err
		}
		defer a.release(db)
		if found, err := db.RemoveQuery(ctx, id); found || err != nil {
			return "this case", err
		}
	}
	found, err := dropShared(id)
	if err == nil && !found {
		err = usageError{fmt.Errorf("no query %q of your own", id), "spoor queries lists them; built-in ones can't be removed"}
	}
	return "all cases", err
}

func exportQueries(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "export [ID...]", Short: "write saved queries as TOML, to share or to start from",
		Long: `Writes the queries of the IDs, or all there are, as TOML: what spoor queries save
--file takes in again.`,
		Example: "  spoor queries export sg-open key-created -o team.toml",
		RunE: func(cmd *cobra.Command, args []string) error {
			var db *store.DB
			if path, err := a.existingCase(); err == nil {
				if db, err = a.openCase(cmd.Context(), path, false); err != nil {
					return err
				}
				defer a.release(db)
			}
			all, err := allQueries(cmd.Context(), db)
			if err != nil {
				return err
			}
			out, err := pickQueries(all, args)
			if err != nil {
				return err
			}
			return a.write(func(w io.Writer) error { return query.WriteSaved(w, out) })
		},
	}
}

// pickQueries are the queries of some ids, each once, or all.
func pickQueries(all []ownedQuery, ids []string) ([]query.Saved, error) {
	seen := map[string]bool{}
	var out []query.Saved
	for _, s := range all {
		if !seen[s.ID] && (len(ids) == 0 || slices.Contains(ids, s.ID)) {
			seen[s.ID] = true
			out = append(out, s.Saved)
		}
	}
	for _, id := range ids {
		if !seen[id] {
			return nil, usageError{fmt.Errorf("no saved query %q", id), "spoor queries lists them"}
		}
	}
	return out, nil
}

func readQueries(path string) ([]query.Saved, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	list, err := query.ReadSaved(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// queryFiles shares queries of the screen as files, and with all cases.
var queryFiles = queries.Files{
	Write: func(path string, list []query.Saved) error {
		return atomicFile(path, func(w io.Writer) error { return query.WriteSaved(w, list) })
	},
	Read:   readQueries,
	Shared: sharedQueries,
	Share:  keepShared,
	Drop:   dropShared,
}
