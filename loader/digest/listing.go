package digest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"spoor/loader"
)

// late is how long after its hour a digest may be delivered, and so how long a
// log may wait for one (CloudTrail User Guide; the fact sheet allows 2 hours).
const late = 2 * time.Hour

// list takes stock of all sources. The scope begins a little early: the logs of
// the digest that ends at the window's start were delivered before it.
func (c *check) list(ctx context.Context, sources []loader.Source) error {
	scope := loader.Scope{Accounts: c.Accounts, Regions: c.Regions}
	if !c.From.IsZero() {
		scope.Since = c.From.Add(-late)
	}
	if !c.To.IsZero() {
		scope.Until = c.To.Add(late + time.Hour)
	}
	for _, src := range sources {
		for o, err := range src.Objects(ctx, scope) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if skip := (*loader.SkipError)(nil); errors.As(err, &skip) {
				continue // a pipe or socket, no log
			}
			if err != nil {
				_, detail := readReason(err)
				c.find(Finding{Type: ListingError, Object: cmp.Or(o.Name, src.String()), Detail: detail, Chain: -1})
				continue
			}
			if err := c.take(ctx, src, o); err != nil {
				return err
			}
		}
	}
	c.settle()
	return ctx.Err()
}

// take files an object if it may matter, or what is inside it.
func (c *check) take(ctx context.Context, src loader.Source, o loader.Object) error {
	c.Progress.Listed.Add(1)
	if _, ok := c.file(src, o); ok {
		return nil
	}
	if c.beside(o.Name) {
		r, err := src.Open(ctx, o)
		if err != nil {
			_, detail := readReason(err)
			c.find(Finding{Type: ListingError, Object: o.Name, Detail: detail, Chain: -1})
			return nil
		}
		defer r.Close()
		return c.takeBeside(o.Name, r)
	}
	if looksPacked(o.Name) {
		return c.takeArchive(ctx, src, o)
	}
	return nil
}

// file puts an object into the inventory, if it lies where CloudTrail writes.
func (c *check) file(src loader.Source, o loader.Object) (int, bool) {
	p, ok := parseName(o.Name)
	if !ok || len(c.Accounts) > 0 && !slices.Contains(c.Accounts, p.account) ||
		len(c.Regions) > 0 && !slices.Contains(c.Regions, p.region) {
		return 0, false
	}
	return c.inv.add(src, o, p), true
}

// settle takes what the listing has brought beside logs and digests: then it is
// known what the window is, and where folders lie.
func (c *check) settle() {
	if c.From.IsZero() && c.To.IsZero() {
		for _, m := range c.inv.manifests {
			if c.From.IsZero() || m.From.Before(c.From) {
				c.From = m.From
			}
			if m.To.After(c.To) {
				c.To = m.To
			}
		}
	}
	c.explicit = !c.To.IsZero()
	if c.Keys == nil && len(c.found.regions) > 0 {
		c.Keys = &c.found
	}
	c.inv.placeRoots()
	for i := range c.inv.entries {
		if p := c.inv.entries[i].place; p.digest() && c.near(p) {
			c.addLink(i)
		}
	}
}

func (c *check) addLink(i int) *link {
	l := &link{entry: i, place: c.inv.entries[i].place}
	l.judged = c.inWindow(l.place)
	c.links = append(c.links, l)
	c.byEntry[i] = l
	c.Progress.Digests.Add(1)
	return l
}

// inWindow tells whether a digest is to be judged: it ends in the window, or in
// the hour after, as logs may be delivered late in it.
func (c *check) inWindow(p place) bool {
	t, slack := p.time, time.Duration(0)
	if p.wrong != "" {
		t, slack = p.day, 24*time.Hour
	}
	return t.IsZero() || (c.From.IsZero() || !t.Before(c.From.Add(-slack))) &&
		(c.To.IsZero() || !t.After(c.To.Add(time.Hour+slack)))
}

// near is wider: the next digest may hold a signature, and logs of the window's
// last minutes may be named two hours late.
func (c *check) near(p place) bool {
	return c.inWindow(p) || p.wrong == "" && p.time.After(c.To) && !p.time.After(c.To.Add(late+time.Hour))
}
