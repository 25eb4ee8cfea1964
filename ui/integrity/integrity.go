package integrity

import (
	"cmp"
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/loader/digest"
	"spoor/query"
	"spoor/ui/grid"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Checker runs checks and keeps what they find. Its methods are called from
// commands and end early when their context does.
type Checker interface {
	// Report returns what the last check found; nil when none has been run.
	Report(ctx context.Context) (*digest.Report, error)
	// Check runs a check, counting in p, and keeps its verdicts.
	Check(ctx context.Context, p *digest.Progress) (*digest.Report, error)
	// Causes finds events that may explain each finding.
	Causes(ctx context.Context, findings []digest.Finding) ([][]query.Cause, error)
}

// A View is the integrity view.
type View struct {
	checker Checker
	state   pane.State
	w, h    int
	grid    *grid.Grid[row]
	now     func() time.Time

	report   *digest.Report
	problems []digest.Problem
	causes   [][]query.Cause
	folded   map[string]bool
	strips   strips

	asked    pane.Line // the report and its causes
	check    pane.Line // the check that runs
	started  time.Time // of it
	progress *digest.Progress
	loaded   bool
}

// New returns the view. now is the clock that elapsed times are told by.
func New(c Checker, now func() time.Time) *View {
	v := &View{checker: c, now: now, folded: map[string]bool{}}
	v.grid = grid.New(grid.Source[row]{Key: func(r row) int64 { return r.key }, Line: v.draw}, nil)
	return v
}

type (
	reportMsg struct {
		n      uint64
		report *digest.Report
		causes [][]query.Cause
		err    error
	}
	checkMsg struct {
		n      uint64
		report *digest.Report
		err    error
	}
	tickMsg struct{ n uint64 }
)

// Title implements pane.Pane.
func (v *View) Title() text.Safe { return "Integrity" }

// Resize implements pane.Pane.
func (v *View) Resize(w, h int) {
	v.w, v.h = w, h
	v.place()
}

// place gives the list what the strips leave.
func (v *View) place() {
	v.grid.Resize(v.w, max(v.h-v.top(), 0))
	v.strips.fit(v.w - labelWidth(v.w))
}

// Sync implements pane.Pane.
func (v *View) Sync(s pane.State) tea.Cmd {
	v.state = s
	if v.loaded {
		return nil
	}
	v.loaded = true
	return v.read()
}

// read asks for the last report.
func (v *View) read() tea.Cmd {
	ctx, n := v.asked.Next(v.state.Ctx)
	return func() tea.Msg {
		r, err := v.checker.Report(ctx)
		return withCauses(ctx, v.checker, reportMsg{n: n, report: r, err: err})
	}
}

func withCauses(ctx context.Context, c Checker, m reportMsg) reportMsg {
	if m.err == nil && m.report != nil {
		m.causes, m.err = c.Causes(ctx, m.report.Findings)
	}
	return m
}

// Update implements pane.Pane.
func (v *View) Update(msg tea.Msg) (pane.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case reportMsg:
		return v.reported(msg), nil
	case checkMsg:
		return v.checked(msg)
	case tickMsg:
		if v.check.Out() && msg.n == v.running() {
			return nil, v.tick()
		}
	case tea.MouseClickMsg:
		return v.click(msg)
	case tea.MouseWheelMsg:
		v.wheel(msg)
	case tea.MouseMotionMsg:
		if msg.Button == tea.MouseLeft && msg.X == v.w-1 && msg.Y >= v.top() {
			v.grid.Drag(msg.Y - v.top())
		}
	}
	return nil, nil
}

func (v *View) reported(m reportMsg) pane.Intent {
	if !v.asked.Is(m.n) {
		return nil
	}
	if m.err != nil {
		return pane.Failed("read the last check", m.err)
	}
	v.show(m.report, m.causes)
	return nil
}

// show takes a report.
func (v *View) show(r *digest.Report, causes [][]query.Cause) {
	v.report, v.causes, v.problems = r, causes, nil
	v.strips.set(nil, nil)
	if r != nil {
		v.problems = r.Problems()
		v.strips.set(r.Chains, r.Strips())
	}
	v.place()
	v.rows()
	v.worst()
}

// worst puts the cursor on what is worst, below its heading, so that enter shows
// the evidence at once. It does not move a cursor that the reader has moved.
func (v *View) worst() {
	rows := v.grid.Rows()
	if v.grid.Touched() || len(rows) < 2 || rows[1].object < 0 && rows[1].finding < 0 {
		return
	}
	v.grid.Select(rows[1].key)
	v.follow()
}

// run starts a check.
func (v *View) run() tea.Cmd {
	ctx, n := v.check.Next(v.state.Ctx)
	p := &digest.Progress{}
	v.progress, v.started = p, v.now()
	c := v.checker
	return tea.Batch(v.tick(), func() tea.Msg {
		r, err := c.Check(ctx, p)
		return checkMsg{n: n, report: r, err: err}
	})
}

// running is the number of the check that is out.
func (v *View) running() uint64 { return v.check.Number() }

// tick makes the progress line follow the counters.
func (v *View) tick() tea.Cmd {
	n := v.running()
	return tea.Tick(100*time.Millisecond, func(time.Time) tea.Msg { return tickMsg{n} })
}

func (v *View) checked(m checkMsg) (pane.Intent, tea.Cmd) {
	if !v.check.Is(m.n) {
		return nil, nil
	}
	if m.err != nil {
		return pane.Failed("check the log files", m.err), nil
	}
	v.show(m.report, nil)
	ctx, n := v.asked.Next(v.state.Ctx)
	c, report := v.checker, m.report
	said := pane.Say{Text: "checked: everything is proven"}
	if !report.Proven() {
		said.Text = "checked: not everything is proven"
	}
	return said, func() tea.Msg { return withCauses(ctx, c, reportMsg{n: n, report: report}) }
}

// stop ends a check that runs. What it has read is kept.
func (v *View) stop() {
	v.check.Stop()
	v.progress = nil
}

func (v *View) click(msg tea.MouseClickMsg) (pane.Intent, tea.Cmd) {
	if msg.Y < v.top() {
		v.strips.click(msg.X-labelWidth(v.w), msg.Y-1)
		return nil, nil
	}
	if spot, again := v.grid.Click(msg.X, msg.Y-v.top()); spot != grid.OnRow || !again {
		v.follow()
		return nil, nil
	}
	return v.enter()
}

func (v *View) wheel(msg tea.MouseWheelMsg) {
	if msg.Y < v.top() {
		v.strips.zoom(-cmp.Compare(pane.Notch(msg), 0))
		return
	}
	v.grid.Wheel(pane.Notch(msg))
}

// follow moves the cursor of the strips to the hour of the current row.
func (v *View) follow() {
	r, ok := v.grid.Current()
	switch {
	case !ok:
	case r.object >= 0:
		o := v.report.Objects[r.object]
		v.strips.seek(o.Chain, o.Account, o.Region, whenOf(o))
	case r.finding >= 0:
		f := v.report.Findings[r.finding]
		v.strips.seek(f.Chain, f.Account, f.Region, f.From)
	}
}

func whenOf(o digest.Object) time.Time {
	if o.Kind == digest.Digest && !o.From.IsZero() {
		return o.From
	}
	return o.Time
}
