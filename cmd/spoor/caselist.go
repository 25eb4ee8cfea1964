package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
)

func caseCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "case", Short: "list, describe, merge, check and rebuild cases; notes; names of accounts", GroupID: "keep",
		Long: `A case is a folder NAME.spoor: the database with events, objects, saved queries,
marks and verdicts, beside the original objects. Each source has one of its own
in the user's state directory unless -c names another.`,
		Example: "  spoor case list\n  spoor case info\n  spoor case notes\n  spoor case accounts 111122223333=production\n  spoor case merge mine.spoor theirs.spoor\n  spoor case check incident.spoor",
	}
	cmd.AddCommand(caseList(a), caseInfo(a), caseNotes(a), caseMark(a), caseAccounts(a), caseMerge(a), caseCheck(a), caseRebuild(a))
	return cmd
}

// caseSummary is one case as `case list` and `case info` show it.
type caseSummary struct {
	Path    string    `json:"path"`
	Sources []string  `json:"sources"`
	Used    time.Time `json:"used"`
	Bytes   int64     `json:"bytes"`
	Events  *int64    `json:"events,omitempty"`
	Objects *int      `json:"objects,omitempty"`
	Notes   *int      `json:"notes,omitempty"`
}

func caseList(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "cases in the case directory, last used first", Args: cobra.NoArgs, Example: "  spoor case list --format json",
		RunE: func(*cobra.Command, []string) error {
			recent, err := a.recentCases()
			if err != nil {
				return err
			}
			list := make([]caseSummary, 0, len(recent))
			for _, c := range recent {
				s := caseSummary{Path: c.Path, Used: c.Used.UTC(), Bytes: folderSize(c.Path)}
				if info, err := store.ReadInfo(c.Path); err == nil {
					s.Sources = info.Sources
				}
				s.Sources = full(s.Sources)
				list = append(list, s)
			}
			return printListing(a, listing[caseSummary]{[]string{"used", "size", "sources", "case"}, list, func(s caseSummary, _ func(int64) string) []string {
				return []string{s.Used.In(a.zone).Format("2006-01-02 15:04"), bytesText(s.Bytes), strings.Join(s.Sources, ", "), s.Path}
			}})
		},
	}
}

func caseInfo(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "info [NAME.spoor]", Short: "what a case holds", Args: cobra.MaximumNArgs(1), Example: "  spoor case info incident.spoor",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.flags.caseName = args[0]
			}
			db, err := a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(db)
			s, err := a.caseSummary(cmd, db)
			if err != nil {
				return err
			}
			return a.write(func(w io.Writer) error {
				if a.flags.records() {
					return json.NewEncoder(w).Encode(s)
				}
				_, err := fmt.Fprintf(w, "case     %s\nsources  %s\nsize     %s\nevents   %s\nobjects  %s\nnotes    %s\n", cleanLines(s.Path),
					cleanLines(strings.Join(s.Sources, ", ")), bytesText(s.Bytes), number(*s.Events), number(*s.Objects), number(*s.Notes))
				return err
			})
		},
	}
}

func (a *app) caseSummary(cmd *cobra.Command, db *store.DB) (caseSummary, error) {
	info, err := db.Info()
	if err != nil {
		return caseSummary{}, err
	}
	notes, err := db.Annotations(cmd.Context())
	if err != nil {
		return caseSummary{}, err
	}
	events, objects, n := db.Totals().Events, len(db.Objects(allObjects)), len(notes)
	return caseSummary{Path: db.Path(), Sources: full(info.Sources), Used: a.now().UTC(), Bytes: folderSize(db.Path()),
		Events: &events, Objects: &objects, Notes: &n}, nil
}

func caseMerge(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "merge INTO FROM...", Short: "bring the notes, queries and account names of other cases into one", Args: needTwoCases,
		Long: `Joins the work of several analysts on the same logs. Marks, notes and tags (on
events, sessions and resources), saved queries and names of accounts of each FROM
are added to INTO. Nothing is lost: tags are joined, different notes stand one
under the other, of two marks the later stays and the note tells the other, a
different query under the same id comes in under an id of its own, and two names
of an account are joined. What differed is said. FROM is not changed.`,
		Example: "  spoor case merge mine.spoor theirs.spoor",
		RunE: func(cmd *cobra.Command, args []string) error {
			into, err := a.openCase(cmd.Context(), withSuffix(args[0]), false)
			if err != nil {
				return err
			}
			defer a.release(into)
			for _, name := range args[1:] {
				if err := a.mergeFrom(cmd, into, withSuffix(name)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func needTwoCases(_ *cobra.Command, args []string) error {
	if len(args) < 2 {
		return usagef("merge needs the case to merge into and at least one to merge from")
	}
	return nil
}

func (a *app) mergeFrom(cmd *cobra.Command, into *store.DB, name string) error {
	from, err := a.openCase(cmd.Context(), name, false)
	if err != nil {
		return err
	}
	m, err := into.Merge(cmd.Context(), from)
	if err := errors.Join(err, a.release(from)); err != nil {
		return err
	}
	fmt.Fprintf(a.errw, "%s: %s, %s and %s of accounts taken over\n", cleanLines(name), query.Counted(m.Notes, "note"), query.Counted(m.Queries, "query"), query.Counted(m.Accounts, "name"))
	for _, c := range m.Conflicts {
		fmt.Fprintf(a.errw, "  both kept: %s\n", cleanLines(c))
	}
	if m.Elsewhere > 0 {
		fmt.Fprintf(a.errw, "  %s on events that the case does not hold, kept all the same\n", query.Counted(m.Elsewhere, "note"))
	}
	return nil
}

// folderSize adds up the files of a case, in bytes.
func folderSize(dir string) (n int64) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil {
			n += info.Size()
		}
	}
	return n
}
