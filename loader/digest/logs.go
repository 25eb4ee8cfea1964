package digest

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// A ref is a log file that digests name, and what was found of it.
type ref struct {
	log    namedLog
	by     *link
	others []named // further digests that name it
	entry  int     // -1 when it is not there
	hash   Hash
	read   bool
	err    error
}

type named struct {
	by  *link
	log namedLog
}

// checkLogs hashes every log that a digest of the window names.
func (c *check) checkLogs(ctx context.Context) error {
	refs := c.collectRefs()
	for _, r := range refs {
		if i, ok := c.inv.find(r.log.name); ok {
			r.entry = i
		} else if i, ok := c.probe(ctx, r.log.name); ok {
			r.entry = i
		}
		if r.entry >= 0 {
			c.inv.entries[r.entry].named = true
		}
	}
	c.Progress.Logs.Add(int64(len(refs)))
	err := c.each(ctx, len(refs), func(ctx context.Context, h *hasher, i int) error {
		defer c.Progress.LogsDone.Add(1)
		return c.readLog(ctx, h, refs[i])
	})
	if err != nil {
		return err
	}
	lost := map[string]*ref{}
	for _, r := range refs {
		if r.by.judged && r.gone() {
			lost[strings.ToLower(r.log.hash)] = r
		}
	}
	moved, err := c.findMoved(ctx, lost)
	if err != nil {
		return err
	}
	for _, r := range refs {
		if r.by.judged {
			c.judgeLog(r, moved)
		}
	}
	return nil
}

// collectRefs lists each named log once. Of several digests that name it the
// most trusted counts; those outside the window only mark it as named.
func (c *check) collectRefs() []*ref {
	byName := map[string]*ref{}
	var refs []*ref
	for _, l := range c.links {
		if l.outside || !l.has {
			continue
		}
		for _, n := range l.doc.logs {
			r := byName[n.name]
			if r == nil {
				r = &ref{log: n, by: l, entry: -1}
				byName[n.name] = r
				refs = append(refs, r)
				continue
			}
			if l.judged && !r.by.judged || l.judged == r.by.judged && trust(l) > trust(r.by) {
				r.by, l, r.log, n = l, r.by, n, r.log
			}
			r.others = append(r.others, named{l, n})
		}
	}
	slices.SortFunc(refs, func(a, b *ref) int { return strings.Compare(a.log.name, b.log.name) })
	return refs
}

func trust(l *link) int {
	switch l.out.Verdict {
	case Valid:
		return 2
	case Unverifiable:
		return 1
	default:
		return 0
	}
}

func (c *check) readLog(ctx context.Context, h *hasher, r *ref) error {
	if r.entry < 0 || !r.by.judged {
		return nil
	}
	r.read = true
	var err error
	r.hash, err = c.hashOf(ctx, h, r.entry)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.err = err
	return nil
}

// hashOf reads a log, unless it is known already.
func (c *check) hashOf(ctx context.Context, h *hasher, i int) (Hash, error) {
	e := &c.inv.entries[i]
	if a := c.readMembers[i]; a != nil {
		return a.hash, a.err
	}
	if c.Known != nil {
		if known, ok := c.Known(e.obj); ok {
			c.reused.Add(1)
			return known, nil
		}
	}
	hash, _, err := h.object(ctx, e.src, e.obj, maxLog, nil)
	c.Progress.Bytes.Add(hash.Stored)
	if err == nil && c.Keep != nil {
		c.Keep(e.obj, hash)
	}
	return hash, err
}

func (r *ref) gone() bool { return r.entry < 0 || r.err != nil && notThere(r.err) }

// findMoved looks for the content of lost logs under other names: among the logs
// that no digest names. The result maps hashes to full names.
func (c *check) findMoved(ctx context.Context, lost map[string]*ref) (map[string]string, error) {
	if len(lost) == 0 {
		return nil, nil
	}
	accounts := map[string]bool{}
	for _, r := range lost {
		accounts[r.by.account] = true
	}
	var candidates []int
	for i := range c.inv.entries {
		if e := &c.inv.entries[i]; !e.named && !e.digest() && accounts[e.account] {
			candidates = append(candidates, i)
		}
	}
	hashes := make([]string, len(candidates))
	err := c.each(ctx, len(candidates), func(ctx context.Context, h *hasher, i int) error {
		hash, err := c.hashOf(ctx, h, candidates[i])
		if err == nil {
			hashes[i] = hex.EncodeToString(hash.SHA256[:])
		}
		return ctx.Err()
	})
	moved := map[string]string{}
	for i, h := range hashes {
		if lost[h] != nil {
			moved[h] = c.inv.entries[candidates[i]].obj.Name
		}
	}
	return moved, err
}

// judgeLog decides on one named log.
func (c *check) judgeLog(r *ref, moved map[string]string) {
	o := Object{Name: r.log.name, Kind: Log, Chain: r.by.chain, Account: r.by.account, Region: r.by.region,
		From: r.log.oldest, To: r.log.newest, Recorded: strings.ToLower(r.log.hash), NamedBy: r.by.out.Name}
	if p, ok := parseName(r.log.name); ok {
		o.Time = p.time
	}
	if r.entry >= 0 {
		o.Actual = c.inv.entries[r.entry].obj.Name
	}
	switch {
	case r.gone():
		o.Actual, o.Verdict, o.Detail = "", Missing, "the digest names it, and it is not there"
		if c.outOfSight(r.log.name) {
			o.Verdict, o.Reason, o.Detail = Unverifiable, OtherBucket, outOfSight
		}
		if at, ok := moved[o.Recorded]; ok {
			o.Reason, o.Detail = Moved, "it is not there; its content lies at "+at
		}
	case r.err != nil:
		o.Verdict = Unverifiable
		o.Reason, o.Detail = readReason(r.err)
	default:
		c.judgeHash(r, &o)
	}
	c.weighDigest(r, &o)
	c.addObject(o)
	if r.by.chain >= 0 {
		c.chains[r.by.chain].Logs++
	}
	if o.Verdict == Valid {
		c.remarkLog(r, o)
	}
}

// judgeHash compares what was read with what the digest recorded.
func (c *check) judgeHash(r *ref, o *Object) {
	o.SHA256, o.Unpacked = hex.EncodeToString(r.hash.SHA256[:]), r.hash.Unpacked
	same := strings.EqualFold(o.SHA256, r.log.hash)
	switch state := r.hash.State; {
	case state == TooLarge:
		o.Verdict, o.Reason, o.Detail = Invalid, TooLarge, containerDetail(r.hash)
	case !same && state == Truncated:
		o.Verdict, o.Reason = Invalid, Truncated
		o.Detail = fmt.Sprintf("it is cut off: it unpacks to %d bytes only", r.hash.Unpacked)
	case !same && state == GzipDamaged:
		o.Verdict, o.Reason = Invalid, GzipDamaged
		o.Detail = fmt.Sprintf("its gzip container is damaged: %d bytes unpack, and they are not what was delivered", r.hash.Unpacked)
	case !same:
		o.Verdict, o.Reason = Invalid, HashMismatch
		o.Detail = fmt.Sprintf("it was changed after delivery: recorded SHA-256 %s, actual %s", o.Recorded, o.SHA256)
	case state == ExtraMember || state == TrailingBytes || state == GzipDamaged:
		o.Verdict, o.Reason, o.Detail = Invalid, state, containerDetail(r.hash)
	default:
		o.Verdict = Valid
	}
}

// weighDigest: a log is no better than the digest that names it. An invalid
// digest says nothing; one that can't be verified still accuses, since it or
// the log must have been changed.
func (c *check) weighDigest(r *ref, o *Object) {
	matches := map[bool]string{true: "matches what that digest says", false: "does not match what that digest says"}
	switch trust(r.by) {
	case 0:
		if o.Verdict == Unverifiable {
			return
		}
		o.Detail = "the digest that names it is not valid; the log " + matches[o.Verdict == Valid]
		if o.Verdict == Missing {
			o.Detail = "the digest that names it is not valid; the log is not there"
		}
		o.Verdict, o.Reason = Uncovered, DigestInvalid
	case 1:
		if o.Verdict == Valid {
			o.Verdict, o.Reason = Unverifiable, DigestUnverifiable
			o.Detail = "the digest that names it could not be verified; the log " + matches[true]
		} else if o.Verdict != Unverifiable {
			o.Detail += "; the digest that says so could not be verified"
		}
	}
}

// remarkLog adds findings about a log that is valid all the same.
func (c *check) remarkLog(r *ref, o Object) {
	say := func(t Reason, detail string) {
		c.find(Finding{Type: t, Object: o.Name, Detail: detail, Chain: o.Chain, Account: o.Account, Region: o.Region})
	}
	switch r.hash.State {
	case Container:
		say(Container, containerDetail(r.hash))
	case Truncated, ContainerDamaged:
		say(ContainerDamaged, containerDetail(r.hash))
	}
	if s := c.inv.at(r.entry, r.log.name); s != nil && s.relocated {
		say(Relocated, "found at "+o.Actual+" under the bucket mapping given")
	}
	for _, n := range r.others {
		if n.by.out.Verdict == Valid && !strings.EqualFold(n.log.hash, r.log.hash) {
			say(NamedTwice, n.by.out.Name+" names it with another hash, "+n.log.hash)
		}
	}
}
