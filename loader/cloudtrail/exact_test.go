package cloudtrail

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// decodeAll collects a decoder's events, with what their records say.
func decodeAll(t testing.TB, d *Decoder, text string) ([]Event, Result) {
	t.Helper()
	var events []Event
	res, err := d.Decode(text, func(e *Event) error {
		events = append(events, *e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != res.Events {
		t.Fatalf("%d events emitted, the result says %d", len(events), res.Events)
	}
	return events, res
}

// sameByBothPaths is the promise of the scanner: on valid JSON it says what
// encoding/json says.
func sameByBothPaths(t *testing.T, name, text string) []Event {
	t.Helper()
	fast, fastRes := decodeAll(t, &Decoder{}, text)
	slow, slowRes := decodeAll(t, &Decoder{noFast: true}, text)
	if diff := cmp.Diff(slow, fast); diff != "" {
		t.Errorf("%s: exact path -, fast path +:\n%s", name, diff)
	}
	remembers := &Decoder{}
	for range 3 { // what comes twice is remembered, and recognized the third time
		again, _ := decodeAll(t, remembers, text)
		if diff := cmp.Diff(slow, again); diff != "" {
			t.Errorf("%s: exact path -, a decoder that remembers it +:\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(slowRes, fastRes); diff != "" {
		t.Errorf("%s: exact path -, fast path +:\n%s", name, diff)
	}
	return fast
}

func TestFastPathAgreesWithExactPath(t *testing.T) {
	t.Parallel()
	for name, text := range carriers(t) {
		sameByBothPaths(t, name, text)
	}
	dir := sharedData(t)
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && isLog(path) {
			sameByBothPaths(t, path, readLog(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func isLog(path string) bool {
	for _, suffix := range []string{".json", ".jsonl", ".log", ".json.gz"} {
		if strings.HasSuffix(path, suffix) && !strings.HasSuffix(path, "expected.json") {
			return true
		}
	}
	return false
}

// oddRecords are valid JSON that the fast path must not be too sure about.
var oddRecords = map[string]string{
	"duplicate key":           `{"eventSource":"a.amazonaws.com","eventName":"First","eventID":"1","eventName":"Second"}`,
	"other case":              `{"eventsource":"a.amazonaws.com","EVENTNAME":"X","eventid":"1","useridentity":{"Type":"Root","accountid":"1"}}`,
	"both cases":              `{"eventname":"Lower","eventName":"Exact","eventSource":"a.amazonaws.com","eventID":"1"}`,
	"both cases, other order": `{"eventName":"Exact","eventname":"Lower","eventSource":"a.amazonaws.com","eventID":"1"}`,
	"null beside a value":     `{"eventName":null,"eventname":"Lower","eventSource":"a.amazonaws.com","eventID":"1"}`,
	"value then null":         `{"eventName":"X","eventName":null,"eventSource":"a.amazonaws.com","eventID":"1"}`,
	"escaped key":             `{"event\u004eame":"X","eventSource":"a.amazonaws.com","eventID":"1"}`,
	"escapes":                 `{"eventName":"X","eventSource":"a.amazonaws.com","eventID":"1","userAgent":"a\"b\\c\u00e9\ud83d\ude00\/"}`,
	"numbers for strings":     `{"eventName":"X","eventSource":"a.amazonaws.com","eventID":17,"eventVersion":1.05,"recipientAccountId":12345678901}`,
	"objects for strings":     `{"eventName":"X","eventSource":"a.amazonaws.com","eventID":{"a":[1,{}]},"errorCode":[]}`,
	"strings for objects":     `{"eventName":"X","eventSource":"a.amazonaws.com","eventID":"1","requestParameters":"text","userIdentity":"who","resources":"arn"}`,
	"strings for booleans":    `{"eventName":"X","eventSource":"a.amazonaws.com","eventID":"1","readOnly":"True","managementEvent":"False"}`,
	"white space":             "{ \"eventName\" :\t\"X\" ,\r\n \"eventSource\" : \"a.amazonaws.com\" , \"eventID\":\"1\", \"requestParameters\" : { \"a\" : [ ] } }",
	"everything null":         `{"eventName":"X","eventSource":"a.amazonaws.com","eventID":"1","userIdentity":null,"requestParameters":null,"readOnly":null,"resources":null}`,
	"empty strings":           `{"eventName":"X","eventSource":"s","eventID":"","userAgent":"","errorCode":"","awsRegion":""}`,
	"unicode":                 `{"eventName":"X","eventSource":"a.amazonaws.com","eventID":"1","userAgent":"日本語 🎉","userIdentity":{"type":"IAMUser","userName":"Zoë"}}`,
	"same key twice inside":   `{"eventName":"X","eventSource":"a.amazonaws.com","eventID":"1","requestParameters":{"tag":1,"Tag":2,"tag":3}}`,
}

func TestOddRecordsAgree(t *testing.T) {
	t.Parallel()
	for name, record := range oddRecords {
		if !json.Valid([]byte(record)) {
			t.Fatalf("%s: the test's own record is broken", name)
		}
		for _, text := range []string{record, `{"Records":[` + record + `]}`, `[` + record + `,` + record + `]`} {
			if events := sameByBothPaths(t, name, text); len(events) == 0 {
				t.Errorf("%s: no event", name)
			}
		}
	}
}

func TestWhichMemberWins(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"duplicate key": "Second", "both cases": "Exact", "both cases, other order": "Exact",
		"null beside a value": "Lower", "value then null": "X", "escaped key": "X", "other case": "X",
	} {
		events, _ := decodeAll(t, &Decoder{}, oddRecords[name])
		if len(events) != 1 || events[0].Name != want {
			t.Errorf("%s: %+v, want one event %s", name, events, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, record := range oddRecords {
		f.Add(record)
	}
	for _, text := range carriers(f) {
		f.Add(text)
	}
	f.Add(`{"Records":[{"eventName":"X"`)
	f.Add(athenaCSV)
	f.Add(ocsfObject)
	f.Add(`{"QueryResultRows":[[{"eventTime":"2026-03-01 10:00:00.000"},{"eventName":"X"},{"eventSource":"s"},{"userIdentity":"{type=IAMUser, a=[b]}"}]]}`)
	f.Add("{}\n{]\n[[[")
	f.Fuzz(func(t *testing.T, text string) {
		events, _ := decodeAll(t, &Decoder{}, text)
		if !utf8.ValidString(text) || !validLines(text) {
			for _, e := range events {
				if _, err := Record(text, e.Span); err != nil {
					t.Error(err)
				}
			}
			return
		}
		for _, e := range sameByBothPaths(t, "fuzz", text) {
			sameFromRecord(t, text, e)
		}
	})
}

// validLines tells text that is JSON, or JSON on every line.
func validLines(text string) bool {
	if json.Valid([]byte(text)) {
		return true
	}
	for line := range strings.Lines(text) {
		if !json.Valid([]byte(line)) {
			return false
		}
	}
	return true
}

// sameFromRecord decodes the record of an event by itself: it must be valid JSON
// and give the same event.
func sameFromRecord(t *testing.T, text string, e Event) {
	t.Helper()
	record, err := Record(text, e.Span)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid([]byte(record)) {
		t.Fatalf("record of %s is not JSON: %q", e.Name, record)
	}
	again, res := decodeAll(t, &Decoder{}, record)
	if len(again) != 1 {
		t.Fatalf("record gives %d events (%+v): %q", len(again), res, record)
	}
	again[0].Span = e.Span
	if diff := cmp.Diff(e, again[0]); diff != "" {
		t.Errorf("event in its file -, from its record +:\n%s", diff)
	}
}
