package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/query"
)

// The resources that come first are those that all groups in order begin with.
func TestFirstResources(t *testing.T) {
	t.Parallel()
	db := demoCase(t)
	for _, order := range []query.Order{query.Newest, query.Oldest} {
		for _, n := range []int{1, 5, 12, 10_000} {
			groups, err := db.ChangeGroups(t.Context(), query.GroupRequest{By: query.ByResource, Order: order})
			if err != nil || len(groups) < 13 {
				t.Fatal(len(groups), err)
			}
			want := map[string]bool{}
			for _, g := range groups[:min(n, len(groups))] {
				want[g.Name] = true
			}
			got := map[string]bool{}
			_, err = ask(t.Context(), db, func(ctx context.Context, c conn) (struct{}, error) {
				among, withdraw, err := db.firstResources(ctx, c, anyChange, order, n)
				if err != nil {
					return struct{}{}, err
				}
				defer withdraw()
				where := all(anyChange, among)
				ids, err := c.int64s(ctx, "SELECT count(DISTINCT resource) FROM event_rows AS e WHERE "+where.sql, where.args...)
				if err != nil || ids[0] != int64(len(want)) {
					return struct{}{}, fmt.Errorf("%v resources, want %d (%w)", ids, len(want), err)
				}
				for name := range want {
					one := all(where, db.inGroup(query.ByResource, &query.ChangeGroup{Name: name}))
					k, err := c.int64s(ctx, "SELECT count(*) FROM event_rows AS e WHERE "+one.sql, one.args...)
					if err != nil {
						return struct{}{}, err
					}
					if k[0] > 0 {
						got[name] = true
					}
				}
				return struct{}{}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("order %v, first %d:\n%s", order, n, d)
			}
		}
	}
}
