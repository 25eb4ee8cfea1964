package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"spoor/query"
	"spoor/query/store"
	"spoor/ui/text"
)

type jsonRadius struct {
	Sessions   int        `json:"sessions"`
	Events     int64      `json:"events"`
	Writes     int64      `json:"writes"`
	Denied     int64      `json:"denied"`
	Keys       []string   `json:"keys_to_disable"`
	Roles      []string   `json:"roles_to_revoke"`
	Principals []string   `json:"principals"`
	Temporary  []string   `json:"temporary_keys"`
	People     []string   `json:"root_actors"`
	Contain    []jsonTask `json:"contain"`
	Made       []jsonMade `json:"made"`
	Trees      []jsonTree `json:"trees"`
	Partial    bool       `json:"partial"`
}

type jsonTask struct {
	Task  string     `json:"task"`
	Title string     `json:"title"`
	Steps []jsonStep `json:"steps"`
}

type jsonStep struct {
	What    string   `json:"what"`
	Account string   `json:"account,omitempty"`
	Why     []string `json:"why"`
	Done    bool     `json:"done"`
}

type jsonMade struct {
	Time    string `json:"time"`
	Actor   string `json:"actor"`
	Action  string `json:"action"`
	Summary string `json:"summary"`
}

// printRadius prints everything that came of the sessions under a filter, and
// what to take away from whoever holds them.
func (a *app) printRadius(ctx context.Context, db *store.DB, f query.Filter) (r query.Radius, err error) {
	if f.All() {
		return r, usageError{fmt.Errorf("--radius: no FILTER given"), "name where it began: a key, an actor, an address or a session"}
	}
	start := a.now()
	if _, err := settle(ctx, db, f); err != nil {
		return r, err
	}
	if r, err = db.Radius(ctx, f); err != nil {
		return r, err
	}
	if a.flags.count {
		a.timed(1, start)
		return r, a.writeNumber(int64(r.Sessions))
	}
	if r.Sessions == 0 {
		a.sayNone("session", db)
	}
	a.timed(int64(r.Sessions), start)
	return r, a.write(func(w io.Writer) error {
		switch a.flags.format {
		case "json", "ndjson":
			return json.NewEncoder(w).Encode(a.radiusJSON(r))
		case "table":
			return a.describeRadius(w, r)
		}
		return usageError{fmt.Errorf("--format: a blast radius can't be written as %s", a.flags.format), "use json"}
	})
}

func (a *app) radiusJSON(r query.Radius) jsonRadius {
	j := jsonRadius{r.Sessions, r.Events, r.Writes, r.Denied, r.Names("keys"), r.Names("roles"), r.Names("principals"), r.Names("temporary_keys"), r.Names("root_actors"),
		[]jsonTask{}, []jsonMade{}, []jsonTree{}, r.Partial}
	for _, t := range r.Contain {
		task := jsonTask{Task: t.Name, Title: t.Title}
		for _, s := range t.Steps {
			task.Steps = append(task.Steps, jsonStep{s.What, s.Account, full(s.Why), s.Done})
		}
		j.Contain = append(j.Contain, task)
	}
	for _, c := range r.Made {
		j.Made = append(j.Made, jsonMade{a.stamp(c.Time), c.Actor, c.Action, c.Summary})
	}
	for _, t := range r.Trees {
		j.Trees = append(j.Trees, treeJSON(t))
	}
	return j
}

func (a *app) describeRadius(w io.Writer, r query.Radius) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s, %s denied\n", query.Counted(r.Sessions, "session"), query.Counted(r.Events, "event"), query.Counted(r.Writes, "write"), number(r.Denied))
	for _, t := range r.Contain {
		fmt.Fprintf(&b, "\n%s\n", t.Title)
		for _, s := range t.Steps {
			done := ""
			if s.Done {
				done = "  (done)"
			}
			fmt.Fprintf(&b, "  %s%s\n", cleanLines(s.What), done)
			if why := a.reasons(s); why != "" {
				fmt.Fprintf(&b, "      %s\n", cleanLines(why))
			}
		}
	}
	if len(r.Made) > 0 {
		fmt.Fprintf(&b, "\nmade or altered in IAM and Identity Center\n")
	}
	for _, c := range r.Made {
		fmt.Fprintf(&b, "  %s\n", cleanLines(fmt.Sprintf("%s  %s  %s  %s", a.clock(c.Time), c.Actor, c.Action, c.Summary)))
	}
	if len(r.Trees) > 0 {
		fmt.Fprintf(&b, "\nsessions\n")
	}
	for _, t := range r.Trees {
		fmt.Fprintf(&b, "  %s\n", cleanLines(fmt.Sprintf("%s  %s  %s", t.Session.ID, t.Session.Actor, query.Counted(t.Session.Events, "event"))))
		a.describeTree(&b, t, 2)
	}
	if r.Partial {
		fmt.Fprintf(&b, "\nthere is more than is shown here: narrow the filter\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// reasons say where something is and why to do something about it.
func (a *app) reasons(s query.Measure) string {
	parts := slices.Clone(s.Why)
	if s.Account != "" && !strings.Contains(s.What, s.Account) {
		parts = append([]string{"in account " + s.Account}, parts...)
	}
	return strings.Join(parts, "; ")
}

// printContrast sets two sessions side by side.
func (a *app) printContrast(ctx context.Context, db *store.DB, one, two string) error {
	list, err := db.Contrast(ctx, one, two)
	if err != nil {
		return err
	}
	var sides [2]query.Session
	for i, id := range []string{one, two} {
		chain, err := db.Session(ctx, id)
		if err != nil {
			return err
		}
		sides[i] = chain.Session
	}
	type contrast struct {
		What  string   `json:"what"`
		Both  []string `json:"both"`
		OnlyA []string `json:"only_a"`
		OnlyB []string `json:"only_b"`
	}
	return a.write(func(w io.Writer) error {
		if a.flags.records() {
			out := []contrast{}
			for _, c := range list {
				out = append(out, contrast{c.What, full(c.Both), full(c.OnlyA), full(c.OnlyB)})
			}
			return json.NewEncoder(w).Encode(out)
		}
		return a.describeContrast(w, query.SideBySide(sides[0], sides[1], list, a.clock))
	})
}

// describeContrast prints pairs in two columns; on a terminal what is too long
// for its column goes on in the next line.
func (a *app) describeContrast(w io.Writer, pairs []query.Pair) error {
	width := a.tableWidth()
	t := newTable(w, width, "", "A", "B")
	each := min((width-17)/2, widestCell) // beside the names and the gaps
	for _, p := range pairs {
		left, right := []text.Safe{text.Clean(p.A)}, []text.Safe{text.Clean(p.B)}
		if width > 0 {
			left, right = text.Wrap(left[0], each), text.Wrap(right[0], each)
		}
		for i := range max(len(left), len(right)) {
			row := [3]string{}
			if i == 0 {
				row[0] = p.What
			}
			if i < len(left) {
				row[1] = string(left[i])
			}
			if i < len(right) {
				row[2] = string(right[i])
			}
			if err := t.add(row[:]...); err != nil {
				return err
			}
		}
	}
	return t.flush()
}
