package change

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader/cloudtrail"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

// TestEveryRow makes a record for every row of the table, from what the row
// says it reads, and compares resource and sentence, done and denied without
// parameters. Rows met in real logs are in real.golden besides.
func TestEveryRow(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(tableCSV)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, row := range rows[1:] {
		ev := made(t, row)
		c := describe(ev)
		if len(c.Resources) == 0 {
			t.Errorf("%s %s: no resource", row[0], row[1])
		}
		if strings.ContainsAny(c.Summary, "{}[]|") || strings.Contains(c.Summary, "  ") {
			t.Errorf("%s %s: %s", row[0], row[1], c.Summary)
		}
		ev.Request, ev.Response, ev.Additional, ev.Service, ev.Resources = "", "", "", "", ""
		ev.Outcome, ev.ErrorCode = cloudtrail.Denied, "AccessDenied"
		source := strings.TrimSuffix(row[0], ".amazonaws.com")
		fmt.Fprintf(&b, "%s %s: %s %s %s\n\t%s\n\t%s\n", source, row[1], c.Severity, c.ResourceType, strings.Join(append(c.Resources, c.Names...), " "), c.Summary, describe(ev).Summary)
		if len(c.Also) > 0 {
			fmt.Fprintf(&b, "\tand %v\n", c.Also)
		}
	}
	golden(t, "rows.golden", b.String())
}

// made builds a record that has a plausible value wherever the row looks.
func made(t *testing.T, row []string) *cloudtrail.Event {
	t.Helper()
	m := &maker{root: map[string]map[string]any{"req": {}, "res": {}, "add": {}, "svc": {}, "ctx": {}}}
	m.paths(row[3])
	for also := range strings.FieldsSeq(row[4]) {
		if _, p, ok := strings.Cut(also, "="); ok {
			also = p
		}
		m.paths(also)
	}
	if _, conds, ok := strings.Cut(row[6], " if "); ok { // so that the severity is that of the deed
		cond, _, _ := strings.Cut(conds, " or ")
		cond, _, _ = strings.Cut(cond, " else ")
		if p, value, compared := strings.Cut(cond, "="); compared {
			m.put(p, value)
		}
	}
	for rest := row[5]; ; {
		_, expr, ok := strings.Cut(rest, "{")
		if !ok {
			break
		}
		expr, rest, _ = strings.Cut(expr, "}")
		m.expr(expr)
	}
	text := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	uid := map[string]any{"type": "IAMUser", "userName": "mallory", "arn": "arn:aws:iam::111122223333:user/mallory", "sessionContext": m.root["ctx"]}
	return &cloudtrail.Event{
		Source: row[0], Name: row[1], Region: "eu-west-1", Account: "111122223333", EventType: "AwsApiCall",
		Request: text(m.root["req"]), Response: text(m.root["res"]), Additional: text(m.root["add"]), Service: text(m.root["svc"]),
		Resources: text(m.resources), Who: &cloudtrail.Identity{Type: "IAMUser", Raw: text(uid)},
	}
}

// A maker collects the parts of a record.
type maker struct {
	root      map[string]map[string]any
	resources []map[string]string
}

func (m *maker) expr(e string) {
	paths, filter, _ := strings.Cut(strings.ReplaceAll(e, "||", "\x00"), "|")
	filters := strings.Split(filter, "|")
	first := strings.Split(paths, "\x00")[0]
	if i := slices.IndexFunc(filters, func(f string) bool { return structures[f] != nil }); i >= 0 {
		m.put(first, structures[filters[i]])
		return
	}
	m.paths(first)
}

func (m *maker) paths(choices string) {
	for p := range strings.SplitSeq(strings.Split(choices, "||")[0], "+") {
		m.put(p, nil)
	}
}

// put sets the value at a path, a made-up one by its key unless given.
func (m *maker) put(p string, v any) {
	parts := strings.Split(p, ".")
	if kind, ok := strings.CutPrefix(parts[0], "resources["); ok {
		kind = strings.TrimSuffix(kind, "]")
		m.resources = append(m.resources, map[string]string{"type": kind, parts[1]: "arn:aws:svc:eu-west-1:111122223333:" + strings.ToLower(kind[strings.LastIndexByte(kind, ':')+1:]) + "/id"})
		return
	}
	at, ok := m.root[parts[0]]
	if !ok {
		return
	}
	if fields, ok := v.(map[string]any); ok && len(parts) == 1 {
		for k, x := range fields {
			at[k] = x
		}
		return
	}
	for i, part := range parts[1:] {
		key, list := strings.CutSuffix(part, "[]")
		if i == len(parts)-2 {
			if v == nil {
				v = invented(key)
			}
			if list {
				v = []any{v}
			}
			if at[key] == nil {
				at[key] = v
			}
			return
		}
		next, _ := at[key].(map[string]any)
		if l, ok := at[key].([]any); ok {
			next, _ = l[0].(map[string]any)
		}
		if next == nil {
			next = map[string]any{}
			at[key] = next
			if list {
				at[key] = []any{next}
			}
		}
		at = next
	}
}

// invented makes up a value that reads like one of its kind.
func invented(key string) string {
	l := strings.ToLower(key)
	switch {
	case strings.HasSuffix(l, "arn"):
		return "arn:aws:svc:eu-west-1:111122223333:" + strings.TrimSuffix(l, "arn") + "/" + strings.TrimSuffix(key, "Arn") + "-1"
	case strings.Contains(l, "cidr"):
		return "198.51.100.0/24"
	case strings.HasPrefix(l, "bytes"):
		return "1234567"
	case l == "key":
		return "dir/file.txt"
	}
	return key + "-1"
}

// structures are the values that the filters of structures read.
var structures = map[string]any{
	"perms":       map[string]any{"ipPermissions": map[string]any{"items": []any{map[string]any{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": map[string]any{"items": []any{map[string]any{"cidrIp": "0.0.0.0/0"}}}}}}},
	"policy":      `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"svc:Do","Resource":"*"}]}`,
	"principals":  `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	"share":       map[string]any{"userId": "444455556666"},
	"accounts":    map[string]any{"userId": "777788889999"},
	"acl":         "public-read",
	"flags":       map[string]any{"BlockPublicAcls": true, "BlockPublicPolicy": false},
	"expiry":      []any{map[string]any{"Expiration": map[string]any{"Days": 1}}},
	"replDest":    map[string]any{"Destination": map[string]any{"Bucket": "arn:aws:s3:::copy", "Account": "444455556666"}},
	"routeTarget": map[string]any{"gatewayId": "igw-1"},
	"rrset":       map[string]any{"action": "UPSERT", "resourceRecordSet": map[string]any{"name": "www.example.com", "type": "A", "resourceRecords": []any{map[string]any{"value": "192.0.2.1"}}}},
	"changedKeys": map[string]any{"someSetting": true},
	"keys":        map[string]any{"SomeAttribute": "x"},
}

// TestRealRows shows the first record of each kind of change in the shared
// logs, and lists the rows of the table that those logs have no sample of.
func TestRealRows(t *testing.T) {
	t.Parallel()
	lines := map[string]string{}
	met := map[call]bool{}
	dir := shared(t, "data/real")
	for _, set := range []string{"invictus-aws-dataset", "traildiscover", "panther-rule-tests", "cloud-custodian-eventbridge", "aws-user-guide"} {
		if _, err := os.Stat(filepath.Join(dir, set)); err != nil {
			t.Skipf("%s is missing", set)
		}
		for _, rec := range records(t, filepath.Join(dir, set)) {
			ev := event(t, rec)
			met[call{ev.Source, cloudtrail.BaseName(ev.Name)}] = true
			if c := Derive(ev); c != nil {
				key := ev.Source + " " + ev.Name + " " + ev.ErrorCode
				line := fmt.Sprintf("%s: %s %s %s\n\t%s\n", key, c.Severity, c.ResourceType, strings.Join(c.Resources, " "), c.Summary)
				if old := lines[key]; old == "" || line < old {
					lines[key] = line
				}
			}
		}
	}
	all := make([]string, 0, len(lines))
	for _, l := range lines {
		all = append(all, l)
	}
	slices.Sort(all)
	var without []string
	for k := range table() {
		if !met[k] {
			without = append(without, k.source+" "+k.name)
		}
	}
	slices.Sort(without)
	golden(t, "real.golden", strings.Join(all, "")+fmt.Sprintf("\nRows without a real sample (%d):\n", len(without))+strings.Join(without, "\n")+"\n")
}
