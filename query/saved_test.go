package query

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBuiltinQuestions(t *testing.T) {
	t.Parallel()
	list, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 66 {
		t.Errorf("%d questions, want 66", len(list))
	}
	topics := map[string]int{}
	last := ""
	for _, s := range list {
		if s.Description == "" || s.Topic == "" || len(s.Attack) == 0 || len(s.Needs) == 0 {
			t.Errorf("%s lacks description, topic, technique or needs", s.ID)
		}
		if topics[s.Topic]++; topics[s.Topic] > 1 && s.Topic != last {
			t.Errorf("%s: topic %s is not in one piece", s.ID, s.Topic)
		}
		last = s.Topic
	}
	var b bytes.Buffer
	if err := WriteSaved(&b, list); err != nil {
		t.Fatal(err)
	}
	again, err := ReadSaved(&b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(list, again); d != "" {
		t.Errorf("written and read: %s", d)
	}
}

// Every question of the list that this was made from must be there.
func TestBuiltinHasEveryQuestion(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join("..", "..", "shared", "specs", "questions.csv"))
	if err != nil {
		t.Skip("the list of questions is not here: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if !slices.ContainsFunc(Builtin(), func(s Saved) bool { return s.ID == row[0] }) {
			t.Errorf("%s is missing", row[0])
		}
	}
}

func TestWrongSavedQueries(t *testing.T) {
	t.Parallel()
	tests := []struct{ toml, want string }{
		{"[[query]]\nid = 'x'\nname = 'y'\nfliter = 'z'\n", `line 4, column 1: unknown key "query.fliter"`},
		{"[[query]]\nid = 5\n", "line 2, column 6: "},
		{"[[query]\n", "line 1, column 8: "},
		{"[[query]]\nid = 'X y'\nname = 'y'", `query X y: id "X y": want letters a to z, digits and single dashes`},
		{"[[query]]\nid = 'x'", "query x: it has no name"},
		{"[[query]]\nid = 'x'\nname = 'y'\nfilter = 'acton:z'", `query x: filter: column 1: unknown field "acton", did you mean actor?`},
		{"[[query]]\nid = 'x'\nname = 'y'\ncolumns = ['acton']", `query x: columns: column 1: unknown field "acton", did you mean actor?`},
		{"[[query]]\nid = 'x'\nname = 'y'\norder = 'up'", `query x: order "up": want newest or oldest`},
		{"[[query]]\nid = 'x'\nname = 'y'\nattack = ['1078']", `query x: attack "1078": want a technique id such as T1078.004`},
		{"[[query]]\nid = 'x'\nname = 'y'\nsince = 'soon'", `query x: time: "soon" is not a time`},
		{"[[query]]\nid = 'x'\nname = 'y'\nsince = '2024-05-02'\nuntil = '2024-05-01'", `query x: time: column 6: the range ends before it begins`},
		{"[[query]]\nid = 'x'\nname = 'y'\nfilter = 'actor:$who'", "query x: filter: the variable $who is not declared"},
		{"[[query]]\nid = 'x'\nname = 'y'\nwhere = ['nope(a)']", "query x: where: column 5: a parenthesis inside a word"},
		{"[[query]]\nid = 'x'\nname = 'y'\nwhere = ['differs(actor)']", "query x: where: differs takes 2 columns"},
		{"[[query]]\nid = 'x'\nname = 'y'\nwhere = ['differs(actor, nope)']", `query x: column: column 1: unknown field "nope"`},
		{"[[query]]\nid = 'x'\nname = 'y'\nwhere = ['requestParameters.a:1']", "query x: where: \"requestParameters.a:1\" must be about fields only"},
		{"[[query]]\nid = 'x'\nname = 'y'\n[query.count]\nby = []", "query x: count: want by"},
		{"[[query]]\nid = 'x'\nname = 'y'\n[query.count]\nby = ['ip']\nwithin = '1y'", `query x: count: "1y" is not a span of time`},
		{"[[query]]\nid = 'x'\nname = 'y'\n[query.count]\nby = ['ip']\nsum = 'actor'", "query x: count: actor can't be added up"},
		{"[[query]]\nid = 'x'\nname = 'y'\n[query.sequence]\nby = ['ip']\nwithin = '1h'\nstep = [{filter = 'outcome:ok'}]", "query x: sequence: want by, and 2 to 64 steps"},
		{"[[query]]\nid = 'x'\nname = 'y'\n[query.first_seen]\nvalues = ['ip']", "query x: first_seen: want values and per"},
		{"[[query]]\nid = 'x'\nname = 'y'\n[query.except]\nfilter = 'a'\ncolumns = ['ip']\nmatch = []", "query x: except: columns and match must pair up"},
		{"[[query]]\nid = 'x'\nname = 'y'\n[query.count]\nby = ['ip']\n[query.first_seen]\nvalues = ['ip']\nper = 'actor'", "query x: count, sequence and first_seen exclude each other"},
		{"[[query]]\nid = 'x'\nname = 'y'\n[[query]]\nid = 'x'\nname = 'z'", "query x: there are two of that id"},
	}
	for _, tt := range tests {
		_, err := ReadSaved(strings.NewReader(tt.toml))
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %s", tt.toml, err, tt.want)
		}
	}
}

// memory is a case in memory: events, oldest first.
type memory []subject

func (m memory) walk(f Filter, yield func(subject, int64) error) error {
	match := f.Matcher(testClock)
	for _, e := range m {
		if match.Match(e) {
			at, err := time.Parse(time.RFC3339Nano, e.column("time").Text)
			n := at.UnixMicro()
			if err != nil {
				n = noTime
			}
			if err := yield(e, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s subject) column(name string) Value {
	f, path, err := ColumnPath(name)
	if err != nil {
		panic(err)
	}
	if path != nil {
		for raw := range Find(s.record, path) {
			return Value{Text: ValueText(raw)}
		}
	}
	if list := s.values[f.Name]; len(list) > 0 {
		return list[0]
	}
	return Value{Null: true}
}

func (m memory) Count(_ context.Context, f Filter) (n Count, err error) {
	return n, m.walk(f, func(subject, int64) error { n.N++; return nil })
}

func (m memory) Walk(_ context.Context, w Walk, yield func(Row) error) error {
	return m.walk(w.Filter, func(s subject, at int64) error {
		row := Row{Time: at}
		for _, c := range w.Columns {
			row.Values = append(row.Values, s.column(c))
		}
		return yield(row)
	})
}

func (m memory) Groups(_ context.Context, f Filter, by []string, sum string, yield func(Group) error) error {
	groups := map[string]*Group{}
	var order []*Group
	err := m.walk(f, func(s subject, at int64) error {
		row := columnRow{columns: by}
		for _, c := range by {
			row.row.Values = append(row.row.Values, s.column(c))
		}
		g := groups[row.key(by)]
		if g == nil {
			g = &Group{Key: row.row.Values, First: at}
			groups[row.key(by)] = g
			order = append(order, g)
		}
		g.N++
		g.Last = at
		if sum != "" {
			n, _ := ParseNumber(s.column(sum).Text)
			g.Sum += int64(n)
		}
		return nil
	})
	for _, g := range order {
		if err = errors.Join(err, yield(*g)); err != nil {
			return err
		}
	}
	return err
}

// story makes events from lines "minutes field=value …"; the record is JSON made
// of requestParameters from values that begin with p.
func story(t *testing.T, lines string) memory {
	t.Helper()
	var m memory
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		minutes, err := time.ParseDuration(words[0] + "m")
		if err != nil {
			t.Fatal(err)
		}
		e := subject{values: map[string][]Value{"time": texts(instant(testClock.Newest.Add(minutes).UnixMicro())), "id": texts(fmt.Sprint("e", len(m)))}}
		var params []string
		for _, w := range words[1:] {
			k, v, _ := strings.Cut(w, "=")
			if name, ok := strings.CutPrefix(k, "p."); ok {
				params = append(params, fmt.Sprintf("%q:%q", name, v))
			} else {
				e.values[k] = texts(v)
			}
		}
		e.record = `{"requestParameters":{` + strings.Join(params, ",") + `}}`
		m = append(m, e)
	}
	return m
}

// ask answers and describes the findings: key, events, distinct, sum, times in
// minutes.
func ask(t *testing.T, m memory, toml string) (Answer, []string) {
	t.Helper()
	list, err := ReadSaved(strings.NewReader("[[query]]\nid = 'x'\nname = 'y'\n" + toml))
	if err != nil {
		t.Fatal(err)
	}
	q, _ := list[0].Question()
	a, err := q.Answer(t.Context(), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range a.Findings {
		var key []string
		for _, v := range f.Key {
			key = append(key, v.Text)
		}
		minute := func(at int64) string { return fmt.Sprint(time.UnixMicro(at).Sub(testClock.Newest).Minutes()) }
		found = append(found, fmt.Sprintf("%s n%d d%d s%d %s..%s%s", strings.Join(key, ","), f.N, f.Distinct, f.Sum, minute(f.First), minute(f.Last), f.What))
		n, _ := m.Count(t.Context(), f.Filter)
		if n.N < f.N {
			t.Errorf("%s opens %d events: %s", found[len(found)-1], n.N, f.Filter)
		}
		checkRoundTrip(t, f.Filter)
	}
	if int(a.N) != len(found) && len(found) > 0 {
		t.Errorf("N = %d with %d findings", a.N, len(found))
	}
	return a, found
}

func TestRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, story, toml string
		want              []string
	}{
		{"count within a window", `
			0 ip=a
			1 ip=a
			2 ip=b
			30 ip=a
			31 ip=a
			32 ip=a
			33 ip=a
			70 ip=a`, "[query.count]\nby=['ip']\nat_least=3\nwithin='10m'", []string{"a n4 d0 s0 30..33"}},
		{"the window slides over the gap", `
			0 ip=a
			4 ip=a
			8 ip=a
			12 ip=a
			30 ip=a`, "[query.count]\nby=['ip']\nat_least=3\nwithin='10m'", []string{"a n4 d0 s0 0..12"}},
		{"two bursts are two findings", `
			0 ip=a
			1 ip=a
			60 ip=a
			61 ip=a`, "[query.count]\nby=['ip']\nat_least=2\nwithin='10m'", []string{"a n2 d0 s0 0..1", "a n2 d0 s0 60..61"}},
		{"distinct values", `
			0 ip=a event=x
			1 ip=a event=x
			2 ip=a event=y
			0 ip=b event=x
			1 ip=b event=x
			2 ip=b event=x`, "[query.count]\nby=['ip']\ndistinct=['event']\nat_least=2\nwithin='10m'", []string{"a n3 d2 s0 0..2"}},
		{"distinct values, absent ones left out", `
			0 ip=a event=x
			1 ip=a
			2 ip=a event=z`, "[query.count]\nby=['ip']\ndistinct=['event']\nat_least=2", []string{"a n2 d2 s0 0..2"}},
		{"the whole case with a sum", `
			0 ip=a bytesout=5
			1 ip=b bytesout=100
			2 ip=a bytesout=6`, "[query.count]\nby=['ip']\nsum='bytesout'", []string{"b n1 d0 s100 1..1", "a n2 d0 s11 0..2"}},
		{"a path to group by, and absence as a group", `
			0 p.b=x
			1
			2 p.b=x`, "[query.count]\nby=['requestParameters.b']", []string{"x n2 d0 s0 0..2", " n1 d0 s0 1..1"}},
		{"sequence", `
			0 ip=a outcome=denied
			1 ip=a outcome=denied
			2 ip=b outcome=denied
			3 ip=b outcome=ok
			4 ip=a outcome=denied
			5 ip=a outcome=ok
			6 ip=a outcome=ok`, "[query.sequence]\nby=['ip']\nwithin='1h'\nstep=[{filter='outcome:denied',times=3},{filter='outcome:ok'}]", []string{"a n4 d0 s0 0..5"}},
		{"sequence too slow", `
			0 ip=a outcome=denied
			1 ip=a outcome=denied
			61 ip=a outcome=ok`, "[query.sequence]\nby=['ip']\nwithin='1h'\nstep=[{filter='outcome:denied',times=2},{filter='outcome:ok'}]", nil},
		{"sequence, again", `
			0 ip=a outcome=denied
			1 ip=a outcome=ok
			2 ip=a outcome=denied
			3 ip=a outcome=ok`, "[query.sequence]\nby=['ip']\nwithin='1h'\nstep=[{filter='outcome:denied'},{filter='outcome:ok'}]", []string{"a n2 d0 s0 0..1", "a n2 d0 s0 2..3"}},
		{"first seen: the scope's own first is no news", `
			0 actor=al ip=a
			1 actor=al ip=b
			2 actor=al ip=b
			3 actor=bo ip=b
			4 actor=bo`, "[query.first_seen]\nvalues=['ip']\nper='actor'", []string{"e1 n1 d0 s0 1..1b"}},
		{"first seen against all events", `
			0 actor=al ip=a event=x
			1 actor=al ip=b event=x
			30 actor=al ip=b event=login
			31 actor=al ip=c event=login`, "filter='event:login'\n[query.first_seen]\nvalues=['ip']\nper='actor'\nhistory='*'", []string{"e3 n1 d0 s0 31..31c"}},
		{"first seen with grace", `
			0 actor=al ip=a event=x
			1 actor=al ip=b event=x
			5 actor=al ip=b event=login
			6 actor=al ip=b event=login`, "filter='event:login'\n[query.first_seen]\nvalues=['ip']\nper='actor'\nhistory='*'\ngrace='10m'", []string{"e2 n1 d0 s0 5..5b"}},
		{"first seen, always", `
			0 account=1 region=a event=EnableRegion`, "[query.first_seen]\nvalues=['region']\nper='account'\nalways='event:EnableRegion'", []string{"e0 n1 d0 s0 0..0"}},
		{"where", `
			0 caller=1 account=1
			1 caller=2 account=1
			2 account=1`, "where=['differs(caller, account)']", []string{"e1 n1 d0 s0 1..1"}},
		{"where on groups", `
			0 caller=1 account=1
			1 caller=2 account=1
			2 caller=2 account=1`, "where=['differs(caller, account)']\n[query.count]\nby=['caller','account']", []string{"2,1 n2 d0 s0 1..2"}},
		{"where, any of", `
			0 type=Root ip=203.0.113.1
			1 type=IAMUser ip=203.0.113.1
			2 type=IAMUser ip=10.0.0.1
			3 type=IAMUser ip=ec2.amazonaws.com`, "where=['public_address(ip)', 'type:Root']\n[query.count]\nby=['type']\ndistinct=['ip']", []string{"Root n1 d1 s0 0..0", "IAMUser n1 d1 s0 1..1"}},
		{"except", `
			0 event=AssociateAddress p.i=i-1 p.a=203.0.113.1
			1 sessionname=i-1 ip=203.0.113.1
			2 sessionname=i-1 ip=203.0.113.9`, "filter='sessionname:*'\n[query.except]\nfilter='event:AssociateAddress'\ncolumns=['requestParameters.i','requestParameters.a']\nmatch=['sessionname','ip']", []string{"e2 n1 d0 s0 2..2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := story(t, tt.story)
			if a, got := ask(t, m, tt.toml); a.Status != Answered || cmp.Diff(tt.want, got) != "" {
				t.Errorf("status %d: %s", a.Status, cmp.Diff(tt.want, got))
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	m := story(t, "0 event=CreateTrail p.bucket=logs\n1 event=DeleteBucket p.bucket=logs\n2 event=DeleteBucket p.bucket=other")
	if a, _ := ask(t, m, "filter='event:DeleteBucket'"); a.N != 2 || a.Status != Answered {
		t.Errorf("a filter: %+v", a)
	}
	if a, _ := ask(t, m, "filter='event:Nope'\nneeds=['event:*']"); a.N != 0 || a.Status != Answered {
		t.Errorf("none: %+v", a)
	}
	if a, _ := ask(t, m, "filter='event:Nope'\nneeds=['event:*', 'category:Data']"); a.Status != NotRecorded || a.Lacks.String() != "category:Data" {
		t.Errorf("not recorded: %+v", a)
	}
	if a, _ := ask(t, m, "since='2030-01-01'"); a.N != 0 {
		t.Errorf("with a period: %+v", a)
	}
	open := "filter='event:DeleteBucket requestParameters.bucket:$b'\n[[query.variable]]\nname='b'\nprompt='Which?'\n"
	if a, _ := ask(t, m, open); a.Status != Asks || a.Missing.Name != "b" {
		t.Errorf("a variable without value: %+v", a)
	}
	if a, _ := ask(t, m, open+"filter='event:CreateTrail'\ncolumns=['requestParameters.bucket']"); a.N != 1 {
		t.Errorf("a variable found in the case: %+v", a)
	}
	if a, _ := ask(t, m, open+"default=['logs','other']"); a.N != 2 {
		t.Errorf("a variable with a default: %+v", a)
	}
	list, _ := ReadSaved(strings.NewReader("[[query]]\nid='x'\nname='y'\n" + open))
	q, _ := list[0].Question()
	if a, err := q.Answer(t.Context(), m, map[string]string{"b": `ot*`}); err != nil || a.N != 0 || a.Filter.String() != `event:DeleteBucket requestParameters.bucket:"ot*"` {
		t.Errorf("a variable given: %v %s", err, a.Filter)
	}
	gone := fmt.Errorf("gone")
	if _, err := q.Answer(t.Context(), failing{gone}, map[string]string{"b": "x"}); !errors.Is(err, gone) {
		t.Errorf("the error of the case: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Count(context.Context, Filter) (Count, error) { return Count{}, f.err }
func (f failing) Walk(context.Context, Walk, func(Row) error) error {
	return f.err
}
func (f failing) Groups(context.Context, Filter, []string, string, func(Group) error) error {
	return f.err
}

func TestPredicates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		call string
		args []string
		want bool
	}{
		{"allows_everything", []string{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`}, true},
		{"allows_everything", []string{`{"statement":[{"Effect":"Deny"},{"effect":"Allow","Action":["s3:*","*"],"Resource":["*"]}]}`}, true},
		{"allows_everything", []string{`{"Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}`}, true},
		{"allows_everything", []string{`%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%7D`}, true},
		{"allows_everything", []string{`{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`}, false},
		{"allows_everything", []string{`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`}, false},
		{"allows_everything", []string{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b"}}`}, false},
		{"allows_everything", []string{`HIDDEN_DUE_TO_SECURITY_REASONS`}, false},
		{"allows_everything", []string{`{"Statement":["x",null,5]}`}, false},
		{"trusts_outsiders", []string{`{"Statement":{"Effect":"Allow","Principal":"*"}}`, "111122223333"}, true},
		{"trusts_outsiders", []string{`{"Statement":{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","444455556666"]}}}`, "111122223333"}, true},
		{"trusts_outsiders", []string{`{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"}}}`, "111122223333"}, false},
		{"trusts_outsiders", []string{`{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}}`, "111122223333"}, false},
		{"trusts_outsiders", []string{`{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"}}}`, "111122223333"}, true},
		{"other_account", []string{"arn:aws:iam::444455556666:role/x", "111122223333"}, true},
		{"other_account", []string{"arn:aws:iam::111122223333:role/x", "111122223333"}, false},
		{"other_account", []string{"role/x", "111122223333"}, false},
		{"differs", []string{"a", "A"}, false},
		{"differs", []string{"a", "b"}, true},
		{"public_address", []string{"203.0.113.5"}, true},
		{"public_address", []string{"::ffff:10.0.0.1"}, false},
		{"public_address", []string{"2001:db8::1"}, true},
		{"public_address", []string{"100.64.1.1"}, false},
		{"public_address", []string{"AWS Internal"}, false},
	}
	for _, tt := range tests {
		if got := predicates[tt.call].holds(texts(tt.args...)); got != tt.want {
			t.Errorf("%s%q = %v", tt.call, tt.args, got)
		}
	}
}
