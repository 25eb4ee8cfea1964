package loader

import (
	"context"
	"slices"

	"spoor/loader/cloudtrail"
)

// A Plan is what a load would fetch, found out by listing alone. Encoded as JSON
// it is the output of `spoor load --dry-run --format json`.
type Plan struct {
	Objects  int64     `json:"objects"`  // to fetch
	Already  int64     `json:"already"`  // in the case, unchanged
	Bytes    int64     `json:"bytes"`    // stored bytes to fetch
	Requests int64     `json:"requests"` // calls to a remote source: those made to list and those it takes to fetch
	Days     int       `json:"days"`     // days of delivery, as far as names tell
	First    string    `json:"first"`    // the first of them, YYYY-MM-DD
	Last     string    `json:"last"`
	Accounts []string  `json:"accounts"`
	Regions  []string  `json:"regions"`
	Failures []Failure `json:"failures"` // what could not be listed
}

// Survey lists the sources and sums up what a Load with the same options would
// fetch. It fetches nothing and does not change the sink.
func Survey(ctx context.Context, sources []Source, sink Sink, opt Options) (Plan, error) {
	p := Plan{Failures: []Failure{}}
	days, accounts, regions := set{}, set{}, set{}
	for _, src := range sources {
		_, wide := src.(Wide)
		for o, err := range src.Objects(ctx, opt.Scope) {
			switch {
			case isSkip(err):
				continue
			case err != nil:
				p.Failures = append(p.Failures, Failure{o.Name, err.Error()})
				continue
			case opt.Scope.status(sink, &o) == Unchanged:
				p.Already++
				continue
			}
			p.Objects++
			p.Bytes += max(o.Size, 0)
			if wide {
				p.Requests++
			}
			if k, ok := cloudtrail.ParseKey(o.Name); ok {
				days.add(delivered(k))
				accounts.add(k.Account)
				regions.add(k.Region)
			}
		}
		if c, ok := src.(interface{ Requests() int64 }); ok {
			p.Requests += c.Requests()
		}
	}
	p.Accounts, p.Regions = accounts.sorted(), regions.sorted()
	if d := days.sorted(); len(d) > 0 {
		p.Days, p.First, p.Last = len(d), dashed(d[0]), dashed(d[len(d)-1])
	}
	return p, ctx.Err()
}

type set map[string]struct{}

func (s set) add(x string) {
	if x != "" {
		s[x] = struct{}{}
	}
}

func (s set) sorted() []string {
	out := make([]string, 0, len(s))
	for x := range s {
		out = append(out, x)
	}
	slices.Sort(out)
	return out
}

// dashed turns YYYYMMDD into YYYY-MM-DD.
func dashed(day string) string { return day[:4] + "-" + day[4:6] + "-" + day[6:] }
