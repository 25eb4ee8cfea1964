package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"spoor/loader"
	"spoor/query"
)

// relatedSource is an object of made records: one of a call, its copy for another
// account, the end of an Insight hours later, records of one id and of none.
func relatedSource(t *testing.T) loader.Loaded {
	t.Helper()
	var list []string
	add := func(id, shared, time, account string) {
		list = append(list, fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2026-05-0%sZ","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1","eventID":%q,"sharedEventID":%q,"recipientAccountId":%q}`, time, id, shared, account))
	}
	guid := func(n int) string { return fmt.Sprintf("%08d-0000-4000-8000-000000000000", n) }
	add(guid(1), guid(100), "4T09:00:00", "111122223333")
	add(guid(2), guid(100), "4T09:00:00", "444455556666")
	add(guid(3), guid(100), "5T21:30:00", "444455556666")
	add(guid(4), "", "4T09:00:00", "444455556666")
	add(guid(4), "", "4T10:00:00", "777788889999")
	add("<eventId>", "", "4T09:00:00", "111122223333")
	add("<eventId>", "", "6T09:00:00", "111122223333")
	add("", "", "4T09:00:00", "111122223333")
	add("", "", "4T09:00:01", "111122223333")
	for i := range maxRelatives + 10 {
		add(guid(1000+i), "not-a-guid", "7T09:00:00", "111122223333")
	}
	return decoded(t, pack1("/logs/related.json.gz", `{"Records":[`+strings.Join(list, ",")+`]}`, nil, nil))
}

func TestRelatives(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	load(t, db, relatedSource(t))
	for _, c := range []struct {
		seq  int64
		want string
	}{
		{1, "twins 2 3"}, {2, "twins 1 3"}, {3, "twins 1 2"},
		{4, "same 5"}, {5, "same 4"}, {6, "same 7"}, {7, "same 6"}, {8, ""}, {9, ""},
	} {
		r, err := db.Relatives(t.Context(), c.seq)
		if err != nil || r.More {
			t.Fatal(err, r.More)
		}
		var got []string
		for _, kin := range []struct {
			name string
			rows []query.Row
		}{{"twins", r.Twins}, {"same", r.SameID}} {
			if len(kin.rows) > 0 {
				got = append(got, kin.name)
			}
			for _, row := range kin.rows {
				got = append(got, fmt.Sprint(row.Seq))
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("relatives of %d: %q, want %q", c.seq, s, c.want)
		}
	}
	r, err := db.Relatives(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(r.Twins[1].Values); got != "[{2026-05-05T21:30:00Z false} {444455556666 false} {unknown false} {AssumeRole false}]" {
		t.Errorf("a twin is shown as %s", got)
	}
	if r, err = db.Relatives(t.Context(), 10); err != nil || len(r.Twins) != maxRelatives || !r.More || r.Twins[0].Seq != 11 {
		t.Errorf("of many there are %d, more: %t, %v", len(r.Twins), r.More, err)
	}
}

// The row and the record of an event are those of its number.
func TestEventInFull(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	load(t, db, relatedSource(t))
	for seq := int64(1); seq <= db.Totals().Events; seq++ {
		e, err := db.Event(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		if e.Row.Seq != seq || e.Object != "/logs/related.json.gz" || !strings.Contains(string(e.Record), e.Fields["time"].Text) || !strings.Contains(string(e.Record), `"eventID":"`+e.Fields["id"].Text+`"`) {
			t.Errorf("event %d: %d %s %s %s", seq, e.Row.Seq, e.Fields["id"].Text, e.Fields["time"].Text, e.Record)
		}
	}
	for _, seq := range []int64{0, -1, db.Totals().Events + 1} {
		if _, err := db.Event(t.Context(), seq); !errors.Is(err, ErrNoEvent) {
			t.Errorf("event %d: %v", seq, err)
		}
	}
}
