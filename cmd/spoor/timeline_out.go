package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/store"
	"spoor/ui"
)

// A jsonChange is a row of timeline --format json; the names up to source_ip
// are the contract.
type jsonChange struct {
	Time         *string  `json:"time"`
	Actor        string   `json:"actor"`
	Account      string   `json:"account"`
	Region       string   `json:"region"`
	Service      string   `json:"service"`
	Action       string   `json:"action"`
	ResourceType string   `json:"resource_type"`
	Resource     string   `json:"resource"`
	Summary      string   `json:"summary"`
	Severity     string   `json:"severity"`
	Outcome      string   `json:"outcome"`
	Session      *string  `json:"session"`
	EventID      *string  `json:"event_id"`
	SourceIP     string   `json:"source_ip"`
	Error        string   `json:"error,omitempty"`
	Group        string   `json:"group,omitempty"`
	Via          string   `json:"via,omitempty"`    // service that made the call with the actor's rights
	Cause        string   `json:"cause,omitempty"`  // event id of the call that this one comes from
	Public       bool     `json:"public,omitempty"` // exposes something to everyone
	Probe        bool     `json:"probe,omitempty"`  // a dry run
	New          []string `json:"new,omitempty"`    // principal, address
	Count        int      `json:"count,omitempty"`  // with --fold: how many changes the row stands for
	Until        string   `json:"until,omitempty"`
	Resources    []string `json:"resources,omitempty"`
	Made         int      `json:"made,omitempty"` // service-made changes folded under this call
	Mark         string   `json:"mark,omitempty"` // what analysts noted of the event
	Note         string   `json:"note,omitempty"`
	Tags         []string `json:"tags,omitempty"`
}

func outcomeWord(o uint8) string { return cloudtrail.Outcome(o).String() }

// row turns a change into its JSON form.
func (t *timelineRun) row(s timelineSection, c query.Change, causes map[int64]string) jsonChange {
	r := jsonChange{
		Time: optional(t.moment(c.Time, time.RFC3339Nano)), Actor: c.Actor, Account: c.Account, Region: c.Region, Service: c.Service, Action: c.Action,
		ResourceType: c.ResourceType, Resource: c.Resource, Summary: c.Summary, Severity: severityWord(c.Severity), Outcome: outcomeWord(c.Outcome),
		Session: optional(c.Session), EventID: optional(c.ID), SourceIP: c.SourceIP, Error: c.Error, Via: c.Via, Cause: causes[c.Cause],
		Public: c.Public, Probe: c.Probe, Made: c.Made, New: newness(c),
		Mark: c.Mark, Note: c.Note, Tags: c.Tags,
	}
	if s.group != nil {
		r.Group = s.name
	}
	if f := c.Fold; f != nil {
		r.Count, r.Resources, r.Until = f.Count, f.Resources, t.moment(f.Last, time.RFC3339Nano)
		if c.Time == f.Last {
			r.Until = t.moment(f.First, time.RFC3339Nano)
		}
	}
	return r
}

func newness(c query.Change) []string {
	var out []string
	if c.NewActor {
		out = append(out, "principal")
	}
	if c.NewAddress {
		out = append(out, "address")
	}
	return out
}

// causes finds the event ids of the calls that changes come from.
func (t *timelineRun) causes(ctx context.Context, rows []query.Change) (map[int64]string, error) {
	if err := t.db.ChangeCauses(ctx, t.filter, rows); err != nil {
		return nil, err
	}
	out := map[int64]string{}
	var seqs []int64
	for _, r := range rows {
		if _, ok := out[r.Cause]; r.Cause != 0 && !ok {
			out[r.Cause] = ""
			seqs = append(seqs, r.Cause)
		}
	}
	found, err := t.db.RowsOf(ctx, seqs, []string{"id"})
	for _, r := range found {
		out[r.Seq] = r.Values[0].Text
	}
	return out, err
}

// exportChanges writes the timeline that the screen shows: one row a change for
// programs, folded as on the screen in a report.
func (a *app) exportChanges(ctx context.Context, db *store.DB, r ui.ExportRequest, report func(int64)) (n int64, err error) {
	t := &timelineRun{app: a, db: db, filter: r.Filter, by: r.Changes.By, least: r.Changes.Least, report: report}
	if a.flags.order = "newest"; r.Order == query.Oldest {
		a.flags.order = "oldest"
	}
	if _, err := settle(ctx, db, t.filter); err != nil {
		return 0, err
	}
	if r.Format == "html" || r.Format == "md" {
		t.fold = r.Changes.Fold
		page, err := t.writeReport(ctx, r.Path)
		if err != nil {
			return 0, err
		}
		return page.Changes, nil
	}
	err = atomicFile(r.Path, func(w io.Writer) error {
		n, err = t.export(ctx, w)
		return err
	})
	return n, err
}

// export writes the timeline in the chosen format and counts its rows.
func (t *timelineRun) export(ctx context.Context, w io.Writer) (int64, error) {
	switch t.flags.format {
	case "json", "ndjson":
		return t.exportJSON(ctx, w)
	case "csv":
		return t.exportCSV(ctx, w)
	}
	return t.exportTable(ctx, w)
}

func (t *timelineRun) exportJSON(ctx context.Context, w io.Writer) (int64, error) {
	out := t.newJSONStream(w)
	n, err := t.eachChange(ctx, t.flags.limit, func(s timelineSection, rows []query.Change) error {
		causes, err := t.causes(ctx, rows)
		if err != nil {
			return err
		}
		for _, c := range rows {
			if err := out.encode(t.row(s, c, causes)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	return n, out.end()
}

// changeCSV are the columns of a CSV.
var changeCSV = []string{"time", "actor", "account", "region", "service", "action", "resource_type", "resource", "summary", "severity", "outcome",
	"error", "session", "event_id", "source_ip", "via", "cause", "new", "count", "mark", "note", "tags"}

func (t *timelineRun) exportCSV(ctx context.Context, w io.Writer) (int64, error) {
	out := t.newCSV(w, changeCSV...)
	n, err := t.eachChange(ctx, t.flags.limit, func(s timelineSection, rows []query.Change) error {
		causes, err := t.causes(ctx, rows)
		if err != nil {
			return err
		}
		for _, c := range rows {
			count := 1
			if c.Fold != nil {
				count = c.Fold.Count
			}
			row := csvRow(t.moment(c.Time, time.RFC3339Nano), c.Actor, c.Account, c.Region, c.Service, c.Action, c.ResourceType, c.Resource, c.Summary,
				severityWord(c.Severity), outcomeWord(c.Outcome), c.Error, c.Session, c.ID, c.SourceIP, c.Via, causes[c.Cause],
				strings.Join(newness(c), " "), fmt.Sprint(count), c.Mark, c.Note, strings.Join(c.Tags, " "))
			if err := out.Write(row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	return n, out.Flush()
}

// severityMarks are the severities at a glance, beside their words.
var severityMarks = [...]string{"  ", "· ", "* ", "! ", "!!"}

func severityWord(s uint8) string { return change.Severity(s).String() }

func severityText(s uint8) string {
	return severityMarks[min(s, uint8(change.Critical))] + " " + severityWord(s)
}

// what is the sentence with what the row stands for besides.
func what(c query.Change) string {
	s := c.Summary
	if c.Fold != nil {
		s += fmt.Sprintf(" (and %s more alike)", number(c.Fold.Count-1))
	}
	if c.Made > 0 {
		s += fmt.Sprintf(" [%s more by services]", number(c.Made))
	}
	if c.Via != "" {
		s += " [via " + strings.TrimSuffix(c.Via, ".amazonaws.com") + "]"
	}
	if len(newness(c)) > 0 {
		s += " [new " + strings.Join(newness(c), " and ") + "]"
	}
	return s
}

func (t *timelineRun) exportTable(ctx context.Context, w io.Writer) (int64, error) {
	onScreen, width := t.outTTY && t.flags.output == "", t.tableWidth()
	limit := t.flags.limit
	if onScreen && limit == 0 {
		limit = screenfulOfRows
	}
	var tab *table
	heading := "\x00"
	n, err := t.eachChange(ctx, limit, func(s timelineSection, rows []query.Change) error {
		if tab == nil || s.name != heading {
			if tab != nil {
				if err := tab.flush(); err != nil {
					return err
				}
			}
			if s.group != nil {
				if err := t.groupHeading(w, s, tab != nil); err != nil {
					return err
				}
			}
			heading = s.name
			tab = newTable(w, width, "time", "severity", "actor", "ip", "change")
		}
		for _, c := range rows {
			if err := tab.add(t.moment(c.Time, time.DateTime), severityText(c.Severity), c.Actor, c.SourceIP, what(c)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	if tab != nil {
		if err := tab.flush(); err != nil {
			return n, err
		}
	}
	if onScreen && t.flags.limit == 0 && n >= screenfulOfRows {
		fmt.Fprintf(t.errw, "the first %d lines; --limit N or -o FILE gives more\n", n)
	}
	return n, nil
}

// changesText is a number of changes in words.
func changesText(n int64) string { return query.Counted(n, "change") }
