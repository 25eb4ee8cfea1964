package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/query"
	"spoor/query/session"
)

// torn cuts files into pieces at random places and shuffles them.
func torn(files []loader.Loaded, seed uint64) []loader.Loaded {
	r := rand.New(rand.NewPCG(seed, 1))
	var out []loader.Loaded
	for _, f := range files {
		for n := 0; len(f.Events) > 0; n++ {
			k := 1 + r.IntN(len(f.Events))
			piece := f
			piece.Object.Name = fmt.Sprint(f.Object.Name, ".", n)
			piece.Events, f.Events = f.Events[:k], f.Events[k:]
			out = append(out, piece)
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// tablesOf are the rows of the tables of sessions, in words.
func tablesOf(t *testing.T, db *DB) []string {
	t.Helper()
	out, err := ask(t.Context(), db, func(ctx context.Context, c conn) ([]string, error) {
		var out []string
		for _, table := range []string{"session_rows", "session_spans", "session_state", "session_causes", "session_breaks"} {
			err := c.each(ctx, "SELECT * FROM "+table+" ORDER BY ALL", nil, func(v []driver.Value) error {
				out = append(out, fmt.Sprint(table, " ", v))
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		return out, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tablesAnew are the same after all was worked out at once.
func tablesAnew(t *testing.T, db *DB) []string {
	t.Helper()
	db.sessions.summed = false
	x, err := db.workOut(t.Context(), session.DefaultIdle)
	if err != nil {
		t.Fatal(err)
	}
	db.sessions.index.Store(x)
	return tablesOf(t, db)
}

// Files that come in any order, torn anywhere, give the same sessions; and what
// was worked out batch by batch is what working all of it out at once gives. In one
// of the sets different records share all that an event is known by.
func TestSessionsInAnyOrderAndPieces(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"invictus-aws-dataset", "panther-rule-tests", "traildiscover", "cloud-custodian-eventbridge"} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			files := realLogs(t, set)
			one := newCase(t)
			load(t, one, files...)
			want := listed(t, one, query.SessionRequest{Order: query.SessionsNewest})
			for seed := range uint64(3) {
				db := newCase(t)
				inPieces(t, db, torn(files, seed))
				got := listed(t, db, query.SessionRequest{Order: query.SessionsNewest, Stale: true})
				if d := cmp.Diff(want, got, sameSessions); d != "" {
					t.Errorf("seed %d:\n%s", seed, d)
				}
				if d := cmp.Diff(changesOf(t, one), changesOf(t, db)); d != "" {
					t.Errorf("seed %d, changes:\n%s", seed, d)
				}
				bits := tablesOf(t, db)
				if d := cmp.Diff(tablesAnew(t, db), bits); d != "" {
					t.Errorf("seed %d, at once and batch by batch:\n%s", seed, d)
				}
			}
		})
	}
}

// inPieces loads files batch by batch and works out their sessions each time, as a
// screen does that follows a load. What was known of the events' keys is forgotten in
// between, as for hours that have not been used for long.
func inPieces(t *testing.T, db *DB, files []loader.Loaded) {
	t.Helper()
	for part := range slices.Chunk(files, max(1, len(files)/10)) {
		load(t, db, part...)
		listed(t, db, query.SessionRequest{Stale: true})
		db.known.forget()
	}
	if db.sessions.extended == 0 {
		t.Error("no batch was taken into what there was")
	}
}

// changesOf are the changes of a case, in words.
func changesOf(t *testing.T, db *DB) []string {
	t.Helper()
	out, err := ask(t.Context(), db, func(ctx context.Context, c conn) (out []string, err error) {
		err = c.each(ctx, "SELECT time, actor, event, outcome, resource_type, resource, summary, severity, public, probe, ip, id FROM changes ORDER BY ALL", nil, func(v []driver.Value) error {
			out = append(out, fmt.Sprint(v))
			return nil
		})
		return out, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
