package query

import (
	"testing"
	"time"
)

func TestBounds(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data: ", err)
	}
	clock := Clock{Now: time.Date(2024, 5, 10, 0, 30, 0, 0, time.UTC), Newest: time.Date(2024, 5, 1, 11, 0, 0, 0, time.UTC), Zone: berlin}
	const open = "open"
	tests := []struct{ filter, from, to string }{
		{"time:2024-05-01", "2024-04-30T22:00:00Z", "2024-05-01T21:59:59.999999Z"},
		{"time:2024-03-31", "2024-03-30T23:00:00Z", "2024-03-31T21:59:59.999999Z"}, // 23 hours
		{"time:2024-10-27", "2024-10-26T22:00:00Z", "2024-10-27T22:59:59.999999Z"}, // 25 hours
		{"time:2024-05-01T10:00", "2024-05-01T08:00:00Z", "2024-05-01T08:00:59.999999Z"},
		{"time:2024-05-01T10:00:05", "2024-05-01T08:00:05Z", "2024-05-01T08:00:05.999999Z"},
		{"time=2024-05-01T10:00:05Z", "2024-05-01T10:00:05Z", "2024-05-01T10:00:05.999999Z"},
		{"time:2024-05-01t10:00:05.25z", "2024-05-01T10:00:05.25Z", "2024-05-01T10:00:05.259999Z"},
		{"time:2024-05-01T10:00:05.1234567Z", "2024-05-01T10:00:05.123456Z", "2024-05-01T10:00:05.123456Z"},
		{"time:2024-05-01T10:00:05+05:30", "2024-05-01T04:30:05Z", "2024-05-01T04:30:05.999999Z"},
		{"time:today", "2024-05-09T22:00:00Z", "2024-05-10T21:59:59.999999Z"},
		{"time:yesterday", "2024-05-08T22:00:00Z", "2024-05-09T21:59:59.999999Z"},
		{"last:2h", "2024-05-01T09:00:00Z", "2024-05-01T11:00:00Z"},
		{"ago:1d12h", "2024-05-08T12:30:00Z", "2024-05-10T00:30:00Z"},
		{"time:last:2h..last:1h", "2024-05-01T09:00:00Z", "2024-05-01T10:00:00Z"},
		{"time>last:2h", "2024-05-01T09:00:00.000001Z", open},
		{"time>=ago:2h", "2024-05-09T22:30:00Z", open},
		{"time<2024-05-01", open, "2024-04-30T21:59:59.999999Z"},
		{"time<=2024-05-01", open, "2024-05-01T21:59:59.999999Z"},
		{"time>2024-05-01", "2024-05-01T22:00:00Z", open},
		{"time>=2024-05-01", "2024-04-30T22:00:00Z", open},
		{"time:2024-05-01..2024-05-03", "2024-04-30T22:00:00Z", "2024-05-03T21:59:59.999999Z"},
		{"time:..2024-05-01T00:00:00Z", open, "2024-05-01T00:00:00.999999Z"},
		{"time:2024-05-01..", "2024-04-30T22:00:00Z", open},
		{"time:*", open, open},
	}
	for _, tt := range tests {
		term := mustParse(t, tt.filter).Root().(Term)
		b := term.Bounds(clock)
		if len(b) != 1 {
			t.Errorf("%s: %d bounds", tt.filter, len(b))
			continue
		}
		show := func(n int64, end int64) string {
			if n == end {
				return open
			}
			return time.UnixMicro(n).UTC().Format(time.RFC3339Nano)
		}
		all := Term{Field: "time", Op: Present}.Bounds(clock)[0]
		if from, to := show(b[0].From, all.From), show(b[0].To, all.To); from != tt.from || to != tt.to {
			t.Errorf("%s: %s to %s, want %s to %s", tt.filter, from, to, tt.from, tt.to)
		}
	}
	if b := mustParse(t, "last:2h").Root().(Term).Bounds(Clock{Now: clock.Now}); len(b) != 0 {
		t.Errorf("last: in an empty case: %v", b)
	}
	if b := mustParse(t, "time:2024-05-01,2024-05-03").Root().(Term).Bounds(clock); len(b) != 2 {
		t.Errorf("a list of days: %v", b)
	}
}

func TestNumberBounds(t *testing.T) {
	t.Parallel()
	all := Term{Field: "bytesin", Op: Present}.Bounds(Clock{})[0]
	tests := []struct {
		filter   string
		from, to int64
	}{
		{"bytesin:5", 5, 5}, {"bytesin=1.5kB", 1500, 1500}, {"bytesin<5", all.From, 4}, {"bytesin<5.5", all.From, 5},
		{"bytesin<=5.5", all.From, 5}, {"bytesin>5.5", 6, all.To}, {"bytesin>5", 6, all.To}, {"bytesin>=5.5", 6, all.To},
		{"bytesin:1KiB..2k", 1024, 2000}, {"bytesin:..2", all.From, 2}, {"bytesin:2..", 2, all.To}, {"bytesin>-5", -4, all.To},
	}
	for _, tt := range tests {
		b := mustParse(t, tt.filter).Root().(Term).Bounds(Clock{})
		if len(b) != 1 || b[0] != (Bound{tt.from, tt.to}) {
			t.Errorf("%s: %v, want %d to %d", tt.filter, b, tt.from, tt.to)
		}
	}
	if b := mustParse(t, "bytesin:5.5").Root().(Term).Bounds(Clock{}); len(b) != 0 {
		t.Errorf("no whole number is 5.5: %v", b)
	}
}
