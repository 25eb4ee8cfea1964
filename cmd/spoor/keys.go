package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"spoor/ui"
	"spoor/ui/integrity"
	"spoor/ui/marked"
	"spoor/ui/queries"
	"spoor/ui/sessions"
	viewsources "spoor/ui/sources"
	"spoor/ui/timeline"
)

// keysTopic is the page of all keys. It is made from the command table of the
// screen, so it can't be wrong.
func keysTopic(a *app) *cobra.Command {
	c := &cobra.Command{Use: "keys", Short: "the keys of the screen, and the names to remap them by"}
	c.SetHelpFunc(func(*cobra.Command, []string) { _ = a.write(writeKeys) })
	return c
}

// allKeys is the screen with all its views and no case.
func allKeys() *ui.Model {
	return ui.New(context.Background(), ui.Options{Views: []ui.View{
		{Title: "Timeline", Pane: timeline.New(nil)}, {Title: "Sessions", Pane: sessions.New(nil)}, {Title: "Integrity", Pane: integrity.New(nil, nil)},
		{Title: "Queries", Pane: queries.New(nil, nil, queries.Files{}, queries.SQL{})}, {Title: "Sources", Pane: viewsources.New(nil, nil)},
		{Title: "Marked", Pane: marked.New(nil, nil)},
	}})
}

// writeKeys writes the command table, a section for each pane.
func writeKeys(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range allKeys().Keys() {
		fmt.Fprintf(t, "%s\n", s.Title)
		for _, c := range s.Commands {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", strings.Join(c.Keys, " "), c.ID, c.Help)
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintln(t, "Keys are remapped in config.toml: [keys], then for example undo = \"u ctrl+_\".")
	return t.Flush()
}
