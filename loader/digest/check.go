package digest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"spoor/loader"
)

// Options say what to check and what is known already. The zero value checks
// all there is, without keys.
type Options struct {
	From, To time.Time // window of delivery, both inclusive; zero: the manifest's, else open
	Now      time.Time // for judging what may still be on its way; zero: the clock's
	Accounts []string
	Regions  []string
	Trails   []string // narrows the report; logs are still held against all trails
	Keys     Keys
	Manifest *Manifest
	// Beside takes a manifest and key list that lie beside a copy on disk, where
	// none is given. They are no better than whoever put them there.
	Beside bool
	// Buckets says where a bucket's objects are now: a bucket or a folder.
	Buckets map[string]string
	Jobs    int // readers at once; zero: two a processor
	// Known gives what an earlier reading of a log found, so that it need not
	// be read again. It and Keep are called from several goroutines.
	Known func(loader.Object) (Hash, bool)
	// Keep is told of every log that was read, so that a check cut off goes on
	// where it stopped.
	Keep func(loader.Object, Hash)
	// Seen is told of every CloudTrail object listed, digests with their metadata:
	// what a manifest is made of. It is called by one goroutine.
	Seen     func(loader.Object)
	Progress *Progress
}

// Progress counts what a running check has done; it may be read at any time.
type Progress struct {
	Listed, Digests, DigestsDone, Logs, LogsDone, Bytes atomic.Int64
}

// A check is one run of Validate.
type check struct {
	Options
	inv         *inventory
	links       []*link
	byEntry     map[int]*link
	chains      []*chain
	keys        map[string]regionKeys
	keyUse      map[string]*KeyUse
	proven      map[territory][]span // hours of valid digests
	report      *Report
	found       KeyRing           // keys that lay beside the logs
	readMembers map[int]*archived // members of archives, read while listing
	explicit    bool              // the window's end was asked for
	sources     int
	remote      []loader.Source
	reused      atomic.Int64
}

// A territory is whose logs share folders.
type territory struct{ account, region string }

type span struct{ from, to time.Time }

// Validate checks the log files of sources against their digests. It returns an
// error only when ctx is done; what went wrong with an object or a listing is in
// the report, and the rest goes on.
func Validate(ctx context.Context, sources []loader.Source, o Options) (*Report, error) {
	c := &check{Options: o, byEntry: map[int]*link{}, keys: map[string]regionKeys{}, keyUse: map[string]*KeyUse{},
		proven: map[territory][]span{}, readMembers: map[int]*archived{}, report: &Report{Started: time.Now().UTC()}}
	c.setDefaults()
	names := make([]string, 0, len(sources))
	for _, s := range sources {
		names = append(names, s.String())
		if strings.HasPrefix(s.String(), "s3://") {
			c.remote = append(c.remote, s)
		}
	}
	c.sources = len(sources)
	c.report.Source = strings.Join(names, ", ")
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return c.list(ctx, sources) },
		c.readDigests, c.followPointers, c.loadKeys,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	c.formChains()
	for _, ch := range c.chains {
		c.judgeChain(ch)
	}
	c.judgeJunk()
	if err := c.checkLogs(ctx); err != nil {
		return nil, err
	}
	c.absences()
	c.finish()
	return c.report, nil
}

func (c *check) setDefaults() {
	if c.Now.IsZero() {
		c.Now = time.Now().UTC()
	}
	if c.Jobs <= 0 {
		c.Jobs = 2 * runtime.GOMAXPROCS(0)
	}
	if c.Progress == nil {
		c.Progress = &Progress{}
	}
	c.inv = newInventory(c.Manifest, c.Buckets)
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

// each runs f over 0..n-1 with one hasher a worker.
func (c *check) each(ctx context.Context, n int, f func(ctx context.Context, h *hasher, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(c.Jobs, n) {
		g.Go(func() error {
			h := newHasher()
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := f(ctx, h, i); err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}

func (c *check) find(f Finding) { c.report.Findings = append(c.report.Findings, f) }

// readDigests reads all digests at hand, several at once.
func (c *check) readDigests(ctx context.Context) error {
	todo := slices.DeleteFunc(slices.Clone(c.links), func(l *link) bool { return l.read })
	err := c.each(ctx, len(todo), func(ctx context.Context, h *hasher, i int) error {
		return c.readDigest(ctx, h, todo[i])
	})
	if err != nil {
		return err
	}
	for _, l := range todo {
		if l.has {
			c.inv.vote(l.entry, &l.doc)
		}
	}
	c.inv.settle()
	for _, l := range todo {
		c.addManifestMeta(l)
	}
	return nil
}

func (c *check) readDigest(ctx context.Context, h *hasher, l *link) error {
	e := &c.inv.entries[l.entry]
	if a := c.readMembers[l.entry]; a != nil {
		c.Progress.DigestsDone.Add(1)
		l.read, l.hash, l.readErr, l.doc, l.docErr = true, a.hash, a.err, a.doc, a.derr
		l.has = a.err == nil && a.derr == nil
		l.meta = lowerKeys(e.obj.Meta)
		return nil
	}
	var raw bytes.Buffer
	hash, meta, err := h.object(ctx, e.src, e.obj, maxDigest, &raw)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.Progress.DigestsDone.Add(1)
	c.Progress.Bytes.Add(hash.Stored)
	l.read, l.hash, l.meta = true, hash, lowerKeys(meta)
	if err != nil {
		l.readErr = err
		return nil
	}
	doc, derr := parseDocument(raw.Bytes())
	if l.docErr = derr; derr == nil {
		l.doc, l.has = doc, true
	}
	return nil
}

func (c *check) addManifestMeta(l *link) {
	if len(l.meta) > 0 {
		return
	}
	names := []string{c.inv.name(l.entry)}
	if l.has {
		names = append(names, l.doc.name())
	}
	for _, name := range names {
		bucket, key, _ := splitName(name)
		for _, m := range c.inv.manifests {
			if meta := m.Meta(bucket, key); meta != nil {
				l.meta = lowerKeys(meta)
				return
			}
		}
	}
}

func lowerKeys(meta map[string]string) map[string]string {
	out := make(map[string]string, len(meta))
	for k, v := range meta {
		out[strings.TrimPrefix(strings.ToLower(k), "x-amz-meta-")] = v
	}
	return out
}

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
			r, err := src.Open(ctx, o)
			if err == nil {
				err = r.Close()
			} else if notThere(err) {
				continue
			}
			p.root = strings.TrimSuffix(at, p.tail())
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
