package change

import (
	"testing"

	"spoor/loader/cloudtrail"
)

// TestRealLogsNameTheirResources holds the promise that of all mutating,
// successful calls in real logs at least 97 in 100 name a resource.
func TestRealLogsNameTheirResources(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"invictus-aws-dataset", "traildiscover"} {
		named, all, attempts, aimed := 0, 0, 0, 0
		for _, rec := range records(t, shared(t, "data/real/"+set)) {
			ev := event(t, rec)
			c := Derive(ev)
			if c == nil {
				continue
			}
			if ev.Outcome != cloudtrail.OK {
				attempts++
				if len(c.Resources) > 0 {
					aimed++
				}
				continue
			}
			all++
			if len(c.Resources) > 0 {
				named++
			} else {
				t.Logf("%s: no resource: %s %s: %s", set, ev.Source, ev.Name, c.Summary)
			}
		}
		t.Logf("%s: %d of %d changes name a resource; of %d attempts %d name a target", set, named, all, attempts, aimed)
		if all == 0 || named*100 < all*97 {
			t.Errorf("%s: only %d of %d changes name a resource", set, named, all)
		}
	}
}
