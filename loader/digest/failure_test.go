package digest_test

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // an attacker may sign with it
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader/digest"
	"spoor/loader/digest/digesttest"
)

// A failure is one way in which a trail can be damaged, or only look damaged,
// and what must be said of it: every object that is not plainly valid, and
// every finding.
type failure struct {
	name   string
	damage func(w *world)
	bad    map[string]string
	found  []string
	proven bool
}

// apiError is an error as the AWS SDK gives it.
type apiError string

func (e apiError) Error() string     { return "api error " + string(e) }
func (e apiError) ErrorCode() string { return string(e) }

func logFailures() []failure {
	body := func(short string, f func([]byte) []byte) func(*world) {
		return func(w *world) { w.edit(short, func(o *digesttest.Object) { o.Body = f(o.Body) }) }
	}
	denied := func(err error) func(*world) {
		return func(w *world) { w.tree.Errors[w.full("d3.1")] = err }
	}
	return []failure{
		{name: "clean", damage: func(*world) {}, proven: true},
		{name: "log-edited", damage: body("d3.1", func(b []byte) []byte { return digesttest.Gzip([]byte(`{"Records":[]}`)) }),
			bad: map[string]string{"d3.1": "invalid hash-mismatch"}},
		{name: "log-swapped", damage: func(w *world) {
			a, b := w.object("d3.0").Body, w.object("d3.1").Body
			w.edit("d3.0", func(o *digesttest.Object) { o.Body = b })
			w.edit("d3.1", func(o *digesttest.Object) { o.Body = a })
		}, bad: map[string]string{"d3.0": "invalid hash-mismatch", "d3.1": "invalid hash-mismatch"}},
		{name: "log-truncated", damage: body("d3.1", func(b []byte) []byte { return b[:len(b)-30] }),
			bad: map[string]string{"d3.1": "invalid truncated"}},
		{name: "log-empty", damage: body("d3.1", func([]byte) []byte { return nil }), bad: map[string]string{"d3.1": "invalid truncated"}},
		{name: "log-cut-in-header", damage: body("d3.1", func(b []byte) []byte { return b[:5] }), bad: map[string]string{"d3.1": "invalid truncated"}},
		{name: "log-stored-plain", damage: func(w *world) {
			w.edit("d3.1", func(o *digesttest.Object) { o.Body = w.logs[10].Text })
		}, found: []string{"container d3.1"}, proven: true},
		{name: "log-packed-again", damage: func(w *world) {
			w.edit("d3.1", func(o *digesttest.Object) { o.Body = digesttest.Gzip(w.logs[10].Text) })
		}, proven: true},
		{name: "log-trailer-cut", damage: body("d3.1", func(b []byte) []byte { return b[:len(b)-3] }),
			found: []string{"container-damaged d3.1"}, proven: true},
		{name: "log-crc-wrong", damage: body("d3.1", func(b []byte) []byte { b = bytes.Clone(b); b[len(b)-8] ^= 1; return b }),
			bad: map[string]string{"d3.1": "invalid gzip-damaged"}},
		{name: "log-bits-flipped", damage: body("d3.1", func(b []byte) []byte { b = bytes.Clone(b); b[10] = 0xff; return b }),
			bad: map[string]string{"d3.1": "invalid gzip-damaged"}},
		{name: "log-append-member", damage: body("d3.1", func(b []byte) []byte {
			return append(bytes.Clone(b), digesttest.Gzip([]byte(`{"Records":[{}]}`))...)
		}), bad: map[string]string{"d3.1": "invalid extra-gzip-member"}},
		{name: "log-append-garbage", damage: body("d3.1", func(b []byte) []byte { return append(bytes.Clone(b), "garbage"...) }),
			bad: map[string]string{"d3.1": "invalid trailing-bytes"}},
		{name: "log-append-broken-member", damage: body("d3.1", func(b []byte) []byte { return append(bytes.Clone(b), 0x1f, 0x8b, 0, 0) }),
			bad: map[string]string{"d3.1": "invalid trailing-bytes"}},
		{name: "log-deleted", damage: func(w *world) { w.remove("d3.1") }, bad: map[string]string{"d3.1": "missing"}},
		{name: "log-moved", damage: func(w *world) {
			o := w.object("d3.1")
			w.remove("d3.1")
			o.Key = strings.Replace(o.Key, "USxE", "MOVE", 1)
			w.tree.Put(o)
			w.short[digesttest.Name(o.Bucket, o.Key)] = "elsewhere"
		}, bad: map[string]string{"d3.1": "missing moved", "elsewhere": "unreferenced window-covered"}},
		{name: "log-planted", damage: func(w *world) { plant(w, 3) }, bad: map[string]string{"planted": "unreferenced window-covered"}},
		{name: "log-planted-pending", damage: func(w *world) { plant(w, 8) }, bad: map[string]string{"planted": "unreferenced pending"}, proven: true},
		{name: "log-denied", damage: denied(fs.ErrPermission), bad: map[string]string{"d3.1": "error denied"}},
		{name: "log-denied-by-s3", damage: denied(apiError("AccessDenied")), bad: map[string]string{"d3.1": "error denied"}},
		{name: "log-archived", damage: denied(apiError("InvalidObjectState")), bad: map[string]string{"d3.1": "error archived"}},
		{name: "log-throttled", damage: denied(apiError("SlowDown")), bad: map[string]string{"d3.1": "error throttled"}},
		{name: "log-read-error", damage: denied(errors.New("connection reset")), bad: map[string]string{"d3.1": "error read-error"}},
		{name: "log-bucket-gone", damage: denied(apiError("NoSuchBucket")), bad: map[string]string{"d3.1": "missing"}},
		{name: "log-hash-uppercase", damage: func(w *world) {
			w.reseal(3, true, func(d *digesttest.Document) { d.Logs[1].Hash = strings.ToUpper(d.Logs[1].Hash) })
		}, proven: true},
		{name: "log-named-twice", damage: func(w *world) {
			w.reseal(3, true, func(d *digesttest.Document) { d.Logs = append(d.Logs, d.Logs[1]) })
		}, proven: true},
		{name: "log-named-twice-differently", damage: func(w *world) {
			w.reseal(4, true, func(d *digesttest.Document) {
				e := w.chain[3].Doc.Logs[1]
				e.Hash = strings.Repeat("0", 64)
				d.Logs = append(d.Logs, e)
			})
		}, found: []string{"named-twice d3.1"}, proven: true},
		{name: "log-label", damage: func(w *world) {
			w.reseal(3, true, func(d *digesttest.Document) { d.Logs[1].Algorithm = "MD5" })
		}, found: []string{"algorithm-label d3"}, proven: true},
		{name: "log-of-insights", damage: func(w *world) {
			at := w.start.Add(3*time.Hour + 20*time.Minute)
			l := digesttest.Log{Bucket: w.trail.Bucket, Key: w.trail.LogKeyOf("CloudTrail-Insight", at, "insightinsight16"), Text: []byte("{}"), Delivered: at}
			w.tree.AddLogs("", l)
			w.short[digesttest.Name(l.Bucket, l.Key)] = "insight"
		}, bad: map[string]string{"insight": "unreferenced window-covered"}},
		{name: "neighbour-trail", damage: func(w *world) {
			for h := range 3 {
				l := newLog(w.trail, w.start.Add(time.Duration(h)*time.Hour+31*time.Minute), 900+h)
				w.tree.AddLogs(w.trail.Bucket, l)
				w.short[digesttest.Name(w.trail.Bucket, l.Key)] = fmt.Sprintf("n%d", h)
			}
		}, bad: map[string]string{"n0": "unreferenced window-covered", "n1": "unreferenced window-covered", "n2": "unreferenced window-covered"}},
	}
}

// plant puts a log that no digest names into hour h.
func plant(w *world, h int) {
	l := newLog(w.trail, w.start.Add(time.Duration(h)*time.Hour+20*time.Minute), 999)
	w.tree.AddLogs(w.trail.Bucket, l)
	w.short[digesttest.Name(w.trail.Bucket, l.Key)] = "planted"
}

// unproven are the logs of an invalid digest, beside what is said of it.
func unproven(i int, more map[string]string) map[string]string {
	return logsOf(i, "unproven digest-invalid", more)
}

func uncovered(i int, more map[string]string) map[string]string {
	return logsOf(i, "unreferenced window-not-covered", more)
}

func logsOf(i int, word string, more map[string]string) map[string]string {
	out := map[string]string{}
	for n := range 3 {
		out[fmt.Sprintf("d%d.%d", i, n)] = word
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func TestFailures(t *testing.T) {
	t.Parallel()
	all := append(logFailures(), digestFailures()...)
	all = append(all, chainFailures()...)
	all = append(all, placeFailures()...)
	if len(all) < 75 {
		t.Errorf("only %d failure classes", len(all))
	}
	for _, f := range all {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			f.damage(w)
			r := w.validate()
			if f.bad == nil {
				f.bad = map[string]string{}
			}
			if diff := cmp.Diff(f.bad, w.bad(r)); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(f.found, w.found(r)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if r.Proven() != f.proven {
				t.Errorf("proven = %v", r.Proven())
			}
			w.checkWords(r)
		})
	}
}

func digestFailures() []failure {
	body := func(short string, f func([]byte) []byte) func(*world) {
		return func(w *world) { w.edit(short, func(o *digesttest.Object) { o.Body = f(o.Body) }) }
	}
	raw := func(i int, f func(string) string) func(*world) {
		return func(w *world) {
			w.edit(fmt.Sprintf("d%d", i), func(o *digesttest.Object) { o.Body = digesttest.Gzip([]byte(f(string(w.chain[i].Raw)))) })
		}
	}
	meta := func(short, key, value string) func(*world) {
		return func(w *world) {
			w.edit(short, func(o *digesttest.Object) {
				m := map[string]string{}
				for k, v := range o.Meta {
					m[k] = v
				}
				if m[key] = value; value == "" {
					delete(m, key)
				}
				o.Meta = m
			})
		}
	}
	mismatch := []string{"chain-mismatch d4"}
	return []failure{
		{name: "digest-edited", damage: raw(3, func(s string) string { return strings.Replace(s, `"hashValue":"`, `"hashValue":"0`, 1) }),
			bad: unproven(3, map[string]string{"d3": "invalid signature"}), found: mismatch},
		{name: "digest-append-member", damage: body("d3", func(b []byte) []byte { return append(bytes.Clone(b), digesttest.Gzip([]byte("{}"))...) }),
			bad: unproven(3, map[string]string{"d3": "invalid extra-gzip-member"})},
		{name: "digest-append-garbage", damage: body("d3", func(b []byte) []byte { return append(bytes.Clone(b), 7) }),
			bad: unproven(3, map[string]string{"d3": "invalid trailing-bytes"})},
		{name: "digest-stored-plain", damage: func(w *world) {
			w.edit("d3", func(o *digesttest.Object) { o.Body = w.chain[3].Raw })
		}, found: []string{"container d3"}, proven: true},
		{name: "digest-trailer-cut", damage: body("d3", func(b []byte) []byte { return b[:len(b)-2] }),
			found: []string{"container-damaged d3"}, proven: true},
		{name: "digest-crc-wrong", damage: body("d3", func(b []byte) []byte { b = bytes.Clone(b); b[len(b)-7] ^= 1; return b }),
			bad: unproven(3, map[string]string{"d3": "invalid gzip-damaged"})},
		{name: "digest-truncated", damage: body("d3", func(b []byte) []byte { return b[:len(b)/2] }),
			bad: uncovered(3, map[string]string{"d3": "invalid truncated"}), found: mismatch},
		{name: "digest-json-cut", damage: raw(3, func(s string) string { return s[:len(s)/2] }),
			bad: uncovered(3, map[string]string{"d3": "invalid truncated"}), found: mismatch},
		{name: "digest-not-json", damage: raw(3, func(string) string { return "<html>" }),
			bad: uncovered(3, map[string]string{"d3": "invalid not-json"}), found: mismatch},
		{name: "digest-field-missing", damage: raw(3, func(s string) string { return strings.Replace(s, "digestEndTime", "digestEnded", 1) }),
			bad: uncovered(3, map[string]string{"d3": "invalid field-missing"}), found: mismatch},
		{name: "digest-logfiles-missing", damage: raw(3, func(s string) string { return strings.Replace(s, "logFiles", "files", 1) }),
			bad: uncovered(3, map[string]string{"d3": "invalid field-missing"}), found: mismatch},
		{name: "digest-denied", damage: func(w *world) { w.tree.Errors[w.full("d3")] = apiError("AccessDenied") },
			bad: uncovered(3, map[string]string{"d3": "error denied"})},
		{name: "digest-metadata-absent", damage: func(w *world) {
			w.edit("d3", func(o *digesttest.Object) { o.Meta = nil })
		}, bad: map[string]string{"d3": "valid signature-from-chain"}, proven: true},
		{name: "digest-metadata-absent-newest", damage: func(w *world) {
			w.edit("d7", func(o *digesttest.Object) { o.Meta = nil })
		}, bad: logsOf(7, "unverifiable digest-unverifiable", map[string]string{"d7": "unverifiable metadata-missing"})},
		{name: "digest-metadata-garbled", damage: meta("d3", "signature", "zz-not-hex"),
			bad: map[string]string{"d3": "valid signature-from-chain"}, found: []string{"metadata-signature-mismatch d3"}, proven: true},
		{name: "digest-metadata-garbled-newest", damage: meta("d7", "signature", "zz-not-hex"),
			bad: logsOf(7, "unverifiable digest-unverifiable", map[string]string{"d7": "unverifiable metadata-missing"})},
		{name: "digest-signature-replaced", damage: meta("d3", "signature", strings.Repeat("ab", 256)),
			bad: map[string]string{"d3": "valid signature-from-chain"}, found: []string{"metadata-signature-mismatch d3"}, proven: true},
		{name: "digest-signature-replaced-newest", damage: meta("d7", "signature", strings.Repeat("ab", 256)),
			bad: unproven(7, map[string]string{"d7": "invalid signature"})},
		{name: "digest-signature-uppercase", damage: func(w *world) { meta("d7", "signature", strings.ToUpper(w.chain[7].Signature))(w) }, proven: true},
		{name: "digest-metadata-label", damage: meta("d3", "signature-algorithm", "SHA1withRSA"), found: []string{"algorithm-label d3"}, proven: true},
		{name: "digest-label", damage: func(w *world) {
			w.reseal(3, true, func(d *digesttest.Document) { d.Algorithm = "SHA512withRSA" })
		}, found: []string{"algorithm-label d3"}, proven: true},
		{name: "signature-sha1", damage: func(w *world) { w.sealWith(7, crypto.SHA1) }, bad: unproven(7, map[string]string{"d7": "invalid signature"})},
		{name: "signature-sha1-under-a-good-chain", damage: func(w *world) { w.sealWith(3, crypto.SHA1) },
			bad: map[string]string{"d3": "valid signature-from-chain"}, found: []string{"metadata-signature-mismatch d3"}, proven: true},
		{name: "forged-with-unknown-key", damage: func(w *world) {
			w.forge(3, func(d *digesttest.Document) { d.Logs = d.Logs[:2] })
		}, bad: map[string]string{"d3": "invalid key-not-found", "d3.0": "unproven digest-invalid", "d3.1": "unproven digest-invalid",
			"d3.2": "unreferenced window-not-covered"}, found: mismatch},
		{name: "forged-under-a-known-fingerprint", damage: func(w *world) {
			w.forge(7, func(d *digesttest.Document) { d.Fingerprint = w.trail.Keys[1].Fingerprint() })
		}, bad: unproven(7, map[string]string{"d7": "invalid signature"})},
		{name: "no-keys", damage: func(w *world) { w.noKey = true }, bad: allUnverifiable()},
		{name: "keys-of-another-region", damage: func(w *world) {
			w.keys = map[string][]digesttest.Key{"eu-west-1": w.trail.Keys}
		}, bad: allUnverifiable()},
		{name: "no-keys-but-a-log-edited", damage: func(w *world) {
			w.noKey = true
			w.edit("d3.1", func(o *digesttest.Object) { o.Body = digesttest.Gzip([]byte("{}")) })
		}, bad: with(allUnverifiable(), "d3.1", "invalid hash-mismatch")},
		{name: "key-in-spki", damage: func(w *world) { w.style = digesttest.SPKI }, proven: true},
		{name: "key-times-iso", damage: func(w *world) { w.style = digesttest.ISO }, proven: true},
		{name: "key-times-quoted", damage: func(w *world) { w.style = digesttest.Quoted }, proven: true},
		{name: "key-expired", damage: func(w *world) {
			w.keys["us-east-1"][1].To = w.start.Add(5*time.Hour + 30*time.Minute)
		}, bad: unproven(7, map[string]string{"d7": "invalid key-validity"})},
		{name: "key-4096", damage: func(w *world) {
			w.trail.Keys = []digesttest.Key{digesttest.NewKey("big", w.start, w.start.Add(hours*time.Hour))}
			w.keys["us-east-1"] = w.trail.Keys
			w.reseal(0, true, func(d *digesttest.Document) { d.Fingerprint = w.trail.Keys[0].Fingerprint() })
		}, proven: true},
	}
}

func allUnverifiable() map[string]string {
	out := map[string]string{}
	for i := range hours {
		out[fmt.Sprintf("d%d", i)] = "unverifiable key-not-found"
		for n := range 3 {
			out[fmt.Sprintf("d%d.%d", i, n)] = "unverifiable digest-unverifiable"
		}
	}
	return out
}

func with(m map[string]string, key, value string) map[string]string {
	m[key] = value
	return m
}

// A log at the end of the window waits for its digest only while it is young.
func TestLogBehindTheLastDigest(t *testing.T) {
	t.Parallel()
	for late, want := range map[time.Duration]string{time.Hour: "may still come", 1000 * time.Hour: "behind the end of this window or copy"} {
		w := newWorld(t)
		plant(w, 8)
		w.opts.Now = w.opts.To.Add(late)
		said := ""
		for _, o := range w.validate().Objects {
			if o.Reason == digest.Pending {
				said = o.Detail
			}
		}
		if !strings.Contains(said, want) {
			t.Errorf("%s after the window: %q, want %q", late, said, want)
		}
	}
}
