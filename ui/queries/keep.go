package queries

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// keep saves the filter in force under a name.
func (v *View) keep() (pane.Intent, tea.Cmd) {
	f, order, columns := v.state.Filter, v.state.Order, v.state.Columns
	if f.All() {
		return pane.Say{Text: "set a filter first: a question is a filter with a name"}, nil
	}
	return pane.Ask{Title: "Keep the filter as a question", Help: text.CleanLine(f.String(), 200), Done: func(name string) (pane.Intent, tea.Cmd, error) {
		s := query.Saved{ID: slug(name), Name: name, Filter: f.String(), Columns: columns}
		if order == query.Oldest {
			s.Order = "oldest"
		}
		if s.ID == "" {
			return nil, nil, errors.New("give it a name with letters or digits")
		}
		if slices.ContainsFunc(v.all(), func(e *entry) bool { return e.saved.ID == s.ID }) {
			return nil, nil, fmt.Errorf("there is a question %s already", s.ID)
		}
		if _, err := s.Question(); err != nil {
			return nil, nil, err
		}
		v.kept = s.ID
		return nil, v.save("kept as "+text.Clean(name), false, s), nil
	}}, nil
}

// slug makes an id of a name.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String()[:min(b.Len(), 60)], "-")
}

// save stores questions in a command, for all cases or in this one.
func (v *View) save(said text.Safe, shared bool, list ...query.Saved) tea.Cmd {
	return v.run(said, func(ctx context.Context) error { return v.store(ctx, shared, list) })
}

func (v *View) store(ctx context.Context, shared bool, list []query.Saved) error {
	if shared {
		return v.files.Share(list)
	}
	for _, s := range list {
		if err := v.asker.SaveQuery(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// drop takes a question away from where it is kept.
func (v *View) drop(ctx context.Context, shared bool, id string) (err error) {
	if shared {
		_, err = v.files.Drop(id)
	} else {
		_, err = v.asker.RemoveQuery(ctx, id)
	}
	return err
}

// shareWithCases moves a question between this case and all cases.
func (v *View) shareWithCases() (pane.Intent, tea.Cmd) {
	e, ok := v.subject()
	if !ok {
		return nil, nil
	}
	said, to := text.Safe("kept for all cases"), !e.shared
	if e.shared {
		said = "kept in this case only"
	}
	s, from := e.saved, e.shared
	return nil, v.run(said, func(ctx context.Context) error {
		if err := v.store(ctx, to, []query.Saved{s}); err != nil {
			return err
		}
		return v.drop(ctx, from, s.ID)
	})
}

func (v *View) refilter() (pane.Intent, tea.Cmd) {
	return v.change("Change the filter", func(s *query.Saved) *string { return &s.Filter })
}

func (v *View) run(said text.Safe, f func(context.Context) error) tea.Cmd {
	ctx := v.state.Ctx
	return func() tea.Msg { return savedMsg{said: said, err: f(ctx)} }
}

func (v *View) rename() (pane.Intent, tea.Cmd) {
	return v.change("Rename", func(s *query.Saved) *string { return &s.Name })
}

func (v *View) describe() (pane.Intent, tea.Cmd) {
	return v.change("Describe", func(s *query.Saved) *string { return &s.Description })
}

// change edits one text of a question of one's own.
func (v *View) change(title text.Safe, part func(*query.Saved) *string) (pane.Intent, tea.Cmd) {
	e, ok := v.subject()
	if !ok {
		return nil, nil
	}
	s := e.saved
	return pane.Ask{Title: title, Initial: *part(&s), Done: func(t string) (pane.Intent, tea.Cmd, error) {
		*part(&s) = t
		if _, err := s.Question(); err != nil {
			return nil, nil, err
		}
		return nil, v.save("changed", e.shared, s), nil
	}}, nil
}

func (v *View) remove() (pane.Intent, tea.Cmd) {
	e, ok := v.subject()
	if !ok {
		return nil, nil
	}
	return pane.Confirm{Question: "Delete the question " + text.Clean(e.saved.Name) + "?", Yes: "delete it", Do: func() (pane.Intent, tea.Cmd) {
		v.open = nil
		return nil, v.run("deleted", func(ctx context.Context) error {
			return v.drop(ctx, e.shared, e.saved.ID)
		})
	}}, nil
}

func (v *View) share() (pane.Intent, tea.Cmd) {
	if v.sql.open {
		return v.writeSQL()
	}
	var list []query.Saved
	for _, e := range v.own {
		if !slices.ContainsFunc(list, func(s query.Saved) bool { return s.ID == e.saved.ID }) {
			list = append(list, e.saved)
		}
	}
	return pane.Ask{Title: "Write your questions to a file", Initial: "queries.toml", Done: func(path string) (pane.Intent, tea.Cmd, error) {
		return nil, v.run("wrote "+text.CleanLine(path, 100), func(context.Context) error { return v.files.Write(path, list) }), nil
	}}, nil
}

func (v *View) take() (pane.Intent, tea.Cmd) {
	return pane.Ask{Title: "Take questions in from a file", Initial: "queries.toml", Done: func(path string) (pane.Intent, tea.Cmd, error) {
		return nil, v.run("took in "+text.CleanLine(path, 100), func(ctx context.Context) error {
			list, err := v.files.Read(path)
			if err != nil {
				return err
			}
			return v.store(ctx, false, list)
		}), nil
	}}, nil
}
