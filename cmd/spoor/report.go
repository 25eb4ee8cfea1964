package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"
	"time"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/ui/text"
)

// reportMost bounds a report: what is longer is not read on paper.
const reportMost = 20_000

//go:embed report.html
var reportHTML string

//go:embed report.css
var reportCSS string

// A report is all that a report shows. Its texts are safe to show (text.Clean);
// the writers escape them for their format.
type report struct {
	Case, Filter   string
	Made, From, To string
	Zone           string
	Changes        int64 // rows stand for this many
	Tried          int64 // of them, those that failed
	Actors         int
	Rows           []reportRow
	Gravest        []reportRow // the high and critical ones of Rows, as far as they fit on a page
	MoreGrave      int
	under          string // the heading of the last of Rows
	Cut            bool
	Severities     []reportCount
	Lanes          []reportLane
	Ticks          []reportTick
	MoreActors     int
	Style          template.CSS
	Policy         string
}

type reportCount struct {
	Word string
	N    int64
}

// A reportRow is a line of the table; Heading, where it is set, stands above it.
type reportRow struct {
	N                                                                   int // its number, from 1
	Heading                                                             string
	Day, Clock                                                          string
	Until                                                               string // of the last of alike changes
	Time, Severity, Mark, Actor, IP, What, Outcome, ID, Object, Verdict string
	Noted                                                               []string // by analysts, a line each
}

type reportLane struct {
	Actor string
	Label string // as much of it as there is room for
	Total int64
	Y     int
	Dots  []reportDot
}

type reportTick struct {
	X    int
	Text string
}

type reportDot struct {
	X, Y, R  int
	Severity string
	Title    string
}

// writeReport writes the timeline of the filter to a file.
func (t *timelineRun) writeReport(ctx context.Context, path string) (*report, error) {
	r, err := t.newReport(ctx)
	if err != nil {
		return nil, err
	}
	err = atomicFile(path, func(w io.Writer) error {
		if strings.HasSuffix(strings.ToLower(path), ".md") {
			return r.markdown(w)
		}
		return r.html(w)
	})
	return r, err
}

func (t *timelineRun) newReport(ctx context.Context) (*report, error) {
	totals := t.db.Totals()
	r := &report{
		Case: clean(filepath.Base(t.db.Path())), Filter: clean(t.filter.String()), Zone: t.zone.String(),
		Made: t.now().In(t.zone).Format("2006-01-02 15:04 MST"),
		From: totals.From.In(t.zone).Format("2006-01-02 15:04"), To: totals.To.In(t.zone).Format("2006-01-02 15:04"),
	}
	limit := t.flags.limit
	if limit == 0 || limit > reportMost {
		limit = reportMost
	}
	var counts [change.Critical + 1]int64
	actors := map[string]bool{}
	n, err := t.eachChange(ctx, limit, func(sec timelineSection, rows []query.Change) error {
		lines, err := t.reportRows(ctx, rows)
		r.take(lines, clean(sec.name))
		for _, c := range rows {
			k := int64(1)
			if c.Fold != nil {
				k = int64(c.Fold.Count)
			}
			counts[min(c.Severity, uint8(change.Critical))] += k
			if r.Changes += k + int64(c.Made); c.Outcome != uint8(cloudtrail.OK) {
				r.Tried += k
			}
			actors[c.Actor] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Cut, r.Actors = n >= limit, len(actors)
	for s := change.Critical; ; s-- {
		r.Severities = append(r.Severities, reportCount{s.String(), counts[s]})
		if s == change.Info {
			break
		}
	}
	return r, t.reportLanes(ctx, r)
}

// gravestMost is how many changes a reader is told to look at first.
const gravestMost = 15

// take adds lines to the report, under the name of their group or the day.
func (r *report) take(lines []reportRow, group string) {
	for _, l := range lines {
		head := group
		if head == "" {
			head = l.Day
		}
		if head != r.under {
			l.Heading, r.under = head, head
		}
		if l.N = len(r.Rows) + 1; l.Severity == change.High.String() || l.Severity == change.Critical.String() {
			if len(r.Gravest) < gravestMost {
				r.Gravest = append(r.Gravest, l)
			} else {
				r.MoreGrave++
			}
		}
		r.Rows = append(r.Rows, l)
	}
}

// reportRows adds to changes where each lies and whether that is proven.
func (t *timelineRun) reportRows(ctx context.Context, rows []query.Change) ([]reportRow, error) {
	seqs := make([]int64, len(rows))
	for i, c := range rows {
		seqs[i] = c.Seq
	}
	from, err := t.db.RowsOf(ctx, seqs, []string{"object", "verdict"})
	if err != nil {
		return nil, err
	}
	out := make([]reportRow, len(rows))
	for i, c := range rows {
		verdict := from[i].Values[1].Text
		if verdict == "" {
			verdict = "not checked"
		}
		out[i] = reportRow{
			Day: t.moment(c.Time, "Monday 2006-01-02"), Clock: t.moment(c.Time, time.TimeOnly),
			Time: t.moment(c.Time, time.DateTime), Severity: severityWord(c.Severity), Mark: strings.TrimSpace(severityMarks[min(c.Severity, uint8(change.Critical))]),
			Actor: clean(c.Actor), IP: clean(c.SourceIP), What: clean(what(c)), Outcome: outcomeWord(c.Outcome), ID: clean(c.ID),
			Object: clean(from[i].Values[0].Text), Verdict: clean(verdict), Noted: noted(c),
		}
		if f := c.Fold; f != nil && f.First != f.Last {
			out[i].Until = t.moment(f.First+f.Last-c.Time, time.DateTime)
		}
	}
	return out, nil
}

// noted is what analysts wrote on a change, a line each.
func noted(c query.Change) []string {
	var out []string
	if c.Mark != "" {
		out = append(out, "marked "+clean(c.Mark))
	}
	if len(c.Tags) > 0 {
		out = append(out, clean("#"+strings.Join(c.Tags, " #")))
	}
	for line := range strings.SplitSeq(c.Note, "\n") {
		if line = clean(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func clean(s string) string { return string(text.Clean(s)) }

// The chart of lanes, in the units of its view box.
const (
	chartLeft, chartWidth = 190, 760
	laneHeight            = 18
	reportLaneMost        = 25
	reportTicks           = 5 // times said under the chart
)

func (t *timelineRun) reportLanes(ctx context.Context, r *report) error {
	const buckets = 95
	l, err := t.db.Lanes(ctx, query.LaneRequest{Filter: t.filter, Buckets: buckets, N: reportLaneMost, Least: t.least, Exact: true})
	if err != nil || len(l.Lanes) == 0 {
		return err
	}
	var most int64
	for _, lane := range l.Lanes {
		for _, n := range lane.Counts {
			most = max(most, n)
		}
	}
	r.MoreActors = l.Rest
	for i := range reportTicks {
		b := i * buckets / (reportTicks - 1)
		r.Ticks = append(r.Ticks, reportTick{X: chartLeft + b*chartWidth/buckets + 4, Text: l.Start.Add(l.Step * time.Duration(b)).In(t.zone).Format("2006-01-02 15:04")})
	}
	for i, lane := range l.Lanes {
		name := text.Clean(lane.Actor)
		out := reportLane{Actor: string(name), Label: string(text.Truncate(name, 26, "…")), Total: lane.Total, Y: i*laneHeight + laneHeight/2}
		for b, n := range lane.Counts {
			if n == 0 {
				continue
			}
			word := severityWord(lane.Worst[b])
			at := l.Start.Add(l.Step * time.Duration(b)).In(t.zone).Format("2006-01-02 15:04")
			out.Dots = append(out.Dots, reportDot{X: chartLeft + b*chartWidth/buckets + 4, Y: out.Y, R: 2 + int(4*n/most), Severity: word, Title: fmt.Sprintf("%s: %s, gravest %s", at, changesText(n), word)})
		}
		r.Lanes = append(r.Lanes, out)
	}
	return nil
}

// Bottom is where the lanes of the chart end, Height that of the chart with its times.
func (r *report) Bottom() int { return len(r.Lanes)*laneHeight + 4 }
func (r *report) Height() int { return r.Bottom() + 16 }

// html writes the report as one page that loads nothing and runs nothing: its
// policy allows one style sheet, by its hash, and no script whatever. Every
// text goes through html/template, which escapes by context.
func (r *report) html(w io.Writer) error {
	sum := sha256.Sum256([]byte(reportCSS))
	r.Style = template.CSS(reportCSS) //nolint:gosec // ours, not the log's
	r.Policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	page, err := template.New("report").Funcs(template.FuncMap{"plural": query.Plural[int]}).Parse(reportHTML)
	if err != nil {
		return err
	}
	return page.Execute(w, r)
}

// markdown writes the report as Markdown. Every text is escaped, so that none
// becomes a link, an image, HTML or another row.
func (r *report) markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Who changed what\n\nCase %s, events from %s to %s (%s). Made by spoor on %s.\n\n", md(r.Case), md(r.From), md(r.To), md(r.Zone), md(r.Made))
	if r.Filter != "" {
		fmt.Fprintf(&b, "Filter: %s\n\n", md(r.Filter))
	}
	var parts []string
	for _, s := range r.Severities {
		parts = append(parts, fmt.Sprintf("%s %s", number(s.N), s.Word))
	}
	fmt.Fprintf(&b, "%s: %s.\n\n", changesText(r.Changes), strings.Join(parts, ", "))
	if len(r.Gravest) > 0 {
		b.WriteString("## Look at these first\n\n")
	}
	for _, l := range r.Gravest {
		fmt.Fprintf(&b, "- %s, %s %s: %s\n", l.Time, l.Severity, md(l.Actor), md(l.What))
	}
	if r.MoreGrave > 0 {
		fmt.Fprintf(&b, "- and %d more graded high or critical\n", r.MoreGrave)
	}
	b.WriteString("\n## Changes per actor\n\n")
	for _, l := range r.Lanes {
		fmt.Fprintf(&b, "- %s: %s\n", md(l.Actor), number(l.Total))
	}
	if r.MoreActors > 0 {
		fmt.Fprintf(&b, "- and %s more %s\n", number(r.MoreActors), query.Plural(r.MoreActors, "actor"))
	}
	b.WriteString("\n## All changes\n\n| Time | Severity | Actor | Source | Change | Outcome | Event | Object | Integrity |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, row := range r.Rows {
		b.WriteString("|")
		what := strings.Join(append([]string{row.What}, row.Noted...), "; ")
		for _, cell := range []string{row.Time, strings.TrimSpace(row.Mark + " " + row.Severity), row.Actor, row.IP, what, row.Outcome, row.ID, row.Object, row.Verdict} {
			b.WriteString(" " + md(cell) + " |")
		}
		b.WriteString("\n")
	}
	if r.Cut {
		b.WriteString("\nThe report ends here; more changes match.\n")
	}
	fmt.Fprintf(&b, "\n%s\n", md(reportNotes))
	_, err := io.WriteString(w, b.String())
	return err
}

// reportNotes tell a reader who does not know spoor what the words mean.
const reportNotes = "Severity is a hint by what was done, raised for root, for exposure to everyone, and for a principal or address on the day it is first seen and the day after. " +
	"Integrity tells what the signed digest files of CloudTrail say of the log file: valid is proven, not checked means that no check was run. " +
	"Each line names the record (event id) and the log file (object) that it comes from."

// Notes are reportNotes, for the template.
func (r *report) Notes() string { return reportNotes }

// mdEscapes are the characters that mean something in Markdown.
var mdEscapes = strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]",
	"`", "\\`", "#", "\\#", "!", "\\!", "~", "\\~", "@", "\\@", "\n", " ", "\r", " ")

// md makes any text one inert cell or line of Markdown: names in it are not ours.
func md(s string) string { return mdEscapes.Replace(s) }
