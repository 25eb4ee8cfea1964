package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
)

// marking is what `case mark` was asked for.
type marking struct {
	*app
	session, resource string
	mark, note        string
	tags              []string
	given             func(flag string) bool
}

// maxMarked bounds how many events one command marks: beyond that a tag on a
// session or a saved query says it better.
const maxMarked = 1000

func caseMark(a *app) *cobra.Command {
	m := &marking{app: a}
	cmd := &cobra.Command{
		Use: "mark [FILTER]", Short: "mark, note and tag events, a session or a resource",
		Long: fmt.Sprintf(`Marks the events of a FILTER (%s at most), or a session, or a resource, as m does
on the screen. What is not named stays as it was; --mark "" and --note "" take away,
--tag adds, --tag -WORD takes away. Marks are %s.`, number(maxMarked), strings.Join(query.Marks(), ", ")),
		Example: "  spoor case mark --mark red --note 'the way in' id:8e3c2a1e-…\n  spoor case mark --session 5f0c3a9b1d2e4f60 --tag intruder\n  spoor case mark --resource sg-0abc --mark yellow",
		RunE: func(cmd *cobra.Command, args []string) error {
			m.given = cmd.Flags().Changed
			f, err := a.filter(args)
			if err != nil {
				return err
			}
			if one := []bool{m.session != "", m.resource != "", !f.All()}; len(slices.DeleteFunc(one, func(b bool) bool { return !b })) != 1 {
				return usagef("name what to mark: either a FILTER, or --session, or --resource")
			}
			if !m.given("mark") && !m.given("note") && !m.given("tag") {
				return usagef("say what to put on it: --mark, --note or --tag")
			}
			db, err := a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(db)
			return m.run(cmd.Context(), db, f)
		},
	}
	cmd.Flags().StringVar(&m.session, "session", "", "mark the session with this id")
	cmd.Flags().StringVar(&m.resource, "resource", "", "mark the resource called so")
	cmd.Flags().StringVar(&m.mark, "mark", "", "colour of the mark")
	cmd.Flags().StringVar(&m.note, "note", "", "note, in place of the one there is")
	cmd.Flags().StringArrayVar(&m.tags, "tag", nil, "tag to add, or -TAG to take away (repeatable)")
	return cmd
}

func (m *marking) run(ctx context.Context, db *store.DB, f query.Filter) error {
	switch {
	case m.session != "":
		one, err := db.Session(ctx, m.session)
		if err != nil {
			return err
		}
		return m.put(ctx, db, query.AboutSession, one.Session.ID, 0)
	case m.resource != "":
		return m.put(ctx, db, query.AboutResource, m.resource, 0)
	}
	if n, err := settle(ctx, db, f); err != nil || n.N == 0 || n.N > maxMarked {
		return cmp.Or(err, usagef("%s events match: mark between 1 and %s", number(n.N), number(maxMarked)))
	}
	page, err := db.Page(ctx, query.PageRequest{Filter: f, N: maxMarked})
	if err != nil {
		return err
	}
	for _, r := range page.Rows {
		if err := m.put(ctx, db, query.AboutEvent, "", r.Seq); err != nil {
			return err
		}
	}
	fmt.Fprintf(m.errw, "%s marked\n", query.Counted(len(page.Rows), "event"))
	return nil
}

// put changes the annotation of one thing.
func (m *marking) put(ctx context.Context, db *store.DB, about query.About, name string, seq int64) error {
	v, err := db.Annotation(ctx, about, name, seq)
	if err != nil {
		return err
	}
	if m.given("mark") {
		v.Mark = m.mark
	}
	if m.given("note") {
		v.Note = m.note
	}
	v.Tags = query.Retag(v.Tags, m.tags)
	v.Changed = m.now().UTC()
	return db.Annotate(ctx, v)
}
