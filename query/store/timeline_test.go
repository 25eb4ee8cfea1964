package store

import (
	"context"
	"database/sql/driver"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/loader/disk"
	"spoor/query"
	"spoor/testdata/demo"
)

// demoCase opens a case with the built-in example incident.
func demoCase(t testing.TB) *DB {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "demo.spoor"), Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	src, err := disk.Zip("demo.zip", demo.Zip)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := loader.Load(t.Context(), []loader.Source{src}, db, loader.Options{}); err != nil {
		t.Fatal(err)
	}
	return db
}

// every collects all pages of the timeline, n rows each.
func every(t *testing.T, db *DB, r query.ChangeRequest) []query.Change {
	t.Helper()
	var all []query.Change
	for {
		p, err := db.Changes(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p.Rows...)
		if !p.More || len(p.Rows) == 0 {
			return all
		}
		r.From = p.Rows[len(p.Rows)-1].Cursor()
	}
}

// say renders a row of the timeline for tests.
func say(c query.Change) string {
	s := fmt.Sprintf("%s %s %s %s", timeText(c.Time)[5:16], change.Severity(c.Severity), c.Actor, c.Summary)
	if c.Fold != nil {
		s += fmt.Sprintf(" ×%d", c.Fold.Count)
	}
	if c.Made > 0 {
		s += fmt.Sprintf(" (made %d)", c.Made)
	}
	return s
}

func lines(rows []query.Change) []string {
	var out []string
	for _, r := range rows {
		out = append(out, say(r))
	}
	return out
}

func TestDemoTimelineReadsAsTheStory(t *testing.T) {
	t.Parallel()
	db := demoCase(t)
	f := parse(t, "actor:ReleaseManager* OR actor:ci-deploy error:*")
	got := lines(every(t, db, query.ChangeRequest{Order: query.Oldest, N: 7, Fold: true, Filter: f}))
	golden(t, "demo-story.golden", strings.Join(got, "\n")+"\n")
}

// TestTimelinePages holds that pages of any size, in both directions and
// orders, give the same rows, folded or not.
func TestTimelinePages(t *testing.T) {
	t.Parallel()
	db := demoCase(t)
	for _, fold := range []bool{false, true} {
		for _, order := range []query.Order{query.Newest, query.Oldest} {
			r := query.ChangeRequest{Order: order, N: 10_000, Fold: fold}
			want := lines(every(t, db, r))
			r.N = 3
			if d := cmp.Diff(want, lines(every(t, db, r))); d != "" {
				t.Fatalf("fold %v, order %d: forward (-one page +small pages):\n%s", fold, order, d)
			}
			r.Back = true
			var back []query.Change
			for {
				p, err := db.Changes(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				back = append(slices.Clone(p.Rows), back...)
				if !p.More || len(p.Rows) == 0 {
					break
				}
				r.From = query.Cursor{Time: p.Rows[0].Time, Seq: p.Rows[0].Seq, Set: true}
			}
			if d := cmp.Diff(want, lines(back)); d != "" {
				t.Fatalf("fold %v, order %d: backward (-one page +small pages):\n%s", fold, order, d)
			}
		}
	}
}

func TestTimelineSumsAgree(t *testing.T) {
	t.Parallel()
	db := demoCase(t)
	for _, filter := range []string{"", "service:s3", "outcome:denied", "customers-0"} {
		f := parse(t, filter)
		all := every(t, db, query.ChangeRequest{N: 10_000, Filter: f})
		for _, by := range []query.Grouping{query.ByActor, query.ByResource, query.ByService, query.ByDay} {
			groups, err := db.ChangeGroups(t.Context(), query.GroupRequest{Filter: f, By: by})
			if err != nil {
				t.Fatal(err)
			}
			sum := int64(0)
			for _, g := range groups {
				sum += g.Count
			}
			if sum != int64(len(all)) {
				t.Errorf("%q by %s: groups sum up to %d, the timeline has %d", filter, by, sum, len(all))
			}
		}
		lanes, err := db.Lanes(t.Context(), query.LaneRequest{Filter: f, Buckets: 50})
		if err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for _, l := range lanes.Lanes {
			for _, n := range l.Counts {
				sum += n
			}
		}
		if sum != int64(len(all)) {
			t.Errorf("%q: lanes sum up to %d, the timeline has %d", filter, sum, len(all))
		}
		folded := 0
		for _, c := range every(t, db, query.ChangeRequest{N: 50, Filter: f, Fold: true}) {
			folded += 1 + c.Made
			if c.Fold != nil {
				folded += c.Fold.Count - 1
			}
		}
		if folded != len(all) {
			t.Errorf("%q: folded rows stand for %d, the timeline has %d", filter, folded, len(all))
		}
	}
}

// What the screen shows is what --severity, the field and the sums go by.
func TestSeverityIsOneTruth(t *testing.T) {
	t.Parallel()
	db := demoCase(t)
	all := every(t, db, query.ChangeRequest{N: 10_000})
	raised := 0
	worst := map[string]uint8{}
	for _, c := range all {
		worst[c.Actor] = max(worst[c.Actor], c.Severity)
		if c.NewActor || c.NewAddress {
			raised++
		}
	}
	if raised == 0 {
		t.Fatal("the demo has no new principal")
	}
	for least := range uint8(5) {
		want := 0
		for _, c := range all {
			if c.Severity >= least {
				want++
			}
		}
		if got := len(every(t, db, query.ChangeRequest{N: 10_000, Least: least})); got != want {
			t.Errorf("least %d: %d changes, %d are shown so", least, got, want)
		}
		groups, err := db.ChangeGroups(t.Context(), query.GroupRequest{By: query.ByActor, Least: least})
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, g := range groups {
			if sum += int(g.Count); g.Worst != worst[g.Name] {
				t.Errorf("gravest of %s is %d, shown %d", g.Name, g.Worst, worst[g.Name])
			}
		}
		if sum != want {
			t.Errorf("least %d: groups sum up to %d, want %d", least, sum, want)
		}
	}
	facets, err := db.Facets(t.Context(), query.FacetRequest{Fields: []string{"severity"}})
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for s := change.Info; s <= change.Critical; s++ {
		want := int64(0)
		for _, c := range all {
			if c.Severity == uint8(s) {
				want++
			}
		}
		n, err := db.Count(t.Context(), parse(t, "severity:"+s.String()))
		if err != nil || n.N != want {
			t.Errorf("severity:%s counts %d, shown %d, %v", s, n.N, want, err)
		}
		sum += want
		if n, err := db.Count(t.Context(), parse(t, "severity<="+s.String())); err != nil || n.N != sum {
			t.Errorf("severity<=%s counts %d, shown %d, %v", s, n.N, sum, err)
		}
		i := slices.IndexFunc(facets[0].Values, func(v query.FacetValue) bool { return v.Value.Text == s.String() })
		if want > 0 && (i < 0 || facets[0].Values[i].Count != want) {
			t.Errorf("the facet of %s: %+v, want %d", s, facets[0].Values, want)
		}
	}
}

// However many are new, SQL and Go agree on when.
func TestNewnessInSQL(t *testing.T) {
	t.Parallel()
	db := demoCase(t)
	all, err := ask(t.Context(), db, func(ctx context.Context, c conn) ([]int64, error) {
		return c.int64s(ctx, "SELECT min(t) // 86400000000, max(t) // 86400000000 FROM event_rows")
	})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, share := range []int{0, 1, 5, 10, 11} {
		days := func(n int) map[uint32]int64 {
			m := map[uint32]int64{}
			for id := range n {
				if r.IntN(10) < share {
					m[uint32(id)] = all[0] - 3 + r.Int64N(all[1]-all[0]+5)
				}
			}
			return m
		}
		s := newSeen(days(len(db.people.all())), days(len(db.dicts[domIP].all())))
		if share == 11 { // someone known for ten years
			s = newSeen(map[uint32]int64{1: all[0] - 3650, 2: all[0], 3: all[0] - 1, 4: all[1], 5: all[1] + 1, 6: all[0]}, days(3))
		}
		_, err := ask(t.Context(), db, func(ctx context.Context, c conn) (int, error) {
			return 0, c.each(ctx, "SELECT who, ip, t, coalesce("+s.sql.sql+", false) FROM event_rows AS e WHERE t IS NOT NULL", nil, func(v []driver.Value) error {
				who, ip, at := uint32(number(v[0])), uint32(number(v[1])), number(v[2])
				if want := s.fresh(s.people, who, at) || s.fresh(s.places, ip, at); v[3].(bool) != want {
					return fmt.Errorf("who %d, ip %d at %d: SQL says new is %v", who, ip, at, v[3])
				}
				return nil
			})
		})
		if err != nil {
			t.Errorf("share %d: %v", share, err)
		}
	}
}

func TestHistoryOfAResource(t *testing.T) {
	t.Parallel()
	db := demoCase(t)
	var b strings.Builder
	for _, r := range []query.HistoryRequest{
		{Resource: "sg-0f3c9d1a2b4e5f607"}, {Resource: "AKIADEMOPLANTED00001"}, {Resource: "arn:aws:cloudtrail:us-east-1:444455556666:trail/main"},
		{Resource: "snap-0a1c9e8d7f6b50423"}, {Resource: "backup-svc", Type: "AWS::IAM::User"}, {Resource: "order-export", Type: "AWS::Lambda::Function"},
	} {
		r.N, r.Order = 100, query.Oldest
		h, err := db.History(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s is %s %s\n", r.Resource, h.Type, strings.Join(h.Names, " = "))
		for _, c := range h.Changes {
			fmt.Fprintf(&b, "\t%s\n", say(c))
		}
		for _, x := range h.Readers {
			fmt.Fprintf(&b, "\tread by %s: %s ×%d\n", x.Actor, x.Action, x.Count)
		}
	}
	golden(t, "demo-history.golden", b.String())
}

func TestBeforeAndAfter(t *testing.T) {
	t.Parallel()
	db := demoCase(t)
	var b strings.Builder
	for _, what := range []string{"event:AuthorizeSecurityGroupIngress", "event:RevokeSecurityGroupIngress", "event:ModifySnapshotAttribute", "event:UpdateAccessKey", "event:StopLogging", "event:PutBucketVersioning", "event:RunInstances"} {
		for _, c := range every(t, db, query.ChangeRequest{Order: query.Oldest, N: 10, Filter: parse(t, what)}) {
			d, err := db.Diff(t.Context(), c.Seq)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s\n", say(c))
			for _, l := range d.Lines {
				fmt.Fprintf(&b, "\t%c %s | %s: %q -> %q unknown=%v inferred=%v\n", " +-~"[l.Mark], l.Aspect, l.Key, l.Before, l.After, l.Unknown, l.Inferred)
			}
			if d.Note != "" {
				fmt.Fprintf(&b, "\t(%s)\n", d.Note)
			}
		}
	}
	golden(t, "demo-diffs.golden", b.String())
}

func TestServiceMadeChangesFoldUnderTheirCause(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	who := func(invokedBy string) *cloudtrail.Identity {
		raw := `{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve","accountId":"111122223333","userName":"eve","accessKeyId":"AKIA1"`
		if invokedBy != "" {
			raw += `,"invokedBy":"` + invokedBy + `"`
		}
		return cloudtrail.DecodeIdentity(raw + "}")
	}
	at := func(s int, source, name string, w *cloudtrail.Identity) loader.Event {
		e := cloudtrail.Event{ID: guidText(7, uint64(s)), Time: int64(s) * 1e6, Source: source + ".amazonaws.com", Name: name, EventType: "AwsApiCall", Account: "111122223333",
			Who: w, BytesIn: cloudtrail.NoBytes, BytesOut: cloudtrail.NoBytes, Request: fmt.Sprintf(`{"stackName":"s","name":"n%d"}`, s)}
		return loader.Event{Event: e, Change: change.Derive(&e)}
	}
	cfn := who("cloudformation.amazonaws.com")
	load(t, db, pack1("/a", "{}", []loader.Event{
		at(100, "ec2", "CreateVpc", cfn), // no call to come from
		at(200, "cloudformation", "CreateStack", who("")),
		at(210, "ec2", "CreateVpc", cfn), at(220, "ec2", "CreateSubnet", cfn), at(230, "iam", "CreateRole", cfn),
		at(5000, "ec2", "CreateVpc", cfn), // too late
	}, func(int) (int, int) { return 0, 2 }))
	rows := every(t, db, query.ChangeRequest{Order: query.Oldest, N: 10, Fold: true})
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%d %s made %d via %s", r.Time/1e6, r.Action, r.Made, r.Via))
	}
	want := []string{"100 CreateVpc made 0 via cloudformation.amazonaws.com", "200 CreateStack made 3 via ", "5000 CreateVpc made 0 via cloudformation.amazonaws.com"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if n := len(every(t, db, query.ChangeRequest{N: 10, Fold: true, Filter: parse(t, "service:ec2")})); n != 3 {
		t.Errorf("without their cause in the filter they stand alone, two of them as a burst: %d rows", n)
	}
}

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}
