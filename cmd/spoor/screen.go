package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
)

// screenCommand is spoor itself: open the screen, load in the background.
func screenCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "spoor [SOURCE...]",
		Short: "investigate AWS CloudTrail logs",
		Long: `spoor investigates AWS CloudTrail logs: who did what, from where, with which
credentials, what changed, and can the logs be trusted. It reads log files from
disk or S3 into a case and opens a screen on it at once. Nothing leaves this
machine.

A SOURCE is a file, a folder, a glob, an archive (zip, tar), - for standard
input, or s3://bucket/prefix.`,
		Example: `  spoor demo                                  a made-up incident to try it on
  spoor ./logs                                everything in a folder
  spoor s3://my-trail-bucket/AWSLogs --since 2024-05-01
  spoor events 'actor:alice error:*' --from ./logs --format csv`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.investigate(cmd.Context(), args) },
	}
}

func demoCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "open the screen on a made-up incident; no network, no files", GroupID: "look", Args: cobra.NoArgs,
		Long: `Opens the screen on a built-in example: two accounts over a day and a half, the
people and machines at work in them, and an intruder. Everything in it is
invented. Without a terminal it prints a summary.`,
		Example: "  spoor demo\n  spoor demo | less",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.flags.caseName == "" {
				a.flags.caseName = memoryCase
			}
			return a.investigate(cmd.Context(), []string{demoSource})
		},
	}
}

// investigate opens the screen, or prints a summary where there is none.
func (a *app) investigate(ctx context.Context, sources []string) error {
	if len(sources) == 0 {
		return usageError{fmt.Errorf("no SOURCE given"), "try spoor demo, or spoor --help"}
	}
	return a.summarize(ctx, sources)
}

// summarize is what spoor SOURCE says without a terminal.
func (a *app) summarize(ctx context.Context, sources []string) error {
	db, report, err := a.loadInto(ctx, sources)
	if err != nil {
		return err
	}
	defer db.Close()
	if report.Objects.Failed > 0 {
		a.status = exitPartial
	}
	facets, err := db.Facets(ctx, query.FacetRequest{Fields: defaultFacets, Top: 5})
	if err != nil {
		return err
	}
	path := db.Path()
	if path == store.Memory {
		path = ""
	}
	if err := a.printReport(report, path); err != nil {
		return err
	}
	return a.write(func(w io.Writer) error {
		fmt.Fprintln(w)
		return printFacetText(w, facets)
	})
}
