package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
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

// An ownedQuery is a saved query and whose it is.
type ownedQuery struct {
	query.Saved
	origin string // built-in, all cases, this case
}

// allQueries lists the built-in queries, the case's, and those for all cases. Of
// the same id, the case's come first.
func allQueries(ctx context.Context, db *store.DB) ([]ownedQuery, error) {
	var list []ownedQuery
	add := func(origin string, saved []query.Saved) {
		for _, s := range saved {
			list = append(list, ownedQuery{s, origin})
		}
	}
	add("built-in", query.Builtin())
	if db != nil {
		own, err := db.Queries(ctx)
		if err != nil {
			return nil, err
		}
		add("this case", own)
	}
	shared, err := sharedQueries()
	if err != nil {
		return nil, err
	}
	add("all cases", shared)
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
		if err := knownTopic(all, topic); err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(s ownedQuery) bool { return !strings.EqualFold(s.Topic, topic) })
	}
	out := make([]jsonQuery, len(all))
	questions := make([]*query.Question, len(all))
	for i, s := range all {
		out[i] = jsonQuery{ID: s.ID, Name: s.Name, Topic: s.Topic, Attack: full(s.Attack), Origin: s.origin, Filter: s.Filter, Status: "not asked"}
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

// knownTopic refuses a topic that no query has.
func knownTopic(list []ownedQuery, topic string) error {
	var topics []string
	for _, s := range list {
		if strings.EqualFold(s.Topic, topic) {
			return nil
		}
		if !slices.Contains(topics, s.Topic) {
			topics = append(topics, s.Topic)
		}
	}
	return usageError{fmt.Errorf("--topic: no query has the topic %q", topic), "topics: " + strings.Join(topics, ", ")}
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
	return printListing(a, listing[jsonQuery]{[]string{"topic", "found", "id", "question", "ATT&CK"}, list, func(q jsonQuery, number func(int64) string) []string {
		found := q.Status
		switch {
		case !counted:
			found = ""
		case q.Count != nil:
			found = number(*q.Count)
		}
		return []string{q.Topic, found, q.ID, q.Name, strings.Join(q.Attack, " ")}
	}})
}

func showQuery(a *app) *cobra.Command {
	var values []string
	cmd := &cobra.Command{
		Use: "show ID", Short: "one saved query: what it asks, and what it finds", Args: operand("ID", "spoor queries lists them"),
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
			return a.showQuery(cmd.Context(), args[0], set, cmd.Flags().Changed("order"))
		},
	}
	cmd.Flags().StringArrayVar(&values, "set", nil, "NAME=VALUE for a variable of the query (repeatable)")
	return cmd
}

// showQuery shows one query; ordered says that the order of events was asked for.
func (a *app) showQuery(ctx context.Context, id string, values map[string]string, ordered bool) error {
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
	if a.flags.count {
		if answer.Status != query.Answered {
			return fmt.Errorf("%s: not recorded: the case lacks %s", id, answer.Lacks)
		}
		return a.writeNumber(answer.N)
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
	if !ordered && all[i].Order != "" {
		a.flags.order = all[i].Order
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
