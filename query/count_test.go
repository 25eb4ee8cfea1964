package query

import "testing"

func TestCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n     int64
		thing string
		want  string
	}{
		{1, "event", "1 event"}, {0, "event", "0 events"}, {2, "event", "2 events"}, {1234567, "event", "1,234,567 events"},
		{1, "query", "1 query"}, {2, "query", "2 queries"}, {3, "key", "3 keys"}, {2, "address", "2 addresses"}, {1000, "log file", "1,000 log files"},
		{-1234, "step", "-1,234 steps"}, {-123, "batch", "-123 batches"},
	} {
		if got := Counted(c.n, c.thing); got != c.want {
			t.Errorf("%d of %q: %q, want %q", c.n, c.thing, got, c.want)
		}
	}
}
