package digest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// absences judges logs that no digest names, and regions without any digest.
//
// All trails of an account that share bucket and prefix write into the same
// folders, and a log's name does not tell its trail: so logs are held against
// the digests of all trails found.
func (c *check) absences() {
	ends := map[territory]time.Time{}
	logs := map[territory]int{}
	for i := range c.inv.entries {
		e := &c.inv.entries[i]
		if e.digest() {
			continue
		}
		t := territory{e.account, e.region}
		if c.logInWindow(e) {
			logs[t]++
		}
		if at := e.when(); at.After(ends[t]) {
			ends[t] = at
		}
	}
	horizon := c.horizon(ends)
	for i := range c.inv.entries {
		if e := &c.inv.entries[i]; !e.digest() && !e.named && c.logInWindow(e) {
			c.unnamed(i, horizon)
		}
	}
	c.noDigests(logs)
}

// when is the time in a log's name, or the day of its folder.
func (p place) when() time.Time {
	if p.time.IsZero() {
		return p.day
	}
	return p.time
}

func (c *check) logInWindow(e *entry) bool {
	t := e.when()
	return (c.From.IsZero() || !t.Before(c.From.Truncate(time.Minute))) && (c.To.IsZero() || !t.After(c.To))
}

// horizon is the time from which on logs may still wait for their digest.
func (c *check) horizon(logs map[territory]time.Time) time.Time {
	end := c.To
	if !c.explicit {
		for _, t := range logs {
			if t.After(end) {
				end = t
			}
		}
		for _, ch := range c.chains {
			if ch.To.After(end) {
				end = ch.To
			}
		}
	}
	if end.After(c.Now) {
		end = c.Now
	}
	return end.Add(-late)
}

func (c *check) unnamed(i int, horizon time.Time) {
	e := &c.inv.entries[i]
	o := Object{Name: c.inv.name(i), Actual: e.obj.Name, Kind: Log, Verdict: Uncovered, Time: e.time, Chain: -1,
		Account: e.account, Region: e.region}
	at := e.when()
	covered := slices.ContainsFunc(c.proven[territory{e.account, e.region}], func(s span) bool {
		return !at.Before(s.from.Truncate(time.Minute)) && at.Before(s.to)
	})
	old := c.Now.Sub(at) > late
	switch {
	case old && !c.walked(territory{e.account, e.region}):
		o.Reason, o.Detail = WindowNotCovered, "no digest of its account and region was found"
	case at.After(horizon):
		o.Reason, o.Detail = Pending, "no digest names it yet: those of the last two hours may still come"
		if old {
			o.Detail = "no digest names it: its own lies behind the end of this window or copy"
		}
	case covered:
		o.Reason = WindowCovered
		o.Detail = "no digest names it, though its hour is covered: not delivered by CloudTrail, or by a trail without validation in the same folders"
	default:
		o.Reason = WindowNotCovered
		o.Detail = "no valid digest covers its hour: it can be proven neither true nor false"
	}
	if e.wrong != "" {
		o.Detail += "; " + e.wrong
	}
	c.addObject(o)
}

// noDigests reports accounts and regions that have logs, or are said to belong
// to the trail, and no digest.
func (c *check) noDigests(logs map[territory]int) {
	want := logs
	for _, m := range c.inv.manifests {
		for _, region := range m.Regions {
			if m.Account != "" && (len(c.Regions) == 0 || slices.Contains(c.Regions, region)) {
				want[territory{m.Account, region}] += 0
			}
		}
	}
	n := 0
	for t, count := range want {
		if c.walked(t) {
			continue
		}
		n++
		detail := fmt.Sprintf("no digest of this account and region was found; %d log files lie there", count)
		c.find(Finding{Type: NoDigests, Object: c.digestFolder(t), Detail: detail, From: c.From, To: c.To, Chain: -1,
			Account: t.account, Region: t.region})
	}
	if n == 0 && len(c.chains) == 0 {
		c.find(Finding{Type: NoDigests, Object: c.report.Source, From: c.From, To: c.To, Chain: -1,
			Detail: "neither digests nor logs were found where CloudTrail puts them (…/AWSLogs/ACCOUNT/CloudTrail-Digest/REGION/)"})
	}
}

// walked reports whether any chain of digests of the territory was found. Without
// one there is no later digest that could still name its logs.
func (c *check) walked(t territory) bool {
	return slices.ContainsFunc(c.chains, func(ch *chain) bool { return !ch.Backfill && t == territory{ch.Account, ch.Region} })
}

func (c *check) digestFolder(t territory) string {
	for i := range c.inv.entries {
		e := &c.inv.entries[i]
		if e.account == t.account && e.region == t.region && !e.flat {
			return strings.TrimSuffix(c.inv.name(i), e.tail) + digestKind + "/" + t.region + "/"
		}
	}
	return "AWSLogs/" + t.account + "/" + digestKind + "/" + t.region + "/"
}

// finish narrows the report to the trails asked for, counts and orders it.
func (c *check) finish() {
	r := c.report
	for _, ch := range c.chains {
		r.Chains = append(r.Chains, ch.Chain)
	}
	c.narrow()
	r.From, r.To = c.From, c.To
	all := r.Objects
	r.Objects = make([]Object, 0, len(all))
	for _, o := range all {
		r.Add(o)
	}
	for _, ch := range r.Chains {
		if c.From.IsZero() && !ch.From.IsZero() && (r.From.IsZero() || ch.From.Before(r.From)) {
			r.From = ch.From
		}
		if c.To.IsZero() && ch.To.After(r.To) {
			r.To = ch.To
		}
	}
	for _, k := range c.keyUse {
		r.Keys = append(r.Keys, *k)
	}
	c.keyWarnings()
	slices.SortFunc(r.Keys, func(a, b KeyUse) int {
		return cmp.Or(strings.Compare(a.Region, b.Region), a.From.Compare(b.From), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	slices.SortFunc(r.Objects, func(a, b Object) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.Actual, b.Actual))
	})
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(boolOrder(b.Weakens(), a.Weakens()), strings.Compare(string(a.Type), string(b.Type)), strings.Compare(a.Object, b.Object))
	})
	c.tellSeen()
	r.Reused = int(c.reused.Load())
	r.Bytes = c.Progress.Bytes.Load()
	r.Finished = time.Now().UTC()
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// narrow drops chains of other trails with all that is said about them.
func (c *check) narrow() {
	if len(c.Trails) == 0 {
		return
	}
	r := c.report
	other := func(chain int) bool { return chain >= 0 && !slices.Contains(c.Trails, r.Chains[chain].Trail) }
	r.Objects = slices.DeleteFunc(r.Objects, func(o Object) bool { return other(o.Chain) })
	r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool { return other(f.Chain) })
	index, kept := map[int]int{-1: -1}, []Chain{}
	for i, ch := range r.Chains {
		if !other(i) {
			index[i] = len(kept)
			kept = append(kept, ch)
		}
	}
	for i := range r.Objects {
		r.Objects[i].Chain = index[r.Objects[i].Chain]
	}
	for i := range r.Findings {
		r.Findings[i].Chain = index[r.Findings[i].Chain]
	}
	r.Chains = kept
}

func (c *check) tellSeen() {
	if c.Seen == nil {
		return
	}
	for i := range c.inv.entries {
		o := c.inv.entries[i].obj
		if l := c.byEntry[i]; l != nil {
			o.Meta = l.meta
		}
		c.Seen(o)
	}
}

func (c *check) keyWarnings() {
	for region, list := range c.keys {
		for _, k := range list.keys {
			if k.Warning != "" {
				c.find(Finding{Type: KeyListOdd, Object: k.Fingerprint, Region: region, Chain: -1, Detail: "a public key of " + region + ": " + k.Warning})
			}
		}
	}
}
