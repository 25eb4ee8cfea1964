package timeline

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"spoor/loader/change"
	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// Commands implements pane.Pane.
func (v *View) Commands() []pane.Command {
	do := pane.Doer("timeline")
	return append(slices.Concat(v.movement(), v.seeking(), pane.Pivots("timeline", "the value under the cursor", 0, v.noValue, v.pick)),
		do("open", "open", "Show the event in full; on a group, its changes", "Look", 1, v.nothing, v.open, "enter"),
		do("unfold", "unfold", "List the changes that a line stands for, or that services made of a call", "Look", 6, v.notFolded, v.unfold, "space"),
		do("history", "resource history", "All that happened to the resource, whatever name it came under, and who read it", "Look", 2, v.noResource, v.history, "r"),
		do("diff", "before and after", "What the change altered, and the state after it, as far as the case tells", "Look", 3, v.noChange, v.diff, "b"),
		do("session", "session", "Open the session that made the change", "Look", 4, v.noChange, v.session, "s"),
		do("group", "group", "Group by actor, resource, service, day, or not at all", "Look", 5, v.inside, v.chooseGroup, "d"),
		do("severity", "severity", "Show only changes of a severity or graver", "Filter", 7, nil, v.chooseSeverity, "w"),
		do("order", "turn order", "Newest first or oldest first", "Look", 0, nil, v.turn, "o"),
		do("lanes", "lanes", "Show or hide the lanes", "Look", 0, v.inside, v.toggleLanes, "a"),
		do("out", "close", "Go back to the list", "Look", 0, v.outermost, func() (pane.Intent, tea.Cmd) {
			cmd, _ := v.Out()
			return nil, cmd
		}, "backspace"),
		do("copy", "copy", "Copy the sentence, or the value under the cursor", "Take", 0, v.nothing, v.copy, "y"),
	)
}

// movement moves in the level on top; while a stretch is being marked, left
// and right move its end.
func (v *View) movement() []pane.Command {
	cmds := pane.Whichever(v.levels[0].grid.Commands("timeline", v.moved), func() []pane.Command { return v.top().grid.Commands("timeline", v.moved) })
	for i, c := range cmds {
		step := map[string]int{"timeline.left": -1, "timeline.right": 1}[c.ID]
		if step == 0 {
			continue
		}
		cmds[i].Run = func(n int) (pane.Intent, tea.Cmd) {
			if v.lanes.brushing() {
				v.lanes.move(step * max(n, 1))
				return nil, nil
			}
			return c.Run(n)
		}
	}
	return cmds
}

// current is the change under the cursor.
func (v *View) current() (query.Change, bool) {
	r, ok := v.top().grid.Current()
	if !ok || r.change == nil {
		return query.Change{}, false
	}
	return *r.change, true
}

func (v *View) nothing() string {
	if _, ok := v.top().grid.Current(); !ok {
		return "nothing under the cursor"
	}
	return ""
}

func (v *View) noChange() string {
	if _, ok := v.current(); !ok {
		return "no change under the cursor"
	}
	return ""
}

func (v *View) noResource() string {
	if r, ok := v.top().grid.Current(); ok && r.group != nil && v.by == query.ByResource && !r.group.Absent {
		return ""
	}
	c, ok := v.current()
	switch {
	case !ok:
		return "no change under the cursor"
	case c.Resource == "":
		return "the record names no resource"
	}
	return ""
}

func (v *View) notFolded() string {
	if c, ok := v.current(); !ok || c.Fold == nil && c.Made == 0 {
		return "this line stands for one change"
	}
	return ""
}

func (v *View) inside() string {
	if len(v.levels) > 1 {
		return "only in the list: esc goes back there"
	}
	return ""
}

func (v *View) outermost() string {
	if len(v.levels) == 1 {
		return "nothing is open"
	}
	return ""
}

func (v *View) open() (pane.Intent, tea.Cmd) {
	r, ok := v.top().grid.Current()
	switch {
	case !ok:
		return nil, nil
	case r.group != nil:
		name := text.CleanLine(r.group.Name, 80)
		if r.group.Absent {
			name = "none named"
		}
		return nil, v.push(v.newLevel("Changes of "+name, inGroup(v.by, *r.group)))
	case r.seq() == 0:
		return nil, nil
	}
	v.top().grid.Touch()
	return pane.OpenEvent{Seq: r.seq()}, nil
}

func (v *View) unfold() (pane.Intent, tea.Cmd) {
	c, ok := v.current()
	switch {
	case !ok:
		return nil, nil
	case c.Fold != nil:
		return nil, v.push(v.newLevel("Alike: "+text.CleanLine(c.Summary, 80), alike(c)))
	}
	return nil, v.push(v.newLevel("After: "+text.CleanLine(c.Summary, 80), following(c)))
}

func (v *View) history() (pane.Intent, tea.Cmd) {
	if r, ok := v.top().grid.Current(); ok && r.group != nil {
		return nil, v.openHistory(pane.ShowHistory{Resource: r.group.Name})
	}
	c, ok := v.current()
	if !ok {
		return nil, nil
	}
	return nil, v.openHistory(pane.ShowHistory{Resource: c.Resource, Type: c.ResourceType, Account: c.Account})
}

func (v *View) diff() (pane.Intent, tea.Cmd) {
	c, ok := v.current()
	if !ok {
		return nil, nil
	}
	return nil, v.openDiff(c)
}

func (v *View) session() (pane.Intent, tea.Cmd) {
	c, ok := v.current()
	if !ok {
		return nil, nil
	}
	if c.Session != "" {
		return pane.ShowSession{ID: c.Session}.There(), nil
	}
	req := query.ChangeRequest{Filter: v.state.Filter, Order: v.state.Order, From: query.Cursor{Time: c.Time, Seq: c.Seq, Set: true}, Include: true, N: 1, Sessions: true}
	return pane.Say{Text: "working out the sessions of the case"}, v.findSession(c.Seq, req)
}

// sessionMsg answers which session made a change.
type sessionMsg struct {
	of  *View
	id  string
	err error
}

// findSession asks for a change again, this time with its session.
func (v *View) findSession(seq int64, req query.ChangeRequest) tea.Cmd {
	ctx, r := v.state.Ctx, v.reader
	return func() tea.Msg {
		p, err := r.Changes(ctx, req)
		m := sessionMsg{of: v, err: err}
		if err == nil && len(p.Rows) > 0 && p.Rows[0].Seq == seq {
			m.id = p.Rows[0].Session
		}
		return m
	}
}

// foundSession opens the session that was asked for.
func (v *View) foundSession(m sessionMsg) (pane.Intent, tea.Cmd) {
	switch {
	case m.of != v:
		return nil, nil
	case m.err != nil:
		return pane.Say{Text: text.Clean("sessions: " + m.err.Error()), Bad: true}, nil
	case m.id == "":
		return pane.Say{Text: "no session is known for this change"}, nil
	}
	return pane.ShowSession{ID: m.id}.There(), nil
}

func (v *View) chooseGroup() (pane.Intent, tea.Cmd) {
	var items []pane.Item
	for i, word := range query.Groupings {
		title := text.Safe(word)
		if word == "" {
			title = "not grouped"
		}
		items = append(items, pane.Item{Title: title, Do: func() (pane.Intent, tea.Cmd) { return nil, v.divide(query.Grouping(i)) }})
	}
	return pane.Choose{Title: "Group by", Items: items}, nil
}

func (v *View) chooseSeverity() (pane.Intent, tea.Cmd) {
	var items []pane.Item
	for s := change.Info; s <= change.Critical; s++ {
		sign := strings.TrimSuffix(string(v.severityCell(uint8(s)).Text), s.String())
		items = append(items, pane.Item{Title: text.Safe(sign) + orGraver(uint8(s)), Do: func() (pane.Intent, tea.Cmd) {
			v.least = uint8(s)
			return nil, v.again()
		}})
	}
	items[0].Title = "all"
	return pane.Choose{Title: "Severity", Items: items}, nil
}

// again asks everything anew.
func (v *View) again() tea.Cmd {
	v.pages.Stop()
	for _, l := range v.levels {
		l.reset(false)
	}
	v.lanes.stale = true
	return tea.Batch(v.fetch(), v.fetchLanes())
}

func (v *View) turn() (pane.Intent, tea.Cmd) {
	return pane.SetOrder{Order: query.Newest + query.Oldest - v.state.Order}, nil
}

func (v *View) toggleLanes() (pane.Intent, tea.Cmd) {
	v.lanes.shown = !v.lanes.shown
	v.lanes.anchor = -1
	v.lanes.stale = true
	v.layout()
	return nil, tea.Batch(v.fetch(), v.fetchLanes())
}

// pickable is the field and value under the cursor that a filter can be made of.
func (v *View) pickable() (field string, val query.Value, ok bool) {
	r, has := v.top().grid.Current()
	if !has {
		return "", val, false
	}
	text := func(field, s string) (string, query.Value, bool) {
		return field, query.Value{Text: s, Null: s == ""}, true
	}
	switch {
	case r.group != nil:
		field := [...]string{"", "actor", "resource", "service", ""}[v.by]
		return field, query.Value{Text: r.group.Name, Null: r.group.Absent}, field != ""
	case r.change == nil:
		return "", val, false
	}
	c := r.change
	switch v.top().grid.Column() {
	case "actor":
		return text("actor", c.Actor)
	case "ip":
		return text("ip", c.SourceIP)
	case "account":
		return text("account", c.Account)
	case "region":
		return text("region", c.Region)
	case "change":
		if c.Resource != "" {
			return text("resource", c.Resource)
		}
		return text("event", c.Action)
	}
	return "", val, false
}

func (v *View) noValue() string {
	if _, _, ok := v.pickable(); !ok {
		return "move to the column of a value first: actor, change (its resource), from, account, region"
	}
	return ""
}

func (v *View) pick(how pane.How) pane.Intent {
	field, val, ok := v.pickable()
	if !ok {
		return nil
	}
	return pane.Pick{Field: field, Value: val, How: how}
}

func (v *View) copy() (pane.Intent, tea.Cmd) {
	r, ok := v.top().grid.Current()
	switch {
	case !ok:
		return nil, nil
	case r.change != nil && v.top().grid.Column() == "change", r.change != nil && v.top().grid.Column() == "time":
		return pane.Copy{What: "sentence", Text: string(v.state.Clock(r.change.Time)) + " " + r.change.Actor + " " + r.change.Summary}, nil
	case r.words != nil:
		s := ""
		for _, c := range r.words {
			s += string(c.Text)
		}
		return pane.Copy{What: "line", Text: s}, nil
	}
	_, val, _ := v.pickable()
	return pane.Copy{What: "value", Text: val.Text}, nil
}

// Value implements pane.Valued.
func (v *View) Value() (query.Value, bool) {
	_, val, ok := v.pickable()
	return val, ok && !val.Null
}

// Event implements pane.Pointed.
func (v *View) Event() (seq int64, ok bool) {
	r, ok := v.top().grid.Current()
	return r.seq(), ok && r.seq() != 0
}

// Target implements pane.Targeted: the resource of a group, and of a history
// where the line leads to no event.
func (v *View) Target() (pane.Target, bool) {
	name := v.top().of
	switch r, ok := v.top().grid.Current(); {
	case ok && r.seq() != 0:
		return pane.Target{}, false
	case ok && r.group != nil && v.by == query.ByResource && !r.group.Absent:
		name = r.group.Name
	}
	return pane.Target{About: query.AboutResource, Name: name}, name != ""
}

// Changes implements pane.Changing: all that the level on top shows; of a list
// of groups, all groups.
func (v *View) Changes() (query.ChangeRequest, error) {
	r, err := v.request(v.top())
	if err != nil || r.Group == nil {
		if v.top().grouped {
			r.By = v.by
		}
		return r, err
	}
	f, err := query.GroupFilter(r.By, *r.Group)
	r.Filter, r.By, r.Group = r.Filter.And(f), query.Ungrouped, nil
	return r, err
}

// Command implements pane.Scripted.
func (v *View) Command() []string {
	if l := v.top(); l.command != nil {
		return l.command
	}
	args := []string{"timeline"}
	r, err := v.Changes()
	if err != nil { // the level could not ask either, and has said so
		return args
	}
	if r.By != query.Ungrouped {
		args = append(args, "--by", r.By.String())
	}
	if r.Least > 0 {
		args = append(args, "--severity", string(severityWord(r.Least)))
	}
	if !r.Fold {
		args = append(args, "--fold=false")
	}
	if r.Order == query.Oldest {
		args = append(args, "--order", "oldest")
	}
	if f := r.Filter.String(); f != "" {
		args = append(args, "--", f)
	}
	return args
}
