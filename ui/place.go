package ui

import (
	"time"

	"spoor/query"
)

// A Place is where a reader was: what reopening a case brings back.
type Place struct {
	View    string         `json:"view"`
	Filter  string         `json:"filter,omitempty"`
	From    time.Time      `json:"from,omitzero"`
	To      time.Time      `json:"to,omitzero"`
	Order   query.Order    `json:"order,omitempty"`
	Columns []string       `json:"columns,omitempty"`
	Widths  map[string]int `json:"widths,omitempty"` // of columns, where chosen
	Event   query.Cursor   `json:"event,omitzero"`
}

// Place returns where the reader is.
func (m *Model) Place() Place {
	l := m.history.now()
	p := Place{View: string(m.views[m.view].Title), Filter: l.filter.String(), From: l.span().from, To: l.span().to, Order: l.order, Columns: m.events.Columns(), Widths: m.events.Widths()}
	if r, ok := m.events.Current(); ok && m.events.Touched() {
		p.Event = r.Cursor()
	}
	return p
}

// restore goes back to where the reader was; what no longer makes sense, such as
// a filter of an older program, is left out.
func (m *Model) restore(p Place) {
	l := lens{order: p.Order}
	if f, err := query.Parse(p.Filter); err == nil {
		l.filter = f
	}
	if s := (span{p.From, p.To}); !s.open() {
		l = l.zoom(s)
	}
	m.events.SetWidths(p.Widths)
	m.history = history{steps: []lens{l}}
	for i, v := range m.views {
		if string(v.Title) == p.View {
			m.view = i
			m.shape.events = i == 0
		}
	}
	if p.Event.Set {
		m.events.Reveal(p.Event)
	}
}
