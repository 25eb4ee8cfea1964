package store

import (
	"bytes"
	stdcmp "cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/cloudtrail"
	"spoor/query"
)

// exported collects an export; rows are copied, for they are used again.
func exported(t *testing.T, db *DB, r query.ExportRequest) []query.Row {
	t.Helper()
	var all []query.Row
	n, err := db.EachRow(t.Context(), r, func(rows []query.Row) error {
		for _, r := range rows {
			r.Values = slices.Clone(r.Values)
			all = append(all, r)
		}
		return nil
	})
	if err != nil || n != int64(len(all)) {
		t.Fatalf("%d rows, %d handed over: %v", n, len(all), err)
	}
	return all
}

func TestExportIsThePagesInOneGo(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(5)
	l := g.next(3000)
	for i := range l.Events {
		if i%100 == 0 {
			l.Events[i].Time = cloudtrail.NoTime
		}
	}
	load(t, db, l, g.next(9000))
	columns := []string{"time", "actor", "event", "resource", "object", "session", "root", "id", "outcome", "bytesin", "mark", "verdict", "requestParameters.name"}
	for _, text := range []string{"", "-error:*", "region:eu-west-1 thing-1", "time>2024-05-01T00:10:00Z"} {
		f := parse(t, text)
		page, err := db.Page(t.Context(), query.PageRequest{Filter: f, N: 20_000, Columns: columns})
		if err != nil {
			t.Fatal(err)
		}
		got := exported(t, db, query.ExportRequest{Filter: f, Columns: columns})
		if len(got) < 10 {
			t.Fatalf("%q has only %d rows", text, len(got))
		}
		if !slices.IsSortedFunc(got, func(a, b query.Row) int { return stdcmp.Compare(b.Time, a.Time) }) { // NoTime is the lowest number
			t.Errorf("%q: not the newest first", text)
		}
		bySeq := func(a, b query.Row) int { return int(a.Seq - b.Seq) }
		slices.SortFunc(got, bySeq)
		slices.SortFunc(page.Rows, bySeq)
		if d := cmp.Diff(page.Rows, got); d != "" {
			t.Errorf("%q: %s", text, d[:min(len(d), 2000)])
		}
	}
}

func TestExportOfManyWindows(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	db.window = 6000
	g := newGenerator(5)
	n := 0
	for n <= 3*db.window {
		load(t, db, g.next(5000))
		n += 5000
	}
	oldest := exported(t, db, query.ExportRequest{Order: query.Oldest, Columns: []string{"id"}})
	newest := exported(t, db, query.ExportRequest{Columns: []string{"id"}})
	slices.Reverse(newest)
	if len(oldest) != n || !cmp.Equal(oldest, newest) {
		t.Fatalf("%d and %d rows of %d, or in another order", len(oldest), len(newest), n)
	}
	for _, limit := range []int64{1, slabRows, 6017, 11_999, 15_000} {
		if got := exported(t, db, query.ExportRequest{Order: query.Oldest, Limit: limit, Columns: []string{"id"}}); !cmp.Equal(got, oldest[:limit]) {
			t.Errorf("limit %d: %d rows, or not the first", limit, len(got))
		}
	}
	late := exported(t, db, query.ExportRequest{Filter: parse(t, "thing-77"), Limit: 20, Order: query.Oldest, Columns: []string{"id"}})
	if len(late) != 20 {
		t.Errorf("a limit on free text gives %d rows", len(late))
	}
}

// Equal times come out alike however the files were loaded.
func TestExportDoesNotDependOnLoadOrder(t *testing.T) {
	t.Parallel()
	g := newGenerator(9)
	var list []loader.Loaded
	for range 4 {
		l := g.next(300)
		for i := range l.Events {
			l.Events[i].Time = g.start.UnixMicro()
		}
		list = append(list, l)
	}
	records := func(list []loader.Loaded) (out []string) {
		db := newCase(t)
		load(t, db, list...)
		if _, err := db.EachRecord(t.Context(), query.ExportRequest{}, func(s string) error { out = append(out, s); return nil }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	a := records(list)
	slices.Reverse(list)
	b := records(list)
	if len(a) != 1200 || !slices.Equal(a, b) {
		t.Errorf("%d and %d records, or in another order", len(a), len(b))
	}
}

func TestExportedRecordsAreAsLogged(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	objects := generated(t, db, 5, 400)
	want := map[string]int{}
	for _, o := range objects {
		for _, e := range o.Events {
			want[o.Text[e.Span.Off:][:e.Span.Len]]++
		}
	}
	n, err := db.EachRecord(t.Context(), query.ExportRequest{}, func(s string) error { want[s]--; return nil })
	if err != nil || n != 2000 {
		t.Fatal(n, err)
	}
	for s, left := range want {
		if left != 0 {
			t.Fatalf("%d more wanted of %s", left, s)
		}
	}
}

func TestExportEnds(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 3, 5000)
	stop := errors.New("enough")
	if _, err := db.EachRow(t.Context(), query.ExportRequest{}, func([]query.Row) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error of the receiver became %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, err := db.EachRecord(ctx, query.ExportRequest{}, func(string) error {
		if n++; n == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) && n != 15_000 { // it may have been over already
		t.Errorf("cancelled: %v after %d records", err, n)
	}
	if _, err := db.EachRow(t.Context(), query.ExportRequest{Columns: []string{"nosuch"}}, nil); err == nil {
		t.Error("an unknown column is taken")
	}
	var done int64
	if _, err := db.EachRow(t.Context(), query.ExportRequest{Progress: func(n int64) { done = n }}, func([]query.Row) error { return nil }); err != nil || done != 15_000 {
		t.Error(done, err)
	}
}

func BenchmarkExport(b *testing.B) {
	db := newCase(b)
	g := newGenerator(5)
	for range 10 {
		load(b, db, g.next(20_000))
	}
	columns := []string{"time", "account", "region", "actor", "service", "event", "outcome", "error", "ip", "agent", "session", "id", "object"}
	for _, order := range []query.Order{query.Newest, query.Oldest} {
		b.Run(fmt.Sprint("order", order), func(b *testing.B) {
			for b.Loop() {
				if _, err := db.EachRow(b.Context(), query.ExportRequest{Order: order, Columns: columns}, func([]query.Row) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestParquetHasTypes(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 3, 3000)
	file := filepath.Join(t.TempDir(), "it's.parquet")
	columns := []string{"time", "event", "readonly", "bytesin", "id", "requestParameters.name"}
	n, err := db.WriteParquet(t.Context(), query.ExportRequest{Columns: columns, Order: query.Oldest}, file)
	if err != nil || n != 9000 {
		t.Fatal(n, err)
	}
	want := exported(t, db, query.ExportRequest{Columns: columns, Order: query.Oldest})
	other, err := connect("", "", filepath.Dir(file), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	rows, err := other.QueryContext(t.Context(), "FROM read_parquet(?)", file)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for i := 0; rows.Next(); i++ {
		var at time.Time
		var event, id, name string
		var readonly bool
		var in *int64
		if err := rows.Scan(&at, &event, &readonly, &in, &id, &name); err != nil {
			t.Fatal(err)
		}
		got := []string{at.Format(time.RFC3339Nano), event, fmt.Sprint(readonly), "", id, name}
		for k, v := range want[i].Values {
			if v.Text != got[k] {
				t.Fatalf("row %d, %s: %q, want %q", i, columns[k], got[k], v.Text)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".spoor-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Text made by several processors comes in the order of the rows, all of it.
func TestTextIsInTheOrderOfRows(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	generated(t, db, 6, 4*slabRows)
	columns := []string{"time", "actor", "event", "resource", "message", "id", "outcome", "bytesin", "mark"}
	out := query.NewCSV(false)
	var want []byte
	for _, r := range exported(t, db, query.ExportRequest{Columns: columns}) {
		want = out.AppendRow(want, r.Values)
	}
	var got []byte
	n, err := db.EachText(t.Context(), query.ExportRequest{Columns: columns}, encodeCSV, func(b []byte) error { got = append(got, b...); return nil })
	if err != nil || n != 24*slabRows || !bytes.Equal(got, want) {
		t.Errorf("%d rows, %d bytes of %d: %v", n, len(got), len(want), err)
	}
	boom := errors.New("boom")
	broken := func() Encode { return func([]byte, []query.Row) ([]byte, error) { return nil, boom } }
	if _, err := db.EachText(t.Context(), query.ExportRequest{Columns: columns}, broken, func([]byte) error { return nil }); !errors.Is(err, boom) {
		t.Errorf("what an Encode says is lost: %v", err)
	}
}
