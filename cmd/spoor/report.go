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
	Case, Filter       string
	Made, From, To     string
	Zone               string
	Changes            int64 // rows stand for this many
	Rows               []reportRow
	Cut                bool
	Severities         []reportCount
	Lanes              []reportLane
	LanesFrom, LanesTo string
	MoreActors         int
	Style              template.CSS
	Policy             string
}

type reportCount struct {
	Word string
	N    int64
}

type reportRow struct {
	Time, Severity, Mark, Actor, IP, What, Outcome, ID, Object, Verdict string
	Noted                                                               []string // by analysts, a line each
}

type reportLane struct {
	Actor string
	Total int64
	Y     int
	Dots  []reportDot
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
	n, err := t.eachChange(ctx, limit, func(_ timelineSection, rows []query.Change) error {
		lines, err := t.reportRows(ctx, rows)
		r.Rows = append(r.Rows, lines...)
		for _, c := range rows {
			k := int64(1)
			if c.Fold != nil {
				k = int64(c.Fold.Count)
			}
			counts[min(c.Severity, uint8(change.Critical))] += k
			r.Changes += k + int64(c.Made)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Cut = n >= limit
	for s := change.Critical; ; s-- {
		r.Severities = append(r.Severities, reportCount{s.String(), counts[s]})
		if s == change.Info {
			break
		}
	}
	return r, t.reportLanes(ctx, r)
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
			Time: t.moment(c.Time, "2006-01-02 15:04:05"), Severity: severityWord(c.Severity), Mark: strings.TrimSpace(severityMarks[min(c.Severity, uint8(change.Critical))]),
			Actor: clean(c.Actor), IP: clean(c.SourceIP), What: clean(what(c)), Outcome: outcomeWord(c.Outcome), ID: clean(c.ID),
			Object: clean(from[i].Values[0].Text), Verdict: clean(verdict), Noted: noted(c),
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
	r.LanesFrom = l.Start.In(t.zone).Format("2006-01-02 15:04")
	r.LanesTo = l.Start.Add(l.Step * buckets).In(t.zone).Format("2006-01-02 15:04")
	for i, lane := range l.Lanes {
		out := reportLane{Actor: string(text.Truncate(text.Clean(lane.Actor), 26, "…")), Total: lane.Total, Y: i*laneHeight + laneHeight/2}
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

// Height is that of the chart.
func (r *report) Height() int { return len(r.Lanes)*laneHeight + 4 }

// html writes the report as one page that loads nothing and runs nothing: its
// policy allows one style sheet, by its hash, and no script whatever. Every
// text goes through html/template, which escapes by context.
func (r *report) html(w io.Writer) error {
	sum := sha256.Sum256([]byte(reportCSS))
	r.Style = template.CSS(reportCSS) //nolint:gosec // ours, not the log's
	r.Policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	page, err := template.New("report").Parse(reportHTML)
	if err != nil {
		return err
	}
	return page.Execute(w, r)
}

// markdown writes the report as Markdown. Every text is escaped, so that none
// becomes a link, an image, HTML or another row.
func (r *report) markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Timeline\n\nCase %s, events from %s to %s (%s). Made by spoor on %s.\n\n", md(r.Case), md(r.From), md(r.To), md(r.Zone), md(r.Made))
	if r.Filter != "" {
		fmt.Fprintf(&b, "Filter: %s\n\n", md(r.Filter))
	}
	var parts []string
	for _, s := range r.Severities {
		parts = append(parts, fmt.Sprintf("%s %s", number(s.N), s.Word))
	}
	fmt.Fprintf(&b, "%s: %s.\n\n", changesText(r.Changes), strings.Join(parts, ", "))
	for _, l := range r.Lanes {
		fmt.Fprintf(&b, "- %s: %s\n", md(l.Actor), number(l.Total))
	}
	b.WriteString("\n| Time | Severity | Actor | Source | Change | Outcome | Event | Object | Integrity |\n|---|---|---|---|---|---|---|---|---|\n")
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
	_, err := io.WriteString(w, b.String())
	return err
}

// mdEscapes are the characters that mean something in Markdown.
var mdEscapes = strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]",
	"`", "\\`", "#", "\\#", "!", "\\!", "~", "\\~", "@", "\\@", "\n", " ", "\r", " ")

func md(s string) string { return mdEscapes.Replace(s) }
