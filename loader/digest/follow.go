package digest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"spoor/loader"
)

// followPointers fetches digests that others point at and no listing has shown:
// they lie in another bucket or prefix, from before the trail was changed.
func (c *check) followPointers(ctx context.Context) error {
	for start := 0; start < len(c.links); {
		end := len(c.links)
		for _, l := range c.links[start:end] {
			if !l.has || l.doc.starts || !c.From.IsZero() && !l.doc.start.After(c.From) {
				continue
			}
			if _, ok := c.inv.find(l.doc.previous()); !ok {
				c.probe(ctx, l.doc.previous())
			}
		}
		start = end
		if err := c.readDigests(ctx); err != nil {
			return err
		}
	}
	return nil
}

// probe looks for an S3 object by name and files it when it is there.
func (c *check) probe(ctx context.Context, name string) (int, bool) {
	p, ok := parseName(name)
	if !ok {
		return 0, false
	}
	for _, src := range c.remote {
		for _, at := range c.inv.elsewhere(name) {
			o := loader.Object{Name: at, Size: -1}
			if r, err := src.Open(ctx, o); err == nil {
				r.Close()
			} else if notThere(err) {
				continue
			}
			p.root = strings.TrimSuffix(at, p.tail)
			i := c.inv.add(src, o, p)
			c.inv.placeRoots()
			if p.digest() {
				c.addLink(i)
			}
			return i, true // a denied object is there, or can't be told from one
		}
	}
	return 0, false
}

const outOfSight = "it lies in a bucket that was not looked into"

// outOfSight reports whether a name is in a bucket that no source covers. Only
// buckets that the user named are asked: a forged digest could name any.
func (c *check) outOfSight(name string) bool {
	if len(c.remote) == 0 || len(c.remote) < c.sources {
		return false
	}
	for _, at := range c.inv.elsewhere(name) {
		bucket, _, _ := splitName(at)
		for _, src := range c.remote {
			if own, _, _ := splitName(src.String() + "/"); own == bucket || own == "" {
				return false
			}
		}
	}
	return true
}

// regionKeys are the keys of a region, and why there are none.
type regionKeys struct {
	keys     []PublicKey
	err      error
	from, to time.Time // the times asked for
}

var errNoKeys = errors.New("no key list was given")

// loadKeys asks for each region's keys once, for the time its digests span.
func (c *check) loadKeys(ctx context.Context) error {
	spans := map[string]span{}
	for _, l := range c.links {
		if !l.has || l.region == "" {
			continue
		}
		s, ok := spans[l.region]
		if !ok || l.doc.end.Before(s.from) {
			s.from = l.doc.end
		}
		if !ok || l.doc.end.After(s.to) {
			s.to = l.doc.end
		}
		spans[l.region] = s
	}
	for region, s := range spans {
		k := regionKeys{from: s.from.Add(-late), to: s.to.Add(late), err: errNoKeys}
		if c.Keys != nil {
			k.keys, k.err = c.Keys.PublicKeys(ctx, region, k.from, k.to)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if k.err == nil && len(k.keys) == 0 {
			k.err = fmt.Errorf("the list holds no key of %s", region)
		}
		c.keys[region] = k
	}
	return nil
}
