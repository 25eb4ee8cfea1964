package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
	"spoor/themes"
	"spoor/ui/text"
)

// What a shell offers after tab. It can't wait, so values of a case are looked
// up for shellPatience and no longer, and not at all while another spoor has the
// case open.
const (
	shellPatience = 3 * time.Second
	shellValues   = 30
)

// addCompletion teaches the shell filters and the values of flags.
func addCompletion(a *app, root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.Short = "what makes a shell complete commands, fields and values"
	}
	for flag, values := range map[string][]string{"format": formats, "order": {"newest", "oldest"}, "tz": {"UTC", "Local"}} {
		// It fails for a flag that isn't there only.
		_ = root.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	_ = root.RegisterFlagCompletionFunc("theme", completeTheme)
	_ = root.RegisterFlagCompletionFunc("columns", completeFields)
	for _, c := range root.Commands() {
		if strings.Contains(c.Use, "[FILTER]") {
			c.ValidArgsFunction = a.completeFilter
		}
		for _, flag := range []string{"field", "by"} { // not all have them
			if f := c.Flags().Lookup(flag); f != nil && strings.HasPrefix(f.Usage, "field to") {
				_ = c.RegisterFlagCompletionFunc(flag, completeFields)
			}
		}
		if c.Name() == "queries" {
			for _, sub := range c.Commands() {
				if sub.Name() == "show" {
					sub.ValidArgsFunction = completeQueries
				}
			}
		}
	}
}

// completeTheme offers the themes, the user's own among them; a file is one, too.
func completeTheme(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	out := []string{autoTheme + "\tdark or light, by the terminal's background"}
	list, _ := themes.All(themeDir())
	for _, t := range list {
		out = append(out, cleanLines(t.Name)+"\t"+cleanLines(t.Title))
	}
	return out, cobra.ShellCompDirectiveDefault
}

// completeFields offers the fields of a list that commas part, for its last word.
func completeFields(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	stem := word[:strings.LastIndexByte(word, ',')+1]
	var out []string
	for _, f := range query.Fields() {
		out = append(out, stem+f.Name+"\t"+f.Help)
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeQueries offers the built-in questions.
func completeQueries(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, q := range query.Builtin() {
		out = append(out, q.ID+"\t"+q.Name)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeFilter offers what the last word of a filter may become: fields, and
// values of the case, most frequent first.
func (a *app) completeFilter(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveKeepOrder
	before := strings.Join(append(args[:len(args):len(args)], ""), " ") // of the words that are complete
	typed := before + word
	c := query.Complete(typed, len(typed))
	if c.From < len(before) { // it would change words that the shell has behind it
		return nil, directive
	}
	stem := typed[len(before):c.From]
	var out []string
	for _, it := range c.Items {
		out = append(out, stem+it.Text+"\t"+it.Help)
	}
	if c.Field != "" {
		for _, v := range a.shellValues(cmd.Context(), c) {
			if value := v.Value.Text; string(text.Clean(value)) == value { // the shell puts it on the terminal as it is
				out = append(out, stem+c.Insert(value)+"\t"+query.Counted(v.Count, "event"))
			}
		}
	}
	return out, directive
}

// shellValues asks the case, if it can be opened in time.
func (a *app) shellValues(ctx context.Context, c query.Completion) []query.FacetValue {
	if ctx == nil {
		ctx = context.Background() // cobra gives none while it completes
	}
	ctx, cancel := context.WithTimeout(ctx, shellPatience)
	defer cancel()
	quiet := *a
	quiet.errw = io.Discard
	path, err := quiet.existingCase()
	if err != nil {
		return nil
	}
	opts, err := quiet.storeOptions()
	if err != nil {
		return nil
	}
	db, err := store.Open(ctx, path, opts)
	if err != nil {
		return nil
	}
	values, err := db.Values(ctx, query.ValueRequest{Field: c.Field, Prefix: c.Prefix, N: shellValues})
	if err = errors.Join(err, db.Close()); err != nil {
		return nil
	}
	return values
}
