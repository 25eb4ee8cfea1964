package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Profiler tells all about one value, part by part. *store.DB is one.
type Profiler interface {
	FindProfile(ctx context.Context, value string) (query.Profile, error)
	ProfilePart(context.Context, query.Profile, query.ProfilePart) (query.Profile, error)
}

// A SessionFinder knows the session of an event. *store.DB is one.
type SessionFinder interface {
	SessionOf(ctx context.Context, seq int64) (string, error)
}

// noSession says why the session of an event can't be shown.
func (m *Model) noSession() string {
	if _, ok := m.opt.Case.(SessionFinder); !ok {
		return "this case knows no sessions"
	}
	return m.noEvent()
}

// showSession opens the session of the current event.
func (m *Model) showSession() tea.Cmd {
	seq, _ := m.currentSeq()
	f := m.opt.Case.(SessionFinder)
	ctx, n := m.profiles.Next(m.ctx)
	return func() tea.Msg {
		id, err := f.SessionOf(ctx, seq)
		return sessionMsg{n, id, err}
	}
}

// sessionMsg is the answer of a SessionFinder.
type sessionMsg struct {
	n   uint64
	id  string
	err error
}

func (m *Model) sessionFound(msg sessionMsg) tea.Cmd {
	switch {
	case !m.profiles.Is(msg.n):
		return nil
	case msg.err != nil:
		return m.fail("session", msg.err)
	}
	return m.act(pane.ShowSession{ID: msg.id}.There())
}

// A portrait is a profile on the screen, whose parts come one by one.
type portrait struct {
	query.Profile
	has  [query.ProfileParts]bool
	menu *menu
}

// profileMsg says where a value was found: what its parts are about.
type profileMsg struct {
	n   uint64
	p   query.Profile
	err error
}

// partMsg is a part of a portrait.
type partMsg struct {
	of   *portrait
	part query.ProfilePart
	p    query.Profile
	err  error
}

// noProfile says why there is no value to profile.
func (m *Model) noProfile() string {
	if m.opt.Profiles == nil {
		return "this case can't be profiled"
	}
	if v, ok := m.valueAt(); !ok || v.Null || v.Text == "" {
		return "move to a value first: an address, a key, a user, a role"
	}
	return ""
}

func (m *Model) valueAt() (query.Value, bool) {
	p, ok := m.paneAt(m.shape.focus).(pane.Valued)
	if !ok {
		return query.Value{}, false
	}
	return p.Value()
}

// profile asks all about the value under the cursor.
func (m *Model) profile() tea.Cmd {
	v, _ := m.valueAt()
	ctx, n := m.profiles.Next(m.ctx)
	m.say("looking up " + text.CleanLine(v.Text, 60))
	p := m.opt.Profiles
	return func() tea.Msg {
		found, err := p.FindProfile(ctx, v.Text)
		return profileMsg{n, found, err}
	}
}

// profiled opens a list whose figures lead to their events, and asks for all
// parts of it at once.
func (m *Model) profiled(msg profileMsg) tea.Cmd {
	if !m.profiles.Is(msg.n) {
		return nil
	}
	if msg.err != nil {
		return m.fail("profile", msg.err)
	}
	m.notice.text = ""
	p := &portrait{Profile: msg.p}
	items := func() []menuItem { return menuItems(m.profileItems(p)) }
	ctx, cancel := context.WithCancel(m.ctx)
	p.menu = &menu{title: "Profile of " + text.CleanLine(msg.p.Value, 60), items: items(), rebuild: items, shut: cancel}
	asks := []tea.Cmd{m.push(p.menu)}
	from := m.opt.Profiles
	for part := range query.ProfileParts {
		asks = append(asks, func() tea.Msg {
			answer, err := from.ProfilePart(ctx, msg.p, part)
			return partMsg{p, part, answer, err}
		})
	}
	return tea.Batch(asks...)
}

// portrayed fills in a part, unless the portrait was closed.
func (m *Model) portrayed(msg partMsg) tea.Cmd {
	if !slices.Contains(m.overlays, overlay(msg.of.menu)) {
		return nil
	}
	if msg.err != nil {
		return m.fail("profile", msg.err)
	}
	msg.of.Take(msg.part, msg.p)
	msg.of.has[msg.part] = true
	msg.of.menu.refresh()
	return nil
}

// behind opens the events of a filter.
func behind(f query.Filter) func() (pane.Intent, tea.Cmd) {
	return func() (pane.Intent, tea.Cmd) { return pane.Evidence{Filter: f}, nil }
}

// blastRadius shows what came of the sessions of a profile's events.
func blastRadius(p query.Profile) func() (pane.Intent, tea.Cmd) {
	return func() (pane.Intent, tea.Cmd) {
		return pane.ShowRadius{What: text.CleanLine(p.Value, 60), Filter: p.Filter}.There(), nil
	}
}

// shownValues is how many values of each field a profile shows.
const shownValues = 6

// profileItems are the lines of a portrait. A part that has not come yet has its
// place; where nothing was found the others don't matter.
func (m *Model) profileItems(p *portrait) []pane.Item {
	more := text.Safe("")
	if p.Partial {
		more = " so far: the records are still being searched"
	}
	if p.has[query.ProfileSums] && p.Events == 0 {
		return []pane.Item{{Title: "nowhere in this case" + more}}
	}
	waiting := func(what text.Safe) []pane.Item {
		return []pane.Item{{}, {Title: what + " " + text.Safe(m.look.glyphs.Ellipsis)}}
	}
	as := "as " + text.Clean(strings.Join(p.Fields, ", "))
	var items []pane.Item
	if p.has[query.ProfileSums] {
		items = append(items, pane.Item{Title: text.Safe(query.Counted(p.Events, "event")) + more, Note: as, Do: behind(p.Filter)})
		items = append(items, m.sumItems(p.Profile)...)
	} else {
		items = append(items, pane.Item{Title: "events " + text.Safe(m.look.glyphs.Ellipsis), Note: as, Do: behind(p.Filter)})
	}
	if p.has[query.ProfileVolume] {
		items = append(items, m.volumeItems(p.Profile)...)
	} else {
		items = append(items, waiting("over time")[1:]...)
	}
	for _, f := range p.Facets {
		items = append(items, facetItems(f, text.Clean(f.Field), p.Filter)...)
	}
	if !p.has[query.ProfileFacets] {
		items = append(items, waiting("what, where, with what")...)
	}
	if denied, err := query.Is("outcome", query.Value{Text: "denied"}); err == nil && len(p.Denials.Values) > 0 {
		items = append(items, facetItems(p.Denials, "denied", p.Filter.And(denied))...)
	} else if !p.has[query.ProfileDenials] {
		items = append(items, waiting("denied")...)
	}
	if !p.has[query.ProfileSessions] {
		return append(items, waiting("sessions")...)
	}
	return append(items, m.sessionItems(p.Sessions)...)
}

// sumItems say how much there is, and when.
func (m *Model) sumItems(p query.Profile) (items []pane.Item) {
	for _, part := range []struct {
		n      int64
		what   string
		filter string
	}{{p.Writes, "write", "readonly:false"}, {p.Changes, "change", "readonly:false outcome:ok"}, {p.Denied, "denial", "outcome:denied"}} {
		if f, err := query.Parse(part.filter); err == nil && part.n > 0 {
			items = append(items, pane.Item{Title: text.Safe(query.Counted(part.n, part.what)), Do: behind(p.Filter.And(f))})
		}
	}
	return append(items,
		pane.Item{Title: "what came of it", Note: "blast radius: sessions, keys, what to contain", Do: blastRadius(p)},
		pane.Item{Title: "first seen " + m.state().Clock(p.First), Do: behind(p.Filter.And(query.Within(p.First, p.First)))},
		pane.Item{Title: "last seen  " + m.state().Clock(p.Last), Do: behind(p.Filter.And(query.Within(p.Last, p.Last)))})
}

// facetItems are the top values of a field; each opens its events.
func facetItems(f query.Facet, name text.Safe, filter query.Filter) []pane.Item {
	items := []pane.Item{{}, {Title: name, Note: text.Safe(thousands(f.Distinct)) + " different"}}
	for i, v := range f.Values {
		if i == shownValues {
			break
		}
		own, err := query.Is(f.Field, v.Value)
		if err != nil {
			continue
		}
		title := text.CleanLine(v.Value.Text, 80)
		if v.Value.Null {
			title = "(absent)"
		}
		items = append(items, pane.Item{Title: "  " + title, Note: text.Safe(thousands(v.Count)), Do: behind(filter.And(own))})
	}
	return items
}

// sessionItems are the sessions; each opens in the view of sessions.
func (m *Model) sessionItems(p query.SessionPage) []pane.Item {
	items := []pane.Item{{}, {Title: "sessions", Note: text.Safe(thousands(int64(p.Total)))}}
	for _, s := range p.Sessions {
		items = append(items, pane.Item{Title: "  " + m.state().Clock(s.Start) + "  " + text.CleanLine(s.Actor, 60), Note: text.Safe(query.Counted(s.Matched, "event")) + ", root " + text.CleanLine(s.RootActor, 60),
			Do: func() (pane.Intent, tea.Cmd) { return pane.ShowSession{ID: s.ID}.There(), nil }})
	}
	return items
}

// volumeItems draw the events over time, and name the stretch with the most.
func (m *Model) volumeItems(p query.Profile) []pane.Item {
	sums := totals(p.Volume)
	if len(sums) == 0 {
		return nil
	}
	busiest := 0
	for i, n := range sums {
		if n > sums[busiest] {
			busiest = i
		}
	}
	from := p.Volume.Start.Add(time.Duration(busiest) * p.Volume.Step).UnixMicro()
	to := from + max(p.Volume.Step.Microseconds()-1, 0)
	return []pane.Item{
		{Title: text.Safe(m.spark(sums)), Do: behind(p.Filter)},
		{Title: "most from " + m.state().Clock(from) + " to " + m.state().Clock(to), Note: text.Safe(query.Counted(sums[busiest], "event")), Do: behind(p.Filter.And(query.Within(from, to)))},
	}
}

// totals sums a histogram's series up.
func totals(h query.Histogram) []int64 {
	var sums []int64
	for _, s := range h.Series {
		if sums == nil {
			sums = make([]int64, len(s.Counts))
		}
		for i, n := range s.Counts {
			sums[i] += n
		}
	}
	return sums
}

// spark draws counts in one line.
func (m *Model) spark(sums []int64) string {
	top := max(slices.Max(sums), 1)
	var b strings.Builder
	for _, n := range sums {
		eighths := n * 8 / top
		if n > 0 {
			eighths = max(eighths, 1)
		}
		b.WriteString(m.look.glyphs.Bars[eighths])
	}
	return b.String()
}
