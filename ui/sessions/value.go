package sessions

import (
	"cmp"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
)

// line is the line under the cursor of what is opened, nil in the list.
func (v *View) line() *line {
	if s := v.top(); s != nil {
		if l, ok := s.grid.Current(); ok {
			return l
		}
	}
	return nil
}

// noSession says why there is no session to do something with.
func (v *View) noSession() string {
	if s := v.top(); s != nil && s.session == nil {
		return "open a session first: enter on its line does"
	}
	return v.nothing()
}

// noFigure says why the line under the cursor has no events.
func (v *View) noFigure() string {
	if l := v.line(); l != nil && !l.figure.All() {
		return ""
	}
	if s := v.top(); s != nil && s.session == nil {
		return "this line has no events of its own"
	}
	return v.nothing()
}

// noValue says why there is no value under the cursor.
func (v *View) noValue() string {
	if _, value, ok := v.pickable(); !ok || value == "" {
		return cmp.Or(v.nothing(), "the line names no value")
	}
	return ""
}

// leadsNowhere says why nothing can be opened.
func (v *View) leadsNowhere() string {
	if l := v.line(); l != nil && !l.leads() {
		return "this line leads nowhere; esc goes back"
	}
	return v.nothing()
}

// current is the session on top or under the cursor.
func (v *View) current() (query.Session, bool) {
	if s := v.top(); s != nil {
		if s.session == nil {
			return query.Session{}, false
		}
		return *s.session, true
	}
	i, ok := v.grid.Current()
	if !ok {
		return query.Session{}, false
	}
	return i.s, true
}

// Value implements pane.Valued: what the row says in the current column, or the line
// of what is opened.
func (v *View) Value() (query.Value, bool) {
	if l := v.line(); l != nil {
		if said := cmp.Or(l.shown, l.value); said != "" {
			return query.Value{Text: said}, true
		}
	}
	one, ok := v.current()
	if !ok {
		return query.Value{}, false
	}
	if v.top() == nil {
		switch v.grid.Column() {
		case "actor":
			return query.Value{Text: one.Actor}, true
		case "from":
			return query.Value{Text: address(&one)}, true
		}
	}
	return query.Value{Text: one.RootActor}, true
}

// Target implements pane.Targeted: the session of the row or the one opened, or
// the event that a line of it leads to.
func (v *View) Target() (pane.Target, bool) {
	if s := v.top(); s != nil {
		if l, ok := s.grid.Current(); ok && l.seq != 0 {
			return pane.Target{About: query.AboutEvent, Seq: l.seq}, true
		} else if ok && l.session != "" {
			return pane.Target{About: query.AboutSession, Name: l.session}, true
		}
	}
	one, ok := v.current()
	return pane.Target{About: query.AboutSession, Name: one.ID}, ok
}

// pickable is the field and value under the cursor that a filter can be made of:
// in columns and lines without one the session itself.
func (v *View) pickable() (field, value string, ok bool) {
	switch l := v.line(); {
	case l == nil:
	case l.session != "":
		return "session", l.session, true
	case l.value != "":
		return l.field, l.value, true
	}
	one, ok := v.current()
	field, value = "session", one.ID
	if v.top() == nil {
		switch v.grid.Column() {
		case "root":
			field, value = "root", one.RootActor
		case "actor":
			field, value = "actor", one.Actor
		case "from":
			field, value = "ip", address(&one)
		}
	}
	return field, value, ok && value != ""
}

func (v *View) pick(how pane.How) pane.Intent {
	field, value, ok := v.pickable()
	if !ok {
		return pane.Say{Text: "the row has no value there"}
	}
	return pane.Pick{Field: field, Value: query.Value{Text: value}, How: how}
}

// copyValue copies what is under the cursor: of the list, the session.
func (v *View) copyValue() (pane.Intent, tea.Cmd) {
	if l := v.line(); l != nil && l.value != "" {
		return pane.Copy{What: "value", Text: cmp.Or(l.shown, l.value)}, nil
	}
	if l := v.line(); l != nil && l.session != "" {
		return pane.Copy{What: "session id", Text: l.session}, nil
	}
	one, ok := v.current()
	if !ok {
		return nil, nil
	}
	return pane.Copy{What: "session id", Text: one.ID}, nil
}
