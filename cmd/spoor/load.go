package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"spoor/loader"
	"spoor/query"
	"spoor/query/store"
)

// fillMemory is what the database may use while it is only filled, in bytes. Row
// groups being packed and the texts of a lot take some 50 MB; what it has written
// it keeps in memory as far as it may.
const fillMemory = 96 << 20

// fillThreads are those of the database while it is only filled. Rows are inserted
// by one thread in any case, and it spins while another has the work; the
// processors are busy unpacking.
const fillThreads = 1

// fill prepares for a command that only fills a case. What it returns ends that.
func (a *app) fill() (end func()) {
	a.memory, a.threads = fillMemory, fillThreads
	return a.collect(fillHeap)
}

func loadCommand(a *app) *cobra.Command {
	var dryRun, index bool
	cmd := &cobra.Command{
		Use:   "load SOURCE...",
		Short: "load log files into a case, without the screen",
		Long: `Loads log files into a case. What an earlier run loaded is not fetched again, so
the same command goes on where a stopped one ended. An object that can't be
read never stops the others: it is counted, listed, and tried again next time.`,
		Example: `  spoor load ./logs
  spoor load s3://my-trail-bucket/AWSLogs --since 2024-05-01 --until 2024-05-03 --region us-east-1
  spoor load s3://my-trail-bucket/AWSLogs --since 2024-05-01 --dry-run
  spoor load s3://my-trail-bucket/AWSLogs --since 2024-05-01 --follow
  spoor load -c big.spoor --index ./logs
  spoor load -c incident.spoor export.zip more/*.json.gz --format json`,
		GroupID: "look",
		Args:    needSource,
		RunE: func(cmd *cobra.Command, args []string) error {
			if dryRun {
				return a.survey(cmd.Context(), args)
			}
			defer a.fill()()
			if a.flags.follow {
				return a.follow(cmd.Context(), args)
			}
			db, report, err := a.loadInto(cmd.Context(), args)
			if err != nil {
				return err
			}
			defer a.release(db)
			if index {
				if err := a.index(cmd.Context(), db); err != nil {
					return err
				}
			}
			if report.Objects.Failed > 0 {
				a.status = exitPartial
			}
			return a.printReport(report, db.Path())
		},
	}
	cmd.Flags().BoolVar(&index, "index", false, "also ready the case for free text and paths, which takes about as long again; else the first search or the screen does")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only list, and say what would be loaded")
	return cmd
}

func needSource(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageError{fmt.Errorf("no SOURCE given"), "name a file, a folder, a glob, an archive, - or s3://bucket/prefix"}
	}
	return nil
}

// loadOptions are the loader's part of the flags.
func (a *app) loadOptions(scope loader.Scope, p *loader.Progress) (loader.Options, error) {
	limit, err := parseSize(a.flags.maxObject)
	if err != nil {
		return loader.Options{}, usagef("--max-object: %v", err)
	}
	return loader.Options{Scope: scope, Jobs: a.flags.jobs, MaxUnpacked: limit, Progress: p}, nil
}

// index readies a case for searches of the records.
func (a *app) index(ctx context.Context, db *store.DB) error {
	all := db.Totals().Events
	var done atomic.Int64
	stop := a.statusLine(func() string {
		return fmt.Sprintf("readying the case for searches: %s of %s events", number(done.Load()), number(all))
	})
	defer stop()
	return db.IndexNow(ctx, done.Store)
}

// manyUnready is from how many events on a first search takes some seconds.
const manyUnready = 500_000

// sayUnready tells that a filter is about to read much of a case for the first
// time.
func (a *app) sayUnready(ctx context.Context, db *store.DB, f query.Filter) {
	if n, err := db.Unready(ctx, f); err == nil && n >= manyUnready {
		fmt.Fprintf(a.errw, "the first search of this case reads %s events and takes a while, later ones do not; spoor load --index does it beforehand\n", number(n))
	}
}

// load fills db and shows progress on standard error while a person watches.
func (a *app) load(ctx context.Context, db *store.DB, sources []loader.Source, scope loader.Scope) (loader.Report, error) {
	var progress loader.Progress
	opts, err := a.loadOptions(scope, &progress)
	if err != nil {
		return loader.Report{}, err
	}
	defer spareProcessors(&opts, loadThreads)()
	stop := a.showProgress(&progress)
	report, err := loader.Load(ctx, sources, db, opts)
	stop()
	return report, err
}

// showProgress draws one line about a load until stopped.
func (a *app) showProgress(p *loader.Progress) (stop func()) {
	return a.statusLine(func() string { return progressLine(p.Sample(a.now())) })
}

// statusLine draws a line on standard error ten times a second, while a person
// watches, and wipes it when stopped.
func (a *app) statusLine(line func() string) (stop func()) {
	if !a.errTTY {
		return func() {}
	}
	quit := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				fmt.Fprint(a.errw, "\r\x1b[K")
				return
			case <-tick.C:
				fmt.Fprint(a.errw, "\r\x1b[K"+line())
			}
		}
	})
	return func() { close(quit); done.Wait() }
}

func progressLine(s loader.Sample) string {
	line := fmt.Sprintf("%s of %s · %s · %s · %s events/s",
		number(s.Ended()), query.Counted(s.Listed, "object"), query.Counted(s.Kept, "event"), bytesText(s.Unpacked), number(int64(s.Rate)))
	if s.Failed > 0 {
		line += fmt.Sprintf(" · %s failed", number(s.Failed))
	}
	if s.Left > 0 {
		line += " · " + s.Left.Round(time.Second).String() + " left"
	}
	return line
}

func (a *app) printReport(r loader.Report, path string) error {
	return a.write(func(w io.Writer) error {
		if a.flags.records() {
			return json.NewEncoder(w).Encode(r)
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s: %s loaded, %s already there, %s skipped, %s failed\n", query.Counted(r.Objects.Listed, "object"),
			number(r.Objects.Loaded), number(r.Objects.Already), number(r.Objects.Skipped), number(r.Objects.Failed))
		fmt.Fprintf(&b, "%s read: %s new, %s, %s invalid\n", query.Counted(r.Events.Read, "event"),
			number(r.Events.Loaded), query.Counted(r.Events.Duplicate, "duplicate"), number(r.Events.Invalid))
		if r.Events.Outside > 0 {
			fmt.Fprintf(&b, "%s left out, as not of the time, accounts and regions asked for\n", query.Counted(r.Events.Outside, "event"))
		}
		fmt.Fprintf(&b, "%s stored, %s unpacked, %.1f s\n", bytesText(r.Bytes.Stored), bytesText(r.Bytes.Unpacked), r.Seconds)
		if path != "" {
			fmt.Fprintf(&b, "case: %s\n", path)
		}
		for i, f := range r.Failures {
			if i == 0 {
				b.WriteString("\nfailed, tried again by the next load:\n")
			}
			fmt.Fprintf(&b, "  %s: %s\n", cleanLines(f.Object), cleanLines(f.Error))
		}
		reasons, count := skipReasons(r.Skips)
		for i, reason := range reasons {
			if i == 0 {
				b.WriteString("\nskipped:\n")
			}
			fmt.Fprintf(&b, "  %s: %s\n", number(count[reason]), cleanLines(reason))
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// skipReasons counts skipped objects by reason, in the order they came.
func skipReasons(skips []loader.Skip) ([]string, map[string]int64) {
	var order []string
	count := map[string]int64{}
	for _, s := range skips {
		if count[s.Reason]++; count[s.Reason] == 1 {
			order = append(order, s.Reason)
		}
	}
	return order, count
}
