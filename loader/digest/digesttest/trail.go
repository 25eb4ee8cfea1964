package digesttest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// A Trail says where a chain of digests lies and which keys sign it.
type Trail struct {
	Bucket, Prefix, Org   string // Prefix and Org may be empty
	Account, Region, Home string
	Name                  string
	Backfill              bool
	Keys                  []Key
}

// A Log is one log file that a digest is to name.
type Log struct {
	Bucket         string // "" is the trail's
	Key            string
	Text           []byte    // unpacked
	Delivered      time.Time // decides which digest names it
	Oldest, Newest time.Time // of its events; zero: Delivered
}

func (t Trail) root() string {
	root := "AWSLogs/"
	if t.Prefix != "" {
		root = t.Prefix + "/" + root
	}
	if t.Org != "" {
		root += t.Org + "/"
	}
	return root + t.Account + "/"
}

// LogKey names a log file of the trail; id has 16 letters or digits.
func (t Trail) LogKey(at time.Time, id string) string {
	return t.LogKeyOf("CloudTrail", at, id)
}

// LogKeyOf names a log file of another kind, such as CloudTrail-Insight.
func (t Trail) LogKeyOf(kind string, at time.Time, id string) string {
	at = at.UTC()
	return fmt.Sprintf("%s%s/%s/%s/%s_%s_%s_%s_%s.json.gz", t.root(), kind, t.Region, at.Format("2006/01/02"),
		t.Account, kind, t.Region, at.Format("20060102T1504Z"), id)
}

// DigestKey names the digest file that ends at a time.
func (t Trail) DigestKey(end time.Time) string {
	end = end.UTC()
	suffix := ""
	if t.Backfill {
		suffix = "_backfill"
	}
	return fmt.Sprintf("%sCloudTrail-Digest/%s/%s/%s_CloudTrail-Digest_%s_%s_%s_%s%s.json.gz", t.root(), t.Region,
		end.Format("2006/01/02"), t.Account, t.Region, t.Name, t.Home, end.Format("20060102T150405Z"), suffix)
}

// Key returns the key that signs at a time: the first valid then, else the last.
func (t Trail) Key(at time.Time) Key {
	for _, k := range t.Keys {
		if !at.Before(k.From) && !at.After(k.To) {
			return k
		}
	}
	return t.Keys[len(t.Keys)-1]
}

// Document is the unsigned digest of [start, end) that follows prev, or starts
// a chain when prev is nil. It names all logs given.
func (t Trail) Document(prev *Sealed, start, end time.Time, logs []Log) Document {
	doc := Document{
		Account: t.Account, Start: start.UTC().Format(TimeForm), End: end.UTC().Format(TimeForm),
		Bucket: t.Bucket, Key: t.DigestKey(end), Fingerprint: t.Key(end).Fingerprint(),
		Algorithm: "SHA256withRSA", Logs: []Entry{},
	}
	if prev != nil {
		sum := sha256.Sum256(prev.Raw)
		doc.PrevBucket, doc.PrevKey = &prev.Doc.Bucket, &prev.Doc.Key
		doc.PrevHash, doc.PrevAlgorithm = ptr(hex.EncodeToString(sum[:])), ptr("SHA-256")
		doc.PrevSignature = ptr(prev.Signature)
	}
	for _, l := range logs {
		e := t.entry(l)
		doc.Logs = append(doc.Logs, e)
		if doc.NewestEvent == nil || e.NewestEvent > *doc.NewestEvent {
			doc.NewestEvent = ptr(e.NewestEvent)
		}
		if doc.OldestEvent == nil || e.OldestEvent < *doc.OldestEvent {
			doc.OldestEvent = ptr(e.OldestEvent)
		}
	}
	return doc
}

func (t Trail) entry(l Log) Entry {
	sum := sha256.Sum256(l.Text)
	oldest, newest := l.Oldest, l.Newest
	if oldest.IsZero() {
		oldest = l.Delivered
	}
	if newest.IsZero() {
		newest = l.Delivered
	}
	return Entry{Bucket: cmp.Or(l.Bucket, t.Bucket), Key: l.Key, Hash: hex.EncodeToString(sum[:]), Algorithm: "SHA-256",
		NewestEvent: newest.UTC().Format(TimeForm), OldestEvent: oldest.UTC().Format(TimeForm)}
}

// Next seals the digest of [start, end) that follows prev.
func (t Trail) Next(prev *Sealed, start, end time.Time, logs []Log) Sealed {
	return Seal(t.Document(prev, start, end, logs), t.Key(end), t.Backfill)
}

// Chain seals one digest an hour from start; each names the logs delivered in
// its hour.
func (t Trail) Chain(start time.Time, hours int, logs []Log) []Sealed {
	return t.Extend(nil, start, hours, logs)
}

// Extend goes on after prev, which may belong to the trail before it changed
// its bucket, prefix or organization.
func (t Trail) Extend(prev *Sealed, start time.Time, hours int, logs []Log) []Sealed {
	chain := make([]Sealed, 0, hours)
	for h := range hours {
		from := start.Add(time.Duration(h) * time.Hour)
		to := from.Add(time.Hour)
		var due []Log
		for _, l := range logs {
			if !l.Delivered.Before(from) && l.Delivered.Before(to) {
				due = append(due, l)
			}
		}
		chain = append(chain, t.Next(prev, from, to, due))
		prev = &chain[h]
	}
	return chain
}

func ptr(s string) *string { return &s }
