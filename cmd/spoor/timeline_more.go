package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"spoor/query"
	"spoor/ui/text"
)

// groupHeading prints the line above the changes of a group.
func (t *timelineRun) groupHeading(w io.Writer, s timelineSection, gap bool) error {
	sep := ""
	if gap {
		sep = "\n"
	}
	g := s.group
	line := fmt.Sprintf("%s%s: %s", sep, text.Clean(s.name), changesText(g.Count))
	if g.Denied > 0 {
		line += fmt.Sprintf(", %s denied", number(g.Denied))
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

// printLanes draws a lane per actor over time.
func (t *timelineRun) printLanes(ctx context.Context) error {
	const buckets, most = 48, 40
	lanes, err := t.db.Lanes(ctx, query.LaneRequest{Filter: t.filter, Buckets: buckets, N: most, Least: t.least, Exact: true})
	if err != nil {
		return err
	}
	return t.write(func(w io.Writer) error {
		if t.flags.records() {
			return json.NewEncoder(w).Encode(lanesJSON(lanes, t.zone))
		}
		return t.drawLanes(w, lanes)
	})
}

type jsonLanes struct {
	Start time.Time  `json:"start"`
	Step  float64    `json:"step_seconds"`
	Lanes []jsonLane `json:"lanes"`
	Rest  int        `json:"more_actors"`
}

type jsonLane struct {
	Actor  string   `json:"actor"`
	Total  int64    `json:"total"`
	Counts []int64  `json:"counts"`
	Worst  []string `json:"worst"`
}

func lanesJSON(l query.Lanes, zone *time.Location) jsonLanes {
	out := jsonLanes{Start: l.Start.In(zone), Step: l.Step.Seconds(), Rest: l.Rest, Lanes: []jsonLane{}}
	for _, lane := range l.Lanes {
		j := jsonLane{Actor: lane.Actor, Total: lane.Total, Counts: lane.Counts}
		for i, s := range lane.Worst {
			word := ""
			if lane.Counts[i] > 0 {
				word = severityWord(s)
			}
			j.Worst = append(j.Worst, word)
		}
		out.Lanes = append(out.Lanes, j)
	}
	return out
}

// drawLanes draws each step by the mark of its gravest change.
func (t *timelineRun) drawLanes(w io.Writer, l query.Lanes) error {
	if len(l.Lanes) == 0 {
		_, err := fmt.Fprintln(w, "no changes")
		return err
	}
	end := l.Start.Add(l.Step * time.Duration(len(l.Lanes[0].Counts)))
	fmt.Fprintf(w, "%s to %s, %s a step; the mark of the gravest change: # critical ! high * medium . low - info\n",
		l.Start.In(t.zone).Format("2006-01-02 15:04 MST"), end.In(t.zone).Format("2006-01-02 15:04"), l.Step.Round(time.Second))
	for _, lane := range l.Lanes {
		var b strings.Builder
		for i, n := range lane.Counts {
			mark := byte(' ')
			if n > 0 {
				mark = "-.*!#"[min(lane.Worst[i], 4)]
			}
			b.WriteByte(mark)
		}
		if _, err := fmt.Fprintf(w, "%s |%s| %s\n", text.Pad(text.Clean(lane.Actor), 30, "…"), b.String(), number(lane.Total)); err != nil {
			return err
		}
	}
	if l.Rest > 0 {
		fmt.Fprintf(w, "and %s more %s\n", number(l.Rest), query.Plural(l.Rest, "actor"))
	}
	return nil
}

// printHistory prints what happened to one resource, and who read it.
func (t *timelineRun) printHistory(ctx context.Context, resource, kind string) error {
	n := int(t.flags.limit)
	if n == 0 {
		n = 10_000
	}
	h, err := t.db.History(ctx, query.HistoryRequest{Resource: resource, Type: kind, Filter: t.filter, Order: t.order(), N: n})
	if err != nil {
		return err
	}
	return t.write(func(w io.Writer) error {
		switch t.flags.format {
		case "json", "ndjson", "csv":
			return t.historyRows(ctx, w, h)
		}
		return t.historyTable(w, h)
	})
}

// historyRows prints the changes in the form of the timeline.
func (t *timelineRun) historyRows(ctx context.Context, w io.Writer, h query.ResourceHistory) error {
	rows := make([]jsonChange, 0, len(h.Changes))
	causes, err := t.causes(ctx, h.Changes)
	if err != nil {
		return err
	}
	for _, c := range h.Changes {
		rows = append(rows, t.row(timelineSection{}, c, causes))
	}
	if t.flags.records() {
		return writeJSON(w, t.flags.format, rows)
	}
	out := t.newCSV(w, "time", "actor", "summary", "severity", "outcome", "resource", "event_id", "source_ip")
	for _, c := range h.Changes {
		row := csvRow(t.moment(c.Time, time.RFC3339Nano), c.Actor, c.Summary, severityWord(c.Severity), outcomeWord(c.Outcome), c.Resource, c.ID, c.SourceIP)
		if err := out.Write(row); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (t *timelineRun) historyTable(w io.Writer, h query.ResourceHistory) error {
	name := string(text.Clean(h.Names[0]))
	if h.Type != "" {
		name += " (" + string(text.Clean(h.Type)) + ")"
	}
	fmt.Fprintln(w, name)
	if len(h.Names) > 1 {
		fmt.Fprintf(w, "also known as %s\n", text.Clean(strings.Join(h.Names[1:], ", ")))
	}
	if len(h.Changes) == 0 {
		fmt.Fprintln(w, "no change to it is in this case")
	}
	tab := newTable(w, 0, "time", "severity", "actor", "ip", "change")
	for _, c := range h.Changes {
		if err := tab.add(t.moment(c.Time, time.DateTime), severityText(c.Severity), c.Actor, c.SourceIP, what(c)); err != nil {
			return err
		}
	}
	if len(h.Changes) > 0 {
		if err := tab.flush(); err != nil {
			return err
		}
	}
	if !h.Reads {
		_, err := fmt.Fprintln(w, "reads of it: none recorded (trails record reads of data only where they are told to)")
		return err
	}
	fmt.Fprintln(w, "\nread by")
	tab = newTable(w, 0, "actor", "call", "outcome", "times", "first", "last")
	for _, r := range h.Readers {
		if err := tab.add(r.Actor, r.Action, outcomeWord(r.Outcome), number(r.Count), t.moment(r.First, time.DateTime), t.moment(r.Last, time.DateTime)); err != nil {
			return err
		}
	}
	return tab.flush()
}

// printState prints what the case tells of a resource at a time.
func (t *timelineRun) printState(ctx context.Context, resource, kind, at string) error {
	when, err := instant("at", at, t.zone, true)
	if err != nil {
		return err
	}
	s, err := t.db.StateAt(ctx, resource, kind, "", when)
	if err != nil {
		return err
	}
	return t.write(func(w io.Writer) error {
		if t.flags.records() {
			return json.NewEncoder(w).Encode(t.stateJSON(s))
		}
		tab := newTable(w, 0, "aspect", "which", "value", "since")
		for _, f := range s.Facts {
			since := "inferred"
			if !f.Inferred {
				since = t.moment(f.Since, time.DateTime)
			}
			if err := tab.add(f.Aspect, f.Key, f.Value, since); err != nil {
				return err
			}
		}
		if err := tab.flush(); err != nil {
			return err
		}
		for _, u := range s.Unknown {
			fmt.Fprintf(w, "%s: unknown before %s\n", text.Clean(u.Aspect), t.moment(u.Since, time.DateTime))
		}
		if len(s.Facts)+len(s.Unknown) == 0 {
			fmt.Fprintln(w, "the case tells nothing of its state by then")
		}
		return nil
	})
}

type jsonFact struct {
	Aspect   string  `json:"aspect"`
	Key      string  `json:"key"`
	Value    string  `json:"value"`
	Inferred bool    `json:"inferred"`
	Since    *string `json:"since"`
}

func (t *timelineRun) stateJSON(s query.State) any {
	facts := []jsonFact{}
	for _, f := range s.Facts {
		j := jsonFact{Aspect: f.Aspect, Key: f.Key, Value: f.Value, Inferred: f.Inferred}
		if !f.Inferred {
			j.Since = optional(t.moment(f.Since, time.RFC3339Nano))
		}
		facts = append(facts, j)
	}
	unknown := map[string]string{}
	for _, u := range s.Unknown {
		unknown[u.Aspect] = t.moment(u.Since, time.RFC3339Nano)
	}
	return map[string]any{"resource": s.Resource, "type": s.Type, "at": t.moment(s.At, time.RFC3339Nano), "facts": facts, "unknown_before": unknown}
}

// printDiff prints before and after of the change with an event id.
func (t *timelineRun) printDiff(ctx context.Context, id string) error {
	f, err := query.Is("id", query.Value{Text: id})
	if err != nil {
		return usagef("--diff: %v", err)
	}
	page, err := t.db.Changes(ctx, query.ChangeRequest{Filter: f, N: 1, Exact: true})
	if err != nil {
		return err
	}
	if len(page.Rows) == 0 {
		return fmt.Errorf("show before and after: no change in this case has the event id %s", text.Clean(id))
	}
	d, err := t.db.Diff(ctx, page.Rows[0].Seq)
	if err != nil {
		return err
	}
	return t.write(func(w io.Writer) error {
		if t.flags.records() {
			return json.NewEncoder(w).Encode(diffJSON(d))
		}
		return t.diffTable(w, page.Rows[0], d)
	})
}

var markWords = [...]string{query.Same: "same", query.Added: "added", query.Removed: "removed", query.Altered: "altered"}

func diffJSON(d query.Diff) any {
	type line struct {
		Mark     string `json:"mark"`
		Aspect   string `json:"aspect"`
		Key      string `json:"key"`
		Before   string `json:"before"`
		After    string `json:"after"`
		Unknown  bool   `json:"before_unknown"`
		Inferred bool   `json:"before_inferred"`
	}
	lines := []line{}
	for _, l := range d.Lines {
		lines = append(lines, line{markWords[l.Mark], l.Aspect, l.Key, l.Before, l.After, l.Unknown, l.Inferred})
	}
	return map[string]any{"resource": d.Resource, "type": d.Type, "lines": lines, "note": d.Note}
}

func (t *timelineRun) diffTable(w io.Writer, c query.Change, d query.Diff) error {
	fmt.Fprintf(w, "%s  %s  %s\n", t.moment(c.Time, time.DateTime), text.Clean(c.Actor), text.Clean(c.Summary))
	if d.Note != "" {
		_, err := fmt.Fprintln(w, d.Note)
		return err
	}
	tab := newTable(w, 0, "", "aspect", "which", "before", "after")
	for _, l := range d.Lines {
		before := l.Before
		if l.Unknown {
			before = "unknown"
		} else if l.Inferred {
			before += " (inferred)"
		}
		if err := tab.add(strings.TrimSpace(string(" +-~"[l.Mark])), l.Aspect, l.Key, before, l.After); err != nil {
			return err
		}
	}
	return tab.flush()
}
