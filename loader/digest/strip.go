package digest

import "time"

// A State is what a strip shows for an hour, from good to grave. The graver
// wins where two meet.
type State uint8

const (
	Unchecked State = iota // outside of what was checked, or still to come
	Proven
	Unproven // its digest could not be verified
	Unlisted // it has logs that no valid digest names
	NoDigest // a gap or hole: nothing covers it
	Lost     // a digest or log is missing
	Altered  // a digest or log is not as delivered
)

// String returns the word that legends use.
func (s State) String() string {
	return [...]string{"not checked", "proven", "unverifiable", "uncovered", "gap", "missing", "altered"}[s]
}

// A Cell is one hour of a strip. Hours are those of digests: a cell stands for
// the digest that begins within the hour, and the logs delivered until it ends.
type Cell struct {
	State State
	Logs  int // named or found in that hour
	Bad   int // objects that are not valid
}

// A Strip is a chain by the hour.
type Strip struct {
	Chain int       // index in Report.Chains
	Start time.Time // full hour, UTC, the same for all strips of a report
	Cells []Cell    // as many for all strips of a report
}

// maxStrip bounds what a hostile time in a name can make a strip hold: ten years.
const maxStrip = 10 * 366 * 24

// Strips lays each chain out over the window, an hour a cell.
func (r *Report) Strips() []Strip {
	if r.From.IsZero() || !r.To.After(r.From) {
		return nil
	}
	start := r.From.UTC().Truncate(time.Hour)
	n := min(int(r.To.Sub(start)/time.Hour)+1, maxStrip)
	strips := make([]Strip, len(r.Chains))
	for i := range strips {
		strips[i] = Strip{Chain: i, Start: start, Cells: make([]Cell, n)}
	}
	for _, o := range r.Objects {
		if o.Chain >= 0 {
			r.mark(&strips[o.Chain], o)
			continue
		}
		for i, ch := range r.Chains {
			if ch.Account == o.Account && ch.Region == o.Region && !ch.Backfill {
				r.mark(&strips[i], o)
			}
		}
	}
	for _, f := range r.Findings {
		if f.Chain >= 0 && (f.Type == Gap || f.Type == CoverageHole || f.Type == TailNotCovered) {
			strips[f.Chain].span(r.Chains[f.Chain], f.From, f.To, func(c *Cell) { c.worse(NoDigest) })
		}
	}
	return strips
}

func (c *Cell) worse(s State) { c.State = max(c.State, s) }

func (r *Report) mark(s *Strip, o Object) {
	from, to := o.From, o.To
	if o.Kind == Log {
		from, to = o.Time, o.Time
	}
	s.span(r.Chains[s.Chain], from, to, func(c *Cell) {
		if c.worse(o.state()); o.Kind == Log {
			c.Logs++
		}
		if o.Fails() {
			c.Bad++
		}
	})
}

func (o Object) state() State {
	switch o.Verdict {
	case Valid:
		return Proven
	case Invalid:
		return Altered
	case Missing:
		return Lost
	case Unverifiable:
		return Unproven
	default:
		if o.Reason == Pending {
			return Unchecked
		}
		return Unlisted
	}
}

// span visits the cells of a time, at least one. Digests don't begin on the
// hour, so the chain's own minute is where its hours begin.
func (s *Strip) span(ch Chain, from, to time.Time, visit func(*Cell)) {
	if from.IsZero() {
		return
	}
	phase := ch.From.Sub(ch.From.Truncate(time.Hour))
	first := int(from.Add(-phase).Truncate(time.Hour).Sub(s.Start) / time.Hour)
	last := first
	if hours := to.Sub(from); hours > time.Hour {
		last += int((hours - 1) / time.Hour)
	}
	for i := max(first, 0); i <= last && i < len(s.Cells); i++ {
		visit(&s.Cells[i])
	}
}
