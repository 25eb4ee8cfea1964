package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
)

// A listing is an answer of rows that are all at hand, in each of the forms that
// --format names. --limit and --count hold for it.
type listing[T any] struct {
	head    []string
	records []T                                           // as JSON has them
	cells   func(r T, number func(int64) string) []string // in the order of head
}

// printListing writes l: a table for people, CSV with plain numbers, or records.
func printListing[T any](a *app, l listing[T]) error {
	if a.flags.count {
		return a.writeNumber(int64(len(l.records)))
	}
	if n := a.flags.limit; n > 0 && n < int64(len(l.records)) {
		l.records = l.records[:n]
	}
	return a.write(func(w io.Writer) error {
		switch a.flags.format {
		case "json", "ndjson":
			return writeJSON(w, a.flags.format, full(l.records))
		case "csv":
			return listingCSV(a, w, l)
		}
		t := newTable(w, a.tableWidth(), l.head...)
		for _, r := range l.records {
			if err := t.add(l.cells(r, number)...); err != nil {
				return err
			}
		}
		return t.flush()
	})
}

func listingCSV[T any](a *app, w io.Writer, l listing[T]) error {
	out := a.newCSV(w, l.head...)
	for _, r := range l.records {
		if err := out.Write(csvRow(l.cells(r, func(n int64) string { return fmt.Sprint(n) })...)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// writeNumber is the answer to --count.
func (a *app) writeNumber(n int64) error {
	return a.write(func(w io.Writer) error {
		_, err := fmt.Fprintln(w, n)
		return err
	})
}

// records reports whether the answer is to be JSON, be it one record or many.
func (f *flags) records() bool { return f.format == "json" || f.format == "ndjson" }

// noRows are the commands whose answer is no list of rows: there is nothing to
// count in it, and no CSV of it.
var noRows = []string{
	"spoor load", "spoor stats", "spoor version", "spoor themes", "spoor case info", "spoor case check", "spoor case rebuild", "spoor case merge", "spoor case mark",
}

// inParquet are the commands whose rows may be so many that Parquet is worth it.
var inParquet = []string{"spoor events", "spoor sql", "spoor queries show"}

// ownForm are the commands that write in one form only, whatever the file is called.
var ownForm = []string{"spoor queries export", "spoor man"}

// wholeCase are the commands that tell of all of a case, whatever narrowed the load.
var wholeCase = []string{"spoor stats", "spoor sql", "spoor profile", "spoor queries", "spoor queries show", "spoor case info", "spoor case notes", "spoor case accounts"}

var scopeFlags = []string{"since", "until", "account", "region"}

// checkForm refuses a form that a command has not, rather than give another.
func (a *app) checkForm(cmd *cobra.Command) error {
	path, set := cmd.CommandPath(), cmd.Flags().Changed
	ext := extension(a.flags.output)
	switch {
	case a.flags.format == "table" && !set("format") && ext != "" && ext != "txt" && !slices.Contains(ownForm, path):
		return usageError{fmt.Errorf("-o %s: .%s names no format", a.flags.output, ext), "end the name in .txt, .csv, .json, .ndjson or .parquet, with .gz behind it to pack it, or add --format"}
	case a.flags.format == "parquet" && !slices.Contains(inParquet, path):
		return usageError{fmt.Errorf("%s can't be written as parquet", path), "spoor events and spoor sql can; here use csv, json or ndjson"}
	case slices.Contains(wholeCase, path) && len(a.flags.from) == 0 && slices.ContainsFunc(scopeFlags, set):
		return usageError{fmt.Errorf("--since, --until, --account and --region narrow what is loaded, and %s loads nothing here", path), "add --from SOURCE, or ask spoor events, facets, timeline or sessions, which show no more than that"}
	case a.flags.format == "csv" && slices.Contains(noRows, path):
		return usageError{fmt.Errorf("%s can't be written as csv", path), "use json"}
	case a.flags.count && (slices.Contains(noRows, path) || path == "spoor validate"):
		return usageError{fmt.Errorf("--count: %s prints nothing to count", path), "spoor events --count FILTER counts events"}
	}
	return nil
}
