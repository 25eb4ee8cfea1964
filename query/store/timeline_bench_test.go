package store

import (
	"testing"

	"spoor/query"
)

// BenchmarkTimeline asks what the screen asks, of the case of benchStore.
func BenchmarkTimeline(b *testing.B) {
	db := benchStore(b)
	run := func(name string, ask func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	first, err := db.Changes(b.Context(), query.ChangeRequest{N: 100})
	if err != nil || len(first.Rows) == 0 {
		b.Fatal(len(first.Rows), err)
	}
	filter := parse(b, "service:iam outcome:ok,denied")
	changes := func(r query.ChangeRequest) func() error {
		return func() error {
			_, err := db.Changes(b.Context(), r)
			return err
		}
	}
	run("page", changes(query.ChangeRequest{N: 100}))
	run("page-folded", changes(query.ChangeRequest{N: 100, Fold: true}))
	run("page-filtered", changes(query.ChangeRequest{N: 100, Fold: true, Filter: filter}))
	run("page-critical", changes(query.ChangeRequest{N: 100, Fold: true, Least: 4}))
	run("step", changes(query.ChangeRequest{N: 100, Fold: true, From: first.Rows[50].Cursor()}))
	run("back", changes(query.ChangeRequest{N: 100, Fold: true, From: first.Rows[50].Cursor(), Back: true}))
	run("groups", func() error {
		_, err := db.ChangeGroups(b.Context(), query.GroupRequest{By: query.ByActor, N: 5000})
		return err
	})
	run("groups-resource", func() error {
		_, err := db.ChangeGroups(b.Context(), query.GroupRequest{By: query.ByResource, N: 5000})
		return err
	})
	run("lanes", func() error {
		_, err := db.Lanes(b.Context(), query.LaneRequest{Buckets: 100, N: 8})
		return err
	})
	run("first-seen", func() error {
		db.firsts.last.Store(nil)
		db.firsts.sums = nil // as after a start
		_, err := db.firstSeen(b.Context())
		return err
	})
}
