package store

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"spoor/loader"
	"spoor/query"
)

// Objects lists the manifest. It asks nobody but memory.
func (db *DB) Objects(r query.ObjectRequest) []query.Object {
	needle := strings.ToLower(r.Text)
	var rows []objectRow
	for _, o := range db.objects.list() {
		if loader.Outcome(o.outcome) == loader.Archive || o.name <= r.After ||
			(r.Outcome != "" && outcomeWord(o.outcome) != r.Outcome) ||
			(needle != "" && !strings.Contains(strings.ToLower(o.name), needle)) {
			continue
		}
		rows = append(rows, o)
	}
	slices.SortFunc(rows, func(a, b objectRow) int { return cmp.Compare(a.name, b.name) })
	if r.N > 0 && len(rows) > r.N {
		rows = rows[:r.N]
	}
	out := make([]query.Object, len(rows))
	for i, o := range rows {
		out[i] = o.public()
	}
	return out
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
