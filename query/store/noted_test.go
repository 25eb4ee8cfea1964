package store

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/query"
)

// What is noted on a session or a resource is found on every event of it, told
// by the columns of those events, and counted by facets as the filter counts.
func TestMarksOnSessionsAndResources(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a.spoor")
	db, err := Open(ctx, path, Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	load(t, db, newGenerator(7).next(200))
	seq := firstWith(t, db, "resource:*")
	for _, a := range []query.Annotation{
		{About: query.AboutSession, Seq: seq, Mark: "red", Note: "theirs", Tags: []string{"s"}},
		{About: query.AboutResource, Seq: seq, Mark: "blue", Tags: []string{"r"}},
		{About: query.AboutEvent, Seq: seq, Mark: "green"},
	} {
		if err := db.Annotate(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = Open(ctx, path, Options{}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	session, err := db.Annotation(ctx, query.AboutSession, "", seq)
	if err != nil || session.Mark != "red" {
		t.Fatalf("session of the event: %+v, %v", session, err)
	}
	resource, err := db.Annotation(ctx, query.AboutResource, "", seq)
	if err != nil || resource.Mark != "blue" {
		t.Fatalf("resource of the event: %+v, %v", resource, err)
	}
	all := countOf(t, db, "")
	ofSession, ofResource := countOf(t, db, "session:"+session.Name), countOf(t, db, `resource:"`+resource.Name+`"`)
	for filter, want := range map[string]int64{
		"mark:red": ofSession, "note:theirs": ofSession, "tag:s": ofSession, "mark:blue": ofResource, "tag:r": ofResource, "mark:green": 1,
		"-mark:*": all - countOf(t, db, `session:`+session.Name+` OR resource:"`+resource.Name+`"`),
	} {
		if got := countOf(t, db, filter); got != want || want == 0 {
			t.Errorf("%s: %d events, want %d and some", filter, got, want)
		}
	}
	page, err := db.Page(ctx, query.PageRequest{Filter: parsed(t, "mark:green"), N: 2, Columns: []string{"mark", "note", "tag"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []query.Value{{Text: "green, red, blue"}, {Text: "theirs"}, {Text: "s, r"}}
	if diff := cmp.Diff(want, page.Rows[0].Values); diff != "" {
		t.Errorf("columns of the event: %s", diff)
	}
	facets, err := db.Facets(ctx, query.FacetRequest{Fields: []string{"mark", "outcome", "tag"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []query.Facet{facets[0], facets[2]} {
		for _, v := range f.Values {
			is, err := query.Is(f.Field, v.Value)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := db.Count(ctx, is); err != nil || n.N != v.Count {
				t.Errorf("facet %s: %v %d times, the filter %s finds %d, %v", f.Field, v.Value, v.Count, is, n.N, err)
			}
		}
	}
	if len(facets[0].Values) != 4 || len(facets[2].Values) != 3 {
		t.Errorf("facets %+v", facets)
	}
}

func parsed(t *testing.T, filter string) query.Filter {
	t.Helper()
	f, err := query.Parse(filter)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func countOf(t *testing.T, db *DB, filter string) int64 {
	t.Helper()
	n, err := db.Count(context.Background(), parsed(t, filter))
	if err != nil {
		t.Fatal(err)
	}
	return n.N
}

// firstWith is the number of the first event of a filter.
func firstWith(t *testing.T, db *DB, filter string) int64 {
	t.Helper()
	page, err := db.Page(context.Background(), query.PageRequest{Filter: parsed(t, filter), Order: query.Oldest, N: 1})
	if err != nil || len(page.Rows) == 0 {
		t.Fatalf("%s: %v, %v", filter, page, err)
	}
	return page.Rows[0].Seq
}

func TestAccountsGoByTheirNames(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a.spoor")
	users := query.Accounts{"111111111111": "everywhere"}
	db, err := Open(ctx, path, Options{Create: true, Accounts: users})
	if err != nil {
		t.Fatal(err)
	}
	load(t, db, newGenerator(7).next(200))
	facets, err := db.Facets(ctx, query.FacetRequest{Fields: []string{"account"}})
	if err != nil {
		t.Fatal(err)
	}
	id, n := facets[0].Values[0].Value.Text, facets[0].Values[0].Count
	if err := db.NameAccount(id, "Prod EU"); err != nil {
		t.Fatal(err)
	}
	if err := db.NameAccount("12", "short"); err == nil {
		t.Error("an account id of two digits was taken")
	}
	if err := db.NameAccount(id, "two\nlines"); err == nil {
		t.Error("a name of two lines was taken")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = Open(ctx, path, Options{Accounts: users}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := db.Accounts().Full(id); got != "Prod EU ("+id+")" {
		t.Errorf("called %q", got)
	}
	if got := db.Accounts().Label("111111111111"); got != "everywhere" {
		t.Errorf("the user's account is called %q", got)
	}
	for _, filter := range []string{`account:"prod eu"`, `account:prod*`, `account="Prod EU"`, `account:` + id, `account:/^Prod/`} {
		if got := countOf(t, db, filter); got != n {
			t.Errorf("%s: %d events, want %d", filter, got, n)
		}
	}
	if got := countOf(t, db, `account="prod eu"`); got != 0 {
		t.Errorf("= ignores case: %d events", got)
	}
	offers, err := db.Values(ctx, query.ValueRequest{Field: "account", Prefix: "pro", N: 5})
	if err != nil || len(offers) != 1 || offers[0].Value.Text != id {
		t.Errorf("completion offers %v, %v", offers, err)
	}
	if err := db.NameAccount(id, ""); err != nil {
		t.Fatal(err)
	}
	if got := countOf(t, db, `account:prod*`); got != 0 {
		t.Errorf("a name taken away still finds %d events", got)
	}
}

// Two cases of the same logs, each with its own notes, queries and names, become
// one that has everything of both.
func TestMergeLosesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	open := func(name string) *DB {
		db, err := Open(ctx, filepath.Join(dir, name), Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		load(t, db, newGenerator(7).next(200))
		return db
	}
	a, b := open("a.spoor"), open("b.spoor")
	seq := firstWith(t, a, "resource:*")
	const id, other = "111122223333", "444455556666"
	make := func(db *DB, mark, note, filter, name string) {
		t.Helper()
		for _, about := range []query.About{query.AboutEvent, query.AboutSession, query.AboutResource} {
			if err := db.Annotate(ctx, query.Annotation{About: about, Seq: seq, Mark: mark, Note: note, Tags: []string{mark}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []query.Saved{{ID: "same", Name: "the same", Filter: "event:X"}, {ID: "mine", Name: "mine", Filter: filter}, {ID: "only-" + mark, Name: "only " + mark, Filter: filter}} {
			if err := db.SaveQuery(ctx, q); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.NameAccount(id, name); err != nil {
			t.Fatal(err)
		}
	}
	make(a, "red", "no", "event:A", "prod")
	make(b, "blue", "no doubt", "event:B", "production")
	if err := b.NameAccount(other, "dev"); err != nil {
		t.Fatal(err)
	}
	m, err := a.Merge(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	if m.Notes != 3 || m.Queries != 2 || m.Accounts != 2 || m.Elsewhere != 0 || len(m.Conflicts) != 8 {
		t.Errorf("merged %+v", m)
	}
	for _, about := range []query.About{query.AboutEvent, query.AboutSession, query.AboutResource} {
		got, err := a.Annotation(ctx, about, "", seq)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]any{"blue", "no doubt\nno\nalso marked red", []string{"blue", "red"}}, []any{got.Mark, got.Note, got.Tags}); diff != "" {
			t.Errorf("%s: %s", about, diff)
		}
	}
	queries, err := a.Queries(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, q := range queries {
		got[q.ID] = q.Filter
	}
	want := map[string]string{"same": "event:X", "mine": "event:A", "mine-2": "event:B", "only-red": "event:A", "only-blue": "event:B"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("queries: %s", diff)
	}
	if diff := cmp.Diff(query.Accounts{id: "prod / production", other: "dev"}, a.Accounts()); diff != "" {
		t.Errorf("accounts: %s", diff)
	}
	if m, err = a.Merge(ctx, b); err != nil || m.Notes+m.Queries+m.Accounts+len(m.Conflicts) != 0 {
		t.Errorf("merging again changed %+v, %v", m, err)
	}
}
