package uitest

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"time"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/loader/digest"
	"spoor/query"
)

// Chaos answers what the views ask with anything that has the right shape: log
// text at its worst, too much or nothing, times that are missing, and now and
// then an error. It keeps only those promises of the case that the doc comments
// of package query make. Its methods are safe for concurrent use.
type Chaos struct {
	mu  sync.Mutex
	rng *rand.Rand
	own map[string]query.Saved
}

// NewChaos returns a source of answers that depends on the seed alone.
func NewChaos(seed uint64) *Chaos {
	return &Chaos{rng: rand.New(rand.NewPCG(seed, 99)), own: map[string]query.Saved{}}
}

// chaosWords are what texts are made of, besides hostile ones.
var chaosWords = []string{"", "alice", "ci-deploy", "ReleaseManager/ci-run", "i-0c1d2e3f", "arn:aws:s3:::logs/東京/x.json", "203.0.113.77", "eu-west-1", "111122223333",
	"iam.amazonaws.com", "PutObject", "long-term-key", "opened tcp/22 to 0.0.0.0/0 on sg-0f3c", "2026-03-10", "👩‍👩‍👧‍👦 family", "❤️", strings.Repeat("wide 漢字 ", 40)}

// answer fills *out, or gives an error now and then.
func (c *Chaos) answer(ctx context.Context, out any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.rng.IntN(20) == 0 {
		return errors.New("read the case: it broke\x1b[2J\nhere")
	}
	c.fill(reflect.ValueOf(out).Elem(), 0)
	return nil
}

// fill makes up a value. What is nested deeply stays empty.
func (c *Chaos) fill(v reflect.Value, depth int) {
	switch v.Type() {
	case reflect.TypeFor[query.Filter]():
		v.Set(reflect.ValueOf(c.filter()))
		return
	case reflect.TypeFor[time.Time]():
		if c.rng.IntN(6) > 0 {
			v.Set(reflect.ValueOf(Start.Add(time.Duration(c.rng.Int64N(int64(72 * time.Hour))))))
		}
		return
	case reflect.TypeFor[time.Duration]():
		v.SetInt(int64(time.Duration(1+c.rng.IntN(24)) * time.Hour))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(c.text())
	case reflect.Bool:
		v.SetBool(c.rng.IntN(3) == 0)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(c.number())
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(c.rng.IntN(4)))
	case reflect.Pointer:
		if depth < 6 && c.rng.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			c.fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		c.fillSlice(v, depth)
	case reflect.Struct:
		for i := range v.NumField() {
			name, field := v.Type().Field(i).Name, v.Field(i)
			switch most, bounded := bounds[name]; {
			case isTime(name) && field.Kind() == reflect.Int64:
				field.SetInt(c.moment())
			case bounded && field.Kind() == reflect.Uint8:
				field.SetUint(uint64(c.rng.IntN(int(most) + 1)))
			case field.CanSet():
				c.fill(field, depth+1)
			}
		}
	}
}

// bounds are the greatest values of fields that count what they can be.
var bounds = map[string]uint8{
	"Outcome": uint8(cloudtrail.Error), "Severity": uint8(change.Critical), "Worst": uint8(change.Critical), "ActorKind": uint8(cloudtrail.KindAnonymous),
	"Kind": uint8(digest.Log),
}

func (c *Chaos) fillSlice(v reflect.Value, depth int) {
	n := c.rng.IntN([]int{60, 12, 4, 3, 2, 1, 1, 1}[min(depth, 7)])
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		c.fill(v.Index(i), depth+1)
	}
}

// isTime knows the fields that hold µs UTC or cloudtrail.NoTime.
func isTime(field string) bool {
	switch field {
	case "Time", "First", "Last", "Start", "End", "Created", "At", "Since":
		return true
	}
	return false
}

func (c *Chaos) moment() int64 {
	if c.rng.IntN(12) == 0 {
		return cloudtrail.NoTime
	}
	return Start.UnixMicro() + c.rng.Int64N(72*3600*1e6)
}

func (c *Chaos) number() int64 {
	switch c.rng.IntN(8) {
	case 0:
		return 0
	case 1:
		return c.rng.Int64N(1 << 40)
	}
	return 1 + c.rng.Int64N(160)
}

func (c *Chaos) text() string {
	if c.rng.IntN(5) == 0 {
		return Hostile[c.rng.IntN(len(Hostile))]
	}
	return chaosWords[c.rng.IntN(len(chaosWords))]
}

func (c *Chaos) filter() query.Filter {
	var f query.Filter
	for range c.rng.IntN(3) {
		if g, err := f.Include("actor", query.Value{Text: c.text()}); err == nil {
			f = g
		}
	}
	return f
}

// Changes implements the timeline's reader, as do the methods up to StateAt.
func (c *Chaos) Changes(ctx context.Context, _ query.ChangeRequest) (p query.ChangePage, err error) {
	return p, c.answer(ctx, &p)
}

func (c *Chaos) ChangeGroups(ctx context.Context, _ query.GroupRequest) (g []query.ChangeGroup, err error) {
	return g, c.answer(ctx, &g)
}

func (c *Chaos) Lanes(ctx context.Context, r query.LaneRequest) (l query.Lanes, err error) {
	err = c.answer(ctx, &l)
	for i := range l.Lanes { // a number per bucket
		l.Lanes[i].Counts = fit(l.Lanes[i].Counts, r.Buckets)
		l.Lanes[i].Worst = fit(l.Lanes[i].Worst, r.Buckets)
	}
	return l, err
}

func (c *Chaos) History(ctx context.Context, _ query.HistoryRequest) (h query.ResourceHistory, err error) {
	err = c.answer(ctx, &h)
	h.Names = append([]string{"sg-0f3c"}, h.Names...) // the one asked for first
	return h, err
}

func (c *Chaos) Diff(ctx context.Context, _ int64) (d query.Diff, err error) {
	return d, c.answer(ctx, &d)
}

func (c *Chaos) StateAt(ctx context.Context, _, _, _ string, _ time.Time) (s query.State, err error) {
	return s, c.answer(ctx, &s)
}

// Sessions implements the reader of the sessions view, as do the methods up to
// SessionOf.
func (c *Chaos) Sessions(ctx context.Context, _ query.SessionRequest) (p query.SessionPage, err error) {
	return p, c.answer(ctx, &p)
}

func (c *Chaos) SessionLanes(ctx context.Context, ids []string, buckets int) (l []query.SessionLane, err error) {
	err = c.answer(ctx, &l)
	l = fit(l, len(ids))
	for i := range l {
		l[i].Session, l[i].Reads, l[i].Writes = ids[i], fit(l[i].Reads, buckets), fit(l[i].Writes, buckets)
		l[i].Errors, l[i].Denied = fit(l[i].Errors, buckets), fit(l[i].Denied, buckets)
	}
	return l, err
}

func (c *Chaos) Session(ctx context.Context, _ string) (s query.SessionChain, err error) {
	err = c.answer(ctx, &s)
	at := &s.Session
	for i := range s.Up { // each has the link that leads to the next
		if at.Link == nil {
			at.Link = &query.SessionLink{Parent: s.Up[i].ID}
		}
		at = &s.Up[i]
	}
	linked(&s.Down)
	return s, err
}

// linked gives each session that came of another the link that says so.
func linked(t *query.SessionTree) {
	for i := range t.Children {
		child := &t.Children[i]
		if child.Session.Link == nil {
			child.Session.Link = &query.SessionLink{Parent: t.Session.ID}
		}
		linked(child)
	}
}

func (c *Chaos) Bursts(ctx context.Context, _ query.BurstRequest) (p query.BurstPage, err error) {
	return p, c.answer(ctx, &p)
}

func (c *Chaos) Contrast(ctx context.Context, _, _ string) (l []query.Contrast, err error) {
	return l, c.answer(ctx, &l)
}

func (c *Chaos) Radius(ctx context.Context, _ query.Filter) (r query.Radius, err error) {
	err = c.answer(ctx, &r)
	for i := range r.Trees {
		linked(&r.Trees[i])
	}
	return r, err
}

func (c *Chaos) SessionOf(ctx context.Context, _ int64) (id string, err error) {
	return id, c.answer(ctx, &id)
}

// FindProfile and ProfilePart implement the root's profiler.
func (c *Chaos) FindProfile(ctx context.Context, _ string) (p query.Profile, err error) {
	return p, c.answer(ctx, &p)
}

func (c *Chaos) ProfilePart(ctx context.Context, _ query.Profile, _ query.ProfilePart) (p query.Profile, err error) {
	err = c.answer(ctx, &p)
	for i := range p.Volume.Series { // as many buckets in each
		p.Volume.Series[i].Counts = fit(p.Volume.Series[i].Counts, 90)
	}
	return p, err
}

// Report implements the checker of the integrity view, as do Check and Causes.
func (c *Chaos) Report(ctx context.Context) (*digest.Report, error) {
	r, err := c.report(ctx)
	if len(r.Chains)%5 == 1 {
		return nil, err // no check has been run
	}
	return r, err
}

func (c *Chaos) report(ctx context.Context) (*digest.Report, error) {
	var r digest.Report
	err := c.answer(ctx, &r)
	chain := func(n *int) { *n = *n%(len(r.Chains)+1) - 1 } // one of the report's, or -1
	for i := range r.Findings {
		chain(&r.Findings[i].Chain)
	}
	for i := range r.Objects {
		chain(&r.Objects[i].Chain)
	}
	return &r, err
}

func (c *Chaos) Check(ctx context.Context, p *digest.Progress) (*digest.Report, error) {
	p.Logs.Store(40)
	p.LogsDone.Store(17)
	return c.report(ctx)
}

func (c *Chaos) Causes(ctx context.Context, findings []digest.Finding) (list [][]query.Cause, err error) {
	err = c.answer(ctx, &list)
	return fit(list, len(findings)), err
}

// Answer implements the asker of the queries view, as do the methods up to
// RemoveQuery.
func (c *Chaos) Answer(ctx context.Context, _ *query.Question, _ map[string]string) (a query.Answer, err error) {
	if err = c.answer(ctx, &a); err != nil {
		return a, err
	}
	if a.Status %= 4; a.Status == query.Asks {
		a.Missing = &query.Variable{Name: "x", Prompt: "which\x1b[2J"}
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		f.Key = fit(f.Key, len(f.Columns))
	}
	return a, nil
}

func (c *Chaos) ReadAhead(ctx context.Context, _ []*query.Question) error {
	var none int64
	return c.answer(ctx, &none)
}

func (c *Chaos) Queries(ctx context.Context) (list []query.Saved, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.own {
		list = append(list, s)
	}
	return list, ctx.Err()
}

func (c *Chaos) SaveQuery(_ context.Context, s query.Saved) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.own[s.ID] = s
	return nil
}

func (c *Chaos) RemoveQuery(_ context.Context, id string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.own, id)
	return true, nil
}

// Objects implements the keeper of the sources view, as do the methods up to
// Retry.
func (c *Chaos) Objects(query.ObjectRequest) (list []query.Object) {
	_ = c.answer(context.Background(), &list)
	return list
}

func (c *Chaos) Coverage(ctx context.Context, _ query.CoverageRequest) (v query.Coverage, err error) {
	err = c.answer(ctx, &v)
	for i := range v.Series { // as many in every series
		v.Series[i].Cells = fit(v.Series[i].Cells, len(v.Series[0].Cells))
	}
	return v, err
}

func (c *Chaos) Add(string) error { return c.answer(context.Background(), new(string)) }

func (c *Chaos) Retry() error { return c.answer(context.Background(), new(string)) }

// fit cuts or fills a list to a length.
func fit[T any](list []T, n int) []T {
	return append(list, make([]T, max(n-len(list), 0))...)[:n]
}

// SQL answers a query of the reader's own.
func (c *Chaos) SQL(ctx context.Context, _ string, _ int64, head func([]string) error, row func([]query.Value) error) error {
	var columns []string
	var rows [][]query.Value
	if err := errors.Join(c.answer(ctx, &columns), c.answer(ctx, &rows)); err != nil {
		return err
	}
	if err := head(columns); err != nil {
		return err
	}
	for _, r := range rows {
		if err := row(fit(r, len(columns))); err != nil {
			return err
		}
	}
	return nil
}

// Noted and Annotate answer the view of what is marked.
func (c *Chaos) Noted(ctx context.Context, _ query.Filter) (l []query.Noted, err error) {
	if err = c.answer(ctx, &l); err != nil {
		return nil, err
	}
	for i := range l {
		l[i].About %= 3
	}
	return l, nil
}

func (c *Chaos) Annotate(ctx context.Context, _ query.Annotation) error {
	var any int64
	return c.answer(ctx, &any)
}
