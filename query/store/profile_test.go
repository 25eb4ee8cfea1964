package store

import (
	"slices"
	"testing"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	load(t, db, attack(t)...)
	for value, want := range map[string]struct {
		field  string
		events int64
	}{
		"ASIATFQR7NSCWLLE7IWW": {"key", 29},
		"arn:aws:iam::123837392027:role/stratus-red-team-ec2-get-password-data-role": {"role", 29},
		"stratus-red-team-ec2-get-password-data-role":                                {"role", 29},
		"3.225.16.0/24":       {"ip", 13},
		"i-0dbc91f429e48eeed": {"sessionname", 15},
	} {
		p, err := db.Profile(t.Context(), value)
		if err != nil || p.Events != want.events || !slices.Contains(p.Fields, want.field) {
			t.Errorf("profile %s: %d events in %v (%v), want %d in %s", value, p.Events, p.Fields, err, want.events, want.field)
			continue
		}
		var volume int64
		for _, s := range p.Volume.Series {
			for _, n := range s.Counts {
				volume += n
			}
		}
		if n, err := db.Count(t.Context(), p.Filter); err != nil || n.N != p.Events || volume != p.Events || len(p.Facets) == 0 || len(p.Sessions.Sessions) == 0 {
			t.Errorf("profile %s: filter %s finds %d, volume %d, %d sessions (%v)", value, p.Filter, n.N, volume, len(p.Sessions.Sessions), err)
		}
	}
	// What a person did herself is part of what goes back to her.
	own, err := db.Profile(t.Context(), "bert-jan")
	both := parse(t, "actor:bert-jan OR root:bert-jan")
	if n, _ := db.Count(t.Context(), both); err != nil || own.Filter.String() != "root:bert-jan" || !slices.Equal(own.Fields, []string{"actor", "root"}) || own.Events != n.N {
		t.Errorf("profile of a person: %d events of %v, filter %s (%v), want %d", own.Events, own.Fields, own.Filter, err, n.N)
	}
	// A key that was made and never used is in no field.
	p, err := db.Profile(t.Context(), "AKIATFQR7NSC3ZO6PKAZ")
	for err == nil && p.Partial {
		p, err = db.Profile(t.Context(), "AKIATFQR7NSC3ZO6PKAZ")
	}
	if err != nil || p.Fields[0] != "text" || p.Events == 0 {
		t.Errorf("profile of an unused key: %d events in %v (%v)", p.Events, p.Fields, err)
	}
	if p, err := db.Profile(t.Context(), "nobody-knows-it"); err != nil || (p.Events != 0 && !p.Partial) {
		t.Errorf("profile of nothing: %d events (%v)", p.Events, err)
	}
}
