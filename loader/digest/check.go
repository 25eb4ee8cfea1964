package digest

import (
	"bytes"
	"context"
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
	Jobs    int // readers at once; zero: two a processor, more where reading is a matter of waiting
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
		if w, ok := s.(loader.Wide); ok && o.Jobs <= 0 {
			c.Jobs = max(c.Jobs, w.Streams())
		}
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
	if err := c.lookBack(ctx); err != nil {
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
