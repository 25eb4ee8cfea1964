package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
	"spoor/ui/text"
)

func histogramCommand(a *app) *cobra.Command {
	var by string
	var buckets int
	cmd := &cobra.Command{
		Use:   "histogram [FILTER]",
		Short: "events over time",
		Example: `  spoor histogram
  spoor histogram --by service --buckets 24 actor:alice
  spoor histogram --format csv error:* -o errors.csv`,
		GroupID: "ask",
		RunE: func(cmd *cobra.Command, args []string) error {
			if buckets < 1 || buckets > 10000 {
				return usagef("--buckets: %d is not between 1 and 10000", buckets)
			}
			if err := checkColumn("--by", by); err != nil {
				return err
			}
			return a.ofEvents(cmd.Context(), args, func(db *store.DB, f query.Filter) error {
				start := a.now()
				n, err := settle(cmd.Context(), db, f)
				if err != nil {
					return err
				}
				h, err := db.Histogram(cmd.Context(), query.HistogramRequest{Filter: f, By: by, Buckets: buckets})
				if err != nil {
					return err
				}
				if n.N == 0 {
					a.sayNone("event", db)
				}
				a.timed(int64(buckets), start)
				return a.printHistogram(h)
			})
		},
	}
	cmd.Flags().StringVar(&by, "by", "outcome", "field to split by")
	cmd.Flags().IntVar(&buckets, "buckets", 60, "how many steps of time")
	return cmd
}

func (a *app) printHistogram(h query.Histogram) error {
	return a.write(func(w io.Writer) error {
		switch a.flags.format {
		case "json", "ndjson":
			return writeJSON(w, a.flags.format, histogramJSON(h, a.zone))
		case "csv":
			return a.histogramCSV(w, h)
		}
		return a.drawHistogram(w, h)
	})
}

type jsonBucket struct {
	Time   time.Time        `json:"time"`
	Counts map[string]int64 `json:"counts"`
	Total  int64            `json:"total"`
}

func histogramJSON(h query.Histogram, zone *time.Location) []jsonBucket {
	out := make([]jsonBucket, steps(h))
	for i := range out {
		out[i] = jsonBucket{Time: h.Start.Add(time.Duration(i) * h.Step).In(zone), Counts: map[string]int64{}}
		for _, s := range h.Series {
			out[i].Counts[s.Name] = s.Counts[i]
			out[i].Total += s.Counts[i]
		}
	}
	return out
}

func steps(h query.Histogram) int {
	if len(h.Series) == 0 {
		return 0
	}
	return len(h.Series[0].Counts)
}

func (a *app) histogramCSV(w io.Writer, h query.Histogram) error {
	head := []string{"time"}
	for _, s := range h.Series {
		head = append(head, s.Name)
	}
	rows := a.newCSV(w, head...)
	for _, b := range histogramJSON(h, a.zone) {
		row := []query.Value{{Text: b.Time.Format(time.RFC3339)}}
		for _, s := range h.Series {
			row = append(row, query.Value{Text: fmt.Sprint(b.Counts[s.Name])})
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	return rows.Flush()
}

// drawHistogram prints a bar a step, and what makes it up where more than one
// kind does.
func (a *app) drawHistogram(w io.Writer, h query.Histogram) error {
	const barWidth = 40
	var most int64
	rows := histogramJSON(h, a.zone)
	for _, b := range rows {
		most = max(most, b.Total)
	}
	for _, b := range rows {
		var parts []string
		for _, s := range h.Series {
			if n := b.Counts[s.Name]; n > 0 {
				parts = append(parts, fmt.Sprintf("%s %s", text.Clean(s.Name), number(n)))
			}
		}
		if _, err := fmt.Fprintf(w, "%s %s %9s  %s\n", b.Time.Format("2006-01-02 15:04:05 MST"), bar(b.Total, most, barWidth), number(b.Total), strings.Join(parts, ", ")); err != nil {
			return err
		}
	}
	if h.NoTime > 0 {
		fmt.Fprintf(w, "%s without a usable time\n", query.Counted(h.NoTime, "event"))
	}
	return nil
}

// bar draws n out of most in eighths of a cell, padded to width cells.
func bar(n, most int64, width int) string {
	if most == 0 {
		return strings.Repeat(" ", width)
	}
	eighths := int(n * int64(width) * 8 / most)
	if n > 0 && eighths == 0 {
		eighths = 1
	}
	s := strings.Repeat("█", eighths/8)
	if r := eighths % 8; r > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[r-1])
	}
	return s + strings.Repeat(" ", width-len([]rune(s)))
}
