package digest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A chain is the digests of one account, region, trail and kind, newest first.
type chain struct {
	Chain
	links []*link
	index int
}

// usual is how long a digest covers (User Guide: "each hour"), and slack what
// it may be off before one is thought missing.
const (
	usual = time.Hour
	slack = 30 * time.Minute
)

// judgeChain decides on each digest, newest first, and on what joins them.
func (c *check) judgeChain(ch *chain) {
	for _, l := range ch.links {
		c.judge(l)
	}
	links := slices.DeleteFunc(slices.Clone(ch.links), func(l *link) bool { return l.outside })
	for i, l := range links {
		var older *link
		if i+1 < len(links) {
			older = links[i+1]
		}
		c.joint(ch, l, older)
	}
	for _, l := range ch.links {
		if !l.judged {
			continue
		}
		c.addObject(l.out)
		c.measure(ch, l)
	}
	c.tail(ch)
}

// measure adds a digest to what the chain covers.
func (c *check) measure(ch *chain, l *link) {
	ch.Digests++
	if l.out.From.IsZero() || l.outside {
		return
	}
	if ch.From.IsZero() || l.out.From.Before(ch.From) {
		ch.From = l.out.From
	}
	if l.out.To.After(ch.To) {
		ch.To = l.out.To
	}
	if l.out.Verdict != Valid {
		return
	}
	if l.out.To.After(ch.Proven) {
		ch.Proven = l.out.To
	}
	if !ch.Backfill {
		t := territory{ch.Account, ch.Region}
		c.proven[t] = append(c.proven[t], span{l.out.From, l.out.To})
	}
}

// joint looks at what lies between a digest and the one before it in time.
func (c *check) joint(ch *chain, l, older *link) {
	switch {
	case !l.has:
		// Its pointer can't be read, so only time tells whether digests are gone.
		if older != nil {
			c.hole(ch, l, older, l.time.Add(-usual))
		}
	case l.doc.starts:
		c.restart(ch, l, older)
	case l.prev == nil:
		c.missing(ch, l, older)
	case c.cycle(l):
		c.findAt(l, Finding{Type: ChainCycle, Detail: "following the previous digests from here leads back here, by way of " + l.doc.previous()})
	default:
		c.compare(ch, l)
	}
}

// end is when a digest's hour ends, by its content if that can be read.
func (l *link) end() time.Time {
	if l.has && l.out.Verdict != Invalid {
		return l.doc.end
	}
	return l.time
}

// hole reports a time of more than an hour between two digests that no other
// digest is known for.
func (c *check) hole(ch *chain, l, older *link, until time.Time) {
	from := older.end()
	if ch.Backfill || until.Sub(from) < slack {
		return
	}
	hours := until.Sub(from).Round(time.Hour) / time.Hour
	c.findAt(l, Finding{Type: CoverageHole, From: from, To: until,
		Detail: fmt.Sprintf("no digest covers the %d hours from %s to %s", hours, stamp(from), stamp(until))})
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// restart: a digest without a predecessor begins a chain. If there are older
// digests, validation was off in between.
func (c *check) restart(ch *chain, l, older *link) {
	if older == nil || ch.Backfill || l.out.Verdict == Invalid {
		return
	}
	from, to := older.end(), l.doc.start
	c.findAt(l, Finding{Type: Gap, From: from, To: to,
		Detail: fmt.Sprintf("validation was off from %s to %s: nothing proves what was logged or delivered then", stamp(from), stamp(to))})
}

// missing: a digest points at one that is not there.
func (c *check) missing(ch *chain, l, older *link) {
	target, ok := parseName(l.doc.previous())
	if !c.From.IsZero() && !l.doc.start.After(c.From) || ok && !c.inWindow(target) {
		return // it belongs to the time before or after the window
	}
	if older == nil && c.From.IsZero() {
		c.findAt(l, Finding{Type: HeadNotCovered, To: l.doc.start,
			Detail: "the chain goes back beyond its oldest digest here; nothing before " + stamp(l.doc.start) + " was checked"})
		return
	}
	name := l.doc.previous()
	o := Object{Name: name, Kind: Digest, Verdict: Missing, Chain: ch.index, Account: l.account, Region: l.region,
		From: l.doc.start.Add(-usual), To: l.doc.start, Time: l.doc.start, Recorded: strings.ToLower(l.doc.prevHash), NamedBy: l.out.Name}
	o.Detail = fmt.Sprintf("%s names it as the one before; a true copy has the SHA-256 %s and the signature %s",
		l.out.Name, l.doc.prevHash, l.doc.prevSignature)
	if ok && !target.time.IsZero() {
		o.Time, o.To, o.From = target.time, target.time, target.time.Add(-usual)
	}
	if c.outOfSight(name) {
		o.Verdict, o.Reason, o.Detail = Unverifiable, OtherBucket, outOfSight
	}
	if l.out.Verdict == Invalid {
		o.Detail += "; but that digest is not valid itself"
	}
	for _, other := range c.links {
		if other.has && strings.EqualFold(hex.EncodeToString(other.hash.SHA256[:]), l.doc.prevHash) {
			o.Reason, o.Detail = Moved, "its content lies at "+c.inv.entries[other.entry].obj.Name
		}
	}
	c.addObject(o)
	ch.Digests++
	switch {
	case older != nil && l.doc.start.Sub(older.end()) >= usual+slack:
		c.hole(ch, l, older, l.doc.start)
	case older == nil && l.doc.start.Sub(c.From) >= usual+slack:
		c.findAt(l, Finding{Type: CoverageHole, From: c.From, To: l.doc.start,
			Detail: fmt.Sprintf("no digest covers the time from %s to %s", stamp(c.From), stamp(l.doc.start))})
	}
}

// cycle reports whether following the chain from l leads back to l. Only a
// pointer that does not go back in time can close a circle.
func (c *check) cycle(l *link) bool {
	if l.prev.time.Before(l.time) {
		return false
	}
	seen := map[*link]bool{}
	for p := l.prev; p != nil && !seen[p]; p = p.prev {
		if p == l {
			return true
		}
		seen[p] = true
	}
	return false
}

// compare holds a digest against what the next one says about it.
func (c *check) compare(ch *chain, l *link) {
	p := l.prev
	if p.readErr != nil {
		return
	}
	sum := hex.EncodeToString(p.hash.SHA256[:])
	own := strings.TrimSpace(p.meta["signature"])
	switch {
	case !strings.EqualFold(sum, l.doc.prevHash):
		c.mismatch(l, p, fmt.Sprintf("it says that the digest before it has the SHA-256 %s, which has %s", l.doc.prevHash, sum))
	case p.out.Sign == InMetadata && !strings.EqualFold(own, l.doc.prevSignature):
		c.mismatch(l, p, "the signature that it holds for the digest before it is not that digest's")
	}
	if ch.Backfill || !p.has || p.out.Verdict == Invalid || l.out.Verdict == Invalid || p.outside {
		return
	}
	from, to := p.doc.end, l.doc.start
	if to.After(from) {
		c.findAt(l, Finding{Type: CoverageHole, From: from, To: to,
			Detail: fmt.Sprintf("it begins at %s, but the digest before it ends at %s", stamp(to), stamp(from))})
	} else if to.Before(from) {
		c.findAt(l, Finding{Type: CoverageOverlap, From: to, To: from,
			Detail: fmt.Sprintf("it begins at %s, before the digest before it ends at %s", stamp(to), stamp(from))})
	}
}

func (c *check) mismatch(l, p *link, detail string) {
	switch newer, older := l.out.Verdict == Valid, p.out.Verdict == Valid; {
	case newer && older:
		detail += "; each of the two is signed by CloudTrail: the older was replaced by another true digest, or the newer was"
	case newer:
		detail += "; this digest is valid and the older, " + p.out.Name + ", is not: the older was changed"
	case older:
		detail += "; the older, " + p.out.Name + ", is valid and this digest is not: this one was changed"
	default:
		detail += "; neither of the two could be proven"
	}
	c.findAt(l, Finding{Type: ChainMismatch, Detail: detail})
}

// tail: nothing proves that the newest digest at hand is the newest there was.
func (c *check) tail(ch *chain) {
	if ch.Backfill {
		return
	}
	var last time.Time
	for _, l := range ch.links {
		if l.judged && !l.outside {
			last = l.end()
			break
		}
	}
	end := c.To
	if !c.explicit {
		end = c.trailEnd(ch).Add(-late)
	} else if recent := c.Now.Add(-late); end.After(recent) {
		end = recent
	}
	if last.IsZero() || last.Add(usual).After(end) {
		return
	}
	if c.explicit {
		end = c.To
	}
	c.find(Finding{Type: TailNotCovered, Object: ch.folder(c), From: last, To: end, Chain: ch.index, Account: ch.Account, Region: ch.Region,
		Detail: fmt.Sprintf("the digests reach to %s only, and %s was asked for: the newest digests are missing, or logging or validation was stopped", stamp(last), stamp(end))})
}

// trailEnd is the newest digest of the trail in any region: without a window,
// a region that falls silent shows by the others.
func (c *check) trailEnd(ch *chain) time.Time {
	var end time.Time
	for _, other := range c.chains {
		if other.Trail == ch.Trail && other.Home == ch.Home && other.Account == ch.Account && !other.Backfill && other.links[0].time.After(end) {
			end = other.links[0].time
		}
	}
	return end
}

// folder names the digest folder of a chain.
func (ch *chain) folder(c *check) string {
	l := ch.links[0]
	name := l.out.Name
	if at := strings.Index(name, digestKind); at >= 0 {
		return name[:at] + digestKind + "/" + ch.Region + "/"
	}
	return name
}

// judgeJunk decides on files in digest folders that belong to no chain.
func (c *check) judgeJunk() {
	for _, l := range c.links {
		if l.chain < 0 && l.judged {
			c.judge(l)
			if l.out.Verdict != Unverifiable {
				l.out.Verdict, l.out.Reason, l.out.Detail = Invalid, BadName, l.wrong
			}
			c.addObject(l.out)
		}
	}
}

func (c *check) addObject(o Object) { c.report.Objects = append(c.report.Objects, o) }
