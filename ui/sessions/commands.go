package sessions

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// signsOfRisk are the signs that a list can be narrowed to, as package session
// names them.
var signsOfRisk = []string{"root", "instance credentials outside", "denied, then done", "two networks at once", "no MFA", "new address", "country-less network", "new user agent"}

// Commands implements pane.Pane.
func (v *View) Commands() []pane.Command {
	cmds := slices.Concat(v.movement(), v.seeking(), pane.Pivots("sessions", "the value under the cursor", 0, v.noValue, v.pick))
	do := pane.Doer("sessions")
	return append(cmds,
		do("open", "open", "Open the session, or what the line leads to: a session, an event, more", "Look", 1, v.leadsNowhere, v.enter, "enter"),
		do("out", "close", "Go back to what was open before, in the end the list", "Look", 0, v.outermost, func() (pane.Intent, tea.Cmd) {
			cmd, _ := v.Out()
			return nil, cmd
		}, "backspace"),
		do("evidence", "events", "Show the events behind the session or line", "Look", 2, v.noFigure, v.evidence, "e"),
		do("radius", "blast radius", "Show everything that came of the session, and what to contain", "Look", 3, v.noSession, v.radius, "b"),
		do("compare", "compare", "Keep this session for comparing; on a second one, set both side by side", "Look", 5, v.noSession, v.contrast, "C"),
		do("order", "next order", "By user, newest, oldest, most events, most signs of risk", "Look", 6, v.notList, v.nextOrder, "o"),
		do("signs", "signs of risk", "Show only sessions with a sign of risk", "Filter", 4, v.notList, v.chooseSign, "r"),
		do("human", "all of this human", "Set the filter to everything that goes back to the same root actor", "Filter", 0, v.noSession, v.filterBy("root"), "A"),
		do("credential", "all of this credential", "Set the filter to everything done with the session's access key", "Filter", 0, v.noSession, v.filterBy("key"), "K"),
		do("copy", "copy", "Copy the id of the session; of what is opened, the value under the cursor", "Take", 0, v.noValue, v.copyValue, "y"),
	)
}

// movement moves in what is on top.
func (v *View) movement() []pane.Command {
	list := v.grid.Commands("sessions", func() (pane.Intent, tea.Cmd) { return nil, v.fetch() })
	return pane.Whichever(list, func() []pane.Command {
		if s := v.top(); s != nil {
			return s.grid.Commands("sessions", func() (pane.Intent, tea.Cmd) { return nil, nil })
		}
		return list
	})
}

func (v *View) nothing() string {
	if v.top() == nil {
		if _, ok := v.grid.Current(); !ok {
			return "no session under the cursor"
		}
	}
	return ""
}

func (v *View) outermost() string {
	if v.top() == nil {
		return "nothing is open"
	}
	return ""
}

func (v *View) notList() string {
	if v.top() != nil {
		return "only in the list: esc goes back there"
	}
	return ""
}

func (v *View) enter() (pane.Intent, tea.Cmd) {
	s := v.top()
	if s == nil {
		if i, ok := v.grid.Current(); ok {
			v.grid.Touch()
			return nil, v.openSession(i.s.ID)
		}
		return nil, nil
	}
	l, ok := s.grid.Current()
	switch {
	case !ok:
	case l.more:
		return nil, v.readOn(s)
	case l.session != "":
		return nil, v.openSession(l.session)
	case l.seq != 0:
		return pane.OpenEvent{Seq: l.seq}, nil
	case !l.figure.All():
		return v.evidence()
	}
	return nil, nil
}

// evidence shows the events of the line under the cursor, else of the session.
func (v *View) evidence() (pane.Intent, tea.Cmd) {
	if l := v.line(); l != nil && !l.figure.All() {
		e := pane.Evidence{Filter: l.figure}
		if l.from != cloudtrail.NoTime {
			e.From, e.To = time.UnixMicro(l.from).UTC(), time.UnixMicro(l.to+1).UTC()
		}
		return e, nil
	}
	one, ok := v.current()
	if !ok {
		return pane.Say{Text: "this line has no events of its own"}, nil
	}
	f, err := query.Is("session", query.Value{Text: one.ID})
	if err != nil {
		return failed(err), nil
	}
	return pane.Evidence{Filter: f}, nil
}

func (v *View) radius() (pane.Intent, tea.Cmd) {
	one, ok := v.current()
	if !ok {
		return pane.Say{Text: "open a session first"}, nil
	}
	f, err := query.Is("session", query.Value{Text: one.ID})
	if err != nil {
		return failed(err), nil
	}
	return nil, v.blast(text.CleanLine(one.Actor, 60), f)
}

func (v *View) contrast() (pane.Intent, tea.Cmd) {
	one, ok := v.current()
	switch {
	case !ok:
		return pane.Say{Text: "open a session first"}, nil
	case v.mark == nil || v.mark.ID == one.ID:
		v.mark = &one
		return pane.Say{Text: "kept " + text.Clean(one.ID) + ": C on another session sets both side by side"}, nil
	}
	first := *v.mark
	v.mark = nil
	return nil, v.compare(first, one)
}

func (v *View) nextOrder() (pane.Intent, tea.Cmd) {
	v.order = (v.order + 1) % query.SessionOrder(len(query.SessionOrders))
	v.grid.Restart()
	v.pages.Stop()
	return nil, v.fetch()
}

func (v *View) chooseSign() (pane.Intent, tea.Cmd) {
	set := func(sign string) func() (pane.Intent, tea.Cmd) {
		return func() (pane.Intent, tea.Cmd) {
			v.sign = sign
			v.grid.Restart()
			v.pages.Stop()
			return nil, v.fetch()
		}
	}
	items := []pane.Item{{Title: "all sessions", Do: set("")}}
	for _, s := range signsOfRisk {
		items = append(items, pane.Item{Title: text.Safe(s), Do: set(s)})
	}
	return pane.Choose{Title: "Sessions with", Items: items}, nil
}

// filterBy sets the filter to the root actor or the key of the session.
func (v *View) filterBy(field string) func() (pane.Intent, tea.Cmd) {
	return func() (pane.Intent, tea.Cmd) {
		one, ok := v.current()
		value := one.RootActor
		if field == "key" {
			if len(one.AccessKeys) == 0 {
				return pane.Say{Text: "the records of this session name no access key"}, nil
			}
			value = one.AccessKeys[0]
		}
		if !ok || value == "" {
			return pane.Say{Text: "open a session first"}, nil
		}
		f, err := query.Is(field, query.Value{Text: value})
		if err != nil {
			return failed(err), nil
		}
		for _, key := range one.AccessKeys[min(1, len(one.AccessKeys)):] {
			if field != "key" {
				break
			}
			if f, err = f.Include(field, query.Value{Text: key}); err != nil {
				return failed(err), nil
			}
		}
		return pane.Replace{Filter: f}, nil
	}
}

// Sessions implements pane.Sitting.
func (v *View) Sessions() pane.SessionsShown {
	if s := v.top(); s != nil {
		return s.shows
	}
	return pane.SessionsShown{List: query.SessionRequest{Filter: v.state.Filter, Order: v.order, Sign: v.sign}}
}

// Command implements pane.Scripted.
func (v *View) Command() []string { return v.Sessions().Command() }

// View implements pane.Pane.
func (v *View) View(focused bool) string {
	st := v.state.Styles
	if st == nil || v.h == 0 {
		return ""
	}
	if s := v.top(); s != nil {
		return s.grid.View(st, focused)
	}
	said := v.note()
	if v.Note() != "" {
		said = "" // it stands in the list
	}
	foot := st.Paint(themes.Dim, string(text.Pad(" "+said, v.w, text.Safe(st.Glyphs.Ellipsis))))
	if v.h == 1 {
		return foot
	}
	return v.grid.View(st, focused) + "\n" + foot
}

// Note says why the list is empty, "" when it is not.
func (v *View) Note() text.Safe {
	if v.top() != nil || v.grid.Len() > 0 {
		return ""
	}
	return v.note()
}

// note says how many sessions there are, or why there are none.
func (v *View) note() text.Safe {
	switch {
	case v.err != nil:
		return text.Clean("cannot read the sessions: " + v.err.Error())
	case v.grid.Len() == 0 && v.grid.Waiting():
		return "working the sessions out"
	case v.total == 0 && v.all > 0 && v.sign != "":
		return "no session has this sign of risk; r takes another, or shows all"
	case v.total == 0 && v.all > 0:
		return "no session matches; u takes the last step back, X clears the filter"
	case v.total == 0:
		return "this case holds no events yet: in Sources, a adds some"
	}
	n := text.Safe(query.Counted(v.all, "session"))
	if v.total < v.all {
		n = number(int64(v.total)) + " of " + n
	}
	g := v.state.Styles.Glyphs
	n += text.Safe("   lanes: " + g.Dot + " reads  " + g.Mark + " writes  ! failed  " + g.No + " denied")
	if v.stale {
		n += "   more events have come since"
	}
	return n
}
