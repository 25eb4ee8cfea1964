package change

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
)

// otherwise is where the table knows better than the list, and why.
var otherwise = map[string]string{
	"signin ConsoleLogin": "sign-ins begin sessions, they change nothing", "signin SwitchRole": "likewise", "signin GetSigninToken": "likewise", "signin CreateOAuth2Token": "likewise",
	"ec2-instance-connect SendSerialConsoleSSHPublicKey says": "the call has no user: the serial console asks for one",
	"ec2 DeleteFlowLogs resources":                            "every {tag, content} is unwrapped on the way; without a tag it is none",
	"kms DeleteAlias says":                                    "the call names no key",
	"logs DeleteRetentionPolicy says":                         "the call names no days",
	"events RemoveTargets says":                               "the call names targets by id only",
	"wafv2 UpdateIPSet type":                                  "an IP set is no web ACL", "wafv2 DeleteIPSet type": "likewise",
	"elasticfilesystem DeleteMountTarget type": "a mount target is no file system", "elasticfilesystem DeleteMountTarget resources": "and the call names no file system",
	"lambda UpdateFunctionCode severity": "each deploy of a function would be as grave as a key made for another", "lambda UpdateFunctionConfiguration severity": "likewise",
	"route53 ChangeResourceRecordSets severity": "every renewal of a certificate does it", "sns Subscribe severity": "everyday work, as a queue fed by a bucket",
	"events EnableRule severity": "it gives back what DisableRule took",
}

// TestTableAgreesWithTheSpecification makes a record for every row of the list
// of APIs that the table was made from, from what that row says it reads: the
// table's row must find the resource it finds, of its type, say every value that
// it says, and grade as it does. Sentences may be worded otherwise.
func TestTableAgreesWithTheSpecification(t *testing.T) {
	t.Parallel()
	f, err := os.Open(shared(t, "specs/changes.csv"))
	if err != nil {
		t.Skip("the list of APIs is not here: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, row := range rows[1:] {
		name := strings.TrimSuffix(row[0], ".amazonaws.com") + " " + row[1]
		wrong := func(what, format string, args ...any) {
			at := strings.TrimSpace(name + " " + what)
			if used[at] = true; otherwise[at] == "" {
				t.Errorf(at+": "+format, args...)
			}
		}
		rule := table()[call{row[0], row[1]}]
		if rule == nil {
			wrong("", "no row")
			continue
		}
		if want := strings.Replace(row[2], "any", "", 1); rule.kind != want {
			wrong("type", "%q, want %q", rule.kind, want)
		}
		if want := row[5]; rule.severity.String() != want && (len(rule.when) == 0 || rule.otherwise.String() != want) {
			wrong("severity", "%s, want %s", rule.severity, want)
		}
		ev := made(t, []string{row[0], row[1], row[2], row[3], "", row[4], row[5], ""})
		c := describe(ev)
		r := newReader(ev)
		if want := r.textsOf(parseChoices(row[3]), nil); !slices.Equal(c.Resources, want) {
			wrong("resources", "%v, want %v", c.Resources, want)
		}
		for _, v := range saidBy(t, row[4], r) {
			if !strings.Contains(c.Summary, v) {
				wrong("says", "%q, not %q", c.Summary, v)
			}
		}
	}
	for at := range otherwise {
		if !used[at] {
			t.Errorf("%s: no longer otherwise", at)
		}
	}
}

// saidBy lists the values that a sentence of the list says of a record, each cut
// to what any form of it has.
func saidBy(t *testing.T, sentence string, r *reader) []string {
	t.Helper()
	var out []string
	for rest := sentence; ; {
		_, expr, ok := strings.Cut(rest, "{")
		if !ok {
			return out
		}
		expr, rest, _ = strings.Cut(expr, "}")
		paths, filter, _ := strings.Cut(strings.ReplaceAll(expr, "||", "\x00"), "|")
		paths = strings.ReplaceAll(paths, "\x00", "||")
		if paths == "id" || paths == "eventName" || structures[filter] != nil || filter == "len" || filter == "bytes" {
			continue
		}
		for _, v := range r.textsOf(parseChoices(paths), nil) {
			out = append(out, v[strings.LastIndexAny(v, "/:")+1:])
		}
	}
}
