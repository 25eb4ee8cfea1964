package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Namer keeps what people call accounts. *store.DB is one.
type Namer interface {
	// Accounts returns the names; it is quick, and what it returns never changes.
	Accounts() query.Accounts
	// NameAccount keeps a name, "" takes it away.
	NameAccount(id, name string) error
}

func (m *Model) accounts() query.Accounts {
	if m.opt.Names == nil {
		return nil
	}
	return m.opt.Names.Accounts()
}

func (m *Model) noNames() string {
	if m.opt.Names == nil {
		return "this case keeps no names"
	}
	return ""
}

// askAccount asks for the name of the account under the cursor, or of any.
func (m *Model) askAccount() tea.Cmd {
	initial := ""
	if v, ok := m.valueAt(); ok && query.CheckAccount(v.Text, "") == nil {
		initial = v.Text + " = " + m.accounts()[v.Text]
	}
	names := m.opt.Names
	return m.act(pane.Ask{Title: "Name an account", Initial: initial, Help: "twelve digits = name; without a name it goes by its id again",
		Done: func(s string) (pane.Intent, tea.Cmd, error) {
			id, name, _ := strings.Cut(s, "=")
			id, name = strings.TrimSpace(id), strings.TrimSpace(name)
			if err := query.CheckAccount(id, name); err != nil {
				return nil, nil, err
			}
			said := "account " + text.Safe(id) + " is called " + text.CleanLine(name, 60)
			if name == "" {
				said = "account " + text.Safe(id) + " goes by its id"
			}
			return nil, func() tea.Msg {
				return pane.Done{What: "name the account", Said: said, Grown: true, Err: names.NameAccount(id, name)}
			}, nil
		}})
}
