package cloudtrail

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sharedData finds the folder of real logs beside the project, or skips.
func sharedData(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "data"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the shared folder of real logs is not there: ", err)
	}
	return dir
}

// expectation is what expected.json says of a file.
type expectation struct {
	Events               any
	EventsWithoutEventID int
	ErrorCount           int
	ErrorMessageOnly     int `json:"errorMessageOnlyCount"`
	ReadOnlyFalse        int `json:"readOnlyFalseOrStringFalseCount"`
	UnparsableTime       int `json:"eventsWithUnparsableTime"`
	DistinctEventNames   int
	DistinctEventSources int
	DistinctUserArns     int
	DistinctSourceIPs    int
	DistinctAccessKeyIds int
	UserIdentityTypes    map[string]int
}

func expectations(t testing.TB, dir string) map[string]expectation {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Sources map[string]struct{ PerFile map[string]expectation }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]expectation{}
	for _, source := range doc.Sources {
		for file, e := range source.PerFile {
			all[file] = e
		}
	}
	return all
}

func readLog(t testing.TB, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		r, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if raw, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return string(raw)
}

// tally counts what expected.json counts.
func tally(t testing.TB, d *Decoder, text string) (expectation, Result) {
	t.Helper()
	n := expectation{UserIdentityTypes: map[string]int{}}
	arns, ips, keys, names, sources := set{}, set{}, set{}, set{}, set{}
	events := 0
	res, err := d.Decode(text, func(e *Event) error {
		events++
		if e.ID == "" {
			n.EventsWithoutEventID++
		}
		if e.ErrorCode != "" {
			n.ErrorCount++
		} else if e.ErrorMessage != "" {
			n.ErrorMessageOnly++
		}
		record, err := Record(text, e.Span)
		if err != nil {
			t.Error(err)
		}
		if v := textAt(record, "readOnly"); strings.EqualFold(v, "false") {
			n.ReadOnlyFalse++
			if e.ReadOnly {
				t.Errorf("%s: readOnly is false in the record", e.Name)
			}
		}
		if e.Time == NoTime {
			n.UnparsableTime++
		}
		arns.add(e.Who.ARN)
		ips.add(e.SourceIP)
		keys.add(e.Who.AccessKey)
		names.add(textAt(record, "eventName"))
		sources.add(textAt(record, "eventSource"))
		n.UserIdentityTypes[first(e.Who.Type, "None")]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Events = float64(events)
	n.DistinctUserArns, n.DistinctSourceIPs, n.DistinctAccessKeyIds = len(arns), len(ips), len(keys)
	n.DistinctEventNames, n.DistinctEventSources = len(names), len(sources)
	return n, res
}

type set map[string]bool

func (s set) add(v string) {
	if v != "" {
		s[v] = true
	}
}

func TestRealLogsHoldWhatIsExpected(t *testing.T) {
	t.Parallel()
	dir := sharedData(t)
	var d Decoder
	for file, want := range expectations(t, dir) {
		if strings.HasPrefix(file, "decoys/") {
			continue
		}
		got, res := tally(t, &d, readLog(t, filepath.Join(dir, file)))
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (%s): %s", file, res.Carrier, diff)
		}
		if res.Invalid > 0 || float64(res.Events) != got.Events {
			t.Errorf("%s: result %+v", file, res)
		}
		if res.Events == 0 && res.Skip == "" || res.Events > 0 && res.Skip != "" {
			t.Errorf("%s: %d events and skip reason %q", file, res.Events, res.Skip)
		}
	}
}

func TestDecoysHoldNoEvents(t *testing.T) {
	t.Parallel()
	dir := sharedData(t)
	var d Decoder
	for file, want := range expectations(t, dir) {
		if !strings.HasPrefix(file, "decoys/") {
			continue
		}
		_, res := tally(t, &d, readLog(t, filepath.Join(dir, file)))
		t.Logf("%s: %d events, %q, %v", file, res.Events, res.Skip, res.Problems)
		allowed := 0
		if s, ok := want.Events.(string); ok && s == "0 or 1" {
			allowed = 1
		}
		if res.Events > allowed || res.Events == 0 && res.Skip == "" {
			t.Errorf("%s: %d events, %d allowed, skip reason %q", file, res.Events, allowed, res.Skip)
		}
		if !strings.HasPrefix(file, "decoys/malformed") && res.Invalid > 0 {
			t.Errorf("%s: %+v", file, res)
		}
		if strings.HasPrefix(file, "decoys/digest/") != res.Digest {
			t.Errorf("%s: digest = %t", file, res.Digest)
		}
	}
}
