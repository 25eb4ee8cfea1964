package digest_test

import (
	"crypto"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"spoor/loader"
	"spoor/loader/digest"
	"spoor/loader/digest/digesttest"
)

// A world is a signed trail to be damaged: one region, an hour's digest over
// three logs each. Digest i is called "d<i>" and its logs "d<i>.<n>".
type world struct {
	t     *testing.T
	trail digesttest.Trail
	start time.Time
	logs  []digesttest.Log
	chain []digesttest.Sealed
	tree  *digesttest.Tree
	keys  map[string][]digesttest.Key
	style digesttest.KeyStyle
	opts  digest.Options
	short map[string]string
	noKey bool
}

const hours = 8

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, start: time.Date(2026, 3, 1, 20, 12, 34, 0, time.UTC), tree: digesttest.NewTree(), short: map[string]string{}}
	w.trail = digesttest.Trail{Bucket: "trail-logs", Account: "111122223333", Region: "us-east-1", Home: "us-east-1", Name: "main",
		Keys: digesttest.Rotation(w.start, w.start.Add(hours*time.Hour))}
	w.keys = map[string][]digesttest.Key{"us-east-1": w.trail.Keys}
	w.logs = hourlyLogs(w.trail, w.start, hours)
	w.chain = w.trail.Chain(w.start, hours, w.logs)
	w.tree.AddLogs(w.trail.Bucket, w.logs...)
	w.tree.AddDigests(w.chain...)
	w.name(w.chain, "d")
	w.opts = digest.Options{From: w.start, To: w.start.Add(hours*time.Hour + 40*time.Minute)}
	return w
}

func (w *world) name(chain []digesttest.Sealed, prefix string) {
	for i, d := range chain {
		w.short[digesttest.Name(d.Doc.Bucket, d.Doc.Key)] = fmt.Sprintf("%s%d", prefix, i)
		for n, l := range d.Doc.Logs {
			w.short[digesttest.Name(l.Bucket, l.Key)] = fmt.Sprintf("%s%d.%d", prefix, i, n)
		}
	}
}

// hourlyLogs makes three logs an hour, 15 minutes apart.
func hourlyLogs(trail digesttest.Trail, start time.Time, hours int) []digesttest.Log {
	var logs []digesttest.Log
	for i := range hours * 3 {
		at := start.Add(time.Duration(i/3)*time.Hour + time.Duration(i%3+1)*15*time.Minute)
		logs = append(logs, newLog(trail, at, i))
	}
	return logs
}

func newLog(trail digesttest.Trail, at time.Time, i int) digesttest.Log {
	id := fmt.Sprintf("%s%012d", strings.ToUpper(trail.Region[:4]), i)
	id = strings.ReplaceAll(id, "-", "x")
	text := fmt.Sprintf(`{"Records":[{"eventID":"%s-%s-%d","eventName":"DescribeInstances"}]}`, trail.Name, trail.Region, i)
	return digesttest.Log{Key: trail.LogKey(at, id), Text: []byte(text), Delivered: at}
}

// object returns a stored object by its short name.
func (w *world) object(short string) digesttest.Object {
	return w.tree.Objects[w.full(short)]
}

func (w *world) full(short string) string {
	for name, s := range w.short {
		if s == short {
			return name
		}
	}
	w.t.Fatalf("no object is called %s", short)
	return ""
}

// edit changes a stored object.
func (w *world) edit(short string, f func(*digesttest.Object)) {
	name := w.full(short)
	o := w.tree.Objects[name]
	f(&o)
	w.tree.Objects[name] = o
}

func (w *world) remove(shorts ...string) {
	for _, s := range shorts {
		delete(w.tree.Objects, w.full(s))
	}
}

// reseal changes the document of digest i before it is signed. With follow the
// digests after it are signed anew on top; else they keep what they said.
func (w *world) reseal(i int, follow bool, f func(*digesttest.Document)) {
	doc := w.chain[i].Doc
	doc.Logs = slices.Clone(doc.Logs)
	f(&doc)
	end, _ := time.Parse(digesttest.TimeForm, doc.End)
	w.replace(i, digesttest.Seal(doc, w.trail.Key(end), false), follow)
}

func (w *world) replace(i int, s digesttest.Sealed, follow bool) {
	delete(w.tree.Objects, digesttest.Name(w.chain[i].Object.Bucket, w.chain[i].Object.Key))
	w.short[digesttest.Name(s.Doc.Bucket, s.Doc.Key)] = fmt.Sprintf("d%d", i)
	w.chain[i] = s
	w.tree.Put(s.Object)
	for k := i + 1; follow && k < len(w.chain); k++ {
		from := w.start.Add(time.Duration(k) * time.Hour)
		next := w.trail.Document(&w.chain[k-1], from, from.Add(time.Hour), nil)
		next.Logs, next.NewestEvent, next.OldestEvent = w.chain[k].Doc.Logs, w.chain[k].Doc.NewestEvent, w.chain[k].Doc.OldestEvent
		w.chain[k] = digesttest.Seal(next, w.trail.Key(from.Add(time.Hour)), false)
		w.tree.Put(w.chain[k].Object)
	}
}

// forge signs a changed digest with a key that nobody publishes.
func (w *world) forge(i int, f func(*digesttest.Document)) {
	doc := w.chain[i].Doc
	doc.Logs = slices.Clone(doc.Logs)
	key := digesttest.NewKey("d", time.Time{}, time.Time{})
	doc.Fingerprint = key.Fingerprint()
	f(&doc)
	w.replace(i, digesttest.Seal(doc, key, false), false)
}

func (w *world) sealWith(i int, h crypto.Hash) {
	s := w.chain[i]
	end, _ := time.Parse(digesttest.TimeForm, s.Doc.End)
	w.replace(i, digesttest.SealRaw(s.Raw, s.Doc, w.trail.Key(end), h, false), false)
}

func (w *world) validate() *digest.Report {
	w.t.Helper()
	if !w.noKey && w.opts.Keys == nil {
		keys, err := digest.ParseKeys(digesttest.KeysJSON(w.style, w.keys), "test")
		if err != nil {
			w.t.Fatal(err)
		}
		w.opts.Keys = keys
	}
	r, err := digest.Validate(w.t.Context(), []loader.Source{w.tree.Source()}, w.opts)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// bad lists what is not plainly valid, by short name.
func (w *world) bad(r *digest.Report) map[string]string {
	out := map[string]string{}
	for _, o := range r.Objects {
		if o.Verdict != digest.Valid || o.Reason != "" {
			out[w.shorten(o.Name)] = strings.TrimSpace(o.Fine() + " " + string(o.Reason))
		}
	}
	return out
}

func (w *world) found(r *digest.Report) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, string(f.Type)+" "+w.shorten(f.Object))
	}
	slices.Sort(out)
	return out
}

func (w *world) shorten(name string) string {
	if s, ok := w.short[name]; ok {
		return s
	}
	name = strings.TrimRight(name, "/")
	return name[strings.LastIndexByte(name, '/')+1:]
}
