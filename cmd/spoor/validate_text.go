package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"spoor/loader/digest"
	"spoor/query"
)

// shownPerProblem is how many objects of a problem are listed without --limit.
const shownPerProblem = 10

// printText says what was found to people: the answer, then what is wrong,
// worst first, with what it means and what to do.
func (v *validation) printText(w io.Writer, r *digest.Report, causes [][]query.Cause) error {
	var b strings.Builder
	v.heading(&b, r)
	for _, p := range r.Problems() {
		v.problem(&b, r, p, causes)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (v *validation) heading(b *strings.Builder, r *digest.Report) {
	answer := "NOT PROVEN: not everything in this window is as CloudTrail delivered it, or can be shown to be."
	if r.Proven() {
		answer = "PROVEN: everything in this window is as CloudTrail delivered it, and the window is covered."
	}
	fmt.Fprintf(b, "%s\n\n", answer)
	fmt.Fprintf(b, "checked  %s\n", cleanLines(r.Source))
	if !r.From.IsZero() || !r.To.IsZero() {
		fmt.Fprintf(b, "window   %s to %s\n", v.stamp(r.From), v.stamp(r.To))
	}
	fmt.Fprintf(b, "digests  %s\nlogs     %s\n", counts(r.Digests), counts(r.Logs))
	for _, ch := range r.Chains {
		fmt.Fprintf(b, "chain    %s\n", cleanLines(v.chain(ch)))
	}
	for _, k := range r.Keys {
		fmt.Fprintf(b, "key      %s of %s, for %s; from %s\n", k.Fingerprint, cleanLines(k.Region), query.Counted(k.Digests, "digest"), cleanLines(k.Origin))
	}
	if v.opts.Keys == nil && len(r.Keys) > 0 {
		b.WriteString("         these keys lay beside the logs: they prove no more than whoever put them there; --keys FILE gives your own\n")
	}
	if r.Reused > 0 {
		fmt.Fprintf(b, "reused   %s that loading had taken\n", query.Counted(r.Reused, "hash"))
	}
}

func (v *validation) chain(ch digest.Chain) string {
	kind := ""
	if ch.Backfill {
		kind = ", backfill"
	}
	proven := "nothing proven"
	if !ch.Proven.IsZero() {
		proven = "proven up to " + v.stamp(ch.Proven)
	}
	return fmt.Sprintf("%s %s trail %s%s: %s, %s, %s", cleanLines(v.accounts.Full(ch.Account)), ch.Region, ch.Trail, kind,
		query.Counted(ch.Digests, "digest"), query.Counted(ch.Logs, "log"), proven)
}

func (v *validation) stamp(t time.Time) string {
	if t.IsZero() {
		return "the beginning"
	}
	return t.In(v.zone).Format(time.RFC3339)
}

// counts lists how many there are of each verdict.
func counts(c digest.Count) string {
	var parts []string
	for verdict, n := range c.Verdicts() {
		parts = append(parts, number(n)+" "+verdict.String())
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func (v *validation) problem(b *strings.Builder, r *digest.Report, p digest.Problem, causes [][]query.Cause) {
	mark := "!"
	if !p.Weakens {
		mark = "·"
	}
	what := string(p.Reason)
	if p.Verdict != 0 {
		what = strings.TrimSpace(p.Verdict.String() + " " + string(p.Reason))
		fmt.Fprintf(b, "\n%s %s: %s (%s)\n", mark, p.Title, query.Counted(p.Len(), p.Kind.String()), what)
	} else {
		fmt.Fprintf(b, "\n%s %s: %s (%s)\n", mark, p.Title, number(p.Len()), what)
	}
	fmt.Fprintf(b, "  %s\n", p.Means)
	if p.Do != "" {
		fmt.Fprintf(b, "  → %s\n", p.Do)
	}
	limit := shownPerProblem
	if v.app.flags.limit > 0 {
		limit = int(v.app.flags.limit)
	}
	for n := range min(p.Len(), limit) {
		if n < len(p.Objects) {
			o := r.Objects[p.Objects[n]]
			fmt.Fprintf(b, "    %s\n      %s\n", cleanLines(o.Name), cleanLines(o.Detail))
			continue
		}
		i := p.Findings[n-len(p.Objects)]
		f := r.Findings[i]
		fmt.Fprintf(b, "    %s\n      %s\n", cleanLines(f.Object), cleanLines(f.Detail))
		if i < len(causes) {
			v.causes(b, causes[i])
		}
	}
	if more := p.Len() - limit; more > 0 {
		fmt.Fprintf(b, "    … and %s more: --limit N shows them, --format json all\n", number(more))
	}
}

func (v *validation) causes(b *strings.Builder, list []query.Cause) {
	for _, c := range list {
		fmt.Fprintf(b, "      may be why: %s by %s at %s in %s (event %d)\n", cleanLines(c.Event), cleanLines(c.Actor), v.stamp(c.Time),
			cleanLines(strings.TrimSpace(v.accounts.Full(c.Account)+" "+c.Region)), c.Seq)
	}
}
