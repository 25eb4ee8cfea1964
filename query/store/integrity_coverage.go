package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"spoor/loader"
	"spoor/loader/digest"
	"spoor/query"
)

// maxCells bounds a map: a record with a wild time must not make it huge.
const maxCells = 20_000

// Coverage maps what the case holds by account, region and time.
func (db *DB) Coverage(ctx context.Context, r query.CoverageRequest) (query.Coverage, error) {
	if r.Step <= 0 {
		r.Step = 24 * time.Hour
	}
	m := &coverage{req: r, series: map[[2]string]map[int64]*query.CoverageCell{}}
	m.objects(db)
	seen, err := ask(ctx, db, func(ctx context.Context, c conn) (sights, error) { return m.events(ctx, db, c) })
	if err != nil {
		return query.Coverage{}, fmt.Errorf("map coverage: %w", err)
	}
	out := m.lay()
	out.Blind = seen.blind(db, out)
	return out, nil
}

// A coverage collects cells by account and region, and by step since 1970.
type coverage struct {
	req    query.CoverageRequest
	series map[[2]string]map[int64]*query.CoverageCell
}

func (m *coverage) cell(account, region string, at time.Time) *query.CoverageCell {
	r := m.req
	switch {
	case len(r.Accounts) > 0 && !slices.Contains(r.Accounts, account),
		len(r.Regions) > 0 && !slices.Contains(r.Regions, region),
		!r.From.IsZero() && at.Before(r.From), !r.To.IsZero() && !at.Before(r.To):
		return &query.CoverageCell{} // counted by nobody
	}
	key := [2]string{account, region}
	if m.series[key] == nil {
		m.series[key] = map[int64]*query.CoverageCell{}
	}
	n := at.Unix() / int64(m.req.Step/time.Second)
	if m.series[key][n] == nil {
		m.series[key][n] = &query.CoverageCell{}
	}
	return m.series[key][n]
}

// objects counts the manifest by what the names say; where they say nothing, by
// the time of the file.
func (m *coverage) objects(db *DB) {
	for _, o := range db.objects.list() {
		if loader.Outcome(o.outcome) == loader.Archive {
			continue
		}
		key, ok := digest.ParseName(o.name)
		if !ok {
			key.Time = momentOf(o.mtime)
		}
		c := m.cell(key.Account, key.Region, key.Time)
		if o.digest {
			c.Digests++
			continue
		}
		c.Listed++
		switch loader.Outcome(o.outcome) {
		case loader.Done:
			c.Loaded++
		case loader.Skipped:
			c.Skipped++
		case loader.Failed:
			c.Failed++
		}
		if db.verdicts.get(o.id) == digest.Valid {
			c.Proven++
		}
	}
}

// sights are what kinds of events there are at all.
type sights struct{ reads, writes, data, all, checks, gaps int64 }

// events counts events by account, region and step.
func (m *coverage) events(ctx context.Context, db *DB, c conn) (sights, error) {
	step := m.req.Step.Microseconds()
	q := "SELECT account, region, t // ?, count(*) FROM event_rows WHERE t IS NOT NULL GROUP BY ALL"
	err := c.each(ctx, q, []any{step}, func(v []driver.Value) error {
		account, region := db.dicts[domAccount].text(uint32(number(v[0]))), db.dicts[domRegion].text(uint32(number(v[1])))
		m.cell(account, region, time.UnixMicro(number(v[2])*step).UTC()).Events += number(v[3])
		return nil
	})
	if err != nil {
		return sights{}, err
	}
	n, err := c.int64s(ctx, "SELECT count(*) FILTER (readonly), count(*) FILTER (NOT readonly), count(*) FILTER (category = 1), count(*) FROM event_rows")
	if err != nil {
		return sights{}, err
	}
	v, err := c.int64s(ctx, "SELECT (SELECT count(*) FROM check_rows), (SELECT count(*) FROM finding_rows WHERE type IN ('gap', 'coverage-hole', 'tail-not-covered', 'no-digests'))")
	if err != nil {
		return sights{}, err
	}
	return sights{n[0], n[1], n[2], n[3], v[0], v[1]}, nil
}

// lay puts the cells side by side.
func (m *coverage) lay() query.Coverage {
	first, last := int64(1<<62), int64(-1<<62)
	for _, cells := range m.series {
		for n := range cells {
			first, last = min(first, n), max(last, n)
		}
	}
	if first > last {
		return query.Coverage{Step: m.req.Step}
	}
	first = max(first, last-maxCells+1)
	out := query.Coverage{Start: time.Unix(first*int64(m.req.Step/time.Second), 0).UTC(), Step: m.req.Step}
	keys := slices.SortedFunc(maps.Keys(m.series), func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	})
	for _, key := range keys {
		s := query.CoverageSeries{Account: key[0], Region: key[1], Cells: make([]query.CoverageCell, last-first+1)}
		newest := int64(-1)
		for n, cell := range m.series[key] {
			s.Total.Add(*cell)
			if n >= first {
				s.Cells[n-first] = *cell
				newest = max(newest, n)
			}
		}
		if newest >= 0 {
			s.Last = time.Unix((newest+1)*int64(m.req.Step/time.Second), 0).UTC()
		}
		out.Series = append(out.Series, s)
	}
	markStops(out.Series, last-first+1)
	return out
}

// markStops marks series that were busy and then are not: those that had
// something in most of their cells, and nothing in the last tenth of the map.
func markStops(list []query.CoverageSeries, cells int64) {
	quiet := max(cells/10, 2)
	for i := range list {
		s := &list[i]
		first, last, busy := -1, -1, 0
		for n, c := range s.Cells {
			if c != (query.CoverageCell{}) {
				if first < 0 {
					first = n
				}
				last = n
				busy++
			}
		}
		s.Stops = busy >= 3 && 2*busy > last-first+1 && int64(last) < cells-quiet
	}
}

// blind says what the case can't show.
func (s sights) blind(db *DB, m query.Coverage) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if s.all == 0 {
		return []string{"There are no events."}
	}
	if s.data == 0 {
		say("No data events: who read or wrote single S3 objects, DynamoDB items or ran functions is not logged.")
	}
	if s.reads == 0 {
		say("No read-only events: the trail seems to log changes only, so reconnaissance can't be seen.")
	}
	if s.writes == 0 {
		say("No mutating events: the trail seems to log reads only, so changes can't be seen.")
	}
	out = append(out, emptyRegions(m)...)
	var failed int64
	for _, series := range m.Series {
		failed += series.Total.Failed
		if series.Stops {
			say("%s in %s falls silent before %s, while others go on.", series.Account, series.Region, series.Last.Format("2006-01-02 15:04Z"))
		}
	}
	switch {
	case s.checks == 0:
		say("The log files have not been validated: whether they are all that CloudTrail delivered is not known.")
	case s.gaps > 0:
		say("The last check found %s of time that no digest covers: what was logged then, or left out, can't be proven.", query.Counted(s.gaps, "stretch"))
	}
	if failed > 0 {
		say("%s could not be loaded.", query.Counted(failed, "log file"))
	}
	return out
}

// emptyRegions names regions that are silent in one account and not in others.
func emptyRegions(m query.Coverage) (out []string) {
	regions, accounts := map[string]bool{}, map[string]map[string]bool{}
	for _, series := range m.Series {
		if series.Account == "" || series.Region == "" || series.Total.Events == 0 {
			continue
		}
		regions[series.Region] = true
		if accounts[series.Account] == nil {
			accounts[series.Account] = map[string]bool{}
		}
		accounts[series.Account][series.Region] = true
	}
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		var without []string
		for _, region := range slices.Sorted(maps.Keys(regions)) {
			if !accounts[account][region] {
				without = append(without, region)
			}
		}
		if len(without) > 0 {
			out = append(out, fmt.Sprintf("Account %s has no events of %s, where other accounts have some.", account, strings.Join(without, ", ")))
		}
	}
	return out
}

// causes are calls that stop or change what is logged, and those that delete
// what was.
const causeEvents = "StopLogging,DeleteTrail,UpdateTrail,PutEventSelectors,StartLogging,CreateTrail"

// Causes finds events that may explain each finding: calls that stop, change or
// start logging, from an hour before the time that it is about to an hour after.
func (db *DB) Causes(ctx context.Context, findings []digest.Finding) ([][]query.Cause, error) {
	out := make([][]query.Cause, len(findings))
	for i, f := range findings {
		if f.From.IsZero() && f.To.IsZero() {
			continue
		}
		from, to := f.From.Add(-time.Hour), f.To.Add(time.Hour)
		if f.From.IsZero() {
			from = f.To.Add(-time.Hour)
		}
		filter, err := query.Parse(fmt.Sprintf("service:cloudtrail event:%s time:%s..%s", causeEvents,
			from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339)))
		if err != nil {
			return nil, err
		}
		page, err := db.Page(ctx, query.PageRequest{Filter: filter, Order: query.Oldest, N: 20, Columns: []string{"event", "actor", "account", "region"}})
		if err != nil {
			return nil, fmt.Errorf("find causes: %w", err)
		}
		for _, row := range page.Rows {
			out[i] = append(out[i], query.Cause{Seq: row.Seq, Time: time.UnixMicro(row.Time).UTC(), Event: row.Values[0].Text,
				Actor: row.Values[1].Text, Account: row.Values[2].Text, Region: row.Values[3].Text})
		}
	}
	return out, nil
}
