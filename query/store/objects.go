package store

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"spoor/loader"
	"spoor/query"
)

// Objects lists the manifest. It asks nobody but memory, and sorts no more than it
// takes to know the first N.
func (db *DB) Objects(r query.ObjectRequest) []query.Object {
	needle := strings.ToLower(r.Text)
	all := db.objects.list()
	first := firstObjects{n: r.N}
	for i := range all {
		o := &all[i]
		if loader.Outcome(o.outcome) == loader.Archive ||
			(r.Outcome != "" && outcomeWord(o.outcome) != r.Outcome) ||
			(needle != "" && !strings.Contains(strings.ToLower(o.name), needle)) ||
			(r.After != nil && o.key().Compare(*r.After) <= 0) {
			continue
		}
		first.add(o)
	}
	first.cut()
	out := make([]query.Object, len(first.rows))
	for i, o := range first.rows {
		out[i] = o.public()
	}
	return out
}

// firstObjects keeps the first n of all rows that are added; 0 keeps all.
type firstObjects struct {
	n    int
	rows []*objectRow
	last *objectRow // of n kept ones: what comes after it is not among them
}

func (f *firstObjects) add(o *objectRow) {
	if f.last != nil && o.compare(f.last) >= 0 {
		return
	}
	if f.rows = append(f.rows, o); f.n > 0 && len(f.rows) >= 2*f.n {
		f.cut()
	}
}

// cut sorts what is kept and drops what is too many.
func (f *firstObjects) cut() {
	slices.SortFunc(f.rows, (*objectRow).compare)
	if f.n > 0 && len(f.rows) >= f.n {
		f.rows = f.rows[:f.n]
		f.last = f.rows[f.n-1]
	}
}

func (o *objectRow) compare(p *objectRow) int { return o.key().Compare(p.key()) }

// key is what the order of objects depends on.
func (o *objectRow) key() query.Object {
	return query.Object{Name: o.name, Outcome: outcomeWord(o.outcome), Digest: o.digest}
}

func (o objectRow) public() query.Object {
	out := query.Object{
		Name: o.name, Outcome: outcomeWord(o.outcome), Reason: o.reason, Carrier: o.carrier, Stored: o.size, Unpacked: o.unpacked,
		Events: o.events, Duplicates: o.duplicates, Invalid: o.invalid, SHA256: hex.EncodeToString(o.sum[:]),
		Loaded: time.UnixMicro(o.loaded).UTC(), Gone: o.gone, Digest: o.digest, Notes: splitLines(o.notes),
	}
	if o.mtime != 0 {
		out.Modified = time.UnixMicro(o.mtime).UTC()
	}
	return out
}

func outcomeWord(o uint8) string {
	switch loader.Outcome(o) {
	case loader.Done:
		return "loaded"
	case loader.Skipped:
		return "skipped"
	}
	return "failed"
}
