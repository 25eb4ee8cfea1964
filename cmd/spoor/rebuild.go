package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"spoor/loader"
	"spoor/query"
	"spoor/query/store"
)

// rebuildCase makes the database of a case anew and shows how far it is.
func (a *app) rebuildCase(ctx context.Context, path string, opts store.Options) (store.Rebuilt, error) {
	var progress loader.Progress
	stop := a.statusLine(func() string {
		return "making the database anew from the objects in the case: " + progressLine(progress.Sample(a.now()))
	})
	defer stop()
	return store.Rebuild(ctx, path, opts, &progress)
}

// maxLostShown is how many lost objects are named one by one.
const maxLostShown = 20

// rebuiltText says in one line, or a few where something is amiss, what came of
// making a case anew.
func rebuiltText(r store.Rebuilt) string {
	var b strings.Builder
	fmt.Fprintf(&b, "made anew from the case's own objects, %s with %s", query.Counted(r.Objects, "object"), query.Counted(r.Events, "event"))
	if r.Made > 0 {
		b.WriteString(", with all notes, saved queries and checks")
	}
	if len(r.Lost) == 0 && r.Holes == 0 && len(r.Odd) == 0 {
		b.WriteString("; nothing is lost")
	}
	if r.Aside != "" {
		fmt.Fprintf(&b, " (the old database is kept as case.duckdb%s)", r.Aside)
	}
	if len(r.Lost) > 0 || r.Holes > 0 {
		b.WriteString("\n  not all could be read back; load the sources into this case again to bring in what is missing:")
	}
	for i, l := range r.Lost {
		if i == maxLostShown {
			fmt.Fprintf(&b, "\n  … and %s more: the Sources view lists them", number(len(r.Lost)-i))
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", cleanLines(l.Object), cleanLines(l.Error))
	}
	if r.Holes > 0 {
		fmt.Fprintf(&b, "\n  damaged parts of objects.pack that no longer say what was in them: %s", number(r.Holes))
	}
	for _, line := range r.Odd {
		fmt.Fprintf(&b, "\n  %s can't be understood and was left out", line)
	}
	return b.String()
}

func caseRebuild(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "rebuild [NAME.spoor]", Short: "make the database of a case anew from its objects", Args: cobra.MaximumNArgs(1),
		Long: `Makes the database of a case anew from the objects that lie in the case, without
the network: the same events, objects and counts, with the marks, notes, tags,
saved queries and results of checks from notes.ndjson and checks.ndjson. The old
database is kept beside. spoor does this by itself when it finds a database
damaged; a rebuild that was stopped goes on where it ended.`,
		Example: "  spoor case rebuild incident.spoor",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := a.namedCase(args)
			if err != nil {
				return err
			}
			defer a.fill()()
			opts, err := a.storeOptions()
			if err != nil {
				return err
			}
			r, err := a.rebuildCase(cmd.Context(), path, opts)
			if err != nil {
				return err
			}
			if len(r.Lost) > 0 || r.Holes > 0 {
				a.status = exitPartial
			}
			return a.write(func(w io.Writer) error {
				if a.flags.records() {
					return json.NewEncoder(w).Encode(rebuiltJSON(r))
				}
				_, err := fmt.Fprintln(w, rebuiltText(r))
				return err
			})
		},
	}
}

// namedCase is the case that an operand names, else that of -c or the most
// recent one.
func (a *app) namedCase(args []string) (string, error) {
	if len(args) == 1 {
		a.flags.caseName = args[0]
	}
	return a.existingCase()
}

func rebuiltJSON(r store.Rebuilt) any {
	return struct {
		Objects int64            `json:"objects"`
		Events  int64            `json:"events"`
		Lost    []loader.Failure `json:"lost"`
		Holes   int              `json:"holes"`
		Kept    string           `json:"kept"`
	}{r.Objects, r.Events, full(r.Lost), r.Holes, r.Aside}
}
