package integrity

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/loader/digest"
	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// Commands implements pane.Pane.
func (v *View) Commands() []pane.Command {
	cmds := v.grid.Commands("integrity", func() (pane.Intent, tea.Cmd) {
		v.follow()
		return nil, nil
	})
	moveWhen := func(when func() string, id string, title text.Safe, help string, f func(n int), keys ...string) pane.Command {
		return pane.Command{ID: "integrity." + id, Keys: keys, Title: title, Help: help, Group: "Move", When: when,
			Run: func(n int) (pane.Intent, tea.Cmd) { f(max(n, 1)); return nil, nil }}
	}
	move := func(id string, title text.Safe, help string, f func(n int), keys ...string) pane.Command {
		return moveWhen(v.noStrips, id, title, help, f, keys...)
	}
	cmds = append(cmds,
		move("earlier", "earlier", "Move a cell back in time", func(n int) { v.strips.move(-n) }, "h", "left"),
		move("later", "later", "Move a cell on in time", func(n int) { v.strips.move(n) }, "l", "right"),
		move("strip-up", "strip before", "Move to the strip before", func(n int) { v.strips.strip(-n) }, "{"),
		move("strip-down", "next strip", "Move to the next strip", func(n int) { v.strips.strip(n) }, "}"),
		move("next", "next trouble", "Move to the next hour that is not proven", func(int) { v.strips.next(1) }, "n"),
		move("previous", "trouble before", "Move to the hour before that is not proven", func(int) { v.strips.next(-1) }, "N"),
		moveWhen(v.closest, "in", "closer", "Show fewer hours in a cell", func(n int) { v.strips.zoom(n) }, "i"),
		moveWhen(v.widest, "out", "wider", "Show more hours in a cell", func(n int) { v.strips.zoom(-n) }, "o"),
	)
	cmds = append(cmds, pane.Pivots("integrity", "the log file under the cursor as object", 0, v.noLog, v.pick)...)
	return append(cmds,
		pane.Command{ID: "integrity.enter", Keys: []string{"enter", "space"}, Title: "evidence", Group: "Look", Hint: 1, When: v.noRow,
			Help: "Show what a verdict rests on, step by step; on a heading: fold it",
			Run:  func(int) (pane.Intent, tea.Cmd) { return v.enter() }},
		pane.Command{ID: "integrity.events", Keys: []string{"e"}, Title: "events", Group: "Look", Hint: 2, When: v.noEvents,
			Help: "Show the events of the log file, or those that may explain a gap",
			Run:  func(int) (pane.Intent, tea.Cmd) { return v.events(), nil }},
		pane.Command{ID: "integrity.hour", Keys: []string{"w"}, Title: "events of the hour", Group: "Look", When: v.noStrips,
			Help: "Show the events of the cell under the cursor",
			Run:  func(int) (pane.Intent, tea.Cmd) { return v.hourEvents(), nil }},
		pane.Command{ID: "integrity.run", Keys: []string{"r"}, Title: "check", Group: "Look", Hint: 3, When: v.busy,
			Help: "Check the log files against their digests; again, what was read is not read twice",
			Run:  func(int) (pane.Intent, tea.Cmd) { return nil, v.run() }},
		pane.Command{ID: "integrity.stop", Keys: []string{"s"}, Title: "stop", Group: "Look", When: v.idle,
			Help: "Stop the check; the next one goes on where it stopped",
			Run:  func(int) (pane.Intent, tea.Cmd) { v.stop(); return pane.Say{Text: "the check was stopped"}, nil }},
		pane.Command{ID: "integrity.copy", Keys: []string{"y"}, Title: "copy name", Group: "Take", When: v.noRow, Help: "Copy the full name of the object",
			Run: func(int) (pane.Intent, tea.Cmd) {
				r, _ := v.grid.Current()
				if r.object < 0 && r.finding < 0 {
					return nil, nil
				}
				full, _ := v.words(r)
				return pane.Copy{What: "name", Text: full}, nil
			}},
	)
}

func (v *View) noStrips() string {
	if len(v.strips.list) == 0 {
		return "no check has been run"
	}
	return ""
}

// closest says why fewer hours can't be shown in a cell, widest why more can't.
func (v *View) closest() string {
	if why := v.noStrips(); why != "" || v.strips.per > 1 {
		return why
	}
	return "a cell is an hour already"
}

func (v *View) widest() string {
	if why := v.noStrips(); why != "" || v.strips.per < v.strips.whole() {
		return why
	}
	return "all hours are shown already"
}

func (v *View) noRow() string {
	if _, ok := v.grid.Current(); !ok {
		return "nothing is listed"
	}
	return ""
}

func (v *View) noEvents() string {
	r, ok := v.grid.Current()
	switch {
	case !ok || r.object < 0 && r.finding < 0:
		return "move to a log file or a gap first"
	case r.object >= 0 && (v.report.Objects[r.object].Kind != digest.Log || v.report.Objects[r.object].Actual == ""):
		return "only log files that are there have events"
	case r.finding >= 0 && (r.finding >= len(v.causes) || len(v.causes[r.finding]) == 0):
		return "no event in the case explains it"
	}
	return ""
}

// noLog says why there is no object to filter by.
func (v *View) noLog() string {
	r, ok := v.grid.Current()
	if !ok || r.object < 0 {
		return "move to a log file first"
	}
	if o := v.report.Objects[r.object]; o.Kind != digest.Log || o.Actual == "" {
		return "only log files that are there have events"
	}
	return ""
}

func (v *View) pick(how pane.How) pane.Intent {
	r, _ := v.grid.Current()
	return pane.Pick{Field: "object", Value: query.Value{Text: v.report.Objects[r.object].Actual}, How: how}
}

func (v *View) busy() string {
	if v.check.Out() {
		return "a check is running"
	}
	return ""
}

func (v *View) idle() string {
	if !v.check.Out() {
		return "no check is running"
	}
	return ""
}

// enter folds a heading, or shows the evidence of a line.
func (v *View) enter() (pane.Intent, tea.Cmd) {
	r, ok := v.grid.Current()
	switch {
	case !ok:
		return nil, nil
	case r.object >= 0:
		return v.objectPage(v.report.Objects[r.object]), nil
	case r.finding >= 0:
		return v.findingPage(r.finding), nil
	}
	p := v.problems[r.problem]
	v.folded[name(p)] = !v.closed(p)
	v.rows()
	return nil, nil
}

// events opens the events behind the current line.
func (v *View) events() pane.Intent {
	r, _ := v.grid.Current()
	if r.object >= 0 {
		f, err := query.Is("object", query.Value{Text: v.report.Objects[r.object].Actual})
		if err != nil {
			return pane.Say{Text: text.Clean(err.Error()), Bad: true}
		}
		return pane.Evidence{Filter: f}
	}
	list := v.causes[r.finding]
	if len(list) == 1 {
		return pane.OpenEvent{Seq: list[0].Seq}
	}
	items := make([]pane.Item, len(list))
	for i, c := range list {
		items[i] = pane.Item{Title: text.Clean(c.Event + " by " + c.Actor), Note: text.Safe(v.stamp(c.Time)),
			Do: func() (pane.Intent, tea.Cmd) { return pane.OpenEvent{Seq: c.Seq}, nil }}
	}
	return pane.Choose{Title: "what may explain it", Items: items}
}

// hourEvents opens the events of the cell under the cursor.
func (v *View) hourEvents() pane.Intent {
	from, to, _ := v.strips.under()
	ch := v.strips.chains[v.strips.list[v.strips.cur].Chain]
	f, err := query.Is("account", query.Value{Text: ch.Account})
	if err == nil {
		var region query.Filter
		if region, err = query.Is("region", query.Value{Text: ch.Region}); err == nil {
			f = f.And(region)
		}
	}
	if err != nil {
		return pane.Say{Text: text.Clean(err.Error()), Bad: true}
	}
	return pane.Evidence{Filter: f, From: from, To: to}
}

func (v *View) stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.In(v.state.Zone).Format("2006-01-02 15:04:05 MST")
}

// objectPage is what a verdict rests on.
func (v *View) objectPage(o digest.Object) pane.Intent {
	w := o.Words()
	lines := []text.Safe{
		text.Clean(o.Name), "",
		text.Safe(fmt.Sprintf("%s %s: %s", o.Kind, o.Verdict, w.Title)), text.Clean(w.Means),
	}
	if w.Do != "" {
		lines = append(lines, text.Clean(w.Do))
	}
	lines = append(lines, "", "How it was checked:")
	for _, s := range o.Steps() {
		lines = append(lines, text.Safe(fmt.Sprintf("  %-28s %-9s ", s.Name, s.Result))+text.Clean(s.Detail))
	}
	lines = append(lines, "")
	for _, f := range [][2]string{{"recorded SHA-256", o.Recorded}, {"actual SHA-256", o.SHA256}, {"named by", o.NamedBy}, {"found at", o.Actual}, {"key", o.Key}} {
		if f[1] != "" {
			lines = append(lines, text.Safe(fmt.Sprintf("%-18s", f[0]))+text.Clean(f[1]))
		}
	}
	if !o.From.IsZero() {
		what := "its events"
		if o.Kind == digest.Digest {
			what = "covers"
		}
		lines = append(lines, text.Safe(fmt.Sprintf("%-18s%s to %s", what, v.stamp(o.From), v.stamp(o.To))))
	}
	return pane.Read{Title: text.Safe("evidence"), Lines: lines}
}

// findingPage is a finding in full, with what may explain it.
func (v *View) findingPage(i int) pane.Intent {
	f := v.report.Findings[i]
	w := digest.Explain(f.Type)
	lines := []text.Safe{text.Clean(f.Object), "", text.Clean(string(f.Type) + ": " + w.Title), text.Clean(w.Means), text.Clean(w.Do), "", text.Clean(f.Detail)}
	if i < len(v.causes) && len(v.causes[i]) > 0 {
		lines = append(lines, "", "What may explain it (e opens it):")
		for _, c := range v.causes[i] {
			lines = append(lines, text.Safe("  "+v.stamp(c.Time)+"  ")+text.Clean(c.Event+" by "+c.Actor+" in "+v.state.Accounts.Full(c.Account)+" "+c.Region))
		}
	}
	return pane.Read{Title: text.Safe("evidence"), Lines: lines}
}
