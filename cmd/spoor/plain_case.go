package main

import (
	"context"
	"fmt"
	"time"

	"spoor/query"
)

// What holds for all views: the filter, the load, marks and notes.

func (p *plain) lens() plainLens { return p.steps[p.at] }

// look makes a lens the newest step and says what it finds.
func (p *plain) look(ctx context.Context, l plainLens) error {
	p.steps = append(p.steps[:p.at+1:p.at+1], l)
	p.at++
	return p.found(ctx)
}

// found says in one line how much matches; the list starts again.
func (p *plain) found(ctx context.Context) error {
	p.list.items, p.list.fetch = nil, nil // they were found through another filter
	l := p.lens()
	total := query.Counted(p.db.Totals().Events, "event")
	if l.filter.All() {
		p.say("%s, %s first, no filter.", total, orderWord(l.order))
		return nil
	}
	n, err := settle(ctx, p.db, l.filter)
	if err != nil {
		return err
	}
	p.say("%s of %s match %s, %s first.", number(n.N), total, cleanLines(l.filter.String()), orderWord(l.order))
	return nil
}

func (p *plain) filter(ctx context.Context, s string) error {
	if s == "" {
		return p.found(ctx)
	}
	f, err := query.Parse(s)
	if err != nil {
		return err
	}
	return p.look(ctx, plainLens{f, p.lens().order})
}

func (p *plain) narrow(ctx context.Context, s string) error {
	f, err := query.Parse(s)
	if err != nil {
		return err
	}
	return p.look(ctx, plainLens{p.lens().filter.And(f), p.lens().order})
}

func (p *plain) clear(ctx context.Context, _ string) error {
	return p.look(ctx, plainLens{order: p.lens().order})
}

func (p *plain) step(ctx context.Context, n int) error {
	if to := p.at + n; to < 0 || to >= len(p.steps) {
		p.say("Nothing further that way.")
		return nil
	}
	p.at += n
	return p.found(ctx)
}

func (p *plain) order(ctx context.Context, s string) error {
	l := p.lens()
	switch s {
	case "newest":
		l.order = query.Newest
	case "oldest":
		l.order = query.Oldest
	default:
		return usagef("order newest, or order oldest")
	}
	return p.look(ctx, l)
}

func orderWord(o query.Order) string {
	if o == query.Oldest {
		return "oldest"
	}
	return "newest"
}

// announce says once that the load has ended.
func (p *plain) announce() {
	s := p.bg.sample()
	if p.ready || s.Running {
		return
	}
	p.ready = true
	p.say("Loaded: %s", p.loadLine())
}

// loadLine is the sum of the load, which has to add up.
func (p *plain) loadLine() string {
	s := p.bg.sample()
	line := fmt.Sprintf("%s listed, %s loaded, %s already there, %s skipped, %s failed; %s in the case.",
		query.Counted(s.Listed, "object"), number(s.Loaded), number(s.Already), number(s.Skipped), number(s.Failed), query.Counted(p.db.Totals().Events, "event"))
	if s.Failed > 0 {
		line += " sources failed says which."
	}
	if s.Err != nil {
		msg, hint := p.app.phrase(s.Err)
		line += " It ended early: " + cleanLines(msg) + ". " + cleanLines(hint)
	}
	return line
}

func (p *plain) status(ctx context.Context, _ string) error {
	if s := p.bg.sample(); s.Running {
		p.say("Loading: %s", p.loadLine())
	}
	return p.found(ctx)
}

// waitEvery is how often a load is looked at that someone waits for.
const waitEvery = 50 * time.Millisecond

func (p *plain) wait(ctx context.Context, _ string) error {
	tick := time.NewTicker(waitEvery)
	defer tick.Stop()
	for p.bg.sample().Running && !p.app.flags.follow {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (p *plain) add(_ context.Context, source string) error {
	if source == "" {
		return usagef("add SOURCE: a file, a folder, an archive or s3://bucket/prefix")
	}
	if err := p.bg.Add(atHome(source)); err != nil {
		return err
	}
	return p.loading()
}

func (p *plain) retry(context.Context, string) error {
	if err := p.bg.Retry(); err != nil {
		return err
	}
	return p.loading()
}

func (p *plain) loading() error {
	p.ready = false
	p.say("Loading; status says how far it is.")
	return nil
}
