package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"spoor/loader/change"
	"spoor/query"
	"spoor/query/store"
)

// timelineFlags are those of the timeline alone.
type timelineFlags struct {
	by       string
	severity string
	fold     bool
	lanes    bool
	resource string
	kind     string
	at       string
	diff     string
	report   string
}

func timelineCommand(a *app) *cobra.Command {
	var f timelineFlags
	cmd := &cobra.Command{
		Use:   "timeline [FILTER]",
		Short: "who changed what",
		Long:  strings.TrimSpace(timelineTopic),
		Example: `  spoor timeline
  spoor timeline --by actor --severity high
  spoor timeline --resource sg-0abc1234
  spoor timeline --resource prod-bucket --type AWS::S3::Bucket --at 2024-05-02T10:00:00Z
  spoor timeline --diff 3f0c1c7e-5f6a-4c7b-9f5e-0a9d1c2b3a4f
  spoor timeline --report incident.html 'actor:alice time:2024-05-01..2024-05-03'`,
		GroupID: "ask",
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := a.timeline(cmd, f, args)
			if err != nil {
				return err
			}
			t.db, err = a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(t.db)
			return t.run(cmd.Context(), f)
		},
	}
	p := cmd.Flags()
	p.StringVar(&f.by, "by", "", "group by actor, resource, service or day")
	p.StringVar(&f.severity, "severity", "", "only changes of this severity or graver: info, low, medium, high, critical")
	p.BoolVar(&f.fold, "fold", false, "fold bursts and service-made changes (a table does unless --fold=false)")
	p.BoolVar(&f.lanes, "lanes", false, "draw a lane per actor over time instead")
	p.StringVar(&f.resource, "resource", "", "the history of one resource, by any of its names, and who read it")
	p.StringVar(&f.kind, "type", "", "type of --resource where its name is ambiguous: AWS::IAM::User")
	p.StringVar(&f.at, "at", "", "what the case tells of the state of --resource at this time")
	p.StringVar(&f.diff, "diff", "", "before and after of one change, by its event id")
	p.StringVar(&f.report, "report", "", "write a printable report to FILE.html or FILE.md, oldest first unless --order is given")
	return cmd
}

// A timelineRun is one run of the command.
type timelineRun struct {
	*app
	db     *store.DB
	filter query.Filter
	by     query.Grouping
	least  uint8
	fold   bool
	report func(changes int64) // told how many rows are done; nil: nobody asks
}

// timeline checks the flags before anything is opened.
func (a *app) timeline(cmd *cobra.Command, f timelineFlags, args []string) (*timelineRun, error) {
	t := &timelineRun{app: a, fold: f.fold}
	if !cmd.Flags().Changed("fold") {
		t.fold = a.flags.format == "table" || f.report != ""
	}
	if a.flags.format == "parquet" {
		return nil, usageError{fmt.Errorf("the timeline has no parquet form"), "use csv, or spoor events -o FILE.parquet 'readonly:false'"}
	}
	by := slices.Index(query.Groupings[:], f.by) // "" is one
	if by < 0 {
		return nil, usageError{fmt.Errorf("--by: unknown grouping %q", f.by), "use one of " + strings.Join(query.Groupings[1:], ", ")}
	}
	t.by = query.Grouping(by)
	if f.severity != "" {
		s, err := change.ParseSeverity(f.severity)
		if err != nil {
			return nil, usagef("--severity: %v", err)
		}
		t.least = uint8(s)
	}
	if r := strings.ToLower(f.report); r != "" && !strings.HasSuffix(r, ".html") && !strings.HasSuffix(r, ".htm") && !strings.HasSuffix(r, ".md") {
		return nil, usageError{fmt.Errorf("--report %s: unknown kind of report", f.report), "end the name in .html or .md"}
	}
	if f.report != "" && !cmd.Flags().Changed("order") {
		a.flags.order = "oldest" // a story is read from its beginning
	}
	if f.at != "" && f.resource == "" {
		return nil, usagef("--at needs --resource")
	}
	var err error
	t.filter, err = a.narrowed(args)
	return t, err
}

// run does what the flags ask.
func (t *timelineRun) run(ctx context.Context, f timelineFlags) error {
	switch {
	case f.diff != "":
		return t.printDiff(ctx, f.diff)
	case f.at != "":
		return t.printState(ctx, f.resource, f.kind, f.at)
	case f.resource != "":
		return t.printHistory(ctx, f.resource, f.kind)
	}
	if _, err := settle(ctx, t.db, t.filter); err != nil {
		return err
	}
	switch {
	case f.report != "":
		r, err := t.writeReport(ctx, f.report)
		if err == nil {
			fmt.Fprintf(t.errw, "wrote %s: %s in %s\n", f.report, changesText(r.Changes), query.Counted(len(r.Rows), "line"))
		}
		return err
	case f.lanes:
		return t.printLanes(ctx)
	case t.flags.count:
		return t.printTotal(ctx)
	}
	start := t.now()
	var rows int64
	err := t.put(func(w io.Writer) (err error) {
		rows, err = t.export(ctx, w)
		return err
	})
	if err == nil {
		t.done(rows, "change", t.db, start)
	}
	return err
}

// printTotal prints how many changes there are.
func (t *timelineRun) printTotal(ctx context.Context) error {
	groups, err := t.db.ChangeGroups(ctx, query.GroupRequest{Filter: t.filter, By: query.ByService, Least: t.least, Exact: true})
	if err != nil {
		return err
	}
	var n int64
	for _, g := range groups {
		n += g.Count
	}
	return t.writeNumber(n)
}

// A timelineSection is a part of the timeline under a heading, "" for none.
type timelineSection struct {
	name  string
	group *query.ChangeGroup
}

// parts divides the timeline as --by asks.
func (t *timelineRun) parts(ctx context.Context) ([]timelineSection, error) {
	if t.by == query.Ungrouped {
		return []timelineSection{{}}, nil
	}
	groups, err := t.db.ChangeGroups(ctx, query.GroupRequest{Filter: t.filter, By: t.by, Order: t.order(), Least: t.least, Exact: true})
	if err != nil {
		return nil, err
	}
	out := make([]timelineSection, len(groups))
	for i := range groups {
		g := &groups[i]
		out[i] = timelineSection{name: groupName(*g), group: g}
	}
	return out, nil
}

func groupName(g query.ChangeGroup) string {
	if g.Absent {
		return "(none)"
	}
	return g.Name
}

// eachChange hands fn the rows of the timeline page by page, with the section
// they belong to.
func (t *timelineRun) eachChange(ctx context.Context, limit int64, fn func(s timelineSection, rows []query.Change) error) (int64, error) {
	parts, err := t.parts(ctx)
	if err != nil {
		return 0, err
	}
	var done int64
	for _, s := range parts {
		req := query.ChangeRequest{Filter: t.filter, Order: t.order(), Fold: t.fold, Least: t.least, By: t.by, Group: s.group, Sessions: true, Exact: true}
		for {
			req.N = 1000
			if limit > 0 {
				req.N = int(min(1000, limit-done))
			}
			page, err := t.db.Changes(ctx, req)
			if err != nil {
				return done, err
			}
			if err := fn(s, page.Rows); err != nil {
				return done, err
			}
			done += int64(len(page.Rows))
			if t.report != nil {
				t.report(done)
			}
			if limit > 0 && done >= limit {
				return done, nil
			}
			if !page.More && !page.Partial {
				break
			}
			if n := len(page.Rows); n > 0 {
				req.From = page.Rows[n-1].Cursor()
			}
		}
	}
	return done, nil
}
