package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"

	"spoor/query"
)

// What a filler writes is what DuckDB reads, whatever a text is like, and though
// its memory is used again for the next rows.
func TestFiller(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	texts := []string{"", "a", "twelve bytes", "thirteen byte", "ünï⟨cödé⟩ and more of it", "nul\x00inside of a long text", "invalid \xff\xfe utf-8 in a long text",
		strings.Repeat("x", fillBlock-1), strings.Repeat("y", fillBlock+5), "after the long ones", strings.Repeat("z", 3*fillBlock)}
	var all []query.Row
	for i := range 5000 {
		r := query.Row{Time: int64(i), Values: []query.Value{{Text: texts[0]}, {Text: fmt.Sprint(i * 7)}, {Text: fmt.Sprint(i%2 == 0)}, {}}}
		if r.Values[0].Text = fmt.Sprintf("%s %d", texts[i%7], i); i%500 == 0 {
			r.Values[0].Text = texts[i/500%len(texts)]
		}
		if i%3 == 0 {
			r.Time = noTime
			for k := range r.Values {
				r.Values[k].Null = i%(k+4) == 0
			}
		}
		all = append(all, r)
	}
	fill := &filler{puts: []func(*filler, cells, []query.Row, int) error{(*filler).text, (*filler).number, (*filler).truth, (*filler).time}}
	defer fill.free()
	f := &feed{}
	for _, kind := range []duckdb.Type{duckdb.TYPE_VARCHAR, duckdb.TYPE_BIGINT, duckdb.TYPE_BOOLEAN, duckdb.TYPE_TIMESTAMP} {
		info, err := duckdb.NewTypeInfo(kind)
		if err != nil {
			t.Fatal(err)
		}
		f.cols = append(f.cols, duckdb.ColumnInfo{Name: fmt.Sprint("c", len(f.cols)), T: info})
	}
	rest := all
	f.pull = func(chunk duckdb.DataChunk) (int, error) {
		n := min(len(rest), 777)
		part := rest[:n]
		rest = rest[n:]
		return n, fill.rows(chunk, part)
	}
	name, withdraw := db.feeds.offer(f)
	defer withdraw()
	n := 0
	_, err := ask(t.Context(), db, func(ctx context.Context, c conn) (int, error) {
		return 0, c.each(ctx, "SELECT c0, c1, c2, epoch_us(c3) FROM spoor_feed(?)", []any{name}, func(v []driver.Value) error {
			r := all[n]
			want := []any{strings.ToValidUTF8(r.Values[0].Text, "\ufffd"), int64(n * 7), n%2 == 0, r.Time}
			for k := range want {
				if k < 3 && r.Values[k].Null || k == 3 && r.Time == noTime {
					want[k] = nil
				}
				if v[k] != want[k] {
					return fmt.Errorf("row %d, column %d: %.80v, want %.80v", n, k, v[k], want[k])
				}
			}
			n++
			return nil
		})
	})
	if err != nil || n != len(all) {
		t.Fatal(n, err)
	}
}
