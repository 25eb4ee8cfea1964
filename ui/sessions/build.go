package sessions

import (
	"cmp"
	"fmt"
	"strings"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// labelWidth is how wide the names at the left of a header are.
const labelWidth = 8

// sessionSheet is one session in full.
func (v *View) sessionSheet(one query.SessionChain, did query.BurstPage) *sheet {
	s := one.Session
	lines := v.headerLines(s)
	lines = append(lines, blank(), heading("Where it came from"))
	lines = append(lines, v.chainLines(one)...)
	if down := v.treeLines(one.Down, 1); len(down) > 0 {
		lines = append(lines, blank(), heading("What came of it"))
		lines = append(lines, down...)
	}
	lines = append(lines, blank(), heading("What it did"))
	sh := v.newSheet("Session of "+text.CleanLine(s.Actor, 60)+", "+text.Clean(s.ID), nil)
	sh.session, sh.shows = &s, pane.SessionsShown{ID: s.ID}
	sh.set(append(lines, v.burstLines(sh, did)...))
	return sh
}

// within is the filter for the events of a session with a value, All for none.
func within(session, field, value string) query.Filter {
	f, err := query.Is("session", query.Value{Text: session})
	if err != nil {
		return query.Filter{}
	}
	g, err := query.Is(field, query.Value{Text: value})
	if err != nil {
		return query.Filter{}
	}
	return f.And(g)
}

func label(name text.Safe, cells ...grid.Cell) *line {
	return &line{cells: append([]grid.Cell{dim(text.Pad(name, labelWidth, ""))}, cells...)}
}

// headerLines say who, how, from where and with what.
func (v *View) headerLines(s query.Session) []*line {
	who := []grid.Cell{piece(themes.Title, text.CleanLine(s.Actor, cellMax)), dim("  " + text.CleanLine(s.Kind, 40))}
	if s.MFA != "" {
		role := themes.Good
		if s.MFA == "no" {
			role = themes.Warn
		}
		who = append(who, piece(role, "  MFA "+text.Clean(s.MFA)))
	}
	lines := []*line{
		label("who", who...).names("actor", s.Actor),
		label("", dim(text.CleanLine(s.Principal, cellMax))).names("principal", s.Principal),
		label("root", piece(themes.Accent, text.CleanLine(s.RootActor, cellMax)), dim("  "+text.CleanLine(s.Confidence+": "+s.Reason, 300))).names("root", s.RootActor),
		label("when", piece(themes.Text, v.state.Clock(s.Start)+" to "+v.state.Clock(s.End)), dim("  "+lasted(s.Start, s.End))),
	}
	lines = append(lines, listLines("from", "ip", s.ID, s.SourceIPs, 3)...)
	lines = append(lines, programLines(s.ID, s.Programs(), 3)...)
	lines = append(lines, listLines("keys", "key", s.ID, s.AccessKeys, 2)...)
	did := label("did", piece(themes.Text, number(s.Events)), dim(text.Safe(" "+query.Plural(s.Events, "event")+"  ")), tally(s.Writes, themes.Write), dim(text.Safe(" "+query.Plural(s.Writes, "write")+"  ")),
		tally(s.Denied, themes.Denied), dim(" denied  "), tally(s.Errors-s.Denied, themes.Error), dim(" failed otherwise"))
	if s.Forwarded > 0 {
		did.cells = append(did.cells, dim("  "+number(s.Forwarded)+" by services in its name"))
	}
	lines = append(lines, did)
	lines = append(lines, label("where", plain(strings.Join(append([]string{v.state.Accounts.Full(s.Account)}, s.Regions...), " ")), dim("  "+text.CleanLine(services(s.Services), cellMax))).names("account", s.Account))
	if noted := notes(&s); noted != "" {
		lines = append(lines, label("noted", piece(themes.Focus, text.CleanLine(noted, cellMax))))
	}
	for _, r := range s.Risks {
		lines = append(lines, label("sign", piece(themes.Warn, text.CleanLine(r.Sign, 40)), dim("  "+text.CleanLine(r.Detail, cellMax))))
	}
	return lines
}

func services(list []string) string {
	short := make([]string, len(list))
	for i, s := range list {
		short[i] = strings.TrimSuffix(s, ".amazonaws.com")
	}
	return strings.Join(short, " ")
}

// programLines shows the first programs, each with how many agents are like it.
func programLines(session string, list []query.Program, most int) []*line {
	var out []*line
	name := text.Safe("with")
	for i, p := range list {
		if i == most {
			return append(out, label("", dim(text.Safe("and "+query.Number(len(list)-i)+" more "+query.Plural(len(list)-i, "program")))))
		}
		like := dim("")
		if p.More > 0 {
			like = dim(text.Safe(fmt.Sprintf("%d like it: ", p.More+1)))
		}
		l := label(name, like, plain(p.Agent))
		if l.whole = true; p.More == 0 {
			l.names("agent", p.Agent).counts(within(session, "agent", p.Agent))
		}
		out = append(out, l)
		name = ""
	}
	return out
}

// listLines shows the first values that a field has in a session, a line each, and
// how many more there are.
func listLines(name text.Safe, field, session string, list []string, most int) []*line {
	var out []*line
	for i, v := range list {
		if i == most {
			return append(out, label("", dim(text.Safe(fmt.Sprintf("and %d more", len(list)-i)))))
		}
		out = append(out, label(name, plain(v)).names(field, v).counts(within(session, field, v)))
		name = ""
	}
	return out
}

// chainLines are the links up to the start, the nearest first.
func (v *View) chainLines(one query.SessionChain) []*line {
	var out []*line
	at := one.Session
	for _, up := range one.Up {
		link := v.linkLine(*at.Link, up.Actor, "")
		link[0].shown = up.Actor
		out = append(out, link...)
		at = up
	}
	if at.Link == nil && len(at.Candidates) > 1 {
		for _, c := range at.Candidates {
			out = append(out, v.linkLine(c, "session "+c.Parent, "perhaps ")...)
		}
	}
	role := themes.Good
	if one.Session.Confidence == "unknown" {
		role = themes.Warn
	}
	for _, st := range one.Started {
		out = append(out, &line{session: st.Session, seq: st.Seq, shown: st.Actor, cells: []grid.Cell{dim("  instance by " + text.CleanLine(st.Event, 60) + " of "), piece(themes.Accent, text.CleanLine(st.Actor, cellMax)), dim("  " + v.state.Clock(st.Time))}})
	}
	root := &line{cells: []grid.Cell{dim("  "), piece(role, text.CleanLine(one.Session.RootActor, cellMax)), dim("  " + text.CleanLine(one.Session.Reason, 300))}}
	return append(out, root.names("root", one.Session.RootActor))
}

// linkLine leads to a parent; its second line to the evidence.
func (v *View) linkLine(l query.SessionLink, by, perhaps string) []*line {
	return []*line{
		{session: l.Parent, cells: []grid.Cell{dim(text.Safe("  " + v.state.Styles.Glyphs.Up + " ")), piece(themes.Accent, text.CleanLine(perhaps+by, cellMax)),
			plain("  " + cmp.Or(l.Call, "a call")), dim("  " + v.state.Clock(l.Time)), piece(confidence(l.Confidence), "  "+text.Clean(l.Confidence))}},
		{seq: l.Seq, cells: []grid.Cell{dim("      " + text.CleanLine(l.Reason, 300) + "; event " + text.CleanLine(l.Event, 40))}},
	}
}

func confidence(c string) themes.Role {
	if c == "exact" || c == "by time" {
		return themes.Good
	}
	return themes.Warn
}

// treeLines are what a session gave out and the sessions that used it.
func (v *View) treeLines(t query.SessionTree, depth int) []*line {
	var out []*line
	indent := text.Safe(strings.Repeat("  ", depth))
	for _, i := range t.Issued {
		if i.Used {
			continue // its session follows
		}
		what := i.Key
		if what == "" {
			what = "credentials"
		}
		l := &line{seq: i.Seq, cells: []grid.Cell{dim(indent), plain(i.Call + " for " + i.For), dim("  " + v.state.Clock(i.Time) + "  " + text.CleanLine(what, 60) + ", not used in these logs")}}
		out = append(out, l.names("key", i.Key))
	}
	for _, c := range t.Children {
		maybe := text.Safe("")
		if c.Maybe {
			maybe = "perhaps "
		}
		out = append(out, &line{session: c.Session.ID, shown: c.Session.Actor, cells: []grid.Cell{dim(indent + text.Safe(v.state.Styles.Glyphs.Right) + " "), piece(themes.Accent, maybe+text.CleanLine(c.Session.Actor, cellMax)),
			dim("  " + v.state.Clock(c.Session.Start)), dim("  events "), piece(themes.Text, number(c.Session.Events)), dim("  writes "), tally(c.Session.Writes, themes.Write),
			dim("  denied "), tally(c.Session.Denied, themes.Denied), dim("  " + text.CleanLine(c.Why, cellMax))}})
		out = append(out, v.treeLines(c, depth+1)...)
	}
	return out
}

// burstLines are what a session did; the last one reads on where there is more.
func (v *View) burstLines(s *sheet, page query.BurstPage) []*line {
	var out []*line
	for _, b := range page.Bursts {
		out = append(out, v.burstLine(s, b))
	}
	s.next, s.more = page.Next, page.More
	if page.More {
		out = append(out, &line{more: true, cells: []grid.Cell{piece(themes.Accent, "  more: enter reads on")}})
	}
	return out
}

func (v *View) burstLine(s *sheet, b query.Burst) *line {
	role := themes.Read
	if !b.ReadOnly {
		role = themes.Write
	}
	what := text.CleanLine(b.Event, 80)
	if b.Count > 1 {
		what += text.Safe(fmt.Sprintf(" %s%s in %s", v.state.Styles.Glyphs.Close, number(b.Count), lasted(b.First, b.Last)))
	}
	cells := []grid.Cell{dim("  " + v.state.Clock(b.First) + "  "), dim(text.Pad(text.CleanLine(b.Service, 40), 16, text.Safe(v.state.Styles.Glyphs.Ellipsis)) + " "), piece(role, what)}
	if o := cloudtrail.Outcome(b.Outcome); o != cloudtrail.OK {
		cells = append(cells, piece(themes.OfOutcome(o.String(), themes.OK), text.Safe("  "+v.state.Styles.Glyphs.No+" "+o.String())), dim(" "+text.CleanLine(b.Error, 60)))
	}
	if b.Via != "" {
		cells = append(cells, dim("  via "+text.CleanLine(strings.TrimSuffix(b.Via, ".amazonaws.com"), 60)))
	}
	if b.Resource != "" {
		cells = append(cells, plain("  "+b.Resource))
	}
	l := (&line{cells: cells, whole: true, seq: b.Seq, from: b.First, to: b.Last}).names("event", b.Event).names("resource", b.Resource)
	if f, err := query.Is("session", query.Value{Text: s.session.ID}); err == nil {
		l.figure = f
		if g, err := query.Is("event", query.Value{Text: b.Event}); err == nil && b.Count > 1 {
			l.figure, l.seq = f.And(g), 0
		}
	}
	return l
}

func (v *View) childLine(s query.Session) *line {
	return &line{session: s.ID, shown: s.Actor, cells: []grid.Cell{dim("  "), piece(themes.Accent, text.CleanLine(s.Actor, cellMax)), dim("  " + v.state.Clock(s.Start) + "  " + lasted(s.Start, s.End)),
		dim("  events "), piece(themes.Text, number(s.Events)), dim("  root "), plain(s.RootActor)}}
}

// begun begins a line with a capital.
func begun(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// radiusSheet is everything downstream and the list to contain.
func (v *View) radiusSheet(what text.Safe, f query.Filter, r query.Radius) *sheet {
	lines := []*line{{cells: []grid.Cell{plain(query.Counted(r.Sessions, "session") + "  " + query.Counted(r.Events, "event")), piece(themes.Write, "  "+number(r.Writes)+" writes"),
		piece(themes.Denied, "  "+number(r.Denied)+" denied")}}}
	for _, t := range r.Contain {
		lines = append(lines, blank(), heading(text.CleanLine(begun(t.Title), cellMax)))
		for _, s := range t.Steps {
			lines = append(lines, stepLine(t, s))
		}
	}
	if len(r.Made) > 0 {
		lines = append(lines, blank(), heading("Made or altered in IAM and Identity Center"))
	}
	for _, c := range r.Made {
		l := &line{seq: c.Seq, cells: []grid.Cell{dim("  " + v.state.Clock(c.Time) + "  "), piece(themes.Write, text.CleanLine(c.Action, 60)), plain("  " + c.Summary), dim("  " + text.CleanLine(c.Actor, 60))}}
		lines = append(lines, l.names("resource", c.Resource))
	}
	lines = append(lines, blank(), heading("Sessions"))
	for _, t := range r.Trees {
		lines = append(lines, v.childLine(t.Session))
		lines = append(lines, v.treeLines(t, 2)...)
	}
	if r.Partial {
		lines = append(lines, blank(), &line{cells: []grid.Cell{piece(themes.Error, "there is more than is shown here: narrow the filter")}})
	}
	sh := v.newSheet("Blast radius of "+what, lines)
	sh.shows = pane.SessionsShown{Radius: true, List: query.SessionRequest{Filter: f}}
	return sh
}

// stepLine is one thing to do, where it is and why, dim when it was done already;
// enter opens the event that shows it, e the events about it.
func stepLine(t query.Task, s query.Measure) *line {
	cells := []grid.Cell{dim("  "), plain(s.What)}
	if s.Done {
		cells = []grid.Cell{dim("  " + text.CleanLine(s.What, cellMax) + "  (done)")}
	}
	if s.Account != "" && !strings.Contains(s.What, s.Account) {
		cells = append(cells, dim("  in "+text.CleanLine(s.Account, 60)))
	}
	if len(s.Why) > 0 {
		cells = append(cells, dim("  "+text.CleanLine(strings.Join(s.Why, "; "), cellMax)))
	}
	l := &line{seq: s.Seq, cells: cells, shown: s.What}
	return l.names(t.Field, t.Named(s)).counts(t.About(s))
}
