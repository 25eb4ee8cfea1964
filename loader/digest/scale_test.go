package digest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"spoor/loader"
	"spoor/loader/digest"
	"spoor/loader/digest/digesttest"
)

// No alarm on clean trails: a month in three regions.
func TestCleanMonth(t *testing.T) {
	t.Parallel()
	tree, keys, from, to := month(30)
	for name, sources := range map[string][]loader.Source{
		"s3": {tree.Source()},
	} {
		r, err := digest.Validate(t.Context(), sources, digest.Options{Keys: keys, From: from, To: to})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Proven() || len(r.Findings) != 0 || r.Digests.Valid != 3*30*24 || r.Logs.Valid != 3*30*24*2 {
			t.Errorf("%s: proven %v, digests %+v, logs %+v, findings %v", name, r.Proven(), r.Digests, r.Logs, r.Findings)
		}
		if len(r.Chains) != 3 || len(r.Keys) != 6 {
			t.Errorf("%d chains and %d keys, want 3 and 6", len(r.Chains), len(r.Keys))
		}
	}
}

func month(days int) (tree *digesttest.Tree, keys *digest.KeyRing, from, to time.Time) {
	from = time.Date(2026, 1, 5, 7, 41, 3, 0, time.UTC)
	to = from.AddDate(0, 0, days)
	tree = digesttest.NewTree()
	published := map[string][]digesttest.Key{}
	for i, region := range []string{"us-east-1", "eu-west-1", "ap-southeast-2"} {
		start := from.Add(time.Duration(i) * 7 * time.Minute)
		trail := digesttest.Trail{Bucket: "clean-logs", Account: "111122223333", Region: region, Home: "us-east-1", Name: "clean_trail",
			Keys: digesttest.Rotation(start, to)}
		published[region] = trail.Keys
		var logs []digesttest.Log
		for h := range days * 24 {
			for n := range 2 {
				logs = append(logs, newLog(trail, start.Add(time.Duration(h)*time.Hour+time.Duration(n+1)*20*time.Minute), h*2+n))
			}
		}
		var prev *digesttest.Sealed
		for h := range days * 24 {
			at := start.Add(time.Duration(h) * time.Hour)
			d := trail.Next(prev, at, at.Add(time.Hour), logs[2*h:2*h+2])
			tree.AddDigests(d)
			prev = &d
		}
		tree.AddLogs(trail.Bucket, logs...)
	}
	ring, err := digest.ParseKeys(digesttest.KeysJSON(digesttest.ISO, published), "test")
	if err != nil {
		panic(err)
	}
	return tree, ring, from, to
}

// What is known need not be read again, and what was read is told.
func TestKnownHashesAreNotReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mu sync.Mutex
	known := map[string]digest.Hash{}
	w.opts.Keep = func(o loader.Object, h digest.Hash) {
		mu.Lock()
		defer mu.Unlock()
		known[o.Name] = h
	}
	first := w.validate()
	if len(known) != hours*3 || !first.Proven() || first.Reused != 0 {
		t.Fatalf("kept %d hashes, proven %v, reused %d", len(known), first.Proven(), first.Reused)
	}
	for name := range known {
		w.tree.Errors[name] = errors.New("read again")
	}
	w.opts.Known = func(o loader.Object) (digest.Hash, bool) {
		h, ok := known[o.Name]
		return h, ok
	}
	second := w.validate()
	if !second.Proven() || second.Reused != hours*3 {
		t.Errorf("proven %v, reused %d of %d", second.Proven(), second.Reused, hours*3)
	}
}

// A stopping source cancels the check when it has been read n times.
type stopping struct {
	loader.Source
	mu   sync.Mutex
	left int
	stop func()
}

func (s *stopping) Open(ctx context.Context, o loader.Object) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left--; s.left == 0 {
		s.stop()
	}
	return s.Source.Open(ctx, o)
}

// A check that is cut off anywhere goes on where it stopped.
func TestCancelAndResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("d5.1", func(o *digesttest.Object) { o.Body = digesttest.Gzip([]byte("{}")) })
	w.validate() // parses the keys
	var mu sync.Mutex
	known := map[string]digest.Hash{}
	w.opts.Jobs = 2
	w.opts.Keep = func(o loader.Object, h digest.Hash) {
		mu.Lock()
		defer mu.Unlock()
		known[o.Name] = h
	}
	w.opts.Known = func(o loader.Object) (digest.Hash, bool) {
		mu.Lock()
		defer mu.Unlock()
		h, ok := known[o.Name]
		return h, ok
	}
	for _, n := range []int{1, 5, hours + 4, hours + 6} {
		ctx, cancel := context.WithCancel(t.Context())
		src := &stopping{Source: w.tree.Source(), left: n, stop: cancel}
		if _, err := digest.Validate(ctx, []loader.Source{src}, w.opts); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at read %d: %v", n, err)
		}
	}
	if len(known) == 0 || len(known) == hours*3 {
		t.Errorf("%d hashes were kept", len(known))
	}
	r := w.validate()
	if got := w.bad(r); len(got) != 1 || got["d5.1"] != "invalid hash-mismatch" || r.Reused == 0 {
		t.Errorf("after resuming: %v, reused %d", got, r.Reused)
	}
}

// A cut source breaks off every log's body, as a network does.
type cut struct{ loader.Source }

func (c cut) Open(ctx context.Context, o loader.Object) (io.ReadCloser, error) {
	r, err := c.Source.Open(ctx, o)
	if err != nil || bytes.Contains([]byte(o.Name), []byte("CloudTrail-Digest")) {
		return r, err
	}
	return io.NopCloser(io.MultiReader(io.LimitReader(r, 20), broken{})), nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A connection that breaks says nothing about the log.
func TestBrokenConnectionIsNoVerdict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.validate()
	r, err := digest.Validate(t.Context(), []loader.Source{cut{w.tree.Source()}}, w.opts)
	if err != nil {
		t.Fatal(err)
	}
	if r.Logs.Unverifiable != hours*3 || r.Logs.Invalid != 0 {
		t.Errorf("logs %+v, want all unverifiable", r.Logs)
	}
}

// A many source makes up a hundred thousand small logs as they are asked for.
type many struct {
	*digesttest.Tree
	loader.Source
	text []byte
}

func (m many) String() string { return "s3://" }

func (m many) Objects(ctx context.Context, s loader.Scope) iter.Seq2[loader.Object, error] {
	return m.Source.Objects(ctx, s)
}

func (m many) Open(ctx context.Context, o loader.Object) (io.ReadCloser, error) {
	if stored := m.Tree.Objects[o.Name]; stored.Body == nil {
		return io.NopCloser(bytes.NewReader(m.text)), nil
	}
	return m.Source.Open(ctx, o)
}

func TestManyLogsInBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const perHour, span = 1000, 100
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	trail := digesttest.Trail{Bucket: "many", Account: "111122223333", Region: "us-east-1", Home: "us-east-1", Name: "many",
		Keys: digesttest.Rotation(start, start.Add(span*time.Hour))}
	text := bytes.Repeat([]byte(`{"eventID":"x"}`), 1_000) // 15 kB each, 1.5 GB in all if kept
	m := many{Tree: digesttest.NewTree(), text: digesttest.Gzip(text)}
	m.Source = m.Tree.Source()
	var prev *digesttest.Sealed
	for h := range span {
		at := start.Add(time.Duration(h) * time.Hour)
		logs := make([]digesttest.Log, perHour)
		for n := range logs {
			when := at.Add(time.Duration(n) * time.Hour / perHour)
			logs[n] = digesttest.Log{Key: trail.LogKey(when, fmt.Sprintf("%016d", h*perHour+n)), Text: text[:0], Delivered: when}
			m.Tree.Put(digesttest.Object{Bucket: trail.Bucket, Key: logs[n].Key})
		}
		d := trail.Next(prev, at, at.Add(time.Hour), logs)
		m.Tree.AddDigests(d)
		prev = &d
	}
	keys, err := digest.ParseKeys(digesttest.KeysJSON(digesttest.Epoch, map[string][]digesttest.Key{"us-east-1": trail.Keys}), "test")
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, err := digest.Validate(t.Context(), []loader.Source{m}, digest.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if r.Logs.Total() != perHour*span {
		t.Fatalf("%d logs", r.Logs.Total())
	}
	kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("heap kept by the report: %d MB; by the system: %d MB", kept>>20, after.Sys>>20)
	if kept > 150<<20 {
		t.Errorf("the report of 100,000 logs holds %d MB", kept>>20)
	}
	runtime.KeepAlive(r)
}

func benchTree(b *testing.B) (string, *digest.KeyRing, int64) {
	b.Helper()
	dir := b.TempDir()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	trail := digesttest.Trail{Bucket: "bench", Account: "111122223333", Region: "us-east-1", Home: "us-east-1", Name: "bench",
		Keys: digesttest.Rotation(start, start.Add(24*time.Hour))}
	tree := digesttest.NewTree()
	var logs []digesttest.Log
	var total int64
	for i := range 24 * 8 {
		at := start.Add(time.Duration(i) * 7 * time.Minute)
		l := newLog(trail, at, i)
		l.Text = records(3000)
		total += int64(len(l.Text))
		logs = append(logs, l)
	}
	tree.AddLogs(trail.Bucket, logs...)
	tree.AddDigests(trail.Chain(start, 24, logs)...)
	published := map[string][]digesttest.Key{"us-east-1": trail.Keys}
	if err := tree.Write(dir, digesttest.Manifest{Trail: trail, From: start, To: start.Add(24 * time.Hour), Keys: published}); err != nil {
		b.Fatal(err)
	}
	keys, err := digest.ParseKeys(digesttest.KeysJSON(digesttest.Epoch, published), "bench")
	if err != nil {
		b.Fatal(err)
	}
	return dir, keys, total
}

// records are about as packable as real ones.
func records(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"Records":[`)
	var id [16]byte
	for range n {
		_, _ = rand.Read(id[:])
		fmt.Fprintf(&b, `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:%x","arn":"arn:aws:sts::111122223333:assumed-role/app/%x","accountId":"111122223333"},"eventTime":"2026-01-01T00:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.%d","userAgent":"aws-cli/2.15","requestParameters":{"instancesSet":{"items":[{"instanceId":"i-%x"}]}},"responseElements":null,"eventID":"%x","readOnly":true},`, id[:4], id[:4], id[5], id[6:10], id)
	}
	b.WriteString(`{}]}`)
	return b.Bytes()
}

// The yardstick: the same files, unpacked and hashed, by as many workers.
func BenchmarkBareUnpackAndHash(b *testing.B) {
	dir, _, total := benchTree(b)
	var files []string
	for o := range folder(dir).Objects(b.Context(), loader.Scope{}) {
		files = append(files, o.Name)
	}
	b.SetBytes(total)
	for b.Loop() {
		next := make(chan string)
		var wg sync.WaitGroup
		for range 2 * runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				gz, sum, buf := new(gzip.Reader), sha256.New(), make([]byte, 64<<10)
				for name := range next {
					data, err := os.Open(name)
					if err != nil {
						b.Error(err)
					}
					if gz.Reset(data) == nil {
						sum.Reset()
						_, _ = io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{gz}, buf)
					}
					data.Close()
				}
			})
		}
		for _, f := range files {
			next <- f
		}
		close(next)
		wg.Wait()
	}
}

func BenchmarkValidate(b *testing.B) {
	dir, keys, total := benchTree(b)
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		b.Fatal(err)
	}
	manifest, err := digest.ParseManifest(data, dir)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(total)
	for b.Loop() {
		r, err := digest.Validate(b.Context(), []loader.Source{folder(dir)}, digest.Options{Keys: keys, Manifest: manifest})
		if err != nil || !r.Proven() {
			b.Fatal(err, r.Digests, r.Logs, r.Findings)
		}
	}
}

// A versioned tree remembers what objects were.
type versioned struct {
	loader.Source
	list map[string][]loader.Version
	body map[string][]byte // by version
}

func (v versioned) Versions(_ context.Context, name string) ([]loader.Version, error) {
	return v.list[name], nil
}

func (v versioned) OpenVersion(_ context.Context, _, id string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(v.body[id])), nil
}

// What was overwritten or deleted may still be there as a version.
func TestVersionsTellWhatWasThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	noon := w.start.Add(36 * time.Hour)
	edited, deleted, gone := w.full("d3.1"), w.full("d4.1"), w.full("d5")
	v := versioned{Source: w.tree.Source(), list: map[string][]loader.Version{
		edited:  {{ID: "v2", Modified: noon}, {ID: "v1", Modified: noon.Add(-time.Hour)}},
		deleted: {{ID: "mark", Modified: noon, Deleted: true}, {ID: "v3", Modified: noon.Add(-time.Hour)}},
		gone:    {{ID: "mark", Modified: noon, Deleted: true}},
	}, body: map[string][]byte{"v1": w.object("d3.1").Body, "v2": digesttest.Gzip([]byte("{}")), "v3": w.object("d4.1").Body}}
	w.edit("d3.1", func(o *digesttest.Object) { o.Body = v.body["v2"] })
	w.remove("d4.1", "d5")
	w.validate()
	r, err := digest.Validate(t.Context(), []loader.Source{v}, w.opts)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"d3.1": "; the original is there as version v1, overwritten at 2026-03-03 08:12:34Z",
		"d4.1": "; it was deleted at 2026-03-03 08:12:34Z; the original is there as version v3",
		"d5":   "; it was deleted at 2026-03-03 08:12:34Z",
	}
	for _, o := range r.Objects {
		if end := want[w.shorten(o.Name)]; end != "" && !bytes.HasSuffix([]byte(o.Detail), []byte(end)) {
			t.Errorf("%s: %q, want the end %q", w.shorten(o.Name), o.Detail, end)
		}
	}
}
