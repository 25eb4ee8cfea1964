package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spoor/loader"
	"spoor/loader/disk"
	"spoor/query"
	"spoor/testdata/demo"
)

// answers puts every built-in question to a case, variables filled in so that
// none asks.
func answers(t *testing.T, db *DB) map[string]query.Answer {
	t.Helper()
	all := make(map[string]query.Answer)
	given := map[string]string{"actor": "bert-jan", "resource": "x", "ip": "0.0.0.0/0", "log-bucket": "logs"}
	for _, s := range query.Builtin() {
		q, err := s.Question()
		if err != nil {
			t.Fatal(err)
		}
		a, err := db.Answer(t.Context(), q, given)
		if err != nil {
			t.Fatal(err)
		}
		all[s.ID] = a
		for _, f := range a.Findings[:min(len(a.Findings), 5)] {
			n, err := whole{db}.Count(t.Context(), f.Filter)
			if err != nil {
				t.Fatal(err)
			}
			if n.N < f.N {
				t.Errorf("%s: a finding of %d events opens %d: %s", s.ID, f.N, n.N, f.Filter)
			}
		}
	}
	return all
}

// unhinted is a case that heeds no hints and groups event by event.
type unhinted struct{ whole }

func (u unhinted) Walk(ctx context.Context, w query.Walk, yield func(query.Row) error) error {
	return u.whole.Walk(ctx, query.Walk{Filter: w.Filter, Columns: w.Columns}, yield)
}

func (u unhinted) Groups(ctx context.Context, f query.Filter, by []string, sum string, yield func(query.Group) error) error {
	g := grouping{index: make(map[string]*query.Group)}
	columns := append(by[:len(by):len(by)], "bytesout")
	err := u.Walk(ctx, query.Walk{Filter: f, Columns: columns}, func(r query.Row) error {
		group := query.Group{Key: slices.Clone(r.Values[:len(by)]), N: 1, First: r.Time, Last: r.Time}
		if sum != "" {
			group.Sum, _ = strconv.ParseInt(r.Values[len(by)].Text, 10, 64)
		}
		g.add(group)
		return nil
	})
	for _, group := range g.order {
		if err = errors.Join(err, yield(*group)); err != nil {
			return err
		}
	}
	return err
}

// TestHintsLeaveAnswersAlone puts all questions to cases that answer them the
// long way and the quick one.
func TestHintsLeaveAnswersAlone(t *testing.T) {
	t.Parallel()
	dirs := map[string]string{"demo": ""}
	for _, name := range []string{"invictus-aws-dataset", "panther-rule-tests", "traildiscover"} {
		dirs[name] = filepath.Join("..", "..", "..", "shared", "data", "real", name)
	}
	for name, dir := range dirs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newCase(t)
			smallFrames(db, 64<<10)
			if name == "demo" {
				db.many = 1 // the filter is left out where hints say all
			}
			src, err := disk.Zip("demo.zip", demo.Zip)
			if dir != "" {
				if _, err := os.Stat(dir); err != nil {
					t.Skip("the real logs are not here: ", err)
				}
				src, err = disk.Open(dir, disk.Options{})
			}
			loadSource(t, db, src, err)
			var list []*query.Question
			var want []query.Answer
			for _, s := range query.Builtin() {
				q, err := s.Question()
				if err != nil {
					t.Fatal(err)
				}
				a, err := q.Answer(t.Context(), unhinted{whole{db}}, nil)
				if err != nil {
					t.Fatal(err)
				}
				list, want = append(list, q), append(want, a)
			}
			for i, q := range list {
				got, err := db.Answer(t.Context(), q, nil)
				if d := cmp.Diff(want[i], got, sortFindings); d != "" || err != nil {
					t.Errorf("%s: %v %s", q.Saved.ID, err, d)
				}
			}
			err = db.Answers(t.Context(), list, func(i int, got query.Answer) { // records read ahead
				if d := cmp.Diff(want[i], got, sortFindings); d != "" {
					t.Errorf("%s, with all others: %s", list[i].Saved.ID, d)
				}
			})
			if err != nil {
				t.Error(err)
			}
			if len(db.ahead.found) == 0 {
				t.Error("no records were read ahead")
			}
		})
	}
}

// sortFindings puts findings of equal weight in one order.
var sortFindings = cmp.Options{
	cmp.Transformer("filter", func(f query.Filter) string { return f.String() }),
	cmpopts.SortSlices(func(a, b query.Finding) bool { return a.Filter.String() < b.Filter.String() }),
}

// expect checks that questions with something to show in the logs show it, and
// that those the logs can't answer say so.
func expect(t *testing.T, all map[string]query.Answer, hits, notRecorded string) {
	t.Helper()
	for id := range strings.FieldsSeq(hits) {
		if a := all[id]; a.N == 0 {
			t.Errorf("%s finds nothing", id)
		}
	}
	for id := range strings.FieldsSeq(notRecorded) {
		if a := all[id]; a.Status != query.NotRecorded {
			t.Errorf("%s: status %d, %d found, want not recorded", id, a.Status, a.N)
		}
	}
}

func loadSource(t testing.TB, db *DB, src loader.Source, err error) {
	t.Helper()
	if err == nil {
		_, err = loader.Load(t.Context(), []loader.Source{src}, db, loader.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestBuiltinQuestionsOnTheExample(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	src, err := disk.Zip("demo.zip", demo.Zip)
	loadSource(t, db, src, err)
	expect(t, answers(t, db),
		"attack-tools cross-account-read instance-creds-outside key-created key-for-other lambda-backdoor login-fail-then-success mining "+
			"role-chain s3-delete s3-download sg-open snap-shared trail-tamper web-identity whoami",
		"bedrock-abuse dns-domain eks-access idc-grants idc-mfa org-changes vpce-denied")
}

// Real logs: a live account under a run of attack simulations, one call of every
// kind, and vendors' rule tests.
func TestBuiltinQuestionsOnRealLogs(t *testing.T) {
	t.Parallel()
	tests := []struct{ folder, hits, notRecorded string }{
		{"invictus-aws-dataset", "admin-attached attack-tools backup-destroy bucket-public federation-trust imds-v1 instance-creds-outside key-created " +
			"key-for-other lambda-backdoor login-no-mfa login-profile logs-deleted mining net-changes org-changes rds-public rds-shared recon-burst " +
			"s3-delete s3-enum secrets-read sg-open snap-shared ssh-push ssm-exec trail-tamper trust-changed user-created userdata whoami",
			"bedrock-abuse eks-access email-abuse idc-grants idc-mfa s3-download s3-ransom vpce-denied"},
		{"traildiscover", "attack-tools backup-destroy boundary-removed bucket-public cloudshell denied-burst detection-off dns-domain eks-access email-abuse " +
			"fed-token federation-trust idc-grants lambda-backdoor logs-deleted mining net-changes org-changes rds-public rds-shared region-enabled " +
			"ssh-push ssm-exec trail-tamper whoami", "idc-mfa imds-v1 login-failures login-no-mfa s3-download s3-ransom vpce-denied"},
		{"panther-rule-tests", "admin-attached attack-tools cloudshell cross-account-read detection-off fed-token key-created key-many-ips kms-destroy " +
			"login-no-mfa quarantine role-chain root-activity root-login s3-download s3-ransom sg-open snap-shared trust-changed userdata vpce-denied",
			"dns-domain eks-access idc-mfa imds-v1"},
	}
	for _, tt := range tests {
		t.Run(tt.folder, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join("..", "..", "..", "shared", "data", "real", tt.folder)
			if _, err := os.Stat(dir); err != nil {
				t.Skip("the real logs are not here: ", err)
			}
			db := newCase(t)
			src, err := disk.Open(dir, disk.Options{})
			loadSource(t, db, src, err)
			expect(t, answers(t, db), tt.hits, tt.notRecorded)
		})
	}
}

func TestSavedQueriesAreKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a.spoor")
	open := func() *DB {
		db, err := Open(t.Context(), dir, Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	mine := query.Saved{ID: "mine", Name: "Mine; DROP TABLE queries --", Filter: `agent:"'; --" error:*`, Columns: []string{"time", "actor"},
		Order: "oldest", Since: "last:7d", Count: &query.CountRule{By: []string{"ip"}, Within: "1h"}}
	other := query.Saved{ID: "other", Name: "Another"}
	db := open()
	for _, s := range []query.Saved{other, mine, mine} {
		if err := db.SaveQuery(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.SaveQuery(t.Context(), query.Saved{ID: "bad", Name: "x", Filter: "acton:x"}); err == nil {
		t.Error("a wrong query is saved")
	}
	if err := db.SaveQuery(t.Context(), query.Builtin()[0]); !errors.Is(err, ErrBuiltin) {
		t.Errorf("saving a built-in query: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open()
	defer db.Close()
	list, err := db.Queries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]query.Saved{other, mine}, list); d != "" {
		t.Error(d)
	}
	for _, want := range []bool{true, false} {
		if had, err := db.RemoveQuery(t.Context(), "mine"); err != nil || had != want {
			t.Errorf("removed %v, %v, want %v", had, err, want)
		}
	}
}

func TestAnswersAreThoseOfEachQuestion(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	src, err := disk.Zip("demo.zip", demo.Zip)
	loadSource(t, db, src, err)
	var list []*query.Question
	for _, s := range query.Builtin() {
		q, err := s.Question()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, q)
	}
	seen := 0
	err = db.Answers(t.Context(), list, func(i int, got query.Answer) {
		seen++
		want, err := db.Answer(t.Context(), list[i], nil)
		if err != nil {
			t.Error(err)
		}
		if got.N != want.N || got.Status != want.Status || len(got.Findings) != len(want.Findings) {
			t.Errorf("%s: %d (%d), alone %d (%d)", list[i].Saved.ID, got.N, got.Status, want.N, want.Status)
		}
	})
	if err != nil || seen != len(list) {
		t.Errorf("%d of %d answers: %v", seen, len(list), err)
	}
}

func TestAnswerStopsWhenCancelled(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 2, 500)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, s := range query.Builtin() {
		q, err := s.Question()
		if err != nil {
			t.Fatal(err)
		}
		if a, err := db.Answer(ctx, q, nil); err == nil && a.Status != query.Asks || err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", s.ID, err)
		}
	}
}

// A search that takes longer than a slice goes on where it stopped, whatever the
// words it looks for.
func TestSearchesAreRemembered(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	early, late := db.clock(), db.clock()
	late.Now = late.Now.Add(time.Hour)
	for text, want := range map[string]bool{
		"requestParameters.flag:true": true, "requestParameters.name=alice": true, "requestParameters.at>2024-05-01": true, "requestParameters.at>ago:2h": false,
	} {
		n := parse(t, text).Root()
		if same := db.leaf(n, early) == db.leaf(n, late); same != want {
			t.Errorf("%s is remembered: %v, want %v", text, same, want)
		}
	}
}
