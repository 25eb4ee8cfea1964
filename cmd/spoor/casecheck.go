package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"spoor/loader"
	"spoor/query"
	"spoor/query/store"
)

func caseCheck(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "check [NAME.spoor]", Short: "are the objects in a case still what was loaded", Args: cobra.MaximumNArgs(1),
		Long: `Reads all objects that lie in the case, or in files that it links to, and
compares them with what was loaded: disks rot, files are altered. What differs
is listed and keeps its events; the next load of its source fetches it again.
Exit status 3 when there is any. This is about the copies in the case; spoor
validate is about the logs themselves.`,
		Example: "  spoor case check incident.spoor",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := a.namedCase(args)
			if err != nil {
				return err
			}
			db, err := a.openCase(cmd.Context(), path, false)
			if err != nil {
				return err
			}
			defer a.release(db)
			var done, of atomic.Int64
			stop := a.statusLine(func() string {
				return fmt.Sprintf("%s of %s checked", number(done.Load()), query.Counted(of.Load(), "object"))
			})
			r, err := db.CheckObjects(cmd.Context(), func(n, all int) { done.Store(int64(n)); of.Store(int64(all)) })
			stop()
			if err != nil {
				return err
			}
			if len(r.Damaged) > 0 {
				a.status = exitPartial
			}
			return a.write(func(w io.Writer) error { return a.printChecked(w, r) })
		},
	}
}

func (a *app) printChecked(w io.Writer, r store.Checked) error {
	if a.flags.records() {
		return json.NewEncoder(w).Encode(struct {
			Objects int              `json:"objects"`
			Bytes   int64            `json:"bytes"`
			Damaged []loader.Failure `json:"damaged"`
		}{r.Objects, r.Bytes, full(r.Damaged)})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s: ", query.Counted(r.Objects, "object"), bytesText(r.Bytes))
	if len(r.Damaged) == 0 {
		b.WriteString("all are what was loaded\n")
	} else {
		fmt.Fprintf(&b, "%s damaged; load their source into this case again to mend them\n", number(len(r.Damaged)))
	}
	for _, d := range r.Damaged {
		fmt.Fprintf(&b, "  %s: %s\n", cleanLines(d.Object), cleanLines(d.Error))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
