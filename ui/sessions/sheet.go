package sessions

import (
	tea "charm.land/bubbletea/v2"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/themes"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A sheet is something opened: a session, a comparison, a blast radius. It is a
// list of lines, some of which lead on.
type sheet struct {
	title   text.Safe
	grid    *grid.Grid[*line]
	w       int
	lines   []*line        // whole; the grid has them broken where they are too wide
	session *query.Session // nil when it is no session
	shows   pane.SessionsShown
	next    query.Cursor // of its bursts, when there are more
	more    bool
	further bool // more than the first bursts were read

	lay func(width int) []*line // makes the lines anew for another width; nil for lines that don't depend on it
}

// A line of a sheet.
type line struct {
	n     int64
	cells []grid.Cell

	session string       // enter opens this one
	seq     int64        // enter opens this event
	figure  query.Filter // e opens these events; All for none
	from    int64        // their time, µs UTC, both included
	to      int64
	more    bool // enter reads on
	whole   bool // never broken over lines

	field, value string // what the line names, for a filter
	shown        string // the same for a profile and a copy, where that says more
}

func (v *View) newSheet(title text.Safe, lines []*line) *sheet {
	s := &sheet{title: title, w: v.w}
	s.grid = grid.New(grid.Source[*line]{
		Key:  func(l *line) int64 { return l.n },
		Cell: func(*line, string) grid.Cell { return grid.Cell{} },
		Line: func(l *line, _ int) []grid.Cell { return l.cells },
	}, nil)
	s.grid.Resize(v.w, v.h)
	s.set(lines)
	return s
}

// set shows lines.
func (s *sheet) set(lines []*line) {
	s.lines = lines
	s.grid.Set(flow(lines, s.w))
}

// resize breaks the lines anew, or makes them anew where they know how.
func (s *sheet) resize(w, h int) {
	s.grid.Resize(w, h)
	if w == s.w {
		return
	}
	at, _ := s.grid.Current()
	s.w = w
	if s.lay != nil {
		s.lines = s.lay(w)
	}
	s.set(s.lines)
	s.keep(at)
}

// keep moves the cursor to the line that at was, or was a part of.
func (s *sheet) keep(at *line) {
	if at != nil && !s.grid.Select(at.n) {
		s.grid.Select(at.n - at.n%parts)
	}
}

type sheetMsg struct {
	n     uint64
	build func() *sheet // run in Update: it reads the state
	again *sheet        // the one that this takes the place of; nil for a new one
	err   error
}

type moreMsg struct {
	n    uint64
	of   *sheet
	page query.BurstPage
	err  error
}

// firstBursts is how many bursts are read at a time.
const firstBursts = 500

// openSession reads a session and opens it.
func (v *View) openSession(id string) tea.Cmd { return v.readSession(id, nil) }

// readSession reads a session for a sheet of its own, or in the place of one.
func (v *View) readSession(id string, again *sheet) tea.Cmd {
	ctx, n := v.reads.Next(v.state.Ctx)
	r := v.reader
	return func() tea.Msg {
		one, err := r.Session(ctx, id)
		if err != nil {
			return sheetMsg{n: n, err: err}
		}
		did, err := r.Bursts(ctx, query.BurstRequest{Session: one.Session.ID, N: firstBursts})
		return sheetMsg{n: n, err: err, again: again, build: func() *sheet { return v.sessionSheet(one, did) }}
	}
}

// compare reads two sessions' differences and opens them.
func (v *View) compare(a, b query.Session) tea.Cmd {
	ctx, n := v.reads.Next(v.state.Ctx)
	r := v.reader
	return func() tea.Msg {
		list, err := r.Contrast(ctx, a.ID, b.ID)
		return sheetMsg{n: n, err: err, build: func() *sheet { return v.contrastSheet(a, b, list) }}
	}
}

// blast reads what came of the sessions under a filter and opens it.
func (v *View) blast(what text.Safe, f query.Filter) tea.Cmd {
	ctx, n := v.reads.Next(v.state.Ctx)
	r := v.reader
	return func() tea.Msg {
		radius, err := r.Radius(ctx, f)
		return sheetMsg{n: n, err: err, build: func() *sheet { return v.radiusSheet(what, f, radius) }}
	}
}

func (v *View) opened(m sheetMsg) (pane.Intent, tea.Cmd) {
	if !v.reads.Is(m.n) {
		return nil, nil
	}
	if m.err != nil {
		return failed(m.err), nil
	}
	s := m.build()
	if m.again == nil {
		v.open = append(v.open, s)
	} else if v.top() == m.again {
		at, _ := m.again.grid.Current()
		v.open[len(v.open)-1] = s
		s.keep(at)
	}
	return nil, nil
}

// again reads the session on top once more when the case has changed: it may
// carry a mark now. One that was read further keeps its place instead.
func (v *View) again(s pane.State) tea.Cmd {
	top := v.top()
	if top == nil || top.session == nil || top.further || s.Live || s.Data == v.data || v.reads.Out() {
		return nil
	}
	return v.readSession(top.session.ID, top)
}

// readOn reads further bursts of the session on top.
func (v *View) readOn(s *sheet) tea.Cmd {
	ctx, n := v.reads.Next(v.state.Ctx)
	r, req := v.reader, query.BurstRequest{Session: s.session.ID, From: s.next, N: firstBursts}
	return func() tea.Msg {
		page, err := r.Bursts(ctx, req)
		return moreMsg{n, s, page, err}
	}
}

func (v *View) continued(m moreMsg) (pane.Intent, tea.Cmd) {
	if !v.reads.Is(m.n) || v.top() != m.of {
		return nil, nil
	}
	if m.err != nil {
		return failed(m.err), nil
	}
	m.of.further = true
	kept := m.of.lines[:len(m.of.lines)-1] // but the line that leads here
	m.of.set(append(kept[:len(kept):len(kept)], v.burstLines(m.of, m.page)...))
	return nil, nil
}

func failed(err error) pane.Intent { return pane.Failed("read session", err) }

// Pieces of lines.

func piece(role themes.Role, s text.Safe) grid.Cell { return grid.Cell{Text: s, Role: role} }

func plain(s string) grid.Cell { return grid.Cell{Text: text.CleanLine(s, cellMax)} }

func dim(s text.Safe) grid.Cell { return piece(themes.Dim, s) }

// tally is a number within a line of text: none draws no eye.
func tally(n int64, role themes.Role) grid.Cell {
	if n == 0 {
		role = themes.Dim
	}
	return piece(role, number(n))
}

// names says what a line is about: a value of a field. Without one nothing changes.
func (l *line) names(field, value string) *line {
	if value != "" {
		l.field, l.value = field, value
	}
	return l
}

// counts says which events, of any time, are behind a line.
func (l *line) counts(f query.Filter) *line {
	l.figure, l.from, l.to = f, cloudtrail.NoTime, cloudtrail.NoTime
	return l
}

// leads reports whether enter has somewhere to go.
func (l *line) leads() bool { return l.more || l.session != "" || l.seq != 0 || !l.figure.All() }

func heading(s text.Safe) *line { return &line{cells: []grid.Cell{piece(themes.Title, s)}} }

func blank() *line { return &line{cells: []grid.Cell{dim(" ")}} }
