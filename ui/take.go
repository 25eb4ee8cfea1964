package ui

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

func (m *Model) done(msg pane.Done) tea.Cmd {
	if msg.Err != nil {
		return m.fail(msg.What, msg.Err)
	}
	m.say(msg.Said)
	if msg.Grown {
		m.asked.data++
		return m.sync()
	}
	return nil
}

// currentSeq is the event that commands on an event mean.
func (m *Model) currentSeq() (int64, bool) {
	if m.shape.focus == slotDetail || m.shape.detail && !m.shape.events {
		e, ok := m.detail.Event()
		return e.Row.Seq, ok
	}
	if !m.shape.events {
		if p, ok := m.views[m.view].Pane.(pane.Pointed); ok {
			return p.Event()
		}
		return 0, false
	}
	r, ok := m.events.Current()
	return r.Seq, ok
}

// copy puts text on the clipboard: by the terminal, and by the local tool if
// there is one. Neither says whether it worked, so the notice says what was tried.
func (m *Model) copy(c pane.Copy) tea.Cmd {
	if c.Text == "" {
		m.say("there is nothing to copy: the " + c.What + " is empty")
		return nil
	}
	how := text.Safe("asked the terminal to keep it")
	if len(c.Text) > osc52Most {
		how = "more than many terminals keep: ctrl+w writes it to a file"
	}
	m.copied = c
	tool, ctx := m.opt.Clipboard, m.ctx
	m.say(text.Safe(fmt.Sprintf("copied %s, %s bytes; %s", c.What, thousands(int64(len(c.Text))), how)))
	set := tea.SetClipboard(c.Text)
	if tool == nil {
		return set
	}
	return tea.Batch(set, func() tea.Msg {
		if err := tool(c.Text); err != nil || ctx.Err() != nil {
			return nil // the terminal may still have taken it
		}
		return pane.Done{Said: text.Safe(fmt.Sprintf("copied %s, %s bytes", c.What, thousands(int64(len(c.Text)))))}
	})
}

// osc52Most is how many bytes terminals are sure to take: xterm's limit of 100,000
// characters of base64, less what it says around them.
const osc52Most = 74_994

func (m *Model) noCopy() string {
	switch {
	case m.opt.Save == nil:
		return "nothing can be written from here"
	case m.copied.Text == "":
		return "nothing was copied yet: y, Y and ctrl+y do"
	}
	return ""
}

// askCopy asks for the file that what was copied goes to.
func (m *Model) askCopy() tea.Cmd {
	c, save := m.copied, m.opt.Save
	name := "copied.txt"
	if c.What == eventAsJSON {
		name = "event.json"
	}
	return m.act(pane.Ask{Title: "Write the " + c.What + " to a file", Initial: name, Help: text.Safe(thousands(int64(len(c.Text)))) + " bytes",
		Done: func(path string) (pane.Intent, tea.Cmd, error) {
			return nil, func() tea.Msg {
				return pane.Done{What: "write " + c.What, Said: "wrote " + text.CleanLine(path, 200), Err: save(path, c.Text)}
			}, nil
		}})
}

// neighbours shows the current event among all others in Events.
func (m *Model) neighbours() tea.Cmd {
	seq, ok := m.currentSeq()
	if !ok {
		return nil
	}
	if m.shape.events && m.shape.focus != slotDetail {
		m.say("here it is; X takes the filter away, R sets a time range")
		return nil
	}
	c, ctx := m.opt.Case, m.ctx
	return func() tea.Msg {
		e, err := c.Event(ctx, seq)
		if err != nil {
			return pane.Done{What: "read the event", Err: err}
		}
		return revealMsg{e.Row.Cursor()}
	}
}

// revealMsg shows an event that had to be read first.
type revealMsg struct{ at query.Cursor }

const eventAsJSON text.Safe = "event as JSON"

// copyEvent copies the record as logged, reading it first if need be.
func (m *Model) copyEvent() tea.Cmd {
	seq, ok := m.currentSeq()
	if !ok {
		return nil
	}
	if e, have := m.detail.Event(); have && e.Row.Seq == seq {
		return m.copy(pane.Copy{What: eventAsJSON, Text: string(e.Record)})
	}
	c, ctx := m.opt.Case, m.ctx
	return func() tea.Msg {
		e, err := c.Event(ctx, seq)
		if err != nil {
			return pane.Done{What: "read the event", Err: err}
		}
		return copyMsg{pane.Copy{What: eventAsJSON, Text: string(e.Record)}}
	}
}

// copyMsg copies what had to be read first.
type copyMsg struct{ pane.Copy }

// copyCommand copies the command line that prints what is shown.
func (m *Model) copyCommand() tea.Cmd {
	return m.copy(pane.Copy{What: "command", Text: m.commandLine()})
}

// commandLine is the command that prints what the screen shows.
func (m *Model) commandLine() string {
	args := []string{"spoor"}
	if len(m.opt.Command) > 0 {
		args = append([]string{}, m.opt.Command...)
	}
	if s, ok := m.views[m.view].Pane.(pane.Scripted); ok {
		args = append(args, s.Command()...)
	} else {
		args = append(args, "events")
		if m.asked.order == query.Oldest {
			args = append(args, "--order", "oldest")
		}
		if f := m.asked.filter.String(); f != "" {
			args = append(args, "--", f)
		}
	}
	if m.zone != time.UTC || m.opt.Zone != nil && m.opt.Zone != time.UTC { // dates are days there
		args = slices.Insert(args, 1, "--tz", m.zone.String())
	}
	for i, a := range args {
		args[i] = shellQuote(a)
	}
	return strings.Join(args, " ")
}

// shellQuote quotes an argument for a POSIX shell.
func shellQuote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// exportMsg is the end of an export.
type exportMsg struct {
	box    *progressBox
	path   string
	events int64
	err    error
}

// askExport asks for the file; its ending says the format.
func (m *Model) askExport() tea.Cmd {
	if c, ok := m.views[m.view].Pane.(pane.Changing); ok {
		return m.askReport(c)
	}
	if s, ok := m.views[m.view].Pane.(pane.Sitting); ok {
		return m.askSessions(s.Sessions())
	}
	name := "events-" + m.now().Format("20060102-150405") + ".csv"
	return m.act(pane.Ask{Title: "Export the filtered events", Initial: name, Help: "a file ending in .csv, .ndjson or .json",
		Done: func(path string) (pane.Intent, tea.Cmd, error) {
			format, err := formatOf(path)
			if err != nil {
				return nil, nil, err
			}
			return nil, m.startExport(ExportRequest{Filter: m.asked.filter, Order: m.asked.order, Format: format, Path: path, Columns: m.events.Columns()}), nil
		}})
}

// askReport asks for the file to write the changes to that a view shows: rows
// for a program, or a report for people.
func (m *Model) askReport(c pane.Changing) tea.Cmd {
	name := "timeline-" + m.now().Format("20060102-150405") + ".html"
	return m.act(pane.Ask{Title: "Export the changes shown", Initial: name, Help: "a report ending in .html or .md, or rows: .csv, .ndjson or .json",
		Done: func(path string) (pane.Intent, tea.Cmd, error) {
			format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
			if format != "html" && format != "md" {
				var err error
				if format, err = formatOf(path); err != nil {
					return nil, nil, errors.New("end the name in .html, .md, .csv, .ndjson or .json")
				}
			}
			r, err := c.Changes()
			return nil, m.startExport(ExportRequest{Filter: r.Filter, Order: r.Order, Format: format, Path: path, Changes: &r}), err
		}})
}

// askSessions asks for the file to write to what a view of sessions shows, the first
// of the endings being what one reads best.
func (m *Model) askSessions(s pane.SessionsShown) tea.Cmd {
	title, name, ends := text.Safe("Export the sessions shown"), "sessions", []string{".csv", ".ndjson", ".json", ".txt"}
	switch {
	case s.With != "":
		title, ends = "Export the two sessions", []string{".txt", ".json"}
	case s.ID != "":
		title, name, ends = "Export the session: .csv has what it did", "session-"+s.ID, []string{".txt", ".csv", ".json"}
	case s.Radius:
		title, name, ends = "Export what came of it, and what to contain", "contain", []string{".txt", ".json"}
	}
	last := len(ends) - 1
	in := strings.Join(ends[:last], ", ") + " or " + ends[last]
	return m.act(pane.Ask{Title: title, Initial: name + "-" + m.now().Format("20060102-150405") + ends[0], Help: text.Safe("a file ending in " + in),
		Done: func(path string) (pane.Intent, tea.Cmd, error) {
			end := strings.ToLower(filepath.Ext(path))
			if !slices.Contains(ends, end) {
				return nil, nil, errors.New("end the name in " + in)
			}
			format := end[1:]
			if format == "txt" {
				format = "table"
			}
			return nil, m.startExport(ExportRequest{Format: format, Path: path, Sessions: &s}), nil
		}})
}

func formatOf(path string) (string, error) {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv", ".ndjson", ".json":
		return ext[1:], nil
	case ".jsonl":
		return "ndjson", nil
	}
	return "", errors.New("end the name in .csv, .ndjson or .json")
}

// startExport writes in a command; the box shows how far it is and can end it.
func (m *Model) startExport(r ExportRequest) tea.Cmd {
	r.Zone = m.zone
	ctx, cancel := context.WithCancel(m.ctx)
	b := &progressBox{path: r.Path, what: "event", total: m.counts.matching, cancel: cancel}
	if r.Changes != nil {
		b.what, b.total = "change", -1
	}
	if r.Sessions != nil {
		b.what, b.total = "session", -1
	}
	ex := m.opt.Export
	run := func() tea.Msg {
		defer cancel()
		n, err := ex.Export(ctx, r, b.events.Store)
		return exportMsg{box: b, path: r.Path, events: n, err: err}
	}
	return tea.Batch(m.push(b), run, b.tick())
}

func (m *Model) exported(msg exportMsg) tea.Cmd {
	m.pop(msg.box)
	if errors.Is(msg.err, context.Canceled) {
		m.say("export stopped; the file was removed")
		return nil
	}
	if msg.err != nil {
		return m.fail("export", msg.err)
	}
	m.say(text.Safe("wrote "+query.Counted(msg.events, msg.box.what)+" to ") + text.CleanLine(msg.path, 200))
	return nil
}
