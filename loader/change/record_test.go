package change

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"spoor/loader/cloudtrail"
)

// event builds the Event of a record for tests of this package, with the few
// derived facts that the rules look at.
func event(tb testing.TB, record []byte) *cloudtrail.Event {
	tb.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(record, &raw); err != nil {
		tb.Fatalf("record: %v\n%s", err, record)
	}
	low := map[string]json.RawMessage{}
	for k, v := range raw {
		low[strings.ToLower(k)] = v
	}
	str := func(k string) string {
		var s string
		if json.Unmarshal(low[strings.ToLower(k)], &s) != nil {
			return strings.Trim(string(low[strings.ToLower(k)]), `"`)
		}
		return s
	}
	text := func(k string) string {
		if s := string(low[strings.ToLower(k)]); s != "null" {
			return s
		}
		return ""
	}
	var who struct{ Type, ARN, AccountID string }
	_ = json.Unmarshal(low["useridentity"], &who)
	ev := &cloudtrail.Event{
		ID: str("eventID"), Source: str("eventSource"), Name: str("eventName"), Region: str("awsRegion"), Account: str("recipientAccountId"),
		ErrorCode: str("errorCode"), ErrorMessage: str("errorMessage"), EventType: str("eventType"),
		Request: text("requestParameters"), Response: text("responseElements"), Additional: text("additionalEventData"),
		Service: text("serviceEventDetails"), Resources: text("resources"),
		Who: &cloudtrail.Identity{Raw: text("userIdentity"), Type: who.Type, ARN: who.ARN},
	}
	if ev.Account == "" {
		ev.Account = who.AccountID
	}
	switch {
	case ev.ErrorCode == "" && ev.ErrorMessage == "":
	case regexp.MustCompile(`AccessDenied|Unauthorized|Forbidden|NotAuthorized|AuthFailure`).MatchString(ev.ErrorCode):
		ev.Outcome = cloudtrail.Denied
	default:
		ev.Outcome = cloudtrail.Error
	}
	ev.ReadOnly = strings.EqualFold(str("readOnly"), "true") ||
		low["readonly"] == nil && regexp.MustCompile(`^(Get|List|Describe|Head|Lookup|Assume|Decrypt|Test|Check)`).MatchString(ev.Name)
	return ev
}

// shared finds the folder of shared data beside the project, or skips the test.
func shared(tb testing.TB, path string) string {
	tb.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != "/" {
		if _, e := os.Stat(filepath.Join(dir, "go.mod")); e == nil {
			dir = filepath.Join(dir, "..", "shared", path)
			if _, e := os.Stat(dir); e != nil {
				tb.Skipf("no shared data at %s", dir)
			}
			return dir
		}
		dir = filepath.Dir(dir)
	}
	tb.Skip("module root not found")
	return ""
}

// records reads every record of the JSON files below dir.
func records(tb testing.TB, dir string) [][]byte {
	tb.Helper()
	var out [][]byte
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".json") {
			return err
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		var wrapped struct{ Records []json.RawMessage }
		var list []json.RawMessage
		switch {
		case json.Unmarshal(text, &wrapped) == nil && wrapped.Records != nil:
			list = wrapped.Records
		case json.Unmarshal(text, &list) == nil:
		default:
			list = []json.RawMessage{text}
		}
		for _, r := range list {
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}
