package digest

import (
	"cmp"
	"slices"
	"strings"
)

// A Problem is one kind of trouble with all that has it: what people read first.
type Problem struct {
	Words
	Reason   Reason
	Verdict  Verdict // 0 for findings
	Kind     Kind    // 0 for findings
	Weakens  bool    // it takes from the proof; the others are worth knowing only
	Objects  []int   // indices into Report.Objects
	Findings []int   // indices into Report.Findings
}

// Len is how many objects or findings have it.
func (p Problem) Len() int { return len(p.Objects) + len(p.Findings) }

// gravity orders reasons, worst first: what was done to the logs, then what is
// gone, then what can't be told. Those not listed come after, by name.
var gravity = []Reason{
	HashMismatch, ExtraMember, TrailingBytes, BadSignature, KeyNotFound, KeyValidity, GzipDamaged, Truncated, TooLarge,
	FieldMissing, NotJSON, Moved, BadName, ChainMismatch, ChainCycle, "", Gap, CoverageHole, TailNotCovered, NoDigests,
	WindowCovered, CoverageOverlap, KeyTimeMismatch, DigestInvalid, WindowNotCovered, ListingError, KeyListOdd,
	AccessDenied, Archived, Throttled, ReadError, OtherBucket, MetadataMissing, DigestUnverifiable,
}

func (p Problem) rank() int {
	i := slices.Index(gravity, p.Reason)
	if p.Verdict == Unverifiable && p.Reason == KeyNotFound {
		i = slices.Index(gravity, MetadataMissing)
	}
	if i < 0 {
		i = len(gravity)
	}
	if !p.Weakens {
		i += 2 * len(gravity)
	}
	return i
}

// Problems sorts everything that is not plainly valid into kinds, worst first.
func (r *Report) Problems() []Problem {
	type id struct {
		reason  Reason
		verdict Verdict
		kind    Kind
	}
	byID := map[id]*Problem{}
	at := func(k id, w Words, weakens bool) *Problem {
		if byID[k] == nil {
			byID[k] = &Problem{Words: w, Reason: k.reason, Verdict: k.verdict, Kind: k.kind, Weakens: weakens}
		}
		return byID[k]
	}
	for i, o := range r.Objects {
		if o.Verdict != Valid {
			p := at(id{o.Reason, o.Verdict, o.Kind}, o.Words(), o.Fails())
			p.Objects = append(p.Objects, i)
		}
	}
	for i, f := range r.Findings {
		p := at(id{reason: f.Type}, Explain(f.Type), f.Weakens())
		p.Findings = append(p.Findings, i)
	}
	list := make([]Problem, 0, len(byID))
	for _, p := range byID {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(string(a.Reason), string(b.Reason)), cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.Kind, b.Kind))
	})
	return list
}
