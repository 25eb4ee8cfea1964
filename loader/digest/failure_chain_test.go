package digest_test

import (
	"fmt"
	"strings"
	"time"

	"spoor/loader/digest/digesttest"
)

// chainFailures are about what joins digests.
func chainFailures() []failure {
	at := func(w *world, h float64) string {
		return w.start.Add(time.Duration(h * float64(time.Hour))).Format(digesttest.TimeForm)
	}
	return []failure{
		{name: "digest-deleted", damage: func(w *world) { w.remove("d3") }, bad: uncovered(3, map[string]string{"d3": "missing"})},
		{name: "digest-deleted-two", damage: func(w *world) { w.remove("d3", "d4") },
			bad: uncovered(3, uncovered(4, map[string]string{"d4": "missing"})), found: []string{"coverage-hole d5"}},
		{name: "digest-deleted-newest", damage: func(w *world) { w.remove("d7") },
			bad: logsOf(7, "unreferenced pending", map[string]string{"d7.0": "unreferenced pending"}), found: []string{"tail-not-covered us-east-1"}},
		{name: "digest-deleted-oldest", damage: func(w *world) { w.remove("d0") }, bad: uncovered(0, map[string]string{"d0": "missing"})},
		{name: "digest-deleted-oldest-unasked", damage: func(w *world) {
			w.remove("d0", "d0.0", "d0.1", "d0.2")
			w.opts.From, w.opts.To = time.Time{}, time.Time{}
		}, found: []string{"head-not-covered d1"}, proven: true},
		{name: "digest-deleted-all", damage: func(w *world) {
			for i := range hours {
				w.remove(fmt.Sprintf("d%d", i))
			}
		}, bad: func() map[string]string {
			bad := map[string]string{} // none is pending: there is no chain whose next digest could name it
			for i := range hours {
				for n := range 3 {
					bad[fmt.Sprintf("d%d.%d", i, n)] = "unreferenced window-not-covered"
				}
			}
			return bad
		}(), found: []string{"no-digests us-east-1"}},
		{name: "nothing-there", damage: func(w *world) { clear(w.tree.Objects) }, found: []string{"no-digests s3:"}},
		{name: "digest-moved", damage: func(w *world) {
			o := w.object("d3")
			w.remove("d3")
			o.Key = strings.Replace(o.Key, "_main_", "_other_", 1)
			w.tree.Put(o)
			w.short[digesttest.Name(o.Bucket, o.Key)] = "elsewhere"
		}, bad: uncovered(3, map[string]string{"d3": "missing moved", "elsewhere": "invalid moved"})},
		{name: "digest-invalid-hides-deleted", damage: func(w *world) {
			w.remove("d3")
			w.edit("d4", func(o *digesttest.Object) { o.Body = digesttest.Gzip([]byte("no digest")) })
		}, bad: uncovered(3, uncovered(4, map[string]string{"d4": "invalid not-json"})), found: []string{"chain-mismatch d5", "coverage-hole d4"}},
		{name: "chain-restart", damage: func(w *world) {
			w.remove("d3")
			w.reseal(4, true, func(d *digesttest.Document) {
				d.PrevBucket, d.PrevKey, d.PrevHash, d.PrevAlgorithm, d.PrevSignature = nil, nil, nil, nil, nil
			})
		}, bad: uncovered(3, nil), found: []string{"gap d4"}},
		{name: "prev-hash-wrong", damage: func(w *world) {
			w.reseal(4, true, func(d *digesttest.Document) { *d.PrevHash = strings.Repeat("1", 64) })
		}, found: []string{"chain-mismatch d4"}},
		{name: "prev-signature-wrong", damage: func(w *world) {
			w.reseal(4, true, func(d *digesttest.Document) { d.PrevSignature = &w.chain[2].Signature })
		}, found: []string{"chain-mismatch d4"}},
		{name: "digest-replaced-by-service", damage: func(w *world) {
			w.reseal(3, false, func(d *digesttest.Document) { d.Logs = d.Logs[:2] })
		}, bad: map[string]string{"d3.2": "unreferenced window-covered"}, found: []string{"chain-mismatch d4"}},
		{name: "clock-hole", damage: func(w *world) {
			w.reseal(4, true, func(d *digesttest.Document) { d.Start = at(w, 4.25) })
		}, found: []string{"coverage-hole d4"}},
		{name: "clock-overlap", damage: func(w *world) {
			w.reseal(4, true, func(d *digesttest.Document) { d.Start = at(w, 3.75) })
		}, found: []string{"coverage-overlap d4"}},
		{name: "clock-end-differs", damage: func(w *world) {
			w.reseal(7, true, func(d *digesttest.Document) { d.End = at(w, 8.5) })
		}, found: []string{"key-time-mismatch d7"}},
		{name: "clock-day-folder", damage: func(w *world) {
			w.reseal(7, true, func(d *digesttest.Document) { d.Key = strings.Replace(d.Key, "2026/03/02", "2026/03/03", 1) })
		}, found: []string{"key-time-mismatch d7"}},
		{name: "chain-cycle", damage: func(w *world) {
			w.reseal(0, true, func(d *digesttest.Document) {
				newest := w.chain[7]
				d.PrevBucket, d.PrevKey, d.PrevSignature = &newest.Doc.Bucket, &newest.Doc.Key, &newest.Signature
				d.PrevHash, d.PrevAlgorithm = newest.Doc.PrevHash, newest.Doc.PrevAlgorithm
			})
		}, found: []string{"chain-cycle d0"}},
		{name: "final-digest", damage: func(w *world) {
			w.reseal(7, true, func(d *digesttest.Document) {
				end := w.start.Add(7*time.Hour + 50*time.Minute)
				d.End, d.Key = end.Format(digesttest.TimeForm), w.trail.DigestKey(end)
			})
			w.opts.To = w.start.Add(8 * time.Hour)
		}, proven: true},
		{name: "backfill", damage: func(w *world) { backfill(w, true) }, proven: true},
		{name: "backfill-without-its-time", damage: func(w *world) { backfill(w, false) }, found: []string{"metadata-missing b0"}, proven: true},
		{name: "window-inside", damage: func(w *world) {
			w.opts.From, w.opts.To = w.start.Add(3*time.Hour), w.start.Add(5*time.Hour)
			w.remove("d1", "d1.1")
		}, proven: true},
		{name: "window-end-deleted", damage: func(w *world) {
			w.opts.From, w.opts.To = w.start.Add(3*time.Hour), w.start.Add(5*time.Hour)
			w.remove("d5")
		}, bad: map[string]string{"d5": "missing"}},
	}
}

// backfill adds a digest for a log that the regular one has missed.
func backfill(w *world, stamped bool) {
	b := w.trail
	b.Backfill = true
	l := newLog(b, w.start.Add(3*time.Hour+25*time.Minute), 700)
	w.tree.AddLogs(b.Bucket, l)
	chain := b.Chain(w.start.Add(3*time.Hour), 1, []digesttest.Log{l})
	if !stamped {
		delete(chain[0].Object.Meta, "backfill-generation-timestamp")
	}
	w.tree.AddDigests(chain...)
	w.name(chain, "b")
}

// placeFailures are about names, folders, buckets and trails side by side.
func placeFailures() []failure {
	junk := func(name, day string) func(*world) {
		return func(w *world) {
			key := "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/" + day + "/" + name
			w.tree.Put(digesttest.Object{Bucket: w.trail.Bucket, Key: key, Body: []byte("junk")})
			w.short[digesttest.Name(w.trail.Bucket, key)] = "junk"
		}
	}
	name := func(time string) string {
		return "111122223333_CloudTrail-Digest_us-east-1_main_us-east-1_" + time + ".json.gz"
	}
	invalid := map[string]string{"junk": "invalid name"}
	return []failure{
		{name: "planted-name-far-future", damage: junk(name("20991231T235959Z"), "2026/03/01"), bad: invalid},
		{name: "planted-name-no-time", damage: junk(name("20269999T999999Z"), "2026/03/02"), bad: invalid},
		{name: "planted-name-no-digest", damage: junk("index.html", "2026/03/01"), bad: invalid},
		{name: "planted-name-other-region", damage: junk(strings.Replace(name("20260301T231234Z"), "_us-east-1_main", "_eu-west-1_main", 1), "2026/03/01"), bad: invalid},
		{name: "planted-name-no-day", damage: junk(name("20260301T231234Z"), "2026/03"), bad: invalid},
		{name: "planted-copy", damage: func(w *world) {
			o := w.object("d3")
			o.Key = strings.Replace(o.Key, "20260302T001234Z", "20991231T235959Z", 1)
			w.tree.Put(o)
			w.short[digesttest.Name(o.Bucket, o.Key)] = "junk"
		}, bad: invalid},
		{name: "folder-marker", damage: func(w *world) {
			w.tree.Put(digesttest.Object{Bucket: w.trail.Bucket, Key: "AWSLogs/111122223333/CloudTrail-Digest/"})
		}, proven: true},
		{name: "sibling-trail", damage: func(w *world) {
			w.second("s", func(t *digesttest.Trail) { t.Name = "main_us-east-1_copy" })
		}, proven: true},
		{name: "sibling-trail-damaged", damage: func(w *world) {
			w.second("s", func(t *digesttest.Trail) { t.Name = "main_us-east-1_copy" })
			w.remove("s2")
		}, bad: map[string]string{"s2": "missing", "s2.0": "unreferenced window-covered", "s2.1": "unreferenced window-covered", "s2.2": "unreferenced window-covered"}},
		{name: "organization-beside-member", damage: func(w *world) {
			w.second("o", func(t *digesttest.Trail) { t.Org = "o-abcdefghij" })
		}, proven: true},
		{name: "second-region", damage: func(w *world) {
			w.keys["eu-west-1"] = w.trail.Keys
			w.second("e", func(t *digesttest.Trail) { t.Region = "eu-west-1" })
			w.remove("e3.1")
		}, bad: map[string]string{"e3.1": "missing"}},
		{name: "prefix-change", damage: func(w *world) { w.change(func(t *digesttest.Trail) { t.Prefix = "new/place" }) }, proven: true},
		{name: "prefix-change-broken", damage: func(w *world) {
			w.change(func(t *digesttest.Trail) { t.Prefix = "new/place" })
			w.edit("d4", func(o *digesttest.Object) { o.Body = []byte("x") })
			w.remove("d2.1")
		}, bad: uncovered(4, map[string]string{"d4": "invalid not-json", "d2.1": "missing"}), found: []string{"chain-mismatch d5"}},
		{name: "bucket-change", damage: func(w *world) { w.change(func(t *digesttest.Trail) { t.Bucket = "other-logs" }) }, proven: true},
		{name: "bucket-change-broken", damage: func(w *world) {
			w.change(func(t *digesttest.Trail) { t.Bucket = "other-logs" })
			w.edit("d4", func(o *digesttest.Object) { o.Body = []byte("x") })
			w.remove("d2.1")
		}, bad: uncovered(4, map[string]string{"d4": "invalid not-json", "d2.1": "missing"}), found: []string{"chain-mismatch d5"}},
		{name: "relocated-undeclared", damage: func(w *world) { w.relocate("copy-of-logs") }, bad: func() map[string]string {
			bad := map[string]string{}
			for i := range hours {
				bad[fmt.Sprintf("copy d%d", i)] = "invalid moved"
				for n := range 3 {
					bad[fmt.Sprintf("copy d%d.%d", i, n)] = "unreferenced window-not-covered"
				}
			}
			for _, late := range []string{"6.2", "7.0", "7.1", "7.2"} {
				bad["copy d"+late] = "unreferenced pending"
			}
			return bad
		}()},
		{name: "relocated", damage: func(w *world) {
			w.relocate("copy-of-logs")
			w.opts.Buckets = map[string]string{"trail-logs": "copy-of-logs"}
		}, found: func() []string {
			var found []string
			for i := range hours {
				found = append(found, fmt.Sprintf("relocated d%d", i))
				for n := range 3 {
					found = append(found, fmt.Sprintf("relocated d%d.%d", i, n))
				}
			}
			return found
		}(), proven: true},
	}
}

// second adds another trail beside the first, with logs and digests of its own.
func (w *world) second(prefix string, f func(*digesttest.Trail)) {
	t := w.trail
	f(&t)
	logs := make([]digesttest.Log, 0, hours*3)
	for i := range hours * 3 {
		at := w.start.Add(time.Duration(i/3)*time.Hour + time.Duration(i%3+1)*15*time.Minute)
		logs = append(logs, newLog(t, at, 500+i))
	}
	chain := t.Chain(w.start, hours, logs)
	w.tree.AddLogs(t.Bucket, logs...)
	w.tree.AddDigests(chain...)
	w.name(chain, prefix)
}

// change moves the trail from hour 4 on, as when someone edits it.
func (w *world) change(f func(*digesttest.Trail)) {
	t := w.trail
	f(&t)
	for i := 4; i < hours; i++ {
		w.remove(fmt.Sprintf("d%d", i))
		for n := range 3 {
			w.remove(fmt.Sprintf("d%d.%d", i, n))
		}
	}
	from := w.start.Add(4 * time.Hour)
	logs := hourlyLogs(t, from, hours-4)
	for i := range logs {
		logs[i].Bucket = t.Bucket
	}
	rest := t.Extend(&w.chain[3], from, hours-4, logs)
	w.tree.AddLogs(t.Bucket, logs...)
	w.tree.AddDigests(rest...)
	clear(w.short)
	w.chain = append(w.chain[:4:4], rest...)
	w.name(w.chain, "d")
}

// relocate copies all objects to another bucket, metadata and all.
func (w *world) relocate(bucket string) {
	for name, o := range w.tree.Objects {
		delete(w.tree.Objects, name)
		o.Bucket = bucket
		w.short[digesttest.Name(bucket, o.Key)] = "copy " + w.short[name]
		defer w.tree.Put(o)
	}
}
