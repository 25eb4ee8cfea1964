package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
	"spoor/ui/queries"
)

func queriesCommand(a *app) *cobra.Command {
	var topic string
	var dry bool
	cmd := &cobra.Command{
		Use:   "queries",
		Short: "saved queries, built-in and own, with what each finds",
		Long: `Puts every saved query to the case and prints what it finds: a number of events or
findings, or "not recorded" where the case lacks the data that would tell (no
data events loaded, say). Own queries are kept in the case, or with --all-cases
in queries.toml in the user's config directory.`,
		Example: `  spoor queries
  spoor queries --topic Exfiltration --format json
  spoor queries show sg-open
  spoor queries save late-logins --name "Sign-ins at night" 'event:ConsoleLogin'
  spoor queries save --file team.toml --all-cases`,
		GroupID: "keep", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listQueries(cmd.Context(), topic, dry) },
	}
	cmd.Flags().StringVar(&topic, "topic", "", "only queries of this topic")
	cmd.Flags().BoolVar(&dry, "no-count", false, "only list them, ask nothing")
	cmd.AddCommand(showQuery(a), saveQuery(a), removeQuery(a), exportQueries(a))
	return cmd
}

// sharedQueriesPath is where queries for all cases are kept.
func sharedQueriesPath() string { return filepath.Join(configDir(), "queries.toml") }

// sharedQueries reads the queries that hold for all cases.
func sharedQueries() ([]query.Saved, error) {
	b, err := os.ReadFile(sharedQueriesPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, err := query.ReadSaved(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sharedQueriesPath(), err)
	}
	return list, nil
}

// An ownedQuery is a saved query and whose it is.
type ownedQuery struct {
	query.Saved
	origin string // built-in, all cases, this case
}

// allQueries lists the built-in queries, those for all cases, and the case's.
func allQueries(ctx context.Context, db *store.DB) ([]ownedQuery, error) {
	var list []ownedQuery
	add := func(origin string, saved []query.Saved) {
		for _, s := range saved {
			list = append(list, ownedQuery{s, origin})
		}
	}
	add("built-in", query.Builtin())
	shared, err := sharedQueries()
	if err != nil {
		return nil, err
	}
	add("all cases", shared)
	if db != nil {
		own, err := db.Queries(ctx)
		if err != nil {
			return nil, err
		}
		add("this case", own)
	}
	return list, nil
}

// jsonQuery is one saved query and its answer.
type jsonQuery struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Topic  string   `json:"topic"`
	Attack []string `json:"attack"`
	Origin string   `json:"origin"`
	Filter string   `json:"filter"`
	Status string   `json:"status"`
	Count  *int64   `json:"count"`
	Lacks  string   `json:"lacks,omitempty"`
}

func (a *app) listQueries(ctx context.Context, topic string, dry bool) error {
	var db *store.DB
	if !dry {
		var err error
		if db, err = a.readingCase(ctx); err != nil {
			return err
		}
		defer a.release(db)
	}
	all, err := allQueries(ctx, db)
	if err != nil {
		return err
	}
	if topic != "" {
		all = slices.DeleteFunc(all, func(s ownedQuery) bool { return !strings.EqualFold(s.Topic, topic) })
	}
	out := make([]jsonQuery, len(all))
	questions := make([]*query.Question, len(all))
	for i, s := range all {
		out[i] = jsonQuery{ID: s.ID, Name: s.Name, Topic: s.Topic, Attack: append([]string{}, s.Attack...), Origin: s.origin, Filter: s.Filter, Status: "not asked"}
		if questions[i], err = s.Question(); err != nil {
			return err
		}
	}
	if db != nil {
		if err := db.Answers(ctx, questions, func(i int, answer query.Answer) { out[i].answer(answer) }); err != nil {
			return err
		}
	}
	return a.printQueries(out, db != nil)
}

// answer takes in what the case says.
func (j *jsonQuery) answer(answer query.Answer) {
	switch answer.Status {
	case query.Answered:
		j.Status, j.Count = "answered", &answer.N
	case query.NotRecorded:
		j.Status, j.Lacks = "not recorded", answer.Lacks.String()
	case query.Asks:
		j.Status = "asks for " + answer.Missing.Name
	}
}

func (a *app) printQueries(list []jsonQuery, counted bool) error {
	return a.write(func(w io.Writer) error {
		switch a.flags.format {
		case "json", "ndjson":
			return writeJSON(w, a.flags.format, list)
		}
		t := newTable(w, a.tableWidth(), "topic", "found", "id", "question", "ATT&CK")
		for _, q := range list {
			found := q.Status
			if q.Count != nil {
				found = number(*q.Count)
			}
			if !counted {
				found = ""
			}
			if err := t.add(q.Topic, found, q.ID, q.Name, strings.Join(q.Attack, " ")); err != nil {
				return err
			}
		}
		return t.flush()
	})
}

func showQuery(a *app) *cobra.Command {
	var values []string
	cmd := &cobra.Command{
		Use: "show ID", Short: "one saved query: what it asks, and what it finds", Args: cobra.ExactArgs(1),
		Example: "  spoor queries show sg-open\n  spoor queries show ip-everything --set ip=203.0.113.0/24",
		RunE: func(cmd *cobra.Command, args []string) error {
			set := map[string]string{}
			for _, v := range values {
				name, value, ok := strings.Cut(v, "=")
				if !ok {
					return usagef("--set: %q is not NAME=VALUE", v)
				}
				set[name] = value
			}
			return a.showQuery(cmd.Context(), args[0], set)
		},
	}
	cmd.Flags().StringArrayVar(&values, "set", nil, "NAME=VALUE for a variable of the query (repeatable)")
	return cmd
}

func (a *app) showQuery(ctx context.Context, id string, values map[string]string) error {
	db, err := a.readingCase(ctx)
	if err != nil {
		return err
	}
	defer a.release(db)
	all, err := allQueries(ctx, db)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s ownedQuery) bool { return s.ID == id })
	if i < 0 {
		return usageError{fmt.Errorf("no saved query %q", id), "spoor queries lists them"}
	}
	question, err := all[i].Question()
	if err != nil {
		return err
	}
	answer, err := db.Answer(ctx, question, values)
	if err != nil {
		return err
	}
	if answer.Status == query.Asks {
		return hinted{fmt.Errorf("%s asks for %s", id, answer.Missing.Name), fmt.Sprintf("%s: add --set %s=VALUE", answer.Missing.Prompt, answer.Missing.Name)}
	}
	if a.flags.format == "table" {
		if err := a.describeAnswer(all[i], answer); err != nil || answer.Status != query.Answered || answer.Rule {
			return err
		}
	} else if answer.Rule && a.flags.format != "parquet" {
		return a.printFindings(answer)
	}
	if len(a.flags.columns) == 0 {
		a.flags.columns = all[i].Columns
	}
	return a.printEvents(ctx, db, answer.Filter)
}

func (a *app) describeAnswer(s ownedQuery, answer query.Answer) error {
	return a.write(func(w io.Writer) error {
		fmt.Fprintf(w, "%s\n%s\n", cleanLines(s.Name), cleanLines(s.Description))
		if len(s.Attack) > 0 {
			fmt.Fprintf(w, "ATT&CK %s\n", strings.Join(s.Attack, ", "))
		}
		fmt.Fprintf(w, "filter: %s\n\n", cleanLines(answer.Filter.String()))
		if answer.Status == query.NotRecorded {
			fmt.Fprintf(w, "not recorded: no event of this case matches %s\n", cleanLines(answer.Lacks.String()))
			return nil
		}
		fmt.Fprintf(w, "%s found\n\n", number(answer.N))
		t := newTable(w, a.tableWidth(), "events", "first", "what", "open with")
		for _, f := range answer.Findings {
			if err := t.add(number(f.N), a.stamp(f.First), findingText(f), "spoor events -- "+shellQuote(f.Filter.String())); err != nil {
				return err
			}
		}
		if len(answer.Findings) == 0 {
			return nil
		}
		return t.flush()
	})
}

// shellQuote makes one word for a POSIX shell of a filter, which holds values from
// the logs.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func findingText(f query.Finding) string {
	var parts []string
	for i, c := range f.Columns {
		parts = append(parts, c+" "+shown(f.Key[i]))
	}
	if f.What != "" {
		parts = append(parts, "new: "+f.What)
	}
	if f.Distinct > 0 {
		parts = append(parts, number(f.Distinct)+" different")
	}
	if f.Sum > 0 {
		parts = append(parts, "sum "+number(f.Sum))
	}
	return strings.Join(parts, ", ")
}

// jsonFinding is one hit of a rule.
type jsonFinding struct {
	Key      map[string]*string `json:"key"`
	Events   int64              `json:"events"`
	Distinct int64              `json:"distinct,omitempty"`
	Sum      int64              `json:"sum,omitempty"`
	New      string             `json:"new,omitempty"`
	Filter   string             `json:"filter"`
}

func (a *app) printFindings(answer query.Answer) error {
	return a.write(func(w io.Writer) error {
		list := []jsonFinding{}
		for _, f := range answer.Findings {
			key := map[string]*string{}
			for i, c := range f.Columns {
				key[c] = pointer(f.Key[i])
			}
			list = append(list, jsonFinding{key, f.N, f.Distinct, f.Sum, f.What, f.Filter.String()})
		}
		return json.NewEncoder(w).Encode(list)
	})
}

func saveQuery(a *app) *cobra.Command {
	var s query.Saved
	var file string
	var shared bool
	cmd := &cobra.Command{
		Use: "save ID FILTER | save --file FILE", Short: "save a filter under a name, or take in a file of queries",
		Example: `  spoor queries save night-logins --name "Sign-ins at night" 'event:ConsoleLogin'
  spoor queries save --file team.toml --all-cases`,
		RunE: func(cmd *cobra.Command, args []string) error {
			list := []query.Saved{}
			switch {
			case file != "" && len(args) == 0:
				b, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				if list, err = query.ReadSaved(bytes.NewReader(b)); err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
			case file == "" && len(args) >= 2:
				f, err := a.filter(args[1:])
				if err != nil {
					return err
				}
				s.ID, s.Filter, s.Order, s.Columns = args[0], f.String(), a.flags.order, a.flags.columns
				if s.Name == "" {
					s.Name = s.ID
				}
				list = append(list, s)
			default:
				return usagef("give an ID and a FILTER, or --file FILE")
			}
			return a.keepQueries(cmd.Context(), list, shared)
		},
	}
	p := cmd.Flags()
	p.StringVar(&s.Name, "name", "", "the question in words")
	p.StringVar(&s.Description, "description", "", "why one asks it")
	p.StringVar(&s.Topic, "topic", "Own", "heading it stands under")
	p.StringVar(&file, "file", "", "take in all queries of a TOML file")
	p.BoolVar(&shared, "all-cases", false, "keep it for all cases, not in this one")
	return cmd
}

func (a *app) keepQueries(ctx context.Context, list []query.Saved, shared bool) error {
	for _, s := range list {
		if _, err := s.Question(); err != nil {
			return usageError{err: err}
		}
	}
	if shared {
		return changeShared(func(old []query.Saved) []query.Saved {
			for _, s := range list {
				old = slices.DeleteFunc(old, func(o query.Saved) bool { return o.ID == s.ID })
			}
			return append(old, list...)
		})
	}
	db, err := a.readingCase(ctx)
	if err != nil {
		return err
	}
	defer a.release(db)
	for _, s := range list {
		if err := db.SaveQuery(ctx, s); err != nil {
			return err
		}
	}
	return nil
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
	return &cobra.Command{
		Use: "rm ID", Short: "remove one of your own queries", Args: cobra.ExactArgs(1), Example: "  spoor queries rm night-logins",
		RunE: func(cmd *cobra.Command, args []string) error {
			found := false
			shared, err := sharedQueries()
			if err != nil {
				return err
			}
			if found = slices.ContainsFunc(shared, func(s query.Saved) bool { return s.ID == args[0] }); found {
				return changeShared(func(old []query.Saved) []query.Saved {
					return slices.DeleteFunc(old, func(s query.Saved) bool { return s.ID == args[0] })
				})
			}
			db, err := a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(db)
			if found, err = db.RemoveQuery(cmd.Context(), args[0]); err != nil {
				return err
			}
			if !found {
				return usageError{fmt.Errorf("no query %q of your own", args[0]), "spoor queries lists them; built-in ones can't be removed"}
			}
			return nil
		},
	}
}

func exportQueries(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "export [ID...]", Short: "write saved queries as TOML, to share or to start from",
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
			var out []query.Saved
			for _, s := range all {
				if len(args) == 0 || slices.Contains(args, s.ID) {
					out = append(out, s.Saved)
				}
			}
			return a.write(func(w io.Writer) error { return query.WriteSaved(w, out) })
		},
	}
}

// queryFiles shares queries of the screen as files.
var queryFiles = queries.Files{
	Write: func(path string, list []query.Saved) error {
		return atomicFile(path, func(w io.Writer) error { return query.WriteSaved(w, list) })
	},
	Read: func(path string) ([]query.Saved, error) {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return query.ReadSaved(bytes.NewReader(b))
	},
}
