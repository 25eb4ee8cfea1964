package queries

import (
	"context"
	"errors"
	"reflect"
	"slices"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// An Asker answers questions and keeps one's own. *store.DB is one.
type Asker interface {
	Answer(ctx context.Context, q *query.Question, values map[string]string) (query.Answer, error)
	// ReadAhead reads the records that several questions want at once.
	ReadAhead(ctx context.Context, list []*query.Question) error
	Queries(ctx context.Context) ([]query.Saved, error)
	SaveQuery(ctx context.Context, s query.Saved) error
	RemoveQuery(ctx context.Context, id string) (bool, error)
}

// Files shares queries as files, and with all cases; nil functions take the
// commands away.
type Files struct {
	Write func(path string, list []query.Saved) error
	Read  func(path string) ([]query.Saved, error)

	Shared func() ([]query.Saved, error)  // those for all cases
	Share  func(list []query.Saved) error // keeps some there, in the place of those of the same ids
	Drop   func(id string) (bool, error)  // reports whether there was one
}

// A View is the queries view.
type View struct {
	asker Asker
	files Files
	state pane.State
	w, h  int
	list  *grid.Grid[line]
	found *grid.Grid[finding]
	open  *entry // whose findings are shown, nil for the list
	sql   console

	commands []pane.Command

	own     []*entry
	builtin []*entry
	lanes   [laneCount]lane
	loads   pane.Line
	data    uint64 // of the case that the answers are about
	ahead   bool   // the records of slow questions have been read, or are being
	kept    string // id of a question just kept, for the cursor to go to
	started bool
	looking bool // at how far slow questions are
}

// entry is one question with its answer.
type entry struct {
	id     int64
	saved  query.Saved
	ready  *query.Question
	own    bool
	shared bool              // for all cases
	slow   bool              // it reads records
	values map[string]string // of its variables
	answer query.Answer
	state  progress
	err    error
}

type progress uint8

const (
	waiting progress = iota
	stale            // answered for an earlier state of the case
	answered
	failed
)

// line is a heading or a question.
type line struct {
	topic string
	*entry
}

// finding is one hit of a question with a rule.
type finding struct {
	n int64
	query.Finding
}

type (
	ownMsg struct {
		n      uint64
		list   []query.Saved
		shared []query.Saved
		err    error
	}
	savedMsg struct {
		said text.Safe
		err  error
	}
)

// New returns the view of the questions that come with spoor and one's own, and
// of SQL.
func New(a Asker, builtin []query.Saved, files Files, sql SQL) *View {
	v := &View{asker: a, files: files, sql: console{run: sql}}
	v.sql.rows = grid.New(grid.Source[answerRow]{Key: func(r answerRow) int64 { return r.n }, Cell: v.sqlCell}, toCome)
	for i, s := range builtin {
		v.builtin = append(v.builtin, newEntry(int64(i), s, false))
	}
	v.list = grid.New(grid.Source[line]{Key: lineKey, Cell: v.cell, Line: v.heading}, []grid.Column{
		{ID: "answer", Title: "Answer", Width: 12, Min: 12, Right: true},
		{ID: "name", Title: "Question", Width: 60, Min: 30, Grow: 1},
		{ID: "attack", Title: "ATT&CK", Width: 22, Min: 10, Priority: 1},
	})
	v.found = grid.New(grid.Source[finding]{Key: func(f finding) int64 { return f.n }, Cell: v.findingCell}, toCome)
	v.commands = v.makeCommands()
	v.rows()
	return v
}

// toCome stands for columns that the answer brings: a list that has some can be
// moved about in sideways.
var toCome = []grid.Column{{ID: "to come", Width: 1}}

func newEntry(id int64, s query.Saved, own bool) *entry {
	e := &entry{id: id, saved: s, own: own}
	if e.ready, e.err = s.Question(); e.err != nil {
		e.state = failed
	} else {
		e.slow = e.ready.ReadsRecords()
	}
	return e
}

func lineKey(l line) int64 {
	if l.entry != nil {
		return l.entry.id
	}
	key := int64(-1)
	for _, c := range []byte(l.topic) {
		key = key*31 - int64(c)
	}
	return min(key, -key)
}

// Title implements pane.Pane.
func (v *View) Title() text.Safe {
	if v.sql.open {
		return "SQL"
	}
	if v.open != nil {
		return text.Clean(v.open.saved.Name)
	}
	return "Questions to the whole case"
}

// Resize implements pane.Pane.
func (v *View) Resize(w, h int) {
	v.w, v.h = w, h
	v.list.Resize(w, max(h-aboutHeight, 1))
	v.found.Resize(w, max(h-aboutHeight, 1))
	v.sql.rows.Resize(w, max(h-aboutHeight, 1))
}

// CursorAt implements pane.Cursor.
func (v *View) CursorAt() (x, y int, ok bool) {
	if v.sql.open {
		return v.sql.rows.CursorAt()
	}
	if v.open != nil {
		return v.found.CursorAt()
	}
	return v.list.CursorAt()
}

// Sync implements pane.Pane.
func (v *View) Sync(s pane.State) tea.Cmd {
	v.state = s
	if !v.started {
		v.started, v.data = true, s.Data
		return v.load()
	}
	if s.Data != v.data && (!s.Live || !v.anyOut()) {
		v.data, v.ahead = s.Data, false
		for _, e := range v.all() {
			if e.state == answered {
				e.state = stale
			}
		}
	}
	return v.next()
}

func (v *View) all() []*entry { return slices.Concat(v.own, v.builtin) }

// load reads one's own questions.
func (v *View) load() tea.Cmd {
	ctx, n := v.loads.Next(v.state.Ctx)
	a, files := v.asker, v.files
	return func() tea.Msg {
		m := ownMsg{n: n}
		if m.list, m.err = a.Queries(ctx); m.err == nil && files.Shared != nil {
			m.shared, m.err = files.Shared()
		}
		return m
	}
}

// Update implements pane.Pane.
func (v *View) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case ownMsg:
		return v.loaded(msg)
	case answerMsg:
		return v.answered(msg)
	case readMsg:
		return v.haveRead(msg)
	case lookMsg:
		return nil, v.looked()
	case pane.AskSQL:
		return v.askSQL()
	case wordsMsg:
		v.sql.words = msg.words
	case sqlMsg:
		return v.sqlAnswered(msg)
	case writingMsg:
		return nil, v.sqlWriting(msg)
	case writeMsg:
		return v.sqlWritten(msg)
	case savedMsg:
		if msg.err != nil {
			return pane.Say{Text: text.Clean("queries: " + msg.err.Error()), Bad: true}, nil
		}
		return pane.Say{Text: msg.said}, v.load()
	case tea.MouseClickMsg:
		if spot, again := v.click(msg); spot == grid.OnRow && again {
			return v.enter()
		}
	case tea.MouseWheelMsg:
		v.wheel(pane.Notch(msg))
	}
	return nil, nil
}

func (v *View) wheel(n int) {
	switch {
	case v.sql.open:
		v.sql.rows.Wheel(n)
	case v.open != nil:
		v.found.Wheel(n)
	default:
		v.list.Wheel(n)
	}
}

func (v *View) click(msg tea.MouseClickMsg) (grid.Spot, bool) {
	if v.sql.open {
		return v.sql.rows.Click(msg.X, msg.Y)
	}
	if v.open != nil {
		return v.found.Click(msg.X, msg.Y)
	}
	return v.list.Click(msg.X, msg.Y)
}

func (v *View) loaded(m ownMsg) (pane.Intent, tea.Cmd) {
	if !v.loads.Is(m.n) || errors.Is(m.err, context.Canceled) {
		return nil, nil
	}
	if m.err != nil {
		return pane.Failed("read your queries", m.err), v.next()
	}
	before := v.own
	v.own = nil
	for i, s := range slices.Concat(m.list, m.shared) {
		e := newEntry(1_000_000+int64(i), s, true)
		e.shared = i >= len(m.list)
		e.answerOf(before)
		v.own = append(v.own, e)
	}
	v.rows()
	return nil, v.next()
}

// answerOf takes over the answer of the same question.
func (e *entry) answerOf(list []*entry) {
	for _, old := range list {
		if e.state == waiting && old.state == answered && reflect.DeepEqual(old.saved, e.saved) {
			e.answer, e.state, e.values = old.answer, answered, old.values
		}
	}
}

// rows rebuilds the list: one's own, then the rest by topic.
func (v *View) rows() {
	var rows []line
	topic := ""
	add := func(e *entry, of string) {
		if of != topic {
			topic = of
			rows = append(rows, line{topic: of})
		}
		rows = append(rows, line{entry: e})
	}
	for _, e := range v.own {
		of := "Your own, in this case"
		if e.shared {
			of = "Your own, in all cases"
		}
		add(e, of)
	}
	for _, e := range v.builtin {
		add(e, e.saved.Topic)
	}
	touched := v.list.Touched()
	v.list.Set(rows)
	if !touched && len(rows) > 1 {
		v.list.Select(lineKey(rows[0])) // so that the heading is in sight
		v.list.Select(lineKey(rows[1]))
	}
	for _, l := range rows {
		if v.kept != "" && l.entry != nil && l.own && l.saved.ID == v.kept {
			v.list.Select(lineKey(l))
			v.kept = ""
		}
	}
}

// current returns the question under the cursor.
func (v *View) current() (*entry, bool) {
	l, ok := v.list.Current()
	return l.entry, ok && l.entry != nil
}
