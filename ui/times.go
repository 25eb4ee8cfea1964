package ui

import (
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// askTime asks for a time to jump to.
func (m *Model) askTime() tea.Cmd {
	return m.act(pane.Ask{Title: "Jump to time", Help: text.Safe("2024-05-01, 2024-05-01T10:00:00Z, last:2h; without a zone it is " + m.zoneName()),
		Done: func(s string) (pane.Intent, tea.Cmd, error) {
			t, err := m.parseTime(s)
			if err != nil {
				return nil, nil, err
			}
			return nil, m.events.JumpTo(t), nil
		}})
}

// jumpTo jumps to a pasted time, or says that it is none.
func (m *Model) jumpTo(s string) tea.Cmd {
	t, err := m.parseTime(s)
	if err != nil {
		m.say("pasted text is no time; press / first to filter by it")
		return nil
	}
	return m.events.JumpTo(t)
}

// parseTime reads a time as people paste it.
func (m *Model) parseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	// As log lines write it: a blank for the T.
	if len(s) > 10 && s[4] == '-' && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	b, err := m.bounds("time>=" + s)
	return b.from, err
}

// askRange asks for a time range.
func (m *Model) askRange() tea.Cmd {
	return m.act(pane.Ask{Title: "Time range", Help: "2024-05-01..2024-05-03, 2024-05-01T10:00..11:30, last:24h; empty takes it away",
		Done: func(s string) (pane.Intent, tea.Cmd, error) {
			if s == "" {
				return pane.Span{}, nil, nil
			}
			term := "time:" + s
			if strings.HasPrefix(s, "last:") || strings.HasPrefix(s, "ago:") {
				term = s
			}
			b, err := m.bounds(term)
			if err != nil {
				return nil, nil, err
			}
			return pane.Span{From: b.from, To: b.to}, nil, nil
		}})
}

// bounds resolves a time term in the zone of the screen.
func (m *Model) bounds(term string) (span, error) {
	f, err := query.Parse(term)
	if wrong := (*query.ParseError)(nil); errors.As(err, &wrong) {
		return span{}, errors.New(wrong.Short()) // its column counts from before what was typed
	}
	if err != nil {
		return span{}, err
	}
	t, ok := f.Root().(query.Term)
	bad := &query.ParseError{Text: term, Col: 1, Msg: "not one time or range of times"}
	if !ok {
		return span{}, bad
	}
	list := t.Bounds(query.Clock{Now: m.now(), Newest: m.counts.totals.To, Zone: m.zone})
	if len(list) != 1 {
		return span{}, bad
	}
	var s span
	// Bounds are inclusive µs; the ends of what can be written mean open.
	if from := list[0].From; from > earliest {
		s.from = time.UnixMicro(from).UTC()
	}
	if to := list[0].To; to < latest {
		s.to = time.UnixMicro(to).Add(time.Microsecond).UTC()
	}
	return s, nil
}

// earliest and latest bound the times a log can hold: years 1 and 9999.
var (
	earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	latest   = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMicro()
)

// switchZone shows times, and reads dates, in UTC or in the local zone.
func (m *Model) switchZone() tea.Cmd {
	switch {
	case m.zone != time.UTC:
		m.zone = time.UTC
	case m.opt.Zone != nil && m.opt.Zone != time.UTC:
		m.zone = m.opt.Zone
	default:
		m.zone = time.Local
	}
	said := text.Safe("times are in " + m.zoneName())
	m.say(said)
	if m.opt.SetZone != nil {
		m.opt.SetZone(m.zone)
	}
	m.asked.data++ // a date in the filter is another day now
	cmds := []tea.Cmd{m.count(), m.sync()}
	if keep, zone := m.opt.KeepZone, m.zone; keep != nil {
		cmds = append(cmds, func() tea.Msg {
			more, err := keep(zone)
			return pane.Done{What: "keep the time zone", Said: said + text.Safe(more), Err: err}
		})
	}
	return tea.Batch(cmds...)
}

// firstLine is the first line of a pasted text, bounded.
func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s[:min(len(s), maxInput)]), "\n")
	return s
}
