package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"spoor/query"
)

// plainPage is how many things a list says before it waits for next.
const plainPage = 20

// A plainList is the list that numbers refer to, as far as it was read.
type plainList struct {
	items []plainItem
	what  string                                                         // events, changes …
	fetch func(ctx context.Context, after *plainItem) (plainRead, error) // nil: from the first
	done  bool
	view  func(context.Context) error // asks for it from the first; nil: no view was asked for
}

// plainRead is one page of a list.
type plainRead struct {
	items []plainItem
	total int64 // -1: not known
	more  bool
}

// A plainItem is a line of a list and what can be asked about it; zero is what
// can't.
type plainItem struct {
	words    string
	event    query.Cursor
	session  string
	resource string
	object   *query.Object
	question string
}

// start reads a list from its beginning.
func (p *plain) start(ctx context.Context, what string, fetch func(context.Context, *plainItem) (plainRead, error)) error {
	p.list.what, p.list.fetch, p.list.items, p.list.done = what, fetch, nil, false
	return p.more(ctx, "")
}

func (p *plain) more(ctx context.Context, _ string) error {
	l := &p.list
	switch {
	case l.fetch == nil && l.view == nil:
		return p.events(ctx, "")
	case l.fetch == nil:
		return l.view(ctx)
	case l.done:
		p.say("No more %s.", l.what)
		return nil
	}
	var after *plainItem
	if n := len(l.items); n > 0 {
		after = &l.items[n-1]
	}
	page, err := l.fetch(ctx, after)
	if err != nil {
		return err
	}
	from := len(l.items)
	l.items, l.done = append(l.items, page.items...), !page.more
	p.say("%s", l.heading(from, page))
	for i, it := range page.items {
		p.say("%d. %s", from+i+1, cleanLines(it.words))
	}
	return nil
}

// heading says in one line what follows.
func (l *plainList) heading(from int, page plainRead) string {
	if len(l.items) == 0 {
		return "No " + l.what + "."
	}
	s := fmt.Sprintf("%d to %d", from+1, len(l.items))
	if page.total >= 0 {
		s += " of " + number(page.total)
	}
	s += " " + l.what
	if page.more {
		return s + "; next gives more."
	}
	return s + "."
}

func (p *plain) events(ctx context.Context, _ string) error {
	l, columns := p.lens(), tableColumns
	if len(p.app.flags.columns) > 0 {
		columns = p.app.flags.columns
	}
	req := query.PageRequest{Filter: l.filter, Order: l.order, N: plainPage, Columns: append(slices.Clone(columns), "session", "resource")}
	return p.start(ctx, "events", func(ctx context.Context, after *plainItem) (r plainRead, err error) {
		n, err := settle(ctx, p.db, l.filter)
		if err != nil {
			return r, err
		}
		if after != nil {
			req.From = after.event
		}
		page, err := p.db.Page(ctx, req)
		if err != nil {
			return r, err
		}
		r.total, r.more = n.N, page.More
		for _, row := range page.Rows {
			extra := row.Values[len(columns):]
			it := plainItem{event: row.Cursor(), session: extra[0].Text, resource: extra[1].Text}
			var parts []string
			for _, v := range p.app.inZone(columns, row.Values[:len(columns)]) {
				if v.Text != "" {
					parts = append(parts, v.Text)
				}
			}
			it.words = strings.Join(parts, ", ")
			r.items = append(r.items, it)
		}
		return r, nil
	})
}

func (p *plain) timeline(ctx context.Context, _ string) error {
	l := p.lens()
	req := query.ChangeRequest{Filter: l.filter, Order: l.order, N: plainPage, Fold: true}
	return p.start(ctx, "changes", func(ctx context.Context, after *plainItem) (plainRead, error) {
		if after != nil {
			req.From = after.event
		}
		page, err := p.db.Changes(ctx, req)
		r := plainRead{total: -1, more: page.More}
		for _, c := range page.Rows {
			r.items = append(r.items, plainItem{event: query.Cursor{Time: c.Time, Seq: c.Seq, Set: true}, session: c.Session, resource: c.Resource,
				words: p.app.clock(c.Time) + ", " + severityWord(c.Severity) + ": " + c.Actor + ": " + what(c)})
		}
		return r, err
	})
}

func (p *plain) sessions(ctx context.Context, _ string) error {
	l := p.lens()
	req := query.SessionRequest{Filter: l.filter, N: plainPage, Order: query.SessionsNewest}
	if l.order == query.Oldest {
		req.Order = query.SessionsOldest
	}
	return p.start(ctx, "sessions", func(ctx context.Context, _ *plainItem) (plainRead, error) {
		if err := p.db.Resolve(ctx, 0); err != nil {
			return plainRead{}, err
		}
		page, err := p.db.Sessions(ctx, req)
		for err == nil && page.Partial {
			page, err = p.db.Sessions(ctx, req)
		}
		req.Offset += len(page.Sessions)
		r := plainRead{total: int64(page.Total), more: req.Offset < page.Total}
		for _, s := range page.Sessions {
			words := fmt.Sprintf("%s, %s, %s, %s, %s, %s denied", p.app.clock(s.Start), s.Actor, s.Kind, query.Counted(s.Events, "event"), query.Counted(s.Writes, "write"), number(s.Denied))
			if s.RootActor != "" && s.RootActor != s.Actor {
				words += ", goes back to " + s.RootActor
			}
			r.items = append(r.items, plainItem{session: s.ID, words: words})
		}
		return r, err
	})
}

func (p *plain) integrity(ctx context.Context, _ string) error {
	return p.command(ctx, "validate --limit 3")
}

func (p *plain) questions(ctx context.Context, _ string) error {
	return p.start(ctx, "questions", func(ctx context.Context, _ *plainItem) (r plainRead, err error) {
		all, err := allQueries(ctx, p.db)
		if err != nil {
			return r, err
		}
		questions := make([]*query.Question, len(all))
		for i, s := range all {
			if questions[i], err = s.Question(); err != nil {
				return r, err
			}
			r.items = append(r.items, plainItem{question: s.ID})
		}
		r.total = int64(len(all))
		return r, p.db.Answers(ctx, questions, func(i int, a query.Answer) {
			var q jsonQuery
			q.answer(a)
			found := q.Status
			if q.Count != nil {
				found = number(*q.Count) + " found"
			}
			r.items[i].words = fmt.Sprintf("%s: %s, %s", all[i].Topic, all[i].Name, found)
		})
	})
}

func (p *plain) objects(ctx context.Context, outcome string) error {
	if outcome != "" && !slices.Contains([]string{"loaded", "skipped", "failed"}, outcome) {
		return usagef("sources, or sources loaded, skipped or failed")
	}
	p.say("%s", p.loadLine())
	return p.start(ctx, "objects", func(_ context.Context, after *plainItem) (plainRead, error) {
		req := query.ObjectRequest{Outcome: outcome, N: plainPage + 1}
		if after != nil {
			req.After = after.object
		}
		list := p.db.Objects(req)
		r := plainRead{total: -1, more: len(list) > plainPage}
		for _, o := range list[:min(len(list), plainPage)] {
			words := fmt.Sprintf("%s, %s, %s", o.Outcome, o.Name, query.Counted(o.Events, "event"))
			if o.Reason != "" {
				words += ", " + o.Reason
			}
			r.items = append(r.items, plainItem{object: &o, words: words})
		}
		return r, nil
	})
}

// item is the one with a number, given as the first word.
func (p *plain) item(args string) (it plainItem, rest string, err error) {
	num, rest, _ := strings.Cut(args, " ")
	n, err := strconv.Atoi(num)
	if err != nil || n < 1 || n > len(p.list.items) {
		return it, "", usagef("give a number of the list, 1 to %d", len(p.list.items))
	}
	return p.list.items[n-1], strings.TrimSpace(rest), nil
}

// open reads one thing in full.
func (p *plain) open(ctx context.Context, args string) error {
	it, _, err := p.item(args)
	switch {
	case err != nil:
		return err
	case it.event.Set:
		return p.readEvent(ctx, it.event.Seq)
	case it.session != "":
		return p.command(ctx, "sessions --id "+it.session)
	case it.question != "":
		return p.command(ctx, "queries show "+it.question)
	case it.object == nil:
		return usagef("there is nothing to read behind %s", strings.Fields(args)[0])
	}
	f, err := query.Filter{}.Only("object", query.Value{Text: it.object.Name})
	if err != nil {
		return err
	}
	if err := p.look(ctx, plainLens{f, p.lens().order}); err != nil {
		return err
	}
	return p.events(ctx, "")
}

// readEvent says the fields that an event has, a line each.
func (p *plain) readEvent(ctx context.Context, seq int64) error {
	e, err := p.db.Event(ctx, seq)
	if err != nil {
		return err
	}
	for _, f := range query.Fields() {
		if v := e.Fields[f.Name]; !v.Null && v.Text != "" && f.Name != "text" {
			p.say("%s: %s", f.Title, cleanLines(v.Text))
		}
	}
	if e.Lossy != "" {
		p.say("The record is a reconstruction: %s", cleanLines(e.Lossy))
	}
	return nil
}

func (p *plain) record(ctx context.Context, args string) error {
	it, err := p.eventOf(args)
	if err != nil {
		return err
	}
	e, err := p.db.Event(ctx, it.event.Seq)
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if json.Indent(&indented, e.Record, "", " ") != nil {
		indented.Reset()
		indented.Write(e.Record)
	}
	for line := range strings.SplitSeq(indented.String(), "\n") {
		p.say("%s", cleanLines(line))
	}
	return nil
}

func (p *plain) eventOf(args string) (plainItem, error) {
	it, _, err := p.item(args)
	if err == nil && !it.event.Set {
		err = usagef("that is not an event; list events or timeline first")
	}
	return it, err
}

func (p *plain) session(ctx context.Context, args string) error {
	it, _, err := p.item(args)
	if err != nil {
		return err
	}
	id := it.session
	if id == "" && it.event.Set {
		if err := p.db.Resolve(ctx, 0); err != nil {
			return err
		}
		if id, err = p.db.SessionOf(ctx, it.event.Seq); err != nil {
			return err
		}
	}
	if id == "" {
		return usagef("that belongs to no session")
	}
	return p.command(ctx, "sessions --id "+id)
}

func (p *plain) history(ctx context.Context, args string) error {
	it, _, err := p.item(args)
	if err != nil {
		return err
	}
	if it.resource == "" {
		return usagef("that names no resource")
	}
	return p.command(ctx, "timeline --resource "+"'"+strings.ReplaceAll(it.resource, "'", `'"'"'`)+"'")
}

// annotate changes what is said of the event of a number.
func (p *plain) annotate(ctx context.Context, args, said string, change func(*query.Annotation, string) error) error {
	it, err := p.eventOf(args)
	if err != nil {
		return err
	}
	a, err := p.db.Annotation(ctx, query.AboutEvent, "", it.event.Seq)
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(args, " ")
	if err := change(&a, strings.TrimSpace(rest)); err != nil {
		return err
	}
	if err := p.db.Annotate(ctx, a); err != nil {
		return err
	}
	p.say("%s", said)
	return nil
}

func (p *plain) mark(ctx context.Context, args string) error {
	return p.annotate(ctx, args, "Marked.", func(a *query.Annotation, colour string) error {
		if colour != "" && !slices.Contains(query.Marks(), colour) {
			return usagef("marks are %s", strings.Join(query.Marks(), ", "))
		}
		a.Mark = colour
		return nil
	})
}

func (p *plain) note(ctx context.Context, args string) error {
	return p.annotate(ctx, args, "Noted.", func(a *query.Annotation, note string) error { a.Note = note; return nil })
}

func (p *plain) tag(ctx context.Context, args string) error {
	return p.annotate(ctx, args, "Tagged.", func(a *query.Annotation, tags string) error { a.Tags = strings.Fields(tags); return nil })
}
