package s3

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
)

var march = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// trail is a bucket as trails of two accounts fill it, with an organization
// trail, digests, and what else lies in such buckets.
func trail() map[string]string {
	files := map[string]string{
		"AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2026/03/01/lb.log.gz": "x",
		"AWSLogs/111122223333/CloudTrail/":                                         "",
		"AWSLogs/111122223333/CloudTrail-Lake/Query/2026/03/01/q/result_1.csv.gz":  "x",
		"readme.txt":                        "x",
		"AWSLogs-old/x.json":                "x",
		"copies/2026/one.json.gz":           "x",
		"deep/a/b/c/d/e/f/g/h/i/j/two.json": "x",
	}
	for day := range 6 {
		for _, at := range []string{"111122223333", "444455556666", "o-abcde12345/777788889999"} {
			for _, region := range []string{"eu-west-1", "us-east-1"} {
				files[logKey("", at, "CloudTrail", region, march.AddDate(0, 0, day), 7)] = "x"
			}
		}
		at := march.AddDate(0, 0, day)
		files[fmt.Sprintf("AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/%s/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_%s.json.gz", at.Format("2006/01/02"), at.Add(time.Hour).Format("20060102T150405Z"))] = "x"
	}
	return files
}

func TestListing(t *testing.T) {
	t.Parallel()
	all := trail()
	matching := func(keep func(key string) bool) []string {
		var out []string
		for key, data := range all {
			if data != "" && keep(key) {
				out = append(out, key)
			}
		}
		slices.Sort(out)
		return out
	}
	isLog := func(key string) bool { return !strings.Contains(key, "elasticloadbalancing") }
	lb := "s3://trail-logs/AWSLogs/111122223333/elasticloadbalancing/: a folder without CloudTrail logs, not listed"
	in := func(parts ...string) func(string) bool {
		return func(key string) bool {
			for _, p := range parts {
				if !strings.Contains(key, p) {
					return false
				}
			}
			return isLog(key)
		}
	}
	for _, c := range []struct {
		name, prefix string
		scope        loader.Scope
		want         []string
		others       []string
	}{
		{"bucket", "", loader.Scope{}, matching(isLog), []string{lb}},
		{"AWSLogs", "AWSLogs/", loader.Scope{}, matching(func(k string) bool { return strings.HasPrefix(k, "AWSLogs/") && isLog(k) }), []string{lb}},
		{"a folder is not its namesakes", "AWSLogs", loader.Scope{}, matching(func(k string) bool { return strings.HasPrefix(k, "AWSLogs/") && isLog(k) }), []string{lb}},
		{"organization", "AWSLogs/o-abcde12345/", loader.Scope{}, matching(in("/777788889999/")), nil},
		{"account", "AWSLogs/444455556666", loader.Scope{}, matching(in("/444455556666/")), nil},
		{"region", "AWSLogs/444455556666/CloudTrail/eu-west-1/", loader.Scope{}, matching(in("/444455556666/", "/eu-west-1/")), nil},
		{"day", "AWSLogs/444455556666/CloudTrail/eu-west-1/2026/03/02", loader.Scope{}, matching(in("/444455556666/", "/eu-west-1/", "/03/02/")), nil},
		{"beginning of names", "AWSLogs/4444", loader.Scope{}, matching(in("/444455556666/")), nil},
		{"one object", "copies/2026/one.json.gz", loader.Scope{}, []string{"copies/2026/one.json.gz"}, nil},
		{"account and region of the scope", "AWSLogs/", loader.Scope{Accounts: []string{"444455556666"}, Regions: []string{"us-east-1"}}, matching(in("/444455556666/", "/us-east-1/")), nil},
		{"days of the scope", "AWSLogs/444455556666/CloudTrail/eu-west-1/", loader.Scope{Since: march.Add(26 * time.Hour), Until: march.Add(30 * time.Hour)},
			matching(func(k string) bool {
				return in("/444455556666/", "/eu-west-1/")(k) && (in("/03/03/")(k) || in("/03/04/")(k))
			}), nil},
		{"digests of the scope", "AWSLogs/111122223333/CloudTrail-Digest/", loader.Scope{Since: march.AddDate(0, 0, 4)}, matching(func(k string) bool {
			return in("Digest")(k) && k > "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/05"
		}), nil},
		{"nothing there", "AWSLogs/444455556666/CloudTrail/mars-1/", loader.Scope{}, nil,
			[]string{"s3://trail-logs/AWSLogs/444455556666/CloudTrail/mars-1/: list s3://trail-logs/AWSLogs/444455556666/CloudTrail/mars-1/: no objects"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keys, others := names(t, newFake(t, all).open(t, c.prefix), c.scope)
			slices.Sort(keys)
			if d := cmp.Diff(c.want, keys); d != "" {
				t.Errorf("keys (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.others, others); d != "" {
				t.Errorf("others (-want +got):\n%s", d)
			}
		})
	}
}

// What the scope leaves out is not even listed.
func TestPruningSavesCalls(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for n := range 3500 {
		files[logKey("", "111122223333", "CloudTrail", "eu-west-1", march, n)] = "x"
	}
	f := newFake(t, files)
	s := f.open(t, "AWSLogs/111122223333/CloudTrail/")
	whole, _ := names(t, s, loader.Scope{})
	all := s.Requests()
	before := len(f.seen())
	since := march.Add(3490 * 5 * time.Minute)
	part, _ := names(t, s, loader.Scope{Since: since})
	if len(whole) != 3500 || len(part) != 10 {
		t.Errorf("%d and %d objects, want 3500 and 10", len(whole), len(part))
	}
	if n := s.Requests() - all; n != 2 {
		t.Errorf("%d calls to list ten objects, want 2", n)
	}
	for _, r := range f.seen()[before:] {
		if a := r.URL.Query().Get("start-after"); strings.Contains(r.URL.Query().Get("prefix"), "eu-west-1") && !strings.Contains(a, since.Format("20060102T1504")) {
			t.Errorf("a listing begins after %q", a)
		}
	}
}

// Objects come in order of days as far as it is cheap: no account runs ahead.
func TestOrderOfDays(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for _, account := range []string{"111122223333", "444455556666"} {
		for n := range 2500 {
			files[logKey("", account, "CloudTrail", "eu-west-1", march, n)] = "x"
		}
	}
	keys, _ := names(t, newFake(t, files).open(t, ""), loader.Scope{})
	first := map[string]int{}
	for i, k := range keys {
		if account := k[8:20]; first[account] == 0 {
			first[account] = i
		}
	}
	if len(keys) != 5000 || first["111122223333"] > 2500 || first["444455556666"] > 2500 {
		t.Errorf("%d objects; the accounts begin at %v", len(keys), first)
	}
}

// One folder that may not be listed is an error of its own.
func TestListingDeniedInPart(t *testing.T) {
	t.Parallel()
	f := newFake(t, trail())
	f.on("prefix=AWSLogs%2F444455556666%2FCloudTrail%2Feu-west-1", -1, answer(http.StatusForbidden, "AccessDenied", "Access Denied"))
	keys, others := names(t, f.open(t, "AWSLogs/444455556666/"), loader.Scope{})
	want := []string{"s3://trail-logs/AWSLogs/444455556666/CloudTrail/eu-west-1/: list s3://trail-logs/AWSLogs/444455556666/CloudTrail/eu-west-1/: access denied: needs s3:ListBucket on the bucket"}
	if d := cmp.Diff(want, others); d != "" || len(keys) != 6 {
		t.Errorf("%d keys, others (-want +got):\n%s", len(keys), d)
	}
}

// The program only reads: whatever it does, no other calls are made.
func TestOnlyReads(t *testing.T) {
	t.Parallel()
	f := newFake(t, trail())
	opt := f.options()
	opt.RequesterPays, opt.Version = true, "1.2.3"
	s, err := Open(t.Context(), "s3://"+bucket, opt)
	if err != nil {
		t.Fatal(err)
	}
	for o, err := range s.Objects(t.Context(), loader.Scope{}) {
		if err == nil {
			key, _ := s.key(o.Name)
			if _, err := get(t.Context(), s, key); err != nil {
				t.Error(err)
			}
		}
	}
	for _, r := range f.seen() {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		if !strings.Contains(r.UserAgent(), "spoor/1.2.3") {
			t.Errorf("user agent %q", r.UserAgent())
		}
		if r.Header.Get("X-Amz-Request-Payer") != "requester" {
			t.Errorf("%s is not at the requester's cost", r.URL)
		}
	}
}

// A round of following lists only the keys of the last half hour.
func TestSinceListsLittle(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for n := range 600 {
		files[logKey("", "111122223333", "CloudTrail", "eu-west-1", march, n)] = "x"
	}
	s := newFake(t, files).open(t, "AWSLogs/")
	if keys, others := names(t, s, loader.Scope{Since: march.AddDate(1, 0, 0)}); len(keys)+len(others) > 0 {
		t.Errorf("a year later: %v %v; an empty range is no error", keys, others)
	}
	n := 0
	for _, err := range s.Since(march.Add(599*5*time.Minute-30*time.Minute)).Objects(t.Context(), loader.Scope{}) {
		if err != nil {
			t.Error(err)
		}
		n++
	}
	if n != 7 {
		t.Errorf("%d objects, want the last 7", n)
	}
}
