package blocks

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"spoor/query"
)

// Find returns the events whose records match, in the order they were added.
func (f *Frame) Find(ctx context.Context, p query.Probe) ([]int64, error) {
	hits := make([]bool, f.n)
	n := 0
	for _, s := range f.promising(p) {
		marks, some, err := f.mark(ctx, s, p)
		if err != nil {
			return nil, err
		}
		if !some {
			continue
		}
		more, err := f.collect(s, marks, hits)
		if err != nil {
			return nil, err
		}
		if n += more; n == f.n {
			break
		}
	}
	switch {
	case n == 0:
		return nil, nil
	case p.Part == nil:
		return f.whole(ctx, p, hits)
	}
	seqs := make([]int64, 0, n)
	for i, hit := range hits {
		if hit {
			seqs = append(seqs, f.seqs[i])
		}
	}
	return seqs, nil
}

// promising returns the streams that may have parts which make a record match,
// the short ones first: they may tell all.
func (f *Frame) promising(p query.Probe) []*stream {
	var list []*stream
	for i := range f.streams {
		if s := &f.streams[i]; s.n > 0 && (p.Key == "" || s.isOneOf([]string{p.Key})) && s.mayHold(p) {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b *stream) int { return cmp.Compare(a.data.raw, b.data.raw) })
	return list
}

// mayHold is false for a stream with a form when no piece of a probe fits into its
// parts.
func (s *stream) mayHold(p query.Probe) bool {
	if s.form == nil || len(p.Pieces) == 0 {
		return true
	}
	return p.Holds(s.before) || p.Holds(s.after) || slices.ContainsFunc(p.Pieces, s.form.fits)
}

// mark tells which parts of a stream match, or with a probe that only whole
// records can answer, may make them match.
func (f *Frame) mark(ctx context.Context, s *stream, p query.Probe) (marks []bool, some bool, err error) {
	if err := f.loadText(s); err != nil {
		return nil, false, err
	}
	piece := p.Hints(s.text)
	escapes := p.Escapes && s.escapes
	if len(p.Pieces) > 0 && !escapes && piece(0) < 0 {
		return nil, false, nil
	}
	if err := f.loadIndex(s); err != nil {
		return nil, false, err
	}
	marks = make([]bool, s.n)
	candidates := s.each
	if len(p.Pieces) > 0 {
		candidates = s.candidates(piece, escapes)
	}
	for i, n := candidates(0), 0; i >= 0; i, n = candidates(i+1), n+1 {
		if n&255 == 0 && ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		if p.Part == nil || p.Part(s.part(i)) {
			marks[i], some = true, true
		}
	}
	return marks, some, nil
}

// each is candidates for a probe without pieces.
func (s *stream) each(from int) int {
	if from < s.n {
		return from
	}
	return -1
}

// candidates returns a function that finds the first part from one on that has a
// piece, or with escapes a backslash; -1 at the end.
func (s *stream) candidates(piece func(from int) int, escapes bool) func(from int) int {
	escape := -1
	return func(from int) int {
		if from == s.n {
			return -1
		}
		begin := 0
		if from > 0 {
			begin = s.end(from - 1)
		}
		at := piece(begin)
		if escapes && escape < begin {
			if escape = strings.IndexByte(s.text[begin:], '\\'); escape < 0 {
				escapes = false
			} else {
				escape += begin
			}
		}
		if escapes && (at < 0 || escape < at) {
			at = escape
		}
		if at < 0 {
			return -1
		}
		return s.at(at)
	}
}

// collect adds the events that have one of the marked parts to hits, and returns
// how many are new.
func (f *Frame) collect(s *stream, marks, hits []bool) (n int, err error) {
	if err := f.loadEvents(); err != nil {
		return 0, err
	}
	if s.every && !slices.Contains(marks, false) { // then each event has one
		for i, hit := range hits {
			if !hit {
				hits[i] = true
				n++
			}
		}
		return n, nil
	}
	counts := f.counts(s)
	c := cursor{s: s, refs: s.refs}
	for i, shape := range f.order {
		for range counts[shape] {
			part, ok := c.take()
			if !ok {
				return 0, errDamaged
			}
			if marks[part] && !hits[i] {
				hits[i] = true
				n++
			}
		}
	}
	return n, nil
}

// counts tells how many parts of a stream the events of each shape have.
func (f *Frame) counts(s *stream) []int {
	counts := make([]int, len(f.shapes))
	for i, shape := range f.shapes {
		for _, k := range shape {
			if &f.streams[k] == s {
				counts[i]++
			}
		}
	}
	return counts
}

// whole puts the records of some events together and returns those that match.
func (f *Frame) whole(ctx context.Context, p query.Probe, some []bool) ([]int64, error) {
	var seqs []int64
	var record strings.Builder
	i := -1
	err := f.Each(nil, func(seq int64, parts []uint32) bool {
		i++
		if i&63 == 0 && ctx.Err() != nil {
			return false
		}
		if !some[i] {
			return true
		}
		record.Reset()
		for _, part := range parts {
			record.WriteString(f.Part(part))
		}
		if p.Whole(record.String()) {
			seqs = append(seqs, seq)
		}
		return true
	})
	if err == nil {
		err = ctx.Err()
	}
	return seqs, err
}
